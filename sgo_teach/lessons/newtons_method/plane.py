"""Explorables of lesson 03 in the plane: a race, and basins of attraction."""

from __future__ import annotations

import numpy as np

from sgo_teach import draw, problems
from sgo_teach.lessons.newtons_method.frames import (
    DAMPINGS,
    LANDSCAPES,
    PATIENCE,
    BasinFrame,
    Runner,
    compute_basins,
    compute_path,
    compute_race,
    count,
    kind_of,
)
from sgo_teach.stage import Stage

PLANES = {
    "Rosenbrock": problems.rosenbrock(),
    "Himmelblau": problems.himmelblau(),
    "bowl, κ = 30": problems.bowl(30.0),
}


class Race(Stage):
    """Click a start: gradient descent beside Newton's method, as paths and as losses."""

    FLOOR = 1e-16
    LONGEST = 60
    ALPHA = 1e-3  # safe at every customary start

    def __init__(self):
        fig, (self.ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.15, 1))
        super().__init__(fig, alt="Paths of gradient descent and Newton's method, and their losses")
        side.set(xlim=(0, self.LONGEST), ylim=(self.FLOOR, 1e6), yscale="log")
        side.set(xlabel="move $k$", ylabel=r"$L(\theta_k) - L_{\min}$")
        self.surface = self.choice("surface", "loss L", PLANES)
        self.alpha = self.slider("alpha", "α of gradient descent", -4, 0, 0.1, self.ALPHA, log=True)
        self.moves = self.slider("moves", "moves", 0, self.LONGEST, 1, 30)
        self.paths, self.curves, self.ends = {}, {}, {}
        self.now = self.line(side, draw.POINT, width=1.5)
        self._runner("descent", "gradient descent", draw.GRADIENT, side, "square")
        self._runner("newton", "Newton", draw.NEWTON, side, "circle")
        self.draw_surface()
        self.at = self.handle("at", "start θ₀", self.ax, self.problem.start, color=draw.POINT)
        self.legend(side, loc="upper right", fontsize=9)
        self.surface.observe(self.change_surface, "value")
        self.start(self.update)

    def _runner(self, key, label, color, side, marker):
        self.paths[key] = (
            self.line(self.ax, color, width=1.5),
            self.points(self.ax, color, size=6, marker=marker),
        )
        self.curves[key] = (
            self.line(side, color, width=1.5),
            self.points(side, color, label, size=6, marker=marker),
        )
        self.ends[key] = self.points(self.ax, color, size=10, marker=marker, hollow=True)

    @property
    def problem(self):
        """The loss that is shown."""
        return PLANES[self.surface.value]

    def draw_surface(self):
        """Draw level lines, dense where the loss is low, and the minima."""
        value, window = self.problem.value, self.problem.window
        levels = draw.even_levels(value, window, count=16, power=3.0)
        self.contour = draw.contours(self.ax, value, window, levels)
        (self.stars,) = self.ax.plot(
            *np.array(self.problem.minimisers).T, "*", color=draw.ACCENT, markersize=15
        )

    def change_surface(self, _change):
        """Draw another loss and go to its customary start."""
        self.contour.remove()
        self.stars.remove()
        self.draw_surface()
        with self.held():
            self.at.value, self.alpha.value = tuple(self.problem.start), self.ALPHA
        self.redraw()

    def update(self):
        """Read the controls, compute, set the marks."""
        start = np.array(self.at.value)
        frame = compute_race(self.problem, start, self.alpha.value, self.moves.value)
        for key, runner in (("descent", frame.descent), ("newton", frame.newton)):
            for mark in self.paths[key]:
                mark.set(*runner.path.T)
            for mark in self.curves[key]:
                mark.set(np.arange(len(runner.excess)), np.maximum(runner.excess, self.FLOOR))
            self.ends[key].set(*runner.path[-1])
        self.now.set([self.moves.value] * 2, [self.FLOOR, 1e6])
        self.say(
            f"Gradient descent {describe_runner(frame.descent)}\n"
            f"Newton {describe_runner(frame.newton)}"
        )


def describe_runner(runner: Runner, height: str = "L − L_min") -> str:
    """Say where a runner is after its moves, as the end of a sentence."""
    made, (x, y) = count(len(runner.path) - 1, "move"), np.round(runner.path[-1], 3) + 0.0
    loss = f"{height} = {runner.excess[-1]:.2g}"
    under_way = "is climbing" if runner.excess[-1] > runner.excess[0] else "is under way"
    return {
        "arrived": f"has arrived at a {runner.kind}, ({x:.3f}, {y:.3f}), after {made}.",
        "going": f"{under_way} after {made}: {loss}.",
        "away": f"has flown off after {made}.",
        "singular": f"is stuck after {made}: H has no inverse there.",
    }[runner.state]


