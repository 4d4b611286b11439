"""Exercise of lesson 11: one step of Hessian-free, put together from its parts."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free import mutants_step as mutants
from sgo_teach.lessons.hessian_free.lent import cg, damping_rule, reduction_ratio


def _hessian_free_step(loss, g, product, theta, damping, max_steps):
    """The triple of θ (n,) and λ for the next step, and ρ of this one.

    loss : θ ↦ L(θ), a number; g : (n,) gradient at θ; product : v ↦ Gv at θ; damping : λ.
    Δ comes from cg(…, 0.01, max_steps) and is taken only if it lowers the loss.
    """
    delta = cg(lambda v: product(v) + damping * v, -g, 0.01, max_steps)
    before, after = loss(theta), loss(theta + delta)
    ratio = reduction_ratio(before, after, g, delta, product(delta))
    theta = theta + delta if after < before else theta
    return theta, damping_rule(damping, ratio), ratio


def _tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


G = _tensor(4, 1, 0, 1, 3, -1, 0, -1, 2).view(3, 3)
LINEAR = _tensor(1, -2, 0.5)


def times(v: Tensor) -> Tensor:
    """Gv, (3,)."""
    return G @ v


def _bent(kappa: float):
    """L(θ) = cᵀθ + ½θᵀGθ + κ·Σθᵢ⁴: the model at θ = 0 is exact but for the last term."""

    def loss(theta):
        return float(LINEAR @ theta + 0.5 * theta @ G @ theta + kappa * (theta**4).sum())

    return loss


def _hole(theta: Tensor) -> float:
    """A loss that is no number beyond ‖θ‖ = ½."""
    return _bent(0.0)(theta) if float(theta @ theta) < 0.25 else math.nan


def cases():
    """One product alone; then at θ = 0 good ρ, poor ρ, a rise, a loss that blows up."""
    zero, at = 0 * LINEAR, _tensor(0.4, 0.2, -0.3)
    return [
        (_bent(0.3), LINEAR + G @ at + 1.2 * at**3, times, at, 0.7, 1),
        (_bent(0.3), LINEAR, times, zero, 0.5, 10),
        (_bent(2.0), LINEAR, times, zero, 0.2, 10),
        (_bent(9.0), LINEAR, times, zero, 0.1, 10),
        (_hole, LINEAR, times, zero, 0.01, 10),
    ]


def _stepped(
    right_side=lambda g: -g,
    damped=lambda product, damping: lambda v: product(v) + damping * v,
    promise=lambda product, delta, damping: product(delta),
    takes=lambda before, after, ratio: after < before,
    rule=lambda damping, ratio, taken: damping_rule(damping, ratio),
    most=lambda max_steps: max_steps,
    losses=lambda before, after: (before, after),
):
    """Another step: one thing done differently."""

    def stepped(loss, g, product, theta, damping, max_steps):
        delta = cg(damped(product, damping), right_side(g), 0.01, most(max_steps))
        before, after = loss(theta), loss(theta + delta)
        first, second = losses(before, after)
        ratio = reduction_ratio(first, second, g, delta, promise(product, delta, damping))
        taken = takes(before, after, ratio)
        theta = theta + delta if taken else theta
        return theta, rule(damping, ratio, taken), ratio

    return stepped


def _same(got, other) -> bool:
    """Whether two triples agree, NaN with NaN."""
    pairs = zip(got, other, strict=True)
    return all(
        torch.allclose(
            torch.as_tensor(a).double(), torch.as_tensor(b).double(), 1e-6, 1e-9, equal_nan=True
        )
        for a, b in pairs
    )


def _like(stepped, message, before_shape=False):
    return lambda case, got, want: message if _same(got, stepped(*case)) else None


def _delta_alone(case, got, want):
    if not torch.equal(case[3], 0 * case[3]) and _same(got, (want[0] - case[3], *want[1:])):
        return "First of the three is your Δ; the next θ is asked: $\\theta + \\Delta$, or θ where the step is refused."


def _backwards(case, got, want):
    moved = not torch.equal(want[0], case[3])
    if moved and _same(got, (2 * case[3] - want[0], *want[1:])):
        return "You go to $\\theta - \\Delta$. The minus is in $-g$ already: the next point is $\\theta + \\Delta$."


def _tries_again(case, got, want):
    loss, theta = case[0], case[3]
    if torch.equal(want[0], theta) and loss(got[0]) < loss(theta):
        return "You try again until the loss falls. Here one call is one try: a refused step hands back θ with a larger λ, and the next call tries again."


def _rule_forgotten(case, got, want):
    moved = not torch.equal(want[0], case[3])
    if moved and _same(got, (want[0], case[4], want[2])):
        return "λ comes back as it went in: `damping_rule(damping, ratio)` gives the next."


def _order(case, got, want):
    if isinstance(got[1], float) and _same((got[0], got[2], got[1]), want):
        return "The order is θ, λ, ρ; yours has ρ before λ."


hessian_free_step = Exercise(
    name="hessian_free_step",
    lesson="hessian_free",
    stub='''def hessian_free_step(loss, g, product, theta, damping, max_steps):
    """The triple of θ (n,) and λ for the next step, and ρ of this one.

    loss : θ ↦ L(θ), a number; g : (n,) gradient at θ; product : v ↦ Gv at θ; damping : λ.
    Δ comes from cg(…, 0.01, max_steps) and is taken only if it lowers the loss.
    """
    ...''',
    reference=_hessian_free_step,
    cases=cases,
    slips=[
        Slip("order", _order, before_shape=True),
        Slip(
            "uphill",
            _like(
                _stepped(right_side=lambda g: g),
                "Uphill: the system is $(G + \\lambda I)\\Delta = -g$, with a minus on the right.",
            ),
        ),
        Slip(
            "undamped",
            _like(
                _stepped(damped=lambda product, damping: product),
                "CG is given $G$ alone. The product that it sees is $v \\mapsto Gv + \\lambda v$.",
            ),
        ),
        Slip(
            "damped_promise",
            _like(
                _stepped(promise=lambda product, delta, lam: product(delta) + lam * delta),
                "Your ρ believes the *damped* model. λ is there to shorten the step; the promise is that of $G$ alone: `product(delta)`.",
            ),
        ),
        Slip(
            "promise_of_the_slope",
            _like(
                _stepped(promise=lambda product, delta, lam: product(0 * delta)),
                "The model in your ρ is a straight line: its last argument is $G\\Delta$, `product(delta)`.",
            ),
        ),
        Slip(
            "never_refused",
            _like(
                _stepped(takes=lambda before, after, ratio: True),
                "Every step is taken, also one that raises the loss or makes it NaN. Compare `loss(theta + delta)` with `loss(theta)` first.",
            ),
        ),
        Slip(
            "refused_for_its_ratio",
            _like(
                _stepped(takes=lambda before, after, ratio: ratio >= 1 / 4),
                "A step with a poor ρ is refused, although it lowers the loss. Take it: ρ steers λ, the loss alone decides about the step.",
            ),
        ),
        Slip("backwards", _backwards),
        Slip("tries_again", _tries_again),
        Slip(
            "never_moves",
            _like(
                _stepped(takes=lambda before, after, ratio: False),
                "Your θ never moves: a step that lowers the loss is to be taken.",
            ),
        ),
        Slip("rule_forgotten", _rule_forgotten),
        Slip(
            "no_lesson_from_refusal",
            _like(
                _stepped(
                    rule=lambda damping, ratio, taken: (
                        damping_rule(damping, ratio) if taken else damping
                    )
                ),
                "Where a step is refused your λ stays, so the next step is the same, and refused again. The rule applies either way.",
            ),
        ),
        Slip(
            "losses_swapped",
            _like(
                _stepped(losses=lambda before, after: (after, before)),
                "Your ρ has the sign turned: `reduction_ratio` takes the loss *before* first, then the new one.",
            ),
        ),
        Slip(
            "max_steps_unused",
            _like(
                _stepped(most=lambda max_steps: 100),
                "CG makes as many products as it likes; `max_steps` is its last argument.",
            ),
        ),
        Slip("delta_alone", _delta_alone),
    ],
    mutants=mutants.HESSIAN_FREE_STEP,
    hints=[
        "Five lines: Δ by `cg`, the two losses, ρ by `reduction_ratio`, the next θ, the next λ by `damping_rule`.",
        "`delta = cg(lambda v: product(v) + damping * v, -g, 0.01, max_steps)`",
        "`ratio = reduction_ratio(before, after, g, delta, product(delta))`, then `theta + delta if after < before else theta`.",
    ],
    discussion=(
        "`after < before` is false if `after` is NaN, so a step into nowhere is refused without a word about it, and the rule raises λ. "
        "No matrix stands in these lines; `max_steps` products stand for $G$, and one more for the promise."
    ),
    praise="You have written a Hessian-free optimiser. Lesson 12 lets it run against Adam.",
    tolerance=1e-7,
    namespace={
        "torch": torch,
        "np": np,
        "cg": cg,
        "reduction_ratio": reduction_ratio,
        "damping_rule": damping_rule,
    },
)
