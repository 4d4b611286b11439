"""Exercises of lesson 10: the Hessian of the softmax loss, and a Gauss–Newton product."""

# ruff: noqa: E501 (a sentence is one string)
# jvp and vjp return a third value only on request:
# pyright: reportAssignmentType=false

from __future__ import annotations

import torch
from torch import Tensor

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gauss_newton_and_fisher import mutants_products as mutants
from sgo_teach.lessons.gauss_newton_and_fisher.small_net import meet_forward_mode

LESSON = "gauss_newton_and_fisher"
meet_forward_mode()


def _normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def same_as(formula, message):
    """A slip for a tensor that another formula gives as well."""

    def when(case, got, want):
        other = formula(*case)
        close = got.shape == other.shape and torch.allclose(got, other, rtol=1e-7, atol=1e-10)
        return message if close else None

    return when


# -- the Hessian of the loss with respect to the logits ------------------------------------------
def _output_hessian_product(z, w):
    """H_out w for the mean cross-entropy of N images: logits z, vector w, all (N, C)."""
    p = z.softmax(1)
    return (p * w - p * (p * w).sum(1, keepdim=True)) / len(z)


def _with(p_of, product):
    return lambda z, w: product(p_of(z), w) / len(z)


def _covariance(p, w):
    return p * w - p * (p * w).sum(1, keepdim=True)


def _softmax(z):
    return z.softmax(1)


