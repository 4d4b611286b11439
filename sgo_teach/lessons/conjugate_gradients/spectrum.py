"""Explorable of lesson 08: the residual polynomial over a spectrum in clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.conjugate_gradients.ellipse import share
from sgo_teach.solvers.cg import CGStep, cg_steps
from sgo_teach.stage import Stage

EACH = 5  # eigenvalues in a cluster
LOW, HIGH = 0.1, 10.0
H_AXIS = np.linspace(0, HIGH + 0.4, 421)
DONE = 1e-12  # a residual this much smaller is rounding: CG has arrived


@dataclass(frozen=True, eq=False)
class PolynomialFrame:
    """What k steps of CG do to each curvature.

    Attributes
    ----------
    h : (15,) array
        The eigenvalues.
    polynomial : (421,) array
        q_k on `H_AXIS`; the error along an eigenvector of h is multiplied by q_k(h).
    factors : (15,) array
        q_k(h_i).
    roots : (j,) array
        The roots of q_k.
    errors, bound : (m + 1,) arrays
        ‖e_j‖/‖e_0‖ in the norm of H for all steps until CG has arrived, and the bound by κ.
    """

    h: np.ndarray
    polynomial: np.ndarray
    factors: np.ndarray
    roots: np.ndarray
    errors: np.ndarray
    bound: np.ndarray


def eigenvalues(centres: np.ndarray, width: float) -> np.ndarray:
    """Fifteen eigenvalues, five about each of three centres, none below `LOW`."""
    around = width * np.linspace(-0.5, 0.5, EACH)
    return np.clip(np.add.outer(np.asarray(centres), around), LOW, HIGH).ravel()


def chebyshev_bound(kappa: float, k: np.ndarray) -> np.ndarray:
    """2 ((√κ − 1)/(√κ + 1))ᵏ, at most 1."""
    root = np.sqrt(kappa)
    return np.minimum(1.0, 2 * ((root - 1) / (root + 1)) ** k)


def run(h: np.ndarray) -> list[CGStep]:
    """The steps of CG with curvatures h (n,) from an error that counts alike in each of them."""
    steps = []
    for step in cg_steps(lambda p: h * p, np.sqrt(h)):
        steps.append(step)
        if step.residual_norm <= DONE * step.b_norm or step.k == len(h):
            break
    return steps


def compute_polynomial(centres: np.ndarray, width: float, k: int) -> PolynomialFrame:
    """Run CG on the spectrum and follow its polynomial for k steps (or until it has arrived)."""
    h = eigenvalues(centres, width)
    steps = run(h)
    k = min(k, len(steps) - 1)
    factors = np.array([step.r for step in steps]) / np.sqrt(h)  # r_k = q_k(H) b
    errors = np.sqrt(np.mean(factors**2, axis=1))
    bound = chebyshev_bound(h.max() / h.min(), np.arange(len(h) + 1))
    alpha, beta = coefficients(steps[: k + 1])
    return PolynomialFrame(
        h, polynomial(alpha, beta), factors[k], roots(alpha, beta), errors, bound
    )


def coefficients(steps: list[CGStep]) -> tuple[np.ndarray, np.ndarray]:
    """The α (k,) and β (k,) of k steps; the last β is not used."""
    norms = np.array([step.residual_norm for step in steps])
    curvature = np.array([step.curvature for step in steps[1:]])
    return norms[:-1] ** 2 / curvature, (norms[1:] / norms[:-1]) ** 2


def polynomial(alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """q_k on `H_AXIS`: the recurrence of r and p with the number h in place of H."""
    q, s = np.ones_like(H_AXIS), np.ones_like(H_AXIS)
    for a, b in zip(alpha, beta, strict=True):
        q = q - a * H_AXIS * s
        s = q + b * s
    return q


def roots(alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """The roots of q_k: eigenvalues of the tridiagonal matrix that Lanczos would build."""
    if not len(alpha):
        return alpha
    main = 1 / alpha + np.r_[0.0, beta[:-1] / alpha[:-1]]
    beside = np.sqrt(beta[:-1]) / alpha[:-1]
    return np.linalg.eigvalsh(np.diag(main) + np.diag(beside, 1) + np.diag(beside, -1))


class ResidualPolynomial(Stage):
    """Drag three clusters of curvatures; the polynomial has to be small on all of them."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.PAIR, columns=2, width_ratios=(1.5, 1))
        super().__init__(fig, alt="The residual polynomial of CG over a spectrum, and the error")
        ax.set(xlim=(0, HIGH + 0.4), ylim=(-1.15, 1.15), xlabel="curvature $h$")
        ax.set_ylabel("what is left of the error, $q_k(h)$")
        ax.axhline(0, color="#9a9a9a", lw=0.8)
        ax.set_title("drag the clusters, the violet points at the bottom", fontsize=9)
        side.set(xlim=(0, 15), xticks=range(0, 16, 3), xlabel="step $k$")
        side.set(ylim=(1e-8, 2), yscale="log")
        side.set_ylabel(r"error $\|x_k - x^*\|_H$ ÷ its start")
        self.k = self.slider("k", "steps k", 0, 15, 1, 3)
        self.width = self.slider("width", "width of the clusters", 0, 3, 0.1, 0.8)
        self.curve = self.line(ax, draw.NEWTON, "$q_k$, which is 1 at $h = 0$", width=2.5)
        self.roots = self.points(ax, draw.NEWTON, "its roots", hollow=True, size=8)
        self.left = self.points(ax, draw.BLACK, "at the eigenvalues of $H$", size=6)
        self.bound = self.line(side, draw.ACCENT, "promised by κ alone", dash="dash", width=2.5)
        self.error = self.line(side, draw.NEWTON, width=1.5)
        self.errors = self.points(side, draw.NEWTON, "error", size=6)
        self.now = self.points(side, draw.BLACK, "step $k$", hollow=True, size=12)
        self.clusters = [
            self.handle(f"c{i}", f"cluster {i}", ax, (at, 0), along="x", step=(0.1, 0),
                        color=draw.POINT)
            for i, at in enumerate((1.0, 4.0, 9.0), start=1)
        ]  # fmt: skip
        self.legend(ax, loc="upper right", fontsize=8)
        self.legend(side, loc="upper right", fontsize=8)
        self.start(self.update)

    def update(self):
        """Read the controls, compute, set the marks."""
        centres = np.array([cluster.value[0] for cluster in self.clusters])
        frame = compute_polynomial(centres, self.width.value, self.k.value)
        for cluster, centre in zip(self.clusters, np.clip(centres, LOW, HIGH), strict=True):
            cluster.show_at(float(centre), -1.0)
        self.curve.set(H_AXIS, frame.polynomial)
        self.roots.set(frame.roots, 0.0)
        self.left.set(frame.h, frame.factors)
        steps, k = np.arange(len(frame.errors)), min(self.k.value, len(frame.errors) - 1)
        self.bound.set(np.arange(len(frame.bound)), frame.bound)
        for mark in (self.error, self.errors):
            mark.set(steps, np.maximum(frame.errors, 1e-9))
        self.now.set(k, max(frame.errors[k], 1.3e-8))
        self.say(describe(frame, k))


def describe(frame: PolynomialFrame, k: int) -> str:
    """Say how wide the spectrum is, what k steps leave, and where most of it is left."""
    low, high = frame.h.min(), frame.h.max()
    distinct = len(np.unique(np.round(frame.h, 9)))
    words = f"{distinct} distinct eigenvalues, κ = {draw.number(high / low)}. "
    error, bound = frame.errors[k], frame.bound[k]
    if error < 1e-7:
        return words + f"After {k} steps CG has arrived: q is zero at every eigenvalue."
    words += f"After {k} {'step' if k == 1 else 'steps'} the error is {share(error)}; "
    worst = int(np.argmax(np.abs(frame.factors)))
    return words + (
        f"κ alone promises {share(bound)}.\nMost is left at h = "
        f"{draw.number(frame.h[worst])}, where q = {draw.number(frame.factors[worst], 2)}."
    )
