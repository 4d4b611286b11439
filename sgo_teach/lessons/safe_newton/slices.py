"""Explorable of lesson 04: which step lengths along a line Armijo and Wolfe accept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.problems import Problem, himmelblau
from sgo_teach.solvers.line_search import LineSearch, armijo, flat_enough, sufficient_decrease
from sgo_teach.stage import Stage

HIMMELBLAU = himmelblau()
ALPHA = np.linspace(0, 2, 401)
LANES = {"Armijo": 2.0, "flat enough": 1.0, "both (strong Wolfe)": 0.0}


@dataclass(frozen=True, eq=False)
class SliceFrame:
    """φ(α) = L(x + αp) on `ALPHA` in units of |φ′(0)|, and who accepts which α.

    Attributes
    ----------
    slope : float
        φ′(0) = gᵀp.
    phi, dphi : (401,) arrays
        (φ(α) − φ(0))/|φ′(0)| and φ′(α)/|φ′(0)|; NaN where φ′(0) = 0.
    accepted : dict of str to (401,) bool arrays
        By the names of `LANES`; nothing where φ′(0) ≥ 0.
    search : LineSearch
        Backtracking from α = 1.
    """

    slope: float
    phi: np.ndarray
    dphi: np.ndarray
    accepted: dict[str, np.ndarray]
    search: LineSearch


def compute_slice(
    problem: Problem, x: np.ndarray, p: np.ndarray, c1: float, c2: float
) -> SliceFrame:
    """Slice the loss from x (2,) along p (2,) and judge every α of `ALPHA`."""
    points = x + ALPHA[:, None] * p
    value, slope = problem.value(points), problem.gradient(points) @ p
    unit = abs(slope[0]) if slope[0] else np.nan
    low = sufficient_decrease(ALPHA, value, value[0], slope[0], c1) & (slope[0] < 0) & (ALPHA > 0)
    flat = flat_enough(slope, slope[0], c2) & (slope[0] < 0) & (ALPHA > 0)
    accepted = dict(zip(LANES, (low, flat, low & flat), strict=True))
    search = armijo(problem, x, p, c1=c1)
    return SliceFrame(float(slope[0]), (value - value[0]) / unit, slope / unit, accepted, search)


def spans(accepted: np.ndarray) -> list[tuple[float, float]]:
    """The intervals of `ALPHA` on which a truth value (401,) holds."""
    edges = np.flatnonzero(np.diff(np.r_[False, accepted, False].astype(int)))
    return [(float(ALPHA[a]), float(ALPHA[b - 1])) for a, b in edges.reshape(-1, 2)]


class Slice(Stage):
    """Drag the start and the tip of the direction; see which step lengths are acceptable."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1, 1.15))
        super().__init__(fig, alt="A slice of a loss with the step lengths that are acceptable")
        levels = draw.even_levels(HIMMELBLAU.value, HIMMELBLAU.window, count=16, power=3.0)
        draw.contours(ax, HIMMELBLAU.value, HIMMELBLAU.window, levels)
        ax.set(aspect="equal", xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
        side.set(xlim=(0, 2), ylim=(-1.8, 0.8), xlabel=r"step length $\alpha$")
        side.set_ylabel(r"$(\varphi(\alpha) - \varphi(0))\,/\,|\varphi'(0)|$", fontsize=9)
        side.axhspan(-1.8, -1.02, color="#f4f4f4", zorder=0)
        self.c1 = self.slider("c1", "c₁ (decrease)", -4, -0.05, 0.05, 0.1, log=True)
        self.c2 = self.slider("c2", "c₂ (flatness)", 0.05, 0.95, 0.05, 0.5)
        self._marks(ax, side)
        self.at = self.handle("at", "start θ", ax, (1.3, -2.6), color=draw.POINT)
        self.tip = self.handle(
            "tip", "tip of the direction p", ax, (4.8, 0.8), jump=False, color=draw.NEWTON
        )
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(ax, ncols=1, bbox_to_anchor=(0.5, -0.12), **below)
        self.legend(side, ncols=2, bbox_to_anchor=(0.5, -0.12), **below)
        self.start(self.update)

    def _marks(self, ax, side):
        self.ray = self.line(ax, draw.GREY, r"the slice, $0 \leq \alpha \leq 2$", dash="dash")
        self.arrow = self.arrows(ax, draw.NEWTON, r"direction $p$ ($\alpha = 1$)", width=3)
        self.downhill = self.arrows(ax, draw.GRADIENT, "$-g$, direction only")
        look = {"Armijo": draw.GRADIENT, "flat enough": draw.GREY}
        look |= {"both (strong Wolfe)": draw.MODEL}
        self.lanes = {
            name: self.line(side, color, width=9, alpha=0.85) for name, color in look.items()
        }
        for name, lane in LANES.items():
            side.text(1.98, self.lane(lane) + 0.11, name, ha="right", va="center", fontsize=8)
        self.tangent = self.line(side, draw.GREY, r"slope $\varphi'(0)$", dash="dot")
        self.bound = self.line(
            side, draw.GRADIENT, r"Armijo's line, slope $c_1\varphi'(0)$", dash="dash"
        )
        self.phi = self.line(side, draw.LOSS, r"loss $\varphi(\alpha)$", width=3)
        self.tried = self.points(side, draw.NEWTON, "backtracking tries", hollow=True, size=9)
        self.taken = self.points(side, draw.NEWTON, "and takes", size=9)

    @staticmethod
    def lane(number: float) -> float:
        """Height of a lane in the plot."""
        return -1.71 + 0.25 * number

    def update(self):
        """Read the controls, compute, set the marks."""
        at, tip = np.array(self.at.value), np.array(self.tip.value)
        frame = compute_slice(HIMMELBLAU, at, tip - at, self.c1.value, self.c2.value)
        g = HIMMELBLAU.gradient(at)
        self.ray.set(*np.array([at, at + 2 * (tip - at)]).T)
        self.arrow.set(at, tip)
        self.downhill.set(at, at - 1.6 * g / max(float(np.linalg.norm(g)), 1e-9))
        self.phi.set(ALPHA, frame.phi)
        self.tangent.set([0, 1.02], [0, 1.02 * np.sign(frame.slope)])
        self.bound.set([0, 2], [0, 2 * self.c1.value * np.sign(frame.slope)])
        for name, lane in self.lanes.items():
            self.show_lane(lane, spans(frame.accepted[name]), self.lane(LANES[name]))
        self.show_search(frame)
        self.say(describe(frame, self.c1.value, self.c2.value))

    def show_lane(self, mark, intervals, height):
        """Draw the intervals of accepted α as pieces of one line."""
        x = [v for a, b in intervals for v in (a, b, np.nan)] or [np.nan]
        mark.set(x, height)

    def show_search(self, frame):
        """Draw what backtracking looked at, and where it ended."""
        alphas = np.array([trial.alpha for trial in frame.search.trials])
        on_curve = np.interp(alphas, ALPHA, frame.phi) if len(alphas) else alphas
        self.tried.set(alphas, on_curve) if len(alphas) else self.tried.hide()
        if frame.search.alpha:
            self.taken.set(frame.search.alpha, np.interp(frame.search.alpha, ALPHA, frame.phi))
        else:
            self.taken.hide()


def written(intervals: list[tuple[float, float]]) -> str:
    """Write intervals of step lengths; the open end at 0 stands as 0."""
    if not intervals:
        return "none"
    return ", ".join(f"{a if a > 0.006 else 0:.2f} to {b:.2f}" for a, b in intervals)


def describe(frame: SliceFrame, c1: float, c2: float) -> str:
    """Say which step lengths are acceptable, and which one backtracking takes."""
    if not frame.slope < 0:
        return (
            f"gᵀp = {draw.number(frame.slope)}: p does not descend. "
            "No line search can help; turn the direction."
        )
    low, both = (written(spans(frame.accepted[k])) for k in ("Armijo", "both (strong Wolfe)"))
    words = f"With c₁ = {c1:.2g}, c₂ = {c2:.2g}, acceptable up to α = 2: Armijo {low}; "
    words += f"strong Wolfe {both}.\n"
    tries = "try" if len(frame.search.trials) == 1 else "tries"
    words += (
        f"Backtracking takes α = {frame.search.alpha:g} after {len(frame.search.trials)} {tries}."
    )
    if c1 >= c2:
        words += " With c₁ ≥ c₂ there may be no α for both."
    return words
