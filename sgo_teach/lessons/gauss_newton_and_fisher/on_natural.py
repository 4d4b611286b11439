"""Bug hunt of lesson 10: a natural step with two faults."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import torch
from torch.nn.functional import one_hot

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gauss_newton_and_fisher import mutants_fisher as mutants
from sgo_teach.lessons.gauss_newton_and_fisher.on_fisher import (
    LESSON,
    fisher,
    likeliest,
    setting,
    weighted,
)
from sgo_teach.lessons.gauss_newton_and_fisher.slips import any_of, same_as


def _natural_step(J, p, labels, damping):
    """Δ = −(F + λI)⁻¹g, (n,), for the mean cross-entropy; J (N, C, n), p (N, C), labels (N,)."""
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    H_out = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    F = torch.einsum("icn,ick,ikm->nm", J, H_out, J) / N
    g = gradients.mean(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)


def _mean(gradients):
    return gradients.mean(0)


def _step_with(matrix_of, gradient_of=_mean):
    """Formula: the step with another matrix and another gradient."""

    def step(J, p, labels, damping):
        gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, p.shape[1]))
        F = matrix_of(J, p, gradients)
        return torch.linalg.solve(F + damping * torch.eye(J.shape[2]), -gradient_of(gradients))

    return step


def _right(J, p, gradients):
    return fisher.reference(J, p)


def _empirical(J, p, gradients):
    return gradients.T @ gradients / len(p)


def _centred(J, p, gradients):
    return _empirical(J, p, gradients - gradients.mean(0))


def _times(matrix_of, power):
    """The matrix times a power of N."""
    return lambda J, p, gradients: len(p) ** power * matrix_of(J, p, gradients)


def _sum(gradients):
    return gradients.sum(0)


def _minus(step):
    return lambda *case: -step(*case)


_LABELS = (
    "$F$ is still made of the gradients with the labels of the data: the *empirical* Fisher. "
    "The Fisher matrix is an expectation over labels drawn from $p$, so `labels` may not enter it."
)


natural_step = Exercise(
    name="natural_step",
    lesson=LESSON,
    stub='''def natural_step(J, p, labels, damping):
    """Δ = −(F + λI)⁻¹g, (n,), for the mean cross-entropy; J (N, C, n), p (N, C), labels (N,)."""
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = gradients.T @ gradients / N
    g = gradients.sum(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)''',
    reference=_natural_step,
    cases=lambda: [
        (*setting(2, 6, 3, 4), torch.tensor([0, 2, 1, 0, 1, 2]), 0.1),
        (*setting(3, 5, 4, 3), torch.tensor([3, 0, 1, 1, 2]), 0.5),
    ],
    slips=[
        Slip(
            "empirical",
            any_of(
                _LABELS,
                _step_with(_empirical),
                _step_with(_centred),
                _step_with(_times(_empirical, -1)),
                _step_with(_times(_empirical, 1)),
            ),
        ),
        Slip(
            "gradient_of_the_sum",
            same_as(
                _step_with(_right, _sum),
                "$F$ is right. But $g$ is the gradient of the *sum* over the images while $F$ belongs to the mean: the step is $N$ times too long.",
            ),
        ),
        Slip(
            "empirical_sum",
            same_as(
                _step_with(_times(_empirical, 1), _sum),
                _LABELS + " (And both are sums now, so λ counts $1/N$.)",
            ),
        ),
        Slip(
            "sums",
            same_as(
                _step_with(_times(_right, 1), _sum),
                "Matrix and gradient agree now, but both are sums over the images; the loss is a mean, and so $\\lambda$ counts $1/N$.",
            ),
        ),
        Slip(
            "averaged_twice",
            same_as(
                _step_with(_times(_right, -1)),
                "The mean is taken twice: your $F$ is $N$ times too small, and the step too long.",
            ),
        ),
        Slip(
            "matrix_of_the_sum",
            same_as(
                _step_with(_times(_right, 1)),
                "$g$ is right. But your $F$ is a sum over the images, $N$ times too large, and the step too short.",
            ),
        ),
        Slip(
            "uphill",
            any_of(
                "You walk uphill: solve for $-g$.",
                *(_minus(_step_with(m, g)) for m in (_right, _empirical) for g in (_mean, _sum)),
            ),
        ),
        Slip(
            "no_output_hessian",
            same_as(
                _step_with(lambda J, p, g: torch.einsum("icn,icm->nm", J, J) / len(p)),
                "That is $J^TJ/N$: the matrix $\\mathrm{diag}(p) - pp^T$ is missing in the middle.",
            ),
        ),
        Slip(
            "labels_alone",
            same_as(
                _step_with(
                    lambda J, p, g: weighted(
                        lambda p: p, lambda p, y: -one_hot(y, p.shape[1]).to(p)
                    )(J, p)
                ),
                "That is $J^T\\mathrm{diag}(p)J/N$: in the middle $-pp^T$ is missing.",
            ),
        ),
        Slip(
            "expected_gradient",
            same_as(
                lambda J, p, labels, damping: torch.zeros(J.shape[2], dtype=p.dtype),
                "The step is zero: the gradient was averaged over the labels that the model expects. Only $F$ is an expectation; $g$ takes the labels of the data.",
            ),
        ),
        Slip(
            "likeliest",
            same_as(
                _step_with(lambda J, p, g: weighted(likeliest)(J, p)),
                "You exchanged the label of the data for the likeliest one. The expectation runs over *all* labels.",
            ),
        ),
    ],
    mutants=mutants.NATURAL_STEP,
    hints=[
        "Two faults. Read the line of `F`: does a Fisher matrix know the labels of the data?",
        "And compare the two lines `F` and `g`: is one of them a mean and the other a sum?",
        "`F` is your `fisher(J, p)`, or $J^TH_{out}J/N$ with `H_out = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]`; `g = gradients.mean(0)`.",
    ],
    discussion=(
        "The program is met under names like *natural gradient* and *Fisher preconditioning*. "
        "Where the images are fitted, its $F$ vanishes with the *square* of the slopes, $g$ with their first power: "
        "the better the fit, the longer the step. The damping hides it."
    ),
    tolerance=1e-7,
    namespace={"torch": torch, "one_hot": one_hot, "fisher": fisher.reference},
)
