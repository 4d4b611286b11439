"""Bug hunt of lesson 01: a Newton walk with one sign too many."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.taylor_expansion import mutants


def _descend(theta, gradient, hessian, steps):
    """Take Newton steps from theta; gradient and hessian are functions of theta."""
    for _ in range(steps):
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta + delta
    return theta


def _bowl_gradient(theta):
    return np.array([[3.0, 1.0], [1.0, 2.0]]) @ theta - np.array([1.0, 0.0])


def _bowl_hessian(theta):
    return np.array([[3.0, 1.0], [1.0, 2.0]])


def _quartic_gradient(theta):
    return np.array([1.0, 0.0]) * theta**3 + np.array([1.0, 2.0]) * theta


def _quartic_hessian(theta):
    return np.diag(np.array([3.0, 0.0]) * theta**2 + np.array([1.0, 2.0]))


def _norms(case, got):
    theta, gradient, _, _ = case
    return np.linalg.norm(gradient(theta)), np.linalg.norm(gradient(got))


def _matrix(case, got, want):
    if isinstance(got, np.ndarray) and got.shape == want.shape * 2:
        return "The result is a matrix: `gradient / hessian` divides entry by entry. Solve the system instead."


def _path(case, got, want):
    if isinstance(got, list | tuple):
        return "Return the last point only, not the whole path."


def _never_moves(case, got, want):
    if np.allclose(got, case[0]):
        return (
            "It never leaves its starting point: is the new point assigned to `theta`, "
            "and does the loop run `steps` times?"
        )


def _only_the_step(case, got, want):
    theta, gradient, hessian, steps = case
    here = np.array(theta)
    for _ in range(steps):
        here = -np.linalg.solve(hessian(here), gradient(here))
    if np.allclose(got, here):
        return "The new point is the step alone: it has to be *added* to where you stand."


def _first_order(case, got, want):
    theta, gradient, _, steps = case
    here = np.array(theta)
    for _ in range(steps):
        here = here - gradient(here)
    if np.allclose(got, here):
        return "Those are gradient steps: the Hessian is not used any more."


def _uphill(case, got, want):
    before, after = _norms(case, got)
    if after > before:
        return (
            f"It still walks uphill: the length of the gradient has grown from {before:.3g} to {after:.3g}. "
            "Count the minus signs between the gradient and the new point."
        )


def _step_count(case, got, want):
    theta, gradient, hessian, steps = case
    for other in range(40):
        if other != steps and np.allclose(
            got, _descend(theta, gradient, hessian, other), atol=1e-12
        ):
            return (
                "Every step is right, but their number is not `steps`: "
                "is the `return` inside the loop, or does it stop by another rule?"
            )


def _crawls(case, got, want):
    before, after = _norms(case, got)
    if 1e-8 * before < after < before:
        return (
            f"Downhill now, but short: the gradient fell from {before:.3g} only to {after:.3g}. "
            "The full Newton step needs no step size."
        )


descend = Exercise(
    name="descend",
    lesson="taylor_expansion",
    stub='''def descend(theta, gradient, hessian, steps):
    """Take Newton steps from theta; gradient and hessian are functions of theta."""
    for _ in range(steps):
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta - delta
    return theta''',
    reference=_descend,
    cases=[
        (np.array([2.0, -1.0]), _bowl_gradient, _bowl_hessian, 1),
        (np.array([-1.0, 3.0]), _bowl_gradient, _bowl_hessian, 3),
        (np.array([1.0, 1.0]), _quartic_gradient, _quartic_hessian, 2),
    ],
    slips=[
        Slip("path", _path, before_shape=True),
        Slip("matrix", _matrix, before_shape=True),
        Slip("stands_still", _never_moves),
        Slip("step_for_point", _only_the_step),
        Slip("first_order", _first_order),
        Slip("uphill", _uphill),
        Slip("step_count", _step_count),
        Slip("crawls", _crawls),
    ],
    mutants=mutants.DESCEND,
    hints=[
        "Run it for one step on a bowl and look at the loss before and after.",
        "$\\Delta = -H^{-1}g$ holds a minus already. What does a second one do?",
    ],
    discussion=(
        "Two conventions are both right: $\\Delta = -H^{-1}g$ with $\\theta + \\Delta$, "
        "or $d = H^{-1}g$ with $\\theta - d$. Mixing them walks uphill at full speed, "
        "and a step size in front makes it only slower. This course always adds $\\Delta$."
    ),
    namespace={"np": np},
)
