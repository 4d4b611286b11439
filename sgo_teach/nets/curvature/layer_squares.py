"""Squared gradients of single examples, summed, for the layers that allow it in closed form.

======  ====================================================================
N       number of examples
a       input of a layer, (N, ...)
δ       slopes of the examples' losses with respect to its result, (N, ...)
gᵢ      gradient of the loss of example i with respect to a parameter
======  ====================================================================

In a linear layer gᵢ = δᵢaᵢᵀ, so that Σ gᵢ² = (δ²)ᵀ(a²). A convolution adds up the positions of
its kernel before the square is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from sgo_teach.nets.curvature.graph import (
    ELEMENTWISE,
    Node,
    inputs_first,
    is_leaf,
    node_of,
    shape_of,
    sources,
    users,
)


class LayerSquares(NamedTuple):
    """How to sum squared gradients of one parameter.

    Attributes
    ----------
    node : the operation that the parameter enters
    total : δ ↦ Σ gᵢ², in the shape of the parameter
    """

    node: Node
    total: Callable[[Tensor], Tensor]


def layer_squares(outputs: Tensor, tensors: Sequence[Tensor]) -> list[LayerSquares | None]:
    """The closed form for each tensor; None unless one linear or convolutional layer uses it once.

    Parameters
    ----------
    outputs : (N, ...) tensor with a graph
    tensors : parameters
    """
    nodes = inputs_first(node_of(outputs))
    if not all(_keeps_examples_apart(node, len(outputs)) for node in nodes):
        return [None] * len(tensors)
    found = users(nodes)
    return [_layer_squares(p, found) for p in tensors]


def _layer_squares(p: Tensor, found: dict[Node, list[tuple[Node, int]]]) -> LayerSquares | None:
    entered = found.get(node_of(p), [])
    transposed = len(entered) == 1 and entered[0][0].name() == "TBackward0"
    if transposed:
        entered = found.get(entered[0][0], [])
    if len(entered) != 1:
        return None
    node, place = entered[0]
    form = FORMS.get((node.name(), place))
    total = form and form(node, p, transposed)
    return LayerSquares(node, total) if total else None


def _keeps_examples_apart(node: Node, N: int) -> bool:
    """Whether row i of the result depends on row i of what came in, and on parameters."""
    name = node.name()
    if is_leaf(node) or name == "TBackward0":
        return is_leaf(node) or is_leaf(sources(node)[0])
    weight = WEIGHT_AT.get(name)
    if weight is None and name not in ROW_BY_ROW:
        return False
    return shape_of(node)[:1] == (N,) and (weight is None or _is_weight(sources(node)[weight]))


def _is_weight(source: Node | None) -> bool:
    return source is None or is_leaf(source) or source.name() == "TBackward0"


def _linear_weight(node: Node, p: Tensor, transposed: bool) -> Callable[[Tensor], Tensor] | None:
    added = node.name() == "AddmmBackward0"
    if added and node._saved_alpha != 1:
        return None
    a2 = (node._saved_mat1 if added else node._saved_self) ** 2
    return lambda delta: (delta**2).T @ a2 if transposed else a2.T @ delta**2


def _linear_bias(node: Node, p: Tensor, transposed: bool) -> Callable[[Tensor], Tensor] | None:
    if node._saved_beta != 1 or p.shape != shape_of(node)[1:]:
        return None
    return lambda delta: (delta**2).sum(0)


def _kernel(node: Node, p: Tensor, transposed: bool) -> Callable[[Tensor], Tensor] | None:
    if p.ndim != 4 or node._saved_groups != 1 or node._saved_transposed:
        return None
    where = node._saved_dilation, node._saved_padding, node._saved_stride

    def total(delta: Tensor) -> Tensor:
        columns = F.unfold(node._saved_input, p.shape[2:], *where)  # (N, numbers, positions)
        g = delta.flatten(2) @ columns.mT
        return (g**2).sum(0).view_as(p)

    return total


def _convolution_bias(node: Node, p: Tensor, transposed: bool) -> Callable[[Tensor], Tensor]:
    return lambda delta: (delta.flatten(2).sum(2) ** 2).sum(0)


FORMS = {
    ("AddmmBackward0", 0): _linear_bias,
    ("AddmmBackward0", 2): _linear_weight,
    ("MmBackward0", 1): _linear_weight,
    ("ConvolutionBackward0", 1): _kernel,
    ("ConvolutionBackward0", 2): _convolution_bias,
}
WEIGHT_AT = {"AddmmBackward0": 2, "MmBackward0": 1, "ConvolutionBackward0": 1}
ROW_BY_ROW = ELEMENTWISE | {
    "CloneBackward0",
    "MaxPool2DWithIndicesBackward0",
    "ReshapeAliasBackward0",
    "UnsafeViewBackward0",
    "ViewBackward0",
}
