"""What the pictures of lesson 03 show, as plain arrays: a walk, a race, an order, basins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TypeVar

import numpy as np

from sgo_teach import draw, problems
from sgo_teach.solvers.basins import newton_basins
from sgo_teach.solvers.descent import gradient_descent_steps
from sgo_teach.solvers.newton import NewtonStep, newton_steps
from sgo_teach.solvers.steps import NOT_FINITE, SINGULAR, Step

ROUNDING = 1e-14  # errors of this size are noise
FAR = 1e6  # an iterate beyond this has left every picture

AnyStep = TypeVar("AnyStep", bound=Step)


def exponential() -> problems.Problem:
    """L = eˣ − 2x: convex, its minimum at ln 2, where the third derivative does not vanish."""
    return problems.line(
        "eˣ − 2x",
        lambda x: np.exp(x) - 2 * x,
        lambda x: np.exp(x) - 2,
        np.exp,
        start=2.0,
        minimisers=[np.log(2.0)],
        window=((-2.5, 2.5), (-1.0, 8.0)),
    )


def three_saddles(scale: float = 10.0) -> problems.Problem:
    """L = scale·Re(z⁴/4 − z) with z = x + iy: ∇L = 0 where z³ = 1, and all three are saddles.

    Newton's method on ∇L is Newton's method for z³ = 1, so its basins are Newton's fractal.
    A harmonic function has curvatures ±h everywhere, hence neither minimum nor maximum.
    """
    roots = np.exp(2j * np.pi * np.arange(3) / 3)
    return problems.planar(
        "three saddles",
        lambda x, y: scale * ((x**4 - 6 * x * x * y * y + y**4) / 4 - x),
        lambda x, y: (scale * (x**3 - 3 * x * y * y - 1), scale * (y**3 - 3 * x * x * y)),
        lambda x, y: (
            3 * scale * (x * x - y * y),
            -6 * scale * x * y,
            3 * scale * (y * y - x * x),
        ),
        start=(-1.0, 0.8),
        others=[(z.real, z.imag) for z in roots],
        window=((-2.0, 2.0), (-2.0, 2.0)),
    )


def kind_of(hessian: np.ndarray) -> str:
    """Name a flat point by the eigenvalues of its Hessian (n, n)."""
    h = np.linalg.eigvalsh(hessian)
    zero = 1e-9 * max(1.0, float(np.abs(h).max()))
    if h.min() < -zero and h.max() > zero:
        return "saddle"
    if np.abs(h).min() <= zero:
        return "flat point"
    return "minimum" if h.min() > 0 else "maximum"


def count(number: int, thing: str) -> str:
    """Write a number of things, with its plural."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


# -- a walk on the line -------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class WalkFrame:
    """Newton's walk on the line after some moves.

    x, value, slope : (k + 1,) arrays, the iterates with L and L′ there; curvature : L″ at the
    last; next : where its parabola is flat (NaN if nowhere); state : "going", "arrived",
    "cycle", "away", "singular".
    """

    x: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    curvature: float
    next: float
    state: str

    @np.errstate(over="ignore", invalid="ignore")  # a walk may have gone very far
    def parabola(self, at: np.ndarray) -> np.ndarray:
        """The quadratic model of L about the last iterate, at (m,) points."""
        delta = at - self.x[-1]
        return self.value[-1] + self.slope[-1] * delta + 0.5 * self.curvature * delta**2

    @np.errstate(over="ignore", invalid="ignore")
    def tangent(self, at: np.ndarray) -> np.ndarray:
        """The tangent to L′ at the last iterate: the parabola's derivative, at (m,) points."""
        return self.slope[-1] + self.curvature * (at - self.x[-1])

    def staircase(self) -> np.ndarray:
        """Tangents and uprights of the moves made, as one path (p, 2) in the plane of L′."""
        feet_and_tops = np.column_stack([0 * self.slope, self.slope])
        return np.column_stack([np.repeat(self.x, 2), feet_and_tops.ravel()])[1:]


def compute_walk(problem: problems.Problem, start: float, moves: int) -> WalkFrame:
    """Make up to `moves` Newton moves from `start`; fewer if there is no next point."""
    taken = _taken(newton_steps(problem, [start]), moves, rest=False)
    good = [step for step in taken if step.status != NOT_FINITE] or taken[:1]
    x, slope = (np.array([getattr(s, name)[0] for s in good]) for name in ("x", "gradient"))
    last, value = good[-1], np.array([step.value for step in good])
    state = _state(taken[-1], x, problem.window[0])
    onward = np.nan if last.status or len(good) < len(taken) else float(x[-1] + last.delta[0])
    return WalkFrame(x, value, slope, float(last.hessian[0, 0]), onward, state)


def _state(last: NewtonStep, x: np.ndarray, span: tuple[float, float]) -> str:
    inside = span[0] <= x[-1] <= span[1]
    if last.status:
        return SINGULAR if last.status == SINGULAR and inside else "away"
    if abs(last.delta[0]) <= 1e-9:
        return "arrived"
    if not inside:
        return "away"
    back = len(x) > 2 and abs(x[-1] - x[-3]) < 1e-9 < 1e-3 < abs(x[-1] - x[-2])
    return "cycle" if back else "going"


