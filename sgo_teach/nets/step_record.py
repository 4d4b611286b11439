"""What a step of the Hessian-free optimiser leaves to read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

from torch import Tensor

from sgo_teach.nets.choice import Choice
from sgo_teach.solvers.cg import CGResult


@dataclass(frozen=True)
class HessianFreeStep:
    """What happened in one call of `HessianFree.step`.

    Attributes
    ----------
    k : number of the step, from 0
    outcome : "accepted"; "rejected" (no step lowered the loss enough, θ is where it was);
        "zero_gradient" or "not_finite" (nothing to solve, θ is where it was)
    loss, new_loss : before and after, on the data that chooses the step
    gradient_norm : ‖g‖₂
    damping, new_damping : λ of this step and of the next
    ratio : ρ of the chosen iterate, before the line search
    cg_steps : products with C + λI, the one for a warm start not counted
    cg_reason : why CG stopped: "martens", "residual", "max_steps", "solved",
        "negative_curvature", "not_finite", "bad_preconditioner"; empty where CG did not run
    model_values : φ along CG
    kept : numbers of the CG iterates that were kept
    chosen : number of the one chosen among them
    scale, shrinks : t of the line search, and how often t shrank
    preconditioner_spread : largest over smallest entry of the preconditioner; 1 without one
    """

    k: int
    outcome: str
    loss: float
    new_loss: float
    gradient_norm: float
    damping: float
    new_damping: float
    ratio: float = nan
    cg_steps: int = 0
    cg_reason: str = ""
    model_values: tuple[float, ...] = ()
    kept: tuple[int, ...] = ()
    chosen: int = 0
    scale: float = 0.0
    shrinks: int = 0
    preconditioner_spread: float = 1.0

    @property
    def accepted(self) -> bool:
        """Whether θ has moved."""
        return self.outcome == "accepted"


def with_cg(
    step: HessianFreeStep,
    result: CGResult,
    choice: Choice,
    new_damping: float,
    diagonal: Tensor | None,
) -> HessianFreeStep:
    """The record of a step for which CG ran."""
    return replace(
        step,
        outcome="rejected" if choice.delta is None else "accepted",
        new_loss=choice.loss,
        new_damping=new_damping,
        ratio=choice.ratio,
        cg_steps=result.k,
        cg_reason=result.reason,
        model_values=result.model_values,
        kept=tuple(iterate.k for iterate in result.iterates),
        chosen=choice.k,
        scale=choice.scale,
        shrinks=choice.shrinks,
        preconditioner_spread=1.0 if diagonal is None else float(diagonal.max() / diagonal.min()),
    )
