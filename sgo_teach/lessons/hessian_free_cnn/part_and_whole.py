"""Explorable of lesson 12: a step whose curvature comes from a part of the images only."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from sgo_teach import draw
from sgo_teach.nets.curvature import GaussNewtonProduct
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.race import ImageTensors
from sgo_teach.solvers.cg import cg, residual_rule
from sgo_teach.stage import Stage

PARTS = (30, 60, 120, 240)  # images for the curvature
DAMPINGS = (0.01, 0.1, 1.0)
WHOLE = 480  # images for gradient and loss
PRODUCTS = 6
WAY = np.linspace(0, 1.5, 7)  # of the step
FINE = np.linspace(0, 1.5, 31)


@dataclass(frozen=True, eq=False)
class Promise:
    """What a step promises and what it gives, along θ + tΔ for t in `WAY`.

    Attributes
    ----------
    part, damping : images for the curvature, and λ
    slope, bend : gᵀΔ, and ΔᵀGΔ on those images; bend_of_all : ΔᵀGΔ on all images
    losses : (7,) the loss of all images on the way
    """

    part: int
    damping: float
    slope: float
    bend: float
    bend_of_all: float
    losses: np.ndarray

    @property
    def model(self) -> np.ndarray:
        """L + t·gᵀΔ + ½t²·ΔᵀGΔ on the way, (31,): at `FINE`."""
        return self.losses[0] + FINE * self.slope + 0.5 * FINE**2 * self.bend

    @property
    def ratio(self) -> float:
        """ρ of the whole step, t = 1."""
        actual = float(np.interp(1.0, WAY, self.losses)) - self.losses[0]
        return float(actual / (self.slope + 0.5 * self.bend))


class Landscape:
    """Loss, gradient and products of a network on the first images of a set.

    Parameters
    ----------
    network : left as it is found
    data : its first `whole` training images count as all
    whole : at most so many
    """

    def __init__(self, network: nn.Module, data: ImageTensors, whole: int = WHOLE):
        self.network, self.data, self.whole = network, data, min(whole, len(data))
        self.vector = ParameterVector(network.parameters())

    def loss(self, index: slice) -> tuple[Tensor, Tensor]:
        """Loss and logits of some images."""
        logits = self.network(self.data.train_images[index])
        return self.data.loss(logits, self.data.train_labels[index]), logits

    def gradient(self) -> Tensor:
        """g (n,) on all images."""
        loss, _ = self.loss(slice(self.whole))
        return self.vector.flatten(torch.autograd.grad(loss, self.vector.tensors))

    def product(self, part: int) -> GaussNewtonProduct:
        """v ↦ Gv on the first images."""
        loss, logits = self.loss(slice(part))
        return GaussNewtonProduct(loss, logits, self.vector.tensors, "cross_entropy")

    @torch.no_grad()
    def losses(self, delta: Tensor) -> np.ndarray:
        """Loss of all images at θ + tΔ for t in `WAY`, (7,); θ is put back."""
        theta = self.vector.read()
        found = []
        for t in WAY:
            self.vector.write(theta + float(t) * delta)
            found.append(float(self.loss(slice(self.whole))[0]))
        self.vector.write(theta)
        return np.array(found)


def promises(landscape: Landscape) -> list[Promise]:
    """A promise for each part and λ."""
    g, G_of_all = landscape.gradient(), landscape.product(landscape.whole)
    found: list[tuple[Tensor, Promise]] = []
    for part in _parts(landscape):
        G = landscape.product(part)
        for damping in DAMPINGS:
            delta = _step(G, g, damping)
            bend, bend_of_all = (float(delta @ product(delta)) for product in (G, G_of_all))
            promise = Promise(part, damping, float(g @ delta), bend, bend_of_all, np.empty(0))
            found.append((delta, promise))
    # Products know θ by its storage, so it moves only when the last of them has been asked.
    return [replace(promise, losses=landscape.losses(delta)) for delta, promise in found]


def _parts(landscape: Landscape) -> list[int]:
    return sorted({min(part, landscape.whole) for part in PARTS})


def _step(G, g: Tensor, damping: float) -> Tensor:
    return cg(lambda v: G(v) + damping * v, -g, stop=residual_rule(1e-2), max_steps=PRODUCTS).x


class PartAndWhole(Stage):
    """Choose how many images the curvature sees, and λ; read what the promise is worth.

    Parameters
    ----------
    network : somewhere on its way; left as it is found
    data : its images
    """

    def __init__(self, network: nn.Module, data: ImageTensors):
        landscape = Landscape(network, data)
        self.whole, parts = landscape.whole, _parts(landscape)
        self.promises = {(p.part, p.damping): p for p in promises(landscape)}
        fig, (left, right) = draw.figure(draw.PAIR, columns=2, width_ratios=(1.25, 1))
        super().__init__(fig, alt="Promised and actual loss along a step; ρ against the images")
        self._prepare(left, right, parts)
        self.part = self.choice("part", "images for the curvature", parts, parts[0])
        self.damping = self.choice("damping", "damping λ", DAMPINGS, DAMPINGS[0])
        self.model = self.line(left, draw.MODEL, "promised by the model", dash="dash")
        self.loss = self.line(left, draw.LOSS, f"loss of {self.whole} images", width=2.5)
        self.end = self.points(left, draw.NEWTON, "the step ends here", size=11)
        self.ratios = self.line(right, draw.LOSS, width=2.0)
        self.here = self.points(right, draw.NEWTON, size=12)
        self.legend(left, loc="upper left", fontsize=8)
        self.start(self.update)
        self.flipbook()

    def _prepare(self, left, right, parts):
        start = next(iter(self.promises.values())).losses[0]
        left.set(xlim=(0, WAY[-1]), ylim=(0, 2.2 * start))
        left.set_xlabel(r"$t$, along $\theta + t\Delta$")
        left.set_ylabel("loss")
        right.set(xscale="log", xlim=(0.8 * parts[0], 1.25 * parts[-1]), ylim=(-1.0, 1.3))
        right.set_xticks(parts, [str(part) for part in parts])
        right.minorticks_off()
        right.set_xlabel("images for the curvature")
        right.set_title(r"$\rho$ of the step", fontsize=10)
        for bound in (0.25, 0.75):
            right.axhline(bound, color=draw.GREY, linewidth=1)

    def update(self):
        """Read the controls, look the promise up, set the marks."""
        part, damping = self.part.value, self.damping.value
        shown = self.promises[part, damping]
        low, high = self.loss.ax.get_ylim()
        self.model.set(FINE, np.clip(shown.model, low, high))
        self.loss.set(WAY, np.clip(shown.losses, low, high))
        self.end.set(1.0, np.clip(np.interp(1.0, WAY, shown.losses), low, high))
        row = [p for p in self.promises.values() if p.damping == damping]
        ratios = np.clip([p.ratio for p in row], *self.ratios.ax.get_ylim())
        self.ratios.set([p.part for p in row], ratios)
        self.here.set(part, ratios[[p.part for p in row].index(part)])
        self.say(describe(shown))


def describe(shown: Promise) -> str:
    """Say what was promised, what came of it, and what λ does next."""
    before, after = shown.losses[0], float(np.interp(1.0, WAY, shown.losses))
    promised = shown.slope + 0.5 * shown.bend
    new = levenberg_marquardt(shown.damping, shown.ratio)
    turn = "rises" if new > shown.damping else "falls" if new < shown.damping else "stays"
    return (
        f"Curvature from {shown.part} images, λ = {shown.damping:g}: the model promises a loss of "
        f"{before + promised:.3g} after {before:.3g}, and it becomes {after:.3g}: "
        f"ρ = {shown.ratio:.2g}, λ {turn}.\n"
        f"Along the step the images that were asked bend by {shown.bend:.3g}, all of them by "
        f"{shown.bend_of_all:.3g}, {shown.bend_of_all / shown.bend:.3g} times as much."
    )
