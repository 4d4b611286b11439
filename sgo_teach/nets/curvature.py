"""Curvature times a vector, without ever forming the matrix.

======  =====================================================================
θ       parameters (n,)
z       outputs of the network, any shape; the loss sees θ only through z
J       Jacobian ∂z/∂θ
H_out   ∇²L with respect to z
G       JᵀH_out J, the generalised Gauss–Newton matrix (n, n)
H       ∇²L with respect to θ, (n, n)
v       vector to multiply with (n,)
======  =====================================================================

Pearlmutter, "Fast exact multiplication by the Hessian", 1994; Schraudolph, "Fast curvature
matrix-vector products for second-order gradient descent", 2002.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor
from torch.autograd import grad

from sgo_teach.nets.parameters import ParameterVector

OutputLoss = Literal["cross_entropy", "squared_error"]


class GaussNewtonProduct:
    """v ↦ Gv at the point where loss and outputs were computed.

    Jᵀu is built once as a function of a dummy u. It is linear in u, so its own derivative along
    v is Jv; each product is then two passes over graphs that stand already: Jv, and Jᵀ(H_out Jv).

    G is positive semidefinite whenever the loss is convex in the outputs, and equals H where
    the outputs are linear in θ.

    Parameters
    ----------
    loss : scalar tensor, computed from outputs
    outputs : tensor with a graph back to the parameters
    params : iterable of tensors; frozen ones are left out, unused ones get zero
    output_loss : "cross_entropy" or "squared_error", optional
        Names the loss, for the closed form of H_out: ``F.cross_entropy`` (outputs are logits,
        classes along dimension 1) or ``F.mse_loss``, each with its default mean. Left out, H_out
        comes from differentiating the loss twice, which serves any loss.

    Raises
    ------
    ValueError
        If outputs does not depend on any of the parameters, the loss does not depend on
        outputs, or output_loss is unknown.
    """

    def __init__(
        self,
        loss: Tensor,
        outputs: Tensor,
        params: Iterable[Tensor],
        output_loss: OutputLoss | None = None,
    ) -> None:
        self.vector = ParameterVector(params)
        self.outputs = outputs
        self._output_hessian = _output_hessian(loss, outputs, output_loss)
        self._linearise()

    def _linearise(self) -> None:
        if not self.outputs.requires_grad:
            raise ValueError("outputs must depend on the parameters, but they have no graph")
        self._u = torch.zeros_like(self.outputs, requires_grad=True)
        with torch.enable_grad():
            rows = grad(
                self.outputs, self.vector.tensors, self._u, create_graph=True, allow_unused=True
            )
        # A part without a graph does not depend on u: its columns of J are zero.
        self._used = [i for i, row in enumerate(rows) if row is not None and row.requires_grad]
        self._Jt_u = [row for row in rows if row is not None and row.requires_grad]
        if not self._used:
            raise ValueError("outputs must depend on at least one of the parameters given")

    def __call__(self, v: Tensor) -> Tensor:
        """Gv, (n,)."""
        return self.transposed_jacobian_product(self._output_hessian(self.jacobian_product(v)))

    def jacobian_product(self, v: Tensor) -> Tensor:
        """Jv, in the shape of outputs."""
        parts = self.vector.split(v)
        return grad(self._Jt_u, self._u, [parts[i] for i in self._used], retain_graph=True)[0]

    def transposed_jacobian_product(self, w: Tensor) -> Tensor:
        """Jᵀw, (n,), for w in the shape of outputs."""
        parts = grad(self.outputs, self.vector.tensors, w, retain_graph=True, allow_unused=True)
        return self.vector.flatten(parts)


class HessianProduct:
    """v ↦ Hv at the point where the loss was computed; the gradient's graph is built once.

    Parameters
    ----------
    loss : scalar tensor
    params : iterable of tensors; frozen ones are left out, unused ones get zero

    Attributes
    ----------
    gradient : (n,) tensor, ∇L
    """

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
        parts = grad(self._gradient, self.vector.tensors, v, retain_graph=True, allow_unused=True)
        return self.vector.flatten(parts)


def hessian_vector_product(loss: Tensor, params: Iterable[Tensor], v: Tensor) -> Tensor:
    """Hv, (n,), for one v; keep a `HessianProduct` for several."""
    return HessianProduct(loss, params)(v)


def _output_hessian(loss: Tensor, outputs: Tensor, output_loss: OutputLoss | None):
    """w ↦ H_out w."""
    if output_loss is None:
        return _generic(loss, outputs)
    if output_loss == "squared_error":
        return lambda w: (2 / outputs.numel()) * w
    if output_loss == "cross_entropy":
        return _cross_entropy(outputs.detach())
    raise ValueError(
        f"output_loss must be 'cross_entropy', 'squared_error' or None, not {output_loss!r}"
    )


def _cross_entropy(logits: Tensor):
    """H_out = (diag(p) − ppᵀ)/N for each of the N rows of logits."""
    classes = 1 if logits.ndim > 1 else 0
    p = logits.softmax(classes)
    rows = logits.numel() // logits.shape[classes]

    def product(w: Tensor) -> Tensor:
        pw = p * w
        return (pw - p * pw.sum(classes, keepdim=True)) / rows

    return product


def _generic(loss: Tensor, outputs: Tensor):
    with torch.enable_grad():
        (slope,) = grad(loss, outputs, create_graph=True, allow_unused=True)
    if slope is None:
        raise ValueError("the loss must be computed from outputs; it does not depend on them")

    def product(w: Tensor) -> Tensor:
        if not slope.requires_grad:  # a loss linear in the outputs
            return torch.zeros_like(w)
        (hw,) = grad(slope, outputs, w, retain_graph=True, allow_unused=True)
        return torch.zeros_like(w) if hw is None else hw

    return product


def check_output_loss(loss: Tensor, outputs: Tensor, output_loss: OutputLoss) -> None:
    """Compare the closed form of H_out with the loss itself, along one direction.

    Raises
    ------
    ValueError
        If they differ: another reduction, class weights, or a softmax before the loss.
    """
    w = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(0)).to(outputs)
    claimed = _output_hessian(loss, outputs, output_loss)(w)
    actual = _generic(loss, outputs)(w)
    gap, size = float((claimed - actual).norm()), float(actual.norm())
    if gap > 1e-2 * size + 1e-6 * float(claimed.norm()):
        raise ValueError(
            f"output_loss={output_loss!r} means the mean that torch.nn.functional takes by "
            f"default, on raw outputs; the curvature of this loss differs from it by "
            f"{gap / max(size, 1e-300):.1g} of its size. Leave output_loss out to have any loss "
            "differentiated as it is, and look for a sum, weights or a second softmax"
        )
