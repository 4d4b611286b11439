"""Explorables of lesson 03 on the line: tangent and parabola, and the order of convergence."""

from __future__ import annotations

import numpy as np

from sgo_teach import draw, problems
from sgo_teach.lessons.newtons_method.frames import (
    OrderFrame,
    WalkFrame,
    compute_order,
    compute_walk,
    count,
    exponential,
)
from sgo_teach.stage import Stage

CURVES = {
    "eˣ − 2x": exponential(),
    "√(1 + x²)": problems.hyperbola(),
    "x cos 2x": problems.wavy(),
    "x⁴": problems.quartic(),
    "x⁴/4 − x² + 2x": problems.two_cycle(),
}


class TangentAndParabola(Stage):
    """One step seen twice: the parabola's flat point under L, the tangent's root under L′."""

    def __init__(self):
        fig, (self.left, self.right) = draw.figure(draw.PAIR, columns=2)
        super().__init__(fig, alt="A function with Newton's parabola, its derivative with tangents")
        for ax, title in ((self.left, "minimise $L$"), (self.right, "find a root of $L'$")):
            ax.set_xlabel("$x$")
            ax.set_title(title, fontsize=10)
        self.right.axhline(0, color=draw.GREY, linewidth=1)
        self.name = self.choice("name", "function L", CURVES)
        self.moves = self.slider("moves", "moves made k", 0, 16, 1, 0)
        self._left_marks(self.left)
        self._right_marks(self.right)
        self.set_window()
        self.at = self.handle(
            "at", "start x₀", self.left, self._start(), along="x", step=(0.05, 0), color=draw.POINT
        )
        below = {"loc": "upper center", "fontsize": 8, "ncols": 2, "bbox_to_anchor": (0.5, -0.14)}
        self.legend(self.left, **below)
        self.legend(self.right, **below)
        self.name.observe(self.change_curve, "value")
        self.start(self.update)

    def _left_marks(self, ax):
        self.curve = self.line(ax, draw.LOSS, "$L$", width=3)
        self.parabola = self.line(ax, draw.MODEL, "parabola at $x_k$", dash="dash", width=2.5)
        self.walk = self.points(ax, draw.NEWTON, "iterates", size=7)
        self.flat = self.points(ax, draw.NEWTON, "next: its flat point", size=10, hollow=True)

    def _right_marks(self, ax):
        self.slope = self.line(ax, draw.LOSS, "$L'$", width=3)
        self.stairs = self.line(ax, draw.NEWTON, width=1.5)
        self.tangent = self.line(ax, draw.MODEL, "tangent at $x_k$", dash="dash", width=2.5)
        self.begun = self.points(ax, draw.POINT, "start", size=10)
        self.root = self.points(ax, draw.NEWTON, "next: its root", size=10, hollow=True)

    @property
    def problem(self):
        """The function that is shown."""
        return CURVES[self.name.value]

    def _start(self):
        return (float(self.problem.start[0]), float(self.problem.value(self.problem.start)))

    def set_window(self):
        """Give both axes the span of the function, and the right one room for its derivative."""
        x, y = self.problem.window
        self.span = np.linspace(*x, 201)
        slope = self.problem.gradient(self.span[:, None])[:, 0]
        pad = 0.15 * np.ptp(slope)
        self.left.set(xlim=x, ylim=y)
        self.right.set(xlim=x, ylim=(slope.min() - pad, slope.max() + pad))
        self.curve.set(self.span, self.problem.value(self.span[:, None]))
        self.slope.set(self.span, slope)

    def change_curve(self, _change):
        """Draw another function and go to its customary start."""
        self.set_window()
        with self.held():
            self.at.value, self.moves.value = self._start(), 0
        self.redraw()

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_walk(self.problem, self.at.value[0], self.moves.value)
        self.at.show_at(frame.x[0], frame.value[0])
        self.begun.set(frame.x[0], frame.slope[0])
        self.walk.set(frame.x, frame.value)
        self.stairs.set(*frame.staircase().T)
        self.parabola.set(self.span, frame.parabola(self.span))
        self.tangent.set(self.span, frame.tangent(self.span))
        self.flat.set(frame.next, frame.parabola(np.array(frame.next)))
        self.root.set(frame.next, 0.0)
        self.say(describe_walk(frame, self.moves.value))


