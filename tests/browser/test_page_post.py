"""Between page and kernel: few messages, the latest value wins, and nothing is lost for good."""

from __future__ import annotations

import pytest

from tests.browser.desk import Desk
from tests.browser.stages import PURPLE, Marks


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
    desk.stop_clock()
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
