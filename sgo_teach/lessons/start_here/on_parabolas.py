"""Exercises of lesson 00: a curvature from three values, and the point where a parabola is flat."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.start_here import mutants

LESSON = "start_here"


def _equals(formula, message):
    """A slip for an answer that equals another formula."""
    return lambda case, got, want: message if np.isclose(got, formula(*case), atol=0) else None


# -- the curvature -------------------------------------------------------------------------------
def _curvature(f, x, h):
    """Curvature f″ of f at x, from f(x + h), f(x) and f(x − h)."""
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2


def _rise(f, x, h):
    """What the two slopes beside x differ by, times h."""
    return f(x + h) - 2 * f(x) + f(x - h)


def _sign(case, got, want):
    if want > 0 and np.isclose(got, -want, atol=0):
        return "The sign is turned: the slope on the right comes first, and a bowl has a positive curvature."


def _no_sign(case, got, want):
    """Asked after `_sign`, which finds an answer that is turned everywhere in a bowl."""
    if want < 0 and np.isclose(got, -want, atol=0):
        return "On a hilltop the curvature is negative, and yours is positive: leave out the `abs`."


curvature = Exercise(
    name="curvature",
    lesson=LESSON,
    stub='''def curvature(f, x, h):
    """Curvature f″ of f at x, from f(x + h), f(x) and f(x − h)."""
    ...''',
    reference=_curvature,
    cases=[(np.exp, 1.3, 0.1), (np.sin, 0.5, 0.2), (np.cosh, -1.5, 0.05)],
    slips=[
        Slip(
            "first_derivative",
            _equals(
                lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
                "That is the slope again, the *first* derivative: $f(x)$ itself is never asked.",
            ),
        ),
        Slip(
            "divided_by_h",
            _equals(
                lambda f, x, h: _rise(f, x, h) / h,
                "That is by how much the two slopes *differ*; they are measured $h$ apart, so divide by $h$ once more.",
            ),
        ),
        Slip(
            "not_divided",
            _equals(
                _rise,
                "The three values are put together rightly; the two divisions by $h$ are missing (`/ h * h` divides and multiplies again: write `/ h**2`).",
            ),
        ),
        Slip(
            "divided_by_2h",
            _equals(
                lambda f, x, h: _rise(f, x, h) / (2 * h),
                "You divide by $2h$ in all. It is $h$ twice, $h^2$: once in each slope, once for the way between them.",
            ),
        ),
        Slip(
            "divided_by_4h2",
            _equals(
                lambda f, x, h: _rise(f, x, h) / (2 * h) ** 2,
                "A quarter of it: the two slopes are measured in the middle of each half, $h$ apart and not $2h$.",
            ),
        ),
        Slip(
            "half",
            _equals(
                lambda f, x, h: _rise(f, x, h) / (2 * h**2),
                "Half of it. The two slopes belong to places $h$ apart, not $2h$; or is it the factor of $\\Delta^2$ in the parabola, $\\frac12 f''$?",
            ),
        ),
        Slip(
            "no_brackets",
            _equals(
                lambda f, x, h: f(x + h) - 2 * f(x) + f(x - h) / h**2,
                "Only $f(x - h)$ is divided by $h^2$: put brackets round the three values.",
            ),
        ),
        Slip(
            "middle_once",
            _equals(
                lambda f, x, h: (f(x + h) - f(x) + f(x - h)) / h**2,
                "$f(x)$ belongs to both slopes, so it is taken away twice.",
            ),
        ),
        Slip(
            "sum",
            _equals(
                lambda f, x, h: (f(x + h) + 2 * f(x) + f(x - h)) / h**2,
                "The middle is taken *away*: a curvature compares $f(x)$ with the mean of its neighbours.",
            ),
        ),
        Slip(
            "slopes_added",
            _equals(
                lambda f, x, h: (f(x + h) - f(x - h)) / h**2,
                "$f(x)$ has dropped out: that happens where the two slopes are *added*. By how much do they differ?",
            ),
        ),
        Slip("sign", _sign),
        Slip("no_sign", _no_sign),
        Slip(
            "slope_of_slope",
            _equals(
                lambda f, x, h: _rise(f, x, 2 * h) / (2 * h) ** 2,
                "A slope of slopes is a good idea, and it asks $f$ at $x \\pm 2h$: the neighbours at $\\pm h$ are asked here.",
            ),
        ),
    ],
    mutants=mutants.CURVATURE,
    hints=[
        "The slope to the right of $x$ is $(f(x+h) - f(x))/h$, the one to the left $(f(x) - f(x-h))/h$. By how much do they differ, and how far apart are they?",
        "`(f(x + h) - 2 * f(x) + f(x - h)) / h**2`",
    ],
    discussion=(
        "This is the *second difference*. It compares $f(x)$ with the mean of its two neighbours: "
        "in a bowl they lie higher, on a hilltop lower, on a straight line neither."
    ),
    namespace={"np": np},
)


# -- the flat point ------------------------------------------------------------------------------
def _flat_point(theta, slope, curvature):
    """Where the parabola with this slope and curvature at theta is flat."""
    return theta - slope / curvature


def _always_downhill(case, got, want):
    theta, slope, bend = case
    if bend < 0 and np.isclose(got, theta - slope / abs(bend), atol=0):
        return (
            "With `abs` the step always goes downhill, a cure that lesson 04 takes up. But a parabola "
            "that opens downwards is flat on its top, *uphill*, and its flat point was asked."
        )


flat_point = Exercise(
    name="flat_point",
    lesson=LESSON,
    stub='''def flat_point(theta, slope, curvature):
    """Where the parabola with this slope and curvature at theta is flat."""
    ...''',
    reference=_flat_point,
    cases=[(2.5, 3.0, 4.0), (-1.5, -0.7, 0.5), (0.5, 1.2, -2.5)],
    slips=[
        Slip("always_downhill", _always_downhill),
        Slip(
            "uphill",
            _equals(
                lambda t, g, c: t + g / c,
                "The sign is lost: the step is *minus* slope ÷ curvature.",
            ),
        ),
        Slip(
            "step_only",
            _equals(
                lambda t, g, c: -g / c,
                "That is the step $\\Delta$; the flat point is where it *leads*, $\\theta + \\Delta$.",
            ),
        ),
        Slip(
            "turned_step_only",
            _equals(
                lambda t, g, c: g / c,
                "That is the step with its sign lost, and without the place where it starts.",
            ),
        ),
        Slip(
            "upside_down",
            _equals(
                lambda t, g, c: t - c / g,
                "Curvature over slope is upside down: the more a parabola bends, the *sooner* its slope is used up.",
            ),
        ),
        Slip(
            "multiplied",
            _equals(
                lambda t, g, c: t - g * c,
                "You multiply by the curvature. A parabola that bends more is flat *sooner*: divide.",
            ),
        ),
        Slip(
            "slope_alone",
            _equals(
                lambda t, g, c: t - g,
                "That is a step of gradient descent with $\\alpha = 1$; the curvature is not used.",
            ),
        ),
        Slip(
            "half_way",
            _equals(
                lambda t, g, c: t - g / (2 * c),
                "Half the way: the ½ in front of $\\Delta^2$ cancels when you differentiate.",
            ),
        ),
        Slip(
            "twice_the_way",
            _equals(
                lambda t, g, c: t - 2 * g / c,
                "Twice the way: that is the far side of the parabola, as high as the start.",
            ),
        ),
        Slip(
            "no_brackets",
            _equals(
                lambda t, g, c: (t - g) / c,
                "The place is divided, too: only the slope is, `theta - slope / curvature`.",
            ),
        ),
    ],
    mutants=mutants.FLAT_POINT,
    hints=[
        "After a way $\\Delta$ the slope of the parabola is slope + curvature · $\\Delta$. For which $\\Delta$ is that zero?",
        "$\\Delta$ = −slope/curvature, and it starts at $\\theta$: `theta - slope / curvature`.",
    ],
    discussion=(
        "Beside gradient descent, $\\theta - \\alpha L'(\\theta)$, the step size $\\alpha$ has become $1/L''(\\theta)$: nobody has to choose it. "
        "This is Newton's step on a line; lesson 01 writes it for any number of parameters."
    ),
    namespace={"np": np},
)
