"""Vectors (n,) that an optimiser keeps from step to step, stored with each parameter."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from torch import Tensor

from sgo_teach.nets.parameters import ParameterVector

State = MutableMapping[Any, Any]


def recall(state: State, vector: ParameterVector, name: str) -> Tensor | None:
    """The vector kept under a name, (n,), or None; a parameter that is new to it counts as zero."""
    parts = [state[p].get(name) for p in vector.tensors]
    return None if all(part is None for part in parts) else vector.flatten(parts)


def remember(state: State, vector: ParameterVector, name: str, value: Tensor | None) -> None:
    """Keep a vector (n,) under a name; None forgets it."""
    for p in vector.tensors:
        state[p].pop(name, None)
    if value is not None:
        for p, part in zip(vector.tensors, vector.split(value), strict=True):
            state[p][name] = part
