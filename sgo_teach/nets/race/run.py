"""The race itself: always whoever is furthest behind goes next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import nan
from time import perf_counter
from typing import Literal, get_args

from torch import nn
from torch.optim import Optimizer

from sgo_teach.nets.race.data import ImageTensors, accuracy, predict_logits

Unit = Literal["seconds", "updates", "gradient_equivalents"]


@dataclass(frozen=True)
class Snapshot:
    """Where an entrant stands.

    Attributes
    ----------
    name : of the entrant
    seconds : spent in updates so far
    updates : number of updates so far
    loss : mean loss of all training images
    test_accuracy : share of the held-out images that are named rightly; NaN without classes
    damping, cg_steps, ratio : λ, products and ρ of the last step of Hessian-free; NaN elsewhere
    gradient_equivalents : spent in updates so far; NaN in races recorded before they were counted
    test_loss : mean loss of the held-out images; NaN in those races
    """

    name: str
    seconds: float
    updates: int
    loss: float
    test_accuracy: float
    damping: float = nan
    cg_steps: float = nan
    ratio: float = nan
    gradient_equivalents: float = nan
    test_loss: float = nan


@dataclass(eq=False)
class Entrant:
    """A network on its way.

    Attributes
    ----------
    name : shown in pictures
    network : is trained in place
    optimizer : of its parameters
    update : makes one update and returns what it cost in gradient-equivalents; None if nobody
        counted
    data : what is trained and tested on
    seconds, updates, gradient_equivalents : spent so far
    curvature : λ, products and ρ of the last update
    history : snapshots so far; whatever stops a race, they stay
    """

    name: str
    network: nn.Module
    optimizer: Optimizer
    update: Callable[[], float | None]
    data: ImageTensors
    seconds: float = 0.0
    updates: int = 0
    curvature: tuple[float, float, float] = (nan, nan, nan)
    history: list[Snapshot] = field(default_factory=list)
    gradient_equivalents: float = 0.0

    def snapshot(self) -> Snapshot:
        """Measure loss and accuracy, and note them in the history."""
        data = self.data
        logits = predict_logits(self.network, data.train_images)
        held_out = predict_logits(self.network, data.test_images)
        loss, test_loss = (
            data.loss(logits, data.train_labels),
            data.loss(held_out, data.test_labels),
        )
        self.history.append(
            Snapshot(
                self.name,
                self.seconds,
                self.updates,
                float(loss),
                accuracy(held_out, data.test_labels),
                *self.curvature,
                self.gradient_equivalents,
                float(test_loss),
            )
        )
        return self.history[-1]

    def advance(self, clock: Callable[[], float] = perf_counter) -> None:
        """Make one update and add up what it cost."""
        started = clock()
        cost = self.update()
        self.seconds += clock() - started
        self.updates += 1
        self.gradient_equivalents += nan if cost is None else cost


@dataclass(frozen=True)
class Budget:
    """How much each entrant may spend.

    Attributes
    ----------
    amount : > 0
    unit : "seconds", "updates" or "gradient_equivalents"

    Raises
    ------
    ValueError
        If the amount is not positive or the unit is unknown.
    """

    amount: float
    unit: Unit = "seconds"

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ValueError(f"unit must be one of {get_args(Unit)}, not {self.unit!r}")
        if not self.amount > 0:
            raise ValueError(f"a budget must be positive, not {self.amount} {self.unit}")

    def spent(self, entrant: Entrant) -> float:
        """How much of it an entrant has used, in the budget's unit.

        Raises
        ------
        ValueError
            If the entrant's updates do not tell what they cost.
        """
        spent = getattr(entrant, self.unit)
        if spent != spent:
            raise ValueError(
                f"the updates of {entrant.name!r} must return their cost to be raced by "
                f"{self.unit}, but one returned None; race by seconds or updates, or return it"
            )
        return spent


def train(
    entrant: Entrant,
    seconds: float | Budget,
    every: float = 0.5,
    clock: Callable[[], float] = perf_counter,
) -> Iterator[Snapshot]:
    """Train until a budget is spent; yield a snapshot at the start, at the end and in between.

    The last update is finished even if it takes the entrant past the end.

    Parameters
    ----------
    entrant : goes on from where it stands
    seconds : more of them to train, > 0; or a `Budget` in another unit
    every : seconds (or units of the budget) between snapshots, > 0
    clock : tells the time in seconds

    Raises
    ------
    ValueError
        If seconds or every is not positive, or the entrant does not count what is budgeted.
    """
    budget = seconds if isinstance(seconds, Budget) else Budget(seconds)
    if not every > 0:
        raise ValueError(f"every must be positive, not {every}")
    begun = budget.spent(entrant)
    end, due = begun + budget.amount, begun + every
    yield entrant.snapshot()
    while budget.spent(entrant) < end:
        entrant.advance(clock)
        if budget.spent(entrant) >= min(due, end):
            yield entrant.snapshot()
            due = budget.spent(entrant) + every


def race(
    entrants: Sequence[Entrant],
    seconds: float | Budget,
    every: float = 0.5,
    clock: Callable[[], float] = perf_counter,
) -> Iterator[Snapshot]:
    """Train all entrants in turn, always the one that has spent least of the budget.

    In a race by seconds a busy machine then slows all of them alike. Parameters as for `train`.
    """
    budget = seconds if isinstance(seconds, Budget) else Budget(seconds)
    running = {id(entrant): train(entrant, budget, every, clock) for entrant in entrants}
    while running:
        entrant = min((e for e in entrants if id(e) in running), key=budget.spent)
        snapshot = next(running[id(entrant)], None)
        if snapshot is None:
            del running[id(entrant)]
        else:
            yield snapshot
