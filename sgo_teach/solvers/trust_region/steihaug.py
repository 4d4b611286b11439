"""Steihaug's method: conjugate gradients until they leave the region or meet negative curvature."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.cg import NEGATIVE_CURVATURE, NOT_FINITE, CGStep, Product, cg_steps
from sgo_teach.solvers.trust_region.proposal import (
    BOUNDARY,
    INSIDE,
    Proposal,
    checked,
    crossings,
    matrix,
)


def steihaug(
    g: ArrayLike, H: ArrayLike | Product, radius: float, rtol: float | None = None
) -> Proposal:
    """Minimise gᵀp + ½ pᵀH p over ‖p‖ ≤ Δ by conjugate gradients from 0.

    The iterates grow with every step (Theorem 7.3), so the first to leave the region is cut off
    at the boundary; a direction of negative curvature is followed to the boundary. Steihaug,
    "The conjugate gradient method and trust regions in large scale optimization", 1983; Nocedal &
    Wright, *Numerical Optimization*, 2nd ed., 2006, Algorithm 7.2.

    Parameters
    ----------
    g : (n,) array
    H : (n, n) array, or callable p -> H p
    radius : float
        Δ > 0.
    rtol : float, optional
        CG has arrived inside once ‖H p + g‖ ≤ rtol·‖g‖; min(½, √‖g‖) if left out, which makes
        the outer method superlinear.

    Returns
    -------
    Proposal
        Its path is the CG iterates. Reason ``"not_finite"``: a product overflowed, p is the last
        iterate before it.

    Raises
    ------
    ValueError
        As `cauchy_point`.
    """
    g, length = checked(g, radius)
    tolerance = length * (min(0.5, sqrt(length)) if rtol is None else rtol)
    path: list[np.ndarray] = []
    for step in cg_steps(H if callable(H) else matrix(H, g.size), -g):
        if step.status == NEGATIVE_CURVATURE:
            return _leave(path, _downhill(g, step, radius), NEGATIVE_CURVATURE)
        if np.linalg.norm(step.x) >= radius:
            tau = crossings(path[-1], step.p, radius)[1]
            return _leave(path, path[-1] + tau * step.p, BOUNDARY)
        path.append(step.x)
        if step.residual_norm <= tolerance or step.k >= 10 * g.size:
            break
    reason = NOT_FINITE if step.status == NOT_FINITE else INSIDE
    return Proposal(path[-1], reason, False, np.stack(path))


def _downhill(g: np.ndarray, step: CGStep, radius: float) -> np.ndarray:
    """Of the two points where the line x + τp meets the boundary, the one with the lower model."""
    # Along the line m is −τ rᵀp + ½ τ² pᵀH p, and CG knows r, p and pᵀH p: no product needed.
    slope = float(step.r @ step.p)
    taus = crossings(step.x, step.p, radius)
    tau = min(taus, key=lambda tau: tau * (0.5 * tau * step.curvature - slope))
    return step.x + tau * step.p


def _leave(path: list[np.ndarray], p: np.ndarray, reason: str) -> Proposal:
    return Proposal(p, reason, True, np.stack([*path, p]))
