"""Explorables of lesson 01: a Taylor polynomial, the order of its error, the quadratic model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import sympy as sp

from sgo_teach import draw, problems
from sgo_teach.stage import Stage
from sgo_teach.symbolic import taylor_coefficients

X = sp.symbols("x", real=True)
FUNCTIONS = {
    "sin x": sp.sin(X),
    "exp x": sp.exp(X),
    "1 / (1 + x²)": 1 / (1 + X**2),
    "log(1 + exp x)": sp.log(1 + sp.exp(X)),
    "x⁴ / 4 − x²": X**4 / 4 - X**2,
}
MAX_ORDER = 10
SPAN = np.linspace(-4, 4, 641)


@cache
def coefficients(name: str):
    """Return the Taylor coefficients of `FUNCTIONS[name]` as a function of the expansion point."""
    return taylor_coefficients(FUNCTIONS[name], X, MAX_ORDER)


def function(name: str, x: np.ndarray) -> np.ndarray:
    """Evaluate `FUNCTIONS[name]` at x (...)."""
    return coefficients(name)(x)[..., 0]


def taylor(name: str, a: float, order: int, x: np.ndarray) -> np.ndarray:
    """Evaluate the Taylor polynomial of degree `order` about `a` at x (m,)."""
    return np.polynomial.Polynomial(coefficients(name)(a)[: order + 1])(x - a)


@cache
def curve(name: str) -> np.ndarray:
    """Return `FUNCTIONS[name]` on `SPAN`."""
    return function(name, SPAN)


@dataclass(frozen=True)
class TaylorFrame:
    """What the 1-D picture shows: curves on `SPAN`, and the interval where the model is trusted."""

    model: np.ndarray
    error: np.ndarray
    height: float
    trusted: tuple[float, float]


def compute_taylor(name: str, a: float, order: int, tolerance: float) -> TaylorFrame:
    """Expand about `a`; find the widest interval around it with error ≤ `tolerance`."""
    model = taylor(name, a, order, SPAN)
    error = np.abs(model - curve(name))
    good = error <= tolerance
    spacing = SPAN[1] - SPAN[0]
    low = SPAN[(a >= SPAN) & ~good].max(initial=SPAN[0] - spacing) + spacing
    high = SPAN[(a <= SPAN) & ~good].min(initial=SPAN[-1] + spacing) - spacing
    trusted = (min(float(low), a), max(float(high), a))
    return TaylorFrame(model, error, float(function(name, np.array(a))), trusted)


class TaylorPolynomial(Stage):
    """Drag the point, raise the order, and see where the polynomial can be trusted."""

    def __init__(self):
        fig, (ax, low) = draw.figure(draw.TALL, rows=2, sharex=True, height_ratios=(1.7, 1))
        ax.set(xlim=(-4, 4), ylim=(-2.2, 3.2))
        low.set(yscale="log", ylim=(1e-5, 20), xlabel="$x$", ylabel="error $|f - T_n|$")
        super().__init__(fig, alt="A function, its Taylor polynomial and the error between them")
        self.name = self.choice("name", "function f", FUNCTIONS, "1 / (1 + x²)")
        self.order = self.slider("order", "order n", 0, MAX_ORDER, 1, 2)
        self.tolerance = self.slider("tolerance", "trust while error ≤", -3, 0, 0.25, 0.1, log=True)
        self.bands = [self.line(p, draw.MODEL, "trusted", fill=True, alpha=0.13) for p in (ax, low)]
        self.curve = self.line(ax, draw.LOSS, "function $f$", width=3)
        self.model = self.line(ax, draw.MODEL, "polynomial $T_n$", dash="dash", width=2.5)
        self.error = self.line(low, draw.MODEL, width=2.5)
        self.limit = self.line(low, draw.GREY, dash="dot", width=2)
        self.at = self.handle(
            "at", "expansion point a", ax, (0, 0), along="x", step=(0.05, 0), color=draw.POINT
        )
        self.legend(ax, loc="upper left", fontsize=9, framealpha=0.9)
        self.start(self.update)

    def update(self):
        """Read the controls, compute, set the marks."""
        a = self.at.value[0]
        frame = compute_taylor(self.name.value, a, self.order.value, self.tolerance.value)
        self.curve.set(SPAN, curve(self.name.value))
        self.model.set(SPAN, frame.model)
        self.error.set(SPAN, np.maximum(frame.error, 1e-16))
        self.limit.set([-4, 4], self.tolerance.value)
        self.at.show_at(a, frame.height)
        low, high = frame.trusted
        for band, (bottom, top) in zip(self.bands, [(-2.2, 3.2), (1e-5, 20)], strict=True):
            band.set([low, high, high, low], [bottom, bottom, top, top])
        self.say(
            f"Order {self.order.value} about a = {draw.number(a)}: the error stays within "
            f"{self.tolerance.value:.3g} for x from {edge(low)} to {edge(high)}."
        )


def edge(x: float) -> str:
    """Name an end of the trusted interval; the picture's own edge is 'the edge'."""
    return "the edge" if abs(x) > SPAN[-1] - 1e-9 else draw.number(x)


