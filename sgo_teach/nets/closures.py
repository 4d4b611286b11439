"""What an optimiser is told about the loss: closures that run the network on parts of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
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
        If the loss is no scalar tensor, or has no graph where one is wanted, if outputs are not
        one tensor, if the count is no number ≥ 0, or if the closure takes derivatives where
        gradients are switched off.
    """
    with torch.set_grad_enabled(graph):
        with _explained_derivatives(graph):
            result = closure()
        parts = result if isinstance(result, tuple) else (result,)
        loss, outputs, count = (*parts, None, None)[:3]
        if graph:
            _check_loss(loss)
        _check_outputs(outputs)
        loss = torch.as_tensor(loss).reshape(())
    return Pass(loss if graph else loss.detach(), outputs, _checked_count(count, outputs))


@contextmanager
def _explained_derivatives(graph: bool) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if graph or "does not require grad" not in str(error):
            raise
        raise ValueError(
            "the closure takes derivatives, as physics-informed losses do, and trial points are "
            "evaluated without gradients; put its body under `with torch.enable_grad():`"
        ) from error


def _check_loss(loss: Any) -> None:
    if not isinstance(loss, Tensor) or loss.numel() != 1 or not loss.requires_grad:
        raise ValueError(
            "the closure must return (loss, outputs) with the loss a scalar tensor that has a "
            f"graph back to the parameters, not {_describe(loss)}; leave out backward, detach "
            "and item"
        )


def _check_outputs(outputs: Any) -> None:
    if not (outputs is None or isinstance(outputs, Tensor)):
        raise ValueError(
            f"outputs must be one tensor, not a {type(outputs).__name__}; join several by torch.cat"
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
