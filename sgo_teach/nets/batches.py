"""Parts of the data and their means: a loss over 7 + 13 examples is that over 20.

=======  ==========================================================
i        part of the data, one closure each, in one process or many
nᵢ, N    examples in a part, and in all of them
L        (1/N) Σ nᵢLᵢ, and likewise its gradient and its curvature
=======  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import cache

import torch
from torch import Tensor
from torch.autograd import grad

from sgo_teach.nets.closures import Closure, Pass, run
from sgo_teach.nets.parallel import Team
from sgo_teach.nets.parameters import ParameterVector, Product
from sgo_teach.nets.trials import FrozenRandomness


class Batches:
    """The data for one purpose in one step: gradient, curvature or trials.

    Parameters
    ----------
    closures : one for each part
    team : the processes that hold further parts
    frozen : the randomness that every sweep over the parts replays
    keep : whether to hold the graphs of all parts from the first sweep on; without, each sweep
        runs the network again, and only one part is in memory at a time

    Attributes
    ----------
    kept : passes with their graphs; none without `keep` or before the first sweep
    count : examples of this process, known after a sweep
    product_cost : of a product with the curvature of these data, in gradients, known after one
    """

    def __init__(
        self, closures: tuple[Closure, ...], team: Team, frozen: FrozenRandomness, keep: bool
    ) -> None:
        self._closures, self._team, self._frozen = closures, team, frozen
        self.keep = keep
        self.kept: list[Pass] = []
        self.count, self.product_cost = 0.0, 1.0

    def mean(self, of: Callable[[Pass], Tensor], graph: bool = True, replay: bool = True) -> Tensor:
        """(1/N) Σ nᵢ·of(passᵢ), over all parts and processes.

        Parameters
        ----------
        of : what is averaged, a tensor of one shape for all passes
        graph : whether `of` takes derivatives
        replay : whether the passes meet the frozen randomness; False lets it run on

        Raises
        ------
        ValueError
            If there are several parts and a closure does not tell how many examples it has, or
            if this process has no example at all.
        """
        if graph and self.kept:
            return self._mean(of, self.kept)
        with self._frozen.replay() if replay else nullcontext():
            return self._mean(of, (self._run(closure, graph) for closure in self._closures))

    def first(self) -> Pass:
        """The pass over the first part, with its graph."""
        if self.kept:
            return self.kept[0]
        with self._frozen.replay():
            return run(self._closures[0])

    def sweep(self) -> None:
        """Run the network and keep the graphs, if they are to be kept and are not yet."""
        if self.keep and not self.kept:
            self.mean(lambda passed: passed.loss.detach())

    def _run(self, closure: Closure, graph: bool) -> Pass:
        passed = run(closure, graph)
        if graph and self.keep:
            self.kept.append(passed)
        return passed

    def _mean(self, of: Callable[[Pass], Tensor], passes: Iterable[Pass]) -> Tensor:
        mean, self.count = torch.zeros(()), 0.0
        for passed in passes:
            n = self._weight(passed)
            if n > 0:  # the mean loss over no examples is not a number
                self.count += n
                x = of(passed)
                mean = x if n == self.count else mean + (n / self.count) * (x - mean)
        if self.count == 0:
            raise ValueError("each process needs at least one example, and this one has none")
        return self._team.mean(mean, self.count)

    def _weight(self, passed: Pass) -> float:
        if passed.count is not None:
            return passed.count
        if len(self._closures) > 1 or self._team.size > 1:
            raise ValueError(
                "several batches or processes are weighted by their number of examples, and a "
                "closure does not tell it; return (loss, outputs) or (loss, outputs, count)"
            )
        return 1.0


def loss_and_gradient(batches: Batches, vector: ParameterVector) -> tuple[Tensor, Tensor]:
    """L () and g (n,), in a first sweep over the data that lets randomness run on.

    Raises
    ------
    ValueError
        If a closure has called backward, which leaves no graph to differentiate.
    """

    def of(passed: Pass) -> Tensor:
        parts = _gradient(passed.loss, vector, batches.keep)
        return torch.cat([passed.loss.detach().to(parts).reshape(1), parts])

    both = batches.mean(of, replay=False)
    return both[0], both[1:]


def _gradient(loss: Tensor, vector: ParameterVector, keep: bool) -> Tensor:
    try:
        parts = grad(loss, vector.tensors, retain_graph=keep, allow_unused=True)
    except RuntimeError as error:
        if "a second time" not in str(error):
            raise
        raise ValueError(
            "the closure must leave its graph whole, and it has called backward; return "
            "(loss, outputs) and leave the derivatives to the optimiser"
        ) from error
    return vector.flatten(parts)


def mean_product(batches: Batches, make: Callable[[Pass], Product]) -> Product:
    """v ↦ Cv = (1/N) Σ nᵢCᵢv.

    Parameters
    ----------
    batches : the data; where they keep their graphs, each linearisation is built once
    make : pass ↦ (v ↦ Cᵢv)
    """
    batches.sweep()
    made = torch.enable_grad()(make)  # CG, which asks for the products, runs without
    made = cache(made) if batches.kept else made

    def of(passed: Pass, v: Tensor) -> Tensor:
        C = made(passed)
        batches.product_cost = getattr(C, "cost", 1.0)
        return C(v)

    return lambda v: batches.mean(lambda passed: of(passed, v))
