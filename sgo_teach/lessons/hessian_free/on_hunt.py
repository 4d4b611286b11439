"""Bug hunt of lesson 11: a step from a warm start, and a ρ that counts from the wrong point."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np
import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free import mutants_hunt as mutants
from sgo_teach.lessons.hessian_free import on_step
from sgo_teach.lessons.hessian_free.lent import cg


def _warm_step(loss, g, product, theta, damping, start, max_steps):
    """The pair of Δ (n,) and ρ, where CG sets out from Δ₀ = start instead of 0.

    (G + λI)Δ = −g; ρ compares θ + Δ with θ, by the undamped model, as ever.
    """
    r = -g - product(start) - damping * start
    delta = start + cg(lambda v: product(v) + damping * v, r, 0.01, max_steps)
    gain = loss(theta + delta) - loss(theta)
    promise = g @ delta + 0.5 * delta @ product(delta)
    return delta, float(gain / promise)


def cases():
    """Two bent losses; too few products for CG to forget where it began."""
    start, other = on_step._tensor(-0.5, 0.6, 0.1), on_step._tensor(-0.2, 0.9, 0.4)
    theta = on_step._tensor(0.4, 0.2, -0.3)

    def g(kappa):
        return on_step.LINEAR + on_step.times(theta) + 4 * kappa * theta**3

    return [
        (on_step._bent(0.3), g(0.3), on_step.times, theta, 0.5, start, 1),
        (on_step._bent(1.0), g(1.0), on_step.times, theta, 0.2, other, 2),
    ]


def _walked(
    residual=lambda g, product, damping, start: -g - product(start) - damping * start,
    added=True,
    gain=lambda loss, theta, delta, start: loss(theta + delta) - loss(theta),
    promise=lambda model, delta, start, damping: model(delta),
):
    """Another step from a warm start: one thing or two done differently."""

    def walked(loss, g, product, theta, damping, start, max_steps):
        d = cg(
            lambda v: product(v) + damping * v,
            residual(g, product, damping, start),
            0.01,
            max_steps,
        )
        delta = start + d if added else d

        def model(x):
            return g @ x + 0.5 * x @ product(x)

        ratio = gain(loss, theta, delta, start) / promise(model, delta, start, damping)
        return delta, float(ratio)

    return walked


def _undamped(g, product, damping, start):
    return -g - product(start)


def _gain_from_start(loss, theta, delta, start):
    return loss(theta + delta) - loss(theta + start)


def _promise_from_start(model, delta, start, damping):
    return model(delta) - model(start)


def _promise_of_the_rest(model, delta, start, damping):
    return model(delta - start)


def _the_point(case, got, want):
    if on_step._same(got, (case[3] + want[0], want[1])):
        return "ρ is right. First of the two is your $\\theta + \\Delta$; the step $\\Delta$ alone is asked."


def _like(walks, message):
    """A slip for the pair that one of some walks gives as well."""

    def when(case, got, want):
        return message if any(on_step._same(got, walk(*case)) for walk in walks) else None

    return when


warm_step = Exercise(
    name="warm_step",
    lesson="hessian_free",
    stub='''def warm_step(loss, g, product, theta, damping, start, max_steps):
    """The pair of Δ (n,) and ρ, where CG sets out from Δ₀ = start instead of 0.

    (G + λI)Δ = −g; ρ compares θ + Δ with θ, by the undamped model, as ever.
    """
    r = -g - product(start) - damping * start
    delta = start + cg(lambda v: product(v) + damping * v, r, 0.01, max_steps)
    gain = loss(theta + delta) - loss(theta + start)
    promise = g @ delta + 0.5 * delta @ product(delta)
    return delta, float(gain / promise)''',
    reference=_warm_step,
    cases=cases,
    slips=[
        Slip("the_point", _the_point),
        Slip(
            "residual_undamped",
            _like(
                [_walked(_undamped), _walked(_undamped, gain=_gain_from_start)],
                "The residual at $\\Delta_0$ was right as it was found; yours belongs to another system than the one CG solves: $r = -g - (G + \\lambda I)\\Delta_0$.",
            ),
        ),
        Slip(
            "gain_from_the_start",
            _like(
                [_walked(gain=_gain_from_start)],
                "The step is right. But your ρ still counts the gain from $\\theta + \\Delta_0$, a point where nobody stands: compare $L(\\theta + \\Delta)$ with $L(\\theta)$.",
            ),
        ),
        Slip(
            "promise_from_the_start",
            _like(
                [
                    _walked(promise=_promise_from_start),
                    _walked(promise=_promise_of_the_rest),
                    _walked(_undamped, promise=_promise_from_start),
                ],
                "Now the *promise* counts from the warm start and the gain from θ. CG may gain little on top of $\\Delta_0$; the step as a whole gains what $m(\\Delta)$ says.",
            ),
        ),
        Slip(
            "both_from_the_start",
            _like(
                [
                    _walked(gain=_gain_from_start, promise=_promise_from_start),
                    _walked(gain=_gain_from_start, promise=_promise_of_the_rest),
                    _walked(_undamped, gain=_gain_from_start, promise=_promise_from_start),
                ],
                "Gain and promise both count from the warm start now, so ρ judges only CG's last bit of way. The step that is taken leads from θ to $\\theta + \\Delta$.",
            ),
        ),
        Slip(
            "start_not_added",
            _like(
                [_walked(added=False), _walked(_undamped, added=False)],
                "CG solves for what is *missing* after $\\Delta_0$. The step is $\\Delta_0$ plus that.",
            ),
        ),
        Slip(
            "damped_promise",
            _like(
                [
                    _walked(
                        promise=lambda model, delta, start, lam: (
                            model(delta) + 0.5 * lam * delta @ delta
                        )
                    )
                ],
                "Your promise is that of the damped model. The undamped one is asked: λ shortens the step, and is not believed.",
            ),
        ),
        Slip(
            "cold_start",
            _like(
                [_walked(lambda g, product, lam, start: -g, added=False)],
                "The warm start is gone: your CG sets out from 0. Right, but then it needs the steps that the warm start was to save.",
            ),
        ),
        Slip(
            "residual_of_zero",
            _like(
                [_walked(lambda g, product, lam, start: -g)],
                "You solve for the whole step and add $\\Delta_0$ on top. What is missing after $\\Delta_0$ has the right side $-g - (G + \\lambda I)\\Delta_0$.",
            ),
        ),
    ],
    mutants=mutants.WARM_STEP,
    hints=[
        "CG solves for $d$ with $(G + \\lambda I)(\\Delta_0 + d) = -g$. Is the right side for $d$ the one in the program?",
        "The step leads from θ to $\\theta + \\Delta$. At which of its ends stands $\\theta + \\Delta_0$?",
    ],
    discussion=(
        "The step was right all along, and nothing raises an error; only the judge stood in the wrong place. "
        "With the gain counted from $\\theta + \\Delta_0$, ρ is small whenever the warm start was good, and λ grows for it. "
        "A test on a quadratic loss, where ρ must be 1 wherever CG starts, finds this at once."
    ),
    tolerance=1e-7,
    namespace={"torch": torch, "np": np, "cg": cg},
)