LABELS = {"nowhere": f"nowhere in {PATIENCE} moves"}


class Basins(Stage):
    """Colour every start by where Newton's method ends; turn on damping; click to see a path."""

    MINIMA = ("#56b4e9", "#f0e442", "#009e73", "#cc79a7")
    SADDLES = ("#6b6b6b", "#a8a8a8", "#d4d4d4", "#868686")

    def __init__(self):
        fig, (self.ax, side) = draw.figure(draw.TALL, columns=2, width_ratios=(1.15, 1))
        super().__init__(fig, alt="Basins of attraction of damped Newton's method")
        palette = ("#ffffff", *self.MINIMA, *self.SADDLES, draw.BLACK)
        words = (
            "a start's colour: where it ends\ngreys: a saddle · black: the maximum · white: nowhere"
        )
        self.ax.set_title(words, fontsize=9)
        side.set(xlim=(-0.5, DAMPINGS[-1] + 0.5), ylim=(-2, 102))
        side.set(xlabel=r"damping $\lambda$", ylabel="% of all starts that end at a …")
        self.name = self.choice("name", "loss L", LANDSCAPES)
        self.damping = self.slider("damping", "damping λ", DAMPINGS[0], DAMPINGS[-1], 2.5, 0.0)
        self.picture = self.image(self.ax, palette)
        self.halo = self.line(self.ax, "#ffffff", width=5, alpha=0.8)
        self.path = self.line(self.ax, draw.BLACK, width=1.8)
        self.stops = self.points(self.ax, draw.BLACK, size=5)
        self._targets(self.ax)
        self._shares(side)
        self.set_landscape()
        self.at = self.handle("at", "start θ₀", self.ax, self.problem.start, color=draw.POINT)
        self.legend(self.ax, loc="upper center", fontsize=8, ncols=3, bbox_to_anchor=(0.5, -0.08))
        self.legend(side, loc="center right", fontsize=9)
        self.name.observe(self.change_landscape, "value")
        self.start(self.update)

    def _targets(self, ax):
        look = {"minimum": "circle", "saddle": "diamond", "maximum": "triangle"}
        self.targets = {
            kind: self.points(ax, draw.BLACK, kind, marker=marker, hollow=True, size=11)
            for kind, marker in look.items()
        }

    def _shares(self, side):
        look = {"minimum": (draw.MODEL, "solid"), "saddle": (draw.GREY, "dash")}
        look |= {"maximum": (draw.BLACK, "dot"), "nowhere": (draw.ACCENT, "dashdot")}
        self.shares = {
            kind: self.line(side, color, LABELS.get(kind, kind), dash=dash, width=2.5)
            for kind, (color, dash) in look.items()
        }
        self.now = self.line(side, draw.POINT, width=1.5)

    @property
    def problem(self):
        """The loss that is shown."""
        return LANDSCAPES[self.name.value]

    def set_landscape(self):
        """Set window, flat points and the shares against λ, which do not move with the hand."""
        (x0, x1), (y0, y1) = self.problem.window
        self.ax.set(xlim=(x0, x1), ylim=(y0, y1))
        points = np.array(self.problem.critical_points)
        kinds = np.array([kind_of(self.problem.hessian(p)) for p in points])
        for kind, mark in self.targets.items():
            mark.set(*points[kinds == kind].T)
        frames = [compute_basins(self.name.value, damping) for damping in DAMPINGS]
        for kind, mark in self.shares.items():
            mark.set(DAMPINGS, [100 * frame.share[kind] for frame in frames])

    def change_landscape(self, _change):
        """Show another landscape and go to its customary start."""
        self.set_landscape()
        with self.held():
            self.at.value = tuple(self.problem.start)
        self.redraw()

    def update(self):
        """Read the controls, compute, set the marks."""
        damping = self.damping.value
        frame = compute_basins(self.name.value, damping)
        runner = compute_path(self.problem, np.array(self.at.value), damping)
        (x0, x1), (y0, y1) = self.problem.window
        self.picture.set(frame.classes, (x0, x1, y0, y1))
        for mark in (self.halo, self.path, self.stops):
            mark.set(*runner.path.T)
        self.now.set([damping, damping], [-2, 102])
        self.say(describe_basins(frame, runner, damping))


def describe_basins(frame: BasinFrame, runner: Runner, damping: float) -> str:
    """Say what became of all starts, of one of them, and what the damping costs."""
    parts = [f"{100 * s:.0f} % {kind}" for kind, s in frame.share.items() if s >= 0.005]
    words = f"λ = {damping:g}: of all starts, {', '.join(parts)}"
    if frame.share["nowhere"] < 0.995:
        words += f"; those that arrive need {frame.moves:.0f} moves (median)"
    return f"{words}.\nFrom your start it {describe_runner(runner, 'L')}"
