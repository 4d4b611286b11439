"""Bug hunt of lesson 00: a walk downhill whose rows are all one array."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.start_here import mutants


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


# -- too many rows, or too few -------------------------------------------------------------------
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


def _end_lost(case, got, want):
    if _rows(case, got, want) == len(want) - 1:
        return "The last point is missing: append the point after each step, the start before all."


def _start_lost(case, got, want):
    if np.shape(got) == np.shape(want[1:]) and np.allclose(got, want[1:]):
        return "The start is missing: it is the first row."


def _end_only(case, got, want):
    if np.shape(got) == np.shape(want[-1]) and np.allclose(got, want[-1]):
        return "That is the last point; all points on the way were asked, one a row."


# -- one array for several rows ------------------------------------------------------------------
def _one_array(case, got, want):
    if np.shape(got) != np.shape(want) or np.ptp(got[1:], axis=0).max() > 0:
        return None
    if np.array_equal(got[0], got[1]):
        rows = f"All {len(got)} rows"
    elif np.allclose(got[[0, -1]], want[[0, -1]]):
        rows = "All rows but the first"
    else:
        return None
    return (
        f"{rows} are the same: `-=` changes the one array that the list holds "
        "again and again. Make a new array in each step."
    )


def _start_overwritten(case, got, want):
    if np.allclose(got[1:], want[1:]) and np.allclose(got[0], want[-1]):
        return (
            "Only the start is wrong: the list holds the caller's own array, and `-=` overwrites "
            "it. Make a new array in each step."
        )


# -- wrong steps ---------------------------------------------------------------------------------
def _uphill(case, got, want):
    theta, gradient, step_size, _ = case
    if np.allclose(got[1], theta + step_size * gradient(theta)):
        return "It walks uphill: the gradient points up, so it is taken away."


def _turned_step_only(case, got, want):
    theta, gradient, step_size, _ = case
    if np.allclose(got[1], -step_size * gradient(theta)):
        return "Python reads `=-` as `= -`, and the old point is lost: write `theta = theta - …`."


def _step_only(case, got, want):
    theta, gradient, step_size, _ = case
    if np.allclose(got[1], step_size * gradient(theta)):
        return "The old point is lost: the step is taken away from it, `theta = theta - …`."


def _never_carried_on(case, got, want):
    if np.allclose(got[0], want[0]) and np.allclose(got[1:], want[1]):
        return "Every step leaves from the start: the new point has to become `theta`."


def _stale_gradient(case, got, want):
    steps = np.diff(got, axis=0)
    if np.allclose(steps, steps[0]) and np.allclose(got[1], want[1]):
        return "All steps are equal: the gradient has to be asked again at each new point."


walk = Exercise(
    name="walk",
    lesson="start_here",
    stub='''def walk(theta, gradient, step_size, steps):
    """Points of gradient descent, the start included; theta (n,) → (steps + 1, n)."""
    path = [theta]
    for _ in range(steps):
        theta -= step_size * gradient(theta)
        path.append(theta)
    return np.array(path)

walk(np.array([3.0, 4.0]), lambda theta: 2 * theta, 0.25, 3)''',
    reference=_walk,
    cases=[
        (np.array([3.0, 4.0]), _bowl_gradient, 0.125, 3),
        (np.array([0.0, 2.0, -1.0]), _valley_gradient, 0.125, 5),
    ],
    slips=[
        Slip("leaves_early", _leaves_early, before_shape=True),
        Slip("one_too_many", _one_too_many, before_shape=True),
        Slip("start_lost", _start_lost, before_shape=True),
        Slip("end_lost", _end_lost, before_shape=True),
        Slip("end_only", _end_only, before_shape=True),
        Slip("one_array", _one_array),
        Slip("start_overwritten", _start_overwritten),
        Slip("uphill", _uphill),
        Slip("turned_step_only", _turned_step_only),
        Slip("step_only", _step_only),
        Slip("never_carried_on", _never_carried_on),
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
