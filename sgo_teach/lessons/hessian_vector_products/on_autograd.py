"""Exercises of lesson 09: H times v by two backward passes, and by forward over reverse."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_vector_products import mutants
from sgo_teach.lessons.hessian_vector_products.losses import (
    bent_loss,
    gradient,
    hessian,
    normal,
    slip_of,
)
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
    """Hv as the derivative of the gradient along v, by forward mode; (n,).

    loss_function : θ ↦ L(θ), (n,) → scalar; theta, v : (n,) tensors.
    """
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
    if isinstance(got, tuple | list) and len(got) == 2:
        return (
            "`jvp` returns a pair, the function's value and its derivative along $v$. "
            "The function is the gradient here, so the pair is $(g, Hv)$: return the second."
        )


def _one_in_a_tuple(case, got, want):
    if isinstance(got, tuple | list) and len(got) == 1:
        return (
            "`autograd.grad` returns a tuple, one gradient for each tensor you asked about. "
            "Take the one out: `(Hv,) = …`."
        )


def slips():
    """What may come out instead of Hv, whichever way it was computed."""
    return [
        Slip(
            "curvature",
            slip_of(
                lambda loss, t, v: v @ _hvp(loss, t, v),
                "That is the number $v^THv$; the vector $Hv$ is asked, so leave out the last product with $v$.",
            ),
            before_shape=True,
        ),
        Slip(
            "slope",
            slip_of(
                lambda loss, t, v: gradient(loss)(t) @ v,
                "That is $g^Tv$, the slope along $v$: a *first* derivative, and a number. Differentiate it once more.",
            ),
            before_shape=True,
        ),
        Slip(
            "matrix",
            slip_of(
                lambda loss, t, v: hessian(loss, t),
                "That is the whole of $H$, the matrix that we want to do without.",
            ),
            before_shape=True,
        ),
        Slip(
            "first_derivative",
            slip_of(
                lambda loss, t, v: gradient(loss)(t),
                "That is $g$, the *first* derivative: your second pass differentiates the loss again, or $g^Tv$ by $v$. "
                "Differentiate $g^Tv$ by θ.",
            ),
        ),
        Slip(
            "row_sums",
            slip_of(
                lambda loss, t, v: _hvp(loss, t, torch.ones_like(v)),
                "That is $H$ times a vector of ones, the row sums of $H$: `g.sum()` is $g^T\\mathbf 1$, and $g^Tv$ is wanted.",
            ),
        ),
    ]


def _reverse_slips():
    return [
        Slip("tuple", _one_in_a_tuple, before_shape=True),
        *slips(),
        Slip(
            "row_sums_times_v",
            slip_of(
                lambda loss, t, v: _hvp(loss, t, torch.ones_like(v)) * v,
                "You multiply the row sums of $H$ by $v$ afterwards, entry by entry: "
                "$v$ has to go in *before* the second pass, in $g^Tv$.",
            ),
        ),
        Slip(
            "squared_gradient",
            slip_of(
                lambda loss, t, v: 2 * _hvp(loss, t, gradient(loss)(t)),
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
        *slips(),
        Slip(
            "swapped",
            slip_of(
                lambda loss, t, v: _hvp(loss, v, t),
                "Point and direction are swapped: `jvp(function, (point,), (direction,))`.",
            ),
        ),
        Slip(
            "at_v",
            slip_of(
                lambda loss, t, v: _hvp(loss, v, v),
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
    """Hv as the derivative of the gradient along v, by forward mode; (n,).

    loss_function : θ ↦ L(θ), (n,) → scalar; theta, v : (n,) tensors.
    """
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
