"""The browser half of a stage: it draws what the frame says and reports what hands and keys do."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sgo_teach import draw
from sgo_teach.stage import Stage
from sgo_teach.stage.frame import unpack
from tests.browser.desk import Desk

PURPLE = [123, 50, 148, 255]


class Marks(Stage):
    """Every kind of control and mark, at places that can be told apart."""

    def __init__(self):
        fig, (ax, bx) = draw.figure(columns=2)
        ax.set(xlim=(-4, 4), ylim=(-3, 3))
        bx.set(xlim=(0, 4), ylim=(1e-3, 1e3), yscale="log")
        super().__init__(fig, alt="marks")
        self.ax, self.bx, self.fails = ax, bx, False
        self.order = self.slider("order", "order n", 0, 8, 1, 2)
        self.damping = self.slider("damping", "λ", -3, 1, 0.1, 0.1, log=True)
        self.shape = self.choice("shape", "f", ["sin", "cos"])
        self.shown = self.check("shown", "show")
        self.again = self.button("again", "again")
        self.at = self.handle("at", "point a", ax, (1, 0), step=(0.5, 0.25))
        self.height = self.handle("height", "height", bx, (2, 1), along="y", jump=False)
        self.level = self.line(ax, draw.GRADIENT, width=6)
        self.area = self.line(ax, draw.MODEL, fill=True)
        self.dot = self.points(ax, draw.POINT, size=13)
        self.ring = self.points(ax, draw.POINT, size=13, hollow=True)
        self.arrow = self.arrows(bx, draw.NEWTON, width=5)
        self.tops = self.bars(bx, draw.MODEL, label="tops")
        self.map = self.image(bx, ["#ff0000", "#00ff00"])
        self.label = self.text(ax, draw.BLACK, size=30)
        self.legend(bx, loc="lower left")
        self.start(self.update)

    def update(self):
        """Place every mark."""
        if self.fails:
            raise ArithmeticError("the sum does not converge")
        self.level.set([-9, 9], [-2, -2])
        self.area.set([-3, -2, -2, -3, np.nan, -1, 0, 0, -1], [0, 0, 1, 1, np.nan, 0, 0, 1, 1])
        self.dot.set(3, 2)
        self.ring.set(3, -1)
        self.arrow.set((0.2, 100), (1.8, 100))
        self.tops.set(0.7, 1, base=1e-2)
        self.map.set([[0, 1], [1, 0]], (2, 4, 1e-3, 1))
        self.label.set(-3, 2, "HHHH" if self.shown.value else "")
        self.say(f"order {self.order.value}, λ = {self.damping.value:.3g}, f = {self.shape.value}")


class Pages(Stage):
    """A flipbook with two controls."""

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(-4, 4), ylim=(-2, 10))
        super().__init__(fig, alt="pages")
        self.order = self.slider("order", "order n", 0, 8, 1, 2)
        self.shape = self.choice("shape", "f", ["plain", "fancy"])
        self.dot = self.points(ax, draw.POINT, size=15)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Show the order as a height."""
        self.dot.set(0, self.order.value)
        self.say(f"order {self.order.value}, {self.shape.value}")


@pytest.fixture
def page(browser):
    """A page of a window of its own, with a clock that the test can turn."""
    context = browser.browser.new_context(viewport={"width": 1000, "height": 900}, has_touch=True)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def marks():
    """A stage with every control and mark."""
    stage = Marks()
    yield stage, stage.state
    stage.close()


@pytest.fixture(scope="module")
def pages():
    """A flipbook."""
    stage = Pages()
    yield stage, stage.state
    stage.close()


def at_first(page, stage, state):
    """Put the stage back to its first state, on an empty page."""
    stage.fails = False
    with stage.held():
        for name, value in state.items():
            stage.controls[name].value = value
    return Desk(page, stage)


@pytest.fixture
def desk(page, marks):
    """The stage with every control and mark, in its first state."""
    return at_first(page, *marks)


@pytest.fixture
def book(page, pages):
    """The flipbook, open at its first page."""
    return at_first(page, *pages)


def rgb(color):
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


# -- drawing --------------------------------------------------------------------------------------


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


# -- controls -------------------------------------------------------------------------------------


def test_the_controls_start_at_the_values_of_the_stage(desk):
    assert desk.find("input[type=range]").first.input_value() == "2"
    assert desk.find("input[type=number]").last.input_value() == "0.1"
    assert desk.find("select").input_value() == "sin"
    assert not desk.find("input[type=checkbox]").is_checked()


