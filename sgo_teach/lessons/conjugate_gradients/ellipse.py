"""Explorable of lesson 08: gradient descent and conjugate gradients on an ellipse."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from sgo_teach import draw
from sgo_teach.solvers.cg import cg_steps
from sgo_teach.stage import Stage

ANGLE = 0.5
RING = 2.4  # the start's circle in the stretched picture
SIZES = np.array([0.3, 0.6, 1.0, 1.5, 2.2])  # of the level lines, in their steep direction


@dataclass(frozen=True, eq=False)
class EllipseFrame:
    """Two walks to the minimum of φ(x) = ½ xᵀHx at the origin, in two coordinate systems.

    Attributes
    ----------
    descent, conjugate : (k + 1, 2) arrays
        Steepest descent with the exact step along each gradient; conjugate gradients.
    stretch : (2, 2) array
        S with SᵀS = c·H: in the coordinates Sx the level lines are circles.
    angles : (float, float)
        Degrees between the first two CG directions p and between Sp; NaN if one is enough.
    left : (float, float)
        Share of the start's error left to both, in the norm of H.
    levels : (p, 2) array
        Level lines of φ.
    """

    descent: np.ndarray
    conjugate: np.ndarray
    stretch: np.ndarray
    angles: tuple[float, float]
    left: tuple[float, float]
    levels: np.ndarray


def frame_of_axes(kappa: float) -> tuple[np.ndarray, np.ndarray]:
    """The curvatures (2,) and axes (2, 2), one a column, of the ellipse."""
    c, s = np.cos(ANGLE), np.sin(ANGLE)
    return np.array([1.0, kappa]), np.array([[c, -s], [s, c]])


def steepest(H: np.ndarray, x: np.ndarray, moves: int) -> np.ndarray:
    """Iterates (moves + 1, 2) of steepest descent on ½ xᵀHx with exact steps."""
    path = [x]
    for _ in range(moves):
        r = -H @ path[-1]
        curvature = float(r @ H @ r)
        path.append(path[-1] + (float(r @ r) / curvature if curvature > 1e-200 else 0.0) * r)
    return np.array(path)


def compute_ellipse(start: np.ndarray, kappa: float, moves: int) -> EllipseFrame:
    """Let both methods make up to `moves` moves from `start` (2,)."""
    h, Q = frame_of_axes(kappa)
    H, root = (Q * h) @ Q.T, (Q * np.sqrt(h)) @ Q.T
    both = [s for s in islice(cg_steps(H, np.zeros(2), start), 3) if not s.k or s.curvature > 0]
    descent, conjugate = steepest(H, start, moves), np.array([s.x for s in both[: moves + 1]])
    size = float(np.linalg.norm(root @ start)) or 1.0
    p = [s.p for s in both[1:] if float(s.curvature) > 1e-20 * kappa * size * size]
    angles = (between(*p), between(root @ p[0], root @ p[1])) if len(p) == 2 else (np.nan, np.nan)
    left = [float(np.linalg.norm(root @ path[-1])) / size for path in (descent, conjugate)]
    lines = level_lines(h, Q)
    return EllipseFrame(descent, conjugate, RING / size * root, angles, (left[0], left[1]), lines)


def between(p: np.ndarray, q: np.ndarray) -> float:
    """The angle between two directions (2,), in degrees."""
    cosine = float(p @ q) / (float(np.linalg.norm(p)) * float(np.linalg.norm(q)))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def level_lines(h: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Ellipses (p, 2) about the origin with NaN between them."""
    turn = np.linspace(0, 2 * np.pi, 97)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    ring = circle * np.sqrt(h[1] ** 0.5 / h) @ Q.T
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for size in SIZES for part in (size * ring, gap)])


class Ellipse(Stage):
    """Drag the start: both walks as they are, and as they look where the ellipses are circles."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.PAIR, columns=2)
        super().__init__(fig, alt="Gradient descent and conjugate gradients on level ellipses")
        ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
        side.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticklabels=[], yticklabels=[])
        side.set_xlabel(r"the same, stretched by $\sqrt{H}$")
        turn = np.linspace(0, 2 * np.pi, 97)
        for size in RING * np.arange(1, 5) / 4:
            side.plot(size * np.cos(turn), size * np.sin(turn), color="#c8c8c8", lw=0.8)
        self.kappa = self.slider("kappa", "condition number κ", 0, 2, 0.1, 10, log=True)
        self.moves = self.slider("moves", "moves", 0, 30, 1, 6)
        self.levels = self.line(ax, "#b9b9b9", width=1)
        self.descent = [self._walk(a, draw.GRADIENT, "steepest descent", "square", 6, 1.5)
                        for a in (ax, side)]  # fmt: skip
        self.conjugate = [self._walk(a, draw.NEWTON, "conjugate gradients", "circle", 9, 3)
                          for a in (ax, side)]  # fmt: skip
        self.goal = [self.points(a, draw.ACCENT, size=8, marker="diamond") for a in (ax, side)]
        self.at = self.handle("at", "start x₀", ax, (-2.43, -0.98), color=draw.POINT)
        self.legend(ax, loc="upper right", fontsize=8)
        self.start(self.update)

    def _walk(self, ax, color, label, marker, size, width):
        return (
            self.line(ax, color, width=width),
            self.points(ax, color, label, size=size, marker=marker),
        )

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_ellipse(np.array(self.at.value), self.kappa.value, self.moves.value)
        self.levels.set(*frame.levels.T)
        for marks, path in ((self.descent, frame.descent), (self.conjugate, frame.conjugate)):
            for pair, shown in zip(marks, (path, path @ frame.stretch.T), strict=True):
                for mark in pair:
                    mark.set(*shown.T)
        for mark in self.goal:
            mark.set(0.0, 0.0)
        self.say(describe(frame, self.kappa.value, self.moves.value))


def share(part: float) -> str:
    """Write what is left of an error as a percentage.

    >>> share(1.0), share(0.2951), share(3e-6), share(1e-12)
    ('100 %', '30 %', 'less than 0.001 %', 'nothing')
    """
    if part < 1e-5:
        return "less than 0.001 %" if part > 1e-9 else "nothing"
    return f"{draw.number(100 * part, 2)} %"


def describe(frame: EllipseFrame, kappa: float, moves: int) -> str:
    """Say what is left to both, and at which angle the two CG directions stand."""
    made = f"{moves} {'move' if moves == 1 else 'moves'}"
    descent, conjugate = (share(v) for v in frame.left)
    words = f"κ = {draw.number(kappa)}. After {made} steepest descent has {descent} of its error "
    words += f"left, conjugate gradients {conjugate}.\n"
    if np.isnan(frame.angles[0]):
        return words + "From here one direction is enough: it leads straight to the minimum."
    plain, stretched = frame.angles
    return words + (
        f"The two CG directions meet at {plain:.0f}°; stretched, at {stretched:.0f}°: conjugate."
    )
