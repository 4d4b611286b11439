"""Explorables of lesson 01: a Taylor polynomial, the order of its error, the quadratic model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import factorial

import numpy as np
import sympy as sp
from contourpy import contour_generator

from sgo_teach import draw, problems
from sgo_teach.stage import Stage

FUNCTIONS = {
    "sin x": "sin(x)",
    "exp x": "exp(x)",
    "1 / (1 + x²)": "1/(1 + x**2)",
    "log(1 + exp x)": "log(1 + exp(x))",
    "x⁴ / 4 − x²": "x**4/4 - x**2",
}
MAX_ORDER = 10
SPAN = np.linspace(-4, 4, 641)


@cache
def derivatives(name: str) -> tuple:
    """Return f, f′, …, of `FUNCTIONS[name]` up to `MAX_ORDER`, as numpy functions of x (m,)."""
    x = sp.symbols("x", real=True)
    f = sp.sympify(FUNCTIONS[name], locals={"x": x})
    chain = [f]
    for _ in range(MAX_ORDER):
        chain.append(sp.factor(sp.diff(chain[-1], x)))
    made = [sp.lambdify(x, d, "numpy") for d in chain]
    return tuple(lambda t, d=d: np.broadcast_to(d(t), np.shape(t)).astype(float) for d in made)


def taylor(name: str, a: float, order: int, x: np.ndarray) -> np.ndarray:
    """Evaluate the Taylor polynomial of degree `order` about `a` at x (m,)."""
    terms = [d(np.array(a)) / factorial(k) for k, d in enumerate(derivatives(name)[: order + 1])]
    return np.polynomial.Polynomial(terms)(x - a)


@dataclass(frozen=True)
class TaylorFrame:
    """What the 1-D picture shows: curves on `SPAN`, and the interval where the model is trusted."""

    model: np.ndarray
    error: np.ndarray
    height: float
    trusted: tuple[float, float]


def compute_taylor(name: str, a: float, order: int, tolerance: float) -> TaylorFrame:
    """Expand about `a`; find the widest interval around it with error ≤ `tolerance`."""
    f = derivatives(name)[0]
    model = taylor(name, a, order, SPAN)
    error = np.abs(model - f(SPAN))
    good = error <= tolerance
    spacing = SPAN[1] - SPAN[0]
    low = SPAN[(a >= SPAN) & ~good].max(initial=SPAN[0] - spacing) + spacing
    high = SPAN[(a <= SPAN) & ~good].min(initial=SPAN[-1] + spacing) - spacing
    trusted = (min(float(low), a), max(float(high), a))
    return TaylorFrame(model, error, float(f(np.array(a))), trusted)


class TaylorPolynomial(Stage):
    """Drag the point, raise the order, and see where the polynomial can be trusted."""

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(-4, 4), ylim=(-2.2, 3.2), xlabel="$x$")
        super().__init__(
            fig, alt="A function, its Taylor polynomial and the interval where they agree"
        )
        self.ax = ax
        self.name = self.choice("name", "function f", FUNCTIONS, "1 / (1 + x²)")
        self.order = self.slider("order", "order n", 0, MAX_ORDER, 1, 2)
        self.tolerance = self.slider("tolerance", "trust while error ≤", -3, 0, 0.25, 0.1, log=True)
        self.band = self.line(ax, draw.MODEL, "trusted", fill=True, alpha=0.13)
        self.curve = self.line(ax, draw.LOSS, "function $f$", width=3)
        self.model = self.line(ax, draw.MODEL, "polynomial $T_n$", dash="dash", width=2.5)
        self.at = self.handle(
            "at", "expansion point a", ax, (0, 0), along="x", step=(0.05, 0), color=draw.POINT
        )
        self.legend(ax, loc="upper left", fontsize=9, framealpha=0.9)
        self.start(self.update)

    def update(self):
        """Read the controls, compute, set the marks."""
        a = self.at.value[0]
        frame = compute_taylor(self.name.value, a, self.order.value, self.tolerance.value)
        self.curve.set(SPAN, derivatives(self.name.value)[0](SPAN))
        self.model.set(SPAN, frame.model)
        self.at.show_at(a, frame.height)
        low, high = frame.trusted
        self.band.set([low, high, high, low], [-2.2, -2.2, 3.2, 3.2])
        self.say(
            f"Order {self.order.value} about a = {a:.2f}: the error stays below "
            f"{self.tolerance.value:.3g} for x from {edge(low)} to {edge(high)}."
        )


def edge(x: float) -> str:
    """Name an end of the trusted interval; the picture's own edge is 'the edge'."""
    return "the edge" if abs(x) > SPAN[-1] - 1e-9 else f"{x:.2f}"


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
    exact = derivatives(name)[0](a + STEPS)
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
        self.rounding = self.line(ax, draw.GREY, "below this, rounding shows", fill=True, alpha=0.2)
        self.fitted = self.line(ax, draw.ACCENT, "fitted straight line", dash="dash")
        self.error = self.points(ax, draw.MODEL, "error of $T_n(a + h)$", size=5)
        self.legend(ax, loc="upper left", fontsize=9)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_error(self.name.value, self.POINT_A, self.order.value)
        self.error.set(STEPS, np.maximum(frame.error, 1e-17))
        self.fitted.set(STEPS, frame.fitted)
        self.rounding.set([1e-4, 1, 1, 1e-4], [1e-17, 1e-17, frame.floor, frame.floor])
        self.say(
            f"Order {self.order.value}: the fitted slope is {frame.slope:.2f}. "
            f"Ten times closer makes the error about {10**frame.slope:,.0f} times smaller."
        )


