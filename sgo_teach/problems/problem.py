"""What a test problem is, and how one is made from formulas in one or two coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Window = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Problem:
    """A function L to minimise, with its derivatives and what is known about it.

    Attributes
    ----------
    name : str
    value, gradient, hessian : callables
        ``(..., n)`` points to L ``(...)``, ∇L ``(..., n)``, ∇²L ``(..., n, n)``.
    start : (n,) array
        A customary starting point.
    minimisers : tuple of (n,) arrays
        Known local minimisers inside the window; empty if there are none.
    window : ((x_lo, x_hi), (y_lo, y_hi))
        A good view: both coordinates when n = 2, coordinate and value when n = 1.
    critical_points : tuple of (n,) arrays
        Known points with ∇L = 0 near the window: the minimisers first, then saddles and maxima.
    """

    name: str
    value: Callable
    gradient: Callable
    hessian: Callable
    start: np.ndarray
    minimisers: tuple[np.ndarray, ...] = ()
    window: Window = ((-1.0, 1.0), (-1.0, 1.0))
    critical_points: tuple[np.ndarray, ...] = ()


def point(*coordinates: float) -> np.ndarray:
    """The coordinates as a read-only (n,) array, safe to share between runs."""
    x = np.array(coordinates, dtype=float)
    x.flags.writeable = False
    return x


def planar(
    name: str,
    value: Callable,
    gradient: Callable,
    hessian: Callable,
    *,
    start: Iterable[float],
    minimisers: Iterable[Iterable[float]] = (),
    others: Iterable[Iterable[float]] = (),
    window: Window,
) -> Problem:
    """Problem in the plane from formulas in x and y.

    Parameters
    ----------
    name : str
    value, gradient, hessian : callables of (x, y)
        L, the pair (∂L/∂x, ∂L/∂y) and the triple (∂²L/∂x², ∂²L/∂x∂y, ∂²L/∂y²).
    start, window
        As in `Problem`.
    minimisers, others : points
        Known local minimisers; known saddles and maxima.
    """

    def stacked_hessian(p):
        xx, xy, yy = hessian(*coordinates(p, 2))
        rows = [components_last(row, p) for row in ([xx, xy], [xy, yy])]
        return np.stack(rows, axis=-2)

    return Problem(
        name=name,
        value=lambda p: value(*coordinates(p, 2)),
        gradient=lambda p: components_last(gradient(*coordinates(p, 2)), p),
        hessian=stacked_hessian,
        start=point(*start),
        **_known(minimisers, others),
        window=window,
    )


def line(
    name: str,
    value: Callable,
    slope: Callable,
    curvature: Callable,
    *,
    start: float,
    minimisers: Iterable[float] = (),
    others: Iterable[float] = (),
    window: Window,
) -> Problem:
    """Problem on the line from formulas in x: L, L′ and L″; the rest as in `planar`."""
    return Problem(
        name=name,
        value=lambda p: value(*coordinates(p, 1)),
        gradient=lambda p: components_last([slope(*coordinates(p, 1))], p),
        hessian=lambda p: components_last([curvature(*coordinates(p, 1))], p)[..., None],
        start=point(start),
        **_known([(x,) for x in minimisers], [(x,) for x in others]),
        window=window,
    )


def _known(minimisers: Iterable[Iterable[float]], others: Iterable[Iterable[float]]) -> dict:
    low = tuple(point(*p) for p in minimisers)
    return {"minimisers": low, "critical_points": low + tuple(point(*p) for p in others)}


def coordinates(p: ArrayLike, n: int) -> list[np.ndarray]:
    """The n coordinates of points (..., n), each of shape (...)."""
    p = 1.0 * np.asarray(p)  # no dtype forced: complex steps must pass, integers must not overflow
    if p.ndim == 0 or p.shape[-1] != n:
        raise ValueError(f"points must have shape (..., {n}), not {p.shape}")
    return [p[..., i] for i in range(n)]


def components_last(components: Iterable, p: ArrayLike) -> np.ndarray:
    """Stack m components, constants among them, to an array (..., m) for points p (..., n)."""
    shape = np.shape(p)[:-1]
    # Stacked in front and then viewed from behind, so that each component is contiguous.
    return np.moveaxis(np.stack([np.broadcast_to(c, shape) for c in components]), 0, -1)
