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
from typing import Any, Literal

import torch.distributed as dist
from torch import Tensor

from sgo_teach.nets.batches import loss_and_gradient, mean_product
from sgo_teach.nets.choice import choose
from sgo_teach.nets.curvature import OutputLoss
from sgo_teach.nets.damping import levenberg_marquardt, next_damping
from sgo_teach.nets.local_model import LocalModel
from sgo_teach.nets.memory import recall, remember
from sgo_teach.nets.parallel import team_of
from sgo_teach.nets.parameters import ParameterVector, Product
from sgo_teach.nets.preconditioner import DiagonalInverse
from sgo_teach.nets.preconditioner.chosen import (
    EMPIRICAL_FISHER,
    OWN,
    Preconditioner,
    mean_square,
    name_of,
    own_inverse,
)
from sgo_teach.nets.settings import common_or_per_parameter, per_parameter, weight_penalty
from sgo_teach.nets.shared_state import SharedState
from sgo_teach.nets.step_data import Closures, StepData, product_of
from sgo_teach.nets.step_record import HessianFreeStep, nothing_to_solve, with_cg
from sgo_teach.nets.trials import FrozenRandomness, noted_buffers, restored


class HessianFree(SharedState):
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
    output_loss : "cross_entropy", "squared_error" or "binary_cross_entropy", optional
        Closed form for the curvature of the loss with respect to the outputs, see
        `GaussNewtonProduct`; compared with the loss in every step.
    weight_decay : c ≥ 0, adds ½c‖θ‖² to loss, gradient and curvature; per group
    damping_rule : (λ, ρ) ↦ λ, optional; None keeps λ as it is
    cg_stop : "martens" (progress of φ) or a number, the relative residual to reach
    max_cg_steps : products at most
    warm_start : CG starts at this multiple of its last iterate; 0 starts from nothing. Forgotten
        after a rejected step.
    backtracking : try the CG iterates kept on the way, not only the last
    preconditioner : True or "empirical_fisher" preconditions CG by (mean squared gradient + λ +
        weight decay)^¾; or an object of yours, see `Preconditioner`
    probes : backward passes to estimate the mean squared gradient, averaged over steps as well
    line_search : shorten the step until it lowers the loss enough, reject it otherwise; without,
        every finite step is taken
    buffers : tensors that passes through the network change, to be changed once a step, by the
        first pass; those of modules in training mode, such as batch norm's running statistics, are
        found without being named
    seed : of the preconditioner's probes
    keep_graphs : hold the graphs of several curvature closures during a step; without, only one
        of them is in memory at a time, and a product costs about two gradients instead of one
    data_parallel : share the data with the other processes of ``torch.distributed``
    process_group : with those of this group only; implies data_parallel

    Attributes
    ----------
    last_step : `HessianFreeStep`, how the last step came about
    damping : λ of the next step

    Raises
    ------
    ValueError
        If a setting lies outside its range or differs between groups where it must not, or if
        data are to be shared and no process group is initialised.

    Notes
    -----
    Every part of the recipe has its switch. Products with a linearisation cached once per step:
    Pearlmutter 1994, Schraudolph 2002 (`curvature`, `keep_graphs`). Damping, the rule that stops
    CG, warm start, backtracking, preconditioner and line search: Martens, "Deep learning via
    Hessian-free optimization", ICML 2010, and Martens & Sutskever, "Training deep and recurrent
    networks with Hessian-free optimization", in *Neural Networks: Tricks of the Trade*, 2nd ed.,
    2012. Here ρ is measured from θ, as there; taking the model's change from the warm start
    instead makes λ grow without end. Where CG meets negative curvature it ends, and a step along
    that direction is tried as well, of bounded length.

    In several processes each has its part of the data, and all take the same step; they must run
    on machines of one kind, with the same settings. Batch norm sees the part of its process only.
    A preconditioner is estimated from the parts, one by one, and differs from that of the whole:
    CG then walks another path, to the same solution. Without one, the processes reproduce a single
    one that has all the data, up to rounding.
    ``torch.amp.GradScaler`` is not supported: it scales gradients that nobody takes here.
    Fused attention cannot be differentiated twice: run it under
    ``torch.nn.attention.sdpa_kernel(SDPBackend.MATH)``.
    """

    _OURS = (*SharedState._OURS, "_damping_rule", "_buffers", "_team")

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
        preconditioner: bool | Literal["empirical_fisher"] | Preconditioner | None = False,
        probes: int = 1,
        line_search: bool = True,
        buffers: Iterable[Tensor] = (),
        seed: int = 0,
        keep_graphs: bool = False,
        data_parallel: bool = False,
        process_group: dist.ProcessGroup | None = None,
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
            "preconditioner": name_of(preconditioner),
            "probes": probes,
            "line_search": line_search,
            "seed": seed,
            "keep_graphs": keep_graphs,
        }
        self._damping_rule = damping_rule
        self._buffers = tuple(buffers)
        self._team = team_of(data_parallel, process_group)
        own = preconditioner if settings["preconditioner"] == OWN else None
        super().__init__(params, settings, own)

    def step(
        self,
        closure: Closures | None = None,
        *,
        curvature_closure: Closures | None = None,
        choice_closure: Closures | None = None,
    ) -> Tensor:
        """Take one step, or none if none lowers the loss.

        Each closure runs the network and returns (loss, outputs), without ``backward``; the loss
        alone will do with ``curvature="hessian"``. It is called several times in a step and must
        use the same data each time; dropout meets the same masks each time.

        Trial points are evaluated without gradients: a closure that takes derivatives itself, for
        a physics-informed loss, puts its body under ``with torch.enable_grad():``.

        Data that do not fit in memory at once come as a sequence of closures. Their losses, means
        over the examples of each, are averaged by the number of examples: that of rows in
        outputs, or what the closure returns as (loss, outputs, count).

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
            If closure is missing, does not return what is needed, has a loss other than the one
            named by ``output_loss``, or (seen in the first step) changes its data between calls.
        NotImplementedError
            If the network holds an operation that torch cannot differentiate twice.
        """
        vector = ParameterVector(p for group in self.param_groups for p in group["params"])
        keep, frozen = self.param_groups[0]["keep_graphs"], FrozenRandomness(vector.tensors)
        closures = closure, curvature_closure, choice_closure
        data = StepData.of(*closures, team=self._team, frozen=frozen, keep_graphs=keep)
        if self._last_step is None and self._team.size > 1:
            # Processes may have drawn different first weights.
            vector.write(self._team.of_first(vector.read()))
        with noted_buffers() as noted:
            loss, gradient = loss_and_gradient(data.gradient, vector)
        gradient = gradient + self._decay(vector) * vector.read()
        with restored([*self._buffers, *noted.values()]):
            self._last_step = step = self._move(vector, data, float(loss), gradient)
        self._shared()["k"], self.damping = step.k + 1, step.new_damping
        return loss

    def _move(
        self, vector: ParameterVector, data: StepData, loss: float, gradient: Tensor
    ) -> HessianFreeStep:
        """Model, solve, choose, adapt; leaves the parameters at the new point."""
        setting, trial = self.param_groups[0], data.trial(self.param_groups, vector)
        step_size = common_or_per_parameter(self.param_groups, "lr", vector)
        penalty = weight_penalty(self.param_groups, vector)
        before = data.loss_before(loss + penalty, trial, check=self._k == 0)
        stay = HessianFreeStep.at_rest(self._k, before, gradient, self.damping)
        if outcome := nothing_to_solve(before, gradient, step_size):
            return data.with_cost(replace(stay, outcome=outcome), 0, 0, trial)
        model = self._model(vector, data, gradient)
        inverse = self._inverse(vector, data)
        start = recall(self.state, vector, "warm_start")
        start = None if start is None else setting["warm_start"] * start
        result = model.solve(start, inverse, setting["cg_stop"], setting["max_cg_steps"])
        candidates = model.candidates(result, step_size, setting["backtracking"])
        choice = choose(model, candidates, trial, before, setting["line_search"])
        if choice.delta is not None:
            vector.write(self._team.of_first(trial.theta + choice.delta))
        remember(self.state, vector, "warm_start", None if choice.delta is None else result.x)
        damping = next_damping(self._damping_rule, self.damping, choice.ratio, result.reason)
        step = with_cg(stay, result, choice, damping, inverse)
        return data.with_cost(step, model.products, self._probes, trial)

    def _model(self, vector: ParameterVector, data: StepData, gradient: Tensor) -> LocalModel:
        decay, setting = self._decay(vector), self.param_groups[0]
        product = mean_product(data.curvature, lambda passed: product_of(passed, setting, vector))
        return LocalModel(gradient, lambda v: product(v) + decay * v, self.damping)

    def _inverse(self, vector: ParameterVector, data: StepData) -> Product | None:
        """r ↦ M⁻¹r of the preconditioner that is set."""
        shared = data.curvature, self._team, vector
        if self._preconditioner is not None:
            return own_inverse(self._preconditioner, *shared, self.damping, self._k)
        if not self._probes:
            return None
        mean = mean_square(
            *shared, self.state, self._probes, self.param_groups[0]["seed"] + self._k
        )
        return DiagonalInverse.of(mean + self._decay(vector), self.damping)

    @property
    def _probes(self) -> int:
        """Backward passes for the preconditioner; 0 where it is not the built-in one."""
        setting = self.param_groups[0]
        return setting["probes"] if setting["preconditioner"] in (True, EMPIRICAL_FISHER) else 0

    def _decay(self, vector: ParameterVector) -> Tensor:
        return per_parameter(self.param_groups, "weight_decay", vector)
