"""The exercises of lesson 00; its prediction and warm-up come with them."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.start_here import mutants
from sgo_teach.lessons.start_here.questions import a_long_step, warm_up

__all__ = ["a_long_step", "slope", "walk", "warm_up"]
LESSON = "start_here"


# -- a slope ------------------------------------------------------------------------------------
def _slope(f, x, h):
    """Slope of f at x, from f(x + h) and f(x − h)."""
    return (f(x + h) - f(x - h)) / (2 * h)


def _equals(formula, message):
    """A slip for an answer that equals another formula."""
    return lambda case, got, want: message if np.isclose(got, formula(*case), atol=0) else None


def _one_sided(case, got, want):
    f, x, h = case
    if np.isclose(got, (f(x + h) - f(x)) / h, atol=0):
        side, other = "right", "$f(x - h)$"
    elif np.isclose(got, (f(x) - f(x - h)) / h, atol=0):
        side, other = "left", "$f(x + h)$"
    else:
        return None
    return (
        f"You measure on the {side} only; {other} is never asked. "
        f"Your slope is {got:.4f}, the symmetric one is {want:.4f}."
    )


slope = Exercise(
    name="slope",
    lesson=LESSON,
    stub='''def slope(f, x, h):
    """Slope of f at x, from f(x + h) and f(x − h)."""
    ...''',
    reference=_slope,
    cases=[(np.exp, 1.0, 0.1), (np.sin, 0.5, 0.25), (np.cosh, -1.5, 0.01)],
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
            "divided_by_h",
            _equals(
                lambda f, x, h: (f(x + h) - f(x - h)) / h,
                "Twice too steep: from $x - h$ to $x + h$ it is $2h$.",
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
        Slip(
            "sign",
            _equals(
                lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
                "The sign is turned: the value further right, $f(x + h)$, comes first.",
            ),
        ),
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


# -- bug hunt -----------------------------------------------------------------------------------
def _walk(theta, gradient, step_size, steps):
    """Points of gradient descent, the start included; theta (n,) → (steps + 1, n)."""
    path = [theta]
    for _ in range(steps):
        theta = theta - step_size * gradient(theta)
        path.append(theta)
    return np.array(path)


def _bowl_gradient(theta):
    return 2 * theta


def _valley_gradient(theta):
    return np.array([1.0, 4.0, 0.5]) * theta - np.array([1.0, 0.0, 0.0])


def _one_array(case, got, want):
    if np.shape(got) == np.shape(want) and np.ptp(got, axis=0).max() == 0:
        return (
            f"All {len(got)} rows are the same: `-=` changes the one array that the list holds "
            "again and again. Make a new array in each step."
        )


def _rows(case, got, want):
    """How many rows the result has, if all that stand in both are right."""
    got = np.asarray(got)
    same = got.ndim == 2 and np.allclose(got[: len(want)], want[: len(got)])
    return len(got) if same else None


def _leaves_early(case, got, want):
    if _rows(case, got, want) == 2 < len(want):
        return "It goes home after the first step: is `return` inside the loop?"


def _one_too_many(case, got, want):
    if _rows(case, got, want) == len(want) + 1:
        return f"It takes {len(got) - 1} steps where {case[3]} were asked."


def _start_lost(case, got, want):
    if np.shape(got) == np.shape(want[1:]) and np.allclose(got, want[1:]):
        return "The start is missing: it is the first row."


def _end_only(case, got, want):
    if np.shape(got) == np.shape(want[-1]) and np.allclose(got, want[-1]):
        return "That is the last point; all points on the way were asked, one a row."


def _uphill(case, got, want):
    theta, gradient, step_size, _ = case
    if np.allclose(got[1], theta + step_size * gradient(theta)):
        return "It walks uphill: the gradient points up, so it is taken away."


def _stale_gradient(case, got, want):
    steps = np.diff(got, axis=0)
    if np.allclose(steps, steps[0]) and np.allclose(got[1], want[1]):
        return "All steps are equal: the gradient has to be asked again at each new point."


walk = Exercise(
    name="walk",
    lesson=LESSON,
    stub='''def walk(theta, gradient, step_size, steps):
    """Points of gradient descent, the start included; theta (n,) → (steps + 1, n)."""
    path = [theta]
    for _ in range(steps):
        theta -= step_size * gradient(theta)
        path.append(theta)
    return np.array(path)''',
    reference=_walk,
    cases=[
        (np.array([3.0, 4.0]), _bowl_gradient, 0.25, 3),
        (np.array([0.0, 2.0, -1.0]), _valley_gradient, 0.125, 5),
    ],
    slips=[
        Slip("leaves_early", _leaves_early, before_shape=True),
        Slip("one_too_many", _one_too_many, before_shape=True),
        Slip("start_lost", _start_lost, before_shape=True),
        Slip("end_only", _end_only, before_shape=True),
        Slip("one_array", _one_array),
        Slip("uphill", _uphill),
        Slip("stale_gradient", _stale_gradient),
    ],
    mutants=mutants.WALK,
    hints=[
        "The points are computed well; the list shows only the last one. How many arrays are there?",
        "`theta -= …` writes into the old array; `theta = theta - …` makes a new one.",
    ],
    discussion=(
        "A list holds references, so a point that is changed later changes in the list as well; "
        "and the caller's own start was overwritten, too. "
        "In this course a method never changes what it was given, and each step is a new object."
    ),
    namespace={"np": np},
)
