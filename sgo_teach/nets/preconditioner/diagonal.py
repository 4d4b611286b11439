"""Diagonal preconditioners, from the squares of a few backward passes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sgo_teach.nets.curvature import OutputLoss
from sgo_teach.nets.curvature.output_hessian import slope_at
from sgo_teach.nets.parameters import ParameterVector, Product
from sgo_teach.nets.preconditioner.slopes import needed, pulled_back, random_slopes, signs

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

    Raises
    ------
    ValueError
        If the loss does not depend on outputs.
    """
    slope = slope_at(outputs, loss)
    total = torch.zeros(len(vector), device=vector.device, dtype=vector.dtype)
    for _ in range(probes):
        w = signs((len(slope),) + (1,) * (slope.ndim - 1), slope, generator) * slope
        total += pulled_back(outputs, vector, w) ** 2
    return (len(slope) / probes) * total


def preconditioner_diagonal(mean_square: Tensor, damping: float) -> Tensor:
    """M = (mean squared gradient + λ)^¾, (n,).

    Martens, "Deep learning via Hessian-free optimization", ICML 2010.
    """
    return (mean_square + damping) ** EXPONENT


class DiagonalInverse:
    """r ↦ M⁻¹r for a diagonal M (n,).

    Attributes
    ----------
    diagonal : of M; zeros, as an unused parameter has without damping, are raised to rounding
    spread : largest over smallest entry
    """

    def __init__(self, diagonal: Tensor) -> None:
        largest = float(diagonal.max())
        least = torch.finfo(diagonal.dtype).eps * largest if largest > 0 else 1.0
        self.diagonal = diagonal.clamp(min=least)  # or r = 0 would end as 0/0
        self.spread = float(self.diagonal.max() / self.diagonal.min())

    @classmethod
    def of(cls, mean_square: Tensor, damping: float) -> DiagonalInverse:
        """M = (mean squared gradient + λ)^¾, see `preconditioner_diagonal`."""
        return cls(preconditioner_diagonal(mean_square, damping))

    def __call__(self, r: Tensor) -> Tensor:
        """M⁻¹r, (n,)."""
        return r / self.diagonal


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

    An estimate that is not finite (a broken batch) is left out of the mean, and one of another
    length (layers frozen or thawed) starts it anew.

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
    ) -> Product:
        """r ↦ M⁻¹r around the parameters that made outputs; parameters as `HessianFree` passes."""
        outputs, generator = needed(outputs), torch.Generator().manual_seed(self.seed + k)
        new = torch.zeros(len(vector), device=vector.device, dtype=vector.dtype)
        for _ in range(self.probes):
            w = random_slopes(outputs, self.output_loss, generator)
            new += pulled_back(outputs, vector, w) ** 2 / self.probes
        self._mean = mixed(new, self._mean, self.memory)
        mean = torch.zeros_like(new) if self._mean is None else self._mean
        return DiagonalInverse((mean + damping) ** self.power)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"mean": self._mean}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self._mean = state["mean"]


def mixed(new: Tensor, old: Tensor | None, memory: float) -> Tensor | None:
    """A running mean with a new estimate mixed in.

    Parameters
    ----------
    new : left out if it is not finite: one broken batch must not spoil the mean for good
    old : the mean so far; None, or of another shape, where there is none for these parameters
    memory : share of the old mean

    Returns
    -------
    tensor or None
        None where there is neither a finite estimate nor an old mean.
    """
    old = None if old is None or old.shape != new.shape else old
    if not bool(torch.isfinite(new).all()):
        return old
    return new if old is None else new.lerp(old, memory)
