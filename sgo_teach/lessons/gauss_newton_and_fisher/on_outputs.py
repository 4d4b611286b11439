"""Exercise of lesson 10: the Hessian of the softmax loss in the logits, as a product."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import torch
from torch import Tensor

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gauss_newton_and_fisher import mutants_products as mutants
from sgo_teach.lessons.gauss_newton_and_fisher.slips import any_of, same_as
from sgo_teach.lessons.gauss_newton_and_fisher.small_net import meet_forward_mode

LESSON = "gauss_newton_and_fisher"
meet_forward_mode()


def normal(seed: int, *shape: int) -> Tensor:
    """Standard normal numbers, the same every time."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _output_hessian_product(z, w):
    """H_out w for the mean cross-entropy of N images: logits z, vector w, all (N, C)."""
    p = z.softmax(1)
    return (p * w - p * (p * w).sum(1, keepdim=True)) / len(z)


def _covariance(p, w):
    return p * w - p * (p * w).sum(1, keepdim=True)


def _softmax(z):
    return z.softmax(1)


def _slip(name, message, *products, p_of=_softmax):
    """The slip of a wrong product of p and w, or of a wrong p, be the 1/N there or not."""
    means = [lambda z, w, f=f: f(p_of(z), w) / len(z) for f in products]
    sums = [lambda z, w, f=f: f(p_of(z), w) for f in products]
    return Slip(name, any_of(message, *means, *sums))


output_hessian_product = Exercise(
    name="output_hessian_product",
    lesson=LESSON,
    stub='''def output_hessian_product(z, w):
    """H_out w for the mean cross-entropy of N images: logits z, vector w, all (N, C)."""
    ...''',
    reference=_output_hessian_product,
    cases=lambda: [
        (2 * normal(0, 5, 3), normal(1, 5, 3)),
        (normal(2, 4, 6), normal(3, 4, 6)),
    ],
    slips=[
        _slip(
            "logits_for_probabilities",
            "You put the logits where the probabilities belong: $p$ is `z.softmax(1)`.",
            _covariance,
            p_of=lambda z: z,
        ),
        _slip(
            "logarithms",
            "`log_softmax` gives $\\log p$; here $p$ itself is needed, `z.softmax(1)`.",
            _covariance,
            p_of=lambda z: z.log_softmax(1),
        ),
        _slip(
            "softmax_twice",
            "The softmax is taken twice. $z$ are logits: one `softmax(1)` makes them probabilities.",
            _covariance,
            p_of=lambda z: z.softmax(1).softmax(1),
        ),
        _slip(
            "softmax_over_images",
            "Your softmax runs over the images, axis 0. The probabilities of *one image* add up to 1: `z.softmax(1)`.",
            _covariance,
            p_of=lambda z: z.softmax(0),
        ),
        _slip(
            "softmax_over_all",
            "Your softmax runs over all images at once. The probabilities of *one image* add up to 1: `z.softmax(1)`.",
            _covariance,
            p_of=lambda z: z.flatten().softmax(0).view(z.shape),
        ),
        _slip(
            "diagonal_only",
            "You keep $\\mathrm{diag}(p)$ and lose $-pp^T$. Raise all logits of an image alike and nothing changes, so $H_{out}$ times ones must be 0.",
            lambda p, w: p * w,
        ),
        _slip(
            "own_variance",
            "$p(1-p)$ is only the diagonal of $H_{out}$; the entries $-p_ip_j$ couple the classes.",
            lambda p, w: p * (1 - p) * w,
        ),
        _slip(
            "sum_over_images",
            "The sum $p^Tw$ runs over the classes of one image, axis 1; yours mixes the images.",
            lambda p, w: p * w - p * (p * w).sum(0, keepdim=True),
            lambda p, w: p * w - p @ w.T @ p,
            lambda p, w: p * w - p @ p.T @ w,
        ),
        _slip(
            "sum_over_all",
            "Your sum runs over everything at once. Every image has its own $p^Tw$: `.sum(1, keepdim=True)`.",
            lambda p, w: p * w - p * (p * w).sum(),
        ),
        _slip(
            "mean_over_classes",
            "$p^Tw$ is a *sum* over the classes, already weighted by $p$; you take their mean.",
            lambda p, w: p * w - p * (p * w).mean(1, keepdim=True),
        ),
        _slip(
            "sum_of_w",
            "In the second term you sum $w$ without the weights $p$: it is $p\\,(p^Tw)$.",
            lambda p, w: p * w - p * w.sum(1, keepdim=True),
        ),
        _slip(
            "plus",
            "The sign: $H_{out} = (\\mathrm{diag}(p) - pp^T)/N$, with a minus.",
            lambda p, w: p * w + p * (p * w).sum(1, keepdim=True),
        ),
        _slip(
            "negative",
            "All signs are turned round: $H_{out} = (\\mathrm{diag}(p) - pp^T)/N$.",
            lambda p, w: -_covariance(p, w),
        ),
        Slip(
            "sum_for_mean",
            same_as(
                lambda z, w: _covariance(_softmax(z), w),
                "The loss is a *mean* over $N$ images, so its curvature carries a factor $1/N$.",
            ),
        ),
        Slip(
            "mean_over_all",
            any_of(
                "The mean runs over the $N$ images only: divide by `len(z)`, not by the number of classes.",
                lambda z, w: _covariance(_softmax(z), w) / z.numel(),
                lambda z, w: _covariance(_softmax(z), w) / z.shape[1],
            ),
        ),
    ],
    mutants=mutants.OUTPUT_HESSIAN_PRODUCT,
    hints=[
        "For one image $H_{out}w = p \\circ w - p\\,(p^Tw)$, and the mean brings $1/N$.",
        "`p = z.softmax(1)`; `(p * w).sum(1, keepdim=True)` is $p^Tw$ for all images at once.",
        "`(p * w - p * (p * w).sum(1, keepdim=True)) / len(z)`",
    ],
    discussion=(
        "The matrix is block-diagonal, one (C, C) block an image, and none of the blocks is formed. "
        "For one image $w^T(\\mathrm{diag}(p) - pp^T)w = \\mathrm{E}[w_y^2] - \\mathrm{E}[w_y]^2$ with $y \\sim p$: "
        "the variance of $w_y$, never negative."
    ),
    tolerance=1e-7,
    namespace={"torch": torch},
)
