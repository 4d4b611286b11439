"""Explorable of lesson 04: a trust circle with the Cauchy point, the dogleg, the best point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.safe_newton.surfaces import (
    VALLEY,
    Meter,
    circle,
    leaves,
    map_and_sides,
    model_lines,
)
from sgo_teach.problems import Problem
from sgo_teach.solvers.quadratic_model import (
    ROUNDING,
    QuadraticModel,
    quadratic_model,
    reduction_ratio,
)
from sgo_teach.solvers.trust_region import (
    Proposal,
    cauchy_point,
    dogleg,
    dogleg_path,
    exact,
    next_radius,
)
from sgo_teach.stage import Stage

SOLVERS = {"Cauchy point": cauchy_point, "dogleg": dogleg, "best point in the circle": exact}
ETA, WIDEST = 0.15, 3.0


@dataclass(frozen=True, eq=False)
class RegionFrame:
    """Three proposals for one circle, and the judgement of the chosen one.

    Attributes
    ----------
    model : QuadraticModel
    proposals : dict of str to Proposal
        By the names of `SOLVERS`.
    bends : bool
        Whether H is positive definite, so that there is a dogleg.
    path : (j, 2) array
        Corners of the dogleg, or 0 and the Cauchy point where there is none.
    along : (m, 2) array
        Points on that path, evenly.
    length, fall, loss : (m,) arrays
        ‖p‖ along it as a share of its end's, and the changes of m and L, divided by the largest
        |m(p) − m(0)| on it.
    reach, unit : float
        These two divisors; NaN where the path has no length.
    rho : float
        Of the chosen proposal.
    accepted : bool
    following : float
        The next radius.
    """

    model: QuadraticModel
    proposals: dict[str, Proposal]
    bends: bool
    path: np.ndarray
    along: np.ndarray
    length: np.ndarray
    fall: np.ndarray
    loss: np.ndarray
    reach: float
    unit: float
    rho: float
    accepted: bool
    following: float


def walk(corners: np.ndarray, count: int = 40) -> np.ndarray:
    """Points (p, 2) along straight legs between corners (j, 2)."""
    share = np.linspace(0, 1, count)[:, None]
    legs = zip(corners, corners[1:], strict=False)
    return np.concatenate([a + share * (b - a) for a, b in legs])


def compute_region(problem: Problem, at: np.ndarray, radius: float, chosen: str) -> RegionFrame:
    """Ask all of `SOLVERS` for a step from `at` (2,) and judge that of the chosen one."""
    model = quadratic_model(problem, at)
    g, H = model.gradient, model.hessian
    proposals = {name: solve(g, H, radius) for name, solve in SOLVERS.items()}
    corners = dogleg_path(g, H)
    path = proposals["Cauchy point"].path if corners is None else corners
    path = path if len(path) > 1 else np.zeros((2, 2))
    along = walk(path)
    fall = along @ g + 0.5 * ((along @ H) * along).sum(axis=-1)
    length, unit = np.linalg.norm(along, axis=1), float(np.abs(fall).max()) or np.nan
    reach = float(length[-1]) or np.nan
    loss = problem.value(at + along) - model.value
    p = proposals[chosen].p
    actual, rounding = float(problem.value(at + p)) - model.value, ROUNDING * abs(model.value)
    rho = reduction_ratio(actual, model.change(p), rounding)
    following = next_radius(radius, rho, proposals[chosen].on_boundary, WIDEST)
    return RegionFrame(
        model, proposals, corners is not None, path, along, length / reach,
        fall / unit, loss / unit, reach, unit, rho, bool(rho > ETA), following,
    )  # fmt: skip


class TrustCircle(Stage):
    """Drag the point and the radius: where the dogleg leaves the circle, and what it gives away."""

    def __init__(self):
        fig, ax, side, meter = map_and_sides()
        super().__init__(
            fig, alt="A trust circle with the Cauchy point, the dogleg and the best point"
        )
        self.levels = draw.even_levels(VALLEY.value, VALLEY.window, power=3.0)
        draw.contours(ax, VALLEY.value, VALLEY.window, self.levels)
        ax.plot(*VALLEY.minimisers[0], "*", color=draw.ACCENT, markersize=14)
        ax.set(aspect="equal", xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
        side.set(xlim=(0, 1.6), ylim=(-1.6, 0.8), xlabel="$‖p‖$ ÷ length of the path")
        side.set_ylabel("change ÷ best on the path", fontsize=9)
        self.radius = self.slider("radius", "radius r", -1.5, 0.4, 0.02, 1.0, log=True)
        self.chosen = self.choice("chosen", "propose", SOLVERS, "dogleg")
        self._marks(ax, side)
        self.meter = Meter(self, meter, ("r ÷ 4", "keep r", "r × 2 at the rim"))
        self.at = self.handle("at", "where you stand, θ", ax, (-1.4, -0.1), color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(ax, ncols=2, bbox_to_anchor=(0.5, -0.11), **below)
        self.legend(side, ncols=3, bbox_to_anchor=(0.5, -0.16), **below)
        self.go = self.button("go", "take the step")
        self.go.observe(self.take, "value")
        self.start(self.update)

    def _marks(self, ax, side):
        self.lines = self.line(ax, draw.MODEL, "levels of the model $m$", width=1.4)
        self.rim = self.line(ax, draw.ACCENT, "circle of radius $r$", dash="dash", width=2)
        self.path = self.line(ax, draw.NEWTON, "dogleg to the Newton step", width=3)
        look = {  # the widest below, since they often coincide
            "best point in the circle": (draw.MODEL, "diamond", 16),
            "dogleg": (draw.NEWTON, "circle", 11),
            "Cauchy point": (draw.GRADIENT, "square", 7),
        }
        self.ends = {
            name: self.points(ax, color, name, size=size, marker=marker)
            for name, (color, marker, size) in look.items()
        }
        self.loss = self.line(side, draw.LOSS, "loss $L$", width=3)
        self.fall = self.line(side, draw.MODEL, "model $m$", dash="dash", width=2.5)
        self.now = self.line(side, draw.ACCENT, "$r$", dash="dash", width=2)
        self.levels_of = {
            name: self.points(side, color, size=size, marker=marker)
            for name, (color, marker, size) in look.items()
        }

    def update(self):
        """Read the controls, compute, set the marks."""
        at, radius = np.array(self.at.value), self.radius.value
        frame = compute_region(VALLEY, at, radius, self.chosen.value)
        self.lines.set(*model_lines(frame.model, VALLEY.window, self.levels).T)
        self.rim.set(*circle(at, radius).T)
        self.path.set(*(at + frame.path).T)
        for name, proposal in frame.proposals.items():
            self.ends[name].set(*(at + proposal.p))
            change = frame.model.change(proposal.p) / frame.unit
            self.levels_of[name].set(np.linalg.norm(proposal.p) / frame.reach, change)
        self.loss.set(frame.length, frame.loss)
        self.fall.set(frame.length, frame.fall)
        self.now.set(radius / frame.reach * np.ones(2), [-1.6, 0.8])
        self.meter.show(frame.rho)
        self.say(describe(frame, radius, self.chosen.value))

    def take(self, _change):
        """Move if the step is accepted, and let the rule set the radius."""
        at = np.array(self.at.value)
        frame = compute_region(VALLEY, at, self.radius.value, self.chosen.value)
        there = at + frame.proposals[self.chosen.value].p
        with self.held():
            if frame.accepted and not leaves(VALLEY, there):
                self.at.value = tuple(there)
            self.radius.value = frame.following


def describe(frame: RegionFrame, radius: float, chosen: str) -> str:
    """Say what each proposal gains in the model, and what the chosen one gets."""
    gains = {name: -frame.model.change(p.p) for name, p in frame.proposals.items()}
    best = gains["best point in the circle"]
    if not best > 1e-12 or np.isnan(frame.rho):
        return "You stand on a flat point: nothing is promised."
    shares = {name: f"{100 * gain / best:.3g} %" for name, gain in gains.items()}
    words = (
        f"Of what the model offers in the circle the Cauchy point takes {shares['Cauchy point']}"
    )
    if frame.bends:
        words += f", the dogleg {shares['dogleg']}.\n"
    else:
        words += ". H is not positive definite: there is no Newton step to bend to.\n"
    if chosen == "dogleg" and not frame.bends:
        chosen = "Cauchy point in place of a dogleg"
    verdict = "accepted" if frame.accepted else "rejected"
    return words + (
        f"You propose the {chosen}: ρ = {draw.number(frame.rho)}, {verdict}. "
        f"r: {radius:.3g} → {frame.following:.3g}."
    )
