"""What an optimiser is told about the loss: closures that run the network on parts of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

Closure = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass through the network.

    Attributes
    ----------
    loss : () tensor, mean over the examples
    outputs : tensor z from which the loss was computed, or None
    count : number of examples, or None where nobody told
    """

    loss: Tensor
    outputs: Tensor | None
    count: float | None


def closures_of(closure: Closure | Sequence[Closure]) -> tuple[Closure, ...]:
    """One closure or several, as a tuple.

    Raises
    ------
    ValueError
        If there is none, or one of them cannot be called.
    """
    several = closure if isinstance(closure, Iterable) else ()
    closures = (closure,) if callable(closure) else tuple(several)
    if not closures or not all(callable(c) for c in closures):
        raise ValueError(
            f"step needs a closure that returns (loss, outputs), or a sequence of such closures, "
            f"not {closure!r}"
        )
    return closures


def run(closure: Closure, graph: bool = True) -> Pass:
    """Call a closure, which returns the loss, (loss, outputs) or (loss, outputs, count).

    The count is ``len(outputs)`` where it is not given.

    Parameters
    ----------
    graph : whether derivatives will be taken

    Raises
    ------
    ValueError
        If the loss is no scalar tensor, or has no graph where one is wanted, or if the count is
        no number ≥ 0.
    """
    with torch.set_grad_enabled(graph):
        result = closure()
        parts = result if isinstance(result, tuple) else (result,)
        loss, outputs, count = (*parts, None, None)[:3]
        if graph:
            _check_loss(loss)
        return Pass(torch.as_tensor(loss).reshape(()), outputs, _checked_count(count, outputs))


def _check_loss(loss: Any) -> None:
    if not isinstance(loss, Tensor) or loss.numel() != 1 or not loss.requires_grad:
        raise ValueError(
            "the closure must return (loss, outputs) with the loss a scalar tensor that has a "
            f"graph back to the parameters, not {_describe(loss)}; leave out backward, detach "
            "and item"
        )


def _describe(loss: Any) -> str:
    if not isinstance(loss, Tensor):
        return f"a {type(loss).__name__}"
    return f"a tensor of shape {tuple(loss.shape)}" + ("" if loss.requires_grad else " without one")


def _checked_count(count: Any, outputs: Tensor | None) -> float | None:
    if count is None:
        return None if outputs is None or outputs.ndim == 0 else len(outputs)
    if not (isfinite(count) and count >= 0):
        raise ValueError(f"the number of examples must be a number of at least 0, not {count!r}")
    return float(count)