output_hessian_product = Exercise(
    name="output_hessian_product",
    lesson=LESSON,
    stub='''def output_hessian_product(z, w):
    """H_out w for the mean cross-entropy of N images: logits z, vector w, all (N, C)."""
    ...''',
    reference=_output_hessian_product,
    cases=lambda: [
        (2 * _normal(0, 5, 3), _normal(1, 5, 3)),
        (_normal(2, 4, 6), _normal(3, 4, 6)),
    ],
    slips=[
        Slip(
            "logits_for_probabilities",
            same_as(
                _with(lambda z: z, _covariance),
                "You put the logits where the probabilities belong: $p$ is `z.softmax(1)`.",
            ),
        ),
        Slip(
            "softmax_over_images",
            same_as(
                _with(lambda z: z.softmax(0), _covariance),
                "Your softmax runs over the images, axis 0. The probabilities of *one image* add up to 1: `z.softmax(1)`.",
            ),
        ),
        Slip(
            "diagonal_only",
            same_as(
                _with(_softmax, lambda p, w: p * w),
                "You keep $\\mathrm{diag}(p)$ and lose $-pp^T$. Raise all logits of an image alike and nothing changes, so $H_{out}$ times ones must be 0.",
            ),
        ),
        Slip(
            "own_variance",
            same_as(
                _with(_softmax, lambda p, w: p * (1 - p) * w),
                "$p(1-p)$ is only the diagonal of $H_{out}$; the entries $-p_ip_j$ couple the classes.",
            ),
        ),
        Slip(
            "sum_over_images",
            same_as(
                _with(_softmax, lambda p, w: p * w - p * (p * w).sum(0, keepdim=True)),
                "The sum $p^Tw$ runs over the classes of one image, axis 1; yours mixes the images.",
            ),
        ),
        Slip(
            "sum_over_all",
            same_as(
                _with(_softmax, lambda p, w: p * w - p * (p * w).sum()),
                "Your sum runs over everything at once. Every image has its own $p^Tw$: `.sum(1, keepdim=True)`.",
            ),
        ),
        Slip(
            "plus",
            same_as(
                _with(_softmax, lambda p, w: p * w + p * (p * w).sum(1, keepdim=True)),
                "The sign: $H_{out} = (\\mathrm{diag}(p) - pp^T)/N$, with a minus.",
            ),
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
            same_as(
                lambda z, w: _covariance(_softmax(z), w) / z.numel(),
                "You divide by $NC$. The mean runs over the $N$ images only.",
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


# -- the product ---------------------------------------------------------------------------------
def _ggn_vector_product(network, output_hessian, theta, v):
    """Gv = Jᵀ(H_out(Jv)) by one jvp and one vjp, (n,) → (n,).

    network(theta) gives the outputs z, of any shape; output_hessian(z, w) gives H_out w at z, in
    that shape; theta, v : (n,). J = ∂z/∂θ is never formed.
    """
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z, Jv))[0]


def _classifier(theta: Tensor) -> Tensor:
    """A tanh network with 3 inputs, 4 hidden units, 3 classes, for 5 images: (24,) → (5, 3)."""
    A, B = theta[:12].view(3, 4), theta[12:].view(4, 3)
    return torch.tanh(_normal(7, 5, 3) @ A) @ B


def _decay(theta: Tensor) -> Tensor:
    """The cooling curve at six times: (2,) → (6,)."""
    return theta[0] * torch.exp(-theta[1] * torch.arange(6, dtype=torch.float64) / 2)


def _robust(z: Tensor, w: Tensor) -> Tensor:
    """H_out of Σ log cosh(zᵢ − 1), convex and not constant."""
    return w / torch.cosh(z - 1) ** 2


def _J(network, theta):
    return torch.func.jacrev(network)(theta).reshape(-1, len(theta))


def _pulled(w_of, at=lambda theta, v: theta):
    """Formula: Jᵀ times something computed from (network, H_out, θ, v, z, J), J taken at a point."""

    def product(network, output_hessian, theta, v):
        z, J = network(theta), _J(network, theta)
        w = w_of(output_hessian, v, z, (J @ v).view(z.shape), J)
        return _J(network, at(theta, v)).T @ w.reshape(-1)

    return product


def _not_pulled_back(case, got, want):
    network, _, theta, _ = case
    if tuple(got.shape) == tuple(network(theta).shape) != tuple(want.shape):
        return (
            f"Your result has shape {tuple(got.shape)}, that of the outputs: it is still in the space of $z$. "
            "The `vjp` brings it back to the parameters."
        )


def _at_v(network, output_hessian, theta, v):
    z, J = network(v), _J(network, v)
    return J.T @ output_hessian(z, (J @ theta).view(z.shape)).reshape(-1)


ggn_vector_product = Exercise(
    name="ggn_vector_product",
    lesson=LESSON,
    stub='''def ggn_vector_product(network, output_hessian, theta, v):
    """Gv = Jᵀ(H_out(Jv)) by one jvp and one vjp, (n,) → (n,).

    network(theta) gives the outputs z, of any shape; output_hessian(z, w) gives H_out w at z, in
    that shape; theta, v : (n,). J = ∂z/∂θ is never formed.
    """
    ...''',
    reference=_ggn_vector_product,
    cases=lambda: [
        (_classifier, _output_hessian_product, _normal(4, 24), _normal(5, 24)),
        (
            _decay,
            _robust,
            torch.tensor([2.0, 0.7], dtype=torch.float64),
            torch.tensor([0.5, -1.0], dtype=torch.float64),
        ),
    ],
    slips=[
        Slip("not_pulled_back", _not_pulled_back, before_shape=True),
        Slip(
            "no_output_hessian",
            same_as(
                _pulled(lambda H, v, z, Jv, J: Jv),
                "That is $J^TJv$: $H_{out}$ is missing between $J^T$ and $J$.",
            ),
        ),
        Slip(
            "swapped_arguments",
            same_as(
                _pulled(lambda H, v, z, Jv, J: H(Jv, z)),
                "`output_hessian(z, w)` takes the point first and the vector second; yours come the other way round.",
            ),
        ),
        Slip(
            "outputs_for_tangent",
            same_as(
                _pulled(lambda H, v, z, Jv, J: H(z, z)),
                "You multiply $H_{out}$ by the outputs $z$. `jvp` returns the pair $(z, Jv)$; it is the second that is multiplied.",
            ),
        ),
        Slip(
            "row_sums",
            same_as(
                _pulled(lambda H, v, z, Jv, J: H(z, torch.ones_like(z)) * Jv),
                "You scale $Jv$ entry by entry. $H_{out}$ couples the outputs: hand it $Jv$ itself.",
            ),
        ),
        Slip(
            "at_v",
            same_as(
                _at_v,
                "Point and direction are swapped: the network is linearised at $\\theta$ and moved along $v$, `jvp(network, (theta,), (v,))`.",
            ),
        ),
        Slip(
            "pulled_back_at_v",
            same_as(
                _pulled(lambda H, v, z, Jv, J: H(z, Jv), at=lambda theta, v: v),
                "$J^T$ must be taken at $\\theta$ like $J$; yours is taken at $v$.",
            ),
        ),
        Slip(
            "twice_output_hessian",
            same_as(
                _pulled(lambda H, v, z, Jv, J: H(z, H(z, Jv))),
                "$H_{out}$ enters twice. Once between $J$ and $J^T$ is enough.",
            ),
        ),
        Slip(
            "at_the_shifted_point",
            same_as(
                _pulled(lambda H, v, z, Jv, J: H(z + Jv, Jv)),
                "$H_{out}$ is taken at $z + Jv$. All of $G$ belongs to one point, $\\theta$ with its $z$.",
            ),
        ),
    ],
    mutants=mutants.GGN_VECTOR_PRODUCT,
    hints=[
        "From right to left: $J$, then $H_{out}$, then $J^T$. `torch.func.jvp` is the first, `torch.func.vjp` the last.",
        "`z, Jv = torch.func.jvp(network, (theta,), (v,))` gives the outputs and $Jv$ in one go.",
        "`_, vjp = torch.func.vjp(network, theta)` gives a function; `vjp(w)` is a tuple with one entry, $J^Tw$.",
    ],
    discussion=(
        "Flat vectors in, flat vectors out, and no assumption about the network: this function goes into the optimiser of lesson 11 as it stands. "
        "It runs the network twice. `GaussNewtonProduct` runs it once and keeps the graph for all products at that point."
    ),
    tolerance=1e-7,
    namespace={"torch": torch},
)
