"""Quadratics: a symmetric matrix, or a bowl with a given condition number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.problems.problem import Problem, Window, point


def quadratic(
    H: ArrayLike,
    b: ArrayLike | None = None,
    start: ArrayLike | None = None,
    window: Window = ((-3.0, 3.0), (-3.0, 3.0)),
) -> Problem:
    """L(x) = ½ xᵀH x − bᵀx, whose gradient is H x − b and whose Hessian is H everywhere.

    Parameters
    ----------
    H : (n, n) array
        Symmetric; definite or not.
    b : (n,) array, optional
        Zero if left out.
    start : (n,) array, optional
        All ones if left out.

    Raises
    ------
    ValueError
        If H is not a symmetric square matrix, or b or start does not fit it.
    """
    H = _symmetric(H)
    b = _fitting("b", np.zeros(len(H)) if b is None else b, len(H))
    start = _fitting("start", np.ones(len(H)) if start is None else start, len(H))
    regular = np.linalg.matrix_rank(H) == len(H)
    critical = (point(*np.linalg.solve(H, b)),) if regular else ()
    minimisers = critical if np.all(np.linalg.eigvalsh(H) > 0) else ()

    def value(x):
        x = _points(x, len(H))
        return 0.5 * np.sum((x @ H) * x, axis=-1) - x @ b

    return Problem(
        name="quadratic",
        value=value,
        gradient=lambda x: _points(x, len(H)) @ H - b,  # H is symmetric: xᵀH = (Hx)ᵀ
        hessian=lambda x: np.broadcast_to(H, (*_points(x, len(H)).shape[:-1], *H.shape)),
        start=start,
        minimisers=minimisers,
        window=window,
        critical_points=critical,
    )


def bowl(condition_number: float = 10.0, angle: float = 0.5, h_min: float = 1.0) -> Problem:
    """Quadratic bowl in the plane: curvatures h_min and κ·h_min, minimum at the origin.

    Parameters
    ----------
    condition_number : float
        κ = h_max/h_min ≥ 1.
    angle : float
        Radians from the x axis to the flat direction.
    h_min : float
        The smaller curvature, positive.

    Raises
    ------
    ValueError
        If κ < 1 or h_min ≤ 0.
    """
    if not condition_number >= 1 or not h_min > 0:
        raise ValueError(
            f"a bowl needs condition_number >= 1 and h_min > 0, not {condition_number} and {h_min}"
        )
    c, s = np.cos(angle), np.sin(angle)
    R = np.array([[c, -s], [s, c]])
    H = h_min * R @ np.diag([1.0, condition_number]) @ R.T
    return quadratic(H, start=R @ [2.0, 1.0])


def _points(x: ArrayLike, n: int) -> np.ndarray:
    x = np.asarray(x)
    if x.ndim == 0 or x.shape[-1] != n:
        raise ValueError(f"points must have shape (..., {n}) to fit H, not {x.shape}")
    return x


def _fitting(name: str, v: ArrayLike, n: int) -> np.ndarray:
    if np.shape(v) != (n,):
        raise ValueError(f"{name} must have shape ({n},) to fit H, not {np.shape(v)}")
    return point(*np.asarray(v))


def _symmetric(H: ArrayLike) -> np.ndarray:
    H = np.array(H, dtype=float)
    tiny = 1e-8 * np.max(np.abs(H), initial=0.0)  # rounding, relative to the largest entry
    if H.ndim != 2 or H.shape[0] != H.shape[1] or not np.allclose(H, H.T, atol=tiny):
        raise ValueError(
            f"H must be a symmetric (n, n) matrix, not this one of shape {H.shape}; "
            "(H + H.T)/2 gives the same xᵀHx"
        )
    return (H + H.T) / 2
