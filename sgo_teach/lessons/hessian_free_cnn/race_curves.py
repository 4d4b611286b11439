"""Explorable of lesson 12: one race, told by the clock and told by the number of updates."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.hessian_free_cnn.looks import looks
from sgo_teach.lessons.hessian_free_cnn.standings import Histories, live, recorded
from sgo_teach.lessons.hessian_free_cnn.training import LABELS, LIMITS, series
from sgo_teach.nets.race import Entrant, Snapshot
from sgo_teach.nets.recording import Recording
from sgo_teach.stage import Stage

AXES = ("seconds", "updates")
MOMENTS = 12
QUANTITIES = ("loss", "error")


class Ruler:
    """Where a number of seconds or updates lies along the axis, from 0 to 1.

    Seconds are laid out evenly; updates logarithmically, because one optimiser makes tens of them
    while another makes thousands.

    Parameters
    ----------
    kind : "seconds" or "updates"
    most : the largest number to be shown, > 0
    """

    def __init__(self, kind: str, most: float):
        self.kind, self.most = kind, max(float(most), 2.0)

    def place(self, amount: np.ndarray | float) -> np.ndarray:
        """Amounts (m,) to places (m,) in [0, 1]; fewer than one update lie at 0."""
        if self.kind == "seconds":
            return np.asarray(amount, float) / self.most
        return np.log(np.maximum(amount, 1.0)) / np.log(self.most)

    def amount(self, place: float) -> float:
        """The inverse of `place`."""
        return place * self.most if self.kind == "seconds" else self.most**place

    def ticks(self) -> np.ndarray:
        """A few round amounts (m,)."""
        if self.kind == "updates":
            return 10.0 ** np.arange(0, np.floor(np.log10(self.most)) + 1)
        step = next((s for s in (1, 2, 5, 10, 20, 50) if self.most / s <= 7), 100)
        return np.arange(0, self.most + 1e-9, step)


def at_moment(history: Sequence[Snapshot], kind: str, amount: float) -> Snapshot | None:
    """The last snapshot not beyond an amount of seconds or updates; None if it ends before it.

    Entrants end within an update of each other, so a tenth of the seconds may be missing.
    """
    reach = 0.9 if kind == "seconds" else 1.0
    if not history or getattr(history[-1], kind) < reach * amount:
        return None
    return [s for s in history if getattr(s, kind) <= amount or s is history[0]][-1]


def curve(runs: Sequence[Sequence[Snapshot]], ruler: Ruler, quantity: str) -> np.ndarray:
    """Several histories as one path (m, 2): place along the ruler, quantity; NaN in between."""
    pieces = [np.empty((0, 2))]
    for history in runs:
        where = ruler.place(np.array([getattr(s, ruler.kind) for s in history], float))
        pieces += [np.column_stack([where, series(history, quantity)[1]]), np.full((1, 2), np.nan)]
    return np.concatenate(pieces)


def tell(runs: Sequence[Sequence[Snapshot]], name: str, kind: str, amount: float) -> str:
    """Say in a line where an optimiser stood at a moment: medians over the seeds that got there."""
    there = [s for s in (at_moment(history, kind, amount) for history in runs) if s is not None]
    if len(there) <= len(runs) / 2:
        return f"{name}: never got that far."
    loss, other = median(s.loss for s in there), "updates" if kind == "seconds" else "seconds"
    spent = median(getattr(s, other) for s in there)
    spent = f"{spent:,.0f} updates" if other == "updates" else f"{spent:.1f} s"
    errors = median(100 * (1 - s.test_accuracy) for s in there)
    return f"{name}: training loss {loss:.2g}, {errors:.1f} % errors, {spent}."


class RaceCurves(Stage):
    """Switch the axis between seconds and updates, and move along it; every page is ready.

    Parameters
    ----------
    recording : of several seeds
    entrants : the race that was run just now, in whatever state it is
    """

    def __init__(self, recording: Recording, entrants: Sequence[Entrant] = ()):
        self.races: dict[str, Histories] = {
            f"recorded on {recording.date}, {len(recording.seeds)} seeds": recorded(recording)
        }
        if now := live(entrants):
            self.races["just now, one seed"] = now
        fig, axes = draw.figure(draw.PAIR, columns=2)
        super().__init__(fig, alt="Training loss and held-out errors by seconds or by updates")
        self.race = self.choice("race", "race", self.races)
        self.along = self.choice("along", "along", AXES)
        self.moment = self.slider("moment", "moment", 0, MOMENTS, 1, MOMENTS)
        names = tuple(dict.fromkeys(name for race in self.races.values() for name in race))
        self.panels = [self._panel(*pair, names) for pair in zip(axes, QUANTITIES, strict=True)]
        self.legend(axes[0], loc="upper right", fontsize=8)
        self.start(self.update)
        self.flipbook()

    def _panel(self, ax, quantity, names):
        """The marks of one axes; its ticks are marks as well, so that they can be switched."""
        ax.set(xlim=(0, 1), ylim=LIMITS[quantity], yscale="log")
        ax.set_title(LABELS[quantity], fontsize=10)
        ax.set_xticks([])
        strip = ax.inset_axes((0, -0.2, 1, 0.19))
        strip.set(xlim=(-0.03, 1.03), ylim=(0, 1))
        strip.set_axis_off()
        lines = {
            name: self.line(ax, look.color, name, dash=look.dash, width=1.4, alpha=0.8)
            for name, look in looks(names).items()
        }
        numbers = self.text(strip, draw.BLACK, size=12, align="center")
        unit = self.text(strip, draw.BLACK, size=13, align="center")
        now = self.line(ax, draw.POINT, width=1.5)
        return quantity, lines, (numbers, unit), now

    def update(self):
        """Read the controls, place the curves, the ticks and the moment."""
        race, kind = self.races[self.race.value], self.along.value
        ruler = Ruler(kind, max(getattr(h[-1], kind) for runs in race.values() for h in runs))
        place = self.moment.value / MOMENTS
        ticks, unit = ruler.ticks(), {"seconds": "seconds of training"}.get(kind, kind)
        for quantity, lines, words, now in self.panels:
            for name, line in lines.items():
                line.set(*curve(race.get(name, ()), ruler, quantity).T)
            words[0].set(ruler.place(ticks), 0.8, [f"{tick:,.0f}" for tick in ticks])
            words[1].set(0.5, 0.2, unit)
            now.set([place, place], LIMITS[quantity])
        self.tell_all(race, ruler, ruler.amount(place))

    def tell_all(self, race, ruler, amount):
        """Say where everyone stood at the moment."""
        after = f"{amount:.1f} s" if ruler.kind == "seconds" else f"{amount:,.0f} updates"
        many = any(len(runs) > 1 for runs in race.values())
        head = f"After {after} ({'medians over the seeds' if many else 'one seed'}):"
        amount = amount if ruler.kind == "seconds" else float(round(amount))
        told = [tell(runs, name, ruler.kind, amount) for name, runs in race.items()]
        self.say("\n".join([head, *told]))
