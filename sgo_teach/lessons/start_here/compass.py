"""The second explorable of lesson 00: where the gradient points on a bowl."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw, problems
from sgo_teach.stage import Stage

REACH = 2.0
LEVELS = 5.0 * np.linspace(0.1, 1, 8) ** 2
TURN = np.append(np.linspace(0, 2 * np.pi, 121), np.nan)  # once round, and a gap
SHARE = np.linspace(0, 1, 61)


@dataclass(frozen=True)
class CompassFrame:
    """What −g knows about the way to the bottom of a bowl.

    Attributes
    ----------
    value : float
        L(θ).
    gradient : ndarray (2,)
        g, zero at the bottom alone.
    miss : float
        Degrees between −g and the way to the bottom; NaN at the bottom.
    lowest : ndarray (2,)
        The lowest point along −g.
    lowest_value : float
        The loss there.
    """

    value: float
    gradient: np.ndarray
    miss: float
    lowest: np.ndarray
    lowest_value: float


def bowl(kappa: float, degrees: float) -> problems.Problem:
    """The bowl with curvatures 1 and κ whose flat direction is turned by an angle."""
    return problems.bowl(kappa, np.deg2rad(degrees))


def compute_compass(problem: problems.Problem, theta: np.ndarray) -> CompassFrame:
    """Compare −g at θ (2,) with the way to the bottom at 0."""
    g, H = problem.gradient(theta), problem.hessian(theta)
    size, way = float(np.linalg.norm(g)), float(np.linalg.norm(theta))
    if way < 1e-9:
        return CompassFrame(float(problem.value(theta)), 0 * g, np.nan, theta, 0.0)
    across = g[0] * theta[1] - g[1] * theta[0]  # the arc cosine would blur small angles
    miss = float(np.rad2deg(np.arctan2(abs(across), g @ theta)))
    lowest = theta - (size**2 / (g @ H @ g)) * g
    return CompassFrame(float(problem.value(theta)), g, miss, lowest, float(problem.value(lowest)))


def level_line(H: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Ellipses ½θᵀHθ = level for each of the levels (k,), with gaps between them: (122 k, 2)."""
    h, Q = np.linalg.eigh(H)
    circle = np.column_stack([np.cos(TURN), np.sin(TURN)])
    ellipse = circle / np.sqrt(h) @ Q.T
    return (np.sqrt(2 * levels)[:, None, None] * ellipse).reshape(-1, 2)


class Compass(Stage):
    """Click a place on the map of a bowl: −g, the way to the bottom, and the loss along both."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.PAIR, columns=2, width_ratios=(1.1, 1))
        super().__init__(fig, alt="Level lines of a bowl with minus the gradient at a point")
        ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
        ax.set(xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
        side.set(xlim=(0, 1), ylim=(0, 1.05), ylabel="loss $L$, as a part of the loss here")
        side.set_xlabel("part of the way")
        ax.plot(0, 0, "*", color=draw.ACCENT, markersize=15)
        self.kappa = self.slider("kappa", "steep ÷ flat curvature κ", 1, 20, 1, 9)
        self.angle = self.slider("angle", "angle of the flat direction", 0, 90, 5, 30)
        self.levels = self.line(ax, "#b0b0b0", "levels of the loss $L$", width=1)
        self.own = self.line(ax, draw.LOSS, "the level you stand on", width=2)
        self.way = self.line(ax, draw.NEWTON, dash="dash", width=2)
        self.downhill = self.arrows(ax, draw.GRADIENT, "$-g$, direction only")
        self.lowest = self.points(ax, draw.GRADIENT, hollow=True, size=10)
        self.along = self.line(side, draw.GRADIENT, "along $-g$, to the lowest point", width=2.5)
        self.straight = self.line(
            side, draw.NEWTON, "straight to the bottom", dash="dash", width=2.5
        )
        self.at = self.handle("at", "point θ", ax, (0.4, 1.2), color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(ax, ncols=2, bbox_to_anchor=(0.5, -0.13), **below)
        self.legend(side, bbox_to_anchor=(0.5, -0.13), **below)
        self.start(self.update)

    def update(self):
        """Read the controls, compute, set the marks."""
        problem, theta = bowl(self.kappa.value, self.angle.value), np.array(self.at.value)
        frame = compute_compass(problem, theta)
        H = problem.hessian(theta)
        self.levels.set(*level_line(H, LEVELS).T)
        self.own.set(*level_line(H, np.array([frame.value])).T)
        self.way.set([theta[0], 0], [theta[1], 0])
        self.show_gradient(theta, frame)
        self.show_losses(frame)
        self.say(describe_compass(theta, frame))

    def show_gradient(self, theta, frame):
        """Draw −g with a fixed length, and the lowest point on its line."""
        length = np.linalg.norm(frame.gradient)
        self.downhill.set(theta, theta - (0.7 / length if length else 0.0) * frame.gradient)
        self.lowest.set(*frame.lowest)

    def show_losses(self, frame):
        """Draw both ways down; along each the loss is a parabola with its bottom at the end."""
        left = frame.lowest_value / frame.value if frame.value else 0.0
        fall = (1 - SHARE) ** 2
        self.along.set(SHARE, left + (1 - left) * fall)
        self.straight.set(SHARE, fall)


def describe_compass(theta: np.ndarray, frame: CompassFrame) -> str:
    """Say where −g points and how low the loss can get along it."""
    at = ", ".join(draw.number(round(float(c), 3) + 0.0) for c in theta)
    if np.isnan(frame.miss):
        return f"At θ = ({at}) you stand on the bottom: g = 0, and no direction leads down."
    g = ", ".join(draw.number(round(float(c), 3) + 0.0) for c in frame.gradient)
    part = 100 * frame.lowest_value / frame.value
    low = f"to {part:.0f} % of what it is here, and no lower" if part >= 0.5 else "all the way"
    return (
        f"At θ = ({at}) the gradient is g = ({g}). −g misses the bottom by {frame.miss:.0f}°.\n"
        f"Along −g the loss comes down {low}."
    )
