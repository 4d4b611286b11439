"""Exercises of lesson 09: H times v by two backward passes, and by forward over reverse."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_vector_products import mutants
from sgo_teach.lessons.hessian_vector_products.losses import (
    bent_loss,
    gradient,
    hessian,
    is_close,
    normal,
    slip_of,
)
from sgo_teach.lessons.hessian_vector_products.slips import exact, slips_of_products
from sgo_teach.nets.curvature import hvp_by_forward_over_reverse

LESSON = "hessian_vector_products"


def _hvp(loss_function, theta, v):
    """Hv by two backward passes: the gradient of gᵀv, with v held fixed; (n,).

    loss_function : θ ↦ L(θ), (n,) → scalar; theta, v : (n,) tensors without a graph.
    """
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    (Hv,) = torch.autograd.grad(g @ v, theta)
    return Hv


def _hvp_forward_reverse(loss_function, theta, v):
    """Hv as the derivative of the gradient along v, by forward mode; arguments as for `hvp`."""
    return torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,))[1]


def cases():
    """Two losses with entries of both signs in H, where no two of g, Hv, H1 look alike."""
    return [
        (bent_loss(seed, n), 0.8 * normal(seed + 10, n), normal(seed + 20, n))
        for seed, n in ((2, 4), (3, 3))
    ]


def forward_cases():
    """The same; torch warns and takes seconds when it first meets forward mode: here, not in a check."""
    hvp_by_forward_over_reverse(*cases()[0])
    return cases()


def _pair(case, got, want):
    if len(got) == 2 and is_close(got[1], want):
        return (
            "`jvp` returns a pair, the function's value and its derivative along $v$. "
            "The function is the gradient here, so the pair is $(g, Hv)$: return the second."
        )


def _pair_of_the_loss(case, got, want):
    loss, theta, v = case
    if len(got) == 2 and is_close(got[1], gradient(loss)(theta) @ v):
        return (
            "That is the pair of the *loss*, its value and its slope along $v$. "
            "Give `jvp` the gradient instead, `torch.func.grad(loss_function)`, and return the second of its pair."
        )


def _one_in_a_tuple(case, got, want):
    if isinstance(got, tuple | list) and len(got) == 1:
        return (
            "`autograd.grad` returns a tuple, one gradient for each tensor you asked about. "
            "Take the one out: `(Hv,) = …`."
        )


def _reverse_slips():
    return [
        Slip("tuple", _one_in_a_tuple, before_shape=True),
        *slips_of_products(
            "That is $g$, the *first* derivative: your second pass differentiates the loss again, or $g^Tv$ by $v$. "
            "Differentiate $g^Tv$ by θ.",
            "That is $H$ times a vector of ones, the row sums of $H$: `g.sum()` is $g^T\\mathbf 1$, and $g^Tv$ is wanted.",
        ),
        Slip(
            "accumulated",
            slip_of(
                lambda loss, t, v: gradient(loss)(t) + exact(loss, t, v),
                "That is $g + Hv$: `.backward()` *adds* to `theta.grad`, and $g$ was still in it. "
                "`torch.autograd.grad` hands the gradient to you instead.",
            ),
        ),
        Slip(
            "row_sums_times_v",
            slip_of(
                lambda loss, t, v: exact(loss, t, torch.ones_like(v)) * v,
                "You multiply the row sums of $H$ by $v$ afterwards, entry by entry: "
                "$v$ has to go in *before* the second pass, in $g^Tv$.",
            ),
        ),
        Slip(
            "squared_gradient",
            slip_of(
                lambda loss, t, v: 2 * exact(loss, t, gradient(loss)(t)),
                "That is $2Hg$, the gradient of $g^Tg$: the second factor has to be $v$.",
            ),
        ),
        Slip(
            "outer",
            slip_of(
                lambda loss, t, v: gradient(loss)(t) * (gradient(loss)(t) @ v),
                "That is $gg^Tv$, made of first derivatives alone: the product of two gradients is not a second derivative.",
            ),
        ),
        Slip(
            "gradient_times_v",
            slip_of(
                lambda loss, t, v: gradient(loss)(t) * v,
                "That is $g$ times $v$, entry by entry: your second pass differentiates the loss once again, "
                "not $g^Tv$.",
            ),
        ),
        Slip(
            "slope_squared",
            slip_of(
                lambda loss, t, v: 2 * (gradient(loss)(t) @ v) * exact(loss, t, v),
                "That is $2\\,(g^Tv)\\,Hv$, the gradient of $(g^Tv)^2$: do not square it.",
            ),
        ),
        Slip(
            "diagonal",
            slip_of(
                lambda loss, t, v: hessian(loss, t).diagonal() * v,
                "Only the diagonal of $H$ is left: each parameter's own curvature, without the others.",
            ),
        ),
    ]


def _forward_slips():
    return [
        Slip("pair", _pair, before_shape=True),
        Slip("pair_of_the_loss", _pair_of_the_loss, before_shape=True),
        *slips_of_products(
            "That is $g$, the *first* of the pair that `jvp` returns: $Hv$ is the second.",
            "That is $H$ times a vector of ones, the row sums of $H$: the direction has to be $v$.",
        ),
        Slip(
            "v_twice",
            slip_of(
                lambda loss, t, v: v * exact(loss, t, v),
                "$v$ has entered already, as the direction: leave out the product with $v$ afterwards.",
            ),
        ),
        Slip(
            "both_of_the_pair",
            slip_of(
                lambda loss, t, v: gradient(loss)(t) + exact(loss, t, v),
                "That is $g + Hv$, both of the pair added: return only the second.",
            ),
        ),
        Slip(
            "swapped",
            slip_of(
                lambda loss, t, v: exact(loss, v, t),
                "Point and direction are swapped: `jvp(function, (point,), (direction,))`.",
            ),
        ),
        Slip(
            "at_v",
            slip_of(
                lambda loss, t, v: exact(loss, v, v),
                "You expand about $v$ itself: the point is θ, the direction is $v$.",
            ),
        ),
    ]


hvp = Exercise(
    name="hvp",
    lesson=LESSON,
    stub='''def hvp(loss_function, theta, v):
    """Hv by two backward passes: the gradient of gᵀv, with v held fixed; (n,).

    loss_function : θ ↦ L(θ), (n,) → scalar; theta, v : (n,) tensors without a graph.
    """
    ...''',
    reference=_hvp,
    cases=cases,
    slips=_reverse_slips(),
    mutants=mutants.HVP,
    hints=[
        "`theta = theta.detach().requires_grad_()` makes a leaf that can be differentiated by.",
        "The first pass must leave a graph behind: `torch.autograd.grad(..., create_graph=True)`, which returns a tuple.",
        "`(g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)`, then the same for `g @ v`.",
    ],
    discussion=(
        "$g^Tv$ is a number, so its gradient costs one backward pass, through a graph about twice as large. "
        "Its $i$-th entry is $\\sum_j \\partial_i\\partial_j L\\,v_j = (Hv)_i$, since $v$ does not depend on θ. "
        "`v` meets θ and the loss only through this one product, so CG may call it with any vector."
    ),
    tolerance=1e-7,
    namespace={"torch": torch},
)

hvp_forward_reverse = Exercise(
    name="hvp_forward_reverse",
    lesson=LESSON,
    stub='''def hvp_forward_reverse(loss_function, theta, v):
    """Hv as the derivative of the gradient along v, by forward mode; arguments as for `hvp`."""
    ...''',
    reference=_hvp_forward_reverse,
    cases=forward_cases,
    slips=_forward_slips(),
    mutants=mutants.HVP_FORWARD_REVERSE,
    hints=[
        "`torch.func.grad(loss_function)` is the function θ ↦ g(θ).",
        "`torch.func.jvp(function, (point,), (direction,))` returns the value and the derivative along the direction.",
        "`torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,))`, and of its pair the second.",
    ],
    discussion=(
        "It is the difference quotient of exercise 1 with an infinitely small nudge: "
        "forward mode carries θ + εv through the program of the gradient and keeps what is linear in ε. "
        "Nothing is stored for a second walk backwards."
    ),
    tolerance=1e-7,
    namespace={"torch": torch},
)
