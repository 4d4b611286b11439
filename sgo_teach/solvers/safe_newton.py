"""Newton's method made safe: B p = −g with B positive definite, then backtracking along p.

With B positive definite gᵀp = −gᵀB⁻¹g < 0: p is a descent direction, Armijo's condition can be
met, and the loss never rises. Where the Hessian H is positive definite B is H (or, for |H|, equal
to it), and near a minimiser the full step is taken: order 2 is kept. The methods differ in what
they make of an H that is not. Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 3.

None of them moves where g = 0, so a start exactly on a saddle stays there; of the methods here
only a trust region with the exact subproblem leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.line_search import armijo
from sgo_teach.solvers.quadratic_model import (
    QuadraticModel,
    is_positive_definite,
    positive_definite_step,
    quadratic_model,
)
from sgo_teach.solvers.steps import LINE_SEARCH, NOT_FINITE, Objective, Step, starting_point

Modification = Callable[[QuadraticModel], tuple[np.ndarray, float, float]]
LARGEST_SHIFT = 1e300  # next to which H + τI still is a matrix of floats
LEAST_CURVATURE = 1e-3  # of −g, as a share of max|h_ij|, from which a first step is measured


@dataclass(frozen=True, eq=False, kw_only=True)
class SafeNewtonStep(Step):
    """A `Step` Δ = αp with B p = −g.

    Its status may also be ``"line_search"``: no point along the direction was acceptable.

    Attributes
    ----------
    hessian : (n, n) array
        H = ∇²L(x_k).
    modified : (n, n) array
        B, positive definite; H itself where the method left it alone.
    tau : float
        τ where B = H + τI by `modified_cholesky_steps`, else 0.
    direction : (n,) array
        p.
    slope : float
        gᵀp, negative unless g = 0.
    alpha : float
        α; 0 where there is no step.
    evaluations : int
        Values of L that the backtracking looked at.
    """

    hessian: np.ndarray
    modified: np.ndarray
    tau: float
    direction: np.ndarray
    slope: float
    alpha: float
    evaluations: int


def damped_newton_steps(problem: Objective, start: ArrayLike) -> Iterator[SafeNewtonStep]:
    """Yield Newton's steps, shortened until the loss falls enough.

    Where H is not positive definite, so that Newton's direction may climb or aim at a saddle,
    the direction is −g instead: ``modified`` is then I. Backtracking starts from α = 1 along
    Newton's direction, and from the Cauchy length ‖g‖²/|gᵀH g| along −g, which has no length of
    its own.

    A singular H, such as that of softmax regression without a ridge, is not positive definite
    either, and the method is then gradient descent; the other two go on as Newton's.

    Parameters
    ----------
    problem : Objective
        Anything with ``value``, ``gradient`` and ``hessian``.
    start : (n,) array

    Raises
    ------
    ValueError
        If start is not a finite vector or a shape is wrong.
    """
    return _safe_newton(problem, starting_point(start), _newton_or_gradient)


def saddle_free_steps(
    problem: Objective, start: ArrayLike, floor: float = 1e-8
) -> Iterator[SafeNewtonStep]:
    """Yield the steps Δ = −α |H|⁻¹ g, with the eigenvalues of H replaced by their moduli.

    Along negative curvature |H| keeps Newton's step length and turns its sign: a saddle repels.
    Dauphin et al., "Identifying and attacking the saddle point problem in high-dimensional
    non-convex optimization", 2014; Nocedal & Wright, section 3.4.

    Parameters
    ----------
    problem, start
        As for `damped_newton_steps`.
    floor : float
        See `absolute_hessian`.

    Raises
    ------
    ValueError
        As `damped_newton_steps`, or if floor is not in (0, 1].
    """
    return _safe_newton(problem, starting_point(start), partial(_absolute, floor=floor))


def modified_cholesky_steps(
    problem: Objective, start: ArrayLike, beta: float = 1e-3
) -> Iterator[SafeNewtonStep]:
    """Yield the steps Δ = −α (H + τI)⁻¹ g with τ ≥ 0 large enough for Cholesky to succeed.

    Parameters
    ----------
    problem, start
        As for `damped_newton_steps`.
    beta : float
        See `cholesky_shift`.

    Raises
    ------
    ValueError
        As `damped_newton_steps`, or if beta is not positive.
    """
    return _safe_newton(problem, starting_point(start), partial(_shifted, beta=beta))


def absolute_hessian(H: ArrayLike, floor: float = 1e-8) -> np.ndarray:
    """|H| = Q diag(max(|h_i|, δ)) Qᵀ, shape (n, n), with δ = floor·max|h_i|; I where H is 0.

    δ keeps a direction of hardly any curvature from an endless step; being relative, it leaves
    the step the same when L is multiplied by a number.

    Parameters
    ----------
    H : (n, n) array
        Symmetric and finite.
    floor : float
        In (0, 1].

    Raises
    ------
    ValueError
        If floor is not in (0, 1], or H is not a finite square matrix.
    """
    if not 0 < floor <= 1:
        raise ValueError(f"floor must be in (0, 1], not {floor}; it is a share of max |h_i|")
    h, Q = np.linalg.eigh(_finite_square(H))
    size = np.abs(h)
    largest = np.max(size)
    size = np.maximum(size, floor * largest) if largest > 0 else np.ones_like(h)
    return (Q * size) @ Q.T


def cholesky_shift(H: ArrayLike, beta: float = 1e-3) -> float:
    """τ such that H + τI has a Cholesky factorisation; 0 where H has one.

    The first τ is 0 if the diagonal is positive and δ − min hᵢᵢ if not; then it doubles, from δ
    on. Nocedal & Wright, Algorithm 3.3 (Cholesky with added multiple of the identity), whose β is
    δ itself; here δ = β·max|hᵢⱼ|, so that τ scales with the loss. δ = β where H is 0.

    Parameters
    ----------
    H : (n, n) array
        Symmetric and finite.
    beta : float
        β > 0, a share of max|hᵢⱼ|.

    Raises
    ------
    ValueError
        If β is not positive, H is not a finite square matrix, or τ would overflow.
    """
    if not 0 < beta < np.inf:
        raise ValueError(f"beta must be positive and finite, not {beta}; it is the first shift")
    H = _finite_square(H)
    first, lowest = beta * (float(np.max(np.abs(H))) or 1.0), float(np.min(np.diag(H)))
    tau = 0.0 if lowest > 0 else first - lowest
    while not is_positive_definite(H + tau * np.eye(len(H))):
        tau = max(2 * tau, first)
        if tau > LARGEST_SHIFT:
            raise ValueError(f"the shift must stay finite, but {tau} is not enough; scale H down")
    return tau


def _finite_square(H: ArrayLike) -> np.ndarray:
    H = np.asarray(H, dtype=float)
    if H.ndim != 2 or H.shape[0] != H.shape[1] or not np.all(np.isfinite(H)):
        raise ValueError(f"H must be a finite (n, n) matrix, not {H} of shape {H.shape}")
    return H


# A modification answers B, τ and the α from which backtracking starts.


def _newton_or_gradient(model: QuadraticModel) -> tuple[np.ndarray, float, float]:
    g, H = model.gradient, model.hessian
    if is_positive_definite(H):
        return H, 0.0, 1.0
    return np.eye(g.size), 0.0, _cauchy_length(g, H)


def _cauchy_length(g: np.ndarray, H: np.ndarray) -> float:
    """‖g‖²/|gᵀH g|, shortened where the curvature along g is hardly any; 1 where g or H is 0."""
    size = float(np.max(np.abs(H)))
    if size == 0 or not np.any(g):
        return 1.0
    u = g / np.max(np.abs(g))
    curvature = float(u @ (H / size) @ u) / float(u @ u)
    return 1 / max(max(abs(curvature), LEAST_CURVATURE) * size, float(np.finfo(float).tiny))


def _absolute(model: QuadraticModel, floor: float) -> tuple[np.ndarray, float, float]:
    return absolute_hessian(model.hessian, floor), 0.0, 1.0


def _shifted(model: QuadraticModel, beta: float) -> tuple[np.ndarray, float, float]:
    H = model.hessian
    tau = cholesky_shift(H, beta)
    return (H + tau * np.eye(len(H)) if tau else H), tau, 1.0


def _safe_newton(
    problem: Objective, x: np.ndarray, modify: Modification
) -> Iterator[SafeNewtonStep]:
    k = 0
    while True:
        step = _step(problem, quadratic_model(problem, x), k, modify)
        yield step
        if step.status:
            return
        x, k = x + step.delta, k + 1


def _step(
    problem: Objective, model: QuadraticModel, k: int, modify: Modification
) -> SafeNewtonStep:
    x, g = model.x, model.gradient
    B, tau, first, p, status = _direction(model, modify)
    found = armijo(problem, x, p, first, value=model.value, gradient=g)
    return SafeNewtonStep(
        k=k,
        x=x,
        value=model.value,
        gradient=g,
        delta=found.alpha * p,
        status=status or (LINE_SEARCH if found.alpha == 0 and np.any(g) else ""),
        hessian=model.hessian,
        modified=B,
        tau=tau,
        direction=p,
        slope=0.0 if status else float(g @ p),
        alpha=found.alpha,
        evaluations=found.evaluations,
    )


def _direction(
    model: QuadraticModel, modify: Modification
) -> tuple[np.ndarray, float, float, np.ndarray, str]:
    """B, τ, first α, p with B p = −g, and a status; p is 0 where something is not finite."""
    if model.status:
        return model.hessian, 0.0, 1.0, 0.0 * model.x, model.status
    B, tau, first = modify(model)
    p = positive_definite_step(B, model.gradient)
    # B is positive definite, so that only overflow can leave it without a step.
    return (B, tau, first, 0.0 * model.x, NOT_FINITE) if p is None else (B, tau, first, p, "")