def test_everything_that_can_be_moved_has_a_name(desk):
    for control in desk.page.locator("input, select, button, canvas, img").all():
        named = control.get_attribute("aria-label") or control.get_attribute("alt")
        assert named or control.inner_text() or control.get_attribute("aria-hidden") == "true"
    assert desk.find(".sgo-say").get_attribute("role") == "status"


def test_keys_and_clicks_reach_the_stage(desk):
    stage = desk.stage
    desk.find("input[type=range]").first.press("ArrowRight")
    desk.find("input[type=range]").last.press("End")
    desk.find("select").select_option("cos")
    desk.find("input[type=checkbox]").check()
    desk.find(".sgo-controls button").click()
    desk.post()
    assert stage.state | {"at": None, "height": None} == {
        "order": 3, "damping": 10.0, "shape": "cos", "shown": True, "again": 1,
        "at": None, "height": None,
    }  # fmt: skip
    assert desk.words == "order 3, λ = 10, f = cos"


@pytest.mark.parametrize(
    ("typed", "taken"), [("7", 7), ("3.4", 3), ("99", 8), ("-99", 0), ("1e-", 2), ("", 2)]
)
def test_a_typed_number_goes_to_the_nearest_position_and_half_a_number_nowhere(desk, typed, taken):
    entry = desk.find("input[type=number]").first
    entry.click()
    entry.press("Control+a")
    entry.press("Delete")
    entry.press_sequentially(typed)
    entry.press("Enter")
    entry.evaluate("(e) => e.blur()")
    desk.post()
    assert desk.stage.order.value == taken
    assert entry.input_value() == str(taken)
    assert desk.find("input[type=range]").first.input_value() == str(taken)


def test_arrow_keys_in_the_number_step_along_the_grid(desk):
    entry = desk.find("input[type=number]").last
    entry.press("ArrowUp")
    desk.post()
    assert desk.stage.damping.value == pytest.approx(10**-0.9)
    assert entry.input_value() == "0.12589"
    assert entry.evaluate("(e) => e === document.activeElement")


def test_a_value_set_in_python_moves_the_control(desk):
    desk.stage.order.value = 5
    desk.deliver(desk.stage.frame)
    assert desk.find("input[type=range]").first.input_value() == "5"
    assert desk.find("input[type=number]").first.input_value() == "5"
    assert desk.words.startswith("order 5")


def test_plain_keys_stay_with_the_stage_and_commands_go_on(desk):
    slider = desk.find("input[type=range]").first
    for key in ("a", "ArrowRight", "Control+s", "Shift+Enter"):
        slider.press(key)
    heard = desk.page.evaluate("() => desk.keys")
    assert "a" not in heard
    assert "ArrowRight" not in heard
    assert {"s", "Enter"} <= set(heard)


# -- handles --------------------------------------------------------------------------------------


def drag(desk, start, *stops):
    desk.page.mouse.move(*start)
    desk.page.mouse.down()
    for stop in stops:
        desk.page.mouse.move(*stop)
    desk.page.mouse.up()
    desk.post()


def test_a_handle_is_dragged_to_where_the_pointer_goes(desk):
    stage = desk.stage
    drag(desk, *(desk.on_screen(stage.ax, *p) for p in [(1, 0), (0, 0.5), (-2, 1.5)]))
    assert stage.at.value == pytest.approx((-2, 1.5), abs=0.02)
    assert desk.find(".sgo-handle").first.get_attribute("aria-label").startswith("point a: -2")


def test_a_drag_beyond_the_axes_stops_at_their_edge(desk):
    drag(desk, desk.on_screen(desk.stage.ax, 1, 0), (2, 2), (-50, -50))
    assert desk.stage.at.value == (-4, 3)


def test_a_click_brings_the_handle_and_then_keys_move_it(desk):
    stage = desk.stage
    desk.page.mouse.click(*desk.on_screen(stage.ax, -1, -1))
    desk.post()
    assert stage.at.value == pytest.approx((-1, -1), abs=0.02)
    before = stage.at.value
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp"):
        desk.page.keyboard.press(key)
    desk.post()
    assert stage.at.value == pytest.approx((before[0] + 1, before[1] + 2.5))


