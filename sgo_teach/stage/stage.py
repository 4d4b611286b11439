"""The stage: a matplotlib figure drawn once, marks that move above it, and the controls that move them.

    class Parabola(Stage):
        def __init__(self):
            fig, ax = wide_figure()
            super().__init__(fig, alt="a parabola and its slope")
            self.at = self.slider("at", "point a", -2, 2, 0.1, value=1)
            self.curve = self.line(ax, BLUE, label="f")
            self.start(self.update)

        def update(self):
            frame = compute(self.at.value)      # pure mathematics, tested without widgets
            self.curve.set(frame.x, frame.y)
            self.say(f"the slope is {frame.slope:.2f}")

Python transforms data to pixels; the browser only draws pixels and reports hands and keys.
"""

from __future__ import annotations

import io
import itertools
import math
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import anywidget
import traitlets

from sgo_teach.stage import marks as mk
from sgo_teach.stage.controls import Button, Check, Choice, Control, Handle, Slider
from sgo_teach.stage.frame import pack
from sgo_teach.stage.static import flipbook_html, still_png

HERE = Path(__file__).parent
MAX_PAGES = 400
DPI = 100  # one inch of figure is 100 pixels of stage; the backdrop has twice as many


class Stage(anywidget.AnyWidget):
    """A responsive picture with its controls, a read-out and a still PNG for where no kernel lives.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The backdrop. It is drawn once, when `start` is called.
    alt : str
        What the picture shows, for who cannot see it.
    """

    _esm = (HERE / "stage.js").read_text(encoding="utf-8")
    _css = (HERE / "stage.css").read_text(encoding="utf-8")
    backdrop = traitlets.Bytes().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    pages = traitlets.Dict().tag(sync=True)  # flipbook: positions of the controls, "2,0" -> frame
    scene = traitlets.Dict().tag(sync=True)  # size, alt text, marks and controls

    def __init__(self, fig, alt: str):
        super().__init__()
        self.fig, self.alt = fig, alt
        self.controls: dict[str, Control] = {}
        self.marks: list[mk.Mark] = []
        self._lock, self._seq, self._count, self._words = threading.RLock(), 0, 0, ""
        self._update: Callable[[], None] | None = None
        self._held = True
        self.on_msg(self._receive)

    # -- building ---------------------------------------------------------------------------------
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
            raise ValueError(f"a control named {control.name!r} is on this stage already: rename one")
        self.controls[control.name] = control
        control.observe(self._changed, "value")
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

    def start(self, update: Callable[[], None]) -> None:
        """Draw the backdrop, keep `update` as what a change calls, and call it once."""
        self._update, self._held = update, False
        self.redraw()

    # -- living -----------------------------------------------------------------------------------
    def redraw(self) -> None:
        """Draw the backdrop again, after its axes or contours changed, and everything on it."""
        with self._lock:
            self.fig.set_dpi(DPI)
            for ax in self.fig.axes:
                ax.autoscale(False)
            self.fig.draw_without_rendering()
            self.fig.set_layout_engine("none")
            png = io.BytesIO()
            self.fig.savefig(png, format="png", dpi=2 * DPI)
            width, height = (float(inches) * DPI for inches in self.fig.get_size_inches())
            self._height = height
            self.scene = {
                "size": [width, height],
                "alt": self.alt,
                "marks": [mark.spec(height) for mark in self.marks],
                "controls": [control.spec() for control in self.controls.values()],
            }
            self.backdrop = png.getvalue()
            self.refresh()

    @property
    def state(self) -> dict:
        """The value of every control by name."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def words(self) -> str:
        """The present read-out."""
        return self._words

    def say(self, words: str) -> None:
        """Put `words` into the read-out, where a screen reader hears them too."""
        self._words = words

    @contextmanager
    def held(self):
        """Change several controls and update once at the end."""
        with self._lock:
            before, self._held = self._held, True
            try:
                yield
            finally:
                self._held = before
            self.refresh()

    def _changed(self, _change) -> None:
        with self._lock:
            self.refresh()

    def refresh(self) -> None:
        """Call the update function and send the frame, unless changes are being held."""
        if self._held or self._update is None:
            return
        begun, trouble = time.perf_counter(), None
        try:
            self._update()
        except Exception as error:
            trouble = f"This picture could not be updated: {type(error).__name__}: {error}"
            raise
        finally:
            self.frame = self._packed(begun, trouble)

    def _packed(self, begun, trouble=None) -> bytes:
        handles = {n: self._handle_pixels(c) for n, c in self.controls.items() if isinstance(c, Handle)}
        values = {n: c.value for n, c in self.controls.items() if n not in handles}
        self._count += 1
        header = {
            "count": self._count,
            "seq": self._seq,
            "ms": round(1e3 * (time.perf_counter() - begun), 2),
            "say": trouble or self._words,
            "trouble": trouble is not None,
            "handles": handles,
            "values": values,
        }
        return pack(header, self.marks, self._height)

    def _handle_pixels(self, handle):
        x, y = handle.ax.transData.transform(handle.shown or handle.value)
        box = handle.ax.get_window_extent()
        place = [min(max(x, box.x0), box.x1), self._height - min(max(y, box.y0), box.y1)]
        reach = [box.x0, self._height - box.y1, box.x1, self._height - box.y0]
        x, y = handle.value
        return {"at": [round(v, 2) for v in place], "reach": reach, "say": f"{x:.3g}, {y:.3g}"}

    # -- hands ------------------------------------------------------------------------------------
    def _receive(self, _widget, message, _buffers) -> None:
        """Take over what the browser reports, newest last, and answer with one frame."""
        with self._lock:
            self._seq = message.get("seq", self._seq)
            before, self._held = self._held, True
            try:
                for name, value in message.get("set", {}).items():
                    self._take(self.controls.get(name), value)
            finally:
                self._held = before
            if not message.get("quiet"):
                self.refresh()

    def _take(self, control, value) -> None:
        """Set one control; what makes no sense (a half-typed number) leaves it as it was."""
        try:
            if isinstance(control, Handle) and isinstance(value, dict):
                control.nudge(*value["nudge"])
            elif isinstance(control, Handle):
                place = control.ax.transData.inverted().transform((value[0], self._height - value[1]))
                control.value = tuple(place)
            elif control is not None:
                control.value = value
        except (traitlets.TraitError, TypeError, ValueError):
            return  # the answering frame carries the value that still holds back to the browser

    # -- flipbooks and stills ---------------------------------------------------------------------
    def flipbook(self) -> None:
        """Compute every frame ahead; the browser then switches them without the kernel.

        Raises
        ------
        ValueError
            If the positions of the controls cannot be counted or are more than `MAX_PAGES`.
        """
        names, positions = list(self.controls), [c.positions() for c in self.controls.values()]
        if any(p is None for p in positions):
            raise ValueError("a flipbook needs controls with countable positions: no handles, no buttons")
        count = math.prod(len(p) for p in positions)
        if count > MAX_PAGES:
            raise ValueError(f"{count} pages are more than {MAX_PAGES}: use coarser steps")
        before = self.state
        pages = {}
        with self._lock:
            for places in itertools.product(*(range(len(p)) for p in positions)):
                values = [p[i] for p, i in zip(positions, places, strict=True)]
                key = ",".join(str(i) for i in places)  # the browser names pages the same way
                pages[key] = self._page(dict(zip(names, values, strict=True)))
            self._page(before)
            self.pages = pages
            self.refresh()

    def _page(self, values) -> bytes:
        held, self._held = self._held, True
        for name, value in values.items():
            self.controls[name].value = value
        self._held = held
        begun = time.perf_counter()
        self._update()
        return self._packed(begun)

    def _repr_mimebundle_(self, **kwargs):
        """Show the widget; beside it a still PNG, and for a flipbook HTML that needs no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, meta = bundle if isinstance(bundle, tuple) else (bundle, {})
        if data is None:
            data = {}
        png = still_png(self)
        more = {"image/png": png, "text/plain": f"{self.alt}. {self._words}"}
        if self.pages:
            more["text/html"] = flipbook_html(self, png)
        return data | more, meta

