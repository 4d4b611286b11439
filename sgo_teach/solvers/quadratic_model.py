"""The quadratic model of L around a point, and how well it foretold the change of L.

m(p) = L + gᵀp + ½ pᵀH p. Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 4; what
rounding does to ρ: Conn, Gould & Toint, *Trust-Region Methods*, 2000, ch. 17.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from sgo_teach.solvers.steps import NOT_FINITE, Objective, Step, evaluate

ROUNDING = 10 * float(np.finfo(float).eps)  # so much of L is rounding error
MAX_HALVINGS = 60  # halved as often, a step that drowns in rounding is none


@dataclass(frozen=True, eq=False)
class QuadraticModel:
    """m(p) = L + gᵀp + ½ pᵀH p around x.

    Attributes
    ----------
    x : (n,) array
    value : float
        L(x).
    gradient, hessian : (n,) and (n, n) arrays
        g = ∇L(x) and H = ∇²L(x).
    status : str
        Empty, or ``"not_finite"`` where L, g or H is NaN or infinite or too large to be squared.
    """

    x: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    status: str = ""

    @np.errstate(over="ignore", invalid="ignore")
    def change(self, p: np.ndarray) -> float:
        """m(p) − m(0) for a step p (n,)."""
        return float(self.gradient @ p + 0.5 * p @ self.hessian @ p)


@dataclass(frozen=True, eq=False, kw_only=True)
class TrialStep(Step):
    """A `Step` that is tried first and taken only if L falls nearly as the model foretold.

    Attributes
    ----------
    hessian : (n, n) array
        H = ∇²L(x_k).
    trial : (n,) array
        The step p that was tried; delta is p if it was accepted and else 0.
    model_change : float
        m(p) − m(0), never positive.
    actual_change : float
        L(x_k + p) − L(x_k); NaN where there was no p.
    rho : float
        The reduction ratio actual_change/model_change; NaN where it has no meaning.
    accepted : bool
    """

    hessian: np.ndarray
    trial: np.ndarray
    model_change: float
    actual_change: float
    rho: float
    accepted: bool


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def evaluate_hessian(problem: Objective, x: np.ndarray) -> np.ndarray:
    """∇²L(x) as a fresh (n, n) array of floats, finite or not.

    Raises
    ------
    ValueError
        If it does not have the shape (n, n).
    """
    H = np.array(problem.hessian(x), float)
    if H.shape != (x.size, x.size):
        raise ValueError(f"the Hessian at x of shape {x.shape} must be square, not {H.shape}")
    return H


@np.errstate(over="ignore", invalid="ignore")
def quadratic_model(problem: Objective, x: np.ndarray) -> QuadraticModel:
    """The model around x (n,).

    Raises
    ------
    ValueError
        If the value, gradient or Hessian has a wrong shape.
    """
    value, gradient, status = evaluate(problem, x)
    hessian = evaluate_hessian(problem, x)
    # Norms are squared further on, so what overflows when squared is as good as infinite.
    finite = isfinite(float(gradient @ gradient)) and isfinite(float(np.sum(hessian * hessian)))
    return QuadraticModel(x, value, gradient, hessian, status or ("" if finite else NOT_FINITE))


def is_positive_definite(B: np.ndarray) -> bool:
    """Whether B (n, n) is, by the test that its Cholesky factorisation exists."""
    try:
        np.linalg.cholesky(B)
    except np.linalg.LinAlgError:
        return False
    return True


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def positive_definite_step(B: np.ndarray, g: np.ndarray) -> np.ndarray | None:
    """The p (n,) with B p = −g by Cholesky's B = CCᵀ; None where B is not positive definite."""
    try:
        C = np.linalg.cholesky(B)
        p = np.linalg.solve(C.T, np.linalg.solve(C, -g))
    except np.linalg.LinAlgError:
        return None
    return p if np.all(np.isfinite(p)) else None


def reduction_ratio(actual: float, predicted: float, rounding: float = 0.0) -> float:
    """ρ = (actual change of the loss)/(change predicted by the undamped model).

    Parameters
    ----------
    actual : L(θ + Δθ) − L(θ)
    predicted : gᵀΔθ + ½ΔᵀGΔ, measured from θ
    rounding : size of the rounding error in `actual`

    Returns
    -------
    float
        1 where both changes drown in the rounding error (a good model must not be blamed for it:
        Conn, Gould & Toint, *Trust-Region Methods*, 2000, ch. 17); NaN where the model predicts
        no descent or a number is not finite; the ratio everywhere else.
    """
    if not (isfinite(actual) and isfinite(predicted)):
        return nan
    if abs(actual) <= rounding and abs(predicted) <= rounding:
        return 1.0
    return actual / predicted if predicted < 0 else nan


def try_step(
    problem: Objective, model: QuadraticModel, p: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """Try a step p (n,) and answer p, L(x + p) − L(x) and ρ, at the cost of one value or a few.

    Where both changes drown in the rounding of L, a computed rise says nothing against the model;
    p is then halved, for a value each time, until none is computed, so that a run creeps on to
    where g vanishes and its losses still never rise.
    """
    rounding = ROUNDING * abs(model.value)
    actual = _actual_change(problem, model, p)
    for _ in range(MAX_HALVINGS):
        if not 0 < actual <= rounding or abs(model.change(p)) > rounding:
            break
        p = p / 2
        actual = _actual_change(problem, model, p)
    return p, actual, reduction_ratio(actual, model.change(p), rounding)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _actual_change(problem: Objective, model: QuadraticModel, p: np.ndarray) -> float:
    return float(problem.value(model.x + p)) - model.value
