"""Explorable of lesson 04: three cures for a Newton step that may go uphill, each judged by ρ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.safe_newton.surfaces import (
    HILLS,
    Meter,
    circle,
    leaves,
    map_and_sides,
    model_lines,
)
from sgo_teach.problems import Problem
from sgo_teach.solvers.line_search import armijo
from sgo_teach.solvers.quadratic_model import (
    ROUNDING,
    QuadraticModel,
    quadratic_model,
    reduction_ratio,
)
from sgo_teach.solvers.safe_newton import absolute_hessian
from sgo_teach.solvers.trust_region import exact, next_radius
from sgo_teach.stage import Stage

DAMPED, MODULUS, REGION = "λ: solve with H + λI", "|H|: turn the negative curvatures", "a circle"
CURES = (DAMPED, MODULUS, REGION)
ETA = 0.15  # a step of the trust region is taken above this ρ
T = np.linspace(0, 1.5, 76)


def next_damping(damping: float, rho: float) -> float:
    """The next λ: four times as large where ρ < ¼ or NaN, a quarter where ρ > ¾, else the same."""
    if not rho >= 1 / 4:
        return 4 * damping
    return damping / 4 if rho > 3 / 4 else damping


@dataclass(frozen=True, eq=False)
class CureFrame:
    """One cured step p from a point, with its judgement.

    Attributes
    ----------
    model : QuadraticModel
    h : (2,) array
        Eigenvalues of H, sorted.
    newton : (2,) array
        −H⁻¹g; NaN where H is singular.
    p : (2,) array
    damping : float
        λ with (H + λI) p = −g; NaN for |H|.
    definite : bool
        Whether the matrix that p was solved with is positive definite.
    slope, predicted, actual, rho : float
        gᵀp, m(p) − m(0), L(x + p) − L(x) and their ratio.
    accepted : bool
    share : float
        How much of p is taken: 0 or 1, or Armijo's α for |H|.
    following : float
        The next λ or radius; NaN for |H|.
    path : (m, 2) array
        The steps p(λ) for all λ that make H + λI positive definite.
    loss, curve : (76,) arrays
        L and m along the step at `T`, as changes divided by |m(p) − m(0)|.
    """

    model: QuadraticModel
    h: np.ndarray
    newton: np.ndarray
    p: np.ndarray
    damping: float
    definite: bool
    slope: float
    predicted: float
    actual: float
    rho: float
    accepted: bool
    share: float
    following: float
    path: np.ndarray
    loss: np.ndarray
    curve: np.ndarray


def solved(B: np.ndarray, g: np.ndarray) -> np.ndarray:
    """p with B p = −g; NaN where B is singular to working precision."""
    size = np.abs(np.linalg.eigvalsh(B))
    return np.linalg.solve(B, -g) if size.min() > 1e-12 * size.max() else np.full(2, np.nan)


def all_damped(model: QuadraticModel, count: int = 90) -> np.ndarray:
    """The steps −(H + λI)⁻¹g, shape (count, 2), for λ from max(0, −h_min) up to a large one."""
    h, Q = np.linalg.eigh(model.hessian)
    gaps = np.logspace(-3, 3, count - 1) if h[0] <= 0 else np.r_[0, np.logspace(-3, 3, count - 2)]
    shifted = h + max(0.0, -h[0]) + gaps[:, None]
    path = -(Q.T @ model.gradient / shifted) @ Q.T
    return np.concatenate([path, np.zeros((1, 2))])


def compute_cure(
    problem: Problem, at: np.ndarray, cure: str, damping: float, radius: float
) -> CureFrame:
    """Propose a step from `at` (2,) by one of `CURES`, and judge it."""
    model = quadratic_model(problem, at)
    g, H, h = model.gradient, model.hessian, np.linalg.eigvalsh(model.hessian)
    p, lam, definite = _proposed(model, h, cure, damping, radius)
    predicted, actual = model.change(p), float(problem.value(at + p)) - model.value
    rounding = ROUNDING * abs(model.value)
    rho = reduction_ratio(actual, predicted, rounding) if definite else np.nan
    accepted = bool(rho > (ETA if cure == REGION else 0))
    share = float(accepted)
    if cure == MODULUS:
        share = armijo(problem, at, p, value=model.value, gradient=g).alpha
    following = {
        DAMPED: next_damping(damping, rho),
        MODULUS: np.nan,
        REGION: next_radius(radius, rho, bool(np.linalg.norm(p) > 0.999 * radius), 2.5),
    }[cure]
    unit = abs(predicted) if abs(predicted) > 1e-14 else np.nan
    along = problem.value(at + T[:, None] * p) - model.value
    curve = T * float(g @ p) + 0.5 * T**2 * float(p @ H @ p)
    return CureFrame(
        model, h, solved(H, g), p, lam, definite, float(g @ p), predicted, actual, rho,
        accepted, share, following, all_damped(model), along / unit, curve / unit,
    )  # fmt: skip


def _proposed(
    model: QuadraticModel, h: np.ndarray, cure: str, damping: float, radius: float
) -> tuple[np.ndarray, float, bool]:
    """p, λ, and whether the matrix that p was solved with is positive definite."""
    g, H = model.gradient, model.hessian
    if cure == REGION:
        proposal = exact(g, H, radius)
        return proposal.p, proposal.multiplier, True
    if cure == MODULUS:
        return np.linalg.solve(absolute_hessian(H), -g), np.nan, True
    p = solved(H + damping * np.eye(2), g)
    return np.nan_to_num(p), damping, bool(h[0] + damping > 0 and np.all(np.isfinite(p)))


class ThreeCures(Stage):
    """Drag the point and λ or the radius: step, model, ρ and what happens next move together."""

    def __init__(self):
        fig, ax, side, meter = map_and_sides()
        super().__init__(fig, alt="Level lines of a loss with a Newton step and a cured step")
        self.levels = draw.even_levels(HILLS.value, HILLS.window, count=10, power=1.0)
        draw.contours(ax, HILLS.value, HILLS.window, self.levels)
        ax.set(aspect="equal", xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
        side.set(xlim=(0, 1.5), ylim=(-2.2, 1.6), xlabel="$t$ along the safe step")
        side.set_ylabel("change ÷ size of the promise", fontsize=9)
        self.cure = self.choice("cure", "cure", CURES)
        self.damping = self.slider("damping", "damping λ", -2, 2, 0.02, 1.0, log=True)
        self.radius = self.slider("radius", "radius r", -1.5, 0.4, 0.02, 1.0, log=True)
        self._marks(ax, side)
        self.meter = Meter(self, meter, ("λ × 4 or r ÷ 4", "keep", "λ ÷ 4 or r × 2"))
        self.at = self.handle("at", "where you stand, θ", ax, (0.5, -0.1), color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(ax, ncols=3, bbox_to_anchor=(0.5, -0.11), **below)
        self.legend(side, ncols=2, bbox_to_anchor=(0.5, -0.16), **below)
        self.go = self.button("go", "take the step")
        self.go.observe(self.take, "value")
        self.damping.observe(lambda _change: self.choose(DAMPED), "value")
        self.radius.observe(lambda _change: self.choose(REGION), "value")
        self.start(self.update)

    def _marks(self, ax, side):
        self.lines = self.line(ax, draw.MODEL, "levels of the model $m$", width=1.4)
        self.rim = self.line(ax, draw.ACCENT, "circle through the step", dash="dash", width=2)
        self.path = self.line(ax, draw.ACCENT, r"steps of all $\lambda > -h_{min}$", width=2.5)
        self.downhill = self.arrows(ax, draw.GRADIENT, "$-g$, direction only")
        self.newton = self.arrows(ax, draw.GREY, "Newton step", dash="dash")
        self.step = self.arrows(ax, draw.NEWTON, "safe step $p$", width=3.5)
        self.loss = self.line(side, draw.LOSS, "loss $L$", width=3)
        self.curve = self.line(side, draw.MODEL, "model $m$", dash="dash", width=2.5)
        self.end = self.points(side, draw.NEWTON, "at $t = 1$", hollow=True)

    def update(self):
        """Read the controls, compute, set the marks."""
        at = np.array(self.at.value)
        numbers = self.damping.value, self.radius.value
        frame = compute_cure(HILLS, at, self.cure.value, *numbers)
        self.lines.set(*model_lines(frame.model, HILLS.window, self.levels).T)
        self.show_steps(at, frame)
        self.loss.set(T, frame.loss)
        self.curve.set(T, frame.curve)
        self.end.set(1.0, np.interp(1.0, T, frame.loss))
        self.meter.show(frame.rho)
        self.say(describe(frame, self.cure.value, *numbers))

    def show_steps(self, at, frame):
        """Draw −g, Newton's step, the cured one, its circle and the path of all λ."""
        g, size = frame.model.gradient, float(np.linalg.norm(frame.p))
        self.downhill.set(at, at - 0.6 * g / max(float(np.linalg.norm(g)), 1e-9))
        self.newton.set(at, at + frame.newton)
        self.step.set(at, at + frame.p)
        self.path.set(*(at + frame.path).T)
        round_step = self.cure.value != MODULUS
        radius = self.radius.value if self.cure.value == REGION else size
        self.rim.set(*circle(at, radius).T) if round_step else self.rim.hide()

    def choose(self, cure):
        """Moving a slider chooses the cure that it belongs to."""
        self.cure.value = cure

    def take(self, _change):
        """Move if the step is accepted, and let the rule set the next λ or radius."""
        at = np.array(self.at.value)
        frame = compute_cure(HILLS, at, self.cure.value, self.damping.value, self.radius.value)
        there = at + frame.share * frame.p
        with self.held():
            if not leaves(HILLS, there):
                self.at.value = tuple(there)
            if self.cure.value == DAMPED:
                self.damping.value = frame.following
            if self.cure.value == REGION:
                self.radius.value = frame.following


