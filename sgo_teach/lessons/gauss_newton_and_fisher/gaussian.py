"""Explorable of lesson 10: plain and natural gradient fit a Gaussian, in four sets of coordinates.

======  ======================================================================
μ, σ    mean and standard deviation of the Gaussian that is fitted
φ       second coordinate; the first is always μ
A       ∂(μ, σ)/∂(μ, φ) = [[1, 0], [p, q]]
m, s    mean and standard deviation of the data
L       mean negative log-likelihood without ½ log 2π
F       Fisher matrix in (μ, σ): diag(1/σ², 2/σ²)
======  ======================================================================

In the coordinates (μ, φ) the gradient is Aᵀg and the Fisher matrix AᵀFA, so the natural step is
A⁻¹ times that of (μ, σ). Amari, "Natural gradient works efficiently in learning", 1998.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, log, sqrt

import numpy as np

from sgo_teach import draw
from sgo_teach.stage import Stage

MEAN, SPREAD = 1.0, 0.7  # of the data
WINDOW = ((-3.0, 5.0), (0.1, 4.0))
START = (-2.0, 2.0)
LONGEST = 4.0  # time αk
FAR = 1e6
FLOOR, HIGH = 1e-4, 20.0
DRAWN = 50  # points of a curve over time, at most
KINDS = {"plain": draw.GRADIENT, "natural": draw.NEWTON}


@dataclass(frozen=True)
class Coordinates:
    """A second coordinate φ: φ(μ, σ), σ(μ, φ), and (p, q) = (∂σ/∂μ, ∂σ/∂φ) at (μ, σ)."""

    to: Callable[[float, float], float]
    back: Callable[[float, float], float]
    slopes: Callable[[float, float], tuple[float, float]]


def _root(square: float) -> float:
    return sqrt(square) if square > 0 else float("nan")


COORDINATES = {
    "σ": Coordinates(lambda m, s: s, lambda m, f: f, lambda m, s: (0.0, 1.0)),
    "log σ": Coordinates(
        lambda m, s: log(s), lambda m, f: exp(f) if f < 700 else inf, lambda m, s: (0.0, s)
    ),
    "σ²": Coordinates(lambda m, s: s * s, lambda m, f: _root(f), lambda m, s: (0.0, 0.5 / s)),
    "μ² + σ²": Coordinates(
        lambda m, s: m * m + s * s, lambda m, f: _root(f - m * m), lambda m, s: (-m / s, 0.5 / s)
    ),
}
DASHES = dict(zip(COORDINATES, ("solid", "dash", "dot", "dashdot"), strict=True))


def loss(mu, sigma, mean: float = MEAN, spread: float = SPREAD):
    """L at (μ, σ): log σ + (s² + (m − μ)²)/(2σ²); arrays or numbers."""
    return np.log(sigma) + (spread**2 + (mean - mu) ** 2) / (2 * sigma**2)


def gradient(mu: float, sigma: float, mean: float = MEAN, spread: float = SPREAD):
    """∇L with respect to (μ, σ), two floats."""
    square = spread**2 + (mean - mu) ** 2
    return (mu - mean) / sigma**2, 1 / sigma - square / sigma**3


def gaussian_walk(
    start: tuple[float, float],
    coordinates: str,
    natural: bool,
    step_size: float,
    steps: int,
    mean: float = MEAN,
    spread: float = SPREAD,
) -> np.ndarray:
    """Points (k + 1, 2) in (μ, σ), k ≤ steps: fewer where the next one is no Gaussian.

    Parameters
    ----------
    start : (μ, σ)
    coordinates : one of `COORDINATES`, the φ in which the step is made
    natural : take −F⁻¹g for −g, both in these coordinates
    step_size : α > 0
    steps : how many
    mean, spread : of the data
    """
    chart, (mu, sigma) = COORDINATES[coordinates], start
    path = [(mu, sigma)]
    for _ in range(steps):
        g1, g2 = gradient(mu, sigma, mean, spread)
        p, q = chart.slopes(mu, sigma)
        if natural:
            d1, d2 = -(sigma**2) * g1, -(sigma**2) * g2 / 2
            d2 = (d2 - p * d1) / q  # A⁻¹
        else:
            d1, d2 = -(g1 + p * g2), -q * g2  # Aᵀ
        new = mu + step_size * d1
        phi = chart.to(mu, sigma) + step_size * d2
        mu, sigma = new, chart.back(new, phi) if abs(new) < FAR else float("nan")
        if not 1e-6 < sigma < FAR:  # true of NaN, too
            break
        path.append((mu, sigma))
    return np.array(path)


def gaussian_flow(
    start: tuple[float, float], time: float, mean: float = MEAN, spread: float = SPREAD
) -> np.ndarray:
    """Where the natural gradient flow is after a time, (2,): the limit of small steps.

    In the moments (μ, μ² + σ²) it runs straight to those of the data, like exp(−time).
    """
    moments = np.array([start[0], start[0] ** 2 + start[1] ** 2])
    goal = np.array([mean, mean**2 + spread**2])
    mu, square = goal + np.exp(-time) * (moments - goal)
    return np.array([mu, np.sqrt(square - mu**2)])


@dataclass(frozen=True, eq=False)
class GaussianFrame:
    """Walks by coordinates, plain and natural, each (k + 1, 2); how far apart their ends are.

    spread_plain is infinite if a walk broke off.
    """

    plain: dict[str, np.ndarray]
    natural: dict[str, np.ndarray]
    spread_plain: float
    spread_natural: float


def compute_gaussian(start: tuple[float, float], step_size: float, time: float) -> GaussianFrame:
    """Walk round(time/α) steps of both kinds in all coordinates from start (μ, σ)."""
    steps = round(time / step_size)
    plain, natural = (
        {name: path[: steps + 1] for name, path in _walks(start, natural, step_size).items()}
        for natural in (False, True)
    )
    return GaussianFrame(plain, natural, _apart(plain, steps), _apart(natural, steps))


@lru_cache(maxsize=8)
def _walks(start: tuple[float, float], natural: bool, step_size: float) -> dict[str, np.ndarray]:
    """Walks to the longest time; cached, because the time only shows more or less of them."""
    steps = round(LONGEST / step_size)
    return {name: gaussian_walk(start, name, natural, step_size, steps) for name in COORDINATES}


def _apart(walks: dict[str, np.ndarray], steps: int) -> float:
    """The largest distance between two ends; infinite if a walk broke off."""
    if any(len(path) <= steps for path in walks.values()):
        return float("inf")
    ends = np.array([path[-1] for path in walks.values()])
    return float(np.linalg.norm(ends[:, None] - ends[None], axis=-1).max())


class NaturalGradient(Stage):
    """Drag the start: eight walks, four plain ones that disagree and four natural ones."""

    def __init__(self):
        fig, (self.ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.25, 1))
        super().__init__(fig, alt="Plain and natural gradient walks over mean and spread")
        low = loss(MEAN, SPREAD)
        levels = low + np.array([0.02, 0.1, 0.25, 0.5, 0.8, 1.2, 2, 4, 10, 30])
        draw.contours(self.ax, lambda x: loss(x[..., 0], x[..., 1]), WINDOW, levels)
        self.ax.plot(MEAN, SPREAD, "*", color=draw.ACCENT, markersize=13)
        self.ax.set(xlabel=r"mean $\mu$", ylabel=r"spread $\sigma$")
        side.set(xlim=(0, LONGEST), ylim=(FLOOR, HIGH), yscale="log")
        side.set(xlabel=r"time $\alpha k$", ylabel=r"$L - L_{\min}$")
        self.step_size = self.slider("step_size", "step size α", -1.6, 0, 0.1, 10**-1.3, log=True)
        self.time = self.slider("time", "time αk", 0.0, LONGEST, 0.1, 1.5)
        self.walks = {kind: self._marks(side, kind) for kind in KINDS}
        self.now = self.line(side, draw.POINT, width=1.5)
        self.at = self.handle("at", "start (μ, σ)", self.ax, START, color=draw.POINT)
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1), "fontsize": 8, "ncols": 2}
        self.legend(self.ax, handlelength=3.4, **below)
        self.start(self.update)

    def _marks(self, side, kind):
        color = KINDS[kind]
        paths = {
            name: self.line(self.ax, color, f"{kind}, in (μ, {name})", dash=DASHES[name], width=2.2)
            for name in COORDINATES
        }
        ends = self.points(self.ax, color, size=7)
        return paths, ends, self.line(side, color, width=1.6)

    def update(self):
        """Read the controls, compute, set the marks."""
        alpha, time = self.step_size.value, self.time.value
        frame = compute_gaussian(self.at.value, alpha, time)
        for kind, (paths, ends, curves) in self.walks.items():
            walks = getattr(frame, kind)
            for name, path in paths.items():
                path.set(*near(walks[name]).T)
            ends.set(*np.array([walk[-1] for walk in walks.values()]).T)
            curves.set(*excess(walks, alpha).T)
        self.now.set([time, time], [FLOOR, HIGH])
        self.say(describe(frame, alpha, round(time / alpha)))


def near(path: np.ndarray) -> np.ndarray:
    """A path (k, 2), no farther out than four times the picture: dashes beyond are dear to draw."""
    low, high = np.array(WINDOW).T
    return np.clip(path, low - 4 * (high - low), high + 4 * (high - low))


def excess(walks: dict[str, np.ndarray], step_size: float) -> np.ndarray:
    """Time and L − min L along all walks, (q, 2), NaN between them; every some steps of many."""
    parts = [np.full((1, 3), np.nan)]
    for path in walks.values():
        k = np.unique(np.linspace(0, len(path) - 1, min(len(path), DRAWN)).astype(int))
        parts += [np.column_stack([step_size * k, path[k]]), parts[0]]
    time, mu, sigma = np.concatenate(parts).T
    return np.column_stack([time, np.clip(loss(mu, sigma) - loss(MEAN, SPREAD), FLOOR, HIGH)])


def describe(frame: GaussianFrame, alpha: float, steps: int) -> str:
    """Say how far the four ends of each kind are apart."""
    plural = "" if steps == 1 else "s"
    words = f"After {steps} step{plural} of α = {draw.number(alpha)} (time {alpha * steps:.2f}):\n"
    words += f"the four natural walks {_ends(frame.spread_natural, frame.natural, steps)};\n"
    return words + f"the four plain walks {_ends(frame.spread_plain, frame.plain, steps)}."


def _ends(apart: float, walks: dict[str, np.ndarray], steps: int) -> str:
    if np.isfinite(apart):
        return f"end within {draw.number(apart)} of each other"
    lost = [f"(μ, {name})" for name, path in walks.items() if len(path) <= steps]
    return f"broke off in {', '.join(lost)}: a step left the Gaussians"
