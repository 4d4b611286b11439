"""Bug hunt of lesson 02: a walk by an estimated gradient."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gradient_descent_and_curvature import mutants_gradients as mutants
from sgo_teach.lessons.gradient_descent_and_curvature.on_gradients import numerical_gradient

LESSON = "gradient_descent_and_curvature"


def _walk_down(loss, theta, alpha, steps):
    """Gradient descent with an estimated gradient; theta (n,) → the last point (n,)."""
    delta = 1e-6
    for _ in range(steps):
        g = np.zeros(len(theta))
        for i in range(len(theta)):
            nudge = np.zeros(len(theta))
            nudge[i] = delta
            g[i] = (loss(theta + nudge) - loss(theta - nudge)) / (2 * delta)
        theta = theta - alpha * g
    return theta


def _slope(loss, theta):
    return numerical_gradient.reference(loss, theta, 1e-6)


def _walked(factor=1.0, at_once=False):
    """The same walk with a factor before g (−1: the sign lost), or all coordinates nudged at once."""

    def walk(loss, theta, alpha, steps):
        for _ in range(steps):
            g = factor * _slope(loss, theta)
            theta = theta - alpha * (np.full(len(theta), g.sum()) if at_once else g)
        return theta

    return walk


def _moves_too_soon(loss, theta, alpha, steps):
    for _ in range(steps):
        g = np.zeros(len(theta))
        for i in range(len(theta)):
            g[i] = _slope(loss, theta)[i]
            theta = theta - alpha * g
    return theta


def _one_gradient(loss, theta, alpha, steps):
    return theta - steps * alpha * _slope(loss, theta)


def _near(formula, message):
    """A slip told by where the walk ends, to the accuracy of differences."""

    def when(case, got, want):
        there = formula(*case)
        if not np.allclose(there, want, rtol=1e-3, atol=1e-3):
            return message if np.allclose(got, there, rtol=1e-3, atol=1e-3) else None

    return when


def _never_moves(case, got, want):
    if np.allclose(got, case[1], atol=1e-12):
        return (
            "It never leaves its start: `g` is 0, or nearly. Perhaps the same point is measured twice: with "
            "$\\delta = 10^{-16}$ the nudge is below the rounding of $\\theta$ (which $\\delta$ does the U-shaped "
            "curve recommend?), and `ahead = theta` is no copy. Or `/ 2 * delta` *multiplies* by $\\delta$."
        )


def _shaky(case, got, want):
    if np.linalg.norm(got - want) < 0.5:
        return (
            "Nearly: the gradient is right but inaccurate. Is $\\delta$ far from the bottom of the U, "
            "about $10^{-8}$ for one-sided and $10^{-5}$ for central differences?"
        )


def _round(theta):
    return float((theta - np.array([1.0, -2.0])) @ (theta - np.array([1.0, -2.0])))


def _long(theta):
    return float(theta[0] ** 2 + 3 * theta[1] ** 2 + theta[0] * theta[1] + np.cos(theta[2]))


walk_down = Exercise(
    name="walk_down",
    lesson=LESSON,
    stub='''def walk_down(loss, theta, alpha, steps):
    """Gradient descent with an estimated gradient; theta (n,) → the last point (n,)."""
    delta = 1e-16
    for _ in range(steps):
        g = np.zeros(len(theta))
        for i in range(len(theta)):
            g[i] = (loss(theta - delta) - loss(theta)) / delta
        theta = theta - alpha * g
    return theta''',
    reference=_walk_down,
    cases=[
        (_round, np.array([3.0, 4.0]), 0.2, 3),
        (_long, np.array([1.5, -1.5, 2.0]), 0.1, 5),
    ],
    tolerance=1e-5,
    slips=[
        Slip("never_moves", _never_moves),
        Slip(
            "sign_trap",
            _near(
                _walked(-1.0),
                "Each coordinate has its own slope now, and the walk climbs: "
                "$(L(\\theta - \\delta) - L(\\theta))/\\delta$ is about *minus* the slope.",
            ),
        ),
        Slip(
            "all_at_once",
            _near(
                _walked(at_once=True),
                "Every coordinate moves by the same amount: `theta - delta` nudges all of them at once, "
                "so `g` holds the *sum* of the slopes, many times.",
            ),
        ),
        Slip(
            "climbs",
            _near(
                _walked(-1.0, at_once=True),
                "It climbs, and every coordinate by the same amount. "
                "$(L(\\theta - \\delta) - L(\\theta))/\\delta$ is about *minus* the slope, "
                "and `theta - delta` nudges all coordinates at once.",
            ),
        ),
        Slip(
            "two_lost",
            _near(
                _walked(2.0),
                "Each step is twice too long: from $\\theta - \\delta$ to $\\theta + \\delta$ the way is $2\\delta$.",
            ),
        ),
        Slip(
            "halved",
            _near(
                _walked(0.5),
                "Each step is half as long as it should be: the way from $\\theta$ to its neighbour is $\\delta$.",
            ),
        ),
        Slip(
            "moves_too_soon",
            _near(
                _moves_too_soon,
                "The point moves before `g` is complete: the move belongs after the loop over $i$.",
            ),
        ),
        Slip(
            "one_gradient",
            _near(_one_gradient, "`g` is estimated once, at the start; every step needs its own."),
        ),
        Slip("shaky", _shaky),
    ],
    mutants=mutants.WALK_DOWN,
    hints=[
        "Three faults. Print `g` at the start of the first walk, where it should be $(4, 12)$.",
        "How large is `theta - delta - theta`? And how many coordinates does `theta - delta` change?",
        "`nudge[i] = delta`, `delta = 1e-6`, and ahead minus behind: "
        "`(loss(theta + nudge) - loss(theta - nudge)) / (2 * delta)`.",
    ],
    discussion=(
        "The faults hide one another: with $\\delta = 10^{-16}$ nothing moves, so nobody sees that the sign is wrong. "
        "A second minus, `theta + alpha * g`, would make it walk downhill too, "
        "and the next reader would trip over a `g` that is not the gradient."
    ),
    namespace={"np": np},
)
