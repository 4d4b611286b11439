"""Newton's method, in n dimensions to minimise and in one to find a root.

Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 3 (minimising) and ch. 11
(equations).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.quadratic_model import evaluate_hessian
from sgo_teach.solvers.steps import (
    NOT_FINITE,
    SINGULAR,
    Objective,
    Step,
    advance,
    evaluate,
    starting_point,
)

Damping = float | Callable[[int], float]


@dataclass(frozen=True, eq=False, kw_only=True)
class NewtonStep(Step):
    """A `Step` with the matrix that made it: (H + λI) Δ = −g, then Δ times the step size.

    Attributes
    ----------
    hessian : (n, n) array
        H = ∇²L(x_k), without the damping.
    damping : float
        λ.
    """

    hessian: np.ndarray
    damping: float


def newton_steps(
    problem: Objective, start: ArrayLike, damping: Damping = 0.0, step_size: float = 1.0
) -> Iterator[NewtonStep]:
    """Yield the steps (H + λI) Δ = −g of (damped) Newton's method.

    Nothing here keeps Newton from a saddle or a maximum: it solves ∇L = 0. Where H + λI is
    exactly singular there is no unique step, and the run ends on a step with status
    ``"singular"`` and delta 0; where it is nearly so, the step is enormous, which is the
    method's own failing and is left to be seen. Where L, g, H or Δ is not finite the run ends with
    status ``"not_finite"``.

    Parameters
    ----------
    problem : Objective
        Anything with ``value``, ``gradient`` and ``hessian``.
    start : (n,) array
    damping : float or callable k -> float
        λ ≥ 0, constant or scheduled by the number of moves so far.
    step_size : float
        α in x + αΔ; 1 is Newton's method.

    Raises
    ------
    ValueError
        If start is not a finite vector, λ is negative, α is not positive, or a shape is wrong.
    """
    if not 0 < step_size < np.inf:
        raise ValueError(f"step_size must be positive and finite, not {step_size}; Newton's is 1")
    return _newton(problem, starting_point(start), damping, step_size)


def _newton(
    problem: Objective, x: np.ndarray, damping: Damping, step_size: float
) -> Iterator[NewtonStep]:
    k = 0
    while True:
        value, gradient, status = evaluate(problem, x)
        hessian = evaluate_hessian(problem, x)
        lam = _not_negative(damping, k)
        delta, status = _newton_delta(gradient, hessian, lam) if not status else (0.0 * x, status)
        delta = step_size * delta
        yield NewtonStep(k, x, value, gradient, delta, status, hessian=hessian, damping=lam)
        if status:
            return
        x, k = advance(x, delta), k + 1


def _newton_delta(g: np.ndarray, H: np.ndarray, lam: float) -> tuple[np.ndarray, str]:
    """Δ with (H + λI) Δ = −g, and a status where there is none."""
    zero = np.zeros_like(g)
    if not np.all(np.isfinite(H)):
        return zero, NOT_FINITE
    try:
        delta = np.linalg.solve(H + lam * np.eye(g.size), -g)
    except np.linalg.LinAlgError:
        return zero, SINGULAR
    return (delta, "") if np.all(np.isfinite(delta)) else (zero, NOT_FINITE)


def _not_negative(damping: Damping, k: int) -> float:
    lam = damping(k) if callable(damping) else damping
    if not 0 <= lam < np.inf:
        raise ValueError(f"damping must be finite and at least 0, not {lam}")
    return float(lam)


@dataclass(frozen=True)
class RootStep:
    """One step of Newton's method for f(x) = 0.

    Attributes
    ----------
    k : int
        Number of moves made so far.
    x, value, slope : float
        x_k, f(x_k) and f′(x_k).
    delta : float
        −f(x_k)/f′(x_k): where the tangent meets zero, seen from x_k; 0 on a step with a status.
    status : str
        Empty, ``"singular"`` (the tangent is level) or ``"not_finite"`` (NaN or overflow).
    """

    k: int
    x: float
    value: float
    slope: float
    delta: float
    status: str = ""


def newton_root_steps(
    f: Callable[[float], float], df: Callable[[float], float], start: float
) -> Iterator[RootStep]:
    """Yield the steps x ↦ x − f(x)/f′(x) of Newton's method for a root.

    Parameters
    ----------
    f, df : callables float -> float
        The function and its derivative.
    start : float

    Raises
    ------
    ValueError
        If start is not finite.
    """
    if not np.isfinite(start):
        raise ValueError(f"start must be finite, not {start}")
    return _newton_root(f, df, float(start))


def _newton_root(
    f: Callable[[float], float], df: Callable[[float], float], x: float
) -> Iterator[RootStep]:
    k = 0
    while True:
        step = _root_step(f, df, x, k)
        yield step
        if step.status:
            return
        x, k = x + step.delta, k + 1


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _root_step(
    f: Callable[[float], float], df: Callable[[float], float], x: float, k: int
) -> RootStep:
    at = np.float64(x)  # overflows to inf where a Python float would raise
    value, slope = float(f(at)), float(df(at))
    if not (np.isfinite(value) and np.isfinite(slope)):
        return RootStep(k, x, value, slope, 0.0, NOT_FINITE)
    if slope == 0:
        return RootStep(k, x, value, slope, 0.0, SINGULAR)
    delta = float(np.divide(-value, slope))
    if not np.isfinite(x + delta):
        return RootStep(k, x, value, slope, 0.0, NOT_FINITE)
    return RootStep(k, x, value, slope, delta)
