"""Explorable of lesson 04: BFGS learns curvature move by move, as ellipses beside the true ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from matplotlib.ticker import MaxNLocator

from sgo_teach import draw
from sgo_teach.lessons.safe_newton.surfaces import VALLEY
from sgo_teach.problems import bowl
from sgo_teach.solvers.quasi_newton import QuasiNewtonStep, bfgs_steps
from sgo_teach.stage import Stage

LANDSCAPES = {"bowl, κ = 10": bowl(10.0), "valley": VALLEY}
LONGEST = 25  # in the valley it takes about twenty moves to arrive


@lru_cache(maxsize=256)
def run(name: str, x: float, y: float) -> tuple[QuasiNewtonStep, ...]:
    """The BFGS steps from (x, y), at most `LONGEST` moves, until the gradient is practically 0."""
    taken = []
    for step in islice(bfgs_steps(LANDSCAPES[name], (x, y)), LONGEST + 1):
        taken.append(step)
        if step.status or np.abs(step.gradient).max() < 1e-9:
            break
    return tuple(taken)


@dataclass(frozen=True, eq=False)
class LearningFrame:
    """What BFGS knows after some moves.

    Attributes
    ----------
    path : (k + 1, 2) array
    B, H : (2, 2) arrays
        The matrix that was learned, and the true Hessian where it stands.
    learned : bool
        False before the first move: B is then I.
    s, y : (2,) arrays
        The last move and change of the gradient; NaN before the first.
    moves : int
        How many were made; fewer than asked for where it has arrived.
    arrived : bool
    """

    path: np.ndarray
    B: np.ndarray
    H: np.ndarray
    learned: bool
    s: np.ndarray
    y: np.ndarray
    moves: int
    arrived: bool

    @property
    def error(self) -> float:
        """‖B − H‖ relative to ‖H‖."""
        return float(np.linalg.norm(self.B - self.H) / np.linalg.norm(self.H))


def compute_learning(name: str, start: tuple[float, float], moves: int) -> LearningFrame:
    """Look at a BFGS run from `start` after so many moves."""
    steps = run(name, *(float(v) for v in start))
    here = steps[min(moves, len(steps) - 1)]
    before = steps[here.k - 1] if here.k else None
    nothing = np.full(2, np.nan)
    return LearningFrame(
        np.array([step.x for step in steps[: here.k + 1]]),
        np.linalg.inv(here.inverse_hessian),
        LANDSCAPES[name].hessian(here.x),
        here.k > 0,
        here.x - before.x if before else nothing,
        here.gradient - before.gradient if before else nothing,
        here.k,
        bool(np.abs(here.gradient).max() < 1e-9),
    )


def ellipse(B: np.ndarray, size: float = 1.0) -> np.ndarray:
    """The closed curve dᵀBd = size² (97, 2); no points unless B is positive definite."""
    h, Q = np.linalg.eigh(B)
    if h[0] <= 0:
        return np.empty((0, 2))
    turn = np.linspace(0, 2 * np.pi, 97)
    return size * (np.column_stack([np.cos(turn), np.sin(turn)]) / np.sqrt(h)) @ Q.T


class Learning(Stage):
    """Click a start and move on: the learned ellipse turns and stretches towards the true one."""

    def __init__(self):
        fig, (self.ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.15, 1))
        super().__init__(fig, alt="A BFGS run, and the ellipse of what it has learned of H")
        self.ax.yaxis.set_major_locator(MaxNLocator(integer=True))  # room for any window
        side.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", xticks=[0], yticks=[0])
        side.set_title("$d^TBd = 1$ and $d^THd = 1$, enlarged", fontsize=10)
        self.name = self.choice("name", "loss L", LANDSCAPES)
        self.moves = self.slider("moves", "moves", 0, LONGEST, 1, 2)
        self.path = self.line(self.ax, draw.NEWTON, "BFGS", width=1.8)
        self.stops = self.points(self.ax, draw.NEWTON, size=6)
        self.here = self.points(self.ax, draw.NEWTON, "where it stands", size=11, hollow=True)
        self.true = self.line(side, draw.LOSS, "true Hessian $H$ there", width=3.5)
        self.known = self.line(side, draw.NEWTON, "learned $B$", dash="dash", width=3)
        self.move = self.arrows(side, draw.POINT, "last move $s$, direction only")
        self.draw_landscape()
        self.at = self.handle("at", "start θ₀", self.ax, self.problem.start, color=draw.POINT)
        below = {"loc": "upper center", "fontsize": 8, "frameon": False}
        self.legend(self.ax, ncols=2, bbox_to_anchor=(0.5, -0.08), **below)
        self.legend(side, ncols=1, bbox_to_anchor=(0.5, -0.08), **below)
        self.name.observe(self.change_landscape, "value")
        self.start(self.update)

    @property
    def problem(self):
        """The loss that is shown."""
        return LANDSCAPES[self.name.value]

    def draw_landscape(self):
        """Draw level lines, dense where the loss is low."""
        value, window = self.problem.value, self.problem.window
        self.contour = draw.contours(
            self.ax, value, window, draw.even_levels(value, window, power=3.0)
        )
        self.ax.set(aspect="equal")

    def change_landscape(self, _change):
        """Draw another loss and go to its customary start."""
        self.contour.remove()
        self.draw_landscape()
        with self.held():
            self.at.value, self.moves.value = tuple(self.problem.start), 0
        self.redraw()

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_learning(self.name.value, self.at.value, self.moves.value)
        for mark in (self.path, self.stops):
            mark.set(*frame.path.T)
        self.here.set(*frame.path[-1])
        true, known = ellipse(frame.H), ellipse(frame.B)
        scale = max(np.abs(curve).max(initial=0.0) for curve in (true, known)) or 1.0
        for mark, curve in ((self.true, true), (self.known, known)):
            mark.set(*(curve / scale).T) if len(curve) else mark.hide()
        length = np.linalg.norm(frame.s)
        self.move.set(np.zeros(2), 0.6 * frame.s / (length if length > 0 else np.nan))
        self.say(describe(frame))


def describe(frame: LearningFrame) -> str:
    """Say what is known of the curvature, and how far it is from the truth."""
    (b0, b1), (h0, h1) = (np.linalg.eigvalsh(matrix) for matrix in (frame.B, frame.H))
    true = f"H has the curvatures {draw.number(h0)} and {draw.number(h1)}"
    if not frame.learned and frame.arrived:
        return f"You start on a flat point: no move, nothing to learn. {true}."
    if not frame.learned:
        return f"Before the first move: B = I, whatever the loss. {true}."
    moves = f"{frame.moves} move" + ("s" if frame.moves > 1 else "")
    end = ", and it has arrived" if frame.arrived else ""
    words = f"After {moves}{end}: B has {draw.number(b0)} and {draw.number(b1)}; {true}.\n"
    if h0 <= 0:
        return words + "H is not positive definite here, so it has no ellipse; B is, always."
    along = frame.s / np.linalg.norm(frame.s)
    bends = [draw.number(float(along @ matrix @ along)) for matrix in (frame.B, frame.H)]
    return words + (
        f"B differs from H by {draw.number(100 * frame.error)} %. "
        f"Along the last move B measures {bends[0]}, H {bends[1]}."
    )
