"""Explorable of lesson 09: what a product costs against the whole matrix, for any n."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.stage import Stage

WAYS = ("gradient", "differences", "double backward", "forward over reverse", "whole H")
LOOKS = (
    (draw.LOSS, "solid", "circle"),
    (draw.GRADIENT, "dash", "square"),
    (draw.NEWTON, "solid", "triangle"),
    (draw.MODEL, "dashdot", "diamond"),
    (draw.ACCENT, "solid", "cross"),
)
LOW, HIGH = 2.0, 10.0  # powers of ten of n
SPAN = np.linspace(LOW, HIGH, 161)
BYTES = 8  # of a 64-bit number
GIGABYTE = 1e9
VECTORS = 4  # that conjugate gradients keep: x, r, p and Hp
TIMES, MEMORY = (1e-5, 1e14), (1e3, 1e21)
SECONDS = (("years", 3.156e7), ("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0), ("s", 1.0))
SIZES = (("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def written(amount: float, units: tuple[tuple[str, float], ...]) -> str:
    """An amount in the largest unit of which it has at least one, else in the smallest."""
    name, size = next((unit for unit in units if amount >= unit[1]), units[-1])
    if name == "s" and amount < 0.1:
        name, size = "ms", 1e-3
    value = amount / size
    return f"{value:,.0f} {name}" if value >= 1000 else f"{draw.number(value, 2)} {name}"


def largest_that_fits(memory: float) -> int:
    """The largest n whose matrix of n² 64-bit numbers fits into so many bytes."""
    return int(np.floor(np.sqrt(memory / BYTES)))


def carried_on(table: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Seconds (m, 5) at any n (m,), from measured ones.

    Between two measured sizes a straight line on log–log axes; beyond the last the law, in
    proportion to n for gradients and products and to n² for the whole matrix; below the first the
    first, since there the overhead of a call is all there is.

    Parameters
    ----------
    table : (rows, 6) array, n and the seconds of each of `WAYS`, NaN where not measured; n grows
    """
    columns = [
        _carried_on(table[:, 0], table[:, way + 1], n, 2.0 if name == "whole H" else 1.0)
        for way, name in enumerate(WAYS)
    ]
    return np.column_stack(columns)


def _carried_on(sizes: np.ndarray, seconds: np.ndarray, n: np.ndarray, power: float) -> np.ndarray:
    known = np.isfinite(seconds)
    x, y = np.log(sizes[known]), np.log(seconds[known])
    beyond = power * np.maximum(np.log(n) - x[-1], 0.0)
    return np.exp(np.interp(np.log(n), x, y) + beyond)


@dataclass(frozen=True, eq=False)
class CostFrame:
    """What one n costs.

    Attributes
    ----------
    n : float
    seconds : (5,) array
        For each of `WAYS`.
    gradients : (5,) array
        The same in gradients.
    matrix, vectors : float
        Bytes of H and of the four vectors that CG keeps.
    measured : bool
        Whether n lies within the sizes that were measured.
    """

    n: float
    seconds: np.ndarray
    gradients: np.ndarray
    matrix: float
    vectors: float
    measured: bool


def compute_cost(table: np.ndarray, n: float) -> CostFrame:
    """Read the costs at n off the measured table, see `carried_on`."""
    (seconds,) = carried_on(table, np.array([n]))
    inside = bool(table[0, 0] <= n <= table[-1, 0])
    return CostFrame(n, seconds, seconds / seconds[0], BYTES * n**2, BYTES * VECTORS * n, inside)