def describe_walk(frame: WalkFrame, moves: int) -> str:
    """Say where the walk stands after `moves`, how its parabola opens, what has become of it."""
    made, bend = len(frame.x) - 1, frame.curvature + 0.0  # no minus in front of a zero
    here = f"After {count(made, 'move')}: x = {frame.x[-1]:.6g}, L′ = {frame.slope[-1]:.3g}, "
    here += f"L″ = {bend:.3g}"
    if np.isnan(frame.next) and frame.slope[-1] == 0:
        return here + ": it stands on a flat point already, and the step would be 0/0."
    if np.isnan(frame.next):
        return here + ": the tangent is level (or beyond all numbers), so there is no next point."
    opens = (
        "upwards, its flat point is a minimum"
        if bend > 0
        else "downwards, its flat point is a maximum"
    )
    kind = {-1: "maximum", 0: "point of zero curvature", 1: "minimum"}[int(np.sign(round(bend, 9)))]
    ends = {
        "going": f"The next point is {frame.next:.6g}.",
        "arrived": f"It has arrived at a {kind} of L.",
        "cycle": f"The next point is {frame.next:.6g}, for the second time: it goes in a circle.",
        "away": f"It is outside the picture; the next point is {frame.next:.3g}.",
    }
    more = " Further moves are too long to draw." if made < moves else ""
    return f"{here}: the parabola opens {opens}.\n{ends[frame.state]}{more}"


ORDERS = {name: CURVES[name] for name in ("eˣ − 2x", "√(1 + x²)", "x⁴")}


class Order(Stage):
    """Put a step size in front of the Newton step and watch the order; every page is ready."""

    FLOOR = 1e-16

    def __init__(self):
        fig, (left, right) = draw.figure(draw.PAIR, columns=2)
        super().__init__(fig, alt="Errors of Newton's method, against moves and against each other")
        left.set(xlim=(0, 60), ylim=(self.FLOOR, 10), yscale="log")
        left.set(xlabel="move $k$", ylabel="error $e_k$")
        right.set(xlim=(self.FLOOR, 10), ylim=(self.FLOOR, 10), xscale="log", yscale="log")
        right.set(xlabel="error $e_k$", ylabel="next error $e_{k+1}$")
        line = np.array([self.FLOOR, 10])
        right.plot(line, line, color=draw.GREY, lw=1, label="$e_{k+1} = e_k$ (slope 1)")
        right.plot(
            line, line**2, color=draw.GREY, lw=1, ls="--", label="$e_{k+1} = e_k^2$ (slope 2)"
        )
        self.name = self.choice("name", "function L", ORDERS)
        self.alpha = self.slider("alpha", "step size α", 0.2, 1.8, 0.1, 1.0)
        self.line_ = self.line(left, draw.NEWTON, width=1.5)
        self.error = self.points(left, draw.NEWTON, size=7)
        self.pairs = self.points(right, draw.NEWTON, "two errors in a row", size=7)
        self.legend(right, loc="upper left", fontsize=8)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_order(ORDERS[self.name.value], self.alpha.value)
        for mark in (self.line_, self.error):
            mark.set(np.arange(len(frame.error)), frame.error)
        self.pairs.set(frame.error[:-1], frame.error[1:])
        self.say(describe_order(frame, self.alpha.value))


def describe_order(frame: OrderFrame, alpha: float) -> str:
    """Say how the errors went and which order the last three of them show."""
    first, last, made = frame.error[0], frame.error[-1], len(frame.error) - 1
    start = f"α = {alpha:g}: "
    if last > first:
        return (
            start
            + "the errors grow. From this start there is no convergence, so there is no order."
        )
    factor = last / frame.error[-2]
    words = f"{start}from {first:.2g} to {last:.1e} in {count(made, 'move')}; measured order "
    words += f"{frame.order:.2f}. "
    if frame.order < 1.5:
        return words + f"Linear: each error is about {factor:.2f} times the one before."
    name = "Quadratic" if frame.order < 2.5 else "Cubic"
    grown = np.log10(last) / np.log10(frame.error[-2])
    return words + f"{name}: the last move multiplied the number of right digits by {grown:.1f}."
