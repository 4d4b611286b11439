"""Explorable of lesson 09: power iteration turns a vector towards the steepest direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.stage import Stage

H1 = 10.0  # the curvature of largest size
LONGEST = 20
TILT = 0.5  # radians from the x axis to q₁
Q = np.array([[np.cos(TILT), -np.sin(TILT)], [np.sin(TILT), np.cos(TILT)]])  # columns q₁, q₂
AROUND = np.linspace(0, 2 * np.pi, 181)
FLOOR = 1e-12


@dataclass(frozen=True, eq=False)
class PowerFrame:
    """Power iteration with the curvatures 10 and h₂.

    Attributes
    ----------
    vectors : (21, 2) array
        v_0, …, v_20, each of length 1.
    values : (21,) array
        v_kᵀHv_k.
    angles : (21,) array
        Degrees between the line of v_k and that of q₁, 0 to 90.
    asymptote : (21,) array
        What |v_kᵀHv_k − h₁| tends to, (h₁ − h₂)(c₂/c₁)²(h₂/h₁)²ᵏ; NaN for a start without q₁.
    """

    vectors: np.ndarray
    values: np.ndarray
    angles: np.ndarray
    asymptote: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """|v_kᵀHv_k − h₁|, (21,)."""
        return np.abs(self.values - H1)


def compute_power(start: np.ndarray, h2: float) -> PowerFrame:
    """Multiply `start` (2,), not zero, by H = Q diag(10, h₂) Qᵀ twenty times.

    In the eigenbasis the k-th vector is (10ᵏ c₁, h₂ᵏ c₂), brought to length 1.
    """
    c1, c2 = Q.T @ start / np.linalg.norm(start)
    k, ratio = np.arange(LONGEST + 1), h2 / H1
    if abs(c1) < FLOOR:  # an eigenvector to rounding is one: it stays, and turns with the sign
        c1, ratio = 0.0, np.sign(h2) or 1.0
    weights = np.column_stack([c1 + 0.0 * k, c2 * ratio**k])
    unit = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    values = H1 * unit[:, 0] ** 2 + h2 * unit[:, 1] ** 2
    angles = np.degrees(np.arctan2(np.abs(unit[:, 1]), np.abs(unit[:, 0])))
    tail = (H1 - h2) * (c2 / c1) ** 2 * ratio ** (2 * k) if c1 else np.full(k.shape, np.nan)
    return PowerFrame(unit @ Q.T, values, angles, tail)


class PowerIteration(Stage):
    """Drag the start, choose the second curvature, step: who wins, and how fast?"""

    def __init__(self):
        fig, (self.ax, side) = draw.figure(draw.PAIR, columns=2, width_ratios=(1, 1.25))
        super().__init__(
            fig, alt="Vectors turning on a circle; the error of their curvature by step"
        )
        self._prepare(side)
        self.h2 = self.slider("h2", "second curvature h₂", -10, 10, 0.5, 7)
        self.moves = self.slider("moves", "multiplications k", 0, LONGEST, 1, 4)
        self.trail = self.points(self.ax, draw.NEWTON, size=6, alpha=0.6)
        self.first = self.arrows(self.ax, draw.POINT, "start $v_0$")
        self.now = self.arrows(self.ax, draw.NEWTON, "$v_k$", width=4)
        self.errors = self.points(side, draw.NEWTON, r"$|v_k^THv_k - h_1|$", size=7)
        self.rate = self.line(side, draw.MODEL, r"its law, $c\,(h_2/h_1)^{2k}$", dash="dash")
        self.here = self.line(side, draw.POINT, width=1.5)
        angle = 1.9
        self.v = self.handle(
            "v", "start v₀", self.ax, (np.cos(angle), np.sin(angle)), color=draw.POINT
        )
        self.legend(self.ax, loc="upper center", fontsize=8, ncols=2, bbox_to_anchor=(0.5, -0.08))
        self.legend(side, loc="lower left", fontsize=8)
        self.start(self.update)

    def _prepare(self, side):
        self.ax.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal")
        self.ax.plot(np.cos(AROUND), np.sin(AROUND), color=draw.GREY, linewidth=0.8)
        for q, aside, name in zip(Q.T, Q.T[::-1], ("$q_1$", "$q_2$"), strict=True):
            self.ax.plot(*np.outer(q, (-1.4, 1.4)), color=draw.GREY, linewidth=0.8, linestyle="--")
            self.ax.text(*(1.2 * q + 0.1 * aside), name, fontsize=10, ha="center", va="center")
        side.set(xlim=(-0.5, LONGEST + 0.5), ylim=(FLOOR / 3, 1e2), yscale="log")
        side.set_xticks(range(0, LONGEST + 1, 5))
        side.set_xlabel("multiplications $k$")
        side.set_title("error of the curvature", fontsize=10)

    def update(self):
        """Read the controls, compute, set the marks."""
        start, k = np.array(self.v.value), self.moves.value
        if np.linalg.norm(start) < 1e-6:  # the middle has no direction
            start = Q[:, 1]
        start = start / np.linalg.norm(start)
        self.v.show_at(*start)
        frame = compute_power(start, self.h2.value)
        self.trail.set(*frame.vectors[: k + 1].T)
        self.first.set((0, 0), frame.vectors[0])
        self.now.set((0, 0), frame.vectors[k])
        steps = np.arange(LONGEST + 1)
        self.errors.set(steps, np.maximum(frame.error, FLOOR))
        self.rate.set(steps, np.maximum(frame.asymptote, FLOOR))
        self.here.set([k, k], [FLOOR / 3, 1e2])
        self.say(describe(frame, self.h2.value, k))


def describe(frame: PowerFrame, h2: float, k: int) -> str:
    """Say where the vector points after k steps, and what decides how fast it gets there."""
    ratio = abs(h2) / H1
    told = (
        f"After {k} multiplications v is {frame.angles[k]:.2g}° from q₁ and "
        f"vᵀHv = {draw.number(frame.values[k], 5)}; h₁ = 10. "
    )
    if frame.angles[0] > 90 - 1e-9:
        return told + "The start has nothing of q₁ in it, so there is nothing that could grow."
    if h2 == H1:
        return told + "h₂ = h₁: every vector is an eigenvector, and stays."
    if h2 == -H1:
        return told + "h₂ = −h₁: v swings between two directions for ever and never settles."
    return told + (
        "Each one shrinks the part along q₂, measured by that along q₁, to |h₂/h₁| = "
        f"{ratio:.2g} of it; in the end the error of the curvature shrinks by the square, "
        f"{ratio**2:.2g}."
    )
