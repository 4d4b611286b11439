"""Explorable of lesson 10: the spectra of H and G while a small network trains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.gauss_newton_and_fisher.history import History, recorded
from sgo_teach.lessons.gauss_newton_and_fisher.small_net import LABELS
from sgo_teach.stage import Stage

ZERO = 1e-6  # eigenvalues of this size are rounding in single precision
CURVES = {
    "loss": ("loss", draw.LOSS, "solid"),
    "gap": (r"$\|H - G\|\,/\,\|H\|$", draw.NEWTON, "dash"),
    "empirical_gap": (r"$\|\hat F - G\|\,/\,\|G\|$", draw.ACCENT, "dot"),
}


@dataclass(frozen=True, eq=False)
class SpectraFrame:
    """Two spectra at one moment, largest first, each (n,); how many of H lie below zero."""

    hessian: np.ndarray
    gauss_newton: np.ndarray
    below: int


def compute_spectra(history: History, moment: int) -> SpectraFrame:
    """Look up one moment of a recorded training."""
    H, G = history.hessian[moment][::-1], history.gauss_newton[moment][::-1]
    return SpectraFrame(H, G, int(np.sum(H < -ZERO)))


class Spectra(Stage):
    """Scrub through the training; every page is ready."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.2, 1))
        super().__init__(
            fig, alt="Eigenvalues of H and G during training, and what falls with them"
        )
        ax.set_yscale("symlog", linthresh=1e-4)
        ax.set(ylim=(-1, 20), xlim=(-2, 174), yticks=[-1e-1, -1e-3, 0, 1e-3, 1e-1, 10])
        ax.set(xlabel="eigenvalue number, largest first", ylabel="eigenvalue (bent scale)")
        ax.axhspan(-1, 0, color=draw.ACCENT, alpha=0.15, linewidth=0)
        side.set(xlim=(0.8, 3000), ylim=(1e-3, 5), xscale="log", yscale="log")
        side.set(xlabel="training step + 1")
        self.labels = self.choice("labels", "trained on", LABELS)
        self.moments = len(recorded().steps)
        self.moment = self.slider("moment", "moment", 0, self.moments - 1, 1, 0)
        self.gauss = self.points(ax, draw.MODEL, "of $G$", size=7, hollow=True)
        self.hessian = self.points(ax, draw.NEWTON, "of $H$", size=4)
        self.curves = {
            name: self.line(side, color, label, dash=dash, width=2.4)
            for name, (label, color, dash) in CURVES.items()
        }
        self.now = self.line(side, draw.POINT, width=1.5)
        self.legend(ax, loc="upper right", fontsize=10)
        self.legend(side, loc="lower left", fontsize=9)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Read the controls, look up, set the marks."""
        history, moment = recorded(self.labels.value), self.moment.value
        frame = compute_spectra(history, moment)
        number = np.arange(len(frame.hessian))
        self.hessian.set(number, frame.hessian)
        self.gauss.set(number, frame.gauss_newton)
        for name, curve in self.curves.items():
            curve.set(history.steps + 1, getattr(history, name))
        self.now.set([history.steps[moment] + 1] * 2, [1e-3, 5])
        self.say(describe(history, frame, moment))


def describe(history: History, frame: SpectraFrame, moment: int) -> str:
    """Say what has become of both spectra."""
    n, steps = draw.number, int(history.steps[moment])
    lowest, share = float(frame.hessian[-1]), history.accuracy[moment]
    words = (
        f"After {steps:,} steps: loss {n(history.loss[moment])}, {share:.0%} read as labelled.\n"
    )
    below = f"H has {frame.below} negative eigenvalues, the lowest {n(lowest, 2)}"
    words += f"{below}; G has none.\n" if frame.below else "H has no negative eigenvalue here.\n"
    gaps = (history.gap[moment], history.empirical_gap[moment])
    return words + (
        f"H differs from G by {gaps[0]:.0%} of its size, "
        f"the empirical Fisher from G by {gaps[1]:.0%} of G's."
    )
