"""Optimisers side by side: the same network, the same images, the same number of seconds.

Only the seconds inside an update count: drawing a batch, the passes through the network, the
optimiser's own arithmetic. Measuring loss and accuracy for the picture costs no optimiser any of
its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import nan
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from sgo_teach.data import ImageData
from sgo_teach.nets.hessian_free import HessianFree


@dataclass(frozen=True, eq=False)
class ImageTensors:
    """`sgo_teach.data.ImageData` as tensors: images (N, channels, height, width), labels (N,)."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    @classmethod
    def of(cls, data: ImageData) -> ImageTensors:
        """Share the memory of the arrays."""
        names = ("train_images", "train_labels", "test_images", "test_labels")
        return cls(*(torch.from_numpy(getattr(data, name)) for name in names))


@dataclass(frozen=True)
class Snapshot:
    """Where an entrant stands.

    Attributes
    ----------
    name : of the entrant
    seconds : spent in updates so far
    updates : number of updates so far
    loss : mean cross-entropy of all training images
    test_accuracy : share of the held-out images that are named rightly
    damping, cg_steps, ratio : λ, products and ρ of the last step of Hessian-free; NaN elsewhere
    """

    name: str
    seconds: float
    updates: int
    loss: float
    test_accuracy: float
    damping: float = nan
    cg_steps: float = nan
    ratio: float = nan


@dataclass(eq=False)
class Entrant:
    """A network on its way.

    Attributes
    ----------
    name : shown in pictures
    network : is trained in place
    optimizer : of its parameters
    update : makes one update
    data : what is trained and tested on
    seconds, updates : spent so far
    curvature : λ, products and ρ of the last update
    history : snapshots so far; whatever stops a race, they stay
    """

    name: str
    network: nn.Module
    optimizer: Optimizer
    update: Callable[[], None]
    data: ImageTensors
    seconds: float = 0.0
    updates: int = 0
    curvature: tuple[float, float, float] = (nan, nan, nan)
    history: list[Snapshot] = field(default_factory=list)

    def snapshot(self) -> Snapshot:
        """Measure loss and accuracy, and note them in the history."""
        data = self.data
        logits = predict_logits(self.network, data.train_images)
        loss = float(cross_entropy(logits, data.train_labels))
        accuracy = held_out_accuracy(self.network, data)
        self.history.append(
            Snapshot(self.name, self.seconds, self.updates, loss, accuracy, *self.curvature)
        )
        return self.history[-1]


def first_order_entrant(
    name: str,
    network: nn.Module,
    optimizer: Optimizer,
    data: ImageTensors,
    batch_size: int,
    generator: torch.Generator,
) -> Entrant:
    """An optimiser that takes a gradient of one mini-batch for each update, such as SGD or Adam."""
    batches = minibatches(len(data.train_images), batch_size, generator)

    def update() -> None:
        batch = next(batches)
        optimizer.zero_grad()
        logits = network(data.train_images[batch])
        cross_entropy(logits, data.train_labels[batch]).backward()
        optimizer.step()

    return Entrant(name, network, optimizer, update, data)


def hessian_free_entrant(
    name: str,
    network: nn.Module,
    optimizer: HessianFree,
    data: ImageTensors,
    gradient_batch: int,
    curvature_batch: int,
    generator: torch.Generator,
) -> Entrant:
    """Hessian-free: gradient and trials on one batch, curvature on a part of it, new each step.

    Raises
    ------
    ValueError
        If curvature_batch is not between 1 and gradient_batch.
    """
    if not 1 <= curvature_batch <= gradient_batch:
        raise ValueError(
            f"curvature_batch must be from 1 to gradient_batch = {gradient_batch}, "
            f"not {curvature_batch}"
        )
    batches = minibatches(len(data.train_images), gradient_batch, generator)

    def run(batch: Tensor) -> tuple[Tensor, Tensor]:
        logits = network(data.train_images[batch])
        return cross_entropy(logits, data.train_labels[batch]), logits

    def update() -> None:
        batch = next(batches)
        part = batch[:curvature_batch]
        optimizer.step(lambda: run(batch), curvature_closure=lambda: run(part))
        step = optimizer.last_step
        entrant.curvature = step.damping, step.cg_steps, step.ratio

    entrant = Entrant(name, network, optimizer, update, data)
    return entrant


def train(
    entrant: Entrant,
    seconds: float,
    every: float = 0.5,
    clock: Callable[[], float] = perf_counter,
) -> Iterator[Snapshot]:
    """Train for a number of seconds; yield a snapshot at the start, at the end and in between.

    The last update is finished even if it takes the entrant past the end.

    Parameters
    ----------
    entrant : goes on from where it stands
    seconds : more of them to train, > 0
    every : seconds of training between snapshots, > 0
    clock : tells the time in seconds

    Raises
    ------
    ValueError
        If seconds or every is not positive.
    """
    if not (seconds > 0 and every > 0):
        raise ValueError(f"seconds and every must be positive, not {seconds} and {every}")
    end, due = entrant.seconds + seconds, entrant.seconds + every
    yield entrant.snapshot()
    while entrant.seconds < end:
        started = clock()
        entrant.update()
        entrant.seconds += clock() - started
        entrant.updates += 1
        if entrant.seconds >= min(due, end):
            yield entrant.snapshot()
            due = entrant.seconds + every


def race(
    entrants: Sequence[Entrant],
    seconds: float,
    every: float = 0.5,
    clock: Callable[[], float] = perf_counter,
) -> Iterator[Snapshot]:
    """Train all entrants in turn, always the one that is furthest behind in seconds.

    A busy machine then slows all of them alike. Parameters as for `train`.
    """
    running = {id(entrant): train(entrant, seconds, every, clock) for entrant in entrants}
    while running:
        entrant = min((e for e in entrants if id(e) in running), key=lambda e: e.seconds)
        snapshot = next(running[id(entrant)], None)
        if snapshot is None:
            del running[id(entrant)]
        else:
            yield snapshot


def minibatches(n: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Indices (batch_size,) without end: each epoch shuffles 0, ..., n − 1 and drops the rest.

    Raises
    ------
    ValueError
        If batch_size is not between 1 and n.
    """
    if not 1 <= batch_size <= n:
        raise ValueError(
            f"batch_size must be from 1 to {n}, the number of images, not {batch_size}"
        )
    return _minibatches(n, batch_size, generator)


def _minibatches(n: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    while True:
        order = torch.randperm(n, generator=generator)
        yield from order[: n - n % batch_size].split(batch_size)


@torch.no_grad()
def predict_logits(network: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, classes) in evaluation mode; the network is left in the mode it was in."""
    training = network.training
    network.eval()
    try:
        return network(images)
    finally:
        network.train(training)


def held_out_accuracy(network: nn.Module, data: ImageTensors) -> float:
    """Share of the held-out images whose largest logit is that of their class."""
    predicted = predict_logits(network, data.test_images).argmax(1)
    return float((predicted == data.test_labels).float().mean())
