"""A frame is one binary message that reads back as what was packed, and holds the right pixels."""

from __future__ import annotations

import functools
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure

from sgo_teach.stage import marks as mk
from sgo_teach.stage.frame import pack, unpack

HEIGHT = 300.0
FINITE = st.floats(allow_nan=False, allow_infinity=False)
COORDINATES = st.floats(-1e3, 1e3) | st.just(np.nan)
POINTS = st.integers(0, 20).flatmap(lambda m: arrays(float, (m, 2), elements=COORDINATES))


@functools.cache
def axes(**scales):
    """Axes from 0.01 to 100 both ways on a stage of 400 by 300 pixels."""
    ax = Figure(figsize=(4, 3), dpi=100).subplots()
    ax.set(xlim=(0.01, 100), ylim=(0.01, 100), **scales)
    return ax


def line_through(ax, points):
    mark = mk.Line(ax)
    mark.set(*np.reshape(points, (-1, 2)).T)
    return mark


@given(st.lists(POINTS, max_size=4), st.text(max_size=30), FINITE)
def test_unpacking_returns_what_was_packed(clouds, words, number):
    ax = axes()
    marks = [line_through(ax, points) for points in clouds]
    header, parts = unpack(pack({"say": words, "number": number}, marks, HEIGHT))
    assert (header["say"], header["number"]) == (words, number)
    assert len(parts) == len(marks)
    for part, mark in zip(parts, marks, strict=True):
        np.testing.assert_array_equal(part, mark.pixels(HEIGHT).astype("f4"))


def test_coordinates_start_at_a_multiple_of_four_whatever_the_words():
    for length in range(8):
        frame = pack({"say": "é" * length}, [], HEIGHT)
        (size,) = struct.unpack_from("<I", frame)
        assert size % 4 == 0
        assert json.loads(frame[4 : 4 + size])["say"] == "é" * length


def test_words_and_images_travel_with_their_marks():
    ax = axes()
    text, image = mk.Text(ax), mk.Image(ax, ["#000000", "#ffffff"])
    text.set([1, 2], [3, 4], ["a", "b"])
    image.set([[0, 1, 1], [1, 0, 0]], (1, 4, 1, 3))
    frame = pack({}, [text, image], HEIGHT)
    header, parts = unpack(frame)
    assert header["words"] == {"0": ["a", "b"]}
    assert header["images"] == {"1": [2, 3]}
    assert [len(p) for p in parts] == [2, 2]
    assert frame[-6:] == bytes([0, 1, 1, 1, 0, 0])


def test_a_hidden_mark_takes_no_room():
    text = mk.Text(axes())
    text.set(1, 1, "here")
    text.hide()
    header, (part,) = unpack(pack({}, [text], HEIGHT))
    assert part.shape == (0, 2)
    assert header["words"] == {}


@pytest.mark.parametrize("scale", ["linear", "log"])
@given(x=st.floats(0.01, 100), y=st.floats(0.01, 100))
def test_pixels_are_where_matplotlib_draws_counted_from_the_top(scale, x, y):
    ax = axes(xscale=scale, yscale=scale)
    mark = line_through(ax, (x, y))
    across, up = ax.transData.transform((x, y))
    np.testing.assert_allclose(mark.pixels(HEIGHT), [(across, HEIGHT - up)], atol=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_lifts_the_pen_and_nothing_else(bad):
    pixels = line_through(axes(), [(1, 1), (2, bad), (3, 3)]).pixels(HEIGHT)
    assert np.isnan(pixels).tolist() == [[False] * 2, [True] * 2, [False] * 2]


def test_numbers_below_zero_on_a_log_axis_raise_nothing():
    pixels = line_through(axes(yscale="log"), [(1, -1), (1, 0), (1, 1)]).pixels(HEIGHT)
    assert np.isfinite(pixels[2]).all()


@given(POINTS.map(lambda p: 1e30 * p))
def test_pixels_far_outside_stay_numbers_a_canvas_can_draw(points):
    pixels = line_through(axes(), points).pixels(HEIGHT)
    assert np.all(np.isnan(pixels) | (np.abs(pixels) <= 1e5))


def test_marks_are_clipped_to_their_own_axes():
    figure = Figure(figsize=(8, 3), dpi=100)
    for ax in figure.subplots(1, 2):
        left, top, width, height = mk.Line(ax).spec(HEIGHT)["clip"]
        corners = ax.transAxes.transform([(0, 1), (1, 0)])
        np.testing.assert_allclose((left, HEIGHT - top), corners[0])
        np.testing.assert_allclose((left + width, HEIGHT - top - height), corners[1])


def test_an_arrow_is_a_tail_and_a_tip():
    arrows = mk.Arrows(axes())
    arrows.set([(1, 2), (3, 4)], [(5, 6), (7, 8)])
    assert arrows.xy.tolist() == [[1, 2], [5, 6], [3, 4], [7, 8]]
    arrows.set((1, 2), (5, 6))
    assert arrows.xy.tolist() == [[1, 2], [5, 6]]


def test_a_bar_stands_on_its_base():
    bars = mk.Bars(axes())
    bars.set([10, 20], [3, 4], width=2, base=1)
    assert bars.xy.tolist() == [[9, 1], [11, 3], [19, 1], [21, 4]]


def test_what_cannot_be_drawn_is_refused_with_a_way_out():
    with pytest.raises(ValueError, match="class 2 has no colour: the palette has 2"):
        mk.Image(axes(), ["#000000", "#ffffff"]).set([[2]], (1, 2, 1, 2))
    with pytest.raises(ValueError, match="2 words for 1 points: each point needs its own"):
        mk.Text(axes()).set(1, 1, ["a", "b"])
    with pytest.raises(ValueError, match=r"marker must be one of .*'circle'"):
        mk.Points(axes(), marker="star")
