"""Explorable of lesson 12: one race, told by updates, by gradients and by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.hessian_free_cnn.looks import looks
from sgo_teach.lessons.hessian_free_cnn.standings import AXES, Histories, live, recorded
from sgo_teach.lessons.hessian_free_cnn.training import LABELS, LIMITS, UNITS, series
from sgo_teach.nets.race import Entrant, Snapshot
from sgo_teach.nets.recording import Recording
from sgo_teach.stage import Stage

MOMENTS = 10
PLACES = np.linspace(0, 1, 49)
NEAR = 0.8  # share of an amount from which on a measurement counts as one of that moment
QUANTITIES = ("loss", "error")


class Ruler:
    """Where an amount lies along the axis, from 0 to 1.

    Seconds and gradient-equivalents are laid out evenly; updates logarithmically, because one
    optimiser makes tens of them while another makes thousands.

    Parameters
    ----------
    field : "seconds", "gradient_equivalents" or "updates"
    most : the largest number to be shown, > 0
    """

    def __init__(self, field: str, most: float):
        self.field, self.most = field, max(float(most), 2.0)

    def place(self, amount: np.ndarray | float) -> np.ndarray:
        """Amounts (m,) to places (m,) in [0, 1]; fewer than one update lie at 0."""
        if self.field != "updates":
            return np.asarray(amount, float) / self.most
        return np.log(np.maximum(amount, 1.0)) / np.log(self.most)

    def amount(self, place: float) -> float:
        """The inverse of `place`."""
        return place * self.most if self.field != "updates" else self.most**place

    def ticks(self) -> np.ndarray:
        """A few round amounts (m,)."""
        if self.field == "updates":
            return 10.0 ** np.arange(0, np.floor(np.log10(self.most)) + 1)
        steps = (1, 2, 5, 10, 20, 50, 100, 200, 500)
        step = next((s for s in steps if self.most / s <= 7), 1000)
        return np.arange(0, self.most + 1e-9, step)


def at_moment(history: Sequence[Snapshot], field: str, amount: float) -> Snapshot | None:
    """The last snapshot not beyond an amount; None if the history ends before it.

    Entrants end within an update of each other, so a tenth of the seconds may be missing.
    """
    reach = 0.9 if field == "seconds" else 1.0
    if not history or getattr(history[-1], field) < reach * amount:
        return None
    return [s for s in history if getattr(s, field) <= amount or s is history[0]][-1]


def spread(
    runs: Sequence[Sequence[Snapshot]], ruler: Ruler, quantity: str
) -> tuple[np.ndarray, np.ndarray]:
    """Places (m,) that all runs reach, and lowest, middle and highest of them there, (3, m).

    Between two snapshots the logarithm is interpolated; a single run is taken as it is.
    """
    paths = []
    for history in runs:
        spent, values = series(history, quantity, ruler.field)
        paths.append((ruler.place(spent), values))
    if len(paths) == 1:
        return paths[0][0], np.stack([paths[0][1]] * 3)
    first, last = max(p[0] for p, _ in paths), min(p[-1] for p, _ in paths)
    places = np.unique(np.clip(PLACES, first, max(first, last)))
    at = np.exp([np.interp(places, place, np.log(values)) for place, values in paths])
    return places, np.stack([at.min(axis=0), np.median(at, axis=0), at.max(axis=0)])


def tell(runs: Sequence[Sequence[Snapshot]], name: str, field: str, amount: float) -> str:
    """Say in a line where an optimiser stood at a moment: medians over the seeds that got there.

    What was measured well before the moment says when: an early update may lie between two looks.
    """
    there = [s for s in (at_moment(history, field, amount) for history in runs) if s is not None]
    if len(there) <= len(runs) / 2:
        return f"{name}: never got that far."
    loss, errors = median(s.loss for s in there), median(s.test_accuracy for s in there)
    words = [f"training loss {loss:.2g}", f"{100 * (1 - errors):.1f} % errors"]
    spent = {f: median(getattr(s, f) for s in there) for f in AXES.values() if f != field}
    formats = {"updates": "{:,.0f} updates", "gradient_equivalents": "{:.0f} gradients"}
    words += [formats.get(f, "{:.1f} s").format(value) for f, value in spent.items()]
    if (measured := median(getattr(s, field) for s in there)) < NEAR * amount:
        words.append(f"last measured at {measured:.3g}")
    return f"{name}: {', '.join(words)}."


class RaceCurves(Stage):
    """Switch the axis, and move along it; every page is ready.

    Lines are medians over the seeds, bands reach from the lowest seed to the highest.

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
        super().__init__(fig, alt="Training loss and held-out errors along the axis of your choice")
        self.race = self.choice("race", "race", self.races)
        self.along = self.choice("along", "along", AXES, "seconds")
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
        strip = ax.inset_axes((-0.03, -0.2, 1.06, 0.19))  # room for the numbers at the ends
        strip.set(xlim=(-0.03, 1.03), ylim=(0, 1))
        strip.set_axis_off()
        styles = looks(names).items()
        bands = {n: self.line(ax, look.color, fill=True, alpha=0.16) for n, look in styles}
        recording = next(iter(self.races.values()))
        labels = {n: n if n in recording else f"{n}, just now only" for n in names}
        lines = {n: self.line(ax, k.color, labels[n], dash=k.dash, width=1.8) for n, k in styles}
        numbers = self.text(strip, draw.BLACK, size=12, align="center")
        unit = self.text(strip, draw.BLACK, size=13, align="center")
        now = self.line(ax, draw.POINT, width=1.5)
        return quantity, bands, lines, (numbers, unit), now

    def update(self):
        """Read the controls, place the curves, the ticks and the moment."""
        race, field = self.races[self.race.value], AXES[self.along.value]
        ruler = Ruler(field, max(median(getattr(h[-1], field) for h in r) for r in race.values()))
        place, ticks = self.moment.value / MOMENTS, ruler.ticks()
        for quantity, bands, lines, words, now in self.panels:
            for name, line in lines.items():
                self._place(bands[name], line, race.get(name, ()), ruler, quantity)
            words[0].set(ruler.place(ticks), 0.8, [f"{tick:,.0f}" for tick in ticks])
            words[1].set(0.5, 0.2, UNITS[field])
            now.set([place, place], LIMITS[quantity])
        self.tell_all(race, ruler, ruler.amount(place))

    @staticmethod
    def _place(band, line, runs, ruler, quantity):
        """The band from the lowest to the highest run, and the line in the middle."""
        band.hide()
        line.hide()
        if runs:
            places, (low, middle, high) = spread(runs, ruler, quantity)
            line.set(places, middle)
            if len(runs) > 1:
                band.set(np.r_[places, places[::-1]], np.r_[low, high[::-1]])

    def tell_all(self, race, ruler, amount):
        """Say where everyone stood at the moment."""
        words = {"seconds": "{:.1f} s", "updates": "{:,.0f} updates"}
        after = words.get(ruler.field, "{:.0f} gradient-equivalents").format(amount)
        many = any(len(runs) > 1 for runs in race.values())
        head = f"After {after} ({'medians over the seeds' if many else 'one seed'}):"
        amount = float(round(amount)) if ruler.field == "updates" else amount
        told = [tell(runs, name, ruler.field, amount) for name, runs in race.items()]
        self.say("\n".join([head, *told]))
