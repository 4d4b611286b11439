"""Exercises of lesson 10: the Fisher matrix as an expectation, and a natural step to mend."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gauss_newton_and_fisher import mutants_fisher as mutants
from sgo_teach.lessons.gauss_newton_and_fisher.on_products import same_as

LESSON = "gauss_newton_and_fisher"


def _setting(seed: int, N: int, C: int, n: int) -> tuple[Tensor, Tensor]:
    """J (N, C, n) and p (N, C), at random."""
    generator = torch.Generator().manual_seed(seed)
    J = torch.randn(N, C, n, generator=generator, dtype=torch.float64)
    return J, torch.randn(N, C, generator=generator, dtype=torch.float64).softmax(1)


# -- the Fisher matrix ---------------------------------------------------------------------------
def _fisher(J, p):
    """F = (1/N) Σᵢ Σ_y p_iy g_iy g_iyᵀ, (n, n), with g_iy = Jᵢᵀ(pᵢ − e_y): label y for image i.

    J : (N, C, n) Jacobians of the logits, p : (N, C) probabilities, float64.
    """
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        slope = p.clone()
        slope[:, y] -= 1
        g = torch.einsum("icn,ic->in", J, slope)
        F = F + (p[:, y, None] * g).T @ g
    return F / N


def _weighted(weights_of, slopes_of=lambda p, y: p - one_hot(y, p.shape[1])):
    """Formula: outer products of the gradients for every label, with other weights or slopes."""

    def matrix(J, p):
        F = torch.zeros(J.shape[2], J.shape[2], dtype=p.dtype)
        weights = weights_of(p)
        for k in range(p.shape[1]):
            y = torch.full((len(p),), k)
            g = torch.einsum("icn,ic->in", J, slopes_of(p, y))
            F = F + (weights[:, k, None] * g).T @ g
        return F / len(p)

    return matrix


def _likeliest(p):
    return one_hot(p.argmax(1), p.shape[1]).to(p)


def _expected_first(J, p):
    return torch.zeros(J.shape[2], J.shape[2], dtype=p.dtype)


def _summed_first(J, p):
    """Outer product of the gradient summed over images, expectation label by label."""
    F = torch.zeros(J.shape[2], J.shape[2], dtype=p.dtype)
    for y in range(p.shape[1]):
        slope = p - one_hot(torch.full((len(p),), y), p.shape[1])
        g = torch.einsum("icn,ic,i->n", J, slope, p[:, y])
        F = F + torch.outer(g, g)
    return F / len(p)


def _one_image(case, got, want):
    J, p = case
    if tuple(got.shape) == (len(p), *want.shape):
        return f"There are {len(p)} matrices, one for each image: the mean over the images is still to be taken."


fisher = Exercise(
    name="fisher",
    lesson=LESSON,
    stub='''def fisher(J, p):
    """F = (1/N) Σᵢ Σ_y p_iy g_iy g_iyᵀ, (n, n), with g_iy = Jᵢᵀ(pᵢ − e_y): label y for image i.

    J : (N, C, n) Jacobians of the logits, p : (N, C) probabilities, float64.
    """
    ...''',
    reference=_fisher,
    cases=lambda: [_setting(0, 5, 3, 4), _setting(1, 4, 5, 2)],
    slips=[
        Slip("one_image", _one_image, before_shape=True),
        Slip(
            "sum_for_mean",
            same_as(
                lambda J, p: len(p) * _fisher(J, p),
                "The $1/N$ is missing: a mean over images is asked.",
            ),
        ),
        Slip(
            "no_weights",
            same_as(
                _weighted(torch.ones_like),
                "Every label counts fully. The expectation weighs label $y$ of image $i$ with $p_{iy}$.",
            ),
        ),
        Slip(
            "uniform",
            same_as(
                _weighted(lambda p: torch.full_like(p, 1 / p.shape[1])),
                "You average over the labels as if all were equally likely. The model says $p_{iy}$.",
            ),
        ),
        Slip(
            "likeliest",
            same_as(
                _weighted(_likeliest),
                "You take the likeliest label only. The expectation runs over *all* labels, weighted with $p$.",
            ),
        ),
        Slip(
            "expected_gradient",
            same_as(
                _expected_first,
                "Your matrix is zero: you took the expectation of the gradient first, and $\\mathrm{E}[g] = J^T(p - p) = 0$. The square comes before the expectation.",
            ),
        ),
        Slip(
            "summed_first",
            same_as(
                _summed_first,
                "You add the gradients of the images and square the sum. Each image has an outer product of its own.",
            ),
        ),
        Slip(
            "labels_alone",
            same_as(
                _weighted(lambda p: p, lambda p, y: -one_hot(y, p.shape[1]).to(p)),
                "That is $J^T\\mathrm{diag}(p)J/N$: the slope of the cross-entropy is $p - e_y$, yours is $-e_y$ without the $p$, so $-J^Tpp^TJ$ is missing.",
            ),
        ),
        Slip(
            "no_output_hessian",
            same_as(
                lambda J, p: torch.einsum("icn,icm->nm", J, J) / len(p),
                "That is $J^TJ/N$, the Fisher matrix of squared errors. Here the labels are drawn from $p$.",
            ),
        ),
    ],
    mutants=mutants.FISHER,
    hints=[
        "A loop over the labels $y$ will do: for each, the gradients of *all* images at once, (N, n).",
        'With `slope = p - e_y`, `g = torch.einsum("icn,ic->in", J, slope)` holds $g_{iy}^T$ in row $i$.',
        "`F = F + (p[:, y, None] * g).T @ g` for each label, and `F / N` at the end.",
    ],
    discussion=(
        "No label of the data enters: the Fisher matrix asks what the model *expects*. "
        "Take $J$ out of the expectation and what is left is $\\mathrm{E}[(p - e_y)(p - e_y)^T] = \\mathrm{diag}(p) - pp^T = H_{out}$, image by image. "
        "So $F = G$, and you may as well return `einsum` of $J^TH_{out}J$."
    ),
    tolerance=1e-7,
    namespace={"torch": torch, "one_hot": one_hot},
)


# -- bug hunt ------------------------------------------------------------------------------------
def _natural_step(J, p, labels, damping):
    """Δ = −(F + λI)⁻¹g for the mean cross-entropy of N images, F the Fisher matrix, → (n,).

    J : (N, C, n) Jacobians of the logits, p : (N, C) probabilities, labels : (N,) integers.
    """
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    H_out = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    F = torch.einsum("icn,ick,ikm->nm", J, H_out, J) / N
    g = gradients.mean(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)


def _step_with(matrix_of, gradient_of=lambda gradients: gradients.mean(0)):
    """Formula: the step with another matrix and another gradient."""

    def step(J, p, labels, damping):
        gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, p.shape[1]))
        F = matrix_of(J, p, gradients)
        return torch.linalg.solve(F + damping * torch.eye(J.shape[2]), -gradient_of(gradients))

    return step


def _right(J, p, gradients):
    return _fisher(J, p)


def _empirical(J, p, gradients):
    return gradients.T @ gradients / len(p)


def _sum(gradients):
    return gradients.sum(0)


_LABELS = (
    "$F$ is still made of the gradients with the labels of the data: the *empirical* Fisher. "
    "The Fisher matrix is an expectation over labels drawn from $p$, so `labels` may not enter it."
)


def _any_of(*whens):
    return lambda case, got, want: next(filter(None, (w(case, got, want) for w in whens)), None)


natural_step = Exercise(
    name="natural_step",
    lesson=LESSON,
    stub='''def natural_step(J, p, labels, damping):
    """Δ = −(F + λI)⁻¹g for the mean cross-entropy of N images, F the Fisher matrix, → (n,).

    J : (N, C, n) Jacobians of the logits, p : (N, C) probabilities, labels : (N,) integers.
    """
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = gradients.T @ gradients / N
    g = gradients.sum(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)''',
    reference=_natural_step,
    cases=lambda: [
        (*_setting(2, 6, 3, 4), torch.tensor([0, 2, 1, 0, 1, 2]), 0.1),
        (*_setting(3, 5, 4, 3), torch.tensor([3, 0, 1, 1, 2]), 0.5),
    ],
    slips=[
        Slip("empirical", same_as(_step_with(_empirical), _LABELS)),
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
                _step_with(lambda J, p, g: g.T @ g, _sum),
                _LABELS + " (And both are sums now, so λ counts $1/N$.)",
            ),
        ),
        Slip(
            "sums",
            same_as(
                _step_with(lambda J, p, g: len(p) * _fisher(J, p), _sum),
                "Matrix and gradient agree now, but both are sums over the images; the loss is a mean, and so $\\lambda$ counts $1/N$.",
            ),
        ),
        Slip(
            "averaged_twice",
            same_as(
                _step_with(lambda J, p, g: _fisher(J, p) / len(p)),
                "The mean is taken twice: your $F$ is $N$ times too small, and the step too long.",
            ),
        ),
        Slip(
            "uphill",
            _any_of(
                *(
                    same_as(
                        lambda *case, m=m: -_step_with(m)(*case),
                        "You walk uphill: solve for $-g$.",
                    )
                    for m in (_right, _empirical)
                )
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
            "expected_gradient",
            _any_of(
                same_as(
                    lambda J, p, labels, damping: torch.zeros(J.shape[2], dtype=p.dtype),
                    "The step is zero: the gradient was averaged over the labels that the model expects. Only $F$ is an expectation; $g$ takes the labels of the data.",
                )
            ),
        ),
        Slip(
            "likeliest",
            same_as(
                _step_with(lambda J, p, g: _weighted(_likeliest)(J, p)),
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
    namespace={"torch": torch, "one_hot": one_hot, "fisher": _fisher},
)
