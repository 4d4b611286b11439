"""Which of the steps that CG proposes is taken, and how much of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan

import torch
from torch import Tensor

from sgo_teach.nets.damping import reduction_ratio
from sgo_teach.nets.local_model import Candidate, LocalModel

Trial = Callable[[Tensor], float]

ARMIJO = 1e-2
SHRINK = 0.8
MAX_SHRINKS = 60
ROUNDING = 10  # multiples of the machine's ε; so much of the loss is rounding error


@dataclass(frozen=True, eq=False)
class Choice:
    """The step to take.

    Attributes
    ----------
    k : number of the CG iterate
    delta : (n,) tensor, the step tΔ; None where no step lowers the loss enough
    loss : the loss after the step
    ratio : ρ of the iterate, before the line search
    scale : t; 0 where no step is taken
    shrinks : how often t shrank
    beyond : whether the step goes on from the iterate along negative curvature
    """

    k: int
    delta: Tensor | None
    loss: float
    ratio: float = nan
    scale: float = 0.0
    shrinks: int = 0
    beyond: bool = False


def choose(
    model: LocalModel,
    candidates: Sequence[Candidate],
    trial: Trial,
    loss: float,
    line_search: bool = True,
) -> Choice:
    """Backtrack over the candidates, measure ρ, search along the one chosen.

    Parameters
    ----------
    model : tells the change that was to be expected
    candidates : in the order in which CG met them; those that point uphill are passed over
    trial : Δ ↦ L(θ + Δ)
    loss : L(θ)
    line_search : without it, the chosen step is taken whole wherever its loss is finite
    """
    downhill = [candidate for candidate in candidates if candidate.slope < 0]
    if not downhill:
        return Choice(0, None, loss)
    chosen, first = backtrack(downhill, trial)
    rounding = ROUNDING * torch.finfo(chosen.x.dtype).eps * abs(loss)
    ratio = reduction_ratio(first - loss, model.promised(chosen), rounding)
    if line_search:
        scale, new_loss, shrinks = armijo(chosen, loss, first, trial)
    else:
        scale, new_loss, shrinks = (0.0, loss, 0) if first == inf else (1.0, first, 0)
    delta = scale * chosen.delta if scale > 0 else None
    return Choice(chosen.k, delta, new_loss, ratio, scale, shrinks, chosen.beyond)


def backtrack(candidates: Sequence[Candidate], trial: Trial) -> tuple[Candidate, float]:
    """Walk back from the last candidate for as long as the true loss does not rise.

    CG lowers the model with every iterate, but the late ones may have left the region where the
    model resembles the loss. Martens, "Deep learning via Hessian-free optimization", ICML 2010.

    Returns
    -------
    candidate, loss
        The one chosen and the loss there.
    """
    chosen, best = candidates[-1], trial(candidates[-1].delta)
    for candidate in reversed(candidates[:-1]):
        loss = trial(candidate.delta)
        if loss > best:
            break
        chosen, best = candidate, loss
    return chosen, best


def armijo(
    candidate: Candidate,
    loss: float,
    first: float,
    trial: Trial,
    max_shrinks: int = MAX_SHRINKS,
) -> tuple[float, float, int]:
    """Shrink t = 1, 0.8, 0.8², ... until L(θ + tΔ) ≤ L(θ) + 10⁻² t gᵀΔ.

    Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 3 (sufficient decrease).

    Parameters
    ----------
    candidate : the step Δ, downhill
    loss : L(θ)
    first : L(θ + Δ), known already
    trial : Δ ↦ L(θ + Δ)

    Returns
    -------
    t, new_loss, shrinks
        t = 0 and the old loss where no t was good enough.
    """
    t, new_loss = 1.0, first
    for shrinks in range(max_shrinks + 1):
        # The strict part matters where gᵀΔ drowns in the rounding of the loss.
        if new_loss < loss and new_loss <= loss + ARMIJO * t * candidate.slope:
            return t, new_loss, shrinks
        if shrinks < max_shrinks:
            t *= SHRINK
            new_loss = trial(t * candidate.delta)
    return 0.0, loss, max_shrinks