# -- a race in the plane ------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Runner:
    """One method's path (k + 1, 2), its loss above the lowest minimum (k + 1,), and how it ended.

    state : "going", "arrived" (gradient practically zero), "away" or "singular"; kind : the kind
    of flat point where it arrived, else "".
    """

    path: np.ndarray
    excess: np.ndarray
    state: str
    kind: str


@dataclass(frozen=True, eq=False)
class RaceFrame:
    """Gradient descent beside Newton's method from one start."""

    descent: Runner
    newton: Runner


def compute_race(
    problem: problems.Problem, start: np.ndarray, step_size: float, moves: int
) -> RaceFrame:
    """Let both methods make up to `moves` moves from `start` (2,)."""
    lowest = min(float(problem.value(m)) for m in problem.minimisers)
    descent = gradient_descent_steps(problem, start, step_size)
    return RaceFrame(
        _run(problem, descent, moves, lowest),
        _run(problem, newton_steps(problem, start), moves, lowest),
    )


def _run(problem: problems.Problem, steps: Iterable[Step], moves: int, lowest: float) -> Runner:
    taken = _taken(steps, moves)
    last = taken[-1]
    path = np.array([step.x for step in taken])
    excess = np.array([step.value for step in taken]) - lowest
    state = _ending(last)
    kind = kind_of(problem.hessian(last.x)) if state == "arrived" else ""
    return Runner(path, excess, state, kind)


def _taken(steps: Iterable[AnyStep], moves: int, rest: bool = True) -> list[AnyStep]:
    """The first steps of a run, up to one far away or, where it may rest, without a slope."""
    taken: list[AnyStep] = []
    for step in islice(steps, moves + 1):
        taken.append(step)
        if step.status or (rest and _flat(step)) or np.abs(step.x).max() > FAR:
            break
    return taken


def _flat(step: Step) -> bool:
    return bool(np.abs(step.gradient).max() <= 1e-8)


def _ending(last: Step) -> str:
    if last.status == SINGULAR:
        return SINGULAR
    if last.status or np.abs(last.x).max() > FAR:
        return "away"
    return "arrived" if _flat(last) else "going"


# -- the order of convergence -------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class OrderFrame:
    """Errors e_0, e_1, … (m,) down to rounding, and the order p measured on the last three."""

    error: np.ndarray
    order: float


def compute_order(problem: problems.Problem, step_size: float, moves: int = 60) -> OrderFrame:
    """Run Newton steps times `step_size` from the problem's start; measure e_{k+1} ≈ c·e_kᵖ."""
    steps = islice(newton_steps(problem, problem.start, step_size=step_size), moves + 1)
    error = np.array([abs(float((step.x - problem.minimisers[0])[0])) for step in steps])
    noise = ROUNDING * max(1.0, abs(float(problem.minimisers[0][0])))
    error = error[: int(np.argmax(error <= noise))] if np.any(error <= noise) else error
    if len(error) < 3:
        return OrderFrame(error, np.nan)
    a, b = np.diff(np.log(error[-3:]))
    return OrderFrame(error, float(b / a))


# -- basins of attraction -----------------------------------------------------------------------
DAMPINGS = tuple(float(lam) for lam in np.arange(0, 32.5, 2.5))
PATIENCE = 60  # moves after which a start counts as leading nowhere
NOWHERE, MAXIMUM = 0, 9  # classes 1 to 4 are minima, 5 to 8 saddles
LANDSCAPES = {"Himmelblau": problems.himmelblau(), "three saddles": three_saddles()}


@dataclass(frozen=True, eq=False)
class BasinFrame:
    """Where Newton's method ends from each point of a grid.

    classes : (rows, columns) uint8; share : {"minimum", "saddle", "maximum", "nowhere"} → share
    of the starts; moves : median number of moves of those that reached something (NaN if none).
    """

    classes: np.ndarray
    share: dict[str, float]
    moves: float


def target_classes(problem: problems.Problem) -> np.ndarray:
    """The class of each critical point (c,): minima 1 to 4, saddles 5 to 8, maxima 9."""
    count, classes = {"minimum": 0, "saddle": 4}, []
    for target in problem.critical_points:
        kind = kind_of(problem.hessian(target))
        count[kind] = count.get(kind, MAXIMUM - 1) + 1
        classes.append(min(count[kind], MAXIMUM))
    return np.array(classes, np.uint8)


@cache
def compute_basins(name: str, damping: float, count: int | None = None) -> BasinFrame:
    """Run damped Newton from `count`² starts over the window of a landscape.

    Left out, `count` is 160 without damping, where the borders are a fractal, else 80.
    """
    problem = LANDSCAPES[name]
    count = count or (80 if damping else 160)
    found = newton_basins(problem, draw.grid(problem.window, count), damping, steps=PATIENCE)
    lookup = np.concatenate([target_classes(problem), np.array([NOWHERE], np.uint8)])
    classes = lookup[found.index]  # index −1 picks the last entry: nowhere
    bounds = {"nowhere": (0, 0), "minimum": (1, 4), "saddle": (5, 8), "maximum": (9, 9)}
    share = {k: float(np.mean((classes >= a) & (classes <= b))) for k, (a, b) in bounds.items()}
    reached = found.iterations[found.index >= 0]
    return BasinFrame(classes, share, float(np.median(reached)) if reached.size else np.nan)


def compute_path(problem: problems.Problem, start: np.ndarray, damping: float) -> Runner:
    """The path of damped Newton from one start (2,)."""
    return _run(problem, newton_steps(problem, start, damping), PATIENCE, 0.0)
