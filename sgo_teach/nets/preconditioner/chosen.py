"""Which preconditioner M the conjugate gradients of Hessian-free get, and from which data."""

from __future__ import annotations

from math import nan
from typing import Any, Protocol

import torch
from torch import Tensor

from sgo_teach.nets.batches import Batches
from sgo_teach.nets.closures import Pass
from sgo_teach.nets.memory import State, recall, remember
from sgo_teach.nets.parallel import Team
from sgo_teach.nets.parameters import ParameterVector, Product
from sgo_teach.nets.preconditioner.diagonal import mean_square_gradient, mixed

EMPIRICAL_FISHER, OWN = "empirical_fisher", "own"
MEMORY = 0.9  # share of the old mean squared gradient in the new one


class Preconditioner(Protocol):
    """Any object of yours; with ``state_dict`` and ``load_state_dict`` it is saved as well."""

    def build(
        self, loss: Tensor, outputs: Tensor | None, vector: ParameterVector, damping: float, k: int
    ) -> Product:
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


def spread_of(inverse: Product | None) -> float:
    """Largest over smallest entry of M; 1 without one, NaN where M does not tell."""
    return 1.0 if inverse is None else getattr(inverse, "spread", nan)


def own_inverse(
    preconditioner: Any,
    batches: Batches,
    team: Team,
    vector: ParameterVector,
    damping: float,
    k: int,
) -> Product:
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
    mean = mixed(new, old, MEMORY)
    remember(state, vector, "mean_square", mean)
    return torch.zeros_like(new) if mean is None else mean
