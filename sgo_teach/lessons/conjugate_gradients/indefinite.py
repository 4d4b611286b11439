"""Explorable of lesson 08: negative curvature, walked past and answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.conjugate_gradients.ellipse import frame_of_axes
from sgo_teach.solvers.trust_region import Proposal, steihaug
from sgo_teach.stage import Stage

WINDOW = ((-3.0, 3.0), (-3.0, 3.0))
POINTS = draw.grid(WINDOW, 61)
STEEP = 3.0
ALONG = np.linspace(0, 1, 40)[:, None]


@dataclass(frozen=True, eq=False)
class IndefiniteFrame:
    """Plain CG and Steihaug's method on φ(x) = ½ xᵀHx − bᵀx from 0.

    Attributes
    ----------
    blind : (j, 2) array
        Corners of plain CG, which never looks at the sign of pᵀHp.
    curvatures : (j − 1,) array
        pᵀHp ÷ pᵀp along its legs.
    proposal : Proposal
        Steihaug's.
    lengths, heights : pairs of (p,) arrays
        Distance walked and φ along both paths, plain CG first.
    flat : bool
        Whether plain CG ended where ∇φ = 0.
    levels : (q, 2) array
        Level lines of φ.
    """

    blind: np.ndarray
    curvatures: np.ndarray
    proposal: Proposal
    lengths: tuple[np.ndarray, np.ndarray]
    heights: tuple[np.ndarray, np.ndarray]
    flat: bool
    levels: np.ndarray


def blind_cg(H: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners (j, 2) of CG without a guard, and pᵀHp ÷ pᵀp (j − 1,) of its legs.

    It ends where r is zero or where pᵀHp is: there the step has no length.
    """
    x, r, p = np.zeros(2), b, b
    corners, curvatures = [x], []
    for _ in range(2):
        if r @ r <= 1e-20 * (b @ b) or abs(p @ H @ p) <= 1e-9 * (p @ p):
            break
        curvatures.append(float(p @ H @ p / (p @ p)))
        alpha = (r @ r) / (p @ H @ p)
        x, new = x + alpha * p, r - alpha * (H @ p)
        p, r = new + (new @ new) / (r @ r) * p, new
        corners.append(x)
    return np.array(corners), np.array(curvatures)


def walked(corners: np.ndarray, H: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance and φ at points along straight legs between corners (j, 2)."""
    legs = [a + ALONG * (c - a) for a, c in zip(corners, corners[1:], strict=False)]
    x = np.concatenate([corners[:1], *legs])
    lengths = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(x, axis=0), axis=1))]
    return lengths, 0.5 * np.sum((x @ H) * x, axis=1) - x @ b


def level_lines(H: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Level lines (q, 2) of φ over the window, NaN between them."""
    phi = 0.5 * np.sum((POINTS @ H) * POINTS, axis=-1) - POINTS @ b
    return draw.level_lines(POINTS, phi, np.linspace(phi.min(), phi.max(), 18)[1:-1])


def compute_indefinite(b: np.ndarray, lowest: float, radius: float) -> IndefiniteFrame:
    """Run both methods for the right-hand side b (2,) and the curvatures `lowest` and 3."""
    b = np.where(np.abs(b) < 1e-12, 0.0, b)  # dragged to the origin
    _, Q = frame_of_axes(1.0)
    H = (Q * np.array([lowest, STEEP])) @ Q.T
    blind, curvatures = blind_cg(H, b)
    proposal = steihaug(-b, H, radius, rtol=1e-9)
    lengths, heights = zip(*(walked(path, H, b) for path in (blind, proposal.path)), strict=True)
    flat = bool(np.linalg.norm(b - H @ blind[-1]) <= 1e-8 * np.linalg.norm(b))
    return IndefiniteFrame(blind, curvatures, proposal, lengths, heights, flat, level_lines(H, b))


class NegativeCurvature(Stage):
    """Bend one curvature below zero: plain CG walks to the saddle, Steihaug's to the rim."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.PAIR, columns=2, width_ratios=(1.1, 1))
        super().__init__(fig, alt="Plain CG and Steihaug's method on a quadratic model")
        ax.set(xlim=WINDOW[0], ylim=WINDOW[1], aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
        side.set(xlim=(0, 6), ylim=(-12, 4), xlabel="distance walked")
        side.set_ylabel(r"model $\varphi$")
        side.axhline(0, color="#9a9a9a", lw=0.8)
        self.lowest = self.slider("lowest", "smaller curvature h₁", -3, 3, 0.1, -0.8)
        self.radius = self.slider("radius", "radius of trust", 0.5, 2.8, 0.1, 2.4)
        self.levels = self.line(ax, "#b9b9b9", width=1)
        self.rim = self.line(ax, draw.ACCENT, "rim", dash="dash", width=2)
        self.walks = [
            self._walk(ax, side, draw.MODEL, "Steihaug", "circle", 5, "solid", 9),
            self._walk(ax, side, draw.NEWTON, "plain CG", "square", 2.5, "dash", 7),
        ]
        self.b = self.handle("b", "right-hand side b", ax, (0.3, 1.9), color=draw.POINT)
        self.legend(ax, loc="lower left", fontsize=8)
        self.legend(side, loc="lower left", fontsize=9)
        self.start(self.update)

    def _walk(self, ax, side, color, label, marker, width, dash, size):
        return (
            self.line(ax, color, width=width, dash=dash),
            self.points(ax, color, label, size=size, marker=marker),
            self.line(side, color, width=width, dash=dash),
            self.points(side, color, label, size=size, marker=marker),
        )

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_indefinite(np.array(self.b.value), self.lowest.value, self.radius.value)
        turn = np.linspace(0, 2 * np.pi, 97)
        self.levels.set(*frame.levels.T)
        self.rim.set(*(self.radius.value * np.array([np.cos(turn), np.sin(turn)])))
        paths = (frame.proposal.path, frame.blind)
        shown = zip(self.walks, paths, frame.lengths[::-1], frame.heights[::-1], strict=True)
        for (line, corners, curve, ends), path, length, height in shown:
            line.set(*path.T)
            corners.set(*path.T)
            curve.set(length, height)
            ends.set(length[:: len(ALONG)], height[:: len(ALONG)])
        self.say(describe(frame))


def describe(frame: IndefiniteFrame) -> str:
    """Say which curvatures CG met, where it ended, and what Steihaug's method did instead."""
    if not frame.curvatures.size:
        return "b is zero, or bᵀHb is: plain CG has no step to take."
    met = ", then ".join(draw.number(c, 2) for c in frame.curvatures)
    words = f"Curvature along p: {met}. Plain CG {ending(frame)}.\n"
    how = {
        "negative_curvature": "meets curvature that is not positive and follows p to the rim",
        "boundary": "is cut off at the rim",
        "inside": "ends inside the circle",
    }[frame.proposal.reason]
    return words + f"Steihaug {how}: φ = {draw.number(frame.heights[1][-1])}."


def ending(frame: IndefiniteFrame) -> str:
    """Say where plain CG ended, and whether it climbed on the way."""
    corners = frame.heights[0][:: len(ALONG)]
    where = f"φ = {draw.number(corners[-1])}"
    if not frame.flat:
        return f"is stuck at {where}: pᵀHp is zero"
    if (frame.curvatures > 0).all():
        return f"ends at {where}, the minimum"
    rise = corners[-1] - corners.min()
    climbed = f", having climbed {draw.number(rise)}" if rise > 1e-9 else ""
    return f"ends at {where}{climbed}: a flat point, no minimum"
