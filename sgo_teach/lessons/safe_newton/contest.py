"""Explorable of lesson 04: the learner's solver beside SciPy's, with every evaluation counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.ticker import MaxNLocator
from scipy.optimize import minimize as scipy_minimize

from sgo_teach import draw, problems
from sgo_teach.solvers.counting import Counted, Evaluations
from sgo_teach.stage import Stage

LOSSES = {
    "Rosenbrock": problems.rosenbrock(),
    "Himmelblau": problems.himmelblau(),
    "Beale": problems.beale(),
    "ill-scaled": problems.quadratic(np.diag([1.0, 1000.0]), start=[2.0, 1.0]),
}
PEERS = ("trust-exact", "trust-ncg", "Newton-CG", "BFGS")
TOLERANCE, PATIENCE = 1e-8, 300
HIGHEST = 110  # a bar ends here; its number is written above
BRISK = 100  # moves, where a picture waits for them
Solver = Callable[..., list]  # (value, gradient, hessian, theta, tolerance, max_steps) -> points


@dataclass(frozen=True, eq=False)
class Entry:
    """One solver's run: path (k + 1, 2), what it evaluated, and L and ‖∇L‖ at its end."""

    path: np.ndarray
    counts: Evaluations
    value: float
    gradient_norm: float


def yours(
    solver: Solver, problem: problems.Problem, start: np.ndarray, patience: int = PATIENCE
) -> Entry:
    """Run a solver of the lesson's form from `start` (2,), counting what it evaluates."""
    seen = Counted(problem)
    points = solver(seen.value, seen.gradient, seen.hessian, start.copy(), TOLERANCE, patience)
    return _entry(problem, np.array(points), seen.counts)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def scipys(
    method: str, problem: problems.Problem, start: np.ndarray, patience: int = PATIENCE
) -> Entry:
    """Run `scipy.optimize.minimize` by a method from `start` (2,), counting what it evaluates."""
    seen, points = Counted(problem), [start]
    hessian = {} if method == "BFGS" else {"hess": seen.hessian}
    scipy_minimize(
        seen.value, start, method=method, jac=seen.gradient, tol=TOLERANCE,
        options={"maxiter": patience}, callback=lambda x: points.append(np.copy(x)), **hessian,
    )  # fmt: skip
    return _entry(problem, np.array(points), seen.counts)


def _entry(problem: problems.Problem, path: np.ndarray, counts: Evaluations) -> Entry:
    end = path[-1]
    size = float(np.linalg.norm(problem.gradient(end)))
    return Entry(path, counts, float(problem.value(end)), size)


@lru_cache(maxsize=64)
def entry(who: Solver | str, loss: str, start: tuple[float, float]) -> Entry:
    """Run a solver of the lesson's form, or SciPy's of that name, for at most `BRISK` moves."""
    problem, at = LOSSES[loss], np.array(start)
    if isinstance(who, str):
        return scipys(who, problem, at, BRISK)
    return yours(who, problem, at, BRISK)


def table(solver: Solver) -> str:
    """Evaluations of L, ∇L and ∇²L from the customary starts: one line for each solver and loss."""
    lines = [f"{'':22}{'L':>5}{'∇L':>6}{'∇²L':>6}   {'end':>18} {'‖∇L‖':>9}"]
    for name, problem in LOSSES.items():
        start = np.array(problem.start)
        lines.append(name)
        lines.append(_line("yours", yours(solver, problem, start)))
        lines += [_line(method, scipys(method, problem, start)) for method in PEERS]
    return "\n".join(lines)


def _line(name: str, entry: Entry) -> str:
    c, (x, y) = entry.counts, np.round(entry.path[-1], 4) + 0.0
    end = f"({x:.4f}, {y:.4f})"
    counts = f"{c.value:5}{c.gradient:6}{c.hessian:6}"
    return f"  {name:20}{counts}   {end:>18} {entry.gradient_norm:9.1e}"


