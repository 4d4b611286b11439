"""The browser half of a stage draws what the frame says, in any theme."""

from __future__ import annotations

import re

import numpy as np

from sgo_teach import draw
from tests.browser.desk import Desk
from tests.browser.stages import PURPLE, rgb


def test_marks_have_their_colours_at_their_places(desk):
    stage = desk.stage
    ((x, y),) = desk.pixels(stage.dot)
    assert desk.color(x, y) == PURPLE
    (left, bottom), (right, top) = desk.pixels(stage.tops)
    assert desk.color((left + right) / 2, (bottom + top) / 2)[:3] == rgb(draw.MODEL)
    (x0, y0), (x1, y1) = desk.pixels(stage.arrow)
    assert desk.color((x0 + x1) / 2, (y0 + y1) / 2)[:3] == rgb(draw.NEWTON)
    assert desk.color(x1 - 6, y1)[:3] == rgb(draw.NEWTON)


def test_a_hollow_point_is_white_inside(desk):
    ((x, y),) = desk.pixels(desk.stage.ring)
    assert desk.color(x, y) == [255, 255, 255, 255]
    assert desk.color(x + 6.4, y)[:3] != [255, 255, 255]


def test_nan_separates_the_pieces_of_a_filled_line(desk):
    corners = np.array(desk.pixels(desk.stage.area))
    first, gap, second = corners[:4].mean(axis=0), corners[[1, 5]].mean(axis=0), corners[5:]
    assert desk.color(*first)[:3] == rgb(draw.MODEL)
    assert desk.color(*second.mean(axis=0))[:3] == rgb(draw.MODEL)
    assert desk.color(gap[0], first[1]) == [0, 0, 0, 0]


def test_a_line_that_leaves_its_axes_is_cut_at_their_edge(desk):
    left, _, width, _ = desk.stage.scene["marks"][0]["clip"]
    y = desk.pixels(desk.stage.level)[0][1]
    assert desk.color(left + 2, y)[:3] == rgb(draw.GRADIENT)
    assert desk.color(left + width - 2, y)[:3] == rgb(draw.GRADIENT)
    assert desk.color(left - 3, y) == desk.color(left + width + 3, y) == [0, 0, 0, 0]


def test_an_image_has_its_first_row_at_the_bottom(desk):
    (x0, y0), (x1, y1) = desk.pixels(desk.stage.map)
    low, high = 0.75 * y0 + 0.25 * y1, 0.25 * y0 + 0.75 * y1
    first, second = 0.75 * x0 + 0.25 * x1, 0.25 * x0 + 0.75 * x1
    assert [desk.color(x, low)[:2] for x in (first, second)] == [[255, 0], [0, 255]]
    assert [desk.color(x, high)[:2] for x in (first, second)] == [[0, 255], [255, 0]]


def test_a_mark_goes_behind_a_framed_legend(desk):
    (box,) = desk.stage.scene["legends"]
    left, top, width, height = box
    stage = desk.stage
    x, y = stage.bx.transData.inverted().transform((left + width / 2, 430 - top - height / 2))
    stage.arrow.set((0, y), (4, y))
    desk.deliver(stage._packed(0.0))
    assert desk.color(left + width / 2, top + height / 2) == [0, 0, 0, 0]
    assert desk.color(left + width + 20, top + height / 2)[:3] == rgb(draw.NEWTON)


def test_text_stands_beside_its_point(desk):
    desk.stage.shown.value = True
    desk.deliver(desk.stage.frame)
    ((x, y),) = desk.pixels(desk.stage.label)
    dark = sum(desk.color(x + dx, y)[3] > 200 for dx in range(0, 60, 2))
    assert dark > 4


def test_in_a_dark_theme_the_stage_stays_light_and_readable(browser, marks):
    context = browser.browser.new_context(color_scheme="dark")
    desk = Desk(context.new_page(), marks[0])
    look = "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color].join(' on ')"
    assert desk.find(":scope").evaluate(look) == "rgb(255, 255, 255) on rgb(34, 34, 34)"
    for kind in ("select", "input[type=number] >> nth=0", "button >> nth=0"):
        paper, ink = desk.find(kind).evaluate(look).split(" on ")
        assert brightness(paper) > 200 > 100 > brightness(ink), kind
    context.close()


def brightness(color):
    return sum(float(v) for v in re.findall(r"\d+", color)[:3]) / 3


def test_the_focus_can_be_seen(desk):
    desk.page.keyboard.press("Tab")
    outline = "(e) => getComputedStyle(document.activeElement).outlineWidth"
    assert desk.find(":scope").evaluate(outline) == "3px"
