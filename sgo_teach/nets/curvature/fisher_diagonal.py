"""The diagonal of the empirical Fisher matrix, exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.autograd import grad
from torch.autograd.graph import GradientEdge

from sgo_teach.nets.curvature.fisher import slopes_of_examples
from sgo_teach.nets.curvature.layer_squares import LayerSquares, layer_squares
from sgo_teach.nets.parameters import ParameterVector


def empirical_fisher_diagonal(loss: Tensor, outputs: Tensor, params: Iterable[Tensor]) -> Tensor:
    """(1/N) Σ gᵢ², (n,), where gᵢ is the gradient of the loss of example i, squared by number.

    Linear and convolutional layers take one backward pass for all examples. Parameters that are
    used twice or otherwise, and networks with an operation that may tie examples together, such as
    batch norm, take one for each example; the result is the same.

    Parameters
    ----------
    loss : scalar tensor, the mean of the losses of N examples
    outputs : (N, ...) tensor with a graph, one row for each example
    params : iterable of tensors; frozen ones are left out, unused ones get zero

    Raises
    ------
    ValueError
        If outputs has no rows or no graph, or the loss does not depend on outputs.

    Notes
    -----
    Goodfellow, "Efficient per-example gradient computations", 2015, for the linear layer.
    """
    if not outputs.requires_grad:
        raise ValueError("outputs must depend on the parameters, but they have no graph")
    vector, slopes = ParameterVector(params), slopes_of_examples(loss, outputs)
    layers = layer_squares(outputs, vector.tensors)
    together = iter(_together(outputs, slopes, [layer for layer in layers if layer]))
    alone = [p for p, layer in zip(vector.tensors, layers, strict=True) if not layer]
    one_by_one = iter(_one_by_one(outputs, slopes, alone))
    totals = [next(together) if layer else next(one_by_one) for layer in layers]
    return vector.flatten(totals) / len(slopes)


def _together(outputs: Tensor, slopes: Tensor, layers: Sequence[LayerSquares]) -> list[Tensor]:
    """Σ gᵢ² of each layer's parameter, from the slopes δ of the layers' results."""
    if not layers:
        return []
    edges = [GradientEdge(layer.node, 0) for layer in layers]
    deltas = grad(outputs, edges, slopes, retain_graph=True)
    return [layer.total(delta) for layer, delta in zip(layers, deltas, strict=True)]


def _one_by_one(outputs: Tensor, slopes: Tensor, tensors: Sequence[Tensor]) -> list[Tensor]:
    """Σ gᵢ² of each tensor, from the slope of one example at a time."""
    totals = [torch.zeros_like(p) for p in tensors]
    for i in range(len(slopes) if tensors else 0):
        alone = torch.zeros_like(slopes)
        alone[i] = slopes[i]
        parts = grad(outputs, tensors, alone, retain_graph=True, allow_unused=True)
        for total, part in zip(totals, parts, strict=True):
            if part is not None:
                total += part**2
    return totals
