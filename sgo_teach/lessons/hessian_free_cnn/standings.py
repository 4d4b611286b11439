"""Who is ahead in a race: a table whose last column is computed from the others."""

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


def recorded(recording: Recording) -> Histories:
    """The histories of a recorded race."""
    return {name: recording.histories(name) for name in recording.names}


def live(entrants: Sequence[Entrant]) -> Histories:
    """The histories of a race run just now: one seed; those that never started are left out."""
    return {e.name: [tuple(e.history)] for e in entrants if e.history}


def seconds_to(history: Sequence[Snapshot], accuracy: float = GOAL) -> float:
    """Seconds of training until the held-out accuracy was first seen; inf if it never was."""
    return next((s.seconds for s in history if s.test_accuracy >= accuracy), inf)


@dataclass(frozen=True)
class Standing:
    """Where one optimiser ended, over all seeds.

    accuracy : mean held-out accuracy, lowest and highest; loss : median training loss; updates,
    seconds : medians; to_goal : median seconds to `GOAL` (inf if most seeds never saw it).
    """

    name: str
    accuracy: tuple[float, float, float]
    loss: float
    updates: int
    seconds: float
    to_goal: float

    @classmethod
    def of(cls, name: str, histories: Sequence[Sequence[Snapshot]]) -> Standing:
        """Read the last snapshot of each history."""
        last = [history[-1] for history in histories]
        shares = [snapshot.test_accuracy for snapshot in last]
        return cls(
            name,
            (mean(shares), min(shares), max(shares)),
            median(snapshot.loss for snapshot in last),
            round(median(snapshot.updates for snapshot in last)),
            median(snapshot.seconds for snapshot in last),
            median(seconds_to(history) for history in histories),
        )


@dataclass(frozen=True)
class Standings:
    """The table of a race; it shows itself in a notebook.

    Attributes
    ----------
    title : where the numbers come from
    rows : one `Standing` for each optimiser
    """

    title: str
    rows: tuple[Standing, ...]

    @classmethod
    def of(cls, title: str, histories: Histories) -> Standings:
        """Sum up the histories of a race."""
        return cls(title, tuple(Standing.of(name, runs) for name, runs in histories.items()))

    def row(self, name: str) -> Standing | None:
        """The standing of one optimiser, or None if it was not in the race."""
        return next((row for row in self.rows if row.name == name), None)

    def verdict(self, row: Standing) -> str:
        """Compare an optimiser with Hessian-free at equal seconds."""
        ours = self.row(OURS)
        if ours is None or row.name == OURS:
            return "–"
        points = 100 * (row.accuracy[0] - ours.accuracy[0])
        parts = [f"{points:+.1f} points", f"{ratio(row.loss, ours.loss)} the loss"]
        if isfinite(row.to_goal) and isfinite(ours.to_goal):
            parts.append(f"{ratio(row.to_goal, ours.to_goal)} the time to {GOAL:.0%}")
        return ", ".join(parts)

    def cells(self) -> list[tuple[str, ...]]:
        """The table with its head, as text."""
        head = ("optimiser", "held-out accuracy", "training loss", "updates", "seconds")
        head += (f"seconds to {GOAL:.0%}", "against Hessian-free")
        return [head, *(self._cells(row) for row in self.rows)]

    def _cells(self, row: Standing) -> tuple[str, ...]:
        middle, low, high = (f"{100 * share:.1f}" for share in row.accuracy)
        return (
            row.name,
            f"{middle} %" + (f" ({low} to {high})" if low != high else ""),
            f"{row.loss:.2g}",
            f"{row.updates:,}",
            f"{row.seconds:.1f}",
            f"{row.to_goal:.1f}" if isfinite(row.to_goal) else "not seen",
            self.verdict(row),
        )

    def _repr_markdown_(self) -> str:
        head, *rows = ("| " + " | ".join(row) + " |" for row in self.cells())
        rule = "|" + " --- |" * len(self.cells()[0])
        return "\n".join([f"**{self.title}**", "", head, rule, *rows])

    def __repr__(self) -> str:
        return "\n".join([self.title, *("; ".join(row) for row in self.cells())])


def ratio(theirs: float, ours: float) -> str:
    """Theirs over ours, in words that read well on both sides of 1."""
    if not (theirs > 0 and ours > 0):
        return "–"
    quotient = theirs / ours
    return f"{quotient:.2g} ×" if quotient < 100 else f"{quotient:,.0f} ×"


def credits(recording: Recording) -> str:
    """Date, machine, versions and seeds of a recorded race."""
    seeds = ", ".join(map(str, recording.seeds))
    versions = ", ".join(f"{name} {version}" for name, version in recording.versions.items())
    return (
        f"recorded on {recording.date}, {recording.machine}, {versions}; "
        f"{recording.seconds:g} s for each, seeds {seeds}"
    )
