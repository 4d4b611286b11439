"""Explorable of lesson 11: three ways to count ρ when CG starts warm, and where they lead λ."""

from __future__ import annotations

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.hessian_free.valley import (
    GAIN,
    HONEST,
    PROMISE,
    WAYS,
    WINDOW,
    WarmSteps,
    compute_warm,
    loss,
)
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.stage import Stage

GRID = float(np.log10(1.5))  # one position of the slider: the factor of the rule
LOWEST, HIGHEST = -12, 18  # λ from 1.5⁻¹² to 1.5¹⁸
DAMPINGS = 1.5 ** np.arange(LOWEST, HIGHEST + 0.1, 0.25)
FIRST = 1.5**3
LEAST, MOST = -1.5, 3.0  # of the axis of ρ
DECAY = 0.95  # the next warm start over the last step
LOOKS = {
    HONEST: (draw.NEWTON, "solid"),
    GAIN: (draw.ACCENT, "dash"),
    PROMISE: (draw.GRADIENT, "dot"),
}


class WarmStart(Stage):
    """Drag θ and the warm start; take steps with the ρ of your choice and watch λ."""

    def __init__(self):
        fig, (ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.15, 1))
        super().__init__(fig, alt="A step from a warm start in a bent valley, and ρ against λ")
        draw.contours(ax, loss, WINDOW, draw.even_levels(loss, WINDOW, count=16, power=3.0))
        ax.plot(1, 1, "*", color=draw.ACCENT, markersize=11)
        self._prepare(side)
        self.way = self.choice("way", "count ρ", WAYS)
        self.damping = self.slider(
            "damping", "damping λ", LOWEST * GRID, HIGHEST * GRID, GRID, FIRST, log=True
        )
        self.press = self.button("press", "Take the step, then adapt λ")
        self.warm = self.arrows(ax, draw.GREY, r"warm start $\Delta_0$")
        self.way_of_cg = self.line(ax, draw.MODEL, "what CG adds", width=2, dash="dot")
        self.step = self.arrows(ax, draw.NEWTON, r"step $\Delta$")
        self.curves = {
            way: self.line(side, color, f"ρ, {way}", dash=dash, width=2.5)
            for way, (color, dash) in LOOKS.items()
        }
        self.here = self.points(side, draw.POINT, "the ρ that is used", size=12)
        self.at = self.handle("at", "point θ", ax, (-1.2, 1.6), color=draw.POINT)
        self.tip = self.handle("tip", "warm start", ax, (-0.9, 0.7), jump=False, color=draw.GREY)
        self.legend(ax, loc="upper center", fontsize=8, ncols=3, bbox_to_anchor=(0.5, -0.1))
        self.legend(side, loc="upper center", fontsize=8, ncols=2, bbox_to_anchor=(0.5, -0.16))
        self.press.observe(self.take, "value")
        self.start(self.update)

    @staticmethod
    def _prepare(side):
        side.set(xscale="log", xlim=(DAMPINGS[0] / 1.3, DAMPINGS[-1] * 1.3), ylim=(LEAST, MOST))
        side.set(xlabel=r"damping $\lambda$", ylabel=r"$\rho$")
        zones = [(LEAST, 0.25, draw.ACCENT), (0.25, 0.75, draw.GREY), (0.75, MOST, draw.MODEL)]
        for (low, high, color), word in zip(zones, ("raise λ", "keep λ", "lower λ"), strict=True):
            side.axhspan(low, high, color=color, alpha=0.12, linewidth=0)
            side.text(
                0.02,
                (low + high) / 2,
                word,
                fontsize=8,
                va="center",
                transform=side.get_yaxis_transform(),
            )

    def now(self, dampings) -> tuple[WarmSteps, np.ndarray, np.ndarray]:
        """Steps for these λ from where the handles stand, with θ and Δ₀."""
        theta = np.array(self.at.value)
        start = np.array(self.tip.value) - theta
        return compute_warm(theta, start, dampings), theta, start

    def take(self, _change):
        """Move if the loss falls, start the next CG at 0.95Δ, and let the chosen ρ steer λ."""
        found, theta, _ = self.now(np.array([self.damping.value]))
        ratio, step = float(found.ratios[self.way.value][0]), found.steps[0]
        with self.held():
            if found.after[0] < found.before:
                self.at.value = tuple(theta + step)
                self.tip.value = tuple(theta + step + DECAY * step)
            else:
                self.tip.value = self.at.value
            self.damping.value = levenberg_marquardt(self.damping.value, ratio)

    def update(self):
        """Read the controls, compute, set the marks."""
        found, theta, start = self.now(np.append(DAMPINGS, self.damping.value))
        step = found.steps[-1]
        self.warm.set(theta, theta + start)
        self.way_of_cg.set(*np.array([theta + start, theta + step]).T)
        self.step.set(theta, theta + step)
        for way, curve in self.curves.items():
            curve.set(DAMPINGS, np.clip(found.ratios[way][:-1], LEAST, MOST))
        ratio = found.ratios[self.way.value][-1]
        self.here.set(self.damping.value, np.clip(ratio, LEAST, MOST))
        self.say(describe(found, self.damping.value, self.way.value))


def describe(found: WarmSteps, damping: float, way: str) -> str:
    """Say what was promised and gained, the three ρ, and what becomes of λ."""
    n = draw.number
    words = (
        f"L(θ) = {n(found.before)}, L(θ + Δ₀) = {n(found.at_start)}, L(θ + Δ) = "
        f"{n(found.after[-1])}; the model promises {n(found.promised[-1])} from θ.\n"
    )
    words += "; ".join(f"ρ {w}: {_told(found.ratios[w][-1])}" for w in WAYS) + ".\n"
    ratio = float(found.ratios[way][-1])
    new = levenberg_marquardt(damping, ratio)
    turn = "grows" if new > damping else "shrinks" if new < damping else "stays"
    verdict = "is taken" if found.after[-1] < found.before else "is refused"
    return words + f"The step {verdict}; by ρ {way} λ = {n(damping)} {turn}."


def _told(ratio: float) -> str:
    return draw.number(ratio) if np.isfinite(ratio) else "none"
