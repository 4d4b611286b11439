"""The dashboard of lesson 12: training that can be watched and stopped while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sgo_teach import draw
from sgo_teach.lessons.hessian_free_cnn.looks import looks
from sgo_teach.nets.race import Entrant, Snapshot, race
from sgo_teach.stage import Stage

EVERY = 0.6  # seconds of training between snapshots, and so until Stop is heard
BREATH = 0.01  # seconds in which the kernel hears the Stop button, a snapshot
LIMITS = {  # of the axes: what lies outside is drawn on the edge
    "loss": (1e-5, 10.0),
    "error": (0.2, 100.0),
    "damping": (1e-3, 1e3),
    "ratio": (-1.0, 2.0),
}
LAYOUT: list[Any] = [  # two wide axes above three narrow ones
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


def series(history: Sequence[Snapshot], quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """Seconds (m,) and a quantity (m,) of a history, kept inside the limits of its axes.

    The quantity is a field of `Snapshot`, or "error": the share of held-out images misread, in %.
    """
    seconds = np.array([snapshot.seconds for snapshot in history])
    if quantity == "error":
        values = np.array([100 * (1 - snapshot.test_accuracy) for snapshot in history])
    else:
        values = np.array([getattr(snapshot, quantity) for snapshot in history], float)
    low, high = LIMITS.get(quantity, (-np.inf, np.inf))
    values = np.where(np.isnan(values) & (quantity == "loss"), np.inf, values)  # it has diverged
    return seconds, np.clip(values, low, high)


class Training(Stage):
    """Train the entrants in turn, and show where each of them stands.

    Parameters
    ----------
    entrants : go on from where they stand; what was measured stays in their ``history``
    seconds : for each of them, > 0
    """

    def __init__(self, entrants: Sequence[Entrant], seconds: float):
        if not entrants or not seconds > 0:
            raise ValueError(
                f"needs an entrant and some seconds, not {len(entrants)} of them and {seconds} s"
            )
        self.entrants, self.seconds, self.ended = list(entrants), seconds, "waits"
        fig = Figure(figsize=draw.TALL, layout="constrained")
        axes = fig.subplot_mosaic(LAYOUT)
        super().__init__(fig, alt="Training loss, held-out errors, damping, ρ and products live")
        self._prepare(axes)
        self.stop = self.button("stop", "Stop")
        self.curves = self._curves(axes)
        self.legend(axes["loss"], loc="upper right", fontsize=8)
        self.start(self.update)

    def _prepare(self, axes):
        start = min(entrant.seconds for entrant in self.entrants)
        end = max(entrant.seconds for entrant in self.entrants) + self.seconds
        most = max(_most_products(entrant) for entrant in self.entrants)
        for name, ax in axes.items():
            scale = "linear" if name in ("ratio", "cg_steps") else "log"
            limits = LIMITS.get(name, (0, 1.15 * most))
            draw.tidy(ax).set(xlim=(start, 1.01 * end), ylim=limits, yscale=scale)
            ax.set_title(LABELS[name], fontsize=9.5)
            ax.set_xlabel("seconds of training", fontsize=9)
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
        """Show the histories so far."""
        for entrant, name, line, marks in self.curves:
            x, y = series(tuple(entrant.history), name)
            line.set(x, y)
            marks.set(x, y)
        self.say("\n".join([self.headline(), *map(describe, self.entrants)]))

    def headline(self) -> str:
        """Say whether it trains, and why it no longer does."""
        most = max(entrant.seconds for entrant in self.entrants)
        return {
            "waits": f"Ready: {self.seconds:g} s for each.",
            "trains": f"{most:.1f} s each so far; Stop ends it early, and what is there stays.",
            "done": f"Done: {self.seconds:g} s for each.",
            "stopped": f"Stopped by you after {most:.1f} s each; all that was reached stays.",
            "interrupted": f"Interrupted after {most:.1f} s each; all that was reached stays.",
        }[self.ended]

    async def run(self) -> None:
        """Train until the seconds are used up, Stop is pressed or the kernel is interrupted.

        The cell awaits it, so that the kernel hears the button between two snapshots.
        """
        pressed, self.ended = self.stop.value, "trains"
        try:
            for _ in race(self.entrants, self.seconds, every=EVERY):
                self.refresh()
                await asyncio.sleep(BREATH)
                if self.stop.value > pressed:
                    self.ended = "stopped"
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
        f"{100 * last.test_accuracy:.1f} % of the held-out digits right"
    )
    if isfinite(last.damping):
        words += f"; λ = {last.damping:.2g}, {last.cg_steps:.0f} products, ρ = {last.ratio:.2g}"
    return words + "."


def _most_products(entrant: Entrant) -> int:
    """The largest number of products that an entrant may spend in a step."""
    return entrant.optimizer.param_groups[0].get("max_cg_steps", 1)
