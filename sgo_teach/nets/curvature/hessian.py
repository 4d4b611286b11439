"""The Hessian product of a loss whose graph stands."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.autograd import grad

from sgo_teach.nets.curvature.graph import DOUBLE_BACKWARD, naming_the_way_out
from sgo_teach.nets.parameters import ParameterVector


class HessianProduct:
    """v ↦ Hv at the point where the loss was computed; the gradient's graph is built once.

    Parameters
    ----------
    loss : scalar tensor
    params : iterable of tensors; frozen ones are left out, unused ones get zero

    Attributes
    ----------
    gradient : (n,) tensor, ∇L
    cost : of a product, in gradients; what double backward takes in layers of matrix products

    Raises
    ------
    NotImplementedError
        If torch cannot differentiate an operation twice (seen in the first product).
    """

    cost = DOUBLE_BACKWARD

    def __init__(self, loss: Tensor, params: Iterable[Tensor]) -> None:
        self.vector = ParameterVector(params)
        with torch.enable_grad():
            parts = grad(loss, self.vector.tensors, create_graph=True, allow_unused=True)
            self._gradient = self.vector.flatten(parts)
        self.gradient = self._gradient.detach()

    def __call__(self, v: Tensor) -> Tensor:
        """Hv, (n,): the derivative of gᵀv."""
        self.vector.split(v)  # a wrong shape is named here, not inside autograd
        if not self._gradient.requires_grad:  # a loss linear in θ
            return torch.zeros_like(v)
        with naming_the_way_out():
            parts = grad(
                self._gradient, self.vector.tensors, v, retain_graph=True, allow_unused=True
            )
        return self.vector.flatten(parts)


def hessian_vector_product(loss: Tensor, params: Iterable[Tensor], v: Tensor) -> Tensor:
    """Hv, (n,), for one v; keep a `HessianProduct` for several."""
    return HessianProduct(loss, params)(v)
