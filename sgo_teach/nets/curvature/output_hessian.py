"""H_out, the curvature of the loss with respect to the outputs: closed forms, and any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.autograd import grad

OutputLoss = Literal["cross_entropy", "squared_error", "binary_cross_entropy"]
Product = Callable[[Tensor], Tensor]


def output_hessian(loss: Tensor, outputs: Tensor, output_loss: OutputLoss | None) -> Product:
    """w ↦ H_out w for w in the shape of outputs.

    Raises
    ------
    ValueError
        If output_loss is unknown or the loss does not depend on outputs.
    """
    if output_loss is None:
        return _twice_differentiated(loss, outputs)
    return closed_form(outputs, output_loss)


def closed_form(outputs: Tensor, output_loss: OutputLoss) -> Product:
    """w ↦ H_out w; for these losses it depends on the outputs alone, not on the labels.

    Parameters
    ----------
    outputs : logits, or predictions for "squared_error"
    output_loss : "cross_entropy", "squared_error" or "binary_cross_entropy"

    Raises
    ------
    ValueError
        If output_loss is unknown.
    """
    if output_loss == "cross_entropy":
        return _cross_entropy(outputs.detach())
    if output_loss == "squared_error":
        return lambda w: (2 / outputs.numel()) * w
    if output_loss == "binary_cross_entropy":
        return _binary_cross_entropy(outputs.detach())
    names = ", ".join(repr(name) for name in get_args(OutputLoss))
    raise ValueError(f"output_loss must be {names} or None, not {output_loss!r}")


def _cross_entropy(logits: Tensor) -> Product:
    """H_out = (diag(p) − ppᵀ)/N for each of the N rows of logits."""
    classes = 1 if logits.ndim > 1 else 0
    p = logits.softmax(classes)
    rows = logits.numel() // logits.shape[classes]

    def product(w: Tensor) -> Tensor:
        pw = p * w
        return (pw - p * pw.sum(classes, keepdim=True)) / rows

    return product


def _binary_cross_entropy(logits: Tensor) -> Product:
    """H_out = diag(p(1 − p))/N for the N numbers in logits."""
    # σ(−z) is 1 − p without its rounding where p is nearly 1.
    diagonal = logits.sigmoid() * (-logits).sigmoid() / logits.numel()
    return lambda w: diagonal * w


def _twice_differentiated(loss: Tensor, outputs: Tensor) -> Product:
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
        If they differ: another reduction, weights of classes or examples, or a softmax or sigmoid
        before the loss.
    """
    w = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(0)).to(outputs)
    claimed = output_hessian(loss, outputs, output_loss)(w)
    actual = _twice_differentiated(loss, outputs)(w)
    gap, size = float((claimed - actual).norm()), float(actual.norm())
    if gap > 1e-2 * size + 1e-6 * float(claimed.norm()):
        raise ValueError(
            f"output_loss={output_loss!r} means the mean that torch.nn.functional takes by "
            f"default, on raw outputs; the curvature of this loss differs from it by "
            f"{gap / max(size, 1e-300):.1g} of its size. Leave output_loss out to have any loss "
            "differentiated as it is, and look for a sum, weights or a second softmax"
        )
