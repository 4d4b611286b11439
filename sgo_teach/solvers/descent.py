"""Gradient descent, Polyak's heavy ball, Nesterov's momentum, and their rates on quadratics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.steps import Differentiable, Step, advance, evaluate, starting_point

StepSize = float | Callable[[int], float]


@dataclass(frozen=True, eq=False, kw_only=True)
class MomentumStep(Step):
    """A `Step` with its velocity: v_k = β v_{k−1} − α g_k, (n,); zero on a step with a status."""

    velocity: np.ndarray


def gradient_descent_steps(
    problem: Differentiable, start: ArrayLike, step_size: StepSize
) -> Iterator[Step]:
    """Yield the steps Δ = −α g of gradient descent.

    On a quadratic the error along the eigenvector of curvature h_i is multiplied by 1 − αh_i a
    step; Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 3.

    Parameters
    ----------
    problem : Differentiable
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
    problem: Differentiable, start: ArrayLike, step_size: StepSize, momentum: float
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
    return _momentum(problem, starting_point(start), step_size, _checked(momentum), ahead=False)


def nesterov_steps(
    problem: Differentiable, start: ArrayLike, step_size: StepSize, momentum: float
) -> Iterator[MomentumStep]:
    """Yield the steps Δ_k = β v_k − α g_k with v_k = β v_{k−1} − α g_k, of Nesterov's momentum.

    The points x_k are those where gradients are taken, as in ``torch.optim.SGD(nesterov=True)``.
    Sutskever, Martens, Dahl & Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013, follow x_k − β v_{k−1} instead and call x_k the look-ahead: the same
    run, read one half-step earlier. Nesterov, "A method of solving a convex programming problem
    with convergence rate O(1/k²)", 1983.

    Parameters
    ----------
    problem, start, step_size, momentum
        As for `heavy_ball_steps`.

    Raises
    ------
    ValueError
        As `heavy_ball_steps`.
    """
    return _momentum(problem, starting_point(start), step_size, _checked(momentum), ahead=True)


def _momentum(
    problem: Differentiable, x: np.ndarray, step_size: StepSize, beta: float, *, ahead: bool
) -> Iterator[MomentumStep]:
    v, k = np.zeros_like(x), 0
    while True:
        value, gradient, status = evaluate(problem, x)
        alpha = positive_step_size(step_size, k)
        v = _push(v, gradient, alpha, beta) if not status else np.zeros_like(x)
        delta = _push(v, gradient, alpha, beta) if ahead and not status else v
        yield MomentumStep(k, x, value, gradient, delta, status, velocity=v)
        if status:
            return
        x, k = advance(x, delta), k + 1


@np.errstate(over="ignore", invalid="ignore")
def _push(v: np.ndarray, gradient: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """βv − αg, shape (n,)."""
    return beta * v - alpha * gradient


def _checked(momentum: float) -> float:
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must be in [0, 1), not {momentum}: 1 never forgets")
    return momentum


def positive_step_size(step_size: StepSize, k: int) -> float:
    """α at move k, from a constant or a schedule.

    Raises
    ------
    ValueError
        If it is not positive and finite.
    """
    alpha = step_size(k) if callable(step_size) else step_size
    if not 0 < alpha < np.inf:
        raise ValueError(f"step_size must be positive and finite, not {alpha}")
    return alpha


def best_step_size(h_min: float, h_max: float) -> float:
    """The fixed α = 2/(h_min + h_max) with the best worst mode: |1 − αh| at both ends is equal.

    Parameters
    ----------
    h_min, h_max : float
        Smallest and largest curvature, 0 < h_min ≤ h_max.

    Raises
    ------
    ValueError
        If they are not such curvatures.
    """
    _condition_number(h_min, h_max)
    return 2 / (h_min + h_max)


def best_rate(h_min: float, h_max: float) -> float:
    """(κ − 1)/(κ + 1), κ = h_max/h_min: what is left of the error a step at `best_step_size`."""
    kappa = _condition_number(h_min, h_max)
    return (kappa - 1) / (kappa + 1)


def best_heavy_ball(h_min: float, h_max: float) -> tuple[float, float]:
    """(α, β) = (4/(√h_max + √h_min)², ((√κ − 1)/(√κ + 1))²), the best fixed pair.

    Polyak 1964; parameters and errors as for `best_step_size`.
    """
    beta = best_heavy_ball_rate(h_min, h_max) ** 2
    return 4 / (h_max**0.5 + h_min**0.5) ** 2, beta


def best_heavy_ball_rate(h_min: float, h_max: float) -> float:
    """(√κ − 1)/(√κ + 1) = √β: what is left of the error a step in the long run."""
    root = float(np.sqrt(_condition_number(h_min, h_max)))
    return (root - 1) / (root + 1)


def mode_rates(curvatures: ArrayLike, step_size: float, momentum: float = 0.0) -> np.ndarray:
    """What is left of the error along each eigenvector of curvature h, a step in the long run.

    The heavy ball's e_{k+1} = (1 + β − αh) e_k − β e_{k−1} shrinks by the larger root, in modulus,
    of z² − (1 + β − αh) z + β; without momentum that is |1 − αh|.

    Parameters
    ----------
    curvatures : (...) array
        Eigenvalues h_i of H, of any sign.
    step_size, momentum : float
        α and β.

    Returns
    -------
    (...) array
        Below 1 where the mode dies out, above where it grows.
    """
    b = 1 + momentum - step_size * np.asarray(curvatures, dtype=float)
    root = np.sqrt(b * b - 4 * momentum + 0j)
    return np.maximum(np.abs(b + root), np.abs(b - root)) / 2


def _condition_number(h_min: float, h_max: float) -> float:
    if not 0 < h_min <= h_max < np.inf:
        raise ValueError(f"curvatures must obey 0 < h_min <= h_max, not {h_min} and {h_max}")
    return h_max / h_min
