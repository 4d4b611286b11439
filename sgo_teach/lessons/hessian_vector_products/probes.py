"""Explorable of lesson 09: the trace from random signs, and what makes it uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from sgo_teach import draw
from sgo_teach.stage import Stage

SIZE, STAGES = 16, 4
ORDER = (0, 11, 6, 13, 9, 2, 15, 4, 7, 12, 1, 10, 14, 5, 8, 3)  # so that signs are mixed as well
H = 20.0 * 0.7 ** np.array(ORDER)  # eigenvalues, the same at every mixing
MOST = 200  # probes
SHADES = 12  # of each sign, in the picture of the matrix
LIMITS = (0.0, 2.2 * float(H.sum()))


def mixed(mixing: float) -> np.ndarray:
    """A symmetric matrix (16, 16) with the eigenvalues `H`, diagonal at 0 and well mixed at 1.

    Four rounds of rotations of pairs of axes, as in the fast Fourier transform, each by the
    angle mixing·π/4.
    """
    c, s = np.cos(mixing * pi / 4), np.sin(mixing * pi / 4)
    Q = np.eye(SIZE)
    for stage in range(STAGES):
        pairs = np.arange(SIZE) & ~(1 << stage), np.arange(SIZE) | (1 << stage)
        sign = np.where(np.arange(SIZE) & (1 << stage), 1.0, -1.0)[:, None]
        own, other = Q, Q[np.where(pairs[0] == np.arange(SIZE), pairs[1], pairs[0])]
        Q = c * own + sign * s * other
    return (Q * H) @ Q.T


@dataclass(frozen=True, eq=False)
class ProbeFrame:
    """Hutchinson's estimate after 1, 2, …, 200 probes.

    Attributes
    ----------
    A : (16, 16) array
        The matrix.
    samples : (200,) array
        zᵀAz for each probe.
    mean : (200,) array
        Of the first samples.
    error : (200,) array
        Estimated standard error of that mean; NaN for one probe.
    deviation : float
        True standard deviation of one sample, √(2(‖A‖_F² − Σaᵢᵢ²)).
    """

    A: np.ndarray
    samples: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    deviation: float


def compute_probes(mixing: float, seed: int) -> ProbeFrame:
    """Probe the matrix of a mixing with 200 vectors of signs from a seed."""
    A = mixed(mixing)
    Z = 2.0 * np.random.default_rng(seed).integers(0, 2, (MOST, SIZE)) - 1
    samples = np.einsum("mi,ij,mj->m", Z, A, Z)
    m = np.arange(1, MOST + 1)
    mean = np.cumsum(samples) / m
    squares = np.cumsum((samples - samples[0]) ** 2) - m * (mean - samples[0]) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.maximum(squares, 0) / (m - 1) / m)
    off = np.sum(A**2) - np.sum(np.diag(A) ** 2)
    return ProbeFrame(A, samples, mean, error, float(np.sqrt(2 * max(off, 0.0))))


def shades(A: np.ndarray) -> np.ndarray:
    """Classes (16, 16) for the picture: 0 to 24, 12 for zero, rows from the top."""
    size = np.sign(A) * np.sqrt(np.abs(A) / H[0])  # the root makes small entries visible
    return np.rint(SHADES * (1 + np.clip(size, -1, 1)))[::-1]


def _palette() -> list[str]:
    """White in the middle, blue for negative and orange for positive entries."""

    def blend(color: str, share: float) -> str:
        parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        return "#" + "".join(f"{round(255 - share * (255 - part)):02x}" for part in parts)

    shares = np.arange(SHADES, 0, -1) / SHADES
    below = [blend(draw.GRADIENT, x) for x in shares]
    return [*below, "#ffffff", *(blend(draw.NEWTON, x) for x in shares[::-1])]


class TraceProbes(Stage):
    """Drag the number of probes, mix the matrix, draw new signs."""

    def __init__(self):
        fig, (left, self.ax) = draw.figure(draw.PAIR, columns=2, width_ratios=(1, 1.7))
        super().__init__(fig, alt="A matrix, and estimates of its trace by the number of probes")
        left.set(xlim=(0, 1), ylim=(0, 1), box_aspect=1, xticks=[], yticks=[])
        left.set_title("$H$: orange positive, blue negative", fontsize=10)
        self.ax.set(xlim=(0, MOST + 2), ylim=LIMITS, xlabel="probes $m$")
        self.ax.set_title("mean of $m$ numbers $z^THz$", fontsize=10)
        self.ax.axhline(H.sum(), color=draw.LOSS, linewidth=1.5, label="trace $H$")
        self.mixing = self.slider("mixing", "mixing (same eigenvalues)", 0, 1, 0.05, 0.5)
        self.draw_ = self.button("draw", "Draw new signs")
        self.matrix = self.image(left, _palette())
        self.band = self.line(self.ax, draw.MODEL, "± two standard errors", fill=True, alpha=0.2)
        self.dots = self.points(self.ax, draw.GREY, "single $z^THz$", size=4, alpha=0.6)
        self.curve = self.line(self.ax, draw.MODEL, "mean so far", width=2.5)
        self.here = self.line(self.ax, draw.POINT, width=1.5)
        self.m = self.handle(
            "m", "probes m", self.ax, (20, 5), along="x", step=(1, 0), color=draw.POINT
        )
        self.legend(self.ax, loc="upper right", fontsize=8, ncols=2)
        self.start(self.update)

    def update(self):
        """Read the controls, compute, set the marks."""
        frame = compute_probes(self.mixing.value, self.draw_.value)
        m, low, high = self.probes(), *LIMITS
        count = np.arange(1, MOST + 1)
        self.matrix.set(shades(frame.A), (0, 1, 0, 1))
        self.curve.set(count, frame.mean)
        edges = np.concatenate([frame.mean - 2 * frame.error, (frame.mean + 2 * frame.error)[::-1]])
        around = np.concatenate([count, count[::-1]])
        known = np.isfinite(edges)
        self.band.set(around[known], np.clip(edges[known], low, high))
        self.dots.set(count[:m], np.clip(frame.samples[:m], low, high))
        self.here.set([m, m], LIMITS)
        self.m.show_at(m, float(np.clip(frame.mean[m - 1], low, high)))
        self.say(describe(frame, m))

    def probes(self) -> int:
        """The number of probes where the handle stands, from 1 to 200."""
        return int(np.clip(round(self.m.value[0]), 1, MOST))


def describe(frame: ProbeFrame, m: int) -> str:
    """Say what m probes estimate, and how far off one probe is expected to be."""
    mean, error = draw.number(frame.mean[m - 1]), frame.error[m - 1]
    spread = f"{mean} ± {draw.number(error, 2)}" if m > 1 else f"{mean}, of unknown error"
    if frame.deviation < 1e-6:
        return (
            f"After {m} probes: {mean}; the trace is {draw.number(H.sum())}. "
            "H is diagonal, and every single probe is exact."
        )
    return (
        f"After {m} probes: {spread}; the trace is {draw.number(H.sum())}. One probe deviates by "
        f"{draw.number(frame.deviation, 2)} (standard deviation), {m} of them by "
        f"{draw.number(frame.deviation / m**0.5, 2)}: a tenth of it costs a hundred times as many."
    )
