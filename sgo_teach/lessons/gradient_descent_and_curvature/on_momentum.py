"""Exercise of lesson 02 on momentum: the heavy ball."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gradient_descent_and_curvature import mutants_rates as mutants

LESSON = "gradient_descent_and_curvature"


def _heavy_ball(gradient, theta, alpha, beta, steps):
    """Points of the heavy ball, the start included; theta (n,) → (steps + 1, n)."""
    points, delta = [theta], 0.0
    for _ in range(steps):
        delta = beta * delta - alpha * gradient(theta)
        theta = theta + delta
        points.append(theta)
    return np.array(points)


_A = np.array([[3.0, 1.0], [1.0, 2.0]])


def _bowl_gradient(theta):
    return _A @ theta - np.array([1.0, -4.0])


def _dented_gradient(theta):
    return _A @ theta + np.sin(theta)


def _points_of(move):
    """All points when `move(gradient, x, before, v, α, β)` gives the next point and velocity."""

    def run(gradient, theta, alpha, beta, steps):
        points, v = [theta], np.zeros_like(theta)
        for _ in range(steps):
            x, before = points[-1], points[-2] if len(points) > 1 else points[-1]
            theta, v = move(gradient, x, before, v, alpha, beta)
            points.append(theta)
        return np.array(points)

    return run


def _dampened(gradient, x, before, v, alpha, beta):
    v = beta * v - (1 - beta) * alpha * gradient(x)
    return x + v, v


def _nesterov(gradient, x, before, v, alpha, beta):
    v = beta * v - alpha * gradient(x + beta * v)
    return x + v, v


def _braking(gradient, x, before, v, alpha, beta):
    v = -beta * v - alpha * gradient(x)
    return x + v, v


def _uphill(gradient, x, before, v, alpha, beta):
    v = beta * v + alpha * gradient(x)
    return x + v, v


def _scaled_again(gradient, x, before, v, alpha, beta):
    v = beta * v - alpha * gradient(x)
    return x + alpha * v, v


def _forgets(gradient, x, before, v, alpha, beta):
    v = beta * v - alpha * gradient(x)
    return x + v, -alpha * gradient(x)


def _brackets(gradient, x, before, v, alpha, beta):
    v = beta * (v - alpha * gradient(x))
    return x + v, v


def _letters_swapped(gradient, x, before, v, alpha, beta):
    v = alpha * v - beta * gradient(x)
    return x + v, v


def _keeps_the_point(gradient, x, before, v, alpha, beta):
    return x - alpha * gradient(x) + beta * x, v


def _not_at_rest(gradient, theta, alpha, beta, steps):
    points, v = [theta], -alpha * gradient(theta)
    for _ in range(steps):
        v = beta * v - alpha * gradient(points[-1])
        points.append(points[-1] + v)
    return np.array(points)


def _one_gradient(gradient, theta, alpha, beta, steps):
    g = gradient(theta)
    return _points_of(lambda _, x, before, v, a, b: (x + b * v - a * g, b * v - a * g))(
        gradient, theta, alpha, beta, steps
    )


def _begins_late(case, got, want):
    if len(got) == len(want) - 1 and np.allclose(got, want[1:]):
        return "The first row must be the start: put `theta` into the list before the loop."


def _end_alone(case, got, want):
    if np.shape(got) == np.shape(want[-1]) and np.allclose(got, want[-1]):
        return "That is the last point alone; all points are asked, one a row."


def _one_array(case, got, want):
    if len(got) > 1 and np.ptp(got, axis=0).max() == 0:
        return (
            "All rows are the same: `+=` changes one array in place, and the list holds it many times. "
            "`theta = theta + delta` makes a new one."
        )


def _start_twice(case, got, want):
    if np.allclose(got[0], want[0]) and np.allclose(got[1:], want[:-1]):
        return (
            "The start stands there twice: the point moves (or is kept) before its step is known. "
            "First the step, then the move, then `append`."
        )


def _start_lost(case, got, want):
    if np.allclose(got[1:], want[1:]) and np.allclose(got[0], got[-1]):
        return (
            "The first row is the last point: `+=` changes the start itself, which the list holds. "
            "`theta = theta + delta` makes a new array."
        )


def _steps_listed(case, got, want):
    if np.allclose(got[1:], np.diff(want, axis=0)):
        return "From the second row on these are the steps; the points are asked."


heavy_ball = Exercise(
    name="heavy_ball",
    lesson=LESSON,
    stub='''def heavy_ball(gradient, theta, alpha, beta, steps):
    """Points of the heavy ball, the start included; theta (n,) → (steps + 1, n)."""
    ...''',
    reference=_heavy_ball,
    cases=[
        (_bowl_gradient, np.array([2.0, -1.0]), 0.2, 0.6, 4),
        (_dented_gradient, np.array([-1.0, 3.0]), 0.1, 0.9, 6),
    ],
    slips=[
        Slip("only_the_end", _end_alone, before_shape=True),
        Slip("start_missing", _begins_late, before_shape=True),
        Slip("one_array", _one_array),
        Slip("start_twice", _start_twice),
        Slip("start_lost", _start_lost),
        Slip("steps_listed", _steps_listed),
        Slip.formula(
            "dampened",
            _points_of(_dampened),
            "You weigh the gradient by $1 - \\beta$ (a running mean). Some libraries offer that as dampening; "
            "the heavy ball takes the whole gradient, so with $\\beta = 0.9$ yours is ten times slower.",
        ),
        Slip.formula(
            "brackets",
            _points_of(_brackets),
            "$\\beta$ multiplies the gradient too. It belongs to the old step alone.",
        ),
        Slip.formula(
            "letters_swapped",
            _points_of(_letters_swapped),
            "$\\alpha$ and $\\beta$ stand in each other's place: $\\alpha$ scales the gradient.",
        ),
        Slip.formula(
            "keeps_the_point",
            _points_of(_keeps_the_point),
            "You keep $\\beta$ times the *point*; the ball keeps $\\beta$ times its last step.",
        ),
        Slip.formula(
            "not_at_rest",
            _not_at_rest,
            "The ball begins at rest, $\\Delta_{-1} = 0$; yours has a step before its first one.",
        ),
        Slip.formula(
            "nesterov",
            _points_of(_nesterov),
            "You look ahead: the gradient is taken at $\\theta + \\beta\\Delta$. That is Nesterov's momentum, "
            "a good method; Polyak's ball takes the gradient where it is.",
        ),
        Slip.formula(
            "braking",
            _points_of(_braking),
            "The old step enters with a minus: that is a brake. Momentum goes on in the old direction.",
        ),
        Slip.formula(
            "uphill",
            _points_of(_uphill),
            "The gradient enters with a plus: it points uphill.",
        ),
        Slip.formula(
            "alpha_twice",
            _points_of(_scaled_again),
            "The step is multiplied by $\\alpha$ once more on its way into $\\theta$.",
        ),
        Slip.formula(
            "short_memory",
            _points_of(_forgets),
            "Only the last *gradient* is remembered. The ball keeps $\\beta$ times its whole last step, "
            "in which all older gradients live on.",
        ),
        Slip.formula(
            "one_gradient",
            _one_gradient,
            "The gradient is computed once, at the start. It belongs into the loop.",
        ),
    ],
    mutants=mutants.HEAVY_BALL,
    hints=[
        "Keep the last step in a variable, zero at first.",
        "In the loop: `delta = beta * delta - alpha * gradient(theta)`, then move by `delta`.",
        "`theta = theta + delta` makes a new array; append it, and return `np.array(points)`.",
    ],
    discussion=(
        "`torch.optim.SGD(momentum=0.9)` is this method while the learning rate does not change: "
        "it keeps $v = \\beta v + g$ and moves by $-\\alpha v$, so $\\Delta = -\\alpha v$."
    ),
    namespace={"np": np},
)
