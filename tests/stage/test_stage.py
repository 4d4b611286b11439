"""One state, whoever changes it; each message is answered once; nothing fails in silence."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sgo_teach import draw
from sgo_teach.stage import Stage
from sgo_teach.stage.frame import unpack


def seen(frame):
    """What a frame shows: everything but its number and its duration."""
    header, pixels = frame
    shown = {k: v for k, v in header.items() if k not in ("count", "seq", "ms")}
    return shown, [p.tobytes() for p in pixels]


def test_the_first_frame_shows_the_first_values(stage):
    header, _ = unpack(stage.frame)
    assert header["values"] == {k: v for k, v in stage.state.items() if k != "at"}
    assert header["say"] == stage.words == "order 2"
    assert not header["trouble"]


def test_the_backdrop_has_twice_the_pixels_of_the_stage(stage):
    width, height = stage.scene["size"]
    assert Image.open(io.BytesIO(stage.backdrop)).size == (2 * width, 2 * height)


def test_the_scene_describes_every_mark_and_control(stage):
    kinds = [mark["kind"] for mark in stage.scene["marks"]]
    assert kinds == ["line", "line", "points", "arrows", "bars", "text", "image"]
    names = [control["name"] for control in stage.scene["controls"]]
    assert names == list(stage.controls) == list(stage.state)


def test_each_message_is_answered_by_one_frame_with_its_number(frames, hand):
    sent = [hand(order=3), hand(order=3), hand(), hand(order=5, damping=1.0, shape="cos")]
    assert [header["seq"] for header, _ in frames] == sent


def test_frames_are_numbered_in_the_order_they_are_made(stage, frames, hand):
    hand(order=3)
    stage.order.value = 4
    hand(order=5)
    counts = [header["count"] for header, _ in frames]
    assert counts == sorted(set(counts))


def test_the_last_of_several_messages_holds(stage, frames, hand):
    for order in (1, 2, 3, 7):
        hand(order=order)
    assert stage.order.value == frames[-1][0]["values"]["order"] == 7


@pytest.mark.parametrize(
    "values", [{"order": 5}, {"damping": 0.01}, {"shape": "cos"}, {"shown": True}, {"again": 1}]
)
def test_setting_a_value_does_what_a_hand_does(stage, hand, values):
    ((name, value),) = values.items()
    before = stage.state[name]
    hand(**values)
    by_hand = seen(unpack(stage.frame))
    stage.controls[name].value = before
    assert seen(unpack(stage.frame)) != by_hand
    stage.controls[name].value = value
    assert seen(unpack(stage.frame)) == by_hand


@pytest.mark.parametrize("bad", ["", "1e", None, "NaN", [1, 2]])
def test_what_makes_no_sense_is_answered_with_the_value_that_holds(stage, frames, hand, bad):
    hand(order=bad)
    assert stage.order.value == frames[-1][0]["values"]["order"] == 2
    assert not frames[-1][0]["trouble"]


@given(x=st.floats(-500, 1500), y=st.floats(-500, 1500))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_pointer_brings_the_handle_under_it_or_to_the_nearest_edge(stage, hand, x, y):
    hand(at=[x, y])
    ax = stage.axes[0]
    box = ax.get_window_extent()
    nearest = (min(max(x, box.x0), box.x1), min(max(430 - y, box.y0), box.y1))
    np.testing.assert_allclose(ax.transData.transform(stage.at.value), nearest, atol=1e-6)


def test_a_handle_is_shown_where_it_is(stage, hand):
    hand(at={"nudge": [2, 1]})
    assert stage.at.value == (2.0, 0.25)
    header, _ = unpack(stage.frame)
    x, y = stage.axes[0].transData.transform((2.0, 0.25))
    assert header["handles"]["at"]["at"] == pytest.approx([x, 430 - y], abs=0.01)
    assert header["handles"]["at"]["say"] == "2, 0.25"


def test_a_handle_on_a_curve_that_has_no_place_stays_in_the_picture(stage):
    stage.at.show_at(0.0, float("nan"))
    stage.refresh()
    header, _ = unpack(stage.frame)
    left, top, right, bottom = header["handles"]["at"]["reach"]
    x, y = header["handles"]["at"]["at"]
    assert left <= x <= right + 0.01
    assert top <= y <= bottom + 0.01


def test_held_changes_update_once(stage, frames):
    before = stage.updates
    with stage.held():
        stage.order.value = 5
        stage.damping.value = 1.0
        assert frames == []
    assert (stage.updates, len(frames)) == (before + 1, 1)
    assert frames[0][0]["values"]["order"] == 5


def test_a_held_block_that_fails_still_shows_what_it_changed(stage, frames):
    def change_and_fail():
        with stage.held():
            stage.order.value = 5
            raise KeyError("later")

    with pytest.raises(KeyError):
        change_and_fail()
    assert frames[-1][0]["values"]["order"] == 5


def test_an_update_that_fails_says_so_and_raises(stage, frames, hand):
    stage.fails = True
    with pytest.raises(ArithmeticError):
        stage.order.value = 3
    with pytest.raises(ArithmeticError):
        hand(order=4)
    for header, _ in frames:
        assert header["trouble"]
        assert "ArithmeticError: the sum does not converge" in header["say"]
    assert frames[-1][0]["seq"] == 1
    stage.fails = False
    hand(order=4)
    assert not frames[-1][0]["trouble"]
    assert frames[-1][0]["say"] == "order 4"


def test_an_observer_that_fails_is_answered_too(stage, frames, hand):
    def refuse(_change):
        raise ValueError("no such surface")

    stage.shape.observe(refuse, "value")
    with pytest.raises(ValueError, match="no such surface"):
        hand(shape="cos")
    assert "no such surface" in frames[-1][0]["say"]
    assert frames[-1][0]["seq"] == 1


def test_the_scene_knows_where_framed_legends_are(stage):
    (box,) = stage.scene["legends"]
    clip = stage.scene["marks"][0]["clip"]
    assert clip[0] <= box[0] <= box[0] + box[2] <= clip[0] + clip[2]
    assert clip[1] <= box[1] <= box[1] + box[3] <= clip[1] + clip[3]
    stage.axes[0].get_legend().set_frame_on(False)
    stage.redraw()
    assert stage.scene["legends"] == []


def test_two_controls_of_one_name_are_refused(stage):
    with pytest.raises(ValueError, match="a control named 'order' is on this stage already"):
        stage.slider("order", "again", 0, 1, 0.1, 0)


def test_redrawing_shows_new_limits(stage):
    before, pixels = stage.backdrop, unpack(stage.frame)[1][0]
    stage.axes[0].set_xlim(-8, 8)
    stage.redraw()
    assert stage.backdrop != before
    assert not np.array_equal(unpack(stage.frame)[1][0], pixels)


class Pair(Stage):
    """Two numbers and a mark that stands at both; their difference is always seven."""

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(0, 200), ylim=(0, 200))
        super().__init__(fig, alt="pair")
        self.one = self.slider("one", "one", 0, 100, 1, 0)
        self.two = self.slider("two", "two", 0, 107, 1, 7)
        self.dots = self.points(ax, draw.POINT)
        self.start(self.update)

    def update(self):
        """Read both, twice over, as a slow computation would."""
        first = self.one.value, self.two.value
        for _ in range(50):
            assert (self.one.value, self.two.value) == first
        self.dots.set(*first)


def test_two_threads_never_make_a_torn_frame():
    stage, sent, failures = Pair(), [], []
    stage.observe(lambda change: sent.append(unpack(change["new"])), "frame")
    corner = stage.dots.ax.transData

    def work(values):
        try:
            for k in values:
                with stage.held():
                    stage.one.value, stage.two.value = k, k + 7
                stage._receive(stage, {"seq": k, "set": {"one": k, "two": k + 7}}, [])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(range(i, 100, 4),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.close()
    assert failures == []
    for header, (dot,) in sent:
        one, two = header["values"]["one"], header["values"]["two"]
        assert two - one == 7
        np.testing.assert_allclose(dot[0], pixel(corner, one, two), atol=1e-3)
    assert [header["count"] for header, _ in sent] == sorted(h["count"] for h, _ in sent)


def pixel(transform, x, y):
    across, up = transform.transform((x, y))
    return across, 390 - up


def test_a_value_set_in_another_thread_waits_for_the_update_at_work():
    stage, failures = Pair(), []

    def flip(control, values):
        try:
            for k in values:
                control.value = k
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=flip, args=(c, range(90))) for c in (stage.one, stage.two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.close()
    assert failures == []
