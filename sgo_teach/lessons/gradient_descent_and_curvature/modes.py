"""Explorables of lesson 02 on a bowl: contraction of each mode, and momentum."""

from __future__ import annotations

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap

from sgo_teach import draw
from sgo_teach.lessons.gradient_descent_and_curvature.frames import (
    ANGLE,
    SHADES,
    STEEP,
    TINY,
    ContractionFrame,
    MomentumFrame,
    best_points,
    best_rates,
    compute_contraction,
    compute_momentum,
    ellipses,
    rate_map,
    rotation,
)
from sgo_teach.stage import Stage

FLAT_MODE, STEEP_MODE = draw.PALE[0], draw.PALE[1]  # colours of the modes in both pictures
EDGE = 2 / STEEP


class Contraction(Stage):
    """Move α across 2/h_max: the walk, what each move leaves of each mode, and what is left."""

    MOVES = 50

    def __init__(self):
        fig, (ax, bars, side) = draw.figure(draw.PAIR, columns=3, width_ratios=(1.5, 0.6, 1.2))
        super().__init__(fig, alt="A walk in a bowl, the factor of each mode, the modes' errors")
        ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
        ax.set(xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
        bars.set(xlim=(-0.6, 1.6), ylim=(0, 1.3), xticks=[0, 1], xticklabels=["flat", "steep"])
        bars.set_title(r"$|1-\alpha h_i|$", fontsize=10)
        bars.axhline(1, color=draw.BLACK, lw=1.5, ls="--")
        bars.text(0.5, 1.23, "grows", ha="center", fontsize=9)
        side.set(xlim=(0, self.MOVES), ylim=(1e-6, 1e3), yscale="log", xlabel="move $k$")
        side.set_title("size of each mode", fontsize=10)
        self.alpha = self.slider("alpha", "step size α", 0.01, 0.224, 0.002, 0.15)
        self.kappa = self.slider("kappa", "condition number κ", 0, 2, 0.1, 10, log=True)
        self._plane(ax)
        self._modes(bars, side)
        self.at = self.handle("at", "start θ₀", ax, (2.2, 2.0), color=draw.POINT)
        self.legend(side, loc="upper left", fontsize=8)
        self.start(self.update)

    def _plane(self, ax):
        self.levels = self.line(ax, "#b0b0b0", width=1)
        directions = 4 * rotation(ANGLE).T
        for direction, color in zip(directions, (FLAT_MODE, STEEP_MODE), strict=True):
            ax.plot(*np.array([-direction, direction]).T, color=color, lw=1, ls=":")
        self.path = self.line(ax, draw.GRADIENT, width=1.5)
        self.stops = self.points(ax, draw.GRADIENT, size=5)

    def _modes(self, bars, side):
        looks = [
            (FLAT_MODE, "flat, $h_{\\min}$", "solid"),
            (STEEP_MODE, "steep, $h_{\\max}$", "dash"),
        ]
        self.bars_ = [self.bars(bars, color) for color, _, _ in looks]
        self.signs = self.text(bars, draw.BLACK, align="center", size=12, offset=(0, -10))
        self.errors = [self.line(side, c, name, dash=dash, width=2.5) for c, name, dash in looks]

    def update(self):
        """Read the controls, compute, set the marks."""
        start, alpha, kappa = np.array(self.at.value), self.alpha.value, self.kappa.value
        frame = compute_contraction(start, alpha, kappa, self.MOVES)
        self.levels.set(*ellipses(kappa, ANGLE).T)
        for mark in (self.path, self.stops):
            mark.set(*frame.path.T)
        size = np.abs(frame.factor)
        for i, (bar, error) in enumerate(zip(self.bars_, self.errors, strict=True)):
            bar.set(i, size[i])
            error.set(np.arange(self.MOVES + 1), np.maximum(frame.error[:, i], TINY))
        self.signs.set([0, 1], np.minimum(size, 1.2), [draw.number(f) for f in frame.factor])
        self.say(describe_contraction(frame, alpha, kappa))


def describe_contraction(frame: ContractionFrame, alpha: float, kappa: float) -> str:
    """Say on which side of 2/h_max the step size lies and which mode sets the pace."""
    flat, steep = np.abs(frame.factor)
    low, high = (draw.number(h) for h in frame.h)
    words = f"α = {alpha:.3g}, h_min = {low}, h_max = {high}, κ = {draw.number(kappa)}: "
    if alpha > EDGE + TINY:
        fate = "shrinks" if flat < 1 else "grows too"
        return words + (
            f"past 2/h_max = {EDGE:.2g}. The steep mode grows by {100 * (steep - 1):.1f} % a move, "
            f"and swings to the other side each time; the flat one {fate}."
        )
    if alpha > EDGE - TINY:
        return words + f"at 2/h_max = {EDGE:.2g} the steep mode swings to and fro for ever."
    slow, rate = ("flat", flat) if flat > steep else ("steep", steep)
    slow = slow if abs(flat - steep) > 1e-9 else "flat as well as the steep"
    pace = f"{np.log(0.1) / np.log(rate):.1f} moves" if rate > 0 else "one move for all digits"
    swings = "The steep mode swings across. " if frame.factor[1] < 0 else ""
    return words + f"{swings}The {slow} mode sets the pace: {pace} for each digit."


SHADE_COLORS = (
    "#00441b", "#006d2c", "#238b45", "#41ae76", "#66c2a4", "#99d8c9", "#ccece6", "#edf8fb",
    "#bdbdbd",
)  # fmt: skip


class Momentum(Stage):
    """Drag (α, β) over the map of rates and see both modes; κ changes the map."""

    MOVES = 80

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.25, 1))
        super().__init__(fig, alt="Map of the heavy ball's rate, and the errors of two modes")
        ax.set(xlim=(0, 4), ylim=(0, 1), xlabel=r"$\alpha\,h_{\max}$", ylabel=r"momentum $\beta$")
        ax.grid(False)
        side.set(xlim=(0, self.MOVES), ylim=(1e-8, 1e2), yscale="log", xlabel="move $k$")
        side.set_title("size of each mode, 1 at the start", fontsize=10)
        self._colorbar(fig, ax)
        self.kappa = self.slider("kappa", "condition number κ", 0.5, 2.5, 0.1, 30, log=True)
        self.map = self.image(ax, SHADE_COLORS)
        self.best = self.points(
            ax, draw.GRADIENT, "best without momentum", marker="square", size=11
        )
        self.star = self.points(ax, draw.ACCENT, "best with momentum", marker="diamond", size=12)
        self.plain = self.line(side, draw.GRADIENT, "best without momentum", dash="dot")
        self.errors = [
            self.line(side, FLAT_MODE, "flat mode", width=2.5),
            self.line(side, STEEP_MODE, "steep mode", dash="dash", width=2.5),
        ]
        self.at = self.handle("at", "α h_max and β", ax, (1.9, 0.3), color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "ncols": 2, "frameon": False}
        self.legend(ax, bbox_to_anchor=(0.5, -0.13), **below)
        self.legend(side, bbox_to_anchor=(0.5, -0.13), **below)
        self.start(self.update)

    def _colorbar(self, fig, ax):
        norm = BoundaryNorm((0, *SHADES, 1.1), len(SHADE_COLORS))
        mappable = ScalarMappable(norm, ListedColormap(SHADE_COLORS))
        bar = fig.colorbar(mappable, ax=ax, location="top", spacing="uniform", aspect=40)
        bar.set_ticks([*SHADES], labels=[f"{s:g}" for s in SHADES])
        bar.ax.tick_params(labelsize=8)
        bar.set_label("left of the slower mode, a move in the long run; grey: it grows", fontsize=9)

    def update(self):
        """Read the controls, compute, set the marks."""
        (alpha, beta), kappa = self.at.value, self.kappa.value
        frame = compute_momentum(alpha, beta, kappa, self.MOVES)
        self.map.set(rate_map(kappa), (0, 4, 0, 1))
        for mark, place in zip((self.best, self.star), best_points(kappa), strict=True):
            mark.set(*place)
        k = np.arange(self.MOVES + 1)
        self.plain.set(k, best_rates(kappa)[0] ** k)
        for i, mark in enumerate(self.errors):
            mark.set(k, np.maximum(frame.error[:, i], TINY))
        self.say(describe_momentum(frame, alpha, beta, kappa))


