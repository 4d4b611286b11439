"""Strokes: six numbers behind each picture, the same at every size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgo_teach.data import curves
from sgo_teach.data.strokes import MARGIN, _distance, _polyline

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("side", [1, 8, 16, 28, 33])
def test_shapes_types_and_range(side):
    drawn = curves(300, side)
    assert drawn.images.shape == (300, 1, side, side)
    assert drawn.images.dtype == np.float32
    assert drawn.control_points.shape == (300, 3, 2)
    assert drawn.images.min() >= 0
    assert drawn.images.max() <= 1


def test_every_picture_has_ink_and_empty_ground():
    images = curves(2000, 16).images.reshape(2000, -1)
    assert np.all(images.max(axis=1) > 0.4)  # no pixel centre is more than √½ away
    assert np.all(images.min(axis=1) == 0)


@given(seeds, st.integers(1, 300))
@settings(max_examples=10, deadline=None)
def test_an_image_is_the_same_however_many_are_drawn(seed, n):
    few, many = curves(n, 8, seed), curves(300, 8, seed)
    np.testing.assert_array_equal(few.images, many.images[:n])
    np.testing.assert_array_equal(few.control_points, many.control_points[:n])


def test_the_seed_decides_and_nothing_else():
    np.testing.assert_array_equal(curves(5, 16, 3).images, curves(5, 16, 3).images)
    assert not np.array_equal(curves(5, 16, 3).images, curves(5, 16, 4).images)
    np.testing.assert_array_equal(curves(5, 16).control_points, curves(5, 28).control_points)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_a_larger_picture_shrinks_to_the_smaller_one(seed):
    """With a pen of several pixels, ink averaged over 4 × 4 blocks is the ink of a fourth of it."""
    fine, coarse = (curves(4, side, seed, stroke=0.2).images for side in (128, 32))
    blocks = fine.reshape(4, 1, 32, 4, 32, 4).mean(axis=(3, 5))
    assert np.abs(blocks - coarse).max() < 0.5  # where a stroke turns sharply inside a pixel
    assert np.abs(blocks - coarse).mean() < 0.005


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_ink_falls_with_the_distance_from_the_curve(seed):
    """Against the curve itself, sampled so finely that it needs no segments."""
    side, stroke = 28, 0.1
    drawn = curves(3, side, seed, stroke=stroke)
    t = np.linspace(0, 1, 3001)[:, None]
    centres = np.arange(side) + 0.5
    for image, (p0, p1, p2) in zip(drawn.images[:, 0], drawn.control_points, strict=True):
        x, y = side * ((1 - t) ** 2 * p0 + 2 * t * (1 - t) * p1 + t**2 * p2).T
        dx, dy = centres[:, None] - x, centres[:, None] - y
        distance = np.sqrt((dy[:, None] ** 2 + dx[None] ** 2).min(axis=-1))
        expected = np.clip(stroke * side / 2 + 0.5 - distance, 0, 1)
        np.testing.assert_allclose(image, expected, atol=0.1)


@given(seeds)
@settings(max_examples=10, deadline=None)
def test_strokes_end_inside_the_picture(seed):
    points = curves(50, 8, seed).control_points
    assert points.min() >= MARGIN
    assert points.max() <= 1 - MARGIN
    border = curves(50, 32, seed, stroke=0.08).images[:, 0]
    for edge in (border[:, 0], border[:, -1], border[:, :, 0], border[:, :, -1]):
        assert np.all(edge == 0)


def test_three_points_in_one_place_make_a_dot():
    line = _polyline(np.full((1, 3, 2), 0.5)) * 9
    centre = np.arange(9) + 0.5 - 4.5
    np.testing.assert_allclose(_distance(line, 9)[0], np.hypot(centre[:, None], centre), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"n": 0}, "n >= 1"),
        ({"n": 3, "side": 0}, "side >= 1"),
        ({"n": 2.5}, "whole numbers"),
        ({"n": 3, "stroke": 0.0}, "stroke must be"),
        ({"n": 3, "stroke": np.nan}, "stroke must be"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        curves(**arguments)
