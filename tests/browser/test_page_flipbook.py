"""A flipbook turns its pages in the browser."""

from __future__ import annotations

from sgo_teach.stage.frame import unpack
from tests.browser.desk import Desk
from tests.browser.stages import PURPLE, OddPages


def test_pages_turn_without_the_kernel_which_hears_where_the_hand_rests(book):
    book.stop_clock()
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


def test_browser_and_python_name_every_page_alike(page):
    stage = OddPages()
    desk = Desk(page, stage)
    desk.stop_clock()
    damping, shift = desk.find("input[type=range]").all()
    desk.find("input[type=checkbox]").check()
    for value in stage.damping.positions():
        assert desk.words == f"{value:.4g}, -0.7, True"
        damping.press("ArrowRight")
    for value in stage.shift.positions():
        assert desk.words == f"10, {value:.4g}, True"
        shift.press("ArrowRight")
    assert desk.collect() == []
    stage.close()


def test_a_late_answer_does_not_turn_a_page_back(book):
    book.stop_clock()
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