def test_clicks_outside_the_axes_or_on_axes_without_a_jumping_handle_do_nothing(desk):
    box = desk.find(".sgo-picture").bounding_box()
    desk.page.mouse.click(box["x"] + 2, box["y"] + 2)
    desk.page.mouse.click(*desk.on_screen(desk.stage.bx, 1, 10))
    assert desk.collect() == []


def test_the_right_button_and_a_moving_mouse_alone_do_nothing(desk):
    place = desk.on_screen(desk.stage.ax, 0, 0)
    desk.page.mouse.click(*place, button="right")
    desk.page.mouse.move(*desk.on_screen(desk.stage.ax, 1, 1))
    assert desk.collect() == []


def test_a_handle_that_does_not_jump_is_still_dragged_along_its_rail(desk):
    stage = desk.stage
    drag(desk, desk.on_screen(stage.bx, 2, 1), desk.on_screen(stage.bx, 3, 100))
    assert stage.height.value[0] == 2
    assert stage.height.value[1] == pytest.approx(100, rel=0.05)


@pytest.fixture
def touch(page):
    """Put a finger down, move it, or let the browser take it away."""
    session = page.context.new_cdp_session(page)

    def send(kind, *points):
        places = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    return send


def test_a_finger_drags_and_a_cancelled_touch_lets_go(desk, touch):
    stage = desk.stage
    touch("touchStart", desk.on_screen(stage.ax, 1, 0))
    touch("touchMove", desk.on_screen(stage.ax, 2, 1))
    desk.post()
    assert stage.at.value == pytest.approx((2, 1), abs=0.03)
    touch("touchCancel")
    desk.page.mouse.move(*desk.on_screen(stage.ax, -3, -2))
    desk.post()
    assert stage.at.value == pytest.approx((2, 1), abs=0.03)
    drag(desk, desk.on_screen(stage.ax, 2, 1), desk.on_screen(stage.ax, -1, 2))
    assert stage.at.value == pytest.approx((-1, 2), abs=0.03)


def test_in_a_narrow_window_the_picture_shrinks_and_pointers_still_hit(desk):
    desk.page.set_viewport_size({"width": 480, "height": 800})
    stage = desk.stage
    assert desk.find(".sgo-picture").bounding_box()["width"] < 480
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 480
    desk.page.mouse.click(*desk.on_screen(stage.ax, -2, 1))
    desk.post()
    assert stage.at.value == pytest.approx((-2, 1), abs=0.05)


# -- the post -------------------------------------------------------------------------------------


def test_unanswered_messages_stay_few_and_the_latest_value_wins(desk):
    slider = desk.find("input[type=range]").first
    for key in ["ArrowRight", "ArrowLeft"] * 10 + ["End"]:
        slider.press(key)
    desk.page.wait_for_timeout(100)
    first = desk.collect()
    assert 1 <= len(first) <= 8
    desk.deliver(desk.answer(first[-1]))
    desk.page.wait_for_timeout(100)
    (last,) = desk.collect()
    assert last["set"] == {"order": 8}
    desk.deliver(desk.answer(last))
    assert desk.collect() == []
    assert desk.words.startswith("order 8")


def test_arrow_keys_that_had_to_wait_add_up(desk):
    handle = desk.find(".sgo-handle").first
    for _ in range(12):
        handle.press("ArrowLeft")
    desk.post()
    assert desk.stage.at.value == pytest.approx((-4, 0))


def test_while_the_hand_is_ahead_an_old_answer_does_not_pull_the_control_back(desk):
    slider = desk.find("input[type=range]").first
    slider.press("ArrowRight")
    (message,) = desk.collect()
    slider.press("ArrowRight")
    desk.deliver(desk.answer(message))
    assert slider.input_value() == "4"
    desk.post()
    assert slider.input_value() == "4"


def test_an_answer_that_comes_late_and_out_of_order_is_dropped(desk):
    slider = desk.find("input[type=range]").first
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    desk.page.wait_for_timeout(100)
    older, newer = [desk.answer(message) for message in desk.collect()]
    desk.deliver(newer)
    desk.deliver(older)
    assert desk.words.startswith("order 4")
    assert slider.input_value() == "4"


def test_without_an_answer_the_stage_says_so_and_recovers(desk):
    desk.page.clock.install()
    slider = desk.find("input[type=range]").first
    for key in ["ArrowRight", "ArrowLeft"] * 6 + ["End"]:
        slider.press(key)
    lost = desk.collect()
    desk.page.clock.run_for(5_000)
    assert "No answer from the kernel" in desk.words
    (again,) = desk.collect()
    assert again["set"] == {"order": 8}
    desk.deliver(desk.answer(again))
    assert desk.words.startswith("order 8")
    assert len(lost) <= 8


