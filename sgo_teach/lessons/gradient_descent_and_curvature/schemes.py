"""Explorable of lesson 02: the U-shaped error of a difference quotient."""

from __future__ import annotations

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.gradient_descent_and_curvature.estimates import (
    CURVES,
    DTYPES,
    SPAN,
    EstimateFrame,
    H,
    compute_estimate,
)
from sgo_teach.solvers.finite_differences import SCHEMES
from sgo_teach.stage import Stage

LOOKS = {
    "forward": (draw.GRADIENT, "dash"),
    "backward": (draw.PALE[0], "dot"),
    "central": (draw.PALE[1], "solid"),
    "complex": (draw.ACCENT, "dashdot"),
}


class DifferenceError(Stage):
    """Choose scheme, precision, h and point: where truncation ends and rounding begins.

    Errors below half a unit in the last place of f′, zero among them, are drawn there.
    """

    def __init__(self):
        fig, (left, self.right) = draw.figure(draw.TALL, columns=2, width_ratios=(1, 1.5))
        super().__init__(fig, alt="A function, and the error of four difference schemes against h")
        left.set(xlim=(-3, 3), ylim=(-2.5, 4.5), xlabel="$x$")
        self.right.set(xscale="log", yscale="log", xlim=(1e-16, 1), ylim=(1e-17, 100))
        self.right.set(xlabel="$h$", ylabel="error $|D - f'(x)|$")
        self.name = self.choice("name", "function f", CURVES)
        self.scheme = self.choice("scheme", "scheme", SCHEMES, "forward")
        self.dtype = self.choice("dtype", "numbers", DTYPES)
        self.h = self.slider("h", "h", -16, 0, 0.25, 1e-2, log=True)
        self.curve = self.line(left, draw.LOSS, "function $f$", width=3)
        self.slope = self.line(left, draw.GREY, "slope $f'(x)$", width=7, alpha=0.4)
        self.guess = self.line(left, draw.POINT, "estimate $D$", width=2)
        self.errors = {s: self.line(self.right, c, s, dash=d) for s, (c, d) in LOOKS.items()}
        self.chosen = self.line(self.right, draw.BLACK, "the scheme chosen", width=4, alpha=0.25)
        self.rule = self.line(self.right, draw.GREY, "rule for $h$", dash="dot")
        self.here = self.points(self.right, draw.POINT, "your $h$", size=12)
        self.at = self.handle(
            "at", "point x", left, (1, 0), along="x", step=(0.05, 0), color=draw.POINT
        )
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(left, bbox_to_anchor=(0.5, -0.12), ncols=2, **below)
        self.legend(self.right, bbox_to_anchor=(0.5, -0.12), ncols=4, **below)
        self.start(self.update)

    def update(self):
        """Read the controls, compute, set the marks."""
        scheme, dtype = self.scheme.value, self.dtype.value
        frame = compute_estimate(self.name.value, self.at.value[0], scheme, dtype, self.h.value)
        height = float(CURVES[self.name.value].f(frame.x))
        self.at.show_at(frame.x, height)
        self.curve.set(SPAN, CURVES[self.name.value].f(SPAN))
        for mark, slope in ((self.slope, frame.slope), (self.guess, frame.value)):
            mark.set(frame.x + np.array([-1.2, 1.2]), height + slope * np.array([-1.2, 1.2]))
        for name, mark in self.errors.items():
            mark.set(H, np.maximum(frame.errors[name], frame.floor))
        self.chosen.set(H, np.maximum(frame.errors[scheme], frame.floor))
        self.rule.set([frame.rule, frame.rule], [1e-17, 100])
        self.here.set(frame.h, max(frame.error, frame.floor))
        self.say(describe_estimate(frame, scheme, dtype))


def describe_estimate(frame: EstimateFrame, scheme: str, dtype: str) -> str:
    """Say how good the estimate is at this h, and at which h the scheme is best."""
    least = float(frame.errors[scheme].min())
    best = (
        f"{draw.number(least, 2)} at h = {draw.number(frame.best, 2)}" if least else "0 at tiny h"
    )
    rule = f"the rule says {draw.number(frame.rule, 2)}" if scheme != "complex" else "any will do"
    return (
        f"{scheme} in {dtype} at x = {draw.number(frame.x)}: f′ = {frame.slope:.6f}, "
        f"D = {frame.value:.6f} with h = {draw.number(frame.h)}, "
        f"error {draw.number(frame.error, 2)}.\n"
        f"Least error of this scheme on the curve: {best}; {rule}."
    )
