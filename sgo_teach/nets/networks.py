"""The networks that the course trains: a convolutional one, a perceptron, a deep autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

Padding = Literal["same", "valid"]

CHANNELS = (32, 64, 64)
HIDDEN = 64
KERNEL = 3
INCOMING = 15  # weights into a unit that sparse initialisation leaves different from zero
CURVES_LAYERS = (256, 128, 64, 32, 16, 6)


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


def perceptron(
    sizes: Sequence[int] = (64, 32, 10), generator: torch.Generator | None = None
) -> nn.Sequential:
    """Dense layers with ReLU between them, for flat inputs or images.

    It maps (N, ...) with sizes[0] numbers in each row to raw logits (N, sizes[-1]). Weights are
    He-normal, biases zero; the default reads the 8 × 8 digits with 2,410 parameters.

    Parameters
    ----------
    sizes : units in each layer, input and output included
    generator : source of the initial weights; torch's own if left out

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is not positive.
    """
    _check_sizes(sizes)
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, units in pairwise(sizes):
        layers += [_layer(nn.Linear, inputs, units), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    _initialise(network, generator)
    return network


def deep_autoencoder(
    sizes: Sequence[int] = CURVES_LAYERS, generator: torch.Generator | None = None
) -> nn.Sequential:
    """A sigmoid autoencoder: the layers of the encoder, then the same mirrored.

    It maps rows (N, ...) of sizes[0] numbers to logits (N, sizes[0]); the sigmoid of the last
    layer belongs to the loss (``F.binary_cross_entropy_with_logits``). The code layer, sizes[-1]
    units, is linear. Weights are sparse (see `sparse_`), biases zero.

    =============================  ==========
    sizes                          parameters
    =============================  ==========
    (256, 128, 64, 32, 16, 6)      87,974
    (784, 400, 200, 100, 50, 25, 6)  842,340
    =============================  ==========

    Parameters
    ----------
    sizes : units of the encoder, from the input to the code
    generator : source of the initial weights; torch's own if left out

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is not positive.

    Notes
    -----
    Hinton & Salakhutdinov, "Reducing the dimensionality of data with neural networks", 2006, for
    the architecture; Martens, "Deep learning via Hessian-free optimization", ICML 2010, for
    training it from a random start.
    """
    _check_sizes(sizes)
    mirrored = [*sizes, *reversed(sizes[:-1])]
    layers: list[nn.Module] = [nn.Flatten()]
    for k, (inputs, units) in enumerate(pairwise(mirrored), start=1):
        layers.append(_layer(nn.Linear, inputs, units))
        if k not in (len(sizes) - 1, len(mirrored) - 1):  # code and logits
            layers.append(nn.Sigmoid())
    network = nn.Sequential(*layers)
    for name, p in network.named_parameters():
        nn.init.zeros_(p) if name.endswith("bias") else sparse_(p, generator=generator)
    return network


@torch.no_grad()
def sparse_(
    weight: Tensor, incoming: int = INCOMING, generator: torch.Generator | None = None
) -> Tensor:
    """Fill a weight (units, inputs) with N(0, 1) at `incoming` places a row, zero elsewhere.

    However wide the layer below, a unit then hears a few inputs clearly: it neither saturates nor
    computes the same as its neighbours. A row with fewer inputs keeps all of them.

    Martens, "Deep learning via Hessian-free optimization", ICML 2010. (`torch.nn.init.sparse_`
    thins out columns, so that the number of incoming weights of a unit varies.)

    Raises
    ------
    ValueError
        If the weight is no matrix or incoming is not positive.
    """
    if weight.ndim != 2 or incoming < 1:
        raise ValueError(
            "sparse initialisation needs a matrix (units, inputs) and at least 1 incoming weight, "
            f"not shape {tuple(weight.shape)} and {incoming}"
        )
    weight.zero_()
    for row in weight:
        chosen = torch.randperm(len(row), generator=generator)[:incoming]
        row[chosen] = torch.randn(len(chosen), generator=generator).to(row)
    return weight


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


def _check_sizes(sizes: Sequence[int]) -> None:
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"needs at least two sizes, each at least 1, not {tuple(sizes)}")


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