def test_an_update_that_fails_shows_in_the_read_out_and_the_next_one_works(desk):
    slider = desk.find("input[type=range]").first
    desk.stage.fails = True
    slider.press("ArrowRight")
    desk.post()
    assert (
        desk.words
        == "This picture could not be updated: ArithmeticError: the sum does not converge"
    )
    assert "trouble" in desk.find(".sgo-say").get_attribute("class")
    desk.stage.fails = False
    slider.press("ArrowRight")
    desk.post()
    assert desk.words.startswith("order 4")
    assert "trouble" not in desk.find(".sgo-say").get_attribute("class")


def test_two_views_of_one_stage_stay_together(desk):
    desk.page.evaluate("() => desk.mount()")
    sliders = desk.page.locator(".sgo-stage >> input[type=range] >> nth=0")
    views = desk.page.locator(".sgo-stage")
    assert views.count() == 2
    sliders.press("End")
    desk.post()
    second = views.nth(1)
    assert second.locator("input[type=range]").first.input_value() == "8"
    second.locator(".sgo-handle").first.press("ArrowLeft")
    desk.post()
    assert views.nth(0).locator(".sgo-handle").first.get_attribute("aria-label").endswith("0.5, 0")


def test_a_view_that_is_removed_stops_listening(desk):
    before = desk.page.evaluate("() => desk.listeners()")
    desk.page.evaluate("() => { desk.mount(); desk.closers.pop()(); }")
    assert desk.page.evaluate("() => desk.listeners()") == before


def test_a_redrawn_backdrop_brings_its_marks_along(page):
    stage = Marks()
    desk = Desk(page, stage)
    before = desk.pixels(stage.dot)
    stage.ax.set_xlim(-8, 8)
    stage.redraw()
    desk.page.evaluate("(traits) => desk.set(traits)", desk.drawn())
    ((x, y),) = desk.pixels(stage.dot)
    assert [[x, y]] != before
    assert desk.color(x, y) == PURPLE
    assert desk.color(*before[0])[3] == 0


def test_a_view_greets_the_kernel_before_a_hand_moves(desk):
    (greeting,) = desk.greetings
    assert greeting["set"] == {}
    desk.deliver(desk.answer(greeting))
    assert desk.collect() == []


# -- flipbooks ------------------------------------------------------------------------------------


def test_pages_turn_without_the_kernel_which_hears_where_the_hand_rests(book):
    book.page.clock.install()
    slider = book.find("input[type=range]")
    for order in (3, 4, 5):
        slider.press("ArrowRight")
        assert book.words == f"order {order}, plain"
        ((x, y),) = unpack_page(book, f"{order},0")
        assert book.color(x, y) == PURPLE
    assert book.collect() == []
    book.page.clock.run_for(500)
    (message,) = book.collect()
    book.deliver(book.answer(message))
    assert book.stage.state == {"order": 5, "shape": "plain"}


def unpack_page(book, key):
    return unpack(book.stage.pages[key])[1][0].tolist()


def test_a_late_answer_does_not_turn_a_page_back(book):
    book.page.clock.install()
    slider = book.find("input[type=range]")
    slider.press("ArrowRight")
    book.page.clock.run_for(500)
    (message,) = book.collect()
    slider.press("ArrowRight")
    book.deliver(book.answer(message))
    assert book.words == "order 4, plain"
    assert slider.input_value() == "4"


def test_a_typed_number_turns_to_its_page(book):
    entry = book.find("input[type=number]")
    entry.fill("7.2")
    entry.press("Enter")
    assert book.words == "order 7, plain"
    assert book.find("input[type=range]").input_value() == entry.input_value() == "7"


def test_every_control_turns_pages_and_python_still_can(book):
    book.find("select").select_option("fancy")
    assert book.words == "order 2, fancy"
    book.stage.shape.value = "fancy"
    book.stage.order.value = 6
    book.deliver(book.stage.frame)
    assert book.words == "order 6, fancy"
    assert book.find("input[type=range]").input_value() == "6"
    book.find("input[type=range]").press("ArrowRight")
    assert book.words == "order 7, fancy"


# -- looks ----------------------------------------------------------------------------------------


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