SURFACES = {
    "hills": problems.hills(),
    "Rosenbrock": problems.rosenbrock(),
    "saddle": problems.saddle(),
}


@dataclass(frozen=True)
class ModelFrame:
    """The quadratic model at a point: its parts, its Newton step and both along that step."""

    value: float
    gradient: np.ndarray
    eigenvalues: np.ndarray
    delta: np.ndarray | None
    slope: float
    levels: np.ndarray
    t: np.ndarray
    true_change: np.ndarray
    model_change: np.ndarray


def model_lines(value, gradient, hessian, at, window, levels, count=61) -> np.ndarray:
    """Return the level lines of m(θ − at) on `window` as one path (p, 2), NaN between pieces."""
    points = draw.grid(window, count)
    delta = points - at
    m = value + delta @ gradient + 0.5 * np.einsum("...i,ij,...j->...", delta, hessian, delta)
    lines = contour_generator(points[0, :, 0], points[:, 0, 1], m)
    gap = np.full((1, 2), np.nan)
    pieces = [part for level in levels for line in lines.lines(level) for part in (line, gap)]
    return np.concatenate(pieces) if pieces else gap


def newton_delta(gradient: np.ndarray, hessian: np.ndarray) -> np.ndarray | None:
    """Return Δθ with HΔθ = −g, or None where H is singular to working precision."""
    h = np.linalg.eigvalsh(hessian)
    if np.abs(h).min() <= 1e-10 * max(np.abs(h).max(), 1e-300):
        return None
    return np.linalg.solve(hessian, -gradient)


def compute_model(problem, at: np.ndarray, levels: np.ndarray) -> ModelFrame:
    """Compute value, gradient, curvature, Newton step, and L and m along it.

    Both changes are divided by ½|gᵀΔθ|, what the model promises, so the model is always
    the parabola ∓(2t − t²).
    """
    value, g, H = float(problem.value(at)), problem.gradient(at), problem.hessian(at)
    delta, t = newton_delta(g, H), np.linspace(-0.5, 2, 126)
    lines = model_lines(value, g, H, at, problem.window, levels)
    slope = 0.0 if delta is None else float(g @ delta)
    if abs(slope) < 1e-14:
        flat = np.zeros_like(t)
        return ModelFrame(value, g, np.linalg.eigvalsh(H), None, slope, lines, t, flat, flat)
    promise = 0.5 * abs(slope)
    true = (problem.value(at + t[:, None] * delta) - value) / promise
    model = np.sign(slope) * (2 * t - t**2)
    return ModelFrame(value, g, np.linalg.eigvalsh(H), delta, slope, lines, t, true, model)


