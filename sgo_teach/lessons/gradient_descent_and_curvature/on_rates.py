"""Exercises of lesson 02 on descent: the best fixed step, and the heavy ball."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gradient_descent_and_curvature import mutants_rates as mutants

LESSON = "gradient_descent_and_curvature"


# -- the best fixed step ------------------------------------------------------------------------
def _best_fixed_step(hessian):
    """Best fixed step size and its rate, (α, rate), for a symmetric positive definite H (n, n)."""
    h = np.linalg.eigvalsh(hessian)
    alpha = 2 / (h[0] + h[-1])
    return alpha, 1 - alpha * h[0]


def _alpha_is(formula, message):
    """A slip for an answer whose α is what another formula of the sorted curvatures gives."""

    def when(case, got, want):
        return message if np.isclose(got[0], formula(np.linalg.eigvalsh(case[0]))) else None

    return when


def _by_the_diagonal(case, got, want):
    d = np.sort(np.diag(case[0]))
    if np.isclose(got[0], 2 / (d[0] + d[-1])):
        return (
            "You read the curvatures off the diagonal of $H$. They are its *eigenvalues*: "
            "the diagonal shows the curvature along the axes, which is never more extreme."
        )


def _rate_is(formula, message):
    """A slip for an answer whose rate is what another formula of (α, h) gives."""

    def when(case, got, want):
        h = np.linalg.eigvalsh(case[0])
        return message if np.isclose(got[1], formula(want[0], h)) else None

    return when


def _swapped(case, got, want):
    if np.allclose(got, want[::-1]):
        return "The step size comes first, then the rate."


def _not_a_pair(case, got, want):
    if np.ndim(got) == 0:
        return "Two numbers are asked: `return alpha, rate`."


best_fixed_step = Exercise(
    name="best_fixed_step",
    lesson=LESSON,
    stub='''def best_fixed_step(hessian):
    """Best fixed step size and its rate, (α, rate), for a symmetric positive definite H (n, n)."""
    ...''',
    reference=_best_fixed_step,
    cases=[
        (np.array([[6.0, 2.0, 0.0], [2.0, 4.0, 1.0], [0.0, 1.0, 3.0]]),),
        (np.array([[2.0, 1.0], [1.0, 7.0]]),),
        (np.diag([9.0, 0.5, 3.0]),),
    ],
    slips=[
        Slip("not_a_pair", _not_a_pair, before_shape=True),
        Slip("swapped", _swapped),
        Slip("by_the_diagonal", _by_the_diagonal),
        Slip(
            "the_edge",
            _alpha_is(
                lambda h: 2 / h[-1],
                "$2/h_{\\max}$ is the edge: there the steep mode swings to and fro for ever, "
                "$|1 - \\alpha h_{\\max}| = 1$.",
            ),
        ),
        Slip(
            "too_careful",
            _alpha_is(
                lambda h: 1 / h[-1],
                "$1/h_{\\max}$ ends the steep mode in one move and leaves the flat one $1 - 1/\\kappa$: "
                "safe, but a longer step helps the flat mode more than it harms the steep one.",
            ),
        ),
        Slip(
            "for_the_flat_mode",
            _alpha_is(
                lambda h: 1 / h[0],
                "$1/h_{\\min}$ suits the flat mode alone; the steep one gets the factor $1 - \\kappa$.",
            ),
        ),
        Slip(
            "half",
            _alpha_is(
                lambda h: 1 / (h[0] + h[-1]),
                "Half of it: with $1/(h_{\\min} + h_{\\max})$ both factors are positive and unequal. "
                "Where are $|1-\\alpha h_{\\min}|$ and $|1-\\alpha h_{\\max}|$ equal?",
            ),
        ),
        Slip(
            "trace",
            _alpha_is(
                lambda h: 2 / h.sum(),
                "You divide by the sum of *all* curvatures (the trace). Only the two ends compete; "
                "what lies between shrinks faster.",
            ),
        ),
        Slip(
            "average",
            _alpha_is(
                lambda h: 1 / h.mean(),
                "The average of all curvatures is not the middle between the ends, unless there are two.",
            ),
        ),
        Slip(
            "signed_rate",
            _rate_is(
                lambda alpha, h: 1 - alpha * h[-1],
                "Your rate is the steep mode's factor with its sign. A rate is the *size* of what is left.",
            ),
        ),
        Slip(
            "rate_of_momentum",
            _rate_is(
                lambda alpha, h: (np.sqrt(h[-1] / h[0]) - 1) / (np.sqrt(h[-1] / h[0]) + 1),
                "That rate has $\\sqrt\\kappa$: it belongs to momentum, and comes later in this lesson.",
            ),
        ),
        Slip(
            "one_over_kappa",
            _rate_is(
                lambda alpha, h: 1 - h[0] / h[-1],
                "$1 - 1/\\kappa$ is the rate of the careful step $1/h_{\\max}$; yours is longer.",
            ),
        ),
        Slip(
            "what_is_gone",
            _rate_is(
                lambda alpha, h: alpha * h[0],
                "That is the part of the flat mode's error that *goes* in a move; the rate is what stays.",
            ),
        ),
    ],
    mutants=mutants.BEST_FIXED_STEP,
    hints=[
        "Which two modes are the worst? Draw $|1 - \\alpha h_{\\min}|$ and $|1 - \\alpha h_{\\max}|$ against $\\alpha$.",
        "They cross where $1 - \\alpha h_{\\min} = \\alpha h_{\\max} - 1$. `np.linalg.eigvalsh` gives the curvatures, sorted.",
        "`alpha = 2 / (h[0] + h[-1])`; the rate is $1 - \\alpha h_{\\min} = (\\kappa - 1)/(\\kappa + 1)$.",
    ],
    discussion=(
        "Shorter, and the flat mode is slower; longer, and the steep one is. "
        "The curvatures between the ends do not matter, and nor does $n$. "
        "To use the formula you must know $h_{\\min}$ and $h_{\\max}$, which in practice nobody tells you."
    ),
    namespace={"np": np},
)


# -- momentum -----------------------------------------------------------------------------------
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


heavy_ball = Exercise(
    name="heavy_ball",
    lesson=LESSON,
    stub='''def heavy_ball(gradient, theta, alpha, beta, steps):
    """Points of the heavy ball, the start included; theta (n,) → (steps + 1, n)."""
    ...''',
    reference=_heavy_ball,
    cases=[
        (_bowl_gradient, np.array([2.0, -1.0]), 0.2, 0.5, 4),
        (_dented_gradient, np.array([-1.0, 3.0]), 0.1, 0.9, 6),
    ],
    slips=[
        Slip("only_the_end", _end_alone, before_shape=True),
        Slip("start_missing", _begins_late, before_shape=True),
        Slip("one_array", _one_array),
        Slip.formula(
            "dampened",
            _points_of(_dampened),
            "You weigh the gradient by $1 - \\beta$ (a running mean). Some libraries offer that as dampening; "
            "the heavy ball takes the whole gradient, so with $\\beta = 0.9$ yours is ten times slower.",
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
