"""Exercise of lesson 03: Newton's method in n dimensions, with a rule to stop."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.newtons_method import mutants_method as mutants

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
    if len(got) > limit + 1 and np.allclose(got[: len(want)], want):
        return f"It takes {len(got) - 1} steps where at most {limit} were allowed: `max_steps` is not obeyed."


def _never_stops(case, got, want):
    if len(got) == case[4] + 1 > len(want) + 1 and np.allclose(got[: len(want)], want):
        return (
            f"It takes all {case[4]} steps, though the gradient was below the tolerance "
            f"after {len(want) - 1}: nothing stops it."
        )


def _one_step_more(case, got, want):
    if case[4] + 1 >= len(got) == len(want) + 1 and np.allclose(got[:-1], want):
        return (
            "One step too many: look at the gradient of the point where you *are*, before you move."
        )


def _one_too_few(case, got, want):
    if len(got) == len(want) - 1 == case[4] and np.allclose(got, want[:-1]):
        return "One step too few: `max_steps` steps make `max_steps + 1` points."


def _stops_early(case, got, want):
    if 0 < len(got) < len(want) and np.allclose(got, want[: len(got)]):
        size = np.linalg.norm(case[0](got[-1]))
        return (
            f"It stops where $\\|g\\|$ is {size:.3g}, still above the tolerance {case[3]:g}. Look at the comparison "
            "(the length of the gradient, not its square, nor its largest entry, nor the step; ≤), and at where `return` stands."
        )


def _entry_by_entry(case, got, want):
    n = len(case[2])
    if n > 1 and np.shape(got[1]) == (n, n):
        return (
            f"Your second point has shape ({n}, {n}): `/` divides by every entry of $H$. "
            "`np.linalg.solve(H, -g)` finds the vector $\\Delta$ with $H\\Delta = -g$."
        )


def _stray_factor(case, got, want):
    d, mine = want[1] - want[0], got[1] - got[0]
    c = mine @ d / (d @ d)
    if abs(c - 1) > 1e-6 < abs(c) and np.allclose(mine, c * d):
        return f"Your first step is the Newton step times {c:.3g}. Where does the factor come from?"


def _wrong_step(case, got, want):
    if np.shape(got[1]) == np.shape(want[1]) and not np.allclose(got[1], want[1]):
        mine, asked = (np.round(p[1] - want[0], 4).tolist() for p in (got, want))
        return (
            f"Your first step, from {want[0].tolist()}, is {mine}; the Newton step is {asked}. "
            "It solves $H\\Delta = -g$ with the whole matrix $H$, nothing added."
        )


def _first_gradient(case, got, want):
    if np.allclose(got[2] - got[1], got[1] - got[0]) and np.allclose(got[1], want[1]):
        return "Your second step repeats the first: the gradient is computed once. It belongs into the loop, at the point where you are."


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
        # here ‖g‖₂ is above the tolerance while its largest entry, or the step, is below
        (_dented_gradient, _dented_hessian, np.array([3.0, 4.0]), 0.028, 12),
        (_dented_gradient, _dented_hessian, np.array([-3.0, 2.0]), 0.1, 12),
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
        Slip(
            "multiplied",
            _first_move(
                lambda g, H, x, d: x - H(x) @ g(x),
                "You multiply by $H$; a Newton step *solves* with it.",
            ),
            before_shape=True,
        ),
        Slip("entry_by_entry", _entry_by_entry, before_shape=True),
        Slip("one_array", _one_array, before_shape=True),
        Slip("start_missing", _begins_late, before_shape=True),
        Slip("one_too_few", _one_too_few, before_shape=True),
        Slip("stops_early", _stops_early, before_shape=True),
        Slip("stray_factor", _stray_factor, before_shape=True),
        Slip("wrong_step", _wrong_step, before_shape=True),
        Slip("first_gradient", _first_gradient, before_shape=True),
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