class QuadraticModel(Stage):
    """Click anywhere: the model's level lines, the gradient, the Newton step and what it brings."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.25, 1))
        super().__init__(
            fig, alt="Level lines of a loss with those of its quadratic model at a point"
        )
        self.ax = ax
        side.set(
            xlim=(-0.5, 2), ylim=(-3, 3), xlabel=r"$t$ along the step, $\theta + t\,\Delta\theta$"
        )
        side.set_ylabel("change ÷ change promised at $t = 1$")
        self.surface = self.choice("surface", "loss L", SURFACES)
        self.lines = self.line(ax, draw.MODEL, "level lines of the model $m$", width=1.6)
        self.downhill = self.arrows(ax, draw.GRADIENT, r"$-\nabla L$ (direction)")
        self.step = self.arrows(ax, draw.NEWTON, r"Newton step $\Delta\theta$")
        self.end = self.points(ax, draw.NEWTON, hollow=True, size=9)
        self.true = self.line(side, draw.LOSS, "loss $L$", width=3)
        self.model = self.line(side, draw.MODEL, "model $m$", dash="dash", width=2.5)
        self.here = self.points(side, draw.NEWTON, "at the Newton step, $t = 1$", hollow=True)
        self.draw_surface()
        self.at = self.handle("at", "expansion point", ax, self.problem.start, color=draw.POINT)
        self.legend(side, loc="upper left", fontsize=8)
        self.legend(ax, loc="upper center", fontsize=8, ncols=1, bbox_to_anchor=(0.5, -0.1))
        self.surface.observe(self.change_surface, "value")
        self.start(self.update)

    @property
    def problem(self):
        """The loss that is shown."""
        return SURFACES[self.surface.value]

    def draw_surface(self):
        """Draw the level lines of the loss on the backdrop."""
        self.levels = draw.even_levels(self.problem.value, self.problem.window)
        self.contour = draw.contours(self.ax, self.problem.value, self.problem.window, self.levels)

    def change_surface(self, _change):
        """Draw another loss and go to its starting point."""
        self.contour.remove()
        self.draw_surface()
        with self.held():
            self.at.value = tuple(self.problem.start)
        self.redraw()

    def update(self):
        """Read the controls, compute, set the marks."""
        at = np.array(self.at.value)
        frame = compute_model(self.problem, at, self.levels)
        self.lines.set(*frame.levels.T)
        self.show_arrows(at, frame)
        self.true.set(frame.t, frame.true_change)
        self.model.set(frame.t, frame.model_change)
        self.say(describe(frame, self.problem))

    def show_arrows(self, at, frame):
        """Draw −g with a fixed length and Δθ with its own."""
        (x0, x1), _ = self.problem.window
        length = np.linalg.norm(frame.gradient)
        reach = 0.15 * (x1 - x0) / length if length > 1e-12 else 0.0
        self.downhill.set(at, at - reach * frame.gradient)
        for mark in (self.step, self.end, self.here):
            mark.hide()
        if frame.delta is not None:
            self.step.set(at, at + frame.delta)
            self.end.set(*(at + frame.delta))
            self.here.set(1, np.interp(1, frame.t, frame.true_change))


def describe(frame: ModelFrame, problem) -> str:
    """Say what kind of model this is, where its step leads and whether it keeps its word."""
    low, high = frame.eigenvalues
    shape = "a bowl" if low > 0 else "a dome" if high < 0 else "a saddle"
    words = f"Curvatures {low:.3g} and {high:.3g}: the model is {shape}. "
    if frame.delta is None:
        return (
            words + "There is no Newton step here: the gradient is zero, or H cannot be inverted."
        )
    way = "downhill" if frame.slope < 0 else "uphill"
    got = float(np.interp(1, frame.t, frame.true_change))
    promised = -1 if frame.slope < 0 else 1
    return (
        words + f"The Newton step starts {way} (gᵀΔθ = {frame.slope:.3g}).\n"
        f"For every {promised:+d} that the model promises, the loss changes by {got:+.2f}."
    )
