"""Explorable of lesson 08: a diagonal preconditioner with an exponent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from sgo_teach import draw
from sgo_teach.solvers.cg import cg_steps
from sgo_teach.stage import Stage

N, LONGEST, NEAR = 40, 150, 1e-6
COUPLINGS = {"none": 0.0, "weak": 0.3, "strong": 0.8}


@dataclass(frozen=True, eq=False)
class ScalingFrame:
    """What CG sees through M = diag(H)^a, and how it fares.

    Attributes
    ----------
    spectrum : (40,) array
        Eigenvalues of M^(−½) H M^(−½), sorted, divided by the largest.
    errors : (m + 1,) array
        ‖x_k − x*‖/‖x*‖ in the norm of H, until it is below `NEAR`.
    kappa : float
        Of that matrix.
    """

    spectrum: np.ndarray
    errors: np.ndarray
    kappa: float


@cache
def coupled(decades: float, coupling: str) -> tuple[np.ndarray, np.ndarray]:
    """H (40, 40) = D C D and the solution sought (40,).

    D is diagonal, so that the curvatures on the diagonal of H span so many decades; C has ones on
    its diagonal and c^|i−j| beside it.
    """
    rng, i = np.random.default_rng(0), np.arange(N)
    d = 10 ** (decades * (rng.permutation(i) / (N - 1) - 0.5) / 2)
    c = COUPLINGS[coupling]
    return np.outer(d, d) * c ** np.abs(i[:, None] - i), rng.standard_normal(N) / d


@cache
def compute_scaling(decades: float, coupling: str, exponent: float) -> ScalingFrame:
    """Run preconditioned CG on the coupled system with M = diag(H)^exponent."""
    H, wanted = coupled(decades, coupling)
    M = np.diag(H) ** exponent
    h = np.linalg.eigvalsh(H / np.sqrt(np.outer(M, M)))
    whole, errors = np.sqrt(wanted @ H @ wanted), []
    for step in cg_steps(H, H @ wanted, preconditioner=lambda r: r / M):
        e = step.x - wanted
        errors.append(float(np.sqrt(e @ H @ e) / whole))
        if errors[-1] <= NEAR or step.k == LONGEST:
            break
    return ScalingFrame(h / h[-1], np.array(errors), float(h[-1] / h[0]))


class Preconditioner(Stage):
    """Choose the exponent of the preconditioner; every page is computed ahead."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.WIDE, columns=2)
        super().__init__(fig, alt="Spectrum and error of CG with and without a preconditioner")
        ax.set(xlim=(-1, N), ylim=(1e-7, 3), yscale="log", xlabel="eigenvalues, sorted")
        ax.set_ylabel("eigenvalue ÷ largest")
        side.set(xlim=(0, LONGEST), ylim=(NEAR / 2, 3), yscale="log", xlabel="step $k$")
        side.set_ylabel(r"error $\|x_k - x^*\|_H$ ÷ its start")
        self.exponent = self.slider("exponent", "exponent a in M = diag(H)ᵃ", 0, 1.5, 0.125, 0.75)
        self.decades = self.slider("decades", "decades of scale in diag(H)", 0, 6, 1, 4)
        self.coupling = self.choice("coupling", "coupling of neighbours", COUPLINGS, "weak")
        self.marks_of = {
            "without": self._pair(ax, side, draw.GREY, "without", "square", "dash"),
            "with": self._pair(ax, side, draw.NEWTON, "with $M$", "circle", "solid"),
        }
        self.legend(ax, loc="lower right", fontsize=9)
        self.legend(side, loc="upper right", fontsize=9)
        self.start(self.update)
        self.flipbook()

    def _pair(self, ax, side, color, label, marker, dash):
        return (
            self.points(ax, color, label, size=6, marker=marker),
            self.line(side, color, label, width=2.5, dash=dash),
        )

    def update(self):
        """Read the controls, compute, set the marks."""
        place, a = (self.decades.value, self.coupling.value), float(self.exponent.value)
        frames = {"without": compute_scaling(*place, 0.0), "with": compute_scaling(*place, a)}
        for name, frame in frames.items():
            spectrum, error = self.marks_of[name]
            spectrum.set(np.arange(N), frame.spectrum)
            error.set(np.arange(len(frame.errors)), frame.errors)
        self.say(describe(frames["without"], frames["with"], a, place[0]))


def steps_to(frame: ScalingFrame) -> str:
    """How many steps a run took, in words."""
    count = len(frame.errors) - 1
    plural = "1 step" if count == 1 else f"{count} steps"
    return plural if frame.errors[-1] <= NEAR else f"more than {plural}"


def describe(
    without: ScalingFrame, preconditioned: ScalingFrame, exponent: float, decades: float
) -> str:
    """Say what the preconditioner does to κ and to the number of steps."""
    kappas = [draw.number(frame.kappa) for frame in (without, preconditioned)]
    words = f"To a millionth of the error: {steps_to(without)} without, "
    words += f"{steps_to(preconditioned)} with M = diag(H)^{exponent:g}.\n"
    if not decades:
        return words + "The diagonal is constant: there is nothing to rescale."
    words += f"κ goes from {kappas[0]} to {kappas[1]}"
    if exponent == 1:
        coupled = preconditioned.kappa > 1 + 1e-9
        rest = "what is left is the coupling" if coupled else "nothing else was in the way"
        return words + f": the scales are gone, and {rest}."
    return words + ("." if exponent < 1 else ": too much, the scales come back upside down.")
