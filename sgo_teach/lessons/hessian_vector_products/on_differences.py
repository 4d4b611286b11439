"""Exercise of lesson 09: H times v from two gradients."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_vector_products import mutants
from sgo_teach.lessons.hessian_vector_products.losses import bent_loss, gradient, normal, slip_of


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
