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


def crossings(z: np.ndarray, d: np.ndarray, radius: float) -> tuple[float, float]:
    """The τ₋ ≤ 0 ≤ τ₊ with ‖z + τd‖ = Δ, for z (n,) inside and d (n,) not zero."""
    a, b = float(d @ d), float(z @ d)
    c = min(float(z @ z) - radius * radius, 0.0)
    # Of the two roots the one without cancellation is computed, the other from τ₋τ₊ = c/a.
    q = -(b + (1 if b >= 0 else -1) * sqrt(b * b - a * c))
    far, near = q / a, (c / q if q else 0.0)
    return min(far, near), max(far, near)
