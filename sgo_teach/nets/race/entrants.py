"""Entrants of a race: how each optimiser makes an update, and what the update costs."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.optim import LBFGS, Optimizer

from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.race.data import ImageTensors, minibatches
from sgo_teach.nets.race.run import Entrant


def first_order_entrant(
    name: str,
    network: nn.Module,
    optimizer: Optimizer,
    data: ImageTensors,
    batch_size: int,
    generator: Generator,
) -> Entrant:
    """An optimiser that takes a gradient of one mini-batch for each update, such as SGD or Adam.

    An update costs b/N gradient-equivalents.
    """
    batches = minibatches(len(data), batch_size, generator)

    def update() -> float:
        batch = next(batches)
        optimizer.zero_grad()
        logits = network(data.train_images[batch])
        data.loss(logits, data.train_labels[batch]).backward()
        optimizer.step()
        return batch_size / len(data)

    return Entrant(name, network, optimizer, update, data)


def lbfgs_entrant(name: str, network: nn.Module, optimizer: LBFGS, data: ImageTensors) -> Entrant:
    """``torch.optim.LBFGS`` on all training images; each call of its closure costs 1."""

    def update() -> float:
        calls = 0

        def closure() -> Tensor:
            nonlocal calls
            calls += 1
            optimizer.zero_grad()
            loss = data.loss(network(data.train_images), data.train_labels)
            loss.backward()
            for p in network.parameters():
                if p.grad is not None:  # LBFGS views it as a vector; channels_last cannot be
                    p.grad = p.grad.contiguous()
            return loss

        optimizer.step(closure)  # type: ignore[arg-type]  # torch's stub wants a float
        return calls

    return Entrant(name, network, optimizer, update, data)


def hessian_free_entrant(
    name: str,
    network: nn.Module,
    optimizer: HessianFree,
    data: ImageTensors,
    gradient_batch: int,
    curvature_batch: int,
    generator: Generator,
    growth: float = 1.0,
    preconditioner_cost: float = 0.0,
) -> Entrant:
    """Hessian-free: gradient and trials on one batch, curvature on a part of it, new each step.

    An update costs what `HessianFreeStep.gradient_equivalents` says, scaled by the batch.

    Parameters
    ----------
    gradient_batch, curvature_batch : images in the first step
    growth : factor by which both grow in each step, until the gradient takes all images: far from
        the minimum a noisy gradient will do, near it the noise is all that is left
    preconditioner_cost : of a preconditioner object for each step, in gradients of the curvature
        batch

    Raises
    ------
    ValueError
        If curvature_batch is not between 1 and gradient_batch, gradient_batch not between that
        and N, or growth is below 1.
    """
    _check_batches(gradient_batch, curvature_batch, len(data), growth)
    batches = GrowingBatches(len(data), gradient_batch, growth, generator)

    def run(batch: Tensor) -> tuple[Tensor, Tensor]:
        logits = network(data.train_images[batch])
        return data.loss(logits, data.train_labels[batch]), logits

    def update() -> float:
        batch = next(batches)
        part = batch[: max(1, round(len(batch) * curvature_batch / gradient_batch))]
        optimizer.step(lambda: run(batch), curvature_closure=lambda: run(part))
        step = optimizer.last_step
        entrant.curvature = step.damping, step.cg_steps, step.ratio
        cost = step.gradient_equivalents * len(batch) + preconditioner_cost * len(part)
        return cost / len(data)

    entrant = Entrant(name, network, optimizer, update, data)
    return entrant


class GrowingBatches:
    """Indices (b,) without end, b growing by a factor from batch to batch up to n.

    Each epoch shuffles 0, ..., n − 1 and drops what is too few for a batch.
    """

    def __init__(self, n: int, batch_size: int, growth: float, generator: Generator) -> None:
        self.n, self.size, self.growth, self.generator = n, float(batch_size), growth, generator
        self._order = torch.empty(0, dtype=torch.int64)

    def __iter__(self) -> GrowingBatches:
        return self

    def __next__(self) -> Tensor:
        """The next batch."""
        size = min(self.n, int(self.size))
        if len(self._order) < size:
            self._order = torch.randperm(self.n, generator=self.generator)
        batch, self._order = self._order[:size], self._order[size:]
        self.size = min(self.growth * self.size, self.n)
        return batch


def _check_batches(gradient: int, curvature: int, n: int, growth: float) -> None:
    if not 1 <= curvature <= gradient:
        raise ValueError(
            f"curvature_batch must be from 1 to gradient_batch = {gradient}, not {curvature}"
        )
    if gradient > n:
        raise ValueError(f"batch_size must be from 1 to {n}, the number of images, not {gradient}")
    if not growth >= 1:
        raise ValueError(f"growth must be at least 1, which keeps the batches, not {growth}")
