"""What the entrants of a race are trained and measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import nan

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from sgo_teach.data import ImageData

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class ImageTensors:
    """Images, what the network should say of them, and how far off it is.

    Attributes
    ----------
    train_images, test_images : (N, channels, height, width)
    train_labels, test_labels : (N,) classes, or (N, ...) targets in the shape of the outputs
    loss : (outputs, labels) ↦ scalar tensor, a mean over the examples
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    loss: Loss = cross_entropy

    @classmethod
    def of(cls, data: ImageData) -> ImageTensors:
        """Share the memory of the arrays of `sgo_teach.data`."""
        return cls(
            torch.from_numpy(data.train_images),
            torch.from_numpy(data.train_labels),
            torch.from_numpy(data.test_images),
            torch.from_numpy(data.test_labels),
        )

    @classmethod
    def to_reconstruct(cls, train: np.ndarray, test: np.ndarray) -> ImageTensors:
        """Images (N, channels, height, width) in [0, 1] that are their own targets (N, pixels).

        The loss is the binary cross-entropy, a mean over examples and pixels.
        """
        a, b = torch.from_numpy(train), torch.from_numpy(test)
        return cls(a, a.flatten(1), b, b.flatten(1), binary_cross_entropy_with_logits)

    def __len__(self) -> int:
        """N, the number of training images."""
        return len(self.train_images)


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
    """Logits (N, classes) in evaluation mode; each part is left in the mode it was in."""
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        return network(images)
    finally:
        for module in training:  # and not network.train(): frozen batch norms stay frozen
            module.training = True


def held_out_accuracy(network: nn.Module, data: ImageTensors) -> float:
    """Share of the held-out images whose largest logit is that of their class."""
    return accuracy(predict_logits(network, data.test_images), data.test_labels)


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of the rows of logits (N, classes) that name the label (N,); NaN without classes."""
    if labels.is_floating_point():
        return nan
    return float((logits.argmax(1) == labels).float().mean())
