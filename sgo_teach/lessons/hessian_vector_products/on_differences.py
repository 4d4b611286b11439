"""Exercise of lesson 09: H times v from two gradients."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_vector_products import mutants
from sgo_teach.lessons.hessian_vector_products.losses import (
    bent_loss,
    gradient,
    is_close,
    normal,
    slip_of,
)


def _hvp_differences(gradient, theta, v, h):
    """Hv ≈ how the gradient changes from θ − hv to θ + hv, per unit of the nudge; (n,).

    gradient : θ ↦ ∇L(θ), (n,) → (n,); theta, v : (n,) tensors; h : a small positive number.
    """
    ahead, behind = gradient(theta + h * v), gradient(theta - h * v)
    return (ahead - behind) / (2 * h)


def cases():
    """Two losses with third derivatives, so that a one-sided difference shows; v has any length."""
    return [
        (gradient(bent_loss(seed, n)), normal(seed + 10, n), 1.5 * normal(seed + 20, n), h)
        for seed, n, h in ((0, 3, 0.1), (1, 4, 0.05))
    ]


def _matrix(gradient, theta, v, h):
    """Differences along every axis, (n, n)."""
    axes = torch.eye(len(theta), dtype=theta.dtype)
    return torch.stack([_hvp_differences(gradient, theta, e, h) for e in axes])


def _added(case, got, want):
    gradient, theta, v, h = case
    both = gradient(theta + h * v) + gradient(theta - h * v)
    if is_close(got, both / 2) or is_close(got, both / (2 * h)):
        return "You *add* the two gradients: asked is how they differ."


hvp_differences = Exercise(
    name="hvp_differences",
    lesson="hessian_vector_products",
    stub='''def hvp_differences(gradient, theta, v, h):
    """Hv ≈ how the gradient changes from θ − hv to θ + hv, per unit of the nudge; (n,).

    gradient : θ ↦ ∇L(θ), (n,) → (n,); theta, v : (n,) tensors; h : a small positive number.
    """
    ...''',
    reference=_hvp_differences,
    cases=cases,
    slips=[
        Slip(
            "curvature",
            slip_of(
                lambda g, t, v, h: v @ _hvp_differences(g, t, v, h),
                "That is the number $v^THv$; the vector $Hv$ is asked, so leave out the last product with $v$.",
            ),
            before_shape=True,
        ),
        Slip(
            "slopes",
            slip_of(
                lambda g, t, v, h: (g(t + h * v) @ v - g(t - h * v) @ v) / (2 * h) / (v @ v),
                "That is the curvature per unit length, a number; the vector $Hv$ is asked.",
            ),
            before_shape=True,
        ),
        Slip(
            "first_derivative",
            slip_of(
                lambda g, t, v, h: g(t),
                "That is $g$ itself, the *first* derivative: how it *changes* is asked.",
            ),
        ),
        Slip(
            "ahead_only",
            slip_of(
                lambda g, t, v, h: (g(t + h * v) - g(t)) / h,
                "That is the one-sided difference, from θ to θ + hv: its error falls like $h$, "
                "that of the central one like $h^2$, at the same price.",
            ),
        ),
        Slip(
            "behind_only",
            slip_of(
                lambda g, t, v, h: (g(t) - g(t - h * v)) / h,
                "That is the one-sided difference, from θ − hv to θ: go to θ + hv on the other side.",
            ),
        ),
        Slip(
            "wrong_way",
            slip_of(
                lambda g, t, v, h: -_hvp_differences(g, t, v, h),
                "The sign: on a bowl the gradient along $v$ must *grow* when you go along $v$, "
                "so what lies ahead comes first.",
            ),
        ),
        Slip(
            "not_divided",
            slip_of(
                lambda g, t, v, h: 2 * h * _hvp_differences(g, t, v, h),
                "That is the change of the gradient; divide it by the length of the way, which is $2h$ times $v$.",
            ),
        ),
        Slip(
            "half_the_way",
            slip_of(
                lambda g, t, v, h: 2 * _hvp_differences(g, t, v, h),
                "Twice the right value: from θ − hv to θ + hv it is $2h$, not $h$.",
            ),
        ),
        Slip(
            "third_derivative",
            slip_of(
                lambda g, t, v, h: (g(t + h * v) - 2 * g(t) + g(t - h * v)) / h**2,
                "That is a second difference *of the gradient*, hence a third derivative of $L$. "
                "One difference of gradients is enough.",
            ),
        ),
        Slip(
            "all_ones",
            slip_of(
                lambda g, t, v, h: _hvp_differences(g, t, torch.ones_like(v), h),
                "You nudge every parameter by the same $h$: the nudge is $h$ times $v$.",
            ),
        ),
        Slip(
            "unit_length",
            slip_of(
                lambda g, t, v, h: _hvp_differences(g, t, v / v.norm(), h),
                "That is $H$ times $v/\\|v\\|$: do not shorten $v$, or $H(2v)$ would equal $Hv$.",
            ),
        ),
        Slip(
            "per_length",
            slip_of(
                lambda g, t, v, h: _hvp_differences(g, t, v, h) / v.norm(),
                "You divide by the length of $v$ as well: that is the change per unit length, and $Hv$ grows with $v$.",
            ),
        ),
        Slip(
            "times_h",
            slip_of(
                lambda g, t, v, h: h**2 * _hvp_differences(g, t, v, h),
                "`/ 2 * h` divides by 2 and *multiplies* by $h$: put brackets around `(2 * h)`.",
            ),
        ),
        Slip(
            "half_the_change",
            slip_of(
                lambda g, t, v, h: (g(t + h * v) - g(t)) / (2 * h),
                "From θ to θ + hv the way is $h$, not $2h$. Start at θ − hv, and $2h$ is right.",
            ),
        ),
        Slip(
            "v_twice",
            slip_of(
                lambda g, t, v, h: v * _hvp_differences(g, t, v, h),
                "$v$ has entered already, in the nudge: leave out the product with $v$ afterwards.",
            ),
        ),
        Slip(
            "v_afterwards",
            slip_of(
                lambda g, t, v, h: v * _hvp_differences(g, t, torch.ones_like(v), h),
                "You nudge every parameter by $h$ and multiply by $v$ afterwards, entry by entry: $v$ belongs into the nudge, θ + hv.",
            ),
        ),
        Slip(
            "matrix",
            slip_of(
                _matrix,
                "These are differences along every axis, the whole of $H$: one nudge, along $v$, is enough.",
            ),
            before_shape=True,
        ),
        Slip("sum", _added),
    ],
    mutants=mutants.HVP_DIFFERENCES,
    hints=[
        "Two gradients: one at θ + hv, one at θ − hv.",
        "Their difference belongs to a way of $2h$ along $v$.",
        "`(gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)`",
    ],
    discussion=(
        "Expand $g(\\theta \\pm hv) = g \\pm hHv + \\tfrac{h^2}{2}(\\dots) \\pm \\dots$: "
        "in the difference the even terms cancel, so the error is of order $h^2$. "
        "The price is two gradients, and no matrix anywhere."
    ),
    namespace={"torch": torch},
)
