"""Who is ahead in a race: tables that are computed from its histories, whoever leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from statistics import mean, median

from sgo_teach.nets.race import Entrant, Snapshot
from sgo_teach.nets.recording import Recording

Histories = Mapping[str, Sequence[Sequence[Snapshot]]]  # name -> one history for each seed
GOAL = 0.98  # share of the held-out digits
OURS = "Hessian-free"
AXES = {  # in words: field of `Snapshot`
    "updates": "updates",
    "gradient-equivalents": "gradient_equivalents",
    "seconds": "seconds",
}


def recorded(recording: Recording) -> Histories:
    """The histories of a recorded race."""
    return {name: recording.histories(name) for name in recording.names}


def live(entrants: Sequence[Entrant]) -> Histories:
    """The histories of a race run just now: one seed; those that never started are left out."""
    return {e.name: [tuple(e.history)] for e in entrants if e.history}


def spent_to(history: Sequence[Snapshot], field: str, goal: float = GOAL) -> float:
    """What was spent until the held-out accuracy was first seen; inf if it never was."""
    return next((getattr(s, field) for s in history if s.test_accuracy >= goal), inf)


@dataclass(frozen=True)
class Standing:
    """Where one optimiser ended, over all seeds.

    accuracy : mean held-out accuracy, lowest and highest; loss : median training loss; updates,
    gradient_equivalents, seconds : medians; reached : how many seeds saw the goal, of how many.
    """

    name: str
    accuracy: tuple[float, float, float]
    loss: float
    updates: float
    gradient_equivalents: float
    seconds: float
    reached: tuple[int, int]

    @classmethod
    def of(cls, name: str, histories: Sequence[Sequence[Snapshot]], goal: float = GOAL) -> Standing:
        """Read the last snapshot of each history."""
        last = [history[-1] for history in histories]
        shares = [snapshot.test_accuracy for snapshot in last]
        medians = {f: median(getattr(snapshot, f) for snapshot in last) for f in AXES.values()}
        there = sum(isfinite(spent_to(history, "updates", goal)) for history in histories)
        return cls(
            name,
            (mean(shares), min(shares), max(shares)),
            median(snapshot.loss for snapshot in last),
            reached=(there, len(last)),
            **medians,
        )

    def price(self, field: str) -> float:
        """What an update cost, in seconds or gradient-equivalents."""
        return getattr(self, field) / self.updates if self.updates else inf


@dataclass(frozen=True)
class Table:
    """A table that shows itself in a notebook: title, head and rows of text, a sentence below."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: str = ""

    def _repr_markdown_(self) -> str:
        head, *rows = ("| " + " | ".join(row) + " |" for row in (self.head, *self.rows))
        rule = "|" + " --- |" * len(self.head)
        return "\n".join([f"**{self.title}**", "", head, rule, *rows, "", self.below])

    def __repr__(self) -> str:
        lines = (self.title, *("; ".join(row) for row in (self.head, *self.rows)), self.below)
        return "\n".join(filter(None, lines))


def standings(title: str, histories: Histories, goal: float = GOAL) -> Table:
    """Where each optimiser of a race ended."""
    head = ("optimiser", "held-out accuracy", "training loss", *AXES, f"saw {goal:.0%}")
    rows = (Standing.of(name, runs, goal) for name, runs in histories.items())
    return Table(title, head, tuple(map(_cells, rows)))


def _cells(row: Standing) -> tuple[str, ...]:
    middle, low, high = (f"{100 * share:.1f}" for share in row.accuracy)
    there, seeds = row.reached
    return (
        row.name,
        f"{middle} %" + (f" ({low} to {high})" if low != high else ""),
        f"{row.loss:.2g}",
        f"{row.updates:,.0f}",
        f"{row.gradient_equivalents:.0f}",
        f"{row.seconds:.1f}",
        f"{there} of {seeds}" if seeds > 1 else ("yes" if there else "no"),
    )


def credits(recording: Recording) -> str:
    """Date, machine, versions and seeds of a recorded race."""
    seeds = ", ".join(map(str, recording.seeds))
    versions = ", ".join(f"{name} {version}" for name, version in recording.versions.items())
    return (
        f"recorded on {recording.date}, {recording.machine}, {versions}; "
        f"{recording.seconds:g} s for each, seeds {seeds}"
    )
