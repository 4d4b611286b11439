"""The dashboard of lesson 11: an optimiser at work, with pause and single step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np

from sgo_teach import draw
from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.step_record import HessianFreeStep
from sgo_teach.stage import Stage

BREATH = 0.02  # seconds in which the kernel hears the buttons, after every step
LIMITS = {"loss": (1e-4, 10.0), "damping": (1e-4, 10.0), "ratio": (-1.0, 2.0)}
TITLES = {"loss": "loss", "damping": r"damping $\lambda$", "ratio": r"$\rho$",
          "cg_steps": "CG steps"}  # fmt: skip
REASONS = {
    "martens": "the model had all but ceased to fall",
    "residual": "the residual was small enough",
    "max_steps": "it had reached the most that is allowed",
    "solved": "the system was solved",
    "negative_curvature": "it met negative curvature",
    "not_finite": "a product was no number",
    "": "it did not run",
}


def series(records: list[HessianFreeStep], quantity: str) -> np.ndarray:
    """One quantity of the steps (m,), kept inside the limits of its axes; NaN is drawn lowest."""
    low, high = LIMITS.get(quantity, (-np.inf, np.inf))
    values = np.array([getattr(record, quantity) for record in records], float)
    return np.clip(np.where(np.isnan(values), low, values), low, high)


class Dashboard(Stage):
    """Watch an optimiser step by step; stop it, and go on by single steps.

    Parameters
    ----------
    optimizer : `HessianFree`
    closure : as for its ``step``
    steps : how many `run` takes
    """

    def __init__(self, optimizer: HessianFree, closure: Callable[[], Any], steps: int):
        self.optimizer, self.closure, self.steps = optimizer, closure, steps
        self.records: list[HessianFreeStep] = []
        self.running, self.interrupted = False, False
        fig, axes = draw.figure(draw.TALL, columns=2, rows=2)
        super().__init__(fig, alt="Loss, damping, ρ and CG steps of an optimiser at work")
        self._prepare(axes)
        self.pause = self.check("pause", "Pause")
        self.one = self.button("one", "One step")
        self.curves = [
            (name, self.line(ax, draw.NEWTON, width=1.6), self.points(ax, draw.NEWTON, size=5))
            for ax, name in zip(axes, TITLES, strict=True)
        ]
        self.one.observe(self._pressed, "value")
        self.start(self.update)

    def _prepare(self, axes):
        most = self.optimizer.param_groups[0]["max_cg_steps"]
        for ax, (name, title) in zip(axes, TITLES.items(), strict=True):
            scale = "log" if name in ("loss", "damping") else "linear"
            limits = LIMITS.get(name, (0, 1.15 * most))
            ax.set(xlim=(-0.5, 1.5 * self.steps), ylim=limits, yscale=scale)
            ax.set_title(title, fontsize=10)
        for bound in (0.25, 0.75):
            axes[2].axhline(bound, color=draw.GREY, linewidth=1)
        axes[2].set_xlabel("step")
        axes[3].set_xlabel("step")

    def advance(self) -> None:
        """Take one step and keep its record."""
        self.optimizer.step(self.closure)
        if self.optimizer.last_step is not None:
            self.records.append(self.optimizer.last_step)

    def _pressed(self, _change):
        """Outside of a run the button takes its step itself; inside, the run hears of it."""
        if not self.running:
            with self.held():
                self.advance()

    def update(self):
        """Show the records so far."""
        for name, line, marks in self.curves:
            y = series(self.records, name)
            line.set(np.arange(len(y)), y)
            marks.set(np.arange(len(y)), y)
        state = "Interrupted" if self.interrupted else "At work" if self.running else "At rest"
        state = "Paused" if self.pause.value else state
        self.say(f"{state}; {describe(self.records)}")

    async def run(self) -> None:
        """Take the steps; the cell awaits it, so that the kernel hears the buttons in between."""
        self.running, self.interrupted = True, False
        pressed, due = self.one.value, self.steps
        try:
            while due > 0:
                await asyncio.sleep(BREATH)
                asked = self.one.value > pressed
                if self.pause.value and not asked:
                    continue
                pressed, due = pressed + asked, due - 1
                self.advance()
                self.refresh()
        except (KeyboardInterrupt, asyncio.CancelledError):
            self.interrupted = True  # the wish is granted: the cell ends, the records stay
        finally:
            self.running = False
            self.refresh()


def describe(records: list[HessianFreeStep]) -> str:
    """Say what the last step was like."""
    if not records:
        return "no step yet."
    last, n = records[-1], draw.number
    verdict = "was taken" if last.accepted else "was refused"
    return (
        f"step {len(records)} {verdict}: the loss went from {n(last.loss)} to {n(last.new_loss)}.\n"
        f"λ = {n(last.damping)}, ρ = {n(last.ratio) if np.isfinite(last.ratio) else 'none'}, next "
        f"λ = {n(last.new_damping)}.\n"
        f"CG stopped after {last.cg_steps} products because {REASONS[last.cg_reason]}; "
        f"iterate {last.chosen} of {', '.join(map(str, last.kept))} was chosen."
    )
