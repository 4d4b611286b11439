"""Which data serve for gradient, curvature and trials in one step, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import torch

from sgo_teach.nets.batches import Batches
from sgo_teach.nets.closures import Closure, Pass, closures_of
from sgo_teach.nets.curvature import GaussNewtonProduct, HessianProduct, check_output_loss
from sgo_teach.nets.parallel import Team
from sgo_teach.nets.parameters import ParameterVector, Product
from sgo_teach.nets.settings import Groups, weight_penalty
from sgo_teach.nets.step_record import HessianFreeStep
from sgo_teach.nets.trials import FrozenRandomness, TrialLoss, check_same_data

Closures = Closure | Sequence[Closure]
FORWARD, BACKWARD = 1 / 3, 2 / 3  # of a gradient


@dataclass(frozen=True, eq=False)
class StepData:
    """The data of one step; the same object where two purposes share their data."""

    gradient: Batches
    curvature: Batches
    choice: Batches

    @classmethod
    def of(
        cls,
        closure: Closures | None,
        curvature_closure: Closures | None,
        choice_closure: Closures | None,
        *,
        team: Team,
        frozen: FrozenRandomness,
        keep_graphs: bool,
    ) -> StepData:
        """Sort the closures of `HessianFree.step`."""

        def batches(closure: Any, curves: bool) -> Batches:
            closures = closures_of(closure)
            return Batches(closures, team, frozen, curves and (keep_graphs or len(closures) == 1))

        own_curvature = curvature_closure is None or curvature_closure is closure
        own_choice = choice_closure is None or choice_closure is closure
        gradient = batches(closure, own_curvature)
        curvature = gradient if own_curvature else batches(curvature_closure, True)
        return cls(gradient, curvature, gradient if own_choice else batches(choice_closure, False))

    def trial(self, groups: Groups, vector: ParameterVector) -> TrialLoss:
        """Δ ↦ L(θ + Δ) on the data that choose the step, weight decay included."""

        def objective() -> float:
            loss = self.choice.mean(lambda passed: passed.loss, graph=False)
            return float(loss) + weight_penalty(groups, vector)

        return TrialLoss(objective, vector)

    def loss_before(self, loss: float, trial: TrialLoss, check: bool) -> float:
        """L(θ) on the data that choose the step; known where they are those of the gradient.

        Parameters
        ----------
        loss : L(θ) on the data of the gradient
        check : whether to make sure that a second pass over them gives the same
        """
        if self.choice is not self.gradient:
            return trial(torch.zeros_like(trial.theta))
        if check and isfinite(loss):
            check_same_data(loss, trial(torch.zeros_like(trial.theta)))
        return loss

    def with_cost(
        self, step: HessianFreeStep, products: int, probes: int, trial: TrialLoss
    ) -> HessianFreeStep:
        """The record with the cost of its step.

        Parameters
        ----------
        products : with C
        probes : backward passes for the preconditioner
        trial : knows how often it was asked
        """
        curvature = self._passes_for(products) + BACKWARD * probes if products else 0.0
        trials = FORWARD * trial.evaluations
        shares = self.curvature.count * curvature + self.choice.count * trials
        return replace(
            step,
            products=products,
            evaluations=trial.evaluations,
            gradient_equivalents=1 + shares / self.gradient.count,
        )

    def _passes_for(self, products: int) -> float:
        """What products cost in gradients of the curvature data, the way to them included."""
        each = self.curvature.product_cost
        if not self.curvature.keep:
            return products * (FORWARD + BACKWARD + each)
        return products * each + BACKWARD + (0 if self.curvature is self.gradient else FORWARD)


def product_of(passed: Pass, setting: dict[str, Any], vector: ParameterVector) -> Product:
    """v ↦ Cv for one pass and the curvature that is set.

    Raises
    ------
    ValueError
        If the Gauss–Newton matrix is wanted and the closure gives no outputs, or ``output_loss``
        names another loss than that of the closure.
    """
    if setting["curvature"] == "hessian":
        return HessianProduct(passed.loss, vector.tensors)
    if passed.outputs is None:
        raise ValueError(
            "curvature='ggn' needs a closure that returns (loss, outputs), not the loss "
            "alone; curvature='hessian' does without outputs"
        )
    name = setting["output_loss"]
    product = GaussNewtonProduct(passed.loss, passed.outputs, vector.tensors, name)
    if name is not None:  # looked at in every step: weights or ignored labels may come later
        check_output_loss(passed.loss, passed.outputs, name)
    return product
