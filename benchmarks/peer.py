"""The same picture as a stage, the usual way: ``ipywidgets.interact`` and inline figures.

The comparison leans towards `interact`: axes and contours are made once and only the moving
artists anew, and the picture has half the stage's resolution.  The layout is solved at every draw,
as it is for a figure that a function of `interact` makes.
"""

from __future__ import annotations

import json

import ipywidgets as widgets
from IPython.display import display

from sgo_teach.stage import Check, Choice, Handle, Slider, Stage
from sgo_teach.stage.frame import unpack


def peers(control) -> dict[str, widgets.Widget]:
    """Return the widgets of ipywidgets that stand for one control: two for a handle, else one."""
    name, label = control.name, control.label
    if isinstance(control, Slider):
        kind = widgets.FloatLogSlider if control.log else widgets.FloatSlider
        ends = {"min": control.low, "max": control.high, "step": control.step}
        return {name: kind(value=control.value, description=label, **ends)}
    if isinstance(control, Choice):
        return {name: widgets.Dropdown(options=control.options, value=control.value)}
    if isinstance(control, Check):
        return {name: widgets.Checkbox(value=control.value, description=label)}
    return coordinates(control) if isinstance(control, Handle) else {}


def coordinates(handle: Handle) -> dict[str, widgets.Widget]:
    """Return one slider for each direction a handle may move in."""
    limits = {"x": sorted(handle.ax.get_xlim()), "y": sorted(handle.ax.get_ylim())}
    return {
        f"{handle.name}_{along}": widgets.FloatSlider(
            value=handle.value["xy".index(along)],
            min=limits[along][0],
            max=limits[along][1],
            step=(limits[along][1] - limits[along][0]) / 200,
            description=along,
        )
        for along in handle.along
    }


def place(stage: Stage, values: dict) -> None:
    """Set the controls of `stage`; nothing is sent to a browser."""
    with stage._holding():
        for name, control in stage.controls.items():
            if isinstance(control, Handle):
                x, y = control.value
                control.value = (values.get(f"{name}_x", x), values.get(f"{name}_y", y))
            elif name in values:
                control.value = values[name]
    stage._update()


def facts(stage: Stage) -> str:
    """Return as JSON what a hand finds on `stage`.

    Whether it is a flipbook, how many sliders and handles it has, and where its first handle can
    go, from left to right, as shares of the picture's width.
    """
    handles = unpack(stage.frame)[0]["handles"].values()
    spans = [[side / stage.scene["size"][0] for side in h["reach"][::2]] for h in handles]
    found = {
        "flipbook": bool(stage.pages),
        "sliders": sum(isinstance(control, Slider) for control in stage.controls.values()),
        "handles": len(spans),
        "span": spans[0] if spans else None,
    }
    return json.dumps(found)


def under_interact(stage: Stage) -> None:
    """Show the picture of `stage` under `interact`, drawn by matplotlib at every change."""

    def picture(**values):
        place(stage, values)
        drawn = [artist for mark in stage.marks if len(mark.xy) for artist in mark.artist()]
        display(stage.fig)
        for artist in drawn:
            artist.remove()

    stage.fig.set_layout_engine("constrained")
    controls = [peer for control in stage.controls.values() for peer in peers(control).items()]
    widgets.interact(picture, **dict(controls))
