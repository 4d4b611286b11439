"""Which preconditioner M the conjugate gradients of Hessian-free get, and from which data."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any, Protocol

import torch
from torch import Tensor

from sgo_teach.nets.batches import Batches
from sgo_teach.nets.closures import Pass
from sgo_teach.nets.memory import State, recall, remember
from sgo_teach.nets.parallel import Team
from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioner import mean_square_gradient, preconditioner_diagonal

Inverse = Callable[[Tensor], Tensor]
EMPIRICAL_FISHER, OWN = "empirical_fisher", "own"
MEMORY = 0.9  # share of the old mean squared gradient in the new one


class Preconditioner(Protocol):
    """Any object of yours; with ``state_dict`` and ``load_state_dict`` it is saved as well."""

    def build(
        self, loss: Tensor, outputs: Tensor | None, vector: ParameterVector, damping: float, k: int
    ) -> Inverse:
        """Make r ↦ M⁻¹r for one step, M symmetric positive definite.

        Parameters
        ----------
        loss, outputs : of the curvature data (their first part), with the graph still whole:
            derivatives need ``retain_graph=True``
        vector : the parameters
        damping : λ
        k : number of the step, from 0
        """
        ...


def name_of(preconditioner: Any) -> Any:
    """What the settings say of a preconditioner: an object itself has no place among them."""
    if preconditioner is None or preconditioner is False:
        return False
    if preconditioner is True:
        return EMPIRICAL_FISHER
    own = callable(preconditioner) or callable(getattr(preconditioner, "build", None))
    return OWN if own else preconditioner


class DiagonalInverse:
    """r ↦ M⁻¹r for a diagonal M (n,).

    Attributes
    ----------
    spread : largest over smallest entry
    """

    def __init__(self, diagonal: Tensor) -> None:
        self.diagonal = diagonal
        self.spread = float(diagonal.max() / diagonal.min())

    @classmethod
    def of(cls, mean_square: Tensor, damping: float) -> DiagonalInverse:
        """M = (mean squared gradient + λ)^¾, see `preconditioner_diagonal`."""
        diagonal = preconditioner_diagonal(mean_square, damping)
        largest = float(diagonal.max())
        # Without damping an unused parameter has a zero, and must not end as 0/0.
        least = torch.finfo(diagonal.dtype).eps * largest if largest > 0 else 1.0
        return cls(diagonal.clamp(min=least))

    def __call__(self, r: Tensor) -> Tensor:
        """M⁻¹r, (n,)."""
        return r / self.diagonal


def spread_of(inverse: Inverse | None) -> float:
    """Largest over smallest entry of M; 1 without one, NaN where M does not tell."""
    return 1.0 if inverse is None else getattr(inverse, "spread", nan)


def own_inverse(
    preconditioner: Any,
    batches: Batches,
    team: Team,
    vector: ParameterVector,
    damping: float,
    k: int,
) -> Inverse:
    """What a `Preconditioner` builds; in several processes, the mean of their inverses."""
    passed = batches.first()
    build = getattr(preconditioner, "build", preconditioner)
    inverse = build(passed.loss, passed.outputs, vector, damping, k)
    if team.size == 1:
        return inverse
    # The mean of positive definite inverses is one, and the same in all processes.
    return lambda r: team.mean(inverse(r), 1.0)


def mean_square(
    batches: Batches, team: Team, vector: ParameterVector, state: State, probes: int, seed: int
) -> Tensor:
    """The mean squared gradient (n,), averaged over the steps as well.

    Parameters
    ----------
    batches : the curvature data
    state : where the running mean is kept
    probes : backward passes for the estimate
    seed : of the random signs, another one in each step, so that a resumed run draws the same
    """
    generator = torch.Generator().manual_seed(seed + 1_000_003 * team.rank)

    def of(passed: Pass) -> Tensor:
        if passed.outputs is None:
            raise ValueError("preconditioner=True needs a closure that returns (loss, outputs)")
        return mean_square_gradient(passed.loss, passed.outputs, vector, probes, generator)

    new, old = batches.mean(of), recall(state, vector, "mean_square")
    if not bool(torch.isfinite(new).all()):  # one broken batch must not spoil the mean for good
        return torch.zeros_like(new) if old is None else old
    mean = new if old is None else MEMORY * old + (1 - MEMORY) * new
    remember(state, vector, "mean_square", mean)
    return mean
