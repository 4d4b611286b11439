"""A race kept in a file, with all that tells what it is worth: date, machine, versions, seeds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import isnan, nan
from pathlib import Path

from sgo_teach.nets.race import Snapshot


@dataclass(frozen=True)
class Recording:
    """A recorded race.

    Attributes
    ----------
    date : year-month-day
    machine : in words
    versions : of Python and the packages
    seconds : that each entrant had
    seeds : one race each
    races : one for each seed; the snapshots of all entrants in the order in which they came
    """

    date: str
    machine: str
    versions: dict[str, str]
    seconds: float
    seeds: tuple[int, ...]
    races: tuple[tuple[Snapshot, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The entrants, in their order."""
        return tuple(dict.fromkeys(snapshot.name for snapshot in self.races[0]))

    def histories(self, name: str) -> list[list[Snapshot]]:
        """The snapshots of one entrant, a list for each seed."""
        return [[s for s in race if s.name == name] for race in self.races]

    def save(self, path: Path) -> None:
        """Write the race as JSON, one snapshot a line."""
        head = {key: value for key, value in vars(self).items() if key != "races"}
        lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        races = ",\n".join(
            "  [\n" + ",\n".join("   " + _snapshot_json(s) for s in race) + "\n  ]"
            for race in self.races
        )
        path.write_text("{\n" + ",\n".join(lines) + ',\n "races": [\n' + races + "\n ]\n}\n")

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Read a race written by `save`."""
        fields = json.loads(path.read_text())
        races = tuple(tuple(_snapshot(row) for row in race) for race in fields.pop("races"))
        return cls(**{**fields, "seeds": tuple(fields["seeds"])}, races=races)


def _snapshot_json(snapshot: Snapshot) -> str:
    # JSON has no NaN, and six digits are more than a race is repeatable to.
    row = {key: _rounded(value) for key, value in asdict(snapshot).items()}
    return json.dumps(row)


def _rounded(value: str | float) -> str | float | None:
    if not isinstance(value, float):
        return value
    return None if isnan(value) else float(f"{value:.6g}")


def _snapshot(row: dict[str, str | float | None]) -> Snapshot:
    return Snapshot(**{key: nan if value is None else value for key, value in row.items()})  # type: ignore[arg-type]
