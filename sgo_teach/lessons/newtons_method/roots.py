"""Exercises of lesson 03 on the line: a root, and the order of convergence."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.newtons_method import mutants_roots as mutants
from sgo_teach.lessons.newtons_method.slips import equals

LESSON = "newtons_method"


# -- a root -------------------------------------------------------------------------------------
def _newton_root(f, df, x, steps):
    """Newton's method for f(x) = 0: the list [x₀, x₁, …] of steps + 1 numbers, x₀ = x."""
    xs = [x]
    for _ in range(steps):
        x = x - f(x) / df(x)
        xs.append(x)
    return xs


def _square_minus_two(x):
    return x**2 - 2


def _two_x(x):
    return 2 * x


def _wallis(x):
    return x**3 - 2 * x - 5


def _wallis_slope(x):
    return 3 * x**2 - 2


def _walk(move):
    """Formula for `equals`: repeat a wrong move."""

    def walked(f, df, x, steps):
        xs = [x]
        for _ in range(steps):
            xs.append(move(f, df, xs[-1], x))
        return xs

    return walked


def _start_missing(case, got, want):
    if np.shape(got) == np.shape(want[1:]) and np.allclose(got, want[1:]):
        return "Your list begins with the first *new* point: put the start itself in front."


def _last_missing(case, got, want):
    if np.shape(got) == np.shape(want[:-1]) and np.allclose(got, want[:-1]):
        return (
            "The last point is missing: `steps` moves make `steps + 1` points. "
            "Do you move once too few, or append before moving?"
        )


def _only_the_end(case, got, want):
    if np.shape(got) == np.shape(want[-1]) and np.allclose(got, want[-1]):
        return "That is the last point alone; the whole walk is asked, as a list."


def _returned_early(case, got, want):
    if len(got) == 2 < len(want) and np.allclose(got, want[:2]):
        return "It stops after one move: is `return` inside the loop?"


def _one_too_many(case, got, want):
    if len(got) == len(want) + 1 and np.allclose(got[:-1], want):
        return f"It makes {len(got) - 1} moves where {case[3]} were asked."


def _only_the_ends(case, got, want):
    if len(got) == 2 < len(want) and np.allclose(got, [want[0], want[-1]]):
        return "Start and end are there, the points between are not: append inside the loop."


def _stands_still(case, got, want):
    if len(got) == len(want) and np.allclose(got[1:], want[1]):
        return "Every move starts from the first point again: the new point must become `x`."


newton_root = Exercise(
    name="newton_root",
    lesson=LESSON,
    stub='''def newton_root(f, df, x, steps):
    """Newton's method for f(x) = 0: the list [x₀, x₁, …] of steps + 1 numbers, x₀ = x."""
    ...''',
    reference=_newton_root,
    cases=[
        (_square_minus_two, _two_x, 1.0, 4),
        (_wallis, _wallis_slope, 2.0, 3),
    ],
    slips=[
        Slip("only_the_end", _only_the_end, before_shape=True),
        Slip("start_missing", _start_missing, before_shape=True),
        Slip("last_missing", _last_missing, before_shape=True),
        Slip("returned_early", _returned_early, before_shape=True),
        Slip("one_too_many", _one_too_many, before_shape=True),
        Slip("only_the_ends", _only_the_ends, before_shape=True),
        Slip("stands_still", _stands_still),
        Slip(
            "wrong_sign",
            equals(
                _walk(lambda f, df, x, x0: x + f(x) / df(x)),
                "You walk away from the tangent's root: where $f$ and $f'$ are positive, the root lies to the *left*.",
            ),
        ),
        Slip(
            "no_division",
            equals(
                _walk(lambda f, df, x, x0: x - f(x)),
                "$x - f(x)$ uses no slope: the tangent falls by $f(x)$ over the distance $f(x)/f'(x)$.",
            ),
        ),
        Slip(
            "upside_down",
            equals(
                _walk(lambda f, df, x, x0: x - df(x) / f(x)),
                "The fraction is upside down: as $f(x) \\to 0$ your step grows without bound.",
            ),
        ),
        Slip(
            "multiplied",
            equals(
                _walk(lambda f, df, x, x0: x - df(x) * f(x)),
                "You multiply by the slope: a steep function should give a *short* step.",
            ),
        ),
        Slip(
            "brackets",
            equals(
                _walk(lambda f, df, x, x0: (x - f(x)) / df(x)),
                "Look at the brackets: only $f(x)$ is divided by the slope, not $x - f(x)$.",
            ),
        ),
        Slip(
            "step_alone",
            equals(
                _walk(lambda f, df, x, x0: -f(x) / df(x)),
                "Your new point is the step alone: it has to be added to where you stand.",
            ),
        ),
        Slip(
            "step_repeated",
            equals(
                _walk(lambda f, df, x, x0: x - f(x0) / df(x0)),
                "Every move repeats the first one: $f$ and $f'$ have to be asked at the point where you are.",
            ),
        ),
        Slip(
            "first_tangent",
            equals(
                _walk(lambda f, df, x, x0: x - f(x) / df(x0)),
                "The slope is computed once, at the start. That is the chord method; Newton draws a new tangent at every point.",
            ),
        ),
    ],
    mutants=mutants.NEWTON_ROOT,
    hints=[
        "The tangent at $x$ is $f(x) + f'(x)\\,\\Delta$. For which $\\Delta$ is it zero?",
        "Start with `xs = [x]`; in the loop compute the next `x` and append it.",
        "`x = x - f(x) / df(x)`",
    ],
    discussion=(
        "The second test is Newton's own example, $x^3 - 2x - 5 = 0$. "
        "Everything in this lesson is this one line, with a vector for $x$ and a matrix for $f'$."
    ),
    namespace={"np": np},
)


