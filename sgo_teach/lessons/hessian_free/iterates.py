"""Explorable of lesson 11: how far CG should go, by the model and by the loss."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sgo_teach import draw
from sgo_teach.lessons.hessian_free.small_digits import outputs, small_digits
from sgo_teach.nets.curvature import GaussNewtonProduct
from sgo_teach.solvers.cg import cg_steps, martens_rule
from sgo_teach.stage import Stage

MOST = 40  # CG steps
BATCHES = (20, 100, 400)
DAMPINGS = (1e-3, 1e-2, 1e-1)
LOW, HIGH = -2.0, 1.0  # of the axis
STOPS = martens_rule()


@dataclass(frozen=True, eq=False)
class Track:
    """CG step by step: what the model says of each iterate, and what the loss does.

    model, change : (m,) φ of iterate k = 0 … m − 1, and change of the loss of all images;
    martens : where Martens' rule stops.
    """

    model: np.ndarray
    change: np.ndarray
    martens: int


def compute_track(theta: Tensor, batch: int, damping: float) -> Track:
    """CG at θ (n,), with the gradient of all images and the curvature of the first `batch`."""
    X, y = small_digits()
    theta = theta.detach().clone().requires_grad_()
    loss = cross_entropy(outputs(theta, X), y)
    (g,) = torch.autograd.grad(loss, theta)
    z = outputs(theta, X[:batch])
    G = GaussNewtonProduct(cross_entropy(z, y[:batch]), z, [theta], "cross_entropy")
    with torch.no_grad():
        steps = list(islice(cg_steps(lambda v: G(v) + damping * v, -g), MOST + 1))
        tried = [float(cross_entropy(outputs(theta + step.x, X), y)) for step in steps]
    phi = [step.model_value for step in steps]
    stop = next((step.k for step in steps if STOPS(step, phi)), len(steps) - 1)
    return Track(np.array(phi), np.array(tried) - tried[0], stop)


def walk_back(change: np.ndarray, last: int) -> int:
    """The number of the iterate where walking back from the last one ends; 0 is no iterate."""
    while last > 1 and change[last - 1] <= change[last]:
        last -= 1
    return last


class Iterates(Stage):
    """Drag the place where CG stops; choose the images that the curvature sees, and λ.

    Parameters
    ----------
    theta : (n,) tensor, where the network stands
    """

    def __init__(self, theta: Tensor):
        fig, (ax,) = draw.figure(draw.WIDE)
        super().__init__(fig, alt="The model and the loss along the iterates of CG")
        self._prepare(ax)
        self.tracks = {(b, d): compute_track(theta, b, d) for b in BATCHES for d in DAMPINGS}
        self.batch = self.choice("batch", "images for the curvature", map(str, BATCHES))
        self.damping = self.choice("damping", "damping λ", map(str, DAMPINGS), str(DAMPINGS[1]))
        self.model = self.line(ax, draw.MODEL, r"model $\varphi$ (what CG sees)", dash="dash")
        self.loss = self.line(ax, draw.LOSS, "loss of all 400 images", width=2.5)
        self.martens = self.points(
            ax, draw.GRADIENT, "Martens' rule stops", size=11, marker="square"
        )
        self.back = self.line(ax, draw.ACCENT, "walking back from the handle", width=5)
        self.best = self.points(ax, draw.ACCENT, size=12, marker="diamond")
        self.now = self.line(ax, draw.POINT, width=1.2)
        self.at = self.handle(
            "at", "where CG stops", ax, (12, 0), along="x", step=(1, 0.1), color=draw.POINT
        )
        self.legend(ax, loc="upper center", fontsize=9, ncols=4, bbox_to_anchor=(0.5, -0.14))
        self.start(self.update)

    @staticmethod
    def _prepare(ax):
        ax.set(xlim=(0, MOST), ylim=(LOW, HIGH), xlabel="CG step", ylabel="change")
        ax.axhspan(0, HIGH, color=draw.ACCENT, alpha=0.12, linewidth=0)
        ax.text(0.99, 0.97, "higher than before the step", transform=ax.transAxes,
                ha="right", va="top", fontsize=9)  # fmt: skip

    def update(self):
        """Read the controls, look the track up, set the marks."""
        track = self.tracks[int(self.batch.value), float(self.damping.value)]
        k = min(max(round(self.at.value[0]), 1), len(track.model) - 1)
        number, drawn = np.arange(len(track.model)), np.clip(track.change, LOW, HIGH)
        back = walk_back(track.change, k)
        self.model.set(number, np.clip(track.model, LOW, HIGH))
        self.loss.set(number, drawn)
        self.martens.set(track.martens, drawn[track.martens])
        self.back.set(number[back : k + 1], drawn[back : k + 1])
        self.best.set(back, drawn[back])
        self.at.show_at(k, drawn[k])
        self.now.set([k, k], [LOW, HIGH])
        self.say(describe(track, k, back))


def describe(track: Track, k: int, back: int) -> str:
    """Say what model and loss make of stopping at step k, and where walking back ends."""
    n = draw.number
    words = f"CG stops at {k}: the model sees {n(track.model[k])}, "
    words += f"the loss changes by {n(track.change[k])}.\n"
    words += f"Walking back ends at {back}, with a change of {n(track.change[back])}.\n"
    lowest = int(track.change.argmin())
    return words + (
        f"The lowest loss of all is at {lowest}: {n(track.change[lowest])}. "
        f"Martens' rule would stop at {track.martens}."
    )
