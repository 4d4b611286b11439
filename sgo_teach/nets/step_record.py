"""What a step of the Hessian-free optimiser leaves to read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite, nan

import torch
from torch import Tensor

from sgo_teach.nets.choice import Choice
from sgo_teach.nets.parameters import Product
from sgo_teach.nets.preconditioner.chosen import spread_of
from sgo_teach.solvers.cg import CGResult


@dataclass(frozen=True)
class HessianFreeStep:
    """What happened in one call of `HessianFree.step`.

    Attributes
    ----------
    k : number of the step, from 0
    outcome : "accepted"; "rejected" (no step lowered the loss enough, θ is where it was);
        "zero_gradient", "not_finite" or "zero_rate" (nothing to solve, θ is where it was)
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
    beyond : whether the step goes on from it along a direction of negative curvature
    scale, shrinks : t of the line search, and how often t shrank
    preconditioner_spread : largest over smallest entry of the preconditioner; 1 without one, NaN
        where it is not diagonal
    products : with C, all of them
    evaluations : forward passes over the data that choose the step, spent on trials
    gradient_equivalents : cost of the step in gradients of the gradient data: a forward pass is
        1/3, a backward pass 2/3, a product 1, or 5/3 where autograd differentiates twice (for the
        Hessian, and for networks with an operation that `TangentWalk` has no rule for), each by
        the number of its examples; the matrix products of dense and convolutional layers alone are
        counted, and a preconditioner object is not
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
    beyond: bool = False
    scale: float = 0.0
    shrinks: int = 0
    preconditioner_spread: float = 1.0
    products: int = 0
    evaluations: int = 0
    gradient_equivalents: float = 1.0

    @classmethod
    def at_rest(cls, k: int, loss: float, gradient: Tensor, damping: float) -> HessianFreeStep:
        """The record before anything is solved: θ is where it was."""
        norm = float(torch.linalg.vector_norm(gradient))
        return cls(k, "rejected", loss, loss, norm, damping, damping)

    @property
    def accepted(self) -> bool:
        """Whether θ has moved."""
        return self.outcome == "accepted"


def with_cg(
    step: HessianFreeStep,
    result: CGResult,
    choice: Choice,
    new_damping: float,
    inverse: Product | None,
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
        beyond=choice.beyond,
        scale=choice.scale,
        shrinks=choice.shrinks,
        preconditioner_spread=spread_of(inverse),
    )


def nothing_to_solve(loss: float, gradient: Tensor, step_size: float | Tensor) -> str:
    """Why no step need be looked for, as an outcome; empty if there is one to look for."""
    norm = float(torch.linalg.vector_norm(gradient))
    if not (isfinite(loss) and isfinite(norm)):
        return "not_finite"
    if norm == 0:
        return "zero_gradient"
    return "zero_rate" if isinstance(step_size, float) and step_size == 0 else ""
