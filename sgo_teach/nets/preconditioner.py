"""Preconditioners for the conjugate gradients inside Hessian-free.

======  ====================================================================
G       Gauss–Newton matrix Jᵀ H_out J = Σᵢ Jᵢᵀ H_out,ᵢ Jᵢ over the examples
w       random slopes at the outputs with E[wwᵀ] = H_out
λ       damping
M       preconditioner, near G + λI and quick to invert
======  ====================================================================

`mean_square_gradient` serves the diagonal of Martens' recipe. `GaussNewtonDiagonal`, and
`KroneckerFactors` in the module `kronecker`, are objects for ``HessianFree(preconditioner=...)``:
conjugate gradients reach the same solution with any M, with a good one they are near it sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import torch
from torch import Tensor
from torch.autograd import grad

from sgo_teach.nets.curvature import OutputLoss
from sgo_teach.nets.parameters import ParameterVector

EXPONENT = 0.75
Inverse = Callable[[Tensor], Tensor]


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
    total = torch.zeros(len(vector), device=vector.device, dtype=vector.dtype)
    for _ in range(probes):
        w = _signs((len(slope),) + (1,) * (slope.ndim - 1), slope, generator) * slope
        total += _pulled_back(outputs, vector, w) ** 2
    return (len(slope) / probes) * total


def preconditioner_diagonal(mean_square: Tensor, damping: float) -> Tensor:
    """M = (mean squared gradient + λ)^¾, (n,).

    Martens, "Deep learning via Hessian-free optimization", ICML 2010.
    """
    return (mean_square + damping) ** EXPONENT


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
        return (2 / z.numel()) ** 0.5 * _signs(z.shape, z, generator)
    if output_loss == "binary_cross_entropy":
        p = z.sigmoid()
        return (p * (1 - p) / z.numel()).sqrt() * _signs(z.shape, z, generator)
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


class GaussNewtonDiagonal:
    """M = (diag G + λ)^power, with diag G from random probes: E[(Jᵀw)²] = diag G.

    For ``HessianFree(preconditioner=GaussNewtonDiagonal("cross_entropy"))``.

    Parameters
    ----------
    output_loss : as in `random_slopes`
    probes : backward passes a step
    memory : share of the old estimate in the new one, 0 for none
    power : 1 aims at G + λI itself; Martens takes ¾
    seed : of the probes, another one in each step

    Attributes
    ----------
    cost : of a step, in gradients of the curvature data
    """

    def __init__(
        self,
        output_loss: OutputLoss,
        *,
        probes: int = 1,
        memory: float = 0.9,
        power: float = EXPONENT,
        seed: int = 0,
    ) -> None:
        self.output_loss: OutputLoss = output_loss
        self.probes, self.memory, self.power, self.seed = probes, memory, power, seed
        self.cost = probes * 2 / 3
        self._mean: Tensor | None = None

    def build(
        self, loss: Tensor, outputs: Tensor | None, vector: ParameterVector, damping: float, k: int
    ) -> Inverse:
        """r ↦ M⁻¹r around the parameters that made outputs; parameters as `HessianFree` passes."""
        outputs, generator = needed(outputs), torch.Generator().manual_seed(self.seed + k)
        new = torch.zeros(len(vector), device=vector.device, dtype=vector.dtype)
        for _ in range(self.probes):
            w = random_slopes(outputs, self.output_loss, generator)
            new += _pulled_back(outputs, vector, w) ** 2 / self.probes
        self._mean = new if self._mean is None else new.lerp(self._mean, self.memory)
        diagonal = (self._mean + damping) ** self.power
        return lambda r: r / diagonal

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"mean": self._mean}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self._mean = state["mean"]


def _pulled_back(outputs: Tensor, vector: ParameterVector, w: Tensor) -> Tensor:
    """Jᵀw, (n,)."""
    return vector.flatten(grad(outputs, vector.tensors, w, retain_graph=True, allow_unused=True))


def _signs(
    shape: torch.Size | tuple[int, ...], like: Tensor, generator: torch.Generator | None
) -> Tensor:
    return torch.randint(0, 2, shape, generator=generator).to(like) * 2 - 1


def _softmax_slopes(logits: Tensor, generator: torch.Generator | None) -> Tensor:
    if logits.ndim != 2:
        raise ValueError(f"needs logits (N, classes), not shape {tuple(logits.shape)}")
    p = logits.softmax(1)
    y = torch.multinomial(p.cpu(), 1, generator=generator).to(p.device)
    return (p - torch.zeros_like(p).scatter_(1, y, 1.0)) / len(p) ** 0.5
