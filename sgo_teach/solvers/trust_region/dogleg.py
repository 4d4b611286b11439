"""The dogleg: along the steepest descent first, then bending towards the Newton step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.cg import NEGATIVE_CURVATURE
from sgo_teach.solvers.quadratic_model import positive_definite_step
from sgo_teach.solvers.trust_region.cauchy import cauchy_point
from sgo_teach.solvers.trust_region.proposal import (
    BOUNDARY,
    INSIDE,
    Proposal,
    checked,
    crossings,
    matrix,
)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def dogleg_path(g: ArrayLike, H: ArrayLike) -> np.ndarray | None:
    """The corners 0, p_U, p_B of the dogleg, shape (3, n), or None if H is not positive definite.

    p_U = −(gᵀg/gᵀH g) g minimises the model along −g without regard to a radius, p_B = −H⁻¹g is
    the Newton step. Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, (4.15) and (4.16).

    Raises
    ------
    ValueError
        If H is not a finite matrix that fits g.
    """
    g = np.asarray(g, dtype=float)
    H = matrix(H, g.size)
    newton = positive_definite_step(H, g)
    if newton is None:
        return None
    gHg = float(g @ H @ g)
    steepest = -(float(g @ g) / gHg) * g if gHg > 0 else 0.0 * g  # gᵀH g = 0 only with g = 0
    return np.stack([0.0 * g, steepest, newton])


def dogleg(g: ArrayLike, H: ArrayLike, radius: float) -> Proposal:
    """Go along the dogleg as far as the region reaches.

    Along the path ‖p‖ grows and the model falls (Lemma 4.2), so the point where it leaves the
    region is the best on it. Where H is not positive definite there is no Newton step to bend to,
    and the Cauchy point is proposed with the reason ``"negative_curvature"``. Powell, "A hybrid
    method for nonlinear equations", 1970; Nocedal & Wright, ch. 4.

    Parameters
    ----------
    g, H, radius
        As for `cauchy_point`.

    Raises
    ------
    ValueError
        As `cauchy_point`.
    """
    g, _ = checked(g, radius)
    corners = dogleg_path(g, H)
    if corners is None:
        cauchy = cauchy_point(g, H, radius)
        return Proposal(cauchy.p, NEGATIVE_CURVATURE, cauchy.on_boundary, cauchy.path)
    inside = np.linalg.norm(corners, axis=1) <= radius
    if np.all(inside):
        return Proposal(corners[2], INSIDE, False, corners)
    leg = int(np.argmin(inside))  # the first corner outside ends the leg that leaves the region
    here, there = corners[leg - 1], corners[leg]
    p = here + crossings(here, there - here, radius)[1] * (there - here)
    return Proposal(p, BOUNDARY, True, np.stack([*corners[:leg], p]))