class Costs(Stage):
    """Drag n: seconds on this machine, and memory, of products and of the whole matrix.

    Parameters
    ----------
    table : see `carried_on`
    """

    def __init__(self, table: np.ndarray):
        self.table = np.asarray(table, float)
        fig, (self.left, self.right) = draw.figure(draw.TALL, columns=2, width_ratios=(1.3, 1))
        super().__init__(fig, alt="Seconds and bytes of products and of the whole Hessian, by n")
        self._prepare()
        self._draw_times()
        self._draw_memory()
        self.now = [self.line(ax, draw.POINT, width=1.5) for ax in (self.left, self.right)]
        self.spots = [self.points(self.left, color, size=8, marker=m) for color, _, m in LOOKS]
        self.sizes = [self.points(self.right, c, size=9) for c in (draw.ACCENT, draw.NEWTON)]
        self.n = self.handle(
            "n", "number of parameters n", self.left, (np.log10(72842), TIMES[0] * 3),
            along="x", step=(0.05, 0), color=draw.POINT,
        )  # fmt: skip
        self.legend(self.left, loc="upper left", fontsize=8)
        self.legend(self.right, loc="upper left", fontsize=8)
        self.start(self.update)

    def _prepare(self):
        ticks = np.arange(LOW, HIGH + 1)
        for ax, limits, title in ((self.left, TIMES, "time"), (self.right, MEMORY, "memory")):
            ax.set(xlim=(LOW, HIGH), ylim=limits, yscale="log", xlabel="parameters $n$")
            ax.set_xticks(ticks, [f"$10^{{{tick:.0f}}}$" for tick in ticks])
            ax.set_title(title, fontsize=10)
        self.left.set_yticks([1e-3, 1, 60, 86400, 3.156e7, 3.156e13])
        self.left.set_yticklabels(["1 ms", "1 s", "1 min", "1 day", "1 year", "10⁶ y"])
        self.right.set_yticks([1e3, 1e6, 1e9, 1e12, 1e15, 1e18, 1e21])
        self.right.set_yticklabels(["1 kB", "1 MB", "1 GB", "1 TB", "1 PB", "1 EB", "1 ZB"])
        for ax in (self.left, self.right):
            ax.minorticks_off()

    def _draw_times(self):
        """Lines carried on, and the measured points on them."""
        lines = carried_on(self.table, 10**SPAN)
        for way, ((color, dash, marker), name) in enumerate(zip(LOOKS, WAYS, strict=True)):
            style = {"solid": "-", "dash": "--", "dashdot": "-."}[dash]
            self.left.plot(SPAN, lines[:, way], style, color=color, linewidth=1.4)
            symbol = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "X"}
            self.left.plot(
                np.log10(self.table[:, 0]), self.table[:, way + 1], symbol[marker],
                color=color, markersize=5, label=name,
            )  # fmt: skip

    def _draw_memory(self):
        ax, n = self.right, 10**SPAN
        ax.plot(SPAN, BYTES * n**2, color=draw.ACCENT, label="$H$: $8n^2$ bytes")
        ax.plot(SPAN, BYTES * VECTORS * n, color=draw.NEWTON, label="CG: 4 vectors, $32n$ bytes")
        ax.axhline(GIGABYTE, color=draw.GREY, linewidth=1, linestyle="--")
        fits = np.log10(largest_that_fits(GIGABYTE))
        ax.plot([fits], [GIGABYTE], "o", color=draw.GREY, markersize=5)
        ax.annotate(
            f"n = {largest_that_fits(GIGABYTE):,}", (fits, GIGABYTE), xytext=(-6, 5),
            textcoords="offset points", fontsize=8, ha="right",
        )  # fmt: skip

    def update(self):
        """Read n, compute, set the marks."""
        place = self.n.value[0]
        frame = compute_cost(self.table, round(10**place))
        for line, limits in zip(self.now, (TIMES, MEMORY), strict=True):
            line.set([place, place], limits)
        for spot, seconds in zip(self.spots, frame.seconds, strict=True):
            spot.set(place, seconds)
        for spot, amount in zip(self.sizes, (frame.matrix, frame.vectors), strict=True):
            spot.set(place, amount)
        self.say(describe(frame))


def describe(frame: CostFrame) -> str:
    """Say what n costs, in gradients, in seconds and in bytes."""
    gradients = [f"{g:.1f}" for g in frame.gradients[1:4]]
    how = "measured" if frame.measured else "carried on from what was measured"
    return (
        f"n = {frame.n:,.0f}: H takes {written(frame.matrix, SIZES)}, "
        f"four vectors take {written(frame.vectors, SIZES)}.\n"
        f"A gradient: {written(frame.seconds[0], SECONDS)}, {how}. A product by differences: "
        f"{gradients[0]} gradients, double backward: {gradients[1]}, forward over reverse: "
        f"{gradients[2]}. The whole H: {written(frame.seconds[4], SECONDS)}."
    )
