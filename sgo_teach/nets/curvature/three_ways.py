"""Hv of a function of θ in three ways, to compare what they cost and how exact they are.

===================  ==========================  ==========================================
way                  work, in gradients          error
===================  ==========================  ==========================================
central differences  2                           O(h²) + rounding/h: two thirds of the digits
double backward      about 2 to 4, and the       rounding
                     memory of two graphs
forward over         about 2 to 4, without a     rounding
reverse              second graph
===================  ==========================  ==========================================

Pearlmutter, "Fast exact multiplication by the Hessian", 1994; Dagréou et al., "How to compute
Hessian-vector products?", 2024, measured 2 to 4 times the time of a gradient and 2 to 3 times its
memory.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from sgo_teach.nets.parameters import ParameterVector

Loss = Callable[[Tensor], Tensor]


def hvp_by_central_differences(
    loss: Loss, theta: Tensor, v: Tensor, h: float | None = None
) -> Tensor:
    """Hv ≈ (∇L(θ + hv) − ∇L(θ − hv)) / 2h, in the shape of v.

    Parameters
    ----------
    loss : θ ↦ scalar tensor
    theta : tensor of any shape, the point
    v : tensor of the same shape
    h : step along v; left out, ε^⅓ (1 + ‖θ‖)/‖v‖ with the ε of the dtype

    Raises
    ------
    ValueError
        If v has another shape than θ, or h is not positive.
    """
    _check(theta, v)
    theta, v = theta.detach(), v.detach()
    if h is not None and not h > 0:
        raise ValueError(f"h must be positive, not {h!r}")
    if not v.any():
        return torch.zeros_like(v)
    h = _best_step(theta, v) if h is None else h
    ahead, behind = _gradient(loss, theta + h * v), _gradient(loss, theta - h * v)
    return (ahead - behind) / (2 * h)


def hvp_by_double_backward(loss: Loss, theta: Tensor, v: Tensor) -> Tensor:
    """Hv = ∇(gᵀv), the gradient's graph differentiated once more; in the shape of v.

    Parameters and errors as in `hvp_by_central_differences`; `HessianProduct` keeps the graph for
    several v.
    """
    _check(theta, v)
    theta = theta.detach().requires_grad_()
    with torch.enable_grad():
        (g,) = torch.autograd.grad(loss(theta), theta, create_graph=True)
    if not g.requires_grad:  # a loss linear in θ
        return torch.zeros_like(v)
    (Hv,) = torch.autograd.grad(g, theta, v, allow_unused=True)
    return torch.zeros_like(v) if Hv is None else Hv


def hvp_by_forward_over_reverse(loss: Loss, theta: Tensor, v: Tensor) -> Tensor:
    """Hv as the derivative of the gradient along v, by forward mode; in the shape of v.

    Parameters and errors as in `hvp_by_central_differences`. Where torch has no forward mode for
    the backward pass of a loss, as for ``F.mse_loss`` and ``F.huber_loss``, the two change places:
    Hv = ∇(gᵀv), with gᵀv by forward mode; equal, and with a graph of the forward pass.
    """
    _check(theta, v)
    theta, v = theta.detach(), v.detach()
    with warnings.catch_warnings():  # torch's own, when it first meets forward mode
        warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated")
        try:
            return torch.func.jvp(torch.func.grad(loss), (theta,), (v,))[1].detach()
        except RuntimeError:  # a fault of the loss itself shows again below
            slope = lambda t: torch.func.jvp(loss, (t,), (v,))[1]  # noqa: E731
            return torch.func.grad(slope)(theta).detach()


def loss_of_parameters(
    network: nn.Module, objective: Callable[[Callable[..., Any]], Tensor]
) -> tuple[Loss, Tensor]:
    """The loss of a network as a function of θ (n,), and θ as it is now.

    ::

        loss, theta = loss_of_parameters(network, lambda net: F.cross_entropy(net(x), labels))

    Frozen parameters keep their values and have no place in θ; the network's buffers, such as the
    running statistics of batch norm, are left as they are.

    Parameters
    ----------
    network : module with trainable parameters
    objective : takes a callable that runs the network, returns a scalar tensor
    """
    named = {name: p for name, p in network.named_parameters() if p.requires_grad}
    vector = ParameterVector(named.values())

    def loss(theta: Tensor) -> Tensor:
        tensors = dict(zip(named, vector.split(theta), strict=True))
        tensors |= {name: buffer.clone() for name, buffer in network.named_buffers()}
        return objective(lambda *inputs: functional_call(network, tensors, inputs))

    return loss, vector.read()


def _best_step(theta: Tensor, v: Tensor) -> float:
    largest = float(v.abs().max())
    length = largest * float((v / largest).norm())  # squares of tiny entries would vanish
    return torch.finfo(theta.dtype).eps ** (1 / 3) * (1 + float(theta.norm())) / length


def _gradient(loss: Loss, theta: Tensor) -> Tensor:
    theta = theta.requires_grad_()
    with torch.enable_grad():
        return torch.autograd.grad(loss(theta), theta)[0]


def _check(theta: Tensor, v: Tensor) -> None:
    if v.shape != theta.shape:
        raise ValueError(
            f"v must have the shape of theta, {tuple(theta.shape)}, not {tuple(v.shape)}"
        )