STEPS = np.logspace(-4, 0, 81)


@dataclass(frozen=True)
class ErrorFrame:
    """Error against distance on log axes, and the slope fitted where rounding does not reach."""

    error: np.ndarray
    slope: float
    fitted: np.ndarray
    floor: float


def compute_error(name: str, a: float, order: int) -> ErrorFrame:
    """Measure |f(a + h) − T(a + h)| for h in `STEPS` and fit its slope on log–log axes.

    The fit uses h ≤ 0.1 with errors a hundred times above the rounding of f(a + h).
    """
    exact = function(name, a + STEPS)
    error = np.abs(exact - taylor(name, a, order, a + STEPS))
    floor = 100 * np.finfo(float).eps * max(1.0, float(np.abs(exact).max()))
    use = (error > floor) & (STEPS <= 0.1)
    slope, intercept = np.polyfit(np.log(STEPS[use]), np.log(error[use]), 1)
    return ErrorFrame(error, float(slope), np.exp(intercept) * STEPS**slope, floor)


class ErrorOrder(Stage):
    """Switch the order and read the slope of the error; every page is computed ahead."""

    POINT_A = 0.7

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xscale="log", yscale="log", xlim=(1e-4, 1), ylim=(1e-17, 10))
        ax.set(xlabel="distance $h$ from the expansion point $a = 0.7$", ylabel="error")
        super().__init__(fig, alt="Error of Taylor polynomials against distance on log–log axes")
        self.name = self.choice("name", "function f", list(FUNCTIONS)[:4])
        self.order = self.slider("order", "order n", 0, 4, 1, 1)
        self.rounding = self.line(
            ax, draw.GREY, "too near rounding: not fitted", fill=True, alpha=0.2
        )
        self.fitted = self.line(ax, draw.ACCENT, "fitted straight line", dash="dash")
        self.error = self.points(ax, draw.MODEL, "error of $T_n(a + h)$", size=5)
        self.legend(ax, loc="upper left", fontsize=9)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_error(self.name.value, self.POINT_A, self.order.value)
        self.error.set(STEPS, np.where(frame.error > 0, frame.error, np.nan))
        self.fitted.set(STEPS, frame.fitted)
        self.rounding.set([1e-4, 1, 1, 1e-4], [1e-17, 1e-17, frame.floor, frame.floor])
        self.say(
            f"Order {self.order.value}: the fitted slope is {frame.slope:.2f}, "
            f"so ten times closer makes the error about {10 ** round(frame.slope):,} times smaller."
        )


WINDOW = ((-2.5, 2.5), (-2.5, 2.5))
SURFACES = {
    "hills": problems.hills(),
    "Rosenbrock": problems.rosenbrock(),
    "saddle": problems.saddle(),
}
POWER = {"hills": 1.0, "Rosenbrock": 4.0, "saddle": 2.0}  # how densely levels lie near the bottom


