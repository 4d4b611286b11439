"""The Cauchy point: the minimiser of the model along the steepest descent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.cg import NEGATIVE_CURVATURE
from sgo_teach.solvers.trust_region.proposal import BOUNDARY, INSIDE, Proposal, checked, matrix


def cauchy_point(g: ArrayLike, H: ArrayLike, radius: float) -> Proposal:
    """Minimise gᵀp + ½ pᵀH p along −g within ‖p‖ ≤ Δ.

    p = −τ (Δ/‖g‖) g with τ = 1 where gᵀH g ≤ 0 (the reason is then ``"negative_curvature"``), else
    τ = min(‖g‖³/(Δ gᵀH g), 1). Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006,
    (4.11) and (4.12).

    Parameters
    ----------
    g, H : (n,) and (n, n) arrays
    radius : float
        Δ > 0.

    Raises
    ------
    ValueError
        If the radius is not positive and finite, g is not a finite vector, or H is not a finite
        matrix that fits it.
    """
    g, length = checked(g, radius)
    H = matrix(H, g.size)
    if length == 0:
        return Proposal(0.0 * g, INSIDE, False, np.zeros((1, g.size)))
    u = g / length
    curvature = float(u @ H @ u)
    inside = length < curvature * radius  # τ < 1
    p = -(length / curvature if inside else radius) * u
    reason = INSIDE if inside else BOUNDARY if curvature > 0 else NEGATIVE_CURVATURE
    return Proposal(p, reason, not inside, np.stack([0.0 * p, p]))
