"""What enters a dense layer and what slope comes back to it, read off the graph of a pass.

======  ======================================================================
a       input of a layer with a 1 for the bias, one row for each example (N, i)
s       slope at the layer's outputs (N, o), pulled back from slopes w
======  ======================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd import grad
from torch.autograd.graph import GradientEdge, Node

from sgo_teach.nets.curvature.graph import inputs_first, node_of

NOTE = "sgo_teach.nets.layer_inputs"
Slopes = dict[nn.Linear, tuple[Tensor, ...]]


class Use(NamedTuple):
    """One use of a dense layer: the node that made its output, and its input (..., i)."""

    node: Node
    layer: nn.Linear
    a: Tensor


def note_input(
    layer: nn.Module, inputs: tuple[Tensor, ...], named: dict[str, Tensor], output: Tensor
) -> None:
    """Forward hook (with_kwargs): leave layer and input with the graph node of the output."""
    if output.grad_fn is not None:
        a = inputs[0] if inputs else named["input"]
        _notes(output.grad_fn)[NOTE] = layer, a.detach()


def layers_of_their_own(network: nn.Module) -> list[nn.Linear]:
    """The dense layers whose weight and bias are parameters, and of no other module.

    A weight that two layers share has no block A ⊗ S of either; one that is computed from other
    parameters, as by ``weight_norm``, is no parameter.
    """
    own = {module: dict(module.named_parameters(recurse=False)) for module in network.modules()}
    owners = Counter(id(p) for parameters in own.values() for p in parameters.values())
    return [
        module
        for module, parameters in own.items()
        if isinstance(module, nn.Linear)
        and "weight" in parameters
        and all(owners[id(p)] == 1 for p in parameters.values())
    ]


def uses(outputs: Tensor, layers: Iterable[nn.Linear]) -> list[Use]:
    """All uses of some dense layers behind the outputs, as far as their hooks noted them."""
    wanted = set(layers)
    noted = [(n, _notes(n)[NOTE]) for n in inputs_first(node_of(outputs)) if NOTE in _notes(n)]
    return [Use(node, layer, a) for node, (layer, a) in noted if layer in wanted]


def pull_back(
    outputs: Tensor, w: Tensor, layers: list[Use], others: list[Tensor]
) -> tuple[list[Tensor], Slopes]:
    """One backward pass of w from the outputs to dense layers and to other parameters.

    Parameters
    ----------
    outputs : tensor with its graph
    w : slopes at the outputs, in their shape
    layers : uses of dense layers
    others : parameters

    Returns
    -------
    pulled : Jᵀw for each of the other parameters
    slopes : for each dense layer the rows (a, s) of all its uses
    """
    wanted = [*others, *(GradientEdge(use.node, 0) for use in layers)]
    if not wanted:
        return [], {}
    found = grad(outputs, wanted, w, retain_graph=True, allow_unused=True)
    pulled = [_dense(p, part) for p, part in zip(others, found[: len(others)], strict=True)]
    slopes: Slopes = {}
    for use, s in zip(layers, found[len(others) :], strict=True):
        rows = _with_ones(_rows(use.a), use.layer), _rows(s)
        # A layer that is used twice has the rows of both uses.
        both = zip(slopes[use.layer], rows, strict=True) if use.layer in slopes else None
        slopes[use.layer] = tuple(map(torch.cat, both)) if both else rows
    return pulled, slopes


def _notes(node: Node) -> dict[str, Any]:
    return node.metadata  # type: ignore[return-value]  # a property; torch's stub says method


def _dense(p: Tensor, part: Tensor | None) -> Tensor:
    if part is None:
        return torch.zeros_like(p)
    return part.to_dense() if part.is_sparse else part


def _rows(x: Tensor) -> Tensor:
    return x.reshape(-1, x.shape[-1])


def _with_ones(a: Tensor, layer: nn.Linear) -> Tensor:
    return a if layer.bias is None else torch.cat([a, a.new_ones(len(a), 1)], 1)
