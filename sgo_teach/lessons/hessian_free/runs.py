"""Runs of the lesson's network under any step, and the notes that a product can take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sgo_teach.lessons.hessian_free.small_digits import (
    CLASSES,
    HIDDEN,
    IMAGES,
    INPUTS,
    initial,
    outputs,
    small_digits,
)
from sgo_teach.nets.hessian_free import HessianFree

Step = Callable[[Tensor, float, slice], tuple[Tensor, float, float]]
Pairs = list[tuple[Tensor, Tensor]]


class Row(NamedTuple):
    """One step of a run: the loss before it, its λ, its ρ, and how far θ moved."""

    loss: float
    damping: float
    ratio: float
    length: float


@dataclass(frozen=True, eq=False)
class Run:
    """A run from the start of the lesson: a row for each step, and where it ended, θ (n,)."""

    rows: Sequence[Row]
    theta: Tensor

    @property
    def losses(self) -> np.ndarray:
        """The loss of all images before each step, (m,)."""
        return np.array([row.loss for row in self.rows])

    @property
    def refused(self) -> int:
        """How many steps left θ where it was."""
        return sum(row.length == 0 for row in self.rows)

    def table(self, every: int = 1) -> np.ndarray:
        """Loss, λ, ρ and ‖Δ‖ of every so many steps, (m, 4)."""
        return np.array(self.rows)[::every]


def run(step: Step, steps: int, damping: float = 1.0, batch: int = IMAGES) -> Run:
    """Repeat a step from the start.

    Parameters
    ----------
    step : (θ, λ, part) ↦ (next θ, next λ, ρ)
    steps : how many
    damping : the first λ
    batch : images that are handed to the step as `part`, the next ones each time
    """
    theta, rows = initial(), []
    X, y = small_digits()
    for k in range(steps):
        first = batch * k % IMAGES
        new, after, ratio = step(theta, damping, slice(first, first + batch))
        before = float(cross_entropy(outputs(theta, X), y))
        rows.append(Row(before, float(damping), float(ratio), float((new - theta).norm())))
        theta, damping = new, after
    return Run(rows, theta)


def asked(
    cg: Callable[..., Tensor], product: Callable[[Tensor], Tensor], b: Tensor, max_steps: int
) -> Pairs:
    """The pairs (p, Ap) of all products that a `cg` asks for while it solves Ax = b."""
    notes: Pairs = []

    def noted(p: Tensor) -> Tensor:
        notes.append((p.clone(), product(p)))  # some change p in place
        return notes[-1][1]

    cg(noted, b, 1e-6, max_steps)
    return notes


def small_network(seed: int = 0) -> nn.Sequential:
    """The lesson's network as a module, in float32, with torch's own first weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, CLASSES))


def small_training(
    damping_rule: Callable[[float, float], float], seed: int = 0
) -> tuple[HessianFree, Callable[[], Any]]:
    """A new network's optimiser and its closure over the 400 images."""
    network, (X, labels) = small_network(seed), small_digits()
    images = X.float()
    optimizer = HessianFree(
        network.parameters(),
        output_loss="cross_entropy",
        damping_rule=damping_rule,
        max_cg_steps=20,
    )

    def closure():
        logits = network(images)
        return cross_entropy(logits, labels), logits

    return optimizer, closure


def from_warm(step, loss, gradient, product, damping_rule, decay: float = 0.95) -> Step:
    """A step for `run` whose CG sets out from the last Δ, or from 0 after a refusal.

    Parameters
    ----------
    step : (loss, g, product, θ, λ, Δ₀, max_steps) ↦ (Δ, ρ)
    loss, gradient : θ ↦ L(θ) and θ ↦ g
    product : (θ, v, part) ↦ Gv
    damping_rule : (λ, ρ) ↦ the next λ
    decay : Δ₀ over the last Δ
    """
    last: list[Tensor] = []

    def stepped(theta: Tensor, damping: float, part: slice) -> tuple[Tensor, float, float]:
        begin = decay * last[-1] if last else 0 * theta
        delta, ratio = step(
            loss, gradient(theta), lambda v: product(theta, v, part), theta, damping, begin, 10
        )
        last.append(delta if loss(theta + delta) < loss(theta) else 0 * delta)
        return theta + last[-1], damping_rule(damping, ratio), ratio

    return stepped
