"""The dashboard of lesson 12: training that can be watched and stopped while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import inf, isfinite
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sgo_teach import draw
from sgo_teach.lessons.hessian_free_cnn.looks import looks
from sgo_teach.nets.race import Budget, Entrant, Snapshot, race
from sgo_teach.stage import Stage

SNAPSHOTS = 12  # of each entrant while the budget lasts; Stop is heard at each of them ...
EVERY = 0.6  # ... and after so many seconds of training, where the budget is in seconds
BREATH = 0.01  # seconds in which the kernel hears the Stop button, a snapshot
LIMITS = {  # of the axes: what lies outside is drawn on the edge
    "loss": (1e-5, 10.0),
    "error": (0.2, 100.0),
    "damping": (1e-3, 1e3),
    "ratio": (-1.0, 2.0),
}
LAYOUT: list[Any] = [  # how far it is, two wide axes, three narrow ones
    ["progress"] * 6,
    ["loss", "loss", "loss", "error", "error", "error"],
    ["damping", "damping", "ratio", "ratio", "cg_steps", "cg_steps"],
]
LABELS = {
    "loss": "training loss",
    "error": "held-out errors, %",
    "damping": r"damping $\lambda$",
    "ratio": r"$\rho$",
    "cg_steps": "products in a step",
}
UNITS = {
    "seconds": "seconds of training",
    "updates": "updates",
    "gradient_equivalents": "gradient-equivalents",
}


def series(
    history: Sequence[Snapshot], quantity: str, along: str = "seconds"
) -> tuple[np.ndarray, np.ndarray]:
    """What was spent (m,) and a quantity (m,) of a history, kept inside the limits of its axes.

    The quantity is a field of `Snapshot`, or "error": the share of held-out images misread, in %.
    """
    spent = np.array([getattr(snapshot, along) for snapshot in history], float)
    if quantity == "error":
        values = np.array([100 * (1 - snapshot.test_accuracy) for snapshot in history])
    else:
        values = np.array([getattr(snapshot, quantity) for snapshot in history], float)
    low, high = LIMITS.get(quantity, (-np.inf, np.inf))
    values = np.where(np.isnan(values) & (quantity == "loss"), np.inf, values)  # it has diverged
    return spent, np.clip(values, low, high)


def time_left(elapsed: float, share: float) -> str:
    """Say how many seconds are left when a share of the work took so many seconds."""
    if not share > 0:
        return ""
    left = elapsed * (1 - share) / share
    return f"about {left:.0f} s left" if left < 100 else f"about {left / 60:.0f} min left"


class Training(Stage):
    """Train the entrants in turn, and show where each of them stands and how long it will take.

    Parameters
    ----------
    entrants : go on from where they stand; what was measured stays in their ``history``
    budget : of each of them, seconds or a `Budget`
    at_most : seconds of the clock on the wall, after which it ends on a machine that is too busy
    """

    def __init__(self, entrants: Sequence[Entrant], budget: Budget | float, at_most: float = inf):
        if not entrants:
            raise ValueError("needs an entrant to train, not none")
        self.budget = budget if isinstance(budget, Budget) else Budget(budget)
        self.entrants, self.ended, self.at_most = list(entrants), "waits", at_most
        self.begun = {id(e): self.budget.spent(e) for e in self.entrants}
        self.lasted = 0.0  # seconds, with all that is measured on the way
        fig = Figure(figsize=draw.TALL, layout="constrained")
        axes = fig.subplot_mosaic(LAYOUT, height_ratios=(0.1, 1, 1))
        super().__init__(fig, alt="Training loss, held-out errors, damping, ρ and products live")
        self._prepare_progress(axes.pop("progress"))
        self._prepare(axes)
        self.stop = self.button("stop", "Stop")
        self.curves = self._curves(axes)
        self.legend(axes["loss"], loc="lower left", fontsize=7)
        self.start(self.update)

    def _prepare_progress(self, ax):
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[], facecolor="#eeeeee")
        ax.spines[:].set_visible(False)
        self.bar = self.bars(ax, draw.MODEL)
        self.percent = self.text(ax, draw.BLACK, size=12, align="center")

    def _prepare(self, axes):
        start = min(self.begun.values())
        end = max(self.begun.values()) + self.budget.amount
        most = max(_most_products(entrant) for entrant in self.entrants)
        for name, ax in axes.items():
            scale = "linear" if name in ("ratio", "cg_steps") else "log"
            limits = LIMITS.get(name, (0, 1.15 * most))
            draw.tidy(ax).set(xlim=(start, start + 1.05 * (end - start)), ylim=limits, yscale=scale)
            ax.set_title(LABELS[name], fontsize=9.5)
            ax.set_xlabel(UNITS[self.budget.unit], fontsize=9)
        for bound in (0.25, 0.75):
            axes["ratio"].axhline(bound, color=draw.GREY, linewidth=1)

    def _curves(self, axes):
        """One line, with markers, for each entrant and quantity."""
        styles = looks(tuple(entrant.name for entrant in self.entrants))
        curves = []
        for entrant in self.entrants:
            look = styles[entrant.name]
            for name, ax in axes.items():
                label = entrant.name if name == "loss" else None
                line = self.line(ax, look.color, dash=look.dash, width=1.6)
                marks = self.points(ax, look.color, label, size=5, marker=look.marker)
                curves.append((entrant, name, line, marks))
        return curves

    def update(self):
        """Show the histories so far, and how far that is."""
        share = self.share()
        self.bar.set(share / 2, 1, width=share)
        self.percent.set(0.5, 0.42, f"{share:.0%}  {self.left()}".rstrip())
        for entrant, name, line, marks in self.curves:
            x, y = series(tuple(entrant.history), name, self.budget.unit)
            line.set(x, y)
            marks.set(x, y)
        self.say("\n".join([self.headline(), *map(describe, self.entrants)]))

    def every(self) -> float:
        """What an entrant spends between two snapshots."""
        share = self.budget.amount / SNAPSHOTS
        return min(share, EVERY) if self.budget.unit == "seconds" else share

    def share(self) -> float:
        """The share of all budgets together that is spent, 0 to 1."""
        spent = [self.budget.spent(e) - self.begun[id(e)] for e in self.entrants]
        return sum(min(s / self.budget.amount, 1.0) for s in spent) / len(spent)

    def left(self) -> str:
        """How long it will take, while it trains."""
        return time_left(self.lasted, self.share()) if self.ended == "trains" else ""

    def headline(self) -> str:
        """Say whether it trains, and why it no longer does."""
        amount = f"{self.budget.amount:g} {UNITS[self.budget.unit]}"
        reached = f"at {self.share():.0%} of {amount} each; all that was reached stays."
        return {
            "waits": f"Ready: {amount} for each.",
            "trains": (
                f"{self.share():.0%} of {amount} each, {self.left()}; "
                "Stop ends it early, and what is there stays."
            ),
            "done": f"Done: {amount} for each.",
            "stopped": f"Stopped by you {reached}",
            "interrupted": f"Interrupted {reached}",
            "late": f"Out of time, after {self.at_most:g} s, {reached}",
        }[self.ended]

    async def run(self) -> None:
        """Train until budget or time are spent, Stop is pressed or the kernel is interrupted.

        The cell awaits it, so that the kernel hears the button between two snapshots.
        """
        pressed, self.ended, begun = self.stop.value, "trains", perf_counter()
        try:
            for _ in race(self.entrants, self.budget, every=self.every()):
                self.lasted = perf_counter() - begun
                self.refresh()
                await asyncio.sleep(BREATH)
                if self.stop.value > pressed or self.lasted > self.at_most:
                    self.ended = "stopped" if self.stop.value > pressed else "late"
                    break
            else:
                self.ended = "done"
        except (KeyboardInterrupt, asyncio.CancelledError):
            self.ended = "interrupted"  # the wish is granted: the cell ends, the histories stay
        self.refresh()


def describe(entrant: Entrant) -> str:
    """Say in a line where an entrant stands."""
    if not entrant.history:
        return f"{entrant.name}: not started."
    last = entrant.history[-1]
    words = (
        f"{entrant.name}: {last.updates:,} updates, training loss {last.loss:.2g}, "
        f"{100 * last.test_accuracy:.1f} % of the held-out images right"
    )
    if isfinite(last.damping):
        words += f"; λ = {last.damping:.2g}, {last.cg_steps:.0f} products, ρ = {last.ratio:.2g}"
    return words + "."


def _most_products(entrant: Entrant) -> float:
    """The largest number of products that an entrant may spend in a step, or has spent."""
    known = entrant.optimizer.param_groups[0].get("max_cg_steps", 10)
    return max([known, *(s.cg_steps for s in entrant.history if isfinite(s.cg_steps))])
