"""Hessian-free optimisation as a ``torch.optim.Optimizer``.

======  ==============================================================
θ       parameters (n,)
g       gradient of the loss at θ, weight decay included
C       curvature: the Gauss–Newton matrix G, or the Hessian H
λ       damping
Δ       step; (C + λI)Δ = −g, solved roughly by conjugate gradients
φ(Δ)    gᵀΔ + ½Δᵀ(C + λI)Δ, what CG lowers
ρ       reduction ratio, actual change over change by the undamped model
======  ==============================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import isfinite, sqrt
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd import grad
from torch.optim import Optimizer

from sgo_teach.nets.choice import choose
from sgo_teach.nets.closures import Closure, loss_of, run
from sgo_teach.nets.curvature import (
    GaussNewtonProduct,
    HessianProduct,
    OutputLoss,
    check_output_loss,
)
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.nets.local_model import LocalModel
from sgo_teach.nets.memory import recall, remember
from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioner import mean_square_gradient, preconditioner_diagonal
from sgo_teach.nets.settings import PER_GROUP, check_settings, per_parameter, weight_penalty
from sgo_teach.nets.step_record import HessianFreeStep, with_cg
from sgo_teach.nets.trials import FrozenRandomness, TrialLoss, restored
from sgo_teach.solvers.cg import NEGATIVE_CURVATURE, CGResult

Product = Callable[[Tensor], Tensor]
MEMORY = 0.9  # share of the old mean squared gradient in the new one


class HessianFree(Optimizer):
    """Minimise a loss by damped Newton steps that conjugate gradients find from products alone.

    ::

        optimizer = HessianFree(network.parameters(), damping=1.0, output_loss="cross_entropy")

        def closure():
            logits = network(images)
            return F.cross_entropy(logits, labels), logits

        loss = optimizer.step(closure)
        optimizer.last_step.cg_steps

    No ``loss.backward()`` is needed and ``.grad`` is left alone. A step never raises the loss of
    the data that it was chosen on (unless ``line_search=False``).

    Parameters
    ----------
    params : parameters or groups of them, as for every torch optimiser
    lr : multiplies the step before it is tried; per group
    damping : first λ ≥ 0; adapted by `damping_rule` after each step, 0 stays 0
    curvature : "ggn" for Gauss–Newton, "hessian" for the Hessian itself
    output_loss : "cross_entropy" or "squared_error", optional
        Closed form for the curvature of the loss with respect to the outputs, see
        `GaussNewtonProduct`; checked against the loss in the first step.
    weight_decay : c ≥ 0, adds ½c‖θ‖² to loss, gradient and curvature; per group
    damping_rule : (λ, ρ) ↦ λ, optional; None keeps λ as it is
    cg_stop : "martens" (progress of φ) or a number, the relative residual to reach
    max_cg_steps : products at most
    warm_start : CG starts at this multiple of its last iterate; 0 starts from nothing. Forgotten
        after a rejected step.
    backtracking : try the CG iterates kept on the way, not only the last
    preconditioner : precondition CG by (mean squared gradient + λ)^¾
    probes : backward passes to estimate the mean squared gradient, averaged over steps as well
    line_search : shorten the step until it lowers the loss enough, reject it otherwise; without,
        every finite step is taken
    buffers : tensors that passes through the network change, as ``network.buffers()``: the running
        statistics of batch norm are updated once a step, by the first pass, not by the probes
    seed : of the preconditioner's probes

    Attributes
    ----------
    last_step : `HessianFreeStep`, how the last step came about
    damping : λ of the next step

    Raises
    ------
    ValueError
        If a setting lies outside its range or differs between groups where it must not.

    Notes
    -----
    Martens, "Deep learning via Hessian-free optimization", ICML 2010; Martens & Sutskever,
    "Training deep and recurrent networks with Hessian-free optimization", in *Neural Networks:
    Tricks of the Trade*, 2nd ed., 2012. Here ρ is measured from θ, as there; taking the model's
    change from the warm start instead makes λ grow without end.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        damping: float = 1.0,
        curvature: Literal["ggn", "hessian"] = "ggn",
        *,
        output_loss: OutputLoss | None = None,
        weight_decay: float = 0.0,
        damping_rule: Callable[[float, float], float] | None = levenberg_marquardt,
        cg_stop: Literal["martens"] | float = "martens",
        max_cg_steps: int = 250,
        warm_start: float = 0.95,
        backtracking: bool = True,
        preconditioner: bool = False,
        probes: int = 1,
        line_search: bool = True,
        buffers: Iterable[Tensor] = (),
        seed: int = 0,
    ) -> None:
        settings = {
            "lr": lr,
            "weight_decay": weight_decay,
            "damping": damping,
            "curvature": curvature,
            "output_loss": output_loss,
            "cg_stop": cg_stop,
            "max_cg_steps": max_cg_steps,
            "warm_start": warm_start,
            "backtracking": backtracking,
            "preconditioner": preconditioner,
            "probes": probes,
            "line_search": line_search,
            "seed": seed,
        }
        check_settings(settings)
        self._damping_rule = damping_rule
        self._buffers = tuple(buffers)
        self._last_step: HessianFreeStep | None = None
        super().__init__(params, settings)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group; ``lr`` and ``weight_decay`` may differ from the others.

        Raises
        ------
        ValueError
            If any other setting differs: there is one model and one λ for all parameters.
        """
        for name, value in param_group.items():
            if name in self.defaults and name not in PER_GROUP and value != self.defaults[name]:
                raise ValueError(
                    f"{name} must be the same for all parameters, {self.defaults[name]!r}, but a "
                    f"group asks for {value!r}; only lr and weight_decay may differ"
                )
        super().add_param_group(param_group)

    @property
    def last_step(self) -> HessianFreeStep:
        """How the last step came about.

        Raises
        ------
        RuntimeError
            If no step has been taken yet.
        """
        if self._last_step is None:
            raise RuntimeError("there is no last step yet; call step(closure) first")
        return self._last_step

    @property
    def damping(self) -> float:
        """λ of the next step."""
        return self._shared().get("damping", self.param_groups[0]["damping"])

    @damping.setter
    def damping(self, value: float) -> None:
        self._shared()["damping"] = float(value)

    def step(
        self,
        closure: Closure | None = None,
        *,
        curvature_closure: Closure | None = None,
        choice_closure: Closure | None = None,
    ) -> Tensor:
        """Take one step, or none if none lowers the loss.

        Each closure runs the network and returns (loss, outputs), without ``backward``; the loss
        alone will do with ``curvature="hessian"``. It is called several times in a step and must
        use the same data each time; dropout meets the same masks each time.

        Parameters
        ----------
        closure : data for the gradient, and for all that has no closure of its own
        curvature_closure : data for C, usually a part of those for the gradient
        choice_closure : data on which ρ is measured and the step is tried

        Returns
        -------
        scalar tensor
            The loss of `closure` before the step, without weight decay.

        Raises
        ------
        ValueError
            If closure is missing, does not return what is needed, or has a loss other than the
            one named by ``output_loss``.
        """
        if closure is None:
            raise ValueError("step needs a closure that returns (loss, outputs)")
        vector = ParameterVector(p for group in self.param_groups for p in group["params"])
        frozen = FrozenRandomness(vector.tensors)
        loss, outputs = run(closure)
        with restored(self._buffers):
            model, diagonal = self._model(vector, frozen, (loss, outputs), curvature_closure)
            trial = self._trial(vector, frozen, choice_closure or closure)
            if choice_closure is None:
                before = float(loss.detach()) + weight_penalty(self.param_groups, vector)
            else:
                before = trial(torch.zeros_like(trial.theta))
            self._last_step = step = self._move(vector, model, diagonal, trial, before)
        self._shared()["k"], self.damping = step.k + 1, step.new_damping
        return loss.detach()

    def _model(
        self,
        vector: ParameterVector,
        frozen: FrozenRandomness,
        passed: tuple[Tensor, Tensor | None],
        curvature_closure: Closure | None,
    ) -> tuple[LocalModel, Tensor | None]:
        """The model around θ, and the diagonal of the preconditioner."""
        own = curvature_closure is None
        parts = grad(passed[0], vector.tensors, retain_graph=own, allow_unused=True)
        if curvature_closure is not None:
            with frozen.replay():
                passed = run(curvature_closure)
        product = self._curvature(vector, *passed)
        diagonal = self._diagonal(vector, *passed)
        decay = per_parameter(self.param_groups, "weight_decay", vector)
        gradient = vector.flatten(parts) + decay * vector.read()
        return LocalModel(gradient, lambda v: product(v) + decay * v, self.damping), diagonal

    def _curvature(self, vector: ParameterVector, loss: Tensor, outputs: Tensor | None) -> Product:
        setting = self.param_groups[0]
        if setting["curvature"] == "hessian":
            return HessianProduct(loss, vector.tensors)
        if outputs is None:
            raise ValueError(
                "curvature='ggn' needs a closure that returns (loss, outputs), not the loss "
                "alone; curvature='hessian' does without outputs"
            )
        if setting["output_loss"] is not None and self._k == 0:
            check_output_loss(loss, outputs, setting["output_loss"])
        return GaussNewtonProduct(loss, outputs, vector.tensors, setting["output_loss"])

    def _diagonal(
        self, vector: ParameterVector, loss: Tensor, outputs: Tensor | None
    ) -> Tensor | None:
        """The preconditioner, from a running mean of the mean squared gradient."""
        setting = self.param_groups[0]
        if not setting["preconditioner"]:
            return None
        if outputs is None:
            raise ValueError("preconditioner=True needs a closure that returns (loss, outputs)")
        # Seeded by the step, so that a resumed run draws the same signs.
        generator = torch.Generator().manual_seed(setting["seed"] + self._k)
        new = mean_square_gradient(loss, outputs, vector, setting["probes"], generator)
        old = recall(self.state, vector, "mean_square")
        mean = new if old is None else MEMORY * old + (1 - MEMORY) * new
        if bool(torch.isfinite(mean).all()):  # one broken batch must not spoil the mean for good
            remember(self.state, vector, "mean_square", mean)
        return preconditioner_diagonal(mean, self.damping)

    def _move(
        self,
        vector: ParameterVector,
        model: LocalModel,
        diagonal: Tensor | None,
        trial: TrialLoss,
        before: float,
    ) -> HessianFreeStep:
        """Solve, choose, adapt; leaves the parameters at the new point."""
        squared = float(model.gradient @ model.gradient)
        stay = HessianFreeStep(
            self._k, "rejected", before, before, sqrt(squared), model.damping, model.damping
        )
        if not (isfinite(before) and isfinite(squared)):
            return replace(stay, outcome="not_finite")
        if squared == 0:
            return replace(stay, outcome="zero_gradient")
        setting, start = self.param_groups[0], recall(self.state, vector, "warm_start")
        start = None if start is None else setting["warm_start"] * start
        result = model.solve(start, diagonal, setting["cg_stop"], setting["max_cg_steps"])
        step_size, backtracking = (
            per_parameter(self.param_groups, "lr", vector),
            setting["backtracking"],
        )
        candidates = model.candidates(result, step_size, backtracking)
        choice = choose(model, candidates, trial, before, setting["line_search"])
        if choice.delta is not None:
            vector.write(trial.theta + choice.delta)
        remember(self.state, vector, "warm_start", None if choice.delta is None else result.x)
        damping = self._next_damping(choice.ratio, result)
        return with_cg(stay, result, choice, damping, diagonal)

    def _next_damping(self, ratio: float, result: CGResult) -> float:
        if self._damping_rule is None:
            return self.damping
        damping = self._damping_rule(self.damping, ratio)
        # Where C is not positive definite a good ρ is no reason to damp it less.
        return max(damping, self.damping) if result.reason == NEGATIVE_CURVATURE else damping

    def _trial(
        self, vector: ParameterVector, frozen: FrozenRandomness, closure: Closure
    ) -> TrialLoss:
        def objective() -> float:
            with frozen.replay():
                return loss_of(closure) + weight_penalty(self.param_groups, vector)

        return TrialLoss(objective, vector)

    @property
    def _k(self) -> int:
        return self._shared().get("k", 0)

    def _shared(self) -> dict[str, Any]:
        """State of the whole optimiser; it is kept with the first parameter, to be saved."""
        return self.state[self.param_groups[0]["params"][0]]
