"""Exercises of lesson 03 on least squares: its derivatives, and a program to mend."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.newtons_method import mutants_squares as mutants
from sgo_teach.lessons.newtons_method.slips import equals

LESSON = "newtons_method"


# -- the mean squared error ---------------------------------------------------------------------
def _mse_derivatives(X, y, theta):
    """Gradient (n,) and Hessian (n, n) of L = ‖Xθ − y‖²/m; X (m, n), y (m,), theta (n,)."""
    m = len(y)
    residual = X @ theta - y
    return 2 * X.T @ residual / m, 2 * X.T @ X / m


def _scaled(gradient_factor, hessian_factor):
    """Formula: the right derivatives, each times a factor."""

    def both(X, y, theta):
        g, H = _mse_derivatives(X, y, theta)
        return gradient_factor * g, hessian_factor * H

    return both


def _pair(formula, message):
    """A slip for a pair (g, H) that is what another formula gives."""

    def when(case, got, want):
        if all(np.allclose(a, b) for a, b in zip(got, formula(*case), strict=True)):
            return message

    return when


def _matrix_gradient(case, got, want):
    X, y, theta = case
    if np.shape(got[0]) == (X.shape[1], len(y)):
        m = len(y)
        return (
            f"The gradient is a matrix: a residual of shape ({m}, 1) − ({m},) broadcasts to ({m}, {m}) "
            "without a word. Keep `theta` and `y` flat."
        )


def _averaged(X, y, theta):
    _, H = _mse_derivatives(X, y, theta)
    return 2 * X.T @ (X @ theta - y.mean()) / len(y), H


def _points_by_points(case, got, want):
    m = len(case[1])
    if np.shape(got[1]) == (m, m):
        return f"The Hessian has a row and a column for each *parameter*; $XX^T$ is {m} × {m}, one for each data point."


def _hessian_first(case, got, want):
    if [np.shape(part) for part in got] == [np.shape(part) for part in reversed(want)]:
        return "The gradient comes first, then the Hessian."


def _not_together(case, got, want):
    """Each of the two is right up to a factor, but not up to the same one."""
    a, b = (np.vdot(mine, ours) / np.vdot(ours, ours) for mine, ours in zip(got, want, strict=True))
    if a and b and abs(a - b) > 1e-6 and _pair(_scaled(a, b), "yes")(case, got, want):
        return (
            f"Gradient and Hessian do not belong together: your $g$ is {a:.3g} times the right one, "
            f"your $H$ {b:.3g} times, but $H$ must be the derivative of your $g$."
        )


def _stray_penalty(case, got, want):
    extra = got[1] - want[1]
    half = got[1] - want[1] / 2
    for rest, rest_name in ((half, "X^TX/m"), (extra, "2X^TX/m")):
        c = rest[0, 0]
        if (
            abs(c) > 1e-9
            and np.allclose(rest, c * np.eye(len(rest)))
            and np.allclose(got[0], want[0])
        ):
            return (
                f"Your Hessian is ${rest_name}$ plus {c:.3g} times the identity. That term is the curvature of a "
                "penalty on $\\theta$, but neither the loss nor your gradient has one."
            )


mse_derivatives = Exercise(
    name="mse_derivatives",
    lesson=LESSON,
    stub='''def mse_derivatives(X, y, theta):
    """Gradient (n,) and Hessian (n, n) of L = ‖Xθ − y‖²/m; X (m, n), y (m,), theta (n,)."""
    ...''',
    reference=_mse_derivatives,
    cases=[
        (
            np.array(
                [
                    [1.0, 2.0, 0.0],
                    [0.0, 1.0, -1.0],
                    [3.0, 0.0, 1.0],
                    [1.0, 1.0, 1.0],
                    [2.0, -1.0, 0.5],
                ]
            ),
            np.array([1.0, 0.0, -2.0, 0.5, 3.0]),
            np.array([0.5, -1.0, 2.0]),
        ),
        (
            np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
            np.array([0.0, 0.0, 1.0, 1.0]),
            np.array([3.0, -2.0]),
        ),
    ],
    slips=[
        Slip("hessian_first", _hessian_first, before_shape=True),
        Slip("broadcast", _matrix_gradient, before_shape=True),
        Slip("points_by_points", _points_by_points, before_shape=True),
        Slip(
            "divided_by_size",
            _pair(
                lambda X, y, theta: _scaled(1 / len(theta), 1 / len(theta))(X, y, theta),
                "You divide by $mn$, the number of entries of $X$; the mean runs over the $m$ data points.",
            ),
        ),
        Slip(
            "half_hessian",
            _pair(
                _scaled(1, 0.5),
                "The gradient is right; its derivative keeps the factor 2: $2X^TX/m$.",
            ),
        ),
        Slip(
            "half_of_both",
            _pair(_scaled(0.5, 0.5), "Both lack the factor 2 of the square: $(r^2)' = 2rr'$."),
        ),
        Slip(
            "sum_for_mean",
            _pair(
                lambda X, y, theta: _scaled(len(y), len(y))(X, y, theta),
                "These belong to the *sum* of the squares; the mean divides by $m$.",
            ),
        ),
        Slip(
            "divided_by_n",
            _pair(
                lambda X, y, theta: _scaled(len(y) / len(theta), len(y) / len(theta))(X, y, theta),
                "You divide by $n$, the number of parameters; the mean runs over the $m$ data points.",
            ),
        ),
        Slip(
            "residual_turned",
            _pair(
                _scaled(-1, 1),
                "The gradient points downhill: with the residual $y - X\\theta$ its derivative is $-X$, and the signs must match.",
            ),
        ),
        Slip(
            "mean_of_broadcast",
            _pair(
                _averaged,
                "Every data point got the *average* of $y$ as its target: somewhere (m, 1) − (m,) made a matrix, and a mean hid it.",
            ),
        ),
        Slip(
            "both_signs",
            _pair(
                _scaled(-1, -1),
                "Both signs are turned: these belong to $-L$. A sum of squares has a Hessian without negative eigenvalues.",
            ),
        ),
        Slip("not_together", _not_together),
        Slip("stray_penalty", _stray_penalty),
    ],
    mutants=mutants.MSE_DERIVATIVES,
    hints=[
        "Write $r = X\\theta - y$ and $L = r^Tr/m$. The derivative of $r$ with respect to $\\theta$ is $X$.",
        "The chain rule gives $g = 2X^Tr/m$. Differentiate once more; only $r$ depends on $\\theta$.",
        "`return 2 * X.T @ residual / m, 2 * X.T @ X / m`",
    ],
    discussion=(
        "The Hessian does not depend on $\\theta$: the loss is a quadratic, and one Newton step ends it. "
        "A check that catches most slips: the gradient must change by $H\\delta$ when $\\theta$ changes by $\\delta$, exactly."
    ),
    namespace={"np": np},
)


# -- bug hunt -----------------------------------------------------------------------------------
def _fit(X, y, steps):
    """Minimise ‖Xθ − y‖²/m by Newton steps from θ = 0; X (m, n), y (m,) → (n,)."""
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        residual = X @ theta - y
        gradient = 2 * X.T @ residual / m
        hessian = 2 * X.T @ X / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta


def _fit_with(curvature, alpha=1.0):
    """Formula for `equals`: the same walk with another Hessian and a step size."""

    def fitted(X, y, steps):
        theta = np.zeros(X.shape[1])
        for _ in range(steps):
            gradient = 2 * X.T @ (X @ theta - y) / len(y)
            theta = theta - alpha * np.linalg.solve(curvature(X), gradient)
        return theta

    return fitted


def _right(X):
    return 2 * X.T @ X / len(X)


def _half(X):
    return _right(X) / 2


def _penalised(X):
    return X.T @ X / len(X) + 2 * np.eye(X.shape[1]) / len(X)


def _penalised_too(X):
    return _right(X) + 2 * np.eye(X.shape[1]) / len(X)


_CURVATURES = (_right, _half, _penalised, _penalised_too)


def _any_of(*whens):
    return lambda case, got, want: next(filter(None, (w(case, got, want) for w in whens)), None)


def _still_a_matrix(case, got, want):
    X, y, _ = case
    if np.shape(got) == (X.shape[1], len(y)):
        m, n = X.shape
        return (
            f"`theta` comes out as ({n}, {m}): $X\\theta$ is a column ({m}, 1), `y` is flat ({m},), and their "
            f"difference is ({m}, {m}). Print `residual.shape`."
        )


def _column(case, got, want):
    if np.shape(got) == (len(want), 1) and np.allclose(np.ravel(got), want):
        return "The numbers are right, as a column. The docstring promises (n,): let `theta` be flat from the start."


def _first_order(case, got, want):
    X, y, steps = case
    downhill = X.T @ y  # the direction of −g at θ = 0
    if (
        steps == 1
        and abs(got @ downhill) > (1 - 1e-9) * np.linalg.norm(got) * np.linalg.norm(downhill) > 0
    ):
        return "Your first step follows the gradient alone: the curvature $2X^TX/m$ is not used."


def _not_from_zero(case, got, want):
    if case[2] == 0:
        return (
            f"With `steps` = 0 the answer is the start, θ = 0, and yours is {np.round(got, 3).tolist()}. "
            "Does the walk begin at zero, and does it make `steps` Newton steps?"
        )


_SHORT = (
    "Downhill now, but a hundred times too short: the factor in front is meant for gradients, "
    "whose length says nothing. An exact Newton step needs none."
)
_UPHILL = (
    "You walk uphill: the gradient points up, so its share is *subtracted*. "
    "Either $\\Delta = -H^{-1}g$ and $\\theta + \\Delta$, or $\\theta - H^{-1}g$."
)
_PENALTY = (
    "One step should be enough, yet yours stops short: there is the curvature of a penalty in the Hessian. "
    "The loss in the docstring has no penalty, in the gradient or in the Hessian."
)

fit = Exercise(
    name="fit",
    lesson=LESSON,
    stub='''def fit(X, y, steps):
    """Minimise ‖Xθ − y‖²/m by Newton steps from θ = 0; X (m, n), y (m,) → (n,)."""
    m, n = X.shape
    theta = np.zeros((n, 1))
    for _ in range(steps):
        residual = X @ theta - y
        gradient = 2 * X.T @ residual / m
        hessian = X.T @ X / m + 2 * np.eye(n) / m
        theta = theta - 0.01 * np.linalg.inv(hessian) @ gradient
    return theta''',
    reference=_fit,
    cases=[
        (
            np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
            np.array([0.0, 0.0, 1.0, 1.0]),
            1,
        ),
        (
            np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 0.0], [1.0, 1.0], [2.0, -1.0]]),
            np.array([1.0, 0.0, -2.0, 0.5, 3.0]),
            4,
        ),
        (np.array([[2.0, 1.0], [1.0, 1.0], [0.0, 3.0]]), np.array([1.0, 2.0, 3.0]), 0),
    ],
    slips=[
        Slip("still_a_matrix", _still_a_matrix, before_shape=True),
        Slip("column", _column, before_shape=True),
        Slip(
            "averaged_away",
            equals(
                lambda X, y, steps: _fit(X, np.full(len(y), y.mean()), steps),
                "The shape is right, but every point got the average of $y$ as its target: the mean only hides the matrix.",
            ),
        ),
        Slip(
            "hundred_times_too_short",
            _any_of(*(equals(_fit_with(H, 0.01), _SHORT) for H in _CURVATURES)),
        ),
        Slip(
            "uphill",
            _any_of(*(equals(_fit_with(H, a), _UPHILL) for H in _CURVATURES for a in (-1, -0.01))),
        ),
        Slip(
            "stray_penalty",
            _any_of(*(equals(_fit_with(H), _PENALTY) for H in (_penalised, _penalised_too))),
        ),
        Slip(
            "bounces",
            equals(
                _fit_with(_half),
                "Now it jumps to the far side of the minimum and back: the Hessian is half of what it should be.",
            ),
        ),
        Slip("first_order", _first_order),
        Slip("not_from_zero", _not_from_zero),
    ],
    mutants=mutants.FIT,
    hints=[
        "Three faults, and one bad habit. Begin with the shapes: `X @ theta` and `y`.",
        "Is the Hessian the derivative of the gradient? Is a step size needed in front of an exact Newton step?",
        "`theta = np.zeros(n)`, `hessian = 2 * X.T @ X / m`, and `theta - np.linalg.solve(hessian, gradient)`.",
    ],
    discussion=(
        "The faults hide one another: the small step makes the wrong Hessian look merely slow, "
        "and a loss computed as the mean of a 4 × 4 matrix is a number like any other. "
        "The bad habit is `inv`: right here, slower and less accurate elsewhere."
    ),
    namespace={"np": np},
)
