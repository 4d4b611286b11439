"""Random slopes at the outputs, from which one backward pass estimates curvature.

======  ====================================================================
G       Gauss–Newton matrix Jᵀ H_out J = Σᵢ Jᵢᵀ H_out,ᵢ Jᵢ over the examples
w       random slopes at the outputs with E[wwᵀ] = H_out, so that E[JᵀwwᵀJ] = G
======  ====================================================================
"""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor
from torch.autograd import grad

from sgo_teach.nets.curvature import OutputLoss
from sgo_teach.nets.parameters import ParameterVector


def random_slopes(
    outputs: Tensor, output_loss: OutputLoss, generator: torch.Generator | None = None
) -> Tensor:
    """Draw w in the shape of outputs with mean 0 and E[wwᵀ] = H_out.

    Squared error and binary cross-entropy have a diagonal H_out, whose root gets random signs.
    For the softmax w = (p − e_y)/√N with a class y drawn from p in each row: its covariance is
    (diag(p) − ppᵀ)/N.

    Parameters
    ----------
    outputs : (N, ...) tensor; for cross-entropy logits (N, classes)
    output_loss : as in `GaussNewtonProduct`, with the default mean of ``torch.nn.functional``
    generator : source of signs and classes (on the CPU)

    Raises
    ------
    ValueError
        If output_loss is unknown, or the logits of a cross-entropy are no matrix.
    """
    z = outputs.detach()
    if output_loss == "squared_error":
        return (2 / z.numel()) ** 0.5 * signs(z.shape, z, generator)
    if output_loss == "binary_cross_entropy":
        return (z.sigmoid() * (-z).sigmoid() / z.numel()).sqrt() * signs(z.shape, z, generator)
    if output_loss == "cross_entropy":
        return _softmax_slopes(z, generator)
    raise ValueError(f"output_loss must be one of {get_args(OutputLoss)}, not {output_loss!r}")


def needed(outputs: Tensor | None) -> Tensor:
    """The outputs themselves.

    Raises
    ------
    ValueError
        If there are none.
    """
    if outputs is None:
        raise ValueError(
            "this preconditioner needs a closure that returns (loss, outputs), not the loss alone"
        )
    return outputs


def pulled_back(outputs: Tensor, vector: ParameterVector, w: Tensor) -> Tensor:
    """Jᵀw, (n,)."""
    return vector.flatten(grad(outputs, vector.tensors, w, retain_graph=True, allow_unused=True))


def signs(
    shape: torch.Size | tuple[int, ...], like: Tensor, generator: torch.Generator | None
) -> Tensor:
    """Random signs, each −1 or 1 with the same chance, with dtype and device of another tensor."""
    return torch.randint(0, 2, shape, generator=generator).to(like) * 2 - 1


def _softmax_slopes(logits: Tensor, generator: torch.Generator | None) -> Tensor:
    if logits.ndim != 2:
        raise ValueError(f"needs logits (N, classes), not shape {tuple(logits.shape)}")
    p = logits.softmax(1)
    drawn_from = p.cpu().nan_to_num(1.0)  # slopes of a broken batch are NaN, not an error
    y = torch.multinomial(drawn_from, 1, generator=generator).to(p.device)
    return (p - torch.zeros_like(p).scatter_(1, y, 1.0)) / len(p) ** 0.5
