"""Gradients of convolutions over very small images, as matrix products.

On images of a few pixels the convolution library needs about three times as long for the gradient
of the kernel as a matrix product does with the patches under the kernel laid out as rows. They are
laid out once and serve every product; on larger images they would cost too much memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from sgo_teach.nets.curvature.graph import Node, inputs_first, node_of, shape_of, users

FEW = 9  # pixels of the result, 3 × 3


class ShortGradient(NamedTuple):
    """How to get the gradient of a kernel or bias from the slopes of the convolution's result.

    Attributes
    ----------
    node : the convolution
    of : δ, in the shape of the convolution's result, ↦ gradient in the shape of the parameter
    """

    node: Node
    of: Callable[[Tensor], Tensor]


def short_gradients(outputs: Tensor, tensors: Sequence[Tensor]) -> list[ShortGradient | None]:
    """The short way for each tensor; None unless one convolution over few pixels uses it."""
    found = users(inputs_first(node_of(outputs)))
    return [_short_gradient(p, found.get(node_of(p), [])) for p in tensors]


def _short_gradient(p: Tensor, found: list[tuple[Node, int]]) -> ShortGradient | None:
    if len(found) != 1 or not _over_few_pixels(found[0][0]):
        return None
    node, place = found[0]
    # The library gives kernel and bias together: for the bias alone it would do the work of both.
    of = {1: _of_kernel, 2: _of_bias}.get(place)
    return of and ShortGradient(node, of(node, p))


def _over_few_pixels(node: Node) -> bool:
    if node.name() != "ConvolutionBackward0" or len(shape_of(node)) != 4:
        return False
    plain = node._saved_groups == 1 and not node._saved_transposed
    return plain and shape_of(node)[2:].numel() <= FEW


def _of_kernel(node: Node, p: Tensor) -> Callable[[Tensor], Tensor]:
    where = node._saved_dilation, node._saved_padding, node._saved_stride
    patches = F.unfold(node._saved_input.detach(), p.shape[2:], *where)  # (N, k, positions)
    rows = patches.mT.reshape(-1, patches.shape[1])
    return lambda delta: (delta.movedim(1, -1).reshape(-1, len(p)).T @ rows).view(p.shape)


def _of_bias(node: Node, p: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda delta: delta.sum((0, 2, 3))
