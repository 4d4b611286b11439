"""What a hand can change on a stage: each control is one validated trait called ``value``."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext

import traitlets


def finite(label: str, *values) -> tuple[float, ...]:
    """Return `values` as finite numbers.

    Raises
    ------
    traitlets.TraitError
        If one of them is no finite number; `label` names whose it was.
    """
    try:
        numbers = tuple(float(v) for v in values)
    except (TypeError, ValueError, OverflowError):
        numbers = (math.nan,)
    if not all(math.isfinite(v) for v in numbers):
        met = ", ".join(repr(v) for v in values)
        raise traitlets.TraitError(f"{label}: a finite number is needed, not {met}")
    return numbers


class Anything(traitlets.Any):
    """Any value; None goes to the validators like the others."""

    allow_none = False


class Control(traitlets.HasTraits):
    """One named value that the learner can change; setting ``value`` does all that a hand can do.

    Parameters
    ----------
    name : str
        Key of the control in messages and in `Stage.state`.
    label : str
        Text in front of the control (Unicode, no LaTeX).
    """

    value = Anything()
    lock: AbstractContextManager = nullcontext()  # the stage's own, once the control stands on it

    def __init__(self, name: str, label: str, value):
        self.name, self.label = name, label
        super().__init__(value=value)

    def __setattr__(self, name, value):
        """Set an attribute; nothing changes while another thread draws."""
        with self.lock:
            super().__setattr__(name, value)

    def positions(self) -> list | None:
        """List every value the control can take, or None when they cannot be counted."""
        return None

    def spec(self) -> dict:
        """Describe the control for the browser."""
        return {"type": type(self).__name__.lower(), "name": self.name, "label": self.label}


class Slider(Control):
    """A number between two ends, by slider or by typing.

    Parameters
    ----------
    name, label : str
        See `Control`.
    low, high, step : float
        Ends and spacing; on a log slider these are powers of ten (−2, 0, 0.1 runs from 0.01 to 1).
    value : float
        The first value (not its logarithm).
    log : bool
        Equal moves multiply instead of add.

    Raises
    ------
    ValueError
        If the ends or the step do not make a range.
    """

    def __init__(self, name, label, low, high, step, value, log=False):
        if not (low < high and step > 0):
            raise ValueError(
                f"slider {name!r} needs low < high and step > 0; "
                f"got {low}, {high}, {step}: swap the ends?"
            )
        self.low, self.high, self.step, self.log = low, high, step, log
        super().__init__(name, label, value)

    @traitlets.validate("value")
    def _on_the_grid(self, proposal):
        """Clamp to the ends and round to the grid; refuse what is not a finite number."""
        (value,) = finite(self.label, proposal["value"])
        if self.log:
            value = math.log10(max(value, 10.0 ** (self.low - 1)))
        count = round((min(max(value, self.low), self.high) - self.low) / self.step)
        return self._at(min(count, self._last()))

    def _last(self):
        return math.floor((self.high - self.low) / self.step + 1e-9)

    def _at(self, count):
        value = round(self.low + count * self.step, 10)
        if self.log:
            return float(f"{10.0**value:.12g}")
        return int(value) if all(float(v).is_integer() for v in (self.low, self.step)) else value

    def positions(self):
        """List the grid from the low end to the high end."""
        return [self._at(i) for i in range(self._last() + 1)]

    def spec(self):
        """Describe the slider for the browser."""
        return super().spec() | {
            "low": self.low,
            "step": self.step,
            "last": self._last(),
            "log": self.log,
        }


class Choice(Control):
    """One of several named options, by drop-down list.

    Raises
    ------
    ValueError
        If there are no options, or two that are equal.
    """

    def __init__(self, name, label, options, value=None):
        self.options = list(options)
        if not self.options or len(set(self.options)) < len(self.options):
            raise ValueError(
                f"choice {name!r} needs options that differ, at least one; got {self.options}"
            )
        super().__init__(name, label, self.options[0] if value is None else value)

    @traitlets.validate("value")
    def _known(self, proposal):
        if proposal["value"] not in self.options:
            raise traitlets.TraitError(
                f"{self.label}: {proposal['value']!r} is not one of {self.options}"
            )
        return proposal["value"]

    def positions(self):
        """List the options."""
        return list(self.options)

    def spec(self):
        """Describe the list for the browser."""
        return super().spec() | {"options": self.options}


class Check(Control):
    """On or off."""

    value = traitlets.Bool()

    def positions(self):
        """List both positions."""
        return [False, True]


class Button(Control):
    """A button; ``value`` counts how often it was pressed."""

    value = traitlets.Int()

    def __init__(self, name, label):
        super().__init__(name, label, 0)


class Handle(Control):
    """A point that is dragged, clicked into place or moved by arrow keys, in data coordinates.

    Parameters
    ----------
    name, label : str
        See `Control`; the label is what a screen reader says.
    ax : matplotlib.axes.Axes
        Where the handle lives; it never leaves these axes.
    value : (float, float)
        First position.
    along : {"xy", "x", "y"}
        Directions the hand may move it in.
    step : (float, float)
        What one press of an arrow key adds, in data units.
    jump : bool
        Whether a click anywhere in the axes brings the handle there.
    """

    def __init__(self, name, label, ax, value, along="xy", step=None, jump=True, color="#222"):
        self.ax, self.along, self.jump, self.color = ax, along, jump, color
        self.shown = None
        (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
        self.step = step or (abs(x1 - x0) / 100, abs(y1 - y0) / 100)
        super().__init__(name, label, value)

    @traitlets.validate("value")
    def _inside(self, proposal):
        """Keep the point finite, inside its axes and on the directions it may move in."""
        try:
            x, y = proposal["value"]
        except (TypeError, ValueError):
            raise traitlets.TraitError(
                f"{self.label}: a pair (x, y) is needed, not {proposal['value']!r}"
            ) from None
        x, y = finite(self.label, x, y)
        old = self.value
        if old is not None and self.along != "xy":
            x, y = (x, old[1]) if self.along == "x" else (old[0], y)
        (x0, x1), (y0, y1) = sorted(self.ax.get_xlim()), sorted(self.ax.get_ylim())
        return (min(max(x, x0), x1), min(max(y, y0), y1))

    def nudge(self, dx: float, dy: float) -> None:
        """Move by `dx` and `dy` key steps."""
        x, y = self.value
        self.value = (x + dx * self.step[0], y + dy * self.step[1])

    def show_at(self, x: float, y: float) -> None:
        """Draw the handle at (x, y), for instance on a curve, without changing its value."""
        self.shown = (x, y)

    def spec(self):
        """Describe the handle for the browser."""
        return super().spec() | {"color": self.color, "jump": self.jump}
