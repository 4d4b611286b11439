"""Explorable of lesson 09: Hv is how the gradient changes when you nudge θ along v."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw, problems
from sgo_teach.problems import Problem
from sgo_teach.stage import Stage

SURFACES = {
    "bowl": problems.bowl(4.0, angle=0.5),
    "hills": problems.hills(),
    "Himmelblau": problems.himmelblau(),
}
STARTS = {"bowl": (0.8, -0.9), "hills": (0.8, -0.7), "Himmelblau": (2.2, 1.2)}
AROUND = np.linspace(0, 2 * np.pi, 121)
CIRCLE = np.column_stack([np.cos(AROUND), np.sin(AROUND)])
REACH = 1.35  # half the side of the right picture
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class NudgeFrame:
    """What a nudge of θ along v does to the gradient.

    Attributes
    ----------
    before, after : (2,) arrays
        g(θ) and g(θ + εv).
    h : (2,) array
        Eigenvalues of H at θ, sorted.
    product : (2,) array
        Hv.
    measured : (2,) array
        (g(θ + εv) − g(θ))/ε.
    scale : float
        The largest |h|, by which the right picture divides.
    images : (121, 2) array
        Hu for u on the circle with the length of v.
    """

    before: np.ndarray
    after: np.ndarray
    h: np.ndarray
    product: np.ndarray
    measured: np.ndarray
    scale: float
    images: np.ndarray

    @property
    def error(self) -> float:
        """How far the measured change is from Hv, per longest axis of the ellipse of all Hu."""
        longest = float(np.linalg.norm(self.images, axis=1).max())
        return float(np.linalg.norm(self.measured - self.product)) / max(longest, TINY)


def compute_nudge(problem: Problem, at: np.ndarray, v: np.ndarray, eps: float) -> NudgeFrame:
    """Nudge θ = `at` (2,) by εv, v (2,), and compare the change of the gradient with Hv."""
    before, after = problem.gradient(at), problem.gradient(at + eps * v)
    H = np.asarray(problem.hessian(at))
    h = np.linalg.eigvalsh(H)
    images = np.linalg.norm(v) * CIRCLE @ H
    return NudgeFrame(
        before, after, h, H @ v, (after - before) / eps, max(float(np.abs(h).max()), TINY), images
    )


def turned(v: np.ndarray, w: np.ndarray) -> float:
    """The angle between two vectors (n,) in degrees, from 0 to 180; NaN if one is zero."""
    v, w = np.asarray(v), np.asarray(w)
    lengths = float(np.linalg.norm(v) * np.linalg.norm(w))
    if lengths < TINY:
        return np.nan
    return float(np.degrees(np.arccos(np.clip(v @ w / lengths, -1, 1))))


class Nudge(Stage):
    """Drag θ and v, shrink ε: the measured change of the gradient settles on Hv."""

    def __init__(self):
        fig, (self.ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.1, 1))
        super().__init__(fig, alt="Gradients at two points of a loss; v, its image Hv, an ellipse")
        self._prepare(side)
        self.surface = self.choice("surface", "loss L", SURFACES)
        self.eps = self.slider("eps", "nudge ε", -2, 0, 0.1, 0.5, log=True)
        self.nudged = self.arrows(self.ax, draw.POINT, "nudge $εv$", width=3)
        self.before = self.arrows(self.ax, draw.GRADIENT, "$g(θ)$")
        self.after = self.arrows(self.ax, draw.PALE[0], "$g(θ + εv)$")
        self.circle = self.line(side, draw.GREY, width=1)
        self.ellipse = self.line(side, draw.NEWTON, "$Hu$ for all $u$ as long as $v$", width=1.2)
        self.measured = self.arrows(side, draw.MODEL, "measured: $(g(θ+εv) − g(θ))/ε$", width=5)
        self.product = self.arrows(side, draw.NEWTON, "$Hv$")
        self.direction = self.arrows(side, draw.POINT, "$v$")
        self.draw_surface()
        self.at = self.handle("at", "point θ", self.ax, STARTS["bowl"], color=draw.POINT)
        self.v = self.handle("v", "direction v", side, (0.8, 0.6), color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "ncols": 2, "bbox_to_anchor": (0.5, -0.1)}
        self.legend(self.ax, **below | {"ncols": 3})
        self.legend(side, **below)
        self.surface.observe(self.change_surface, "value")
        self.start(self.update)

    @staticmethod
    def _prepare(side):
        side.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
        side.set_title("changes of $g$, divided by the largest $|h_i|$", fontsize=10)

    @property
    def problem(self) -> Problem:
        """The loss that is shown."""
        return SURFACES[self.surface.value]

    def draw_surface(self):
        """Draw the level lines of the loss."""
        value, window = self.problem.value, self.problem.window
        power = 1.0 if self.surface.value == "hills" else 2.0
        self.contour = draw.contours(
            self.ax, value, window, draw.even_levels(value, window, 14, power)
        )
        self.ax.set_aspect("equal")
        self.ax.set_title("loss $L$, gradients at $θ$ and at $θ + εv$", fontsize=10)

    def change_surface(self, _change):
        """Draw another loss and go to a place where its gradients are well seen."""
        self.contour.remove()
        self.draw_surface()
        with self.held():
            self.at.value = STARTS[self.surface.value]
        self.redraw()

    def update(self):
        """Read the controls, compute, set the marks."""
        at, v, eps = np.array(self.at.value), np.array(self.v.value), self.eps.value
        frame = compute_nudge(self.problem, at, v, eps)
        longest = max(np.linalg.norm(frame.before), np.linalg.norm(frame.after), TINY)
        shown = 0.22 * np.ptp(self.problem.window[0]) / longest  # one scale for both gradients
        there = at + eps * v
        self.nudged.set(at, there)
        self.before.set(at, at + shown * frame.before)
        self.after.set(there, there + shown * frame.after)
        origin = np.zeros(2)
        self.circle.set(*(np.linalg.norm(v) * CIRCLE).T)
        self.ellipse.set(*(frame.images / frame.scale).T)
        self.measured.set(origin, frame.measured / frame.scale)
        self.product.set(origin, frame.product / frame.scale)
        self.direction.set(origin, v)
        self.say(describe(frame, v, eps))


def describe(frame: NudgeFrame, v: np.ndarray, eps: float) -> str:
    """Say how H turns and stretches v, and how well the nudge shows it."""
    low, high = (draw.number(h) for h in frame.h)
    squared = float(v @ v)
    if squared < TINY:
        return f"Curvatures {low} and {high}. v has no length: drag it away from the middle."
    product = ", ".join(draw.number(x) for x in frame.product)
    along, angle = float(v @ frame.product) / squared, turned(v, frame.product)
    aside = (
        "Hv is zero" if np.isnan(angle) else f"Hv = ({product}) is turned by {angle:.0f}° from v"
    )
    off = f"{100 * frame.error:.2g} %" if frame.error > 1e-4 else "less than 0.01 %"
    return (
        f"Curvatures of H: {low} and {high}. {aside}; along v the loss bends by "
        f"vᵀHv/vᵀv = {draw.number(along)}.\n"
        f"Measured with ε = {eps:.2g}: off by {off} of the ellipse's longest radius."
    )
