"""Exercise of lesson 03: Newton's method in n dimensions, with a rule to stop."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.newtons_method import mutants

LESSON = "newtons_method"


# -- the method ---------------------------------------------------------------------------------
def _newton(gradient, hessian, theta, tolerance, max_steps):
    """The list of points of Newton's method, each (n,), from theta until ‖g‖ ≤ tolerance.

    gradient and hessian are functions of θ: (n,) → (n,) and (n,) → (n, n).
    At most max_steps steps are made, so the list has at most max_steps + 1 points.
    """
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points


_A = np.array([[3.0, 1.0], [1.0, 2.0]])
_B = np.array([1.0, -4.0])


def _bowl_gradient(theta):
    return _A @ theta - _B


def _bowl_hessian(theta):
    return _A


def _dented_gradient(theta):
    return _A @ theta - _B + theta / np.sqrt(1 + theta**2)


def _dented_hessian(theta):
    return _A + np.diag((1 + theta**2) ** -1.5)


def _first_move(move, message):
    """A slip told from the first point after the start."""

    def when(case, got, want):
        if len(got) > 1 and np.allclose(got[1], move(*case[:3], want[1] - want[0])):
            return message

    return when


def _one_array(case, got, want):
    if len(got) > 1 and np.ptp(np.array(got), axis=0).max() == 0:
        return (
            "All points of your list are the same: it holds one array many times, and `+=` changes "
            "that array in place. `theta = theta + delta` makes a new one."
        )


def _no_limit(case, got, want):
    limit = case[4]
    if len(got) > limit + 1:
        return f"It takes {len(got) - 1} steps where at most {limit} were allowed: `max_steps` is not obeyed."


def _never_stops(case, got, want):
    if len(got) == case[4] + 1 > len(want) + 1:
        return (
            f"It takes all {case[4]} steps, though the gradient was below the tolerance "
            f"after {len(want) - 1}: nothing stops it."
        )


def _one_step_more(case, got, want):
    if len(got) == len(want) + 1 and np.allclose(got[:-1], want):
        return (
            "One step too many: look at the gradient of the point where you *are*, before you move."
        )


def _one_too_few(case, got, want):
    if len(got) == len(want) - 1 and np.allclose(got, want[:-1]):
        return "One step too few: `max_steps` steps make `max_steps + 1` points."


def _begins_late(case, got, want):
    if len(got) == len(want) - 1 and np.allclose(got, want[1:]):
        return "The list begins with the first *new* point: the start belongs into it."


def _end_alone(case, got, want):
    if isinstance(got, np.ndarray) and np.allclose(got, want[-1]):
        return "That is the last point alone; the list of all points is asked."


def _first_curvature(case, got, want):
    gradient, hessian, theta = case[:3]
    x, H = theta, hessian(theta)
    for _ in range(2):
        x = x - np.linalg.solve(H, gradient(x))
    if np.allclose(got[2], x) and not np.allclose(want[2], x):
        return "The Hessian is computed once, at the start. Newton takes the curvature of every point it comes to."


newton = Exercise(
    name="newton",
    lesson=LESSON,
    stub='''def newton(gradient, hessian, theta, tolerance, max_steps):
    """The list of points of Newton's method, each (n,), from theta until ‖g‖ ≤ tolerance.

    gradient and hessian are functions of θ: (n,) → (n,) and (n,) → (n, n).
    At most max_steps steps are made, so the list has at most max_steps + 1 points.
    """
    ...''',
    reference=_newton,
    cases=[
        (_bowl_gradient, _bowl_hessian, np.array([2.0, -1.0]), 1e-8, 12),
        (_dented_gradient, _dented_hessian, np.array([3.0, 4.0]), 1e-8, 12),
        (_dented_gradient, _dented_hessian, np.array([-3.0, 2.0]), 1e-12, 2),
    ],
    slips=[
        Slip("only_the_end", _end_alone, before_shape=True),
        Slip(
            "uphill",
            _first_move(
                lambda g, H, x, d: x - d,
                "Your first step is the Newton step turned round: with $\\Delta = -H^{-1}g$ the next point is $\\theta + \\Delta$.",
            ),
            before_shape=True,
        ),
        Slip(
            "crawls",
            _first_move(
                lambda g, H, x, d: x + 0.01 * d,
                "Your first step is a hundredth of the Newton step. On a quadratic the full step arrives at once; a step size in front throws that away.",
            ),
            before_shape=True,
        ),
        Slip(
            "first_order",
            _first_move(
                lambda g, H, x, d: x - g(x),
                "Your first step is $-g$: the Hessian is not used.",
            ),
            before_shape=True,
        ),
        Slip(
            "step_for_point",
            _first_move(
                lambda g, H, x, d: d,
                "Your second point is the step alone: add it to where you stand.",
            ),
            before_shape=True,
        ),
        Slip("one_array", _one_array, before_shape=True),
        Slip("start_missing", _begins_late, before_shape=True),
        Slip("one_too_few", _one_too_few, before_shape=True),
        Slip("looks_before_the_leap", _one_step_more, before_shape=True),
        Slip("first_curvature", _first_curvature, before_shape=True),
        Slip("never_stops", _never_stops, before_shape=True),
        Slip("no_limit", _no_limit, before_shape=True),
    ],
    mutants=mutants.NEWTON,
    hints=[
        "The same loop as for a root, with $H$ for $f'$: solve where you divided.",
        "In the loop: compute $g$; if `np.linalg.norm(g) <= tolerance`, `break`; else move and append.",
        "`theta = theta + np.linalg.solve(hessian(theta), -g)`, which makes a new array every time.",
    ],
    discussion=(
        "Two rules end the loop: the gradient is small, or patience is over. "
        "Neither says that the end is a minimum. "
        "The package's own version, `sgo_teach.solvers.newton`, yields one step at a time and leaves stopping to its caller."
    ),
    namespace={"np": np},
)
