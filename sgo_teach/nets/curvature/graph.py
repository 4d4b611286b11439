"""The graph that autograd records, read as a list of operations.

The tensors that an operation saved (``_saved_*``) are shown by torch without a promise to go on
doing so; where one is missing, products fall back on what every version has, double backward.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

Node = Any  # torch.autograd.graph.Node, with the tensors that the operation saved

DOUBLE_BACKWARD = 5 / 3  # cost of a product by differentiating twice, in gradients

ELEMENTWISE = {
    "EluBackward0",
    "GeluBackward0",
    "LeakyReluBackward0",
    "ReluBackward0",
    "SigmoidBackward0",
    "SiluBackward0",
    "SoftplusBackward0",
    "TanhBackward0",
}


def node_of(tensor: Tensor) -> Node:
    """The operation that made the tensor; the one that collects its gradient if it is a leaf."""
    return get_gradient_edge(tensor).node


def inputs_first(end: Node) -> list[Node]:
    """Every operation that `end` depends on and itself, none before its inputs."""
    order: dict[Node, None] = {}
    stack = [(end, False)]
    while stack:
        node, inputs_are_in = stack.pop()
        if inputs_are_in:
            order[node] = None
        elif node not in order:
            stack += [(node, True), *((source, False) for source in sources(node) if source)]
    return list(order)


def sources(node: Node) -> list[Node | None]:
    """What made each input of an operation; None for an input that needs no gradient."""
    return [source for source, _ in node.next_functions]


def users(nodes: list[Node]) -> dict[Node, list[tuple[Node, int]]]:
    """The operations that each result enters, and as which of their inputs."""
    found: dict[Node, list[tuple[Node, int]]] = {}
    for node in nodes:
        for place, source in enumerate(sources(node)):
            found.setdefault(source, []).append((node, place))
    return found


def shape_of(node: Node) -> torch.Size:
    """Shape of the operation's result."""
    return torch.Size(node._input_metadata[0].shape)


def zero_like(node: Node) -> Tensor:
    """The number 0 with dtype and device of the operation's result."""
    made = node._input_metadata[0]
    return torch.zeros((), dtype=made.dtype, device=made.device)


def is_leaf(node: Node | None) -> bool:
    """Whether the node stands for a parameter, or for a tensor that needs no gradient."""
    return node is None or node.name() == "torch::autograd::AccumulateGrad"


@contextmanager
def naming_the_way_out() -> Iterator[None]:
    """Inside, an operation that cannot be differentiated twice is explained.

    Raises
    ------
    NotImplementedError
        Where torch has no second derivative of an operation.
    """
    try:
        yield
    except RuntimeError as error:
        if "is not implemented" not in str(error):
            raise
        raise NotImplementedError(
            f"curvature needs operations that can be differentiated twice, and {error}; run fused "
            "attention under torch.nn.attention.sdpa_kernel(SDPBackend.MATH), and write other "
            "fused operations out"
        ) from error
