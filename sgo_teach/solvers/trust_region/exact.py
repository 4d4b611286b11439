"""The subproblem solved exactly, through the eigenvalues of H."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.trust_region.proposal import (
    BOUNDARY,
    HARD_CASE,
    INSIDE,
    Proposal,
    checked,
    matrix,
)

MAX_ITERATIONS = 100
NO_SHARE = 1e-300  # where 1/μ would overflow


def exact(g: ArrayLike, H: ArrayLike, radius: float) -> Proposal:
    """Minimise gᵀp + ½ pᵀH p over ‖p‖ ≤ Δ.

    p is the global minimiser just where (H + λI) p = −g, λ ≥ 0, λ(Δ − ‖p‖) = 0 and H + λI is
    positive semidefinite (Theorem 4.1). Unless the Newton step lies inside, λ solves
    ‖p(λ)‖ = Δ by Newton's method for 1/Δ − 1/‖p(λ)‖, which is nearly linear. The hard case is
    that in which g has no share in the lowest eigenvectors and p(λ) stays too short down to
    λ = −h₁: an eigenvector then fills up the length. So a saddle is left even where g = 0.
    Moré & Sorensen, "Computing a trust region step", 1983; Nocedal & Wright, *Numerical
    Optimization*, 2nd ed., 2006, Algorithm 4.3, here by eigenvalues instead of Cholesky factors.

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
    h, Q = np.linalg.eigh(matrix(H, g.size))
    # In q = p/Δ it is the same problem with ΔH and radius 1, and no ‖p‖² leaves the floats.
    h = radius * h
    c, gaps = Q.T @ g, h - h[0]
    # μ = λ + h₁ is the unknown: next to the pole λ = −h₁ all digits of λ would cancel.
    nearest = float(np.max(np.abs(c[gaps == 0])))  # ‖q(μ)‖ ≥ 1 up to here
    mu = max(h[0], nearest if nearest > NO_SHARE else 0.0, 0.0)
    q = -c / _shifted(gaps, mu)
    slack = 1 - float(np.linalg.norm(q))
    if slack >= 0 and mu <= h[0]:
        return _proposal(radius * (Q @ q), INSIDE, 0.0)
    if slack >= 0 and mu == 0:
        q[0] = np.sqrt(slack * (2 - slack))  # 1 − ‖q‖² without cancellation
        return _proposal(radius * (Q @ q), HARD_CASE, -h[0] / radius)
    mu, q = _on_boundary(c, gaps, mu)
    return _proposal(radius * (Q @ q), BOUNDARY, (mu - h[0]) / radius)


def _on_boundary(c: np.ndarray, gaps: np.ndarray, mu: float) -> tuple[float, np.ndarray]:
    """μ and q(μ) of length 1. 1/‖q(μ)‖ is concave: from the left Newton never overshoots."""
    q = -c / _shifted(gaps, mu)
    for _ in range(MAX_ITERATIONS):
        length = float(np.linalg.norm(q))
        if length <= 1 + 1e-15:
            break
        steepness = np.sum((q / length) ** 2 / _shifted(gaps, mu))
        mu += (length - 1) / steepness
        q = -c / _shifted(gaps, mu)
    return mu, q


def _shifted(gaps: np.ndarray, mu: float) -> np.ndarray:
    """h + λ, the diagonal of H + λI; infinite where it is 0, so that q has no share there."""
    shifted = gaps + mu
    return np.where(shifted == 0, np.inf, shifted)


def _proposal(p: np.ndarray, reason: str, multiplier: float) -> Proposal:
    path = np.stack([0.0 * p, p])
    return Proposal(p, reason, reason != INSIDE, path, float(multiplier))