def describe_momentum(frame: MomentumFrame, alpha: float, beta: float, kappa: float) -> str:
    """Say which modes swing, what a move leaves, and how far from the best that is."""
    rate, (plain, best) = frame.rates.max(), best_rates(kappa)
    words = f"α h_max = {alpha:.2f}, β = {beta:.2f}, κ = {draw.number(kappa)}: "
    if rate >= 1 - 1e-9:
        grows = "the steep" if frame.rates[1] >= frame.rates[0] else "the flat"
        return words + (
            f"{grows} mode never dies out, a factor of {rate:.3f} a move. "
            f"At this β the step is stable below α h_max = 2(1 + β) = {2 * (1 + beta):.2f}."
        )
    which = {(True, True): "both modes swing", (False, False): "neither mode swings"}
    which |= {
        (False, True): "only the steep mode swings",
        (True, False): "only the flat mode swings",
    }
    return words + (
        f"{which[bool(frame.swings[0]), bool(frame.swings[1])]}; the slower one keeps {rate:.3f} "
        f"of its size a move, {moves_a_digit(rate)} moves a digit.\n"
        f"The best without momentum: {plain:.3f}, {moves_a_digit(plain)}; "
        f"with momentum: {best:.3f}, {moves_a_digit(best)}."
    )


def moves_a_digit(rate: float) -> str:
    """Moves until a tenth is left, written for reading."""
    return f"{np.log(0.1) / np.log(rate):.1f}" if rate > 0 else "0"
