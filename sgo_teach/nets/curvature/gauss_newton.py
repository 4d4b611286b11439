"""The generalised Gauss–Newton product."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from sgo_teach.nets.curvature.jacobian import Jacobian
from sgo_teach.nets.curvature.output_hessian import OutputLoss, output_hessian


class GaussNewtonProduct:
    """v ↦ Gv = Jᵀ(H_out Jv) at the point where loss and outputs were computed.

    G is positive semidefinite whenever the loss is convex in the outputs, and equals H where
    the outputs are linear in θ. A product costs about as much as a gradient.

    Parameters
    ----------
    loss : scalar tensor, computed from outputs
    outputs : tensor with a graph back to the parameters
    params : iterable of tensors; frozen ones are left out, unused ones get zero
    output_loss : "cross_entropy", "squared_error" or "binary_cross_entropy", optional
        Names the loss, for the closed form of H_out: ``F.cross_entropy`` (outputs are logits,
        classes along dimension 1), ``F.mse_loss`` or ``F.binary_cross_entropy_with_logits``, each
        with its default mean. Left out, H_out comes from differentiating the loss twice, which
        serves any loss.

    Attributes
    ----------
    vector : `ParameterVector`, θ
    cost : of a product, in gradients

    Raises
    ------
    ValueError
        If outputs is no tensor or does not depend on any of the parameters, the loss does not
        depend on outputs, or output_loss is unknown.
    RuntimeError
        In a product, if the parameters have changed since outputs was computed.

    Notes
    -----
    Schraudolph, "Fast curvature matrix-vector products for second-order gradient descent", 2002.
    """

    def __init__(
        self,
        loss: Tensor,
        outputs: Tensor,
        params: Iterable[Tensor],
        output_loss: OutputLoss | None = None,
    ) -> None:
        self._jacobian = Jacobian(outputs, params)
        self._output_hessian = output_hessian(loss, outputs, output_loss)
        self.vector, self.outputs = self._jacobian.vector, outputs
        self.cost = self._jacobian.cost

    def __call__(self, v: Tensor) -> Tensor:
        """Gv, (n,)."""
        return self.transposed_jacobian_product(self._output_hessian(self.jacobian_product(v)))

    def jacobian_product(self, v: Tensor) -> Tensor:
        """Jv, in the shape of outputs."""
        return self._jacobian.product(v)

    def transposed_jacobian_product(self, w: Tensor) -> Tensor:
        """Jᵀw, (n,), for w in the shape of outputs."""
        return self._jacobian.transposed_product(w)
