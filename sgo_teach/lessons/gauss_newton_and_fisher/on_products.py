"""Exercise of lesson 10: a Gauss–Newton product for any network and any loss."""

# ruff: noqa: E501 (a sentence is one string)
# jvp and vjp return a third value only on request:
# pyright: reportAssignmentType=false

from __future__ import annotations

import torch
from torch import Tensor

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gauss_newton_and_fisher import mutants_products as mutants
from sgo_teach.lessons.gauss_newton_and_fisher.on_outputs import (
    LESSON,
    normal,
    output_hessian_product,
)
from sgo_teach.lessons.gauss_newton_and_fisher.slips import same_as


def _ggn_vector_product(network, output_hessian, theta, v):
    """Gv = Jᵀ(H_out(Jv)), (n,) → (n,), by one jvp and one vjp; J is never formed."""
    z, Jv = torch.func.jvp(network, (theta,), (v,))
    _, vjp = torch.func.vjp(network, theta)
    return vjp(output_hessian(z, Jv))[0]


IMAGES = normal(7, 5, 3)


def _classifier(theta: Tensor) -> Tensor:
    """A tanh network with 3 inputs, 4 hidden units, 3 classes, for 5 images: (24,) → (5, 3)."""
    A, B = theta[:12].view(3, 4), theta[12:].view(4, 3)
    return torch.tanh(IMAGES @ A) @ B


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


def _whole_step(network, output_hessian, theta, v):
    z = network(theta)
    return _J(network, theta).T @ output_hessian(z, network(theta + v) - z).reshape(-1)


ggn_vector_product = Exercise(
    name="ggn_vector_product",
    lesson=LESSON,
    stub='''def ggn_vector_product(network, output_hessian, theta, v):
    """Gv = Jᵀ(H_out(Jv)), (n,) → (n,), by one jvp and one vjp; J is never formed."""
    ...''',
    reference=_ggn_vector_product,
    cases=lambda: [
        (_classifier, output_hessian_product.reference, normal(4, 24), normal(5, 24)),
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
            "output_hessian_at_the_tangent",
            same_as(
                _pulled(lambda H, v, z, Jv, J: H(Jv, Jv)),
                "$H_{out}$ is taken at $Jv$. It belongs to the outputs: `output_hessian(z, Jv)`.",
            ),
        ),
        Slip(
            "whole_step",
            same_as(
                _whole_step,
                "You push forward by $z(\\theta + v) - z(\\theta)$, a whole step, on which the network bends. $Jv$ is the slope at its start: `jvp`.",
            ),
        ),
        Slip(
            "negative",
            same_as(
                _pulled(lambda H, v, z, Jv, J: -H(z, Jv)),
                "That is $-Gv$: the sign is turned round.",
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
