"""What the pictures of lesson 04 stand on: level lines, and a meter for the reduction ratio ρ."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sgo_teach import draw
from sgo_teach.problems import Problem, hills, rosenbrock
from sgo_teach.solvers.quadratic_model import QuadraticModel

HILLS = hills()
VALLEY = rosenbrock(5.0)
LOW, HIGH = -0.8, 1.8  # the meter's ends; what lies beyond is shown at the end


def model_lines(model: QuadraticModel, window, levels: np.ndarray) -> np.ndarray:
    """Return the lines (p, 2) where the quadratic model takes the values `levels`."""
    points = draw.grid(window, 45)
    p = points - model.x
    bent = ((p @ model.hessian) * p).sum(axis=-1)
    return draw.level_lines(points, model.value + p @ model.gradient + 0.5 * bent, levels)


def circle(centre: np.ndarray, radius: float) -> np.ndarray:
    """Return a circle as a closed path (97, 2)."""
    turn = np.linspace(0, 2 * np.pi, 97)
    return centre + radius * np.column_stack([np.cos(turn), np.sin(turn)])


def leaves(problem: Problem, x: np.ndarray) -> bool:
    """Whether x (2,) lies outside of the problem's window."""
    return any(not low <= v <= high for v, (low, high) in zip(x, problem.window, strict=True))


def map_and_sides():
    """Return a figure with a square map on the left; on the right a plot above a flat meter."""
    fig = Figure(figsize=draw.TALL, layout="constrained")
    axes = fig.subplot_mosaic(
        [["map", "side"], ["map", "meter"]], width_ratios=(1.3, 1), height_ratios=(4.2, 1)
    )
    for ax in axes.values():
        draw.tidy(ax)
    return fig, axes["map"], axes["side"], axes["meter"]


class Meter:
    """The reduction ratio ρ on a scale with the zones of the rule; a thin helper of a stage.

    Parameters
    ----------
    stage : Stage
        Whose pointer moves.
    ax : Axes
        The scale.
    words : three str
        What the rule does below ¼, between, and above ¾.
    """

    def __init__(self, stage, ax, words):
        ax.set(xlim=(LOW, HIGH), ylim=(0, 1), xticks=[0, 0.25, 0.75, 1], yticks=[])
        ax.set_xticklabels(["0", "¼", "¾", "1"])
        ax.set_xlabel(r"$\rho$ = actual ÷ promised change", fontsize=9, labelpad=1)
        ax.grid(False)
        ax.spines["left"].set_visible(False)
        edges, colors = (LOW, 0.25, 0.75, HIGH), ("#f6d5c3", "#eeeeee", "#cdeadf")
        for left, right, color, word in zip(edges, edges[1:], colors, words, strict=False):
            ax.axvspan(left, right, color=color, zorder=0)
            ax.text((left + right) / 2, 0.80, word, ha="center", va="center", fontsize=7.5)
        self.pointer = stage.line(ax, draw.NEWTON, width=4)
        self.value = stage.text(ax, draw.BLACK, align="left", size=13, offset=(6, 8))

    def show(self, rho: float) -> None:
        """Point at ρ; NaN hides the pointer."""
        if np.isnan(rho):
            self.pointer.hide()
            self.value.set(LOW, 0.4, "no ρ: nothing promised")
            return
        at = float(np.clip(rho, LOW + 0.02, HIGH - 0.02))
        self.pointer.set([at, at], [0, 0.62])
        self.value.set(min(at, HIGH - 0.62), 0.4, f"ρ = {draw.number(rho)}")
