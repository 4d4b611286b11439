"""Projected Newton on a box, done right, and the naive form that stops where it should not.

Bertsekas, "Projected Newton methods for optimization problems with simple constraints", SIAM J.
Control and Optimization 20 (1982).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.constrained.backtracking import backtrack
from sgo_teach.solvers.constrained.projected import ProjectedStep
from sgo_teach.solvers.constrained.projections import project_box
from sgo_teach.solvers.quadratic_model import evaluate_hessian
from sgo_teach.solvers.steps import (
    NOT_FINITE,
    SINGULAR,
    STALLED,
    Objective,
    evaluate,
    starting_point,
)

DECREASE_FRACTION = 1e-4  # σ of the Armijo condition along the projection arc
NEAR = 1e-3  # the greatest ε within which a bound counts as reached
SMALLEST_CURVATURE = 1e-10  # of the reduced Hessian, relative to its largest


@dataclass(frozen=True, eq=False)
class _Box:
    """lower ≤ x ≤ upper, both of shape (n,)."""

    lower: np.ndarray
    upper: np.ndarray

    def project(self, x: np.ndarray) -> np.ndarray:
        return project_box(x, self.lower, self.upper)

    def residual(self, x: np.ndarray, g: np.ndarray) -> float:
        return float(np.linalg.norm(x - self.project(x - g)))

    def active(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """Bertsekas' I⁺: within ε of a bound that −g pushes against, ε → 0 with the residual."""
        epsilon = min(NEAR, self.residual(x, g))
        at_lower, at_upper = x <= self.lower + epsilon, x >= self.upper - epsilon
        return (at_lower & (g > 0)) | (at_upper & (g < 0))


@dataclass(frozen=True, eq=False, kw_only=True)
class ProjectedNewtonStep(ProjectedStep):
    """A `ProjectedStep` with the coordinates that it holds at their bounds.

    Status ``"singular"``: no Newton direction. Status ``"stalled"``: no α along the arc lowers L.
    That is how the naive form ends.

    Attributes
    ----------
    active : (n,) array of booleans
        The coordinates near a bound that −g pushes against; the Hessian is reduced to the others.
        The naive form holds none.
    direction : (n,) array
        p of the arc α ↦ P(x + αp).
    """

    active: np.ndarray
    direction: np.ndarray


def projected_newton_steps(
    problem: Objective,
    start: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    naive: bool = False,
) -> Iterator[ProjectedNewtonStep]:
    """Yield the steps of Bertsekas' projected Newton method on lower ≤ x ≤ upper.

    A coordinate is active where it is within ε of a bound and −g points out of the box. Active
    coordinates step by −g, the others by the Newton step of the Hessian reduced to them; the
    point x(α) = P(x + αp) is taken for the first α = 1, ½, ¼, … with enough decrease. Where the
    reduced Hessian is not positive definite, its eigenvalues are taken by modulus.

    The naive form projects the full Newton step, P(x − αH⁻¹g). Clipping one coordinate can turn
    the others uphill, and then no α helps, though the point is not stationary.

    Parameters
    ----------
    problem : Objective
        Anything with ``value``, ``gradient`` and ``hessian``.
    start : (n,) array
        Step 0 is its projection onto the box.
    lower, upper : floats or (n,) arrays
        May be infinite.
    naive : bool
        Whether to make the mistake, to look at it.

    Raises
    ------
    ValueError
        If start is not a finite vector, the box is empty or has another shape.
    """
    x = starting_point(start)
    box = _box(lower, upper, x)
    return _projected_newton(problem, box, box.project(x), naive)


def _projected_newton(
    problem: Objective, box: _Box, x: np.ndarray, naive: bool
) -> Iterator[ProjectedNewtonStep]:
    k = 0
    while True:
        value, g, status = evaluate(problem, x)
        active = box.active(x, g) & (not naive)
        p, status = _direction(problem, x, g, active, naive) if not status else (0.0 * x, status)
        alpha = _search(problem, box, (x, value, g), p, active) if not status else 0.0
        status = status or ("" if alpha else STALLED)
        after = box.project(x + alpha * p)
        yield ProjectedNewtonStep(
            k, x, value, g, after - x, status,
            alpha=alpha, residual=box.residual(x, g), active=active, direction=p,
        )  # fmt: skip
        if status:
            return
        x, k = after, k + 1


def _direction(
    problem: Objective, x: np.ndarray, g: np.ndarray, active: np.ndarray, naive: bool
) -> tuple[np.ndarray, str]:
    """p (n,): −g where active, a Newton step of the reduced Hessian elsewhere; and the status."""
    H = evaluate_hessian(problem, x)
    if not np.all(np.isfinite(H)):
        return np.zeros_like(x), NOT_FINITE
    free, p = np.flatnonzero(~active), -g
    reduced = H[np.ix_(free, free)]
    try:
        p[free] = np.linalg.solve(reduced if naive else _positive_definite(reduced), -g[free])
    except np.linalg.LinAlgError:
        return np.zeros_like(x), SINGULAR
    return (p, "") if np.all(np.isfinite(p)) else (np.zeros_like(x), NOT_FINITE)


def _positive_definite(H: np.ndarray) -> np.ndarray:
    """H, or where it is not safely positive definite |H|: its eigenvalues by modulus, floored."""
    if not H.size:
        return H
    eigenvalues, V = np.linalg.eigh(H)
    moduli = np.abs(eigenvalues)
    floor = SMALLEST_CURVATURE * (moduli.max() or 1.0)
    return H if eigenvalues[0] >= floor else (V * np.maximum(moduli, floor)) @ V.T


def _search(
    problem: Objective,
    box: _Box,
    here: tuple[np.ndarray, float, np.ndarray],
    p: np.ndarray,
    active: np.ndarray,
) -> float:
    """The α of Bertsekas' Armijo condition along the arc P(x + αp), or 0."""
    x, value, g = here
    slope = g @ np.where(active, 0.0, p)

    def bound(alpha: float) -> float:
        move = box.project(x + alpha * p) - x
        promised = alpha * slope + g @ np.where(active, move, 0.0)
        return value + DECREASE_FRACTION * float(promised)

    return backtrack(lambda a: float(problem.value(box.project(x + a * p))), bound, scale=value)


def _box(lower: ArrayLike, upper: ArrayLike, x: np.ndarray) -> _Box:
    bounds = [np.array(bound, dtype=float) for bound in (lower, upper)]
    for bound in bounds:
        if bound.shape not in ((), x.shape):
            raise ValueError(f"bounds must be numbers or of shape {x.shape}, not {bound.shape}")
    return _Box(*(np.broadcast_to(bound, x.shape) for bound in bounds))
