"""The browser half of a stage reports what hands and keys do."""

from __future__ import annotations

import pytest


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