def describe(frame: CureFrame, cure: str, damping: float, radius: float) -> str:
    """Say what Newton's step does, what the cured one does, and what the rule makes of it."""
    low, high = (draw.number(h + 0.0) for h in frame.h)
    if np.linalg.norm(frame.model.gradient) < 1e-6 and frame.predicted > -1e-12:
        return f"Curvatures {low} and {high}, g = 0: on a flat point nothing is promised."
    newton = float(frame.model.gradient @ frame.newton)
    way = "is not there" if np.isnan(newton) else "climbs" if newton > 0 else "descends"
    words = f"Curvatures {low} and {high}: Newton's step {way}"
    words += "" if np.isnan(newton) else f" (gᵀΔ = {draw.number(newton)})"
    if not frame.definite:
        return (
            f"{words}.\nλ = {damping:.3g} is too small: H + λI has the eigenvalue "
            f"{draw.number(frame.h[0] + damping)}. Next λ = {frame.following:.3g}."
        )
    words += f"; the safe one has gᵀp = {draw.number(frame.slope)}.\n"
    return words + judged(frame, cure, damping, radius)


def judged(frame: CureFrame, cure: str, damping: float, radius: float) -> str:
    """Say what was promised, what came, and what follows."""
    if np.isnan(frame.rho):
        return "Nothing is promised: you stand on a flat point."
    promised, got, rho = map(draw.number, (frame.predicted, frame.actual, frame.rho))
    words = f"Promised {promised}, got {got}: ρ = {rho}, "
    if cure == MODULUS:
        return words + (
            f"and backtracking takes α = {draw.number(frame.share)}."
            if frame.share
            else "and no α is acceptable."
        )
    words += "accepted. " if frame.accepted else "rejected. "
    if cure == DAMPED:
        return words + f"λ: {damping:.3g} → {frame.following:.3g}."
    inner = f"The circle amounts to λ = {draw.number(frame.damping)}."
    return words + f"r: {radius:.3g} → {frame.following:.3g}. {inner}"
