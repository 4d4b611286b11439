"""A diagonal preconditioner for the conjugate gradients inside Hessian-free."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import grad

from sgo_teach.nets.parameters import ParameterVector

EXPONENT = 0.75


def mean_square_gradient(
    loss: Tensor,
    outputs: Tensor,
    vector: ParameterVector,
    probes: int = 1,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Estimate (1/N) Σᵢ (∇ℓᵢ)² for each parameter, from one backward pass a probe.

    With random signs εᵢ the vector w = Jᵀ(ε ∘ ∂L/∂z) = (1/N) Σᵢ εᵢ ∇ℓᵢ has E[w²] = (1/N²) Σᵢ
    (∇ℓᵢ)², because the mixed terms average out: no gradient of a single example is needed.

    Parameters
    ----------
    loss : scalar tensor, the mean of the losses ℓᵢ of N examples
    outputs : (N, ...) tensor z, one row for each example, from which the loss was computed
    vector : the parameters
    probes : number of independent sign vectors to average over
    generator : source of the signs (on the CPU)

    Returns
    -------
    (n,) tensor
    """
    (slope,) = grad(loss, outputs, retain_graph=True)
    rows = (len(slope),) + (1,) * (slope.ndim - 1)
    total = torch.zeros(len(vector), device=vector.device, dtype=vector.dtype)
    for _ in range(probes):
        signs = torch.randint(0, 2, rows, generator=generator).to(slope) * 2 - 1
        parts = grad(outputs, vector.tensors, signs * slope, retain_graph=True, allow_unused=True)
        total += vector.flatten(parts) ** 2
    return (len(slope) / probes) * total


def preconditioner_diagonal(mean_square: Tensor, damping: float) -> Tensor:
    """M = (mean squared gradient + λ)^¾, (n,).

    Martens, "Deep learning via Hessian-free optimization", ICML 2010.
    """
    return (mean_square + damping) ** EXPONENT
