"""What enters a dense layer and what slope comes back to it, read off the graph of a pass.

======  ======================================================================
a       input of a layer with a 1 for the bias, one row for each example (N, i)
s       slope at the layer's outputs (N, o), pulled back from slopes w
======  ======================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import grad
from torch.autograd.graph import GradientEdge, Node

NOTE = "sgo_teach.nets.layer_inputs"
Slopes = dict[nn.Module, tuple[Tensor, ...]]


def note_input(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    """Forward hook: leave the layer and its input with the graph node that made the output."""
    if output.grad_fn is not None:
        _notes(output.grad_fn)[NOTE] = layer, inputs[0].detach()


def _notes(node: Node) -> dict[str, Any]:
    return node.metadata  # type: ignore[return-value]  # a property; torch's stub says method


def pull_back(outputs: Tensor, w: Tensor, others: list[Tensor]) -> tuple[list[Tensor], Slopes]:
    """One backward pass of w from the outputs to dense layers and to other parameters.

    Parameters
    ----------
    outputs : tensor with its graph
    w : slopes at the outputs, in their shape
    others : parameters

    Returns
    -------
    pulled : Jᵀw for each of the other parameters
    slopes : for each dense layer behind the outputs the rows (a, s) of all its uses
    """
    noted = [(node, *_notes(node)[NOTE]) for node in _graph(outputs) if NOTE in _notes(node)]
    wanted = [*others, *(GradientEdge(node, 0) for node, _, _ in noted)]
    if not wanted:
        return [], {}
    found = grad(outputs, wanted, w, retain_graph=True, allow_unused=True)
    pulled = [
        torch.zeros_like(p) if part is None else part
        for p, part in zip(others, found[: len(others)], strict=True)
    ]
    slopes: Slopes = {}
    for (_, layer, a), s in zip(noted, found[len(others) :], strict=True):
        rows = _with_ones(a.flatten(0, -2), layer), s.flatten(0, -2)
        # A layer that is used twice has the rows of both uses.
        both = zip(slopes[layer], rows, strict=True) if layer in slopes else None
        slopes[layer] = tuple(map(torch.cat, both)) if both else rows
    return pulled, slopes


def _with_ones(a: Tensor, layer: nn.Linear) -> Tensor:
    return a if layer.bias is None else torch.cat([a, a.new_ones(len(a), 1)], 1)


def _graph(outputs: Tensor) -> Iterator[Node]:
    """The nodes of the graph behind outputs, each once."""
    waiting, met = [outputs.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in met:
            met.add(node)
            waiting += [parent for parent, _ in node.next_functions]
            yield node
