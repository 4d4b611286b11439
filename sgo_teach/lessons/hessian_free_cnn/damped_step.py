"""Explorable of lesson 12: the damping λ bends the step, and ρ tells λ where to go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw, problems
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.stage import Stage

VALLEY = problems.rosenbrock()
GRID = float(np.log10(1.5))  # one position of the slider: the factor of the rule
LOWEST, HIGHEST = -16, 24  # λ from 1.5⁻¹⁶ to 1.5²⁴
DAMPINGS = 1.5 ** np.arange(LOWEST, HIGHEST + 1, 0.25)
LEAST, MOST = -1.0, 1.6  # of the axis of ρ


def gradient_and_curvature(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """g (2,) and the Gauss–Newton matrix G = 2JᵀJ (2, 2) of L = ‖r‖², r = (1 − u, 10(v − u²))."""
    u, v = theta
    r = np.array([1 - u, 10 * (v - u**2)])
    J = np.array([[-1.0, 0.0], [-20 * u, 10.0]])
    return 2 * J.T @ r, 2 * J.T @ J


def damped_steps(g: np.ndarray, G: np.ndarray, dampings: np.ndarray) -> np.ndarray:
    """Solve (G + λI)Δ = −g for each λ (m,): steps (m, n)."""
    shifted = G + dampings[:, None, None] * np.eye(len(g))
    downhill = np.broadcast_to(-g[:, None], (len(dampings), len(g), 1))
    return np.linalg.solve(shifted, downhill)[..., 0]


@dataclass(frozen=True, eq=False)
class DampedFrame:
    """The step for one λ, and what became of the promise for all of them.

    gradient, delta : (2,); predicted, actual, ratio : of that step; path : (m, 2) steps for
    `DAMPINGS`; ratios : (m,) their ρ, NaN where nothing is promised; inside : whether the step
    ends in the picture.
    """

    gradient: np.ndarray
    delta: np.ndarray
    predicted: float
    actual: float
    ratio: float
    path: np.ndarray
    ratios: np.ndarray
    inside: bool


def compute_damped(at: np.ndarray, damping: float) -> DampedFrame:
    """Steps from `at` (2,) on Rosenbrock's valley; ρ is measured with the undamped model."""
    g, G = gradient_and_curvature(at)
    steps = damped_steps(g, G, np.append(DAMPINGS, damping))
    predicted = steps @ g + 0.5 * np.einsum("mi,ij,mj->m", steps, G, steps)
    actual = VALLEY.value(at + steps) - VALLEY.value(at)
    ratios = np.full(len(steps), np.nan)
    np.divide(actual, predicted, out=ratios, where=predicted < -1e-13)
    return DampedFrame(
        g,
        steps[-1],
        float(predicted[-1]),
        float(actual[-1]),
        float(ratios[-1]),
        steps[:-1],
        ratios[:-1],
        all(low <= x <= high for x, (low, high) in zip(at + steps[-1], VALLEY.window, strict=True)),
    )


class DampedStep(Stage):
    """Move the point, turn λ, read ρ; the button takes the step and lets ρ choose the next λ."""

    def __init__(self):
        fig, (self.ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.15, 1))
        super().__init__(fig, alt="A damped step in a curved valley, and ρ against the damping λ")
        draw.contours(
            self.ax,
            VALLEY.value,
            VALLEY.window,
            draw.even_levels(VALLEY.value, VALLEY.window, count=16, power=3.0),
        )
        self.ax.plot(*VALLEY.minimisers[0], "*", color=draw.ACCENT, markersize=11)
        self._prepare(side)
        self.damping = self.slider(
            "damping", "damping λ", LOWEST * GRID, HIGHEST * GRID, GRID, 1.0, log=True
        )
        self.press = self.button("press", "Take the step, then adapt λ")
        self.bend = self.line(self.ax, draw.NEWTON, "ends of the step for all λ", width=1.6)
        self.downhill = self.arrows(self.ax, draw.GRADIENT, "$-g$ (direction)")
        self.step = self.arrows(self.ax, draw.NEWTON, r"step $\Delta$ for this λ")
        self.curve = self.line(side, draw.LOSS, r"$\rho$ of the step for this λ", width=2.5)
        self.here = self.points(side, draw.NEWTON, size=13)
        self.at = self.handle("at", "point θ", self.ax, (-1.2, 1.0), color=draw.POINT)
        self.legend(self.ax, loc="upper center", fontsize=8, ncols=2, bbox_to_anchor=(0.5, -0.1))
        self.legend(side, loc="lower right", fontsize=8)
        self.press.observe(self.take, "value")
        self.start(self.update)

    @staticmethod
    def _prepare(side):
        side.set(xscale="log", xlim=(DAMPINGS[0] / 1.3, DAMPINGS[-1] * 1.3), ylim=(LEAST, MOST))
        side.set(xlabel=r"damping $\lambda$", ylabel=r"$\rho$ = actual / predicted change")
        zones = [(LEAST, 0.25, draw.ACCENT), (0.25, 0.75, draw.GREY), (0.75, MOST, draw.MODEL)]
        words = ["below ¼: raise λ", "between: keep λ", "above ¾: lower λ"]
        for (low, high, color), word in zip(zones, words, strict=True):
            side.axhspan(low, high, color=color, alpha=0.12, linewidth=0)
            middle = (low + high) / 2
            side.text(0.02, middle, word, fontsize=8, transform=side.get_yaxis_transform())

    def take(self, _change):
        """Move if the loss falls, and let ρ decide about λ either way."""
        at = np.array(self.at.value)
        frame = compute_damped(at, self.damping.value)
        with self.held():
            if frame.actual < 0 and frame.inside:
                self.at.value = tuple(at + frame.delta)
            self.damping.value = levenberg_marquardt(self.damping.value, frame.ratio)

    def update(self):
        """Read the controls, compute, set the marks."""
        at, damping = np.array(self.at.value), self.damping.value
        frame = compute_damped(at, damping)
        length = np.linalg.norm(frame.gradient)
        self.downhill.set(at, at - 0.5 * frame.gradient / length if length > 1e-12 else at)
        self.step.set(at, at + frame.delta)
        self.bend.set(*(at + frame.path).T)
        self.curve.set(DAMPINGS, np.clip(frame.ratios, LEAST, MOST))
        self.here.set(damping, np.clip(frame.ratio, LEAST, MOST))
        self.say(describe(frame, damping, float(VALLEY.value(at))))


def describe(frame: DampedFrame, damping: float, value: float) -> str:
    """Say what was promised, what came of it, and what the rule does with λ."""
    if not np.isfinite(frame.ratio):
        return f"L = {value:.3g}: the model promises nothing here, so there is no ρ to speak of."
    new = levenberg_marquardt(damping, frame.ratio)
    turn = "up" if new > damping else "down" if new < damping else None
    adapt = f"λ goes {turn} to {new:.3g}" if turn else "λ stays as it is"
    verdict = "The loss would rise: no step is taken"
    if frame.actual < 0:
        verdict = "The step is taken" if frame.inside else "The step would leave the picture"
    return (
        f"L = {value:.3g}. With λ = {damping:.3g} the step has length "
        f"{np.linalg.norm(frame.delta):.3g}; the model promises {frame.predicted:.3g}, the loss "
        f"changes by {frame.actual:+.3g}.\nρ = {frame.ratio:.3g}. {verdict}, and {adapt}."
    )
