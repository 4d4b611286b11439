"""Explorable of lesson 02: a step size for each coordinate, in a valley that turns."""

from __future__ import annotations

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.gradient_descent_and_curvature.frames import (
    METHODS,
    RescalingFrame,
    compute_rescaling,
    ellipses,
)
from sgo_teach.stage import Stage

LOOKS = {
    "gradient descent": (draw.GRADIENT, "square", "solid"),
    "RMSprop": (draw.PALE[0], "triangle", "dash"),
    "Adam": (draw.ACCENT, "circle", "dashdot"),
}


class Rescaling(Stage):
    """Turn the valley: gradient descent, RMSprop and Adam from one start, and Newton's step."""

    MOVES, NEAR = 60, 0.1

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.15, 1))
        super().__init__(fig, alt="Paths of three methods in a valley, and their distances")
        ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
        ax.set(xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
        side.set(xlim=(0, self.MOVES), ylim=(1e-3, 10), yscale="log", xlabel="move $k$")
        side.set_ylabel("distance to the minimum")
        side.axhline(self.NEAR, color=draw.GREY, lw=1, ls=":")
        self.degrees = self.slider("degrees", "the valley turns by, in degrees", 0, 90, 5, 0)
        self.kappa = self.slider("kappa", "condition number κ", 0, 3, 0.25, 100, log=True)
        self.alpha = self.slider("alpha", "α of RMSprop and Adam", -2, 0, 0.1, 0.05, log=True)
        self.levels = self.line(ax, "#b0b0b0", width=1)
        self.paths = {name: self._runner(ax, name) for name in METHODS}
        self.newton = self.arrows(ax, draw.NEWTON, "Newton step")
        self.curves = {name: self._runner(side, name, name) for name in METHODS}
        self.at = self.handle("at", "start θ₀", ax, (2.0, 1.0), color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(ax, bbox_to_anchor=(0.5, -0.12), **below)
        self.legend(side, ncols=3, bbox_to_anchor=(0.5, -0.12), **below)
        self.start(self.update)

    def _runner(self, ax, name, label=None):
        color, marker, dash = LOOKS[name]
        return (
            self.line(ax, color, width=1.5, dash=dash),
            self.points(ax, color, label, size=5, marker=marker),
        )

    def update(self):
        """Read the controls, compute, set the marks."""
        start, kappa, degrees = np.array(self.at.value), self.kappa.value, self.degrees.value
        frame = compute_rescaling(start, self.alpha.value, kappa, degrees, self.MOVES)
        self.levels.set(*ellipses(kappa, np.deg2rad(degrees)).T)
        self.newton.set(start, np.zeros(2))
        for name in METHODS:
            distance = frame.distances[name]
            for mark in self.paths[name]:
                mark.set(*frame.paths[name].T)
            for mark in self.curves[name]:
                mark.set(np.arange(len(distance)), np.maximum(distance, 1e-4))
        self.say(describe_rescaling(frame, kappa, degrees, self.NEAR))


def describe_rescaling(frame: RescalingFrame, kappa: float, degrees: float, near: float) -> str:
    """Say what rescaling the coordinates can do at this angle, and who came near when."""
    arrivals = [_arrival(name, frame.distances[name], near) for name in METHODS]
    newton = int(frame.distances["Adam"][0] > near)
    return (
        f"κ = {draw.number(kappa)}, turned by {degrees}°: the best rescaling of both coordinates "
        f"would leave κ = {draw.number(frame.left_over)}.\n"
        f"Within {near:g} of the minimum: {'; '.join(arrivals)}; Newton after {newton}."
    )


def _arrival(name: str, distance: np.ndarray, near: float) -> str:
    inside = np.flatnonzero(distance <= near)
    if not inside.size:
        return f"{name} not in {len(distance) - 1} moves"
    return f"{name} after {inside[0]}"
