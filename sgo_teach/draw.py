"""One palette, one grid of figure sizes, and still pictures that lessons share (axes first)."""

from __future__ import annotations

import math

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito's colours, told apart by colour-blind readers; each has one meaning in all lessons.
BLACK, GREY = "#222222", "#8a8a8a"
LOSS = BLACK  # the function itself
GRADIENT = "#0072b2"  # first order: gradient, gradient descent
NEWTON = "#d55e00"  # second order: Newton step, Newton's method
MODEL = "#009e73"  # the local model
POINT = "#7b3294"  # where we stand; what the hand moves
ACCENT = "#cc79a7"  # a third thing: momentum, a bound, a minimiser
PALE = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#8a8a8a")  # regions

WIDE, PAIR, TALL = (8.6, 3.9), (8.6, 4.3), (8.6, 5.2)  # inches; a stage shows 100 pixels an inch


def number(value: float, digits: int = 3) -> str:
    """Write a number for reading: three figures, a real minus sign, exponents only if needed.

    >>> number(-0.12345), number(1596.4), number(3e-7)
    ('−0.123', '1596', '3e−07')
    """
    value = float(value)
    places = (
        digits - 1 - math.floor(math.log10(abs(value))) if math.isfinite(value) and value else 0
    )
    plain = 1e-3 <= abs(value) < 1e6 or value == 0
    text = f"{value:.{max(places, 0)}f}" if plain else f"{value:.{digits}g}"
    if plain and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


def figure(size=PAIR, columns: int = 1, rows: int = 1, **options) -> tuple[Figure, np.ndarray]:
    """Make a figure that pyplot does not know, with a row or a column of axes.

    Parameters
    ----------
    size : (float, float)
        Inches; one of `WIDE`, `PAIR`, `TALL`.
    columns, rows : int
        How many axes stand side by side, and one above the other.
    **options
        Passed to `Figure.subplots`, e.g. ``width_ratios``.

    Returns
    -------
    Figure, ndarray of Axes (rows * columns,)
    """
    fig = Figure(figsize=size, layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False, **options).ravel()
    for ax in axes:
        tidy(ax)
    return fig, axes


def tidy(ax: Axes) -> Axes:
    """Give `ax` the look of the course: no box, faint grid, small ticks."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#e6e6e6", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=9)
    return ax


def grid(window, count: int = 120) -> np.ndarray:
    """Return the points of a square grid on ``((x0, x1), (y0, y1))``: (count, count, 2)."""
    (x0, x1), (y0, y1) = window
    x, y = np.meshgrid(np.linspace(x0, x1, count), np.linspace(y0, y1, count))
    return np.stack([x, y], axis=-1)


def contours(ax: Axes, value, window, levels: int | np.ndarray = 14, color="#b9b9b9"):
    """Draw level lines of ``value`` ((..., 2) -> (...)) on `window`, and set the limits of `ax`."""
    points = grid(window)
    drawn = ax.contour(
        points[..., 0],
        points[..., 1],
        value(points),
        levels=levels,
        colors=color,
        linewidths=0.8,
        linestyles="solid",
    )
    ax.set_xlim(*window[0])
    ax.set_ylim(*window[1])
    return drawn


def even_levels(value, window, count=14, power=2.0) -> np.ndarray:
    """Return contour levels that are dense where the function is low: quantile-like, (count,)."""
    heights = value(grid(window, 60))
    low, high = heights.min(), heights.max()
    return low + (high - low) * np.linspace(0.02, 1, count) ** power


def level_lines(points: np.ndarray, heights: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the level lines (p, 2) of `heights` (m, m) over a `grid` (m, m, 2), NaN between."""
    generator = contour_generator(points[0, :, 0], points[:, 0, 1], heights)
    gap = np.full((1, 2), np.nan)
    lines = [np.asarray(line) for level in levels for line in generator.lines(level)]
    return np.concatenate([gap, *(part for line in lines for part in (line, gap))])