@dataclass(frozen=True)
class Surface:
    """A loss with its level lines (p, 2) and the names of its flat points."""

    problem: problems.Problem
    levels: np.ndarray
    lines: np.ndarray
    flat: np.ndarray
    kinds: list[str]


@cache
def surface(name: str) -> Surface:
    """Return a loss of `SURFACES` with everything about it that stands still."""
    problem, points = SURFACES[name], draw.grid(WINDOW, 101)
    levels = draw.even_levels(problem.value, WINDOW, power=POWER[name])
    flat = np.array(problem.critical_points)
    kinds = [kind(np.linalg.eigvalsh(problem.hessian(p))) for p in flat]
    return Surface(
        problem, levels, draw.level_lines(points, problem.value(points), levels), flat, kinds
    )


def kind(h: np.ndarray) -> str:
    """Name a flat point by its curvatures h (2,), sorted."""
    return "min" if h[0] > 0 else "max" if h[1] < 0 else "saddle"


@dataclass(frozen=True)
class ModelFrame:
    """The quadratic model at a point: its parts, its Newton step and both along that step."""

    gradient: np.ndarray
    eigenvalues: np.ndarray
    delta: np.ndarray | None
    slope: float
    change: float
    lines: np.ndarray
    t: np.ndarray
    true_change: np.ndarray
    model_change: np.ndarray


def newton_delta(gradient: np.ndarray, hessian: np.ndarray) -> np.ndarray | None:
    """Return Δ with HΔ = −g, or None where H is singular to working precision."""
    h = np.abs(np.linalg.eigvalsh(hessian))
    return np.linalg.solve(hessian, -gradient) if h.min() > 1e-10 * h.max() else None


def model_lines(value, gradient, hessian, at, levels) -> np.ndarray:
    """Return the lines where the model at `at` takes the values `levels`."""
    points = draw.grid(WINDOW, 61)
    delta = points - at
    m = value + delta @ gradient + 0.5 * np.einsum("...i,ij,...j->...", delta, hessian, delta)
    return draw.level_lines(points, m, levels)


def compute_model(problem, at: np.ndarray, levels: np.ndarray) -> ModelFrame:
    """Compute gradient, curvatures, Newton step, and how L and m change along it.

    Both changes are divided by ½|gᵀΔ|, what the model promises, so that of the model is always
    the parabola ∓(2t − t²); they are NaN where nothing is promised.
    """
    value, g, H = float(problem.value(at)), problem.gradient(at), problem.hessian(at)
    delta, t = newton_delta(g, H), np.linspace(-0.5, 2, 126)
    step = np.zeros_like(at) if delta is None else delta
    slope, along = float(g @ step), problem.value(at + t[:, None] * step) - value
    promise = (
        0.5 * abs(slope)
        if abs(slope) > 1e-12 * np.linalg.norm(g) * np.linalg.norm(step)
        else np.nan
    )
    change = float(problem.value(at + step)) - value
    lines = model_lines(value, g, H, at, levels)
    model = np.sign(slope) * (2 * t - t**2) + 0 * promise
    return ModelFrame(
        g, np.linalg.eigvalsh(H), delta, slope, change, lines, t, along / promise, model
    )


