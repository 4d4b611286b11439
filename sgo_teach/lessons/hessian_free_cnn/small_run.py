"""A run of lesson 12 that is small enough to be stopped, thrown away and resumed in a cell."""

from __future__ import annotations

import os

import torch
from torch import Generator, Tensor, nn

from sgo_teach.nets.digits_race import network_for
from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.race import ImageTensors

Run = tuple[nn.Module, HessianFree, Generator]
SOME = 240  # images in an update


def begin(data: ImageTensors, seed: int = 1) -> Run:
    """Network, optimiser, and the generator that draws the images of each update."""
    network = network_for(data, seed)
    optimizer = HessianFree(
        network.parameters(), damping=1.0, output_loss="cross_entropy", max_cg_steps=5
    )
    return network, optimizer, Generator().manual_seed(seed)


def go_on(data: ImageTensors, run: Run, updates: int) -> list[float]:
    """Make some updates; the loss before each of them, on its images."""
    return [_update(data, *run) for _ in range(updates)]


def _update(
    data: ImageTensors, network: nn.Module, optimizer: HessianFree, draws: Generator
) -> float:
    some = torch.randperm(len(data), generator=draws)[:SOME]

    def closure() -> tuple[Tensor, Tensor]:
        logits = network(data.train_images[some])
        return data.loss(logits, data.train_labels[some]), logits

    return float(optimizer.step(closure))


def cut_short(path: str | os.PathLike[str], lost: int = 1000) -> None:
    """Take the last bytes off a file, as a full disk may."""
    os.truncate(path, os.path.getsize(path) - lost)
