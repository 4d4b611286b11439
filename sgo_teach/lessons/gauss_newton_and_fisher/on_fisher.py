"""Exercise of lesson 10: the Fisher matrix as an expectation."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gauss_newton_and_fisher import mutants_fisher as mutants
from sgo_teach.lessons.gauss_newton_and_fisher.slips import any_of, same_as

LESSON = "gauss_newton_and_fisher"


def setting(seed: int, N: int, C: int, n: int) -> tuple[Tensor, Tensor]:
    """J (N, C, n) and p (N, C), at random."""
    generator = torch.Generator().manual_seed(seed)
    J = torch.randn(N, C, n, generator=generator, dtype=torch.float64)
    return J, torch.randn(N, C, generator=generator, dtype=torch.float64).softmax(1)


def _fisher(J, p):
    """F = (1/N) Σᵢ Σ_y p_iy g_iy g_iyᵀ, (n, n), g_iy = Jᵢᵀ(pᵢ − e_y); J (N, C, n), p (N, C)."""
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        slope = p.clone()
        slope[:, y] -= 1
        g = torch.einsum("icn,ic->in", J, slope)
        F = F + (p[:, y, None] * g).T @ g
    return F / N


def weighted(weights_of, slopes_of=lambda p, y: p - one_hot(y, p.shape[1])):
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


def likeliest(p):
    """Weights (N, C): 1 for the likeliest label of each image."""
    return one_hot(p.argmax(1), p.shape[1]).to(p)


def _only(k):
    """Weights of the expectation with all labels left out but one."""
    return lambda p: p * (torch.arange(p.shape[1]) == k % p.shape[1])


def _zero(J, p):
    return torch.zeros(J.shape[2], J.shape[2], dtype=p.dtype)


def _summed_first(J, p):
    """Outer product of the gradient summed over images, expectation label by label."""
    F = _zero(J, p)
    for y in range(p.shape[1]):
        slope = p - one_hot(torch.full((len(p),), y), p.shape[1])
        g = torch.einsum("icn,ic,i->n", J, slope, p[:, y])
        F = F + torch.outer(g, g)
    return F / len(p)


def _not_cloned(J, p):
    """What comes out where `slope` is another name for p, and p changes with it."""
    q, F = p.clone(), _zero(J, p)
    for y in range(p.shape[1]):
        q[:, y] -= 1
        g = torch.einsum("icn,ic->in", J, q)
        F = F + (q[:, y, None] * g).T @ g
    return F / len(p)


def _drawn(case, got, want):
    J, p = case
    N, C = p.shape
    slopes = p[:, None] - torch.eye(C, dtype=p.dtype)
    g = torch.einsum("icn,iyc->iyn", J, slopes)
    outer = torch.einsum("iyn,iym->iynm", g, g) / N
    labels = torch.tensor(list(product(range(C), repeat=N))).T  # all that can be drawn
    sums = torch.stack([outer[i, y] for i, y in enumerate(labels)]).sum(0)
    if torch.isclose(got, sums, rtol=1e-7, atol=1e-10).all((1, 2)).any():
        return "You take *one* label for each image, drawn or given. That is $F$ only on average; the expectation runs over all labels, weighted with $p$."


def _one_image(case, got, want):
    J, p = case
    if tuple(got.shape) == (len(p), *want.shape):
        return f"There are {len(p)} matrices, one for each image: the mean over the images is still to be taken."


fisher = Exercise(
    name="fisher",
    lesson=LESSON,
    stub='''def fisher(J, p):
    """F = (1/N) Σᵢ Σ_y p_iy g_iy g_iyᵀ, (n, n), g_iy = Jᵢᵀ(pᵢ − e_y); J (N, C, n), p (N, C)."""
    ...''',
    reference=_fisher,
    cases=lambda: [setting(0, 7, 3, 4), setting(1, 5, 4, 2)],
    slips=[
        Slip("one_image", _one_image, before_shape=True),
        Slip(
            "mean_over_all",
            same_as(
                lambda J, p: _fisher(J, p) / p.shape[1],
                "You divide by the number of labels, too. Their weights $p$ add up to 1 already; the mean runs over the $N$ images.",
            ),
        ),
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
                weighted(torch.ones_like),
                "Every label counts fully. The expectation weighs label $y$ of image $i$ with $p_{iy}$.",
            ),
        ),
        Slip(
            "uniform",
            same_as(
                weighted(lambda p: torch.full_like(p, 1 / p.shape[1])),
                "You average over the labels as if all were equally likely. The model says $p_{iy}$.",
            ),
        ),
        Slip(
            "likeliest",
            same_as(
                weighted(likeliest),
                "You take the likeliest label only. The expectation runs over *all* labels, weighted with $p$.",
            ),
        ),
        Slip("drawn", _drawn),
        Slip(
            "one_label",
            any_of(
                "Only one of the labels counts: is the `return` inside the loop, or is $F$ set anew each time?",
                weighted(_only(0)),
                weighted(_only(-1)),
            ),
        ),
        Slip(
            "label_missing",
            any_of(
                "The first or the last label is left out: `range(C)` has them all.",
                weighted(lambda p: p - _only(0)(p)),
                weighted(lambda p: p - _only(-1)(p)),
            ),
        ),
        Slip(
            "squared_weights",
            same_as(
                weighted(lambda p: p**2),
                "The weight $p_{iy}$ went into $g$ and is squared with it. It stands outside: $p_{iy}\\,g_{iy}g_{iy}^T$.",
            ),
        ),
        Slip(
            "not_cloned",
            same_as(
                _not_cloned,
                "`slope = p` is no copy: taking 1 off its entries changes $p$ for all labels that follow. Write `p.clone()`.",
            ),
        ),
        Slip(
            "wrong_sign_of_label",
            same_as(
                weighted(lambda p: p, lambda p, y: p + one_hot(y, p.shape[1])),
                "The slope is $p - e_y$, with a minus; you add the label.",
            ),
        ),
        Slip(
            "diagonal_only",
            same_as(
                lambda J, p: torch.diag(torch.diag(_fisher(J, p))),
                "That is the diagonal of $F$. An outer product $gg^T$ has entries off it, too.",
            ),
        ),
        Slip(
            "expected_gradient",
            same_as(
                _zero,
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
                weighted(lambda p: p, lambda p, y: -one_hot(y, p.shape[1]).to(p)),
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
