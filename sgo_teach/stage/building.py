"""How a stage is put together: controls and marks are made here and kept in order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sgo_teach.stage import marks as mk
from sgo_teach.stage.controls import Button, Check, Choice, Control, Handle, Slider


class Building:
    """The half of a `Stage` that adds controls and marks; each method returns what it made."""

    controls: dict[str, Control]
    marks: list[mk.Mark]
    refresh: Callable[[], None]
    _lock: AbstractContextManager

    def slider(self, name, label, low, high, step, value, log=False) -> Slider:
        """Add a `Slider`."""
        return self._add(Slider(name, label, low, high, step, value, log))

    def choice(self, name, label, options, value=None) -> Choice:
        """Add a `Choice`."""
        return self._add(Choice(name, label, options, value))

    def check(self, name, label, value=False) -> Check:
        """Add a `Check`."""
        return self._add(Check(name, label, value))

    def button(self, name, label) -> Button:
        """Add a `Button`."""
        return self._add(Button(name, label))

    def handle(self, name, label, ax, value, **options) -> Handle:
        """Add a draggable `Handle`."""
        return self._add(Handle(name, label, ax, value, **options))

    def _add(self, control):
        if control.name in self.controls:
            raise ValueError(
                f"a control named {control.name!r} is on this stage already: rename one"
            )
        self.controls[control.name] = control
        control.lock = self._lock
        control.observe(lambda _change: self.refresh(), "value")
        return control

    def line(self, ax, color, label=None, **look) -> mk.Line:
        """Add a `Line` mark."""
        return self._mark(mk.Line(ax, color, label, **look))

    def points(self, ax, color, label=None, **look) -> mk.Points:
        """Add a `Points` mark."""
        return self._mark(mk.Points(ax, color, label, **look))

    def arrows(self, ax, color, label=None, **look) -> mk.Arrows:
        """Add an `Arrows` mark."""
        return self._mark(mk.Arrows(ax, color, label, **look))

    def bars(self, ax, color, label=None, **look) -> mk.Bars:
        """Add a `Bars` mark."""
        return self._mark(mk.Bars(ax, color, label, **look))

    def text(self, ax, color, **look) -> mk.Text:
        """Add a `Text` mark."""
        return self._mark(mk.Text(ax, color, **look))

    def image(self, ax, palette, **look) -> mk.Image:
        """Add an `Image` mark."""
        return self._mark(mk.Image(ax, palette, **look))

    def _mark(self, mark):
        self.marks.append(mark)
        return mark

    def legend(self, ax, **options) -> None:
        """Draw a legend on the backdrop for the labelled marks of `ax`."""
        own = [m.legend_handle() for m in self.marks if m.ax is ax and m.label]
        ax.legend(handles=[*ax.get_legend_handles_labels()[0], *own], **options)
