"""Fisher products: the labels drawn from the model, or those that came with the data.

======  ==========================================================
N       number of examples, the rows of outputs
ℓᵢ      loss of example i; L = (1/N) Σ ℓᵢ
gᵢ      ∇ℓᵢ with respect to θ, (n,)
sᵢ      slope of ℓᵢ with respect to the outputs of example i
======  ==========================================================

With gᵢ = Jᵢᵀsᵢ neither needs the gradient of a single example.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from sgo_teach.nets.curvature.jacobian import Jacobian
from sgo_teach.nets.curvature.output_hessian import OutputLoss, closed_form, slope_at


class FisherProduct:
    """v ↦ Fv, F = (1/N) Σ E[gᵢgᵢᵀ] with each label drawn from what the model says about it.

    The expectation E[sᵢsᵢᵀ] is taken in closed form. For these three losses, each the negative
    log-likelihood of its distribution, it equals H_out, and so F is the Gauss–Newton matrix G. No
    labels are asked for.

    Each predicted label counts as one example. A row that predicts d of them, d logits of a binary
    cross-entropy or a cross-entropy over (N, classes, d), counts as d examples, since the mean of
    ``torch.nn.functional`` divides by N·d. With rows as examples instead, ℓᵢ would be the mean of d
    independent terms, and F would come out as 1/d of the product here.

    Parameters
    ----------
    outputs : tensor with a graph back to the parameters
    params : iterable of tensors; frozen ones are left out, unused ones get zero
    output_loss : the loss, and with it the distribution of the labels
        "cross_entropy": categorical, softmax of the logits along dimension 1;
        "binary_cross_entropy": Bernoulli, sigmoid of each logit;
        "squared_error": normal around the outputs, with the variance d/2 that makes
        ``F.mse_loss``, a mean over the d outputs of an example, its log-likelihood.

    Raises
    ------
    ValueError
        If outputs does not depend on any of the parameters or output_loss is unknown.

    Notes
    -----
    Martens, "New insights and perspectives on the natural gradient method", JMLR 2020.
    """

    def __init__(self, outputs: Tensor, params: Iterable[Tensor], output_loss: OutputLoss) -> None:
        self._output_fisher = closed_form(outputs, output_loss)
        self._jacobian = Jacobian(outputs, params)
        self.vector = self._jacobian.vector

    def __call__(self, v: Tensor) -> Tensor:
        """Fv, (n,)."""
        Jv = self._jacobian.product(v)
        return self._jacobian.transposed_product(self._output_fisher(Jv))


class EmpiricalFisherProduct:
    """v ↦ F̂v, F̂ = (1/N) Σ gᵢgᵢᵀ with the labels of the data.

    F̂v = (1/N) Jᵀ(sᵢ (sᵢᵀ(Jv)ᵢ)), two passes for all examples together. F̂ is no curvature: far
    from a minimum, or with a model that is wrong, it may be far from F and from H.

    Parameters
    ----------
    loss : scalar tensor, the mean of the losses of N examples
    outputs : (N, ...) tensor, one row for each example
    params : iterable of tensors; frozen ones are left out, unused ones get zero

    Raises
    ------
    ValueError
        If outputs has no rows or does not depend on any of the parameters, or the loss does not
        depend on outputs.

    Notes
    -----
    Kunstner, Balles & Hennig, "Limitations of the empirical Fisher approximation for natural
    gradient descent", NeurIPS 2019. Where batch norm ties examples together, gᵢ is Jᵀ applied to
    the slope of example i alone.
    """

    def __init__(self, loss: Tensor, outputs: Tensor, params: Iterable[Tensor]) -> None:
        self._slopes = slopes_of_examples(loss, outputs)
        self._jacobian = Jacobian(outputs, params)
        self.vector = self._jacobian.vector

    def __call__(self, v: Tensor) -> Tensor:
        """F̂v, (n,)."""
        s, N = self._slopes, len(self._slopes)
        along = (s * self._jacobian.product(v)).reshape(N, -1).sum(1)  # gᵢᵀv
        return self._jacobian.transposed_product(along.reshape(N, *[1] * (s.ndim - 1)) * s / N)


def slopes_of_examples(loss: Tensor, outputs: Tensor) -> Tensor:
    """sᵢ as rows, in the shape of outputs (N, ...), of a loss that is a mean over N examples.

    Raises
    ------
    ValueError
        If outputs has no rows or the loss does not depend on it.
    """
    if outputs.ndim == 0:
        raise ValueError("outputs must have a row for each example, but it is a single number")
    return len(outputs) * slope_at(outputs, loss)
