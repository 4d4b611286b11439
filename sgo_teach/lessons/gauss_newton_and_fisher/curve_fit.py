"""Explorable of lesson 10: Levenberg–Marquardt fits a curve; Newton stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from contourpy import FillType, contour_generator

from sgo_teach import draw
from sgo_teach.lessons.gauss_newton_and_fisher import coffee
from sgo_teach.solvers.damping import levenberg_marquardt
from sgo_teach.stage import Stage

GRID = float(np.log10(1.5))  # one position of the slider: the factor of the rule
LOWEST, HIGHEST = -24, 12  # λ from 1.5⁻²⁴ to 1.5¹²
FIRST = 1.5**-4  # too little at the first θ: the button has something to do
FINE = np.linspace(-0.3, 4.3, 60)
CEILING = 8.0  # of readings
POINTS = draw.grid(coffee.WINDOW, 46)  # of the landscape
GAP = np.full((1, 2), np.nan)


@dataclass(frozen=True, eq=False)
class Landscape:
    """Level lines of the loss (p, 2), and the borders of where H bends downwards (q, 2)."""

    lines: np.ndarray
    downward: np.ndarray


@lru_cache(maxsize=16)
def landscape(readings: tuple[float, ...]) -> Landscape:
    """The loss over the window for some readings; cached, because only the readings shape it."""
    y = np.array(readings)
    heights = coffee.loss(POINTS, y)
    levels = heights.min() + np.ptp(heights) * np.linspace(0.25, 1, 12) ** 6
    H = coffee.gauss_newton(POINTS) + coffee.second_term(POINTS, y)
    rest = H[..., 1, 1] - H[..., 0, 1] ** 2 / H[..., 0, 0]  # H₀₀ = Σ exp(−2btᵢ) > 0: this decides
    return Landscape(draw.level_lines(POINTS, heights, levels), _region_below_zero(rest))


def _region_below_zero(values: np.ndarray) -> np.ndarray:
    """Borders to be filled, (q, 2): holes run the other way round, NaN between the pieces."""
    x, y = POINTS[0, :, 0], POINTS[:, 0, 1]
    found = contour_generator(x, y, values, fill_type=FillType.OuterOffset).filled(-np.inf, 0.0)
    pieces = [
        part
        for points, ends in zip(*found, strict=True)
        for border in np.split(points, ends[1:-1])
        for part in (border, GAP)
    ]
    return np.concatenate([GAP, *pieces])


@dataclass(frozen=True, eq=False)
class Trial:
    """A step and what comes of it.

    delta : (2,), NaN where there is none; slope : gᵀΔ; after : the loss at θ + Δ; curvatures :
    (2,) eigenvalues of the undamped matrix; predicted : change that the undamped model promises.
    """

    delta: np.ndarray
    slope: float
    after: float
    curvatures: np.ndarray
    predicted: float


@dataclass(frozen=True, eq=False)
class FitFrame:
    """Where the fit stands: loss and gradient (2,), and the two damped steps from there.

    left_out : largest eigenvalue of (JᵀJ)⁻¹S in size; infinite where JᵀJ is singular.
    """

    value: float
    gradient: np.ndarray
    newton: Trial
    gauss_newton: Trial
    left_out: float

    @property
    def ratio(self) -> float:
        """ρ of the Gauss–Newton step, NaN where nothing is promised."""
        promised = self.gauss_newton.predicted
        return (self.gauss_newton.after - self.value) / promised if promised < -1e-13 else np.nan


def compute_fit(theta: np.ndarray, y: np.ndarray, damping: float) -> FitFrame:
    """Both steps (B + λI)Δ = −g from θ (2,) for readings y (m,): B = H and B = JᵀJ."""
    g = coffee.jacobian(theta).T @ coffee.residual(theta, y)
    G = coffee.gauss_newton(theta)
    S = coffee.second_term(theta, y)
    newton, gauss_newton = (_trial(theta, y, g, B, damping) for B in (G + S, G))
    value = float(coffee.loss(theta, y))
    return FitFrame(value, g, newton, gauss_newton, _left_out(G, S))


def _left_out(G: np.ndarray, S: np.ndarray) -> float:
    if np.linalg.cond(G) > 1e12:
        return float("inf")
    return float(np.abs(np.linalg.eigvals(np.linalg.solve(G, S))).max())


def _trial(theta, y, g, B, damping) -> Trial:
    h, Q = np.linalg.eigh(B)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        delta = -Q @ ((Q.T @ g) / (h + damping))
        delta = delta if np.all(np.isfinite(delta)) else np.full(2, np.nan)
        predicted = g @ delta + 0.5 * delta @ B @ delta
    return Trial(delta, float(g @ delta), float(coffee.loss(theta + delta, y)), h, float(predicted))


class CurveFit(Stage):
    """Drag the readings, drag θ, turn λ: the two steps, the two curves, and where H bends down."""

    def __init__(self):
        fig, (side, self.ax) = draw.figure(draw.TALL, columns=2, width_ratios=(1, 1.15))
        super().__init__(fig, alt="A cooling curve through five readings, and its loss over (a, b)")
        side.set(xlim=(-0.3, 4.3), ylim=(0, CEILING))
        side.set(xlabel="time t (10 minutes)", ylabel="temperature above the room (10°)")
        self.ax.set(xlim=coffee.WINDOW[0], ylim=coffee.WINDOW[1], xlabel="$a$", ylabel="$b$")
        self.damping = self.slider(
            "damping", "damping λ", LOWEST * GRID, HIGHEST * GRID, GRID, FIRST, log=True
        )
        self.press = self.button("press", "Take the Gauss–Newton step, then adapt λ")
        self._marks(side)
        self.at = self.handle("at", "point θ", self.ax, coffee.START, color=draw.POINT)
        self.readings = [self._reading(side, i) for i in range(len(coffee.TIMES))]
        self.legend(side, loc="upper right", fontsize=8)
        self.legend(self.ax, loc="upper center", fontsize=8, ncols=2, bbox_to_anchor=(0.5, -0.1))
        self.press.observe(self.take, "value")
        self.start(self.update)

    def _marks(self, side):
        self.shade = self.line(self.ax, draw.ACCENT, "$H$ bends downwards", fill=True, alpha=0.22)
        self.levels = self.line(self.ax, "#a4a4a4", width=1.0)
        self.curve = self.line(side, draw.LOSS, r"curve at $\theta$", width=3)
        self.next = self.line(side, draw.MODEL, "after the Gauss–Newton step", dash="dash")
        self.promise = self.points(
            side, draw.MODEL, r"what it expects, $z + J\Delta$", size=9, hollow=True
        )
        self.downhill = self.arrows(self.ax, draw.GRADIENT, "$-g$ (direction)")
        self.newton = self.arrows(self.ax, draw.NEWTON, r"Newton, $H + \lambda I$", width=3)
        self.gauss = self.arrows(self.ax, draw.MODEL, r"Gauss–Newton, $J^TJ + \lambda I$", width=3)

    def _reading(self, side, i):
        label, place = f"reading {i + 1}, moves up and down", (coffee.TIMES[i], coffee.READINGS[i])
        return self.handle(f"y{i}", label, side, place, along="y", jump=False, color=draw.POINT)

    def values(self) -> np.ndarray:
        """The readings where the hands left them, (5,)."""
        return np.array([handle.value[1] for handle in self.readings])

    def take(self, _change):
        """Move if the loss falls and θ stays in the picture; let ρ decide about λ either way."""
        at = np.array(self.at.value)
        frame = compute_fit(at, self.values(), self.damping.value)
        with self.held():
            if accepted(frame, at):
                self.at.value = tuple(at + frame.gauss_newton.delta)
            if np.isfinite(frame.ratio):
                self.damping.value = levenberg_marquardt(self.damping.value, frame.ratio)

    def update(self):
        """Read the controls, compute, set the marks."""
        at, y = np.array(self.at.value), self.values()
        frame, land = compute_fit(at, y, self.damping.value), landscape(tuple(y))
        self.shade.set(*land.downward.T)
        self.levels.set(*land.lines.T)
        self.curve.set(FINE, coffee.curve(at, FINE))
        after, expected = at + frame.gauss_newton.delta, coffee.jacobian(at)
        with np.errstate(over="ignore"):
            reached = coffee.curve(after, FINE)
        self.next.set(FINE, np.clip(reached, -CEILING, 2 * CEILING))  # dashes out there are dear
        self.promise.set(coffee.TIMES, coffee.curve(at) + expected @ frame.gauss_newton.delta)
        length = float(np.linalg.norm(frame.gradient))
        self.downhill.set(at, at - 0.5 * frame.gradient / length if length > 1e-4 else at)
        self.newton.set(at, at + frame.newton.delta)
        self.gauss.set(at, at + frame.gauss_newton.delta)
        self.say(describe(frame, self.damping.value, inside(after)))


def inside(theta: np.ndarray) -> bool:
    """Whether θ (2,) lies in the picture."""
    return all(low <= v <= high for v, (low, high) in zip(theta, coffee.WINDOW, strict=True))


def accepted(frame: FitFrame, at: np.ndarray) -> bool:
    """Whether the button takes the Gauss–Newton step."""
    return frame.gauss_newton.after < frame.value and inside(at + frame.gauss_newton.delta)


def describe(frame: FitFrame, damping: float, stays: bool) -> str:
    """Say how both matrices bend, where the steps go, and what the button would do."""
    n = draw.number
    bends = [
        f"{n(t.curvatures[0], 2)} and {n(t.curvatures[1], 2)}"
        for t in (frame.newton, frame.gauss_newton)
    ]
    words = f"L = {n(frame.value)}. Curvatures of H: {bends[0]}; of JᵀJ: {bends[1]}. "
    words += f"{_part(frame.left_out)}\n"
    words += f"With λ = {n(damping, 2)}, Newton {_way(frame.newton)}; "
    words += f"Gauss–Newton {_way(frame.gauss_newton)}.\n"
    if not np.isfinite(frame.ratio):
        return words + "The model promises nothing here: this is the best fit, or as good as."
    new = levenberg_marquardt(damping, frame.ratio)
    turn = "λ grows" if new > damping else "λ shrinks" if new < damping else "λ stays"
    falls = frame.gauss_newton.after < frame.value
    taken = "is taken" if falls and stays else "would leave the picture" if falls else "is refused"
    return words + f"Gauss–Newton's step {taken}: ρ = {n(frame.ratio, 2)}, and {turn}."


def _part(left_out: float) -> str:
    if not np.isfinite(left_out):
        return "JᵀJ is singular."
    return f"Left out: {draw.number(left_out, 2)} times JᵀJ at most."


def _way(trial: Trial) -> str:
    if not np.isfinite(trial.slope):
        return "has no step"
    if abs(trial.slope) < 1e-12:
        return "stays where it is"
    starts = "climbs" if trial.slope > 0 else "descends"
    return f"{starts} (gᵀΔ = {draw.number(trial.slope, 2)}), to L = {draw.number(trial.after)}"
