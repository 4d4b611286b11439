"""Linear equality constraints Ax = b and the KKT system of one Newton step under them.

Boyd & Vandenberghe, *Convex Optimization*, 2004, ch. 10.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.steps import NOT_FINITE, SINGULAR


def constraints(A: ArrayLike, b: ArrayLike, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A (p, n) and b (p,) as fresh arrays of floats.

    Raises
    ------
    ValueError
        If a shape does not fit x (n,), or an entry is not finite.
    """
    A, b = np.array(A, dtype=float), np.array(b, dtype=float)
    if A.ndim != 2 or A.shape[1] != n or b.shape != (len(A),):
        raise ValueError(
            f"constraints on x ({n},) need a matrix (p, {n}) and a vector (p,), "
            f"not {A.shape} and {b.shape}; one constraint alone is [[...]] and [...]"
        )
    if not (np.all(np.isfinite(A)) and np.all(np.isfinite(b))):
        raise ValueError(
            "constraints must be finite, but hold NaN or infinity; leave such rows out"
        )
    return A, b


def full_row_rank(A: ArrayLike, b: ArrayLike, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A (p, n) and b (p,) as `constraints` gives them, the rows of A independent.

    Raises
    ------
    ValueError
        As `constraints`, or if A has not full row rank.
    """
    A, b = constraints(A, b, n)
    rank = int(np.linalg.matrix_rank(A)) if A.size else 0
    if rank < len(A):
        raise ValueError(
            f"A must have full row rank, but its {len(A)} rows have rank {rank}: the KKT matrix "
            "would be singular; drop the rows that follow from the others"
        )
    return A, b


def check_feasible(A: np.ndarray, b: np.ndarray, x: np.ndarray) -> None:
    """Raise a ValueError unless Ax = b up to round-off."""
    off = np.abs(A @ x - b)
    if np.any(off > 1e-9 * (np.abs(A) @ np.abs(x) + np.abs(b))):
        raise ValueError(
            f"start must satisfy Ax = b, but misses it by {off.max():.3g}; "
            "use infeasible_newton_steps, or np.linalg.lstsq(A, b)[0] as the start"
        )


def equalities(A: ArrayLike | None, b: ArrayLike | None, n: int) -> tuple[ArrayLike, ArrayLike]:
    """A (p, n) and b (p,) as they are, or with p = 0 where neither is given.

    Raises
    ------
    ValueError
        If one is given without the other.
    """
    if A is None and b is None:
        return np.zeros((0, n)), np.zeros(0)
    if A is None or b is None:
        raise ValueError("A and b come together or not at all; Ax = 0 needs b = np.zeros(p)")
    return A, b


def solve_kkt(
    H: ArrayLike, A: ArrayLike, gradient: ArrayLike, residual: ArrayLike
) -> tuple[np.ndarray, np.ndarray, str]:
    """Solve [H Aᵀ; A 0] [Δ; ν] = −[∇f; Ax − b], Boyd & Vandenberghe (10.19).

    Parameters
    ----------
    H : (n, n) array
    A : (p, n) array
    gradient : (n,) array
    residual : (p,) array
        Ax − b.

    Returns
    -------
    delta : (n,) array
    nu : (p,) array
        The multipliers at which f's quadratic model is stationary.
    status : str
        Empty, ``"singular"`` or ``"not_finite"``; then delta and nu are 0.
    """
    H, A, gradient, residual = (np.asarray(part, float) for part in (H, A, gradient, residual))
    n, p = gradient.size, residual.size
    if not np.all(np.isfinite(H)):
        return np.zeros(n), np.zeros(p), NOT_FINITE
    matrix = np.block([[H, A.T], [A, np.zeros((p, p))]])
    try:
        solution = np.linalg.solve(matrix, -np.concatenate([gradient, residual]))
    except np.linalg.LinAlgError:
        return np.zeros(n), np.zeros(p), SINGULAR
    if not np.all(np.isfinite(solution)):
        return np.zeros(n), np.zeros(p), NOT_FINITE
    return solution[:n], solution[n:], ""
