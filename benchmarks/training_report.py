"""Tables and pictures of trained networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.training_problems import NAMES, Problem
from sgo_teach.nets.race import Snapshot

LOOKS = {  # colour and dash
    "Hessian-free": ("#0072b2", "-"),
    "Adam": ("#d55e00", "--"),
    "SGD + momentum": ("#009e73", "-."),
    "SGD": ("#8a8a8a", ":"),
    "L-BFGS": ("#cc79a7", (0, (5, 1, 1, 1, 1, 1))),
}
UNITS = ("seconds", "gradient_equivalents")


@dataclass(frozen=True, eq=False)
class Trained:
    """A problem and its races, one for each seed: the snapshots of all entrants."""

    problem: Problem
    races: list[list[Snapshot]]

    def histories(self, name: str) -> list[list[Snapshot]]:
        """The snapshots of one entrant, a list for each seed."""
        return [[s for s in race if s.name == name] for race in self.races]

    def losses_at(self, name: str, unit: str, amount: float) -> np.ndarray:
        """Shown training loss of each seed at the last snapshot within an amount, (seeds,)."""
        last = [_last(history, unit, amount) for history in self.histories(name)]
        return np.array([self.problem.shown(s.loss) for s in last])

    def common(self, unit: str) -> float:
        """As much as every entrant has spent with every seed."""
        return min(getattr(h[-1], unit) for name in NAMES for h in self.histories(name))


def _last(history: Sequence[Snapshot], unit: str, amount: float) -> Snapshot:
    return [s for s in history if getattr(s, unit) <= amount][-1]


def table(trained: Trained) -> str:
    """Return the table of one problem as Markdown, with the verdicts below."""
    seconds, gradients = (trained.common(unit) for unit in UNITS)
    head = [
        f"{trained.problem.name}",
        "updates",
        "gradients",
        f"{trained.problem.measure}, after {seconds:.0f} s",
        f"after {gradients:.0f} gradients",
        "held out",
        "accuracy",
    ]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += [_row(trained, name, seconds, gradients) for name in NAMES]
    return "\n".join([*lines, "", *verdicts(trained)])


def _row(trained: Trained, name: str, seconds: float, gradients: float) -> str:
    last = [_last(history, "seconds", seconds) for history in trained.histories(name)]
    held_out = np.array([trained.problem.shown(s.test_loss, held_out=True) for s in last])
    accuracy = np.median([s.test_accuracy for s in last])
    cells = [
        name,
        f"{np.median([s.updates for s in last]):.0f}",
        f"{np.median([s.gradient_equivalents for s in last]):.0f}",
        spread(trained.losses_at(name, "seconds", seconds)),
        spread(trained.losses_at(name, "gradient_equivalents", gradients)),
        spread(held_out),
        "–" if np.isnan(accuracy) else f"{100 * accuracy:.1f} %",
    ]
    return "| " + " | ".join(cells) + " |"


def spread(values: np.ndarray) -> str:
    """Median, and the range where there are several values."""
    middle = f"{np.median(values):.3g}"
    return middle if len(values) == 1 else f"{middle} ({values.min():.3g} to {values.max():.3g})"


def verdicts(trained: Trained) -> list[str]:
    """Say, for equal seconds, how the training loss of Hessian-free compares with each other."""
    seconds = trained.common("seconds")
    median = {n: float(np.median(trained.losses_at(n, "seconds", seconds))) for n in NAMES}
    ours, *others = NAMES
    return [
        f"- Hessian-free against {name}: {median[ours]:.3g} to {median[name]:.3g}, "
        f"{'lower' if median[ours] < median[name] else 'not lower'}"
        for name in others
    ]


def write_picture(trained: Sequence[Trained], path: Path) -> None:
    """Draw the training loss against seconds and gradient-equivalents, a row for each problem."""
    fig = Figure(figsize=(10, 0.6 + 3 * len(trained)), layout="constrained")
    axes = fig.subplots(len(trained), len(UNITS), squeeze=False, sharey="row")
    for row, one in zip(axes, trained, strict=True):
        for ax, unit in zip(row, UNITS, strict=True):
            draw(ax, one, unit)
        row[0].set_ylabel(f"{one.problem.name}\n{one.problem.measure}")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=len(NAMES), frameon=False)
    fig.savefig(path, dpi=120)


def draw(ax: Axes, trained: Trained, unit: str) -> None:
    """Median of the seeds as a line, their range as a band, on what all of them have spent."""
    for name in NAMES:
        histories = trained.histories(name)
        end = min(getattr(history[-1], unit) for history in histories)
        first = max(getattr(history[1], unit) for history in histories)
        at = np.linspace(min(first, end), end, 60)
        losses = np.stack([trained.losses_at(name, unit, x) for x in at])
        color, dash = LOOKS[name]
        ax.plot(at, np.median(losses, 1), color=color, linestyle=dash, label=name)
        ax.fill_between(at, losses.min(1), losses.max(1), color=color, alpha=0.15, linewidth=0)
    ax.set_yscale("log")
    if unit == "gradient_equivalents":
        ax.set_xscale("log")
    ax.set_xlabel(unit.replace("_", "-"))
