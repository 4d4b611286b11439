"""H_out, the curvature of the loss with respect to the outputs: closed forms, and any other."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor
from torch.autograd import grad

from sgo_teach.nets.curvature.graph import naming_the_way_out
from sgo_teach.nets.parameters import Product

OutputLoss = Literal["cross_entropy", "squared_error", "binary_cross_entropy"]


def output_hessian(loss: Tensor, outputs: Tensor, output_loss: OutputLoss | None) -> Product:
    """w ↦ H_out w for w in the shape of outputs.

    Raises
    ------
    ValueError
        If output_loss is unknown or the loss does not depend on outputs.
    """
    if output_loss is None:
        return _twice_differentiated(loss, outputs)
    product = closed_form(outputs, output_loss)
    slope_at(outputs, loss)  # the closed form itself never looks at the loss
    return product


def slope_at(outputs: Tensor, loss: Tensor, create_graph: bool = False) -> Tensor:
    """∂L/∂z, in the shape of outputs.

    Raises
    ------
    ValueError
        If the loss does not depend on outputs.
    """
    slope = None
    if loss.requires_grad:
        with torch.enable_grad():
            (slope,) = grad(
                loss, outputs, retain_graph=True, create_graph=create_graph, allow_unused=True
            )
    if slope is None:
        raise ValueError("the loss must be computed from outputs; it does not depend on them")
    return slope


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
    """H_out = (diag(p) − ppᵀ)/N for each of the N rows of logits.

    H_out w does not change when a constant is taken from w. Taking the entry of the likeliest class
    leaves small p beside small numbers only: nothing cancels, and H_out stays semidefinite.
    """
    classes = 1 if logits.ndim > 1 else 0
    p, likeliest = logits.softmax(classes), logits.argmax(classes, keepdim=True)
    rows = logits.numel() // logits.shape[classes]

    def product(w: Tensor) -> Tensor:
        u = w - w.gather(classes, likeliest)
        return p * (u - (p * u).sum(classes, keepdim=True)) / rows

    return product


def _binary_cross_entropy(logits: Tensor) -> Product:
    """H_out = diag(p(1 − p))/N for the N numbers in logits."""
    # σ(−z) is 1 − p without its rounding where p is nearly 1.
    diagonal = logits.sigmoid() * (-logits).sigmoid() / logits.numel()
    return lambda w: diagonal * w


def _twice_differentiated(loss: Tensor, outputs: Tensor) -> Product:
    slope = slope_at(outputs, loss, create_graph=True)

    def product(w: Tensor) -> Tensor:
        if not slope.requires_grad:  # a loss linear in the outputs
            return torch.zeros_like(w)
        with naming_the_way_out():
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
    if gap > 1e-2 * size + 1e-6 * float(claimed.norm()) + _rounding(outputs, w):
        raise ValueError(
            f"output_loss={output_loss!r} means the mean that torch.nn.functional takes by "
            f"default, on raw outputs; the curvature of this loss differs from it by "
            f"{gap / max(size, 1e-300):.1g} of its size. Leave output_loss out to have any loss "
            "differentiated as it is, and look for a sum, weights or a second softmax"
        )


def _rounding(outputs: Tensor, w: Tensor) -> float:
    """What rounding may leave of H_out w where the network is sure of its answers.

    There p(1 − p) is nearly zero, and differentiating twice forms 1 − p from a p rounded to 1.
    """
    classes = outputs.shape[1] if outputs.ndim > 1 else 1
    eps = torch.finfo(outputs.dtype).eps
    return 100 * eps * float(w.norm()) * classes / max(outputs.numel(), 1)