class QuadraticModel(Stage):
    """Click anywhere: the model's level lines, the gradient, the Newton step and what it brings."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.3, 1))
        super().__init__(
            fig, alt="Level lines of a loss with those of its quadratic model at a point"
        )
        ax.set(
            xlim=WINDOW[0],
            ylim=WINDOW[1],
            xlabel=r"$\theta_1$",
            ylabel=r"$\theta_2$",
            aspect="equal",
        )
        side.set(xlim=(-0.5, 2), ylim=(-3, 3), xlabel=r"$t$ along the step, $\theta + t\,\Delta$")
        side.set_ylabel("change ÷ |change promised at $t = 1$|")
        self.surface = self.choice("surface", "loss L", SURFACES)
        self.contours = self.line(ax, "#b0b0b0", "levels of the loss $L$", width=1)
        self.kinds = self.text(ax, "#555555", align="center", size=13, offset=(0, -15))
        self.lines = self.line(ax, draw.MODEL, "the same levels of the model $m$", width=1.6)
        self.downhill = self.arrows(ax, draw.GRADIENT, "$-g$, direction only")
        self.step = self.arrows(ax, draw.NEWTON, r"Newton step $\Delta$")
        self.end = self.points(ax, draw.NEWTON, hollow=True, size=9)
        self.true = self.line(side, draw.LOSS, "loss $L$", width=3)
        self.model = self.line(side, draw.MODEL, "model $m$", dash="dash", width=2.5)
        self.here = self.points(side, draw.NEWTON, "after the step, $t = 1$", hollow=True)
        self.beyond = self.text(side, draw.NEWTON, align="center", size=13)
        self.at = self.handle("at", "expansion point", ax, (0.8, -0.7), color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(side, ncols=1, bbox_to_anchor=(0.5, -0.12), **below)
        self.legend(ax, ncols=2, bbox_to_anchor=(0.5, -0.12), **below)
        self.start(self.update)

    def update(self):
        """Read the controls, compute, set the marks."""
        shown, at = surface(self.surface.value), np.array(self.at.value)
        frame = compute_model(shown.problem, at, shown.levels)
        self.contours.set(*shown.lines.T)
        self.kinds.set(shown.flat[:, 0], shown.flat[:, 1], shown.kinds)
        self.lines.set(*frame.lines.T)
        self.show_step(at, frame)
        self.say(describe(frame))

    def show_step(self, at, frame):
        """Draw −g with a fixed length, Δ with its own, and both changes along Δ."""
        length = np.linalg.norm(frame.gradient)
        self.downhill.set(at, at - (0.75 / length if length > 1e-12 else 0.0) * frame.gradient)
        delta = np.full(2, np.nan) if frame.delta is None else frame.delta
        self.step.set(at, at + delta)
        self.end.set(*(at + delta))
        self.true.set(frame.t, frame.true_change)
        self.model.set(frame.t, frame.model_change)
        got = float(np.interp(1, frame.t, frame.true_change))
        self.here.set(1.0, got)
        self.beyond.set(1.0, np.sign(got) * 2.8, f"{'▲' if got > 0 else '▼'} {draw.number(got)}")
        if not abs(got) > 3:
            self.beyond.hide()


def shape(h: np.ndarray) -> str:
    """Say what a quadratic with curvatures h (2,), sorted, looks like."""
    zero = 1e-10 * np.abs(h).max()
    if h[0] < -zero and h[1] > zero:
        return "a saddle"
    if (np.abs(h) <= zero).any():
        return "flat in one direction" if zero else "a plane"
    return "a bowl" if h[0] > 0 else "a dome"


def describe(frame: ModelFrame) -> str:
    """Say what kind of model this is, where its step leads and whether it keeps its word."""
    low, high = (draw.number(h + 0.0) for h in frame.eigenvalues)
    words = f"Curvatures {low} and {high}: the model is {shape(frame.eigenvalues)}. "
    if frame.delta is None:
        return words + "H has a zero eigenvalue: there is no Newton step."
    length = float(np.linalg.norm(frame.delta))
    if np.linalg.norm(frame.gradient) < 1e-9:
        return words + "You stand on a flat point: the Newton step has length 0."
    words += f"The Newton step has length {draw.number(length)} and "
    if not np.isfinite(frame.model_change).all():
        return words + "follows a level line, gᵀΔ = 0: the model promises no change."
    way = "downhill" if frame.slope < 0 else "uphill"
    return words + (
        f"starts {way}.\nThe model promises a change of {draw.number(0.5 * frame.slope)}; "
        f"the loss changes by {draw.number(frame.change)}."
    )
