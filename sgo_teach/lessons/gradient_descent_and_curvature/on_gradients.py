"""Exercise of lesson 02 on a gradient without a formula: central differences."""

from __future__ import annotations

from numbers import Number

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


def _piles_up(loss, theta, h):
    nudge, g = np.zeros(len(theta)), []
    for i in range(len(theta)):
        nudge[i] = h
        g.append((loss(theta + nudge) - loss(theta - nudge)) / (2 * h))
    return np.array(g)


def _overwrites(loss, theta, h):
    theta = np.array(theta)
    for i in range(len(theta)):
        nudge = h * np.eye(len(theta))[i]
        theta[i] = (loss(theta + nudge) - loss(theta - nudge)) / (2 * h)
    return theta


def _one_number(case, got, want):
    if isinstance(got, Number):
        return "One number comes back; the gradient has one for each coordinate of `theta`."


def _no_copy(case, got, want):
    if not np.any(got):
        return (
            "Every difference is exactly 0, so both losses are taken at the same point. "
            "`a = theta` is only a second name for one array; `theta.copy()` makes another."
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
        Slip.formula(
            "all_at_once",
            lambda loss, t, h: (loss(t + h) - loss(t - h)) / (2 * h),
            "One number for all coordinates: `theta + h` nudges all of them at once. "
            "Nudge one, and leave the others alone.",
            before_shape=True,
        ),
        Slip("one_number", _one_number, before_shape=True),
        Slip("no_copy", _no_copy),
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
            "halved",
            _quotients(lambda L, t, d, h: (L(t + d) - L(t)) / (2 * h)),
            "Half of it: from $\\theta$ to $\\theta + h$ the way is $h$; "
            "$2h$ belongs to $L(\\theta + h) - L(\\theta - h)$.",
        ),
        Slip.formula(
            "half_step",
            _quotients(lambda L, t, d, h: (L(t + d / 2) - L(t - d / 2)) / h),
            "Central differences, with half the step: go $h$ ahead and $h$ back, $2h$ in all.",
        ),
        Slip.formula(
            "brackets",
            _quotients(lambda L, t, d, h: L(t + d) - L(t - d) / (2 * h)),
            "Only the second loss is divided: put brackets around the difference.",
        ),
        Slip.formula(
            "second_difference",
            _quotients(lambda L, t, d, h: (L(t + d) - 2 * L(t) + L(t - d)) / h**2),
            "That is the *second* difference: it measures the curvature along each axis.",
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
            "alone",
            lambda loss, t, h: np.array([(loss(x + h) - loss(x - h)) / (2 * h) for x in t]),
            "You pass `theta[i]` alone: the loss takes the whole vector, with one entry nudged.",
        ),
        Slip.formula(
            "piles_up",
            _piles_up,
            "The first coordinate is right and the later ones are not: the nudge of the first is "
            "still in it. Begin each coordinate with a new `np.zeros`.",
        ),
        Slip.formula(
            "overwrites",
            _overwrites,
            "The first coordinate is right and the later ones are not: the results are written into "
            "`theta`. `g = theta` is no copy; begin with `np.zeros(len(theta))`.",
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