# -- the order ----------------------------------------------------------------------------------
def _order(errors):
    """The order p measured on the last three of the errors (m,): e_{k+1} ≈ c·e_kᵖ."""
    a, b, c = errors[-3:]
    return np.log(c / b) / np.log(b / a)


order = Exercise(
    name="order",
    lesson=LESSON,
    stub='''def order(errors):
    """The order p measured on the last three of the errors (m,): e_{k+1} ≈ c·e_kᵖ."""
    ...''',
    reference=_order,
    cases=[
        (np.array([0.9, 0.5, 0.13, 0.004, 6e-6]),),
        (np.array([0.7, 0.3, 0.05, 3e-4, 8e-11]),),
        (np.array([0.8, 0.21, 0.05, 0.0125, 0.0032]),),
    ],
    slips=[
        Slip(
            "two_logs",
            equals(
                lambda e: np.log(e[-1]) / np.log(e[-2]),
                "This is $p$ only if the constant $c$ is 1. Two steps give two equations; divide them and $c$ drops out.",
            ),
        ),
        Slip(
            "no_logs",
            equals(
                lambda e: (e[-1] / e[-2]) / (e[-2] / e[-3]),
                "The quotients are right; the exponent comes down only under logarithms.",
            ),
        ),
        Slip(
            "differences",
            equals(
                lambda e: (e[-1] - e[-2]) / (e[-2] - e[-3]),
                "You divide differences of errors. The exponent sits in *quotients* of errors, and comes down under logarithms.",
            ),
        ),
        Slip(
            "upside_down",
            equals(
                lambda e: np.log(e[-2] / e[-3]) / np.log(e[-1] / e[-2]),
                "You have $1/p$: the newer pair belongs on top.",
            ),
        ),
        Slip(
            "the_factor",
            equals(
                lambda e: e[-1] / e[-2],
                "This is the factor of the last step. Does it stay the same (linear) or fall with the error? That is what $p$ says.",
            ),
        ),
        Slip(
            "the_constant",
            equals(
                lambda e: e[-1] / e[-2] ** 2,
                "This is the constant $c$ *if* the order is 2; but the order is the question.",
            ),
        ),
        Slip(
            "first_three",
            equals(
                lambda e: _order(e[:3]),
                "You measure on the first three errors, far from the root. The order is a statement about the end.",
            ),
        ),
        Slip(
            "shifted",
            equals(
                lambda e: _order(e[-4:-1]),
                "The last error is left out: a slice that ends at $-1$ ends *before* the last entry.",
            ),
        ),
    ],
    mutants=mutants.ORDER,
    hints=[
        "Two steps give two equations: $e_2 = c\\,e_1^p$ and $e_1 = c\\,e_0^p$. Divide one by the other.",
        "$e_2/e_1 = (e_1/e_0)^p$. Now take logarithms.",
        "`a, b, c = errors[-3:]`, then `np.log(c / b) / np.log(b / a)`.",
    ],
    discussion=(
        "The last three errors are the best, as long as none of them is rounding noise. "
        "An order of 1 with a factor $c < 1$ is *linear* convergence, 2 is *quadratic*, 3 *cubic*."
    ),
    namespace={"np": np},
)
