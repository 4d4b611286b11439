"""Exercise of lesson 00: a slope from two values."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.start_here import mutants


def _slope(f, x, h):
    """Slope of f at x, from f(x + h) and f(x − h)."""
    return (f(x + h) - f(x - h)) / (2 * h)


def _near(got, value):
    return np.isclose(got, value, atol=0)


def _equals(formula, message):
    """A slip for an answer that equals another formula."""
    return lambda case, got, want: message if _near(got, formula(*case)) else None


def _one_sided(case, got, want):
    f, x, h = case
    if _near(got, (f(x + h) - f(x)) / h):
        side, other = "right", "$f(x - h)$"
    elif _near(got, (f(x) - f(x - h)) / h):
        side, other = "left", "$f(x + h)$"
    else:
        return None
    return (
        f"You measure on the {side} only; {other} is never asked. "
        f"Your slope is {got:.4f}, the symmetric one is {want:.4f}."
    )


def _sign(case, got, want):
    if want > 0 and _near(got, -want):
        return "The sign is turned: the value further right, $f(x + h)$, comes first."


def _no_sign(case, got, want):
    """Asked after `_sign`, which finds an answer that is turned everywhere in a rising case."""
    if want < 0 and _near(got, -want):
        return "Where $f$ falls its slope is negative, and yours is positive: leave out the `abs`."


slope = Exercise(
    name="slope",
    lesson="start_here",
    stub='''def slope(f, x, h):
    """Slope of f at x, from f(x + h) and f(x − h)."""
    ...''',
    reference=_slope,
    cases=[(np.exp, 1.3, 0.1), (np.sin, 0.5, 0.2), (np.cosh, -1.5, 0.01)],
    slips=[
        Slip(
            "precedence",
            _equals(
                lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
                "Python divides by 2 and then *multiplies* by $h$: `/ 2 * h` needs brackets, `/ (2 * h)`.",
            ),
        ),
        Slip(
            "no_brackets",
            _equals(
                lambda f, x, h: f(x + h) - f(x - h) / (2 * h),
                "Only $f(x - h)$ is divided by $2h$: put brackets round the difference.",
            ),
        ),
        Slip(
            "no_brackets_at_all",
            _equals(
                lambda f, x, h: f(x + h) - f(x - h) / 2 * h,
                "Two pairs of brackets are missing: `(… - …) / (2 * h)`.",
            ),
        ),
        Slip(
            "divided_by_h",
            _equals(
                lambda f, x, h: (f(x + h) - f(x - h)) / h,
                "Twice too steep: from $x - h$ to $x + h$ it is $2h$.",
            ),
        ),
        Slip(
            "divided_by_2",
            _equals(
                lambda f, x, h: (f(x + h) - f(x - h)) / 2,
                "The way from $x - h$ to $x + h$ is $2h$, not 2: the `h` is missing.",
            ),
        ),
        Slip(
            "floor",
            _equals(
                lambda f, x, h: (f(x + h) - f(x - h)) // (2 * h),
                "A whole number comes out: `//` rounds down; `/` divides.",
            ),
        ),
        Slip(
            "not_divided",
            _equals(
                lambda f, x, h: f(x + h) - f(x - h),
                "That is how much $f$ *rises*; a slope is the rise divided by the way, $2h$.",
            ),
        ),
        Slip("one_sided", _one_sided),
        Slip(
            "one_sided_wide",
            _equals(
                lambda f, x, h: (f(x + h) - f(x)) / (2 * h),
                "Half too flat: you rise from $x$ to $x + h$ but divide by $2h$.",
            ),
        ),
        Slip("sign", _sign),
        Slip("no_sign", _no_sign),
        Slip(
            "sum",
            _equals(
                lambda f, x, h: (f(x + h) + f(x - h)) / (2 * h),
                "You add the two values; a rise is their difference.",
            ),
        ),
    ],
    mutants=mutants.SLOPE,
    hints=[
        "A slope is a rise divided by a way. How far is it from $x - h$ to $x + h$?",
        "`(f(x + h) - f(x - h)) / (2 * h)`, and the last brackets matter.",
    ],
    discussion=(
        "This is the *central difference*. What is wrong to the left and what is wrong to the right "
        "cancel, so its error shrinks like $h^2$; lesson 02 looks for the best $h$."
    ),
    praise="That was the whole routine: write, run, read, mend.",
    namespace={"np": np},
)
