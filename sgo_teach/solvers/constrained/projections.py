"""The nearest point of a convex set: box, ball, simplex.

P(x) is the one point of C with (x − P(x))·(z − P(x)) ≤ 0 for every z in C.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def project_box(x: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> np.ndarray:
    """The point of lower ≤ z ≤ upper nearest to x (..., n), same shape.

    Parameters
    ----------
    x : (..., n) array
    lower, upper : floats or (n,) arrays
        May be infinite.

    Raises
    ------
    ValueError
        If the box is empty or does not fit x.
    """
    x, lower, upper = (np.asarray(part, dtype=float) for part in (x, lower, upper))
    _fits("lower", lower, x)
    _fits("upper", upper, x)
    if not np.all(lower <= upper):
        raise ValueError(f"a box needs lower <= upper, not {lower} and {upper}")
    return np.clip(x, lower, upper)


@np.errstate(over="ignore")
def project_ball(x: ArrayLike, radius: float = 1.0, center: ArrayLike = 0.0) -> np.ndarray:
    """The point of ‖z − center‖₂ ≤ radius nearest to x (..., n), same shape.

    Parameters
    ----------
    x : (..., n) array
    radius : float
        At least 0.
    center : float or (n,) array

    Raises
    ------
    ValueError
        If the radius is negative or not finite, or the centre does not fit x.
    """
    if not 0 <= radius < np.inf:
        raise ValueError(f"radius must be finite and at least 0, not {radius}")
    x, center = np.asarray(x, dtype=float), np.asarray(center, dtype=float)
    _fits("center", center, x)
    away = x - center
    size = np.max(np.abs(away), axis=-1, keepdims=True, initial=np.finfo(float).tiny)
    u = away / size  # so that no square leaves the floats
    length = np.linalg.norm(u, axis=-1, keepdims=True)
    shrunk = center + u * (radius / np.maximum(length, 1.0))
    return np.where(length > radius / size, shrunk, x)


def _fits(name: str, part: np.ndarray, x: np.ndarray) -> None:
    if part.ndim and part.shape[-1:] != x.shape[-1:]:
        raise ValueError(f"{name} must be a number or fit x of shape {x.shape}, not {part.shape}")


def project_simplex(x: ArrayLike, total: float = 1.0) -> np.ndarray:
    """The point of z ≥ 0, Σ z = total nearest to x (..., n), same shape.

    It is max(x − τ, 0) with the one τ that gives the sum, found by sorting; Duchi,
    Shalev-Shwartz, Singer & Chandra, "Efficient projections onto the ℓ₁-ball for learning in high
    dimensions", ICML 2008.

    Parameters
    ----------
    x : (..., n) array
    total : float
        At least 0.

    Raises
    ------
    ValueError
        If x has no coordinate, or total is negative or not finite.
    """
    points: np.ndarray = np.asarray(x, dtype=float)
    if points.ndim == 0 or points.shape[-1] == 0:
        raise ValueError(f"x must have shape (..., n) with n >= 1, not {points.shape}")
    if not 0 <= total < np.inf:
        raise ValueError(f"total must be finite and at least 0, not {total}")
    # Moving x along (1, …, 1) moves τ with it: the greatest goes first, so that nothing is lost.
    y: np.ndarray = points - points.max(axis=-1, keepdims=True)
    falling = np.sort(y, axis=-1)[..., ::-1]
    tau = (np.cumsum(falling, axis=-1) - total) / np.arange(1, y.shape[-1] + 1)
    # τ_i would give the i largest the sum; no τ_i is past τ, and one of them is it.
    return np.maximum(y - tau.max(axis=-1, keepdims=True), 0.0)
