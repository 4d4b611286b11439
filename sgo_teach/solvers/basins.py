"""Which critical point Newton's method reaches from every point of a grid, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.problems import Problem

FAR = 1e8  # an iterate beyond this has left every picture


@dataclass(frozen=True, eq=False)
class Basins:
    """Where Newton's method ended from each start.

    Attributes
    ----------
    index : (...) int array
        Number of the critical point reached, -1 if none.
    iterations : (...) int array
        Moves until the Newton step fell below the tolerance; the number allowed where it did not.
    """

    index: np.ndarray
    iterations: np.ndarray


def newton_basins(
    problem: Problem,
    starts: ArrayLike,
    damping: float = 0.0,
    steps: int = 25,
    critical_points: Sequence[ArrayLike] | None = None,
    tolerance: float = 1e-4,
) -> Basins:
    """Run damped Newton steps (H + λI) Δ = −g from many starts and see where each arrives.

    A start where H + λI is singular, or whose iterates fly off, reaches nothing.

    Parameters
    ----------
    problem : Problem
        In one or two dimensions, its derivatives vectorised over the leading axes.
    starts : (..., n) array
    damping : float
        λ ≥ 0.
    steps : int
        Moves allowed.
    critical_points : sequence of (n,) arrays, optional
        What may be reached; ``problem.critical_points`` if left out.
    tolerance : float
        An iterate has arrived once the next *undamped* step is shorter than this. The point
        reached is then the nearest critical point within 100 tolerances.

    Returns
    -------
    Basins

    Raises
    ------
    ValueError
        If n is not 1 or 2, starts do not fit the problem, or λ or steps is negative.
    """
    p = np.asarray(starts, dtype=float)
    n = problem.start.size
    if n > 2 or p.shape[-1:] != (n,):
        raise ValueError(
            f"basins need starts (..., n) with n = 1 or 2, here ({n},) each, not {p.shape}"
        )
    if not 0 <= damping < np.inf or steps < 0:
        raise ValueError(f"damping and steps must be at least 0, not {damping} and {steps}")
    targets = problem.critical_points if critical_points is None else critical_points
    ends, iterations = _run(problem, p.reshape(-1, n), damping, steps, tolerance)
    index = _nearest(ends, targets, 100 * tolerance)
    return Basins(index.reshape(p.shape[:-1]), iterations.reshape(p.shape[:-1]))


@np.errstate(all="ignore")
def _run(
    problem: Problem, p: np.ndarray, damping: float, steps: int, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends (N, n), NaN where nothing was reached, and moves made (N,)."""
    x = np.array(p.T)  # (n, N): coordinates in front, so that each is contiguous
    ends, moves = np.full_like(p, np.nan), np.full(len(p), steps)
    alive = np.arange(len(p))
    for k in range(steps + 1):
        g, H = problem.gradient(x.T).T, np.moveaxis(problem.hessian(x.T), 0, -1)
        newton = _solve(g, H, 0.0)
        arrived = np.max(np.abs(newton), axis=0) <= tolerance
        ends[alive[arrived]], moves[alive[arrived]] = x.T[arrived], k
        x += _solve(g, H, damping) if damping else newton
        going = ~arrived & (np.max(np.abs(x), axis=0) < FAR)  # NaN compares false: it is dropped
        x, alive = x[:, going], alive[going]
    return ends, moves


def _solve(g: np.ndarray, H: np.ndarray, damping: float) -> np.ndarray:
    """Δ (n, N) with (H + λI) Δ = −g for g (n, N) and H (n, n, N); NaN or inf where singular."""
    if len(g) == 1:
        return -g / (H[0] + damping)
    a, b, d = H[0, 0] + damping, H[0, 1], H[1, 1] + damping
    # Cramer's rule: for two unknowns as accurate as a picture asks, and ten times a loop's speed.
    return np.stack([b * g[1] - d * g[0], b * g[0] - a * g[1]]) / (a * d - b * b)


def _nearest(ends: np.ndarray, targets: Sequence[ArrayLike], radius: float) -> np.ndarray:
    """Number of the target (n,) nearest to each end (N, n) within the radius, else -1."""
    index, best = np.full(len(ends), -1), np.full(len(ends), radius**2)
    for i, target in enumerate(targets):
        distance = np.sum((ends - np.asarray(target)) ** 2, axis=-1)
        closer = distance < best
        index[closer], best[closer] = i, distance[closer]
    return index