class Contest(Stage):
    """Click a start: the learner's own solver against one of SciPy's.

    Parameters
    ----------
    solver : Solver
        The function of the exercise ``safe_newton``.
    """

    KINDS = ("L", "∇L", "∇²L")

    def __init__(self, solver: Solver):
        fig, (self.ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.3, 1))
        super().__init__(fig, alt="Paths of two solvers and the evaluations that they needed")
        self.ax.yaxis.set_major_locator(MaxNLocator(integer=True))  # room for any window
        self.solver = solver
        side.set(xlim=(-0.6, 2.6), ylim=(0, 120), ylabel="evaluations")
        side.set_xticks(range(3), self.KINDS)
        side.grid(axis="x", visible=False)
        self.loss = self.choice("loss", "loss L", LOSSES)
        self.peer = self.choice("peer", "against SciPy's", PEERS)
        self.paths, self.bars_of, self.figures = {}, {}, {}
        self._runner("peer", "SciPy's", draw.GRADIENT, "square", side)
        self._runner("yours", "yours", draw.NEWTON, "circle", side)
        self.draw_loss()
        self.at = self.handle("at", "start θ₀", self.ax, self.problem.start, color=draw.POINT)
        self.legend(side, loc="upper right", fontsize=9)
        self.loss.observe(self.change_loss, "value")
        self.start(self.update)

    def _runner(self, key, label, color, marker, side):
        self.paths[key] = (
            self.line(self.ax, color, width=1.6),
            self.points(self.ax, color, size=7, marker=marker),
        )
        self.bars_of[key] = self.bars(side, color, label)
        self.figures[key] = self.text(side, color, align="center", size=13, offset=(0, -9))

    @property
    def problem(self):
        """The loss that is shown."""
        return LOSSES[self.loss.value]

    def draw_loss(self):
        """Draw level lines, dense where the loss is low, and the minima."""
        value, window = self.problem.value, self.problem.window
        levels = draw.even_levels(value, window, count=16, power=3.0)
        self.contour = draw.contours(self.ax, value, window, levels)
        (self.stars,) = self.ax.plot(
            *np.array(self.problem.minimisers).T, "*", color=draw.ACCENT, markersize=15
        )

    def change_loss(self, _change):
        """Draw another loss and go to its customary start."""
        self.contour.remove()
        self.stars.remove()
        self.draw_loss()
        with self.held():
            self.at.value = tuple(self.problem.start)
        self.redraw()

    def update(self):
        """Read the controls, compute, set the marks."""
        loss, start = self.loss.value, tuple(self.at.value)
        mine, peer = (entry(who, loss, start) for who in (self.solver, self.peer.value))
        for key, shown, shift in (("yours", mine, -0.2), ("peer", peer, 0.2)):
            for mark in self.paths[key]:
                mark.set(*shown.path.T)
            self.show_counts(key, shown.counts, shift)
        names = {"Yours": mine, self.peer.value: peer}
        self.say("\n".join(f"{n} {describe(self.problem, e)}" for n, e in names.items()))

    def show_counts(self, key, counts, shift):
        """Draw the three counts of a solver as bars with their numbers."""
        x = np.arange(3) + shift
        heights = np.array([counts.value, counts.gradient, counts.hessian])
        self.bars_of[key].set(x, np.minimum(heights, HIGHEST), width=0.36)
        self.figures[key].set(x, np.minimum(heights, HIGHEST), [str(c) for c in heights])


def describe(problem: problems.Problem, entry: Entry) -> str:
    """Say where a run ended and what it looked at, as the end of a sentence."""
    end, c = entry.path[-1], entry.counts
    known = [np.linalg.norm(end - m) < 1e-4 for m in problem.minimisers]
    at = "at a minimum" if any(known) else f"with ‖∇L‖ = {entry.gradient_norm:.1e}"
    x, y = np.round(end, 3) + 0.0
    return (
        f"ends at ({x:.3f}, {y:.3f}), {at}, L = {entry.value:.2g}: "
        f"{c.value} values, {c.gradient} gradients, {c.hessian} Hessians."
    )
