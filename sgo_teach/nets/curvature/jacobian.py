"""Products with the Jacobian of the outputs, linearised once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import grad
from torch.autograd.graph import GradientEdge

from sgo_teach.nets.curvature.graph import DOUBLE_BACKWARD, naming_the_way_out
from sgo_teach.nets.curvature.kernels import short_gradients
from sgo_teach.nets.curvature.tangents import TangentWalk
from sgo_teach.nets.parameters import ParameterVector


class Jacobian:
    """J = ∂z/∂θ at the point where outputs was computed, seen through its products.

    Both products run over the graph that stands behind outputs, with the dropout masks and batch
    statistics drawn there; no product runs the network again. Each costs about half a gradient.
    Jv takes a `TangentWalk`, or a `DoubleBackward` where the network holds an operation that the
    walk has no rule for: slower, and equal.

    Parameters
    ----------
    outputs : tensor with a graph back to the parameters
    params : iterable of tensors; frozen ones are left out, unused ones count as zero columns

    Attributes
    ----------
    vector : `ParameterVector`, θ
    cost : of Jv and Jᵀw together, in gradients

    Raises
    ------
    ValueError
        If outputs is no tensor or does not depend on any of the parameters.
    """

    def __init__(self, outputs: Tensor, params: Iterable[Tensor]) -> None:
        _check_outputs(outputs)
        self.vector, self.outputs = ParameterVector(params), outputs
        self._forward = _forward(outputs, self.vector.tensors)
        if not self._forward.moves:
            raise ValueError("outputs must depend on at least one of the parameters given")
        self.cost = 1.0 if isinstance(self._forward, TangentWalk) else DOUBLE_BACKWARD
        self._versions = _versions(self.vector)
        self._short = short_gradients(outputs, self.vector.tensors)
        self._ends: Any = [
            GradientEdge(short.node, 0) if short else p
            for short, p in zip(self._short, self.vector.tensors, strict=True)
        ]

    def product(self, v: Tensor) -> Tensor:
        """Jv, in the shape of outputs, for v (n,).

        Raises
        ------
        ValueError
            If v is no vector of n numbers.
        RuntimeError
            If the parameters have changed since outputs was computed.
        """
        self._check_unchanged()
        return self._forward(self.vector.split(v))

    def transposed_product(self, w: Tensor) -> Tensor:
        """Jᵀw, (n,), for w in the shape of outputs; errors as for `product`."""
        self._check_unchanged()
        if w.shape != self.outputs.shape:
            raise ValueError(
                f"w must have the shape of outputs, {tuple(self.outputs.shape)}, "
                f"not {tuple(w.shape)}"
            )
        parts = grad(self.outputs, self._ends, w, retain_graph=True, allow_unused=True)
        pairs = zip(self._short, parts, strict=True)
        return self.vector.flatten([short.of(part) if short else part for short, part in pairs])

    def _check_unchanged(self) -> None:
        if _versions(self.vector) != self._versions:
            raise RuntimeError(
                "the parameters must be those that outputs was computed with, and they have "
                "changed since; run the network again and build the product anew"
            )


def _check_outputs(outputs: Any) -> None:
    if not isinstance(outputs, Tensor):
        raise ValueError(
            f"outputs must be one tensor, not a {type(outputs).__name__}; join several by torch.cat"
        )
    if not outputs.requires_grad:
        raise ValueError("outputs must depend on the parameters, but they have no graph")


def _versions(vector: ParameterVector) -> list[int]:
    """How often each parameter has been changed in place; writing through .data does not count."""
    return [p._version for p in vector.tensors]


class DoubleBackward:
    """v ↦ Jv for any operation that autograd can differentiate twice.

    Jᵀu is built once as a function of a dummy u. It is linear in u, so its own transpose, applied
    to v, is Jv.

    Parameters
    ----------
    outputs : tensor with a graph
    tensors : the parameters

    Attributes
    ----------
    moves : whether outputs depends on any of the tensors
    """

    def __init__(self, outputs: Tensor, tensors: Sequence[Tensor]) -> None:
        self._u = torch.zeros_like(outputs, requires_grad=True)
        with torch.enable_grad():
            rows = grad(outputs, tensors, self._u, create_graph=True, allow_unused=True)
        # A part without a graph does not depend on u: its columns of J are zero.
        self._used = [i for i, row in enumerate(rows) if row is not None and row.requires_grad]
        self._Jt_u = [row for row in rows if row is not None and row.requires_grad]
        self.moves = bool(self._used)

    def __call__(self, parts: Sequence[Tensor]) -> Tensor:
        """Jv, in the shape of outputs, from one part of v for each tensor."""
        chosen = [parts[i] for i in self._used]
        with naming_the_way_out():
            return grad(self._Jt_u, self._u, chosen, retain_graph=True)[0]


def _forward(outputs: Tensor, tensors: Sequence[Tensor]) -> TangentWalk | DoubleBackward:
    try:
        return TangentWalk(outputs, tensors)
    except (NotImplementedError, AttributeError):  # or a version of torch that shows other fields
        return DoubleBackward(outputs, tensors)
