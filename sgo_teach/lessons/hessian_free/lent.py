"""The parts of the step under their own names: the learner's where they have passed."""

from __future__ import annotations

from torch import Tensor

from sgo_teach.checks import Earlier
from sgo_teach.lessons.conjugate_gradients import on_cg
from sgo_teach.lessons.hessian_free import on_damping

parts = Earlier(on_cg.cg, on_damping.reduction_ratio, on_damping.damping_rule)


def cg(product, b, tolerance, max_steps) -> Tensor:
    """x (n,) with Ax ≈ b from products v ↦ Av, at most `max_steps` of them."""
    return parts.cg(product, b, tolerance, max_steps)


def reduction_ratio(loss, new_loss, g, delta, G_delta) -> float:
    """ρ, the actual change over that of the undamped model."""
    return parts.reduction_ratio(loss, new_loss, g, delta, G_delta)


def damping_rule(damping, ratio) -> float:
    """The next λ."""
    return parts.damping_rule(damping, ratio)
