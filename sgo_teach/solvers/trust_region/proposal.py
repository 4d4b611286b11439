"""What every solver of the trust-region subproblem answers, and where a line leaves the region.

The subproblem: minimise m(p) = gᵀp + ½ pᵀH p over ‖p‖ ≤ Δ, the radius. Nocedal & Wright,
*Numerical Optimization*, 2nd ed., 2006, (4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

INSIDE = "inside"
BOUNDARY = "boundary"
HARD_CASE = "hard_case"


@dataclass(frozen=True, eq=False)
class Proposal:
    """A step for the trust region.

    Attributes
    ----------
    p : (n,) array
        ‖p‖ ≤ Δ up to rounding.
    reason : str
        Why it ends where it does: ``"inside"``, ``"boundary"``, ``"negative_curvature"``,
        ``"hard_case"`` (see `exact`) or ``"not_finite"`` (see `steihaug`).
    on_boundary : bool
        Whether ‖p‖ = Δ.
    path : (j, n) array
        Corners of the path walked from 0 to p, both included.
    multiplier : float
        λ in (H + λI) p = −g where the method knows it, else NaN.
    """

    p: np.ndarray
    reason: str
    on_boundary: bool
    path: np.ndarray
    multiplier: float = nan


Subproblem = Callable[[Any, Any, float], Proposal]


def checked(g: ArrayLike, radius: float) -> tuple[np.ndarray, float]:
    """g (n,) as floats, and ‖g‖.

    Raises
    ------
    ValueError
        If the radius is not positive and finite, or g is not a finite vector.
    """
    if not 0 < radius < np.inf:
        raise ValueError(f"radius must be positive and finite, not {radius}")
    g = np.asarray(g, dtype=float)
    if g.ndim != 1 or not np.all(np.isfinite(g)):
        raise ValueError(f"the gradient must be a finite vector (n,), not {g}")
    return g, float(np.linalg.norm(g))


def matrix(H: ArrayLike, n: int) -> np.ndarray:
    """H (n, n) as floats.

    Raises
    ------
    ValueError
        If it has another shape or is not finite.
    """
    H = np.asarray(H, dtype=float)
    if H.shape != (n, n) or not np.all(np.isfinite(H)):
        raise ValueError(
            f"H must be a finite matrix ({n}, {n}) to fit the gradient, not {H} of shape {H.shape}"
        )
    return H


def crossings(z: np.ndarray, d: np.ndarray, radius: float) -> tuple[float, float]:
    """The τ₋ ≤ 0 ≤ τ₊ with ‖z + τd‖ = Δ, for z (n,) inside and d (n,) not zero."""
    # Measured in radii and in the largest entry of d, no square leaves the floats.
    size = float(np.max(np.abs(d)))
    z, d = z / radius, d / size
    a, b, c = float(d @ d), float(z @ d), min(float(z @ z) - 1, 0.0)
    # Of the two roots the one without cancellation is computed, the other from τ₋τ₊ = c/a.
    q = -(b + (1 if b >= 0 else -1) * sqrt(b * b - a * c))
    far, near = radius / size * (q / a), radius / size * (c / q if q else 0.0)
    return min(far, near), max(far, near)
