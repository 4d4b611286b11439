"""Explorables of this lesson: a parabola and its tangent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.stage import Stage


@dataclass(frozen=True)
class TangentFrame:
    """What one position of the slider shows.

    Attributes
    ----------
    slope : float
        L'(θ), the slope where the tangent touches.
    line : ndarray (2,)
        Heights of the tangent above θ = −3 and θ = 3.
    """

    slope: float
    line: np.ndarray


def compute(theta: float, curvature: float = 1.0) -> TangentFrame:
    """Compute the tangent of L(θ) = ½ h θ² at a point.

    Parameters
    ----------
    theta : float
        Where the tangent touches.
    curvature : float
        h, the second derivative of L.

    Returns
    -------
    TangentFrame
    """
    slope = curvature * theta
    ends = np.array([-3.0, 3.0])
    return TangentFrame(slope, 0.5 * curvature * theta**2 + slope * (ends - theta))


class Tangent(Stage):
    """A slider moves the point where the tangent touches the parabola."""

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        theta = np.linspace(-3, 3, 200)
        ax.plot(theta, 0.5 * theta**2, color=draw.LOSS, label="loss L(θ)")
        ax.set(xlim=(-3, 3), ylim=(-2, 4.5), xlabel="θ")
        super().__init__(fig, alt="A parabola and its tangent at a point that a slider moves")
        self.at = self.slider("at", "point θ", -2, 2, 0.1, value=1)
        self.tangent = self.line(ax, draw.GRADIENT, label="tangent")
        self.touch = self.points(ax, draw.POINT)
        self.legend(ax, loc="upper center")
        self.start(self.update)

    def update(self):
        """Read the slider, compute, place the marks."""
        theta = self.at.value
        frame = compute(theta)
        self.tangent.set([-3, 3], frame.line)
        self.touch.set(theta, 0.5 * theta**2)
        self.say(f"At θ = {theta:.1f} the slope is {frame.slope:.1f}.")
