"""What an optimiser is told about the loss: a closure that runs the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Closure = Callable[[], Any]


def run(closure: Closure) -> tuple[Tensor, Tensor | None]:
    """Loss () and outputs with their graph; outputs None where the closure returns the loss alone.

    Raises
    ------
    ValueError
        If the loss is no scalar tensor with a graph.
    """
    with torch.enable_grad():
        result = closure()
    loss, outputs = result if isinstance(result, tuple) else (result, None)
    if not isinstance(loss, Tensor) or loss.numel() != 1 or not loss.requires_grad:
        raise ValueError(
            "the closure must return (loss, outputs) with the loss a scalar tensor that has a "
            f"graph back to the parameters, not {_describe(loss)}; leave out backward, detach "
            "and item"
        )
    return loss.reshape(()), outputs


def _describe(loss: Any) -> str:
    if not isinstance(loss, Tensor):
        return f"a {type(loss).__name__}"
    return f"a tensor of shape {tuple(loss.shape)}" + ("" if loss.requires_grad else " without one")


def loss_of(closure: Closure) -> float:
    """The loss as a number, without a graph."""
    with torch.no_grad():
        result = closure()
    return float(result[0] if isinstance(result, tuple) else result)
