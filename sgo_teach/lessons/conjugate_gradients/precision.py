"""Explorable of lesson 08: how directions lose their conjugacy to rounding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from sgo_teach import draw
from sgo_teach.solvers.cg import cg_steps
from sgo_teach.stage import Stage

N, LONGEST, NEAR = 40, 120, 1e-4
TYPES = {"float32": np.float32, "float64": np.float64}
SHADES = ("#ffffff", "#fde6d8", "#fbc9ad", "#f4a582", "#e6804f", "#d55e00", "#8c3d00")
EDGES = 10.0 ** np.arange(-12, 0, 2)  # between the shades


@dataclass(frozen=True, eq=False)
class PrecisionFrame:
    """A run of CG in one precision.

    Attributes
    ----------
    conjugacy : (j, j) array
        |p_iᵀHp_j| ÷ (‖p_i‖‖p_j‖ in the norm of H), j at most 40.
    claimed, true : (m + 1,) arrays
        ‖r_k‖/‖b‖ of the recurrence, and ‖b − Hx_k‖/‖b‖ computed in float64.
    """

    conjugacy: np.ndarray
    claimed: np.ndarray
    true: np.ndarray


@cache
def compute_precision(name: str, kappa: float) -> PrecisionFrame:
    """Run CG on 40 curvatures from 1/κ to 1, spaced evenly on a log scale, b all ones."""
    h = np.geomspace(1 / kappa, 1, N).astype(TYPES[name])
    b, exact = np.ones(N, TYPES[name]), h.astype(float)
    steps = []
    for step in cg_steps(lambda p: h * p, b):
        steps.append(step)
        if step.residual_norm <= 1e-16 * step.b_norm or step.k == LONGEST:
            break
    claimed = np.array([step.residual_norm for step in steps]) / np.sqrt(N)
    x = np.array([step.x for step in steps], float)
    P = np.array([step.p for step in steps[1 : N + 1]], float)
    return PrecisionFrame(
        conjugacy(P, exact), claimed, np.linalg.norm(1 - exact * x, axis=1) / np.sqrt(N)
    )


def conjugacy(P: np.ndarray, h: np.ndarray) -> np.ndarray:
    """|p_iᵀHp_j| with every direction, a row of P (j, n), made 1 long in the norm of diag(h)."""
    P = P / np.sqrt(np.sum(h * P * P, axis=1, keepdims=True))
    return np.abs((P * h) @ P.T)


class Precision(Stage):
    """Switch the precision, raise κ: which directions are still conjugate, and what it costs."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.WIDE, columns=2, width_ratios=(1, 1.25))
        super().__init__(fig, alt="Conjugacy of all pairs of CG directions, and the residual")
        ax.set(xlim=(0, N), ylim=(0, N), xlabel="direction $i$")
        ax.set_ylabel("direction $j$")
        ax.set_title(r"$|p_i^T H p_j|$: white below $10^{-12}$, brown above $10^{-2}$", fontsize=9)
        ax.grid(False)
        side.set(xlim=(0, LONGEST), ylim=(1e-17, 30), yscale="log", xlabel="step $k$")
        side.set_ylabel(r"residual ÷ $\|b\|$")
        side.axvline(N, color=draw.GREY, lw=1, ls=":")
        side.text(N + 1.5, 3e-17, "$k = n$", fontsize=9, color="#555555")
        self.name = self.choice("name", "numbers", TYPES)
        self.kappa = self.slider("kappa", "condition number κ", 0.5, 5, 0.5, 100, log=True)
        self.picture = self.image(ax, SHADES)
        self.true = self.line(side, draw.LOSS, "true, $b - Hx_k$", width=3)
        self.claimed = self.line(side, draw.NEWTON, "claimed, $r_k$", dash="dash", width=2.5)
        self.legend(side, loc="upper right", fontsize=9)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_precision(self.name.value, self.kappa.value)
        size = len(frame.conjugacy)
        self.picture.set(np.searchsorted(EDGES, frame.conjugacy), (0, size, 0, size))
        steps = np.arange(len(frame.true))
        self.true.set(steps, np.maximum(frame.true, 1e-17))
        self.claimed.set(steps, np.maximum(frame.claimed, 1e-17))
        self.say(describe(frame, self.name.value, self.kappa.value))


def describe(frame: PrecisionFrame, name: str, kappa: float) -> str:
    """Say how long conjugacy to the first direction lasts, and what became of the residual."""
    lost = np.flatnonzero(frame.conjugacy[0, 1:] > 1e-2)
    words = f"{name}, κ = {draw.number(kappa)}: "
    words += (
        f"direction {lost[0] + 1} is the first that is not conjugate to direction 0 within 0.01.\n"
        if lost.size
        else "all directions are conjugate to direction 0 within 0.01.\n"
    )
    near = np.flatnonzero(frame.true <= NEAR)
    words += (
        f"n = {N} unknowns, and the residual falls to {NEAR:g} after {near[0]} steps; "
        if near.size
        else f"The residual does not fall to {NEAR:g} in {len(frame.true) - 1} steps; "
    )
    return words + f"the smallest true one is {frame.true.min():.1g}."
