"""Gradient descent and Polyak's heavy ball."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.steps import Objective, Step, evaluate, starting_point

StepSize = float | Callable[[int], float]


def gradient_descent_steps(
    problem: Objective, start: ArrayLike, step_size: StepSize
) -> Iterator[Step]:
    """Yield the steps Δ = −α g of gradient descent.

    On a quadratic the error along the eigenvector of curvature h_i is multiplied by 1 − αh_i a
    step; Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 3.

    Parameters
    ----------
    problem : Objective
        Anything with ``value`` and ``gradient``.
    start : (n,) array
    step_size : float or callable k -> float
        α, constant or scheduled by the number of moves so far.

    Raises
    ------
    ValueError
        If start is not a finite vector or α is not positive and finite.
    """
    return heavy_ball_steps(problem, start, step_size, momentum=0.0)


def heavy_ball_steps(
    problem: Objective, start: ArrayLike, step_size: StepSize, momentum: float
) -> Iterator[Step]:
    """Yield the steps Δ_k = −α g_k + β Δ_{k−1} of the heavy-ball method, with Δ_{−1} = 0.

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.

    Parameters
    ----------
    problem, start, step_size
        As for `gradient_descent_steps`.
    momentum : float
        β in [0, 1); 0 is gradient descent.

    Raises
    ------
    ValueError
        As `gradient_descent_steps`, or if β is outside [0, 1).
    """
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must be in [0, 1), not {momentum}: 1 never forgets")
    return _heavy_ball(problem, starting_point(start), step_size, momentum)


def _heavy_ball(
    problem: Objective, x: np.ndarray, step_size: StepSize, momentum: float
) -> Iterator[Step]:
    delta, k = np.zeros_like(x), 0
    while True:
        value, gradient, status = evaluate(problem, x)
        delta = momentum * delta - _positive(step_size, k) * gradient if not status else 0.0 * x
        yield Step(k, x, value, gradient, delta, status)
        if status:
            return
        x, k = x + delta, k + 1


def _positive(step_size: StepSize, k: int) -> float:
    alpha = step_size(k) if callable(step_size) else step_size
    if not 0 < alpha < np.inf:
        raise ValueError(f"step_size must be positive and finite, not {alpha}")
    return alpha
