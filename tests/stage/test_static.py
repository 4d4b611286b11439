"""What a stage leaves where no kernel answers: pages equal to live frames, and a true still."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re

import numpy as np
import pytest
from PIL import Image

from sgo_teach import draw
from sgo_teach.stage import Stage
from sgo_teach.stage.frame import unpack
from sgo_teach.stage.static import still_png


class Countable(Stage):
    """Every control has countable positions."""

    def __init__(self, step=1.0, fails_at=None):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(-4, 4), ylim=(-2, 2))
        super().__init__(fig, alt="a <wave> & its 'order'")
        self.fails_at = fails_at
        self.order = self.slider("order", "order n", 0, 3, step, 2)
        self.damping = self.slider("damping", "λ", -1, 1, 0.5, 1, log=True)
        self.shape = self.choice("shape", "f", ["sin", "cos"])
        self.mirrored = self.check("mirrored", "mirror")
        self.curve = self.line(ax, draw.NEWTON)
        self.start(self.update)

    def update(self):
        """Draw one wave."""
        if self.order.value == self.fails_at:
            raise ArithmeticError("no such wave")
        x = np.linspace(-4, 4, 30)
        y = {"sin": np.sin, "cos": np.cos}[self.shape.value](self.order.value * x)
        sign = -1 if self.mirrored.value else 1
        self.curve.set(x, sign * y / (1 + self.damping.value))
        self.say(f"order {self.order.value} </script><!-- {self.shape.value}")


@pytest.fixture(scope="module")
def book():
    """A stage with all its pages."""
    stage = Countable()
    stage.flipbook()
    yield stage
    stage.close()


def seen(frame):
    header, pixels = unpack(frame)
    shown = {k: v for k, v in header.items() if k not in ("count", "seq", "ms")}
    return shown, [p.tobytes() for p in pixels]


def test_there_is_one_page_for_every_position(book):
    assert len(book.pages) == 4 * 5 * 2 * 2


def test_every_page_equals_the_live_frame_at_its_position(book):
    positions = [control.positions() for control in book.controls.values()]
    for places in itertools.product(*(range(len(p)) for p in positions)):
        with book.held():
            for control, options, i in zip(book.controls.values(), positions, places, strict=True):
                control.value = options[i]
        assert seen(book.pages[",".join(map(str, places))]) == seen(book.frame)


def test_making_the_pages_leaves_the_state_as_it_was():
    stage = Countable()
    before, frame = stage.state, seen(stage.frame)
    stage.flipbook()
    assert (stage.state, seen(stage.frame)) == (before, frame)
    stage.close()


def test_a_page_that_fails_raises_and_leaves_a_working_stage():
    stage = Countable(fails_at=3)
    with pytest.raises(ArithmeticError):
        stage.flipbook()
    assert (stage.state["order"], stage.pages) == (2, {})
    stage.order.value = 1
    assert unpack(stage.frame)[0]["values"]["order"] == 1
    stage.close()


def test_too_many_pages_are_refused_with_a_way_out():
    stage = Countable(step=0.01)
    with pytest.raises(ValueError, match="6020 pages are more than 400: use coarser steps"):
        stage.flipbook()
    stage.close()


def test_what_cannot_be_counted_is_refused(stage):
    with pytest.raises(ValueError, match="no handles, no buttons"):
        stage.flipbook()


def test_a_control_that_draws_the_backdrop_again_is_refused():
    stage = Countable()

    def zoom(change):
        stage.curve.ax.set_xlim(-change["new"] - 1, 4)
        stage.redraw()

    stage.order.observe(zoom, "value")
    with pytest.raises(ValueError, match="draws the backdrop again"):
        stage.flipbook()
    stage.close()


def test_redrawing_the_backdrop_throws_old_pages_away():
    stage = Countable()
    stage.flipbook()
    stage.redraw()
    assert stage.pages == {}
    stage.close()


def test_the_still_is_a_picture_of_the_figure(stage):
    image = Image.open(io.BytesIO(base64.b64decode(still_png(stage))))
    image.load()
    width, height = stage.fig.get_size_inches()
    assert image.format == "PNG"
    assert image.size == (int(width * 110), int(height * 110))


def test_the_still_leaves_the_figure_as_it_was(stage):
    def inventory():
        return [
            (len(ax.get_children()), len(ax.containers), ax.get_xlim(), ax.get_ylim())
            for ax in stage.fig.axes
        ]

    before, frame = inventory(), unpack(stage.frame)[1]
    still_png(stage)
    assert inventory() == before
    stage.refresh()
    for old, new in zip(frame, unpack(stage.frame)[1], strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_still_shows_the_marks(stage):
    with_marks = still_png(stage)
    for mark in stage.marks:
        mark.hide()
    assert still_png(stage) != with_marks


def test_every_mark_alone_changes_the_still(stage):
    places = [mark.xy for mark in stage.marks]
    for mark in stage.marks:
        mark.hide()
    empty = still_png(stage)
    for mark, xy in zip(stage.marks, places, strict=True):
        mark.xy = xy
        assert still_png(stage) != empty, mark.kind
        mark.hide()


def test_a_cell_shows_the_widget_and_keeps_a_still_and_its_words(stage):
    data, _ = stage._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "waves. order 2"
    assert "text/html" not in data


def test_a_flipbook_carries_all_it_needs(book):
    html = book._repr_mimebundle_()[0]["text/html"]
    (payload,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.S)
    data = json.loads(payload)
    assert {k: base64.b64decode(v) for k, v in data["pages"].items()} == book.pages
    assert base64.b64decode(data["backdrop"]) == book.backdrop
    assert data["scene"] == json.loads(json.dumps(book.scene))
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", data["code"])


def test_no_words_of_a_stage_can_end_its_script_or_its_tag(book):
    html = book._repr_mimebundle_()[0]["text/html"]
    assert html.count("</script>") == 2
    assert "<!--" not in html
    assert "<wave>" not in html
