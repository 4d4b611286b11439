"""Newton's method under linear equality constraints: minimise f(x) subject to Ax = b.

Boyd & Vandenberghe, *Convex Optimization*, 2004, ch. 10: the feasible method of algorithm 10.1,
and the infeasible one of algorithm 10.2, which may start anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.constrained.backtracking import backtrack, roundoff
from sgo_teach.solvers.constrained.kkt import check_feasible, full_row_rank, solve_kkt
from sgo_teach.solvers.quadratic_model import evaluate_hessian
from sgo_teach.solvers.steps import (
    STALLED,
    UPHILL,
    Objective,
    Step,
    StopRule,
    evaluate,
    starting_point,
)

SLOPE_FRACTION = 0.1  # c of both Armijo conditions; any number below ½ will do


@dataclass(frozen=True, eq=False, kw_only=True)
class EqualityStep(Step):
    """A `Step` Δ = α Δx, where Δx and the new multipliers solve one KKT system.

    Status ``"uphill"`` says that Δx does not descend (f is not convex on Ax = b), ``"stalled"``
    that no step along it was accepted; the others are those of `Step`.

    Attributes
    ----------
    nu : (p,) array
        The multipliers ν at x_k: of the feasible method those that the KKT system gives, of the
        infeasible one the current iterate.
    primal_residual : (p,) array
        Ax_k − b.
    dual_residual : (n,) array
        ∇f(x_k) + Aᵀν.
    decrement : float
        Newton's decrement λ = √(ΔxᵀHΔx); where x_k is feasible, λ²/2 estimates f(x_k) − f*.
        NaN where there is no Δx or the form is negative.
    alpha : float
        The step size.
    """

    nu: np.ndarray
    primal_residual: np.ndarray
    dual_residual: np.ndarray
    decrement: float
    alpha: float


def residual_below(tolerance: float) -> StopRule:
    """Stop rule: the norm of both residuals of an `EqualityStep` together ≤ tolerance."""

    def rule(step: Any) -> str | None:
        r = np.concatenate([step.dual_residual, step.primal_residual])
        return "residual" if np.linalg.norm(r) <= tolerance else None

    return rule


def decrement_below(tolerance: float) -> StopRule:
    """Stop rule: λ²/2 ≤ tolerance, for steps with a Newton decrement λ at a feasible x."""

    def rule(step: Any) -> str | None:
        return "decrement" if step.decrement**2 / 2 <= tolerance else None

    return rule


def feasible_newton_steps(
    problem: Objective, A: ArrayLike, b: ArrayLike, start: ArrayLike
) -> Iterator[EqualityStep]:
    """Yield the steps of Newton's method on Ax = b from a feasible start.

    Every iterate stays feasible, and α = 1, ½, ¼, … is the first to lower f by a tenth of what
    the slope promises (Armijo's condition).

    Parameters
    ----------
    problem : Objective
        Anything with ``value``, ``gradient`` and ``hessian``; the value may be +∞ outside f's
        domain.
    A : (p, n) array
        Of full row rank; p may be 0.
    b : (p,) array
    start : (n,) array
        With A start = b.

    Raises
    ------
    ValueError
        If start is not finite or not feasible, a shape does not fit, or the rows of A are
        dependent.
    """
    x = starting_point(start)
    A, b = full_row_rank(A, b, x.size)
    check_feasible(A, b, x)
    return _feasible(problem, A, b, x)


def infeasible_newton_steps(
    problem: Objective, A: ArrayLike, b: ArrayLike, start: ArrayLike, nu: ArrayLike | None = None
) -> Iterator[EqualityStep]:
    """Yield the steps of Newton's method on the conditions ∇f(x) + Aᵀν = 0, Ax = b.

    α = 1, ½, ¼, … is the first with f(x + αΔx) finite and
    ‖r(x + αΔx, ν + αΔν)‖ < (1 − α/10) ‖r(x, ν)‖ for the residual r = (∇f + Aᵀν, Ax − b), up to
    rounding where α = 1. A full step makes x feasible, and feasible it stays. f itself may rise.

    Parameters
    ----------
    problem, A, b
        As for `feasible_newton_steps`.
    start : (n,) array
        Any point in f's domain.
    nu : (p,) array, optional
        First multipliers, by default 0.

    Raises
    ------
    ValueError
        As `feasible_newton_steps`, but for a start off Ax = b.
    """
    x = starting_point(start)
    A, b = full_row_rank(A, b, x.size)
    nu = np.zeros(b.size) if nu is None else starting_point(nu)
    if nu.shape != b.shape:
        raise ValueError(f"nu must have shape {b.shape}, one multiplier a row, not {nu.shape}")
    return _infeasible(problem, A, b, x, nu)


def _feasible(
    problem: Objective, A: np.ndarray, b: np.ndarray, x: np.ndarray
) -> Iterator[EqualityStep]:
    k = 0
    while True:
        value, g, status = evaluate(problem, x)
        dx, nu, decrement, status = _newton_direction(problem, A, x, g, 0.0 * b, status)
        alpha, status = _descend(problem, x, value, g, dx) if not status else (0.0, status)
        yield EqualityStep(
            k, x, value, g, alpha * dx, status, nu=nu, primal_residual=A @ x - b,
            dual_residual=g + A.T @ nu, decrement=decrement, alpha=alpha,
        )  # fmt: skip
        if status:
            return
        x, k = x + alpha * dx, k + 1


def _infeasible(
    problem: Objective, A: np.ndarray, b: np.ndarray, x: np.ndarray, nu: np.ndarray
) -> Iterator[EqualityStep]:
    k = 0
    while True:
        value, g, status = evaluate(problem, x)
        dx, target, decrement, status = _newton_direction(problem, A, x, g, A @ x - b, status)
        dnu = target - nu
        alpha = 0.0 if status else _shrink_residual(problem, A, b, (x, dx), (nu, dnu))
        status = status or ("" if alpha else STALLED)
        yield EqualityStep(
            k, x, value, g, alpha * dx, status, nu=nu, primal_residual=A @ x - b,
            dual_residual=g + A.T @ nu, decrement=decrement, alpha=alpha,
        )  # fmt: skip
        if status:
            return
        x, nu, k = x + alpha * dx, nu + alpha * dnu, k + 1


def _newton_direction(
    problem: Objective, A: np.ndarray, x: np.ndarray, g: np.ndarray, r: np.ndarray, status: str
) -> tuple[np.ndarray, np.ndarray, float, str]:
    """Δx (n,), its multipliers (p,), the decrement and the status at x."""
    if status:
        return np.zeros_like(x), np.zeros_like(r), np.nan, status
    H = evaluate_hessian(problem, x)
    dx, nu, status = solve_kkt(H, A, g, r)
    square = dx @ H @ dx if not status else np.nan
    return dx, nu, float(np.sqrt(square)) if square >= 0 else np.nan, status


def _descend(
    problem: Objective, x: np.ndarray, value: float, g: np.ndarray, dx: np.ndarray
) -> tuple[float, str]:
    """Armijo's α along Δx and the status."""
    slope = float(g @ dx)
    if slope > roundoff(value):
        return 0.0, UPHILL

    alpha = backtrack(
        lambda a: float(problem.value(x + a * dx)),
        lambda a: value + SLOPE_FRACTION * a * slope,
        scale=value,
    )
    return alpha, "" if alpha else STALLED


def _shrink_residual(
    problem: Objective,
    A: np.ndarray,
    b: np.ndarray,
    primal: tuple[np.ndarray, np.ndarray],
    dual: tuple[np.ndarray, np.ndarray],
) -> float:
    """The α along (Δx, Δν) that stays in f's domain and shrinks the residual, or 0."""
    (x, dx), (nu, dnu) = primal, dual

    def norm(alpha: float) -> float:
        x_new, nu_new = x + alpha * dx, nu + alpha * dnu
        if not np.isfinite(problem.value(x_new)):  # its gradient may be finite there all the same
            return np.inf
        dual = np.asarray(problem.gradient(x_new), float) + A.T @ nu_new
        return float(np.linalg.norm(np.concatenate([dual, A @ x_new - b])))

    now = norm(0.0)
    scale = float(np.linalg.norm(A) * np.linalg.norm(np.concatenate([x, nu])))
    return backtrack(norm, lambda a: (1 - SLOPE_FRACTION * a) * now, scale)
