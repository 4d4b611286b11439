"""Tables and pictures of measured latencies."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

WAYS = ("interact", "stage", "nagle", "100 ms")
COLORS = {"interact": "#8a8a8a", "stage": "#009e73", "nagle": "#56b4e9", "100 ms": "#e69f00"}


@dataclass
class Series:
    """What was measured of one control in one way.

    Attributes
    ----------
    press_ms : list of float
        Milliseconds from a key's event to the first frame of the screen with another picture.
    drag_fps : list of float
        Different pictures a second during each drag.
    unchanged : int
        Presses that left the picture as it was, for instance at a slider's end.
    """

    explorable: str
    control: str
    way: str
    flipbook: bool
    press_ms: list[float] = field(default_factory=list)
    drag_fps: list[float] = field(default_factory=list)
    unchanged: int = 0


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least `share` of `values` do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan


def median(values: list[float]) -> float:
    """Return the median, or NaN of nothing."""
    return statistics.median(values) if values else math.nan


def pooled(series: list[Series], way: str, flipbook: bool) -> Series:
    """Join all measurements of one way, either of flipbooks or of live stages."""
    chosen = [s for s in series if s.way == way and s.flipbook is flipbook]
    return Series(
        explorable="all flipbooks" if flipbook else "all live stages",
        control="",
        way=way,
        flipbook=flipbook,
        press_ms=[ms for s in chosen for ms in s.press_ms],
        drag_fps=[fps for s in chosen for fps in s.drag_fps],
    )


def _row(title: str, by_way: dict[str, Series]) -> str:
    cells = [title]
    for s in by_way.values():
        times = [percentile(s.press_ms, share) for share in (0.95, 1.0)]
        cells.append(f"{median(s.press_ms):.0f} / {times[0]:.0f} / {times[1]:.0f}")
        cells.append(f"{median(s.drag_fps):.0f}")
    if {"interact", "stage"} <= by_way.keys():
        ratio = median(by_way["interact"].press_ms) / median(by_way["stage"].press_ms)
        cells.append(f"{ratio:.1f} ×")
    return "| " + " | ".join(cells) + " |"


def table(series: list[Series]) -> str:
    """Return the table as Markdown: median / 95th percentile / maximum in ms, and pictures/s."""
    ways = [way for way in WAYS if any(s.way == way for s in series)]
    head = ["explorable, control", *(c for way in ways for c in (f"{way}, ms", "fps"))]
    head += ["faster"] if {"interact", "stage"} <= set(ways) else []
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    groups: dict[str, dict[str, Series]] = {}
    for s in series:
        mark = " (flipbook)" if s.flipbook else ""
        groups.setdefault(f"`{s.explorable}`, {s.control}{mark}", {})[s.way] = s
    lines += [_row(title, by_way) for title, by_way in groups.items()]
    for flipbook in (False, True):
        by_way = {way: pooled(series, way, flipbook) for way in ways}
        if any(s.press_ms for s in by_way.values()):
            lines.append(_row("**all flipbooks**" if flipbook else "**all live stages**", by_way))
    return "\n".join([*lines, "", *verdicts(series)])


def verdicts(series: list[Series]) -> list[str]:
    """Hold the pooled measurements of all live stages and flipbooks against the targets."""
    live, far = (pooled(series, way, flipbook=False) for way in ("stage", "100 ms"))
    pages = pooled(series, "stage", flipbook=True)
    ratio = median(pooled(series, "interact", flipbook=False).press_ms) / median(live.press_ms)
    targets = [
        ("median", median(live.press_ms), "ms", 35, False),
        ("95th percentile", percentile(live.press_ms, 0.95), "ms", 50, False),
        ("while dragging", median(live.drag_fps), "pictures/s", 30, True),
        ("against interact", ratio, "times faster", 8, True),
        ("100 ms away, dragging", median(far.drag_fps), "pictures/s", 15, True),
        ("flipbook, median", median(pages.press_ms), "ms", 20, False),
    ]
    return [_verdict(*target) for target in targets if not math.isnan(target[1])]


def _verdict(what: str, value: float, unit: str, target: float, at_least: bool) -> str:
    met = value >= target if at_least else value <= target
    sign = "≥" if at_least else "≤"
    return f"- {what}: {value:.1f} {unit} ({sign} {target}: {'met' if met else 'missed'})"


def write_picture(series: list[Series], path: Path) -> None:
    """Draw medians as bars, the 95th percentile as a line, and pictures a second beside them."""
    names = list(dict.fromkeys((s.explorable, s.control) for s in series))
    fig = Figure(figsize=(10, 1.6 + 0.75 * len(names)), layout="constrained")
    left, right = fig.subplots(1, 2, sharey=True)
    for s in series:
        y = names.index((s.explorable, s.control)) + 0.2 * (WAYS.index(s.way) - 1.5)
        middle, most = median(s.press_ms), percentile(s.press_ms, 0.95)
        left.barh(y, middle, 0.18, color=COLORS[s.way])
        left.plot([middle, most], [y, y], color="#222222", linewidth=1)
        right.barh(y, median(s.drag_fps), 0.18, color=COLORS[s.way])
    left.set_yticks(range(len(names)), [f"{e}\n{c}" for e, c in names], fontsize=8)
    left.invert_yaxis()
    left.set_xscale("log")
    left.set_xlabel("ms from key to picture: median, line to the 95th percentile")
    right.set_xlabel("different pictures a second while dragging")
    fig.legend(
        [right.barh(0, 0, color=COLORS[way]) for way in WAYS], WAYS, loc="outside upper center",
        ncols=len(WAYS), frameon=False,
    )  # fmt: skip
    fig.savefig(path, dpi=120)
