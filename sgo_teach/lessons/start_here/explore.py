"""Explorables of lesson 00: one step of gradient descent, and the gradient on a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.start_here.compass import Compass
from sgo_teach.stage import Stage

__all__ = ["EDGE", "LOSSES", "Compass", "DescentStep", "StepFrame", "compute_step", "describe"]

EDGE = 3.0
SPAN = np.linspace(-EDGE, EDGE, 301)
LOSSES = {  # name: L(θ), L′(θ)
    "½ θ²": (lambda t: t**2 / 2, lambda t: t),
    "⅛ (θ² − 2)²": (lambda t: (t**2 - 2) ** 2 / 8, lambda t: t * (t**2 - 2) / 2),
}
RUN = 0.5  # length of the slope triangle's level side


@dataclass(frozen=True)
class StepFrame:
    """One step of gradient descent on a line.

    Attributes
    ----------
    value, slope : float
        L(θ) and L′(θ) where the ball is.
    step : float
        Δθ = −α L′(θ).
    landing, landing_value : float
        θ + Δθ and the loss there.
    triangle : ndarray (3, 2)
        Ball, foot and top of the slope triangle, on the uphill side.
    """

    value: float
    slope: float
    step: float
    landing: float
    landing_value: float
    triangle: np.ndarray

    @property
    def inside(self) -> bool:
        """True when the landing point is in the picture."""
        return abs(self.landing) <= EDGE


def compute_step(name: str, theta: float, step_size: float) -> StepFrame:
    """Take one step of gradient descent on `LOSSES[name]` from θ with step size α."""
    loss, derivative = LOSSES[name]
    value, slope = float(loss(theta)), float(derivative(theta))
    landing = theta - step_size * slope
    foot = theta + (RUN if slope >= 0 else -RUN)
    triangle = np.array([(theta, value), (foot, value), (foot, value + slope * (foot - theta))])
    return StepFrame(value, slope, landing - theta, landing, float(loss(landing)), triangle)


class DescentStep(Stage):
    """Drag the ball, choose a step size, look where the step lands, take it."""

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(-EDGE, EDGE), ylim=(-0.7, 6.5), xlabel=r"$\theta$", ylabel=r"loss $L$")
        super().__init__(fig, alt="A ball on a curve, the slope there and one step downhill")
        self.name = self.choice("name", "loss L", LOSSES)
        self.step_size = self.slider("step_size", "step size α (0–2.5)", 0, 2.5, 0.05, 0.3)
        self.show_slope = self.check("show_slope", "slope", True)
        self.take = self.button("take", "take the step")
        self.curve = self.line(ax, draw.LOSS, "loss $L$", width=3)
        self.slope = self.line(ax, draw.GRADIENT, "slope triangle", fill=True, alpha=0.35)
        self.fall = self.line(ax, draw.GREY, dash="dot")
        self.step = self.arrows(ax, draw.GRADIENT, r"step $\Delta\theta = -\alpha L'(\theta)$")
        self.landing = self.points(ax, draw.GRADIENT, "where it lands", hollow=True, size=11)
        self.ball = self.handle(
            "ball", "ball", ax, (2, 2), along="x", step=(0.05, 0), color=draw.POINT
        )
        self.legend(ax, loc="upper center", fontsize=9)
        self.take.observe(self.roll, "value")
        self.start(self.update)

    @property
    def frame_now(self) -> StepFrame:
        """The step from where the ball is."""
        return compute_step(self.name.value, self.ball.value[0], self.step_size.value)

    def roll(self, _change):
        """Put the ball where the step lands, unless that is outside the picture."""
        if self.frame_now.inside:
            self.ball.value = (self.frame_now.landing, 0.0)

    def update(self):
        """Read the controls, compute, set the marks."""
        theta, frame = self.ball.value[0], self.frame_now
        self.curve.set(SPAN, LOSSES[self.name.value][0](SPAN))
        self.ball.show_at(theta, frame.value)
        self.step.set((theta, frame.value), (frame.landing, frame.value))
        self.fall.set([frame.landing] * 2, [frame.value, frame.landing_value])
        self.landing.set(frame.landing, frame.landing_value)
        self.slope.hide()
        if self.show_slope.value:
            self.slope.set(*frame.triangle.T)
        self.say(describe(theta, self.step_size.value, frame))


def describe(theta: float, step_size: float, frame: StepFrame) -> str:
    """Say where the step leads and what becomes of the loss."""
    change = frame.landing_value - frame.value
    becomes = "stays" if abs(change) < 1e-9 else "falls" if change < 0 else "rises"
    before, after = written(frame.value), written(frame.landing_value)
    loss = f"stays at {before}" if becomes == "stays" else f"{becomes} from {before} to {after}"
    edge = "" if frame.inside else "\nThat is outside the picture: the button leaves the ball here."
    return (
        f"At θ = {written(theta)} the slope is {written(frame.slope)}. With α = {step_size:g} "
        f"the step lands at θ = {written(frame.landing)}, and the loss {loss}.{edge}"
    )


def written(value: float) -> str:
    """Write a number for reading; rounding near zero does not show."""
    return draw.number(round(value, 3) + 0.0)
