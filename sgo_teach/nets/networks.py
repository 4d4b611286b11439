"""The convolutional network of lesson 12."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

Padding = Literal["same", "valid"]

CHANNELS = (32, 64, 64)
HIDDEN = 64
KERNEL = 3


def image_network(
    image_shape: tuple[int, int, int],
    padding: Padding,
    classes: int = 10,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """Conv 32 – pool – conv 64 – pool – conv 64 – dense 64 – classes, ReLU between them.

    It maps images (N, channels, height, width) to raw logits (N, classes): the softmax belongs to
    the loss (``torch.nn.functional.cross_entropy``), and a second one here would only blunt it.

    ==================  =========  ==========
    image_shape         padding    parameters
    ==================  =========  ==========
    (3, 32, 32)         valid      122,570
    (1, 8, 8)           same       72,842
    ==================  =========  ==========

    Weights are He-normal, N(0, 2/fan_in), and biases zero. The weights lie in ``channels_last``
    memory order, about twice as fast on a CPU for small images.

    Parameters
    ----------
    image_shape : (channels, height, width)
    padding : "same" keeps height and width in a convolution, "valid" takes 2 off each
    classes : number of logits
    generator : source of the initial weights; torch's own if left out

    Raises
    ------
    ValueError
        If padding is unknown or nothing would be left of the image after the last convolution.

    Notes
    -----
    He, Zhang, Ren & Sun, "Delving deep into rectifiers", 2015, for the initial weights.
    """
    channels, height, width = image_shape
    sides = _side_after(height, padding), _side_after(width, padding)
    if min(sides) < 1:
        raise ValueError(
            f"an image of {height} × {width} vanishes under {padding} padding: "
            f"it needs {_smallest_side(padding)} pixels a side"
            + ("" if padding == "same" else ", or padding='same'")
        )
    first, second, third = CHANNELS
    network = nn.Sequential(
        *_block(channels, first, padding),
        *_block(first, second, padding),
        _layer(nn.Conv2d, second, third, KERNEL, padding=padding),
        nn.ReLU(),
        nn.Flatten(),
        _layer(nn.Linear, third * sides[0] * sides[1], HIDDEN),
        nn.ReLU(),
        _layer(nn.Linear, HIDDEN, classes),
    )
    _initialise(network, generator)
    for p in network.parameters():
        if p.ndim == 4:
            p.data = p.data.to(memory_format=torch.channels_last)
    return network


def parameter_count(network: nn.Module) -> int:
    """Number of scalars in θ."""
    return sum(p.numel() for p in network.parameters())


def _block(channels_in: int, channels_out: int, padding: Padding) -> tuple[nn.Module, ...]:
    # The maximum commutes with ReLU; pooling first leaves ReLU a quarter of the work.
    convolution = _layer(nn.Conv2d, channels_in, channels_out, KERNEL, padding=padding)
    return convolution, nn.MaxPool2d(2), nn.ReLU()


def _layer(kind: type[nn.Module], *args, **kwargs) -> nn.Module:
    # Without its own initial values, which would come from torch's global generator.
    return nn.utils.skip_init(kind, *args, **kwargs)


def _initialise(network: nn.Module, generator: torch.Generator | None) -> None:
    for name, p in network.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(p)
        else:
            nn.init.kaiming_normal_(p, nonlinearity="relu", generator=generator)


def _side_after(side: int, padding: Padding) -> int:
    """Pixels a side after conv, pool, conv, pool, conv."""
    if padding not in ("same", "valid"):
        raise ValueError(f"padding must be 'same' or 'valid', not {padding!r}")
    lost = 0 if padding == "same" else KERNEL - 1
    return ((side - lost) // 2 - lost) // 2 - lost


def _smallest_side(padding: Padding) -> int:
    return next(side for side in range(1, 100) if _side_after(side, padding) >= 1)
