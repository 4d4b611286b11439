"""The stage: a matplotlib figure drawn once, marks that move above it, controls that move them.

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from sgo_teach.stage import marks as mk
from sgo_teach.stage.building import Building
from sgo_teach.stage.controls import Control, Handle
from sgo_teach.stage.frame import pack
from sgo_teach.stage.static import flipbook_html, still_png

HERE = Path(__file__).parent
MAX_PAGES = 400
DRAWING = threading.RLock()  # matplotlib's fonts and mathtext are no good in two threads at once
DPI = 100  # one inch of figure is 100 pixels of stage; the backdrop has twice as many


def framed(ax) -> bool:
    """Whether `ax` has a legend with a frame, which covers the marks behind it."""
    legend = ax.get_legend()
    return legend is not None and legend.get_frame_on()


class Stage(Building, anywidget.AnyWidget):
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
        self._update: Callable[[], None] = lambda: None
        self._held = True  # until `start`
        self.on_msg(self._receive)

    def start(self, update: Callable[[], None]) -> None:
        """Draw the backdrop, keep `update` as what a change calls, and call it once."""
        self._update, self._held = update, False
        self.redraw()

    # -- living -----------------------------------------------------------------------------------
    def redraw(self) -> None:
        """Draw the backdrop again, after its axes or contours changed, and everything on it."""
        with self._lock, self.hold_sync():  # scene, backdrop and frame leave together
            self.backdrop = self._drawn()
            width, self._height = (float(inches) * DPI for inches in self.fig.get_size_inches())
            self.scene = {
                "size": [width, self._height],
                "alt": self.alt,
                "marks": [mark.spec(self._height) for mark in self.marks],
                "controls": [control.spec() for control in self.controls.values()],
                "legends": [self._box(ax.get_legend()) for ax in self.fig.axes if framed(ax)],
            }
            self.pages = {}  # pages made for another backdrop are no longer true
            self.refresh()

    def _box(self, artist) -> list[float]:
        """Return left, top, width and height of something drawn, in pixels of the stage."""
        box = artist.get_window_extent()
        return [float(v) for v in (box.x0, self._height - box.y1, box.width, box.height)]

    def _drawn(self) -> bytes:
        png = io.BytesIO()
        with DRAWING:
            self.fig.set_dpi(DPI)
            for ax in self.fig.axes:
                ax.autoscale(False)
            self.fig.draw_without_rendering()
            self.fig.set_layout_engine("none")
            self.fig.savefig(png, format="png", dpi=2 * DPI)
        return png.getvalue()

    @property
    def state(self) -> dict:
        """The value of every control by name."""
        with self._lock:
            return {name: control.value for name, control in self.controls.items()}

    @property
    def words(self) -> str:
        """The present read-out."""
        return self._words

    def say(self, words: str) -> None:
        """Put `words` into the read-out, where a screen reader hears them too."""
        self._words = words

    @contextmanager
    def held(self) -> Iterator[None]:
        """Change several controls and update once at the end."""
        with self._lock:
            try:
                with self._holding():
                    yield
            finally:
                self.refresh()

    @contextmanager
    def _holding(self) -> Iterator[None]:
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before

    def refresh(self) -> None:
        """Call the update function and send the frame, unless changes are being held."""
        with self._lock:
            if not self._held:
                self._show(self._update)

    def _show(self, work: Callable[[], None]) -> None:
        """Do `work` and send the frame; where it fails, the frame says so and the error goes on."""
        begun, trouble = time.perf_counter(), None
        with self.hold_sync():  # a backdrop drawn on the way leaves with its frame
            try:
                work()
            except Exception as error:
                trouble = f"This picture could not be updated: {type(error).__name__}: {error}"
                raise
            finally:
                self.frame = self._packed(begun, trouble)

    def _packed(self, begun, trouble=None) -> bytes:
        handles = {
            n: self._handle_pixels(c) for n, c in self.controls.items() if isinstance(c, Handle)
        }
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
        place = handle.ax.transData.transform(handle.shown or handle.value)
        box = handle.ax.get_window_extent()
        x, y = np.clip(np.nan_to_num(place), (box.x0, box.y0), (box.x1, box.y1)).tolist()
        reach = [box.x0, self._height - box.y1, box.x1, self._height - box.y0]
        say = "{:.3g}, {:.3g}".format(*handle.value)
        return {"at": [round(x, 2), round(self._height - y, 2)], "reach": reach, "say": say}

    # -- hands ------------------------------------------------------------------------------------
    def _receive(self, _widget, message, _buffers) -> None:
        """Take over what the browser reports, newest last, and answer with one frame."""
        with self._lock:
            self._seq = message["seq"]
            self._show(lambda: self._take_all(message["set"]))

    def _take_all(self, values) -> None:
        with self._holding():
            for name, value in values.items():
                self._take(self.controls[name], value)
        self._update()

    def _take(self, control, value) -> None:
        """Set one control; what makes no sense (a half-typed number) leaves it as it was."""
        try:
            if isinstance(control, Handle) and isinstance(value, dict):
                control.nudge(*value["nudge"])
            elif isinstance(control, Handle):
                place = control.ax.transData.inverted().transform(
                    (value[0], self._height - value[1])
                )
                control.value = tuple(place)
            else:
                control.value = value
        except traitlets.TraitError:
            return  # the answering frame carries the value that still holds back to the browser

    # -- flipbooks and stills ---------------------------------------------------------------------
    def flipbook(self) -> None:
        """Compute every frame ahead; the browser then switches them without the kernel.

        Raises
        ------
        ValueError
            If the positions of the controls cannot be counted or are more than `MAX_PAGES`, or if
            one of them draws the backdrop again: pages hold only what moves.
        """
        positions = self._positions()
        with self._lock:
            before, backdrop, pages = self.state, self.backdrop, {}
            try:
                for places in itertools.product(*(range(len(p)) for p in positions)):
                    key = ",".join(str(i) for i in places)  # the browser names pages the same way
                    pages[key] = self._page([p[i] for p, i in zip(positions, places, strict=True)])
            finally:
                self._page(before.values())
            if self.backdrop != backdrop:
                raise ValueError("a control draws the backdrop again: leave it out of a flipbook")
            self.pages = pages
            self.refresh()

    def _positions(self) -> list[list]:
        found = [control.positions() for control in self.controls.values()]
        positions = [p for p in found if p is not None]
        if self._held or len(positions) < len(found):
            raise ValueError(
                "a flipbook needs a stage that was started and controls whose positions can be "
                "counted: no handles, no buttons"
            )
        count = math.prod(len(p) for p in positions)
        if count > MAX_PAGES:
            raise ValueError(f"{count} pages are more than {MAX_PAGES}: use coarser steps")
        return positions

    def _page(self, values) -> bytes:
        begun = time.perf_counter()
        with self._holding():
            for control, value in zip(self.controls.values(), values, strict=True):
                control.value = value
        self._update()
        return self._packed(begun)

    def _repr_mimebundle_(self, **kwargs):
        """Show the widget; beside it a still PNG, and for a flipbook HTML that needs no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, meta = bundle if isinstance(bundle, tuple) else (bundle, {})
        with self._lock, DRAWING:
            png = still_png(self)
        more = {"image/png": png, "text/plain": f"{self.alt}. {self._words}"}
        if self.pages:
            more["text/html"] = flipbook_html(self, png)
        return (data or {}) | more, meta
