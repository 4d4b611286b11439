"""Images of smooth strokes: many pixels, but only six numbers behind each picture."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MARGIN = 0.12  # of the side, kept free of control points: strokes end inside the picture
SEGMENTS = 16  # a polyline this fine leaves its curve by less than a tenth of a pixel at 28 × 28
CHUNK = 256  # images drawn at once, so that memory stays small


@dataclass(frozen=True, eq=False)
class Curves:
    """Images of strokes and the points that made them.

    Attributes
    ----------
    images : (n, 1, side, side) float32
        Ink on empty ground, from 0 to 1.
    control_points : (n, 3, 2) float64
        (x, y) in shares of the side, y downwards: (0, 0) is the upper left corner.
    """

    images: np.ndarray
    control_points: np.ndarray


def curves(n: int, side: int = 28, seed: int = 0, *, stroke: float = 0.08) -> Curves:
    """Draw n smooth strokes, each a parabola's arc from three random control points.

    A stroke is the Bézier curve (1−t)² p₀ + 2t(1−t) p₁ + t² p₂, 0 ≤ t ≤ 1, with p₀, p₁, p₂ uniform
    on the picture but for a margin: six degrees of freedom in side² pixels, so a code of six
    numbers can hold all there is. A pixel's ink falls linearly with its distance from the curve,
    over the width of one pixel (anti-aliasing).

    The points depend on the seed alone: image i is the same stroke however many are drawn and at
    whatever size. A split into training and held-out images is therefore a slice.

    Parameters
    ----------
    n : int
        Number of images.
    side : int
        Height and width in pixels.
    seed : int
    stroke : float
        Width of the pen in shares of the side.

    Returns
    -------
    Curves

    Raises
    ------
    ValueError
        If n or side is no whole number from 1 on, or the pen's width is not positive and finite.

    Notes
    -----
    In the manner of the CURVES images of Hinton & Salakhutdinov, "Reducing the dimensionality of
    data with neural networks", *Science* 313, 2006. Their generator is not public; these are
    look-alikes, and errors on them are **not** comparable with published tables.
    """
    if not all(number >= 1 and number == int(number) for number in (n, side)):
        raise ValueError(
            f"needs whole numbers n >= 1 of images and side >= 1 of pixels, not {n} and {side}"
        )
    n, side = int(n), int(side)
    if not 0 < stroke < np.inf:
        raise ValueError(f"stroke must be a positive share of the side, not {stroke}")
    points = np.random.default_rng(seed).uniform(MARGIN, 1 - MARGIN, (n, 3, 2))
    images = np.empty((n, 1, side, side), np.float32)
    for first in range(0, n, CHUNK):
        chunk = slice(first, first + CHUNK)
        distance = _distance(_polyline(points[chunk]) * side, side)
        images[chunk, 0] = np.clip(stroke * side / 2 + 0.5 - distance, 0, 1)
    return Curves(images, points)


def _polyline(points: np.ndarray) -> np.ndarray:
    """Points (SEGMENTS + 1, n, 2) along the curves of the control points (n, 3, 2)."""
    t = np.linspace(0, 1, SEGMENTS + 1)[:, None, None]
    p0, p1, p2 = points[:, 0], points[:, 1], points[:, 2]
    return (1 - t) ** 2 * p0 + 2 * t * (1 - t) * p1 + t**2 * p2


def _distance(line: np.ndarray, side: int) -> np.ndarray:
    """Distance (n, side, side) of each pixel's centre from polylines (SEGMENTS + 1, n, 2)."""
    line = line.astype(np.float32)
    squared = np.full((line.shape[1], side, side), np.inf, np.float32)
    for start, end in pairwise(line):
        np.minimum(squared, _squared_distance(start, end, side), out=squared)
    return np.sqrt(squared)


def _squared_distance(start: np.ndarray, end: np.ndarray, side: int) -> np.ndarray:
    """Squared distance (n, side, side) of each pixel's centre from one segment a stroke."""
    centre = np.arange(side, dtype=np.float32) + np.float32(0.5)
    (dx, dy), tiny = (end - start).T, np.finfo(np.float32).tiny
    x, y = centre - start[:, :1], centre - start[:, 1:]
    length = np.maximum(dx * dx + dy * dy, tiny)
    dx, dy, length = (part[:, None] for part in (dx, dy, length))
    # The foot of the perpendicular is start + s (end − start), kept between the ends.
    s = (x * dx / length)[:, None, :] + (y * dy / length)[:, :, None]
    np.clip(s, 0, 1, out=s)
    return (x[:, None, :] - s * dx[:, :, None]) ** 2 + (y[:, :, None] - s * dy[:, :, None]) ** 2
