"""Phase I: a strictly feasible point of Gx < h, Ax = b, or a proof that there is none nearby.

Boyd & Vandenberghe, *Convex Optimization*, 2004, sec. 11.4.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.constrained.barrier import BarrierStep, barrier_steps
from sgo_teach.solvers.constrained.kkt import constraints, equalities, full_row_rank
from sgo_teach.solvers.steps import minimize

SMALLEST_MARGIN = 1e-9  # a set less deep than this counts as one without interior
PRECISION = 0.01  # to which the least violation is told where there is no point


class Violation:
    """The linear objective f(x, s) = s of phase I on points (x, s) of shape (n+1,)."""

    def value(self, point: np.ndarray) -> float:
        """The bound s on the violation."""
        return float(point[-1])

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """(0, …, 0, 1), shape (n+1,)."""
        return np.eye(point.size)[-1]

    def hessian(self, point: np.ndarray) -> np.ndarray:
        """Zero, shape (n+1, n+1)."""
        return np.zeros((point.size, point.size))


def phase_one(
    G: ArrayLike,
    h: ArrayLike,
    *,
    A: ArrayLike | None = None,
    b: ArrayLike | None = None,
    bound: float = 1e4,
) -> np.ndarray:
    """A point x (n,) with Gx < h strictly and Ax = b, for `barrier_steps` to start from.

    Minimises s subject to Gx − s ≤ h by the barrier method and stops at the first centre with
    s < 0. So that there are centres, s is kept above −1 and each coordinate within the bound
    around the point of Ax = b nearest to the origin.

    Parameters
    ----------
    G : (m, n) array
    h : (m,) array
    A : (p, n) array, optional
    b : (p,) array, optional
    bound : float
        Half the side of the cube that is searched.

    Raises
    ------
    ValueError
        If there is no strictly feasible point in the cube (the message tells by how much the
        inequalities must be violated at least), a shape does not fit, or Ax = b has no solution
        or dependent rows.
    """
    n = np.shape(G)[-1] if np.ndim(G) else 0
    G, h = constraints(G, h, n)
    A, b = full_row_rank(*equalities(A, b, n), n)
    near = np.linalg.lstsq(A, b, rcond=None)[0] if b.size else np.zeros(n)
    rows, sides = _with_violation(G, h, near, bound)
    start = np.append(near, np.max(G @ near - h, initial=0.0) + 1.0)
    steps = barrier_steps(Violation(), rows, sides, start, A=np.pad(A, ((0, 0), (0, 1))), b=b)
    last = cast(BarrierStep, minimize(steps, _decided).steps[-1])
    *x, s = last.x
    if s >= 0:
        raise ValueError(
            f"no x with Gx < h was found within {bound:g} of {near}: some row is violated by at "
            f"least {max(s - last.gap, 0):.3g} there; loosen h or widen the bound"
        )
    return np.array(x)


def _with_violation(
    G: np.ndarray, h: np.ndarray, near: np.ndarray, bound: float
) -> tuple[np.ndarray, np.ndarray]:
    """The inequalities on (x, s): Gx − s ≤ h, −s ≤ 1 and |x − near| ≤ bound."""
    n = near.size
    cube = np.hstack([np.vstack([np.eye(n), -np.eye(n)]), np.zeros((2 * n, 1))])
    above = -np.eye(n + 1)[-1:]
    rows = np.vstack([np.hstack([G, -np.ones((len(G), 1))]), above, cube])
    return rows, np.concatenate([h, [1.0], bound + near, bound - near])


def _decided(step: Any) -> str | None:
    """Whether s < 0 is reached, or out of reach: s* ≥ s − gap."""
    s = step.x[-1]
    if s < 0:
        return "found"
    return "hopeless" if step.gap < max(PRECISION * s, SMALLEST_MARGIN) else None
