"""Move the controls of a stage as a hand would: to their ends, anywhere, one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from sgo_teach.stage import Button, Choice, Handle, Stage

Places = dict[str, Any]  # control -> what `put` understands: a value, or fractions of the axes


def ends(control: Any) -> list[Any]:
    """The extreme positions of a control; corners of its axes for a handle."""
    if isinstance(control, Handle):
        sides = [(0.0, 1.0) if along in control.along else (0.5,) for along in "xy"]
        return list(itertools.product(*sides))
    if isinstance(control, Button):
        return [1]
    positions = control.positions()
    return positions if isinstance(control, Choice) else [positions[0], positions[-1]]


def extremes(stage: Stage) -> Iterator[Places]:
    """Every combination of extreme positions."""
    choices = [ends(control) for control in stage.controls.values()]
    return (
        dict(zip(stage.controls, places, strict=True)) for places in itertools.product(*choices)
    )


def anywhere(stage: Stage, rng: np.random.Generator) -> Places:
    """One random position of every control."""
    return {name: _drawn(control, rng) for name, control in stage.controls.items()}


def _drawn(control: Any, rng: np.random.Generator) -> Any:
    if isinstance(control, Handle):
        return tuple(rng.random(2))
    if isinstance(control, Button):
        return int(rng.integers(1, 4))
    positions = control.positions()
    return positions[rng.integers(len(positions))]


def put(stage: Stage, places: Places) -> None:
    """Set controls one after the other, each as a hand does; a button is pressed so often."""
    for name, place in places.items():
        control = stage.controls[name]
        if isinstance(control, Button):
            for _ in range(place):
                control.value += 1
        else:
            control.value = _in_data(control, place)


def _in_data(control: Any, place: Any) -> Any:
    if not isinstance(control, Handle):
        return place
    (x0, x1), (y0, y1) = control.ax.get_xlim(), control.ax.get_ylim()
    return (x0 + place[0] * (x1 - x0), y0 + place[1] * (y1 - y0))


def picture(stage: Stage) -> tuple[bytes, ...]:
    """What is to be seen: the marks, the handles and the backdrop."""
    handles = [c.shown or c.value for c in stage.controls.values() if isinstance(c, Handle)]
    marks = [mark.xy.tobytes() for mark in stage.marks]
    return (*marks, np.array(handles).tobytes(), stage.backdrop)
