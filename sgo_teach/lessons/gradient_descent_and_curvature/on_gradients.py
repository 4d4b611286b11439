"""Exercises of lesson 02 on derivatives without a formula, and the bug hunt."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gradient_descent_and_curvature import mutants_gradients as mutants

LESSON = "gradient_descent_and_curvature"


def _waves(theta):
    """A smooth loss without symmetries, for theta (n,) of any n."""
    return float(np.sum(np.sin(theta) + theta**3 / 3) + np.prod(theta))


def _waves_gradient(theta):
    rest = [np.prod(np.delete(theta, i)) for i in range(len(theta))]
    return np.cos(theta) + theta**2 + np.array(rest)


# -- a gradient by central differences ----------------------------------------------------------
def _numerical_gradient(loss, theta, h):
    """∇L by central differences with step h, one coordinate after the other; theta (n,) → (n,)."""
    g = np.zeros(len(theta))
    for i in range(len(theta)):
        nudge = np.zeros(len(theta))
        nudge[i] = h
        g[i] = (loss(theta + nudge) - loss(theta - nudge)) / (2 * h)
    return g


def _quotients(formula):
    """The gradient whose coordinates are `formula(loss, theta, nudge, h)`."""

    def by(loss, theta, h):
        return np.array([formula(loss, theta, h * e, h) for e in np.eye(len(theta))])

    return by


def _drifts(loss, theta, h):
    theta, g = np.array(theta), []
    for i in range(len(theta)):
        theta[i] += h
        up = loss(theta)
        theta[i] -= 2 * h
        g.append((up - loss(theta)) / (2 * h))
    return np.array(g)


def _one_number(case, got, want):
    if np.ndim(got) == 0:
        return (
            "One number for all coordinates: `theta + h` nudges all of them at once. "
            "Nudge one, and leave the others alone."
        )


numerical_gradient = Exercise(
    name="numerical_gradient",
    lesson=LESSON,
    stub='''def numerical_gradient(loss, theta, h):
    """∇L by central differences with step h, one coordinate after the other; theta (n,) → (n,)."""
    ...''',
    reference=_numerical_gradient,
    cases=[
        (_waves, np.array([0.5, -1.0, 2.0]), 0.1),
        (_waves, np.array([1.2, 0.7]), 0.01),
    ],
    slips=[
        Slip("all_at_once", _one_number, before_shape=True),
        Slip.formula(
            "all_at_once_repeated",
            lambda loss, t, h: np.full(len(t), (loss(t + h) - loss(t - h)) / (2 * h)),
            "All coordinates get the same number: `theta + h` nudges all of them at once.",
        ),
        Slip.formula(
            "sign_lost",
            _quotients(lambda L, t, d, h: (L(t - d) - L(t + d)) / (2 * h)),
            "That is $-\\nabla L$: what lies *ahead* comes first, $L(\\theta + h) - L(\\theta - h)$.",
        ),
        Slip.formula(
            "sign_trap",
            _quotients(lambda L, t, d, h: (L(t - d) - L(t)) / h),
            "That is about $-\\nabla L$, the sign trap: from $\\theta - h$ to $\\theta$ the rise is "
            "$L(\\theta) - L(\\theta - h)$. Central differences are asked.",
        ),
        Slip.formula(
            "forward",
            _quotients(lambda L, t, d, h: (L(t + d) - L(t)) / h),
            "These are forward differences, with an error proportional to $h$; central ones have $h^2$.",
        ),
        Slip.formula(
            "backward",
            _quotients(lambda L, t, d, h: (L(t) - L(t - d)) / h),
            "These are backward differences, with an error proportional to $h$; central ones have $h^2$.",
        ),
        Slip.formula(
            "two_lost",
            _quotients(lambda L, t, d, h: (L(t + d) - L(t - d)) / h),
            "Twice too large: from $\\theta - h$ to $\\theta + h$ the way is $2h$.",
        ),
        Slip.formula(
            "times_h",
            _quotients(lambda L, t, d, h: (L(t + d) - L(t - d)) / 2 * h),
            "`/ 2 * h` divides by 2 and *multiplies* by $h$: write `/ (2 * h)`.",
        ),
        Slip.formula(
            "not_divided",
            _quotients(lambda L, t, d, h: L(t + d) - L(t - d)),
            "That is the rise, not the slope: divide by the way, $2h$.",
        ),
        Slip.formula(
            "drifts",
            _drifts,
            "The first coordinate is right and the later ones are not: `theta` is nudged in place "
            "and not put back, so it drifts. Nudge a copy.",
        ),
    ],
    mutants=mutants.NUMERICAL_GRADIENT,
    hints=[
        "For each $i$ two losses: one with $\\theta_i + h$, one with $\\theta_i - h$, all other coordinates as they were.",
        "`nudge = np.zeros(len(theta))`, then `nudge[i] = h`; use `theta + nudge` and `theta - nudge`.",
        "`(loss(theta + nudge) - loss(theta - nudge)) / (2 * h)` for every row of `h * np.eye(len(theta))`.",
    ],
    discussion=(
        "$2n$ losses for one gradient: fine for a test, hopeless for training a network of a million weights. "
        "Reverse-mode differentiation gets all $n$ numbers for the price of a few losses (lesson 09)."
    ),
    namespace={"np": np},
)


# -- a gradient checker -------------------------------------------------------------------------
def _gap(claimed, measured):
    """Where two gradients (n,) differ most, and by how much: (index, relative difference).

    Coordinate i differs by |a_i − b_i| / max(|a_i|, |b_i|), and by 0 where both are 0.
    """
    size = np.maximum(np.abs(claimed), np.abs(measured))
    gaps = np.abs(claimed - measured) / np.where(size > 0, size, 1)
    return int(np.argmax(gaps)), float(np.max(gaps))


def _pairs_by(gaps_of):
    """The answer that other gaps lead to."""

    def other(a, b):
        with np.errstate(all="ignore"):
            gaps = gaps_of(a, b)
        return int(np.argmax(gaps)), float(np.max(gaps))

    return other


def _size(a, b):
    return np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300)


def _turned(case, got, want):
    if np.allclose(got, want[::-1]):
        return "The index comes first, then the difference."


def _unsafe(case, got, want):
    a, b = case
    if np.any((a == 0) & (b == 0)) and not np.isfinite(got[1]):
        return "NaN: where both entries are 0 you divide 0 by 0. Such a coordinate agrees, its gap is 0."


def _first(case, got, want):
    if got[0] != want[0] and np.isclose(got[1], want[1]):
        return f"The difference is right, the index is not: it belongs to coordinate {want[0]}. `np.argmax` finds it."


gap = Exercise(
    name="gap",
    lesson=LESSON,
    stub='''def gap(claimed, measured):
    """Where two gradients (n,) differ most, and by how much: (index, relative difference).

    Coordinate i differs by |a_i − b_i| / max(|a_i|, |b_i|), and by 0 where both are 0.
    """
    ...''',
    reference=_gap,
    cases=[
        (np.array([1.0, -2.5, 1000.0, 0.5]), np.array([1.1, -2.0, 1010.0, 0.5])),
        (np.array([0.01, 3.0, -4.0]), np.array([0.02, 3.3, -4.0])),
        (np.array([2.0, 0.0, -1.0]), np.array([2.0, 0.0, -1.5])),
        (np.array([3.0, -1.0]), np.array([-3.0, -1.2])),
        (np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.5, 2.0])),
    ],
    slips=[
        Slip("turned", _turned, before_shape=True),
        Slip("zero_over_zero", _unsafe, before_shape=True),
        Slip.formula(
            "absolute",
            _pairs_by(lambda a, b: np.abs(a - b)),
            "An absolute difference: a coordinate of 1000 that is off by 10 outshines one of 2 that is off by 0.5. "
            "Divide by the larger of the two.",
        ),
        Slip.formula(
            "signed",
            _pairs_by(lambda a, b: (a - b) / _size(a, b)),
            "The sign is left in, so a claim that is too small counts as negative and never wins: take the size.",
        ),
        Slip.formula(
            "no_size_below",
            _pairs_by(lambda a, b: np.abs(a - b) / np.where(a == b, 1, np.maximum(a, b))),
            "The larger of the two, *in size*: below zero `np.maximum` picks the one nearer to 0.",
        ),
        Slip.formula(
            "by_the_measured",
            _pairs_by(lambda a, b: np.abs(a - b) / np.maximum(np.abs(b), 1e-300)),
            "You divide by the measured one alone. Where it is (nearly) 0 the gap explodes; the larger one is asked.",
        ),
        Slip.formula(
            "by_the_claimed",
            _pairs_by(lambda a, b: np.abs(a - b) / np.where(a == b, 1, np.abs(a))),
            "You divide by the claimed one alone. Where it is 0 the gap explodes; the larger one is asked.",
        ),
        Slip.formula(
            "by_the_sum",
            _pairs_by(lambda a, b: np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-300)),
            "You divide by the sum of the sizes, which halves the gap of nearly equal entries; the larger one is asked.",
        ),
        Slip.formula(
            "by_the_norm",
            _pairs_by(lambda a, b: np.abs(a - b) / max(np.linalg.norm(a), np.linalg.norm(b))),
            "You divide by the length of the whole gradient: beside one large coordinate the errors "
            "of all small ones vanish.",
        ),
        Slip.formula(
            "the_mean",
            lambda a, b: (_gap(a, b)[0], float(np.mean(np.abs(a - b) / _size(a, b)))),
            "That is the average gap. One wrong coordinate among a thousand right ones would go unseen: take the largest.",
        ),
        Slip("wrong_index", _first),
    ],
    mutants=mutants.GAP,
    hints=[
        "Compute all $n$ relative differences as one array; `np.argmax` and `np.max` do the rest.",
        "`size = np.maximum(np.abs(claimed), np.abs(measured))`. Where is it 0, and what then?",
        "`gaps = np.abs(claimed - measured) / np.where(size > 0, size, 1)`",
    ],
    discussion=(
        "A wrong sign makes a gap of 2, a lost factor 2 one of ½, a forgotten coordinate one of 1. "
        "Gaps near the error of the differences mean that all is well. "
        "The package's `check_gradient` also knows how large rounding may be, and names the slip."
    ),
    namespace={"np": np},
)


# -- bug hunt -----------------------------------------------------------------------------------
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


def _walked(sign=1.0, at_once=False):
    """The same walk with the sign lost, or with all coordinates nudged together."""

    def walk(loss, theta, alpha, steps):
        for _ in range(steps):
            g = sign * _numerical_gradient(loss, theta, 1e-6)
            theta = theta - alpha * (np.full(len(theta), g.sum()) if at_once else g)
        return theta

    return walk


def _near(formula, message):
    """A slip told by where the walk ends, to the accuracy of differences."""

    def when(case, got, want):
        there = formula(*case)
        if not np.allclose(there, want, rtol=1e-3, atol=1e-3):
            return message if np.allclose(got, there, rtol=1e-3, atol=1e-3) else None

    return when


def _climbs(case, got, want):
    loss, theta, *_ = case
    before, after = loss(theta), loss(got)
    if after > before + 1e-9:
        return (
            f"It climbs: the loss went from {before:.3g} to {after:.3g}. "
            "$(L(\\theta - \\delta) - L(\\theta))/\\delta$ is about *minus* the slope."
        )


def _never_moves(case, got, want):
    if np.allclose(got, case[1], atol=1e-12):
        return (
            "It never leaves its start: `g` is exactly 0. With $\\delta = 10^{-16}$ the nudge is below the rounding "
            "of $\\theta$, so the same point is measured twice. Which $\\delta$ does the U-shaped curve recommend?"
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
                _walked(sign=-1.0),
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
        Slip("climbs", _climbs),
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
