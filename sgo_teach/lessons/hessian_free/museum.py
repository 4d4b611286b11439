"""Explorable of lesson 11: the failure museum, each run beside the sound one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.hessian_free.runs import Row, Run
from sgo_teach.stage import Stage

LIMITS = {"loss": (1e-2, 1e4), "damping": (1e-4, 1e4), "ratio": (-1.5, 1.5)}
TITLES = {"loss": "loss", "damping": r"damping $\lambda$", "ratio": r"$\rho$"}


@dataclass(frozen=True)
class Story:
    """What an exhibit shows, why, and what cures it."""

    seen: str
    why: str
    cure: str


STORIES = {
    "Gauss–Newton": Story(
        "the loss is thrown about; nobody measures ρ.",
        "CG meets negative curvature and steps up its own model.",
        "G, which never bends downwards.",
    ),
    "damping": Story(
        "enormous steps, and then no number.",
        "where G is flat, its model sends the step out of sight.",
        "λ > 0, and a rule that steers it.",
    ),
    "refusal": Story(
        "the loss leaps up, and λ grows too late.",
        "ρ judges a step that has been taken already.",
        "refuse what raises the loss, and raise λ.",
    ),
    "ρ from θ": Story(
        "λ grows without end, and the loss stands still.",
        "the gain is counted from the warm start, where nobody stands.",
        "count from θ.",
    ),
}


def series(rows: Sequence[Row], quantity: str) -> np.ndarray:
    """One quantity of a run (m,), inside the limits of its axes; a lost loss lies at the top."""
    low, high = LIMITS[quantity]
    values = np.array([getattr(row, quantity) for row in rows], float)
    if quantity == "loss":
        values = np.where(np.isnan(values), np.inf, values)
    return np.clip(values, low, high)


class Museum(Stage):
    """Walk from exhibit to exhibit; drag along a run to read its steps.

    Parameters
    ----------
    sound : the run with nothing left out, drawn in grey beside every exhibit
    *runs : what was left out in each is named in `STORIES`, in this order
    """

    def __init__(self, sound: Run, *runs: Run):
        self.sound = sound.rows
        self.exhibits = {name: run.rows for name, run in zip(STORIES, runs, strict=True)}
        longest = max(map(len, self.exhibits.values()))
        fig, axes = draw.figure(draw.PAIR, columns=3)
        super().__init__(fig, alt="Loss, damping and ρ of a run with something left out")
        for ax, (name, limits) in zip(axes, LIMITS.items(), strict=True):
            ax.set(xlim=(-0.5, longest - 0.5), ylim=limits, xlabel="step")
            ax.set_yscale("linear" if name == "ratio" else "log")
            ax.set_title(TITLES[name], fontsize=10)
        for bound in (0.25, 0.75):
            axes[2].axhline(bound, color=draw.GREY, linewidth=1, linestyle=":")
        self.which = self.choice("which", "left out", self.exhibits)
        self.curves = [self._curves(*pair) for pair in zip(axes, LIMITS, strict=True)]
        self.at = self.handle(
            "at", "step", axes[0], (0, 1), along="x", step=(1, 1), color=draw.POINT
        )
        self.legend(axes[0], loc="upper left", fontsize=8)
        self.start(self.update)

    def _curves(self, ax, quantity):
        sound = self.line(ax, draw.GREY, "nothing left out", width=2)
        line = self.line(ax, draw.NEWTON, width=1.5)
        marks = self.points(ax, draw.NEWTON, "this run", size=5)
        now = self.line(ax, draw.POINT, width=1.2)
        return quantity, sound, line, marks, now

    def update(self):
        """Read the controls, draw the run, read the step under the handle."""
        rows = self.exhibits[self.which.value]
        k = max(round(self.at.value[0]), 0)
        for quantity, sound, line, marks, now in self.curves:
            y = series(rows, quantity)
            sound.set(np.arange(len(self.sound)), series(self.sound, quantity))
            line.set(np.arange(len(y)), y)
            marks.set(np.arange(len(y)), y)
            now.set([k, k], LIMITS[quantity])
        story, over = STORIES[self.which.value], k >= len(rows)  # then the sound run is read
        k = min(k, len(self.sound) - 1) if over else k
        row = self.sound[k] if over else rows[k]
        self.at.show_at(k, float(series([row], "loss")[0]))
        ended = f"This run ended after step {len(rows) - 1}; with nothing left out: b"
        self.say(describe(row, k, story, before=ended if over else "B"))


def describe(row: Row, k: int, story: Story, before: str = "B") -> str:
    """Say what step k was like, and what the exhibit teaches."""
    loss, damping, ratio, length = (draw.number(v) if np.isfinite(v) else "no number" for v in row)
    return (
        f"{before}efore step {k} the loss is {loss}; λ = {damping}, ρ = {ratio}, ‖Δ‖ = {length}.\n"
        f"You see: {story.seen}\nWhy: {story.why}\nCure: {story.cure}"
    )
