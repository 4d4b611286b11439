"""A guarded call comes back, whatever the function does."""

from __future__ import annotations

import sys
import threading
import time
import warnings

import pytest

from sgo_teach.checks.guard import Yielded, guarded


def forever():
    while True:
        pass


def forever_against_all_exceptions():
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        try:
            forever()
        except BaseException:
            continue


def test_a_value_comes_back():
    call = guarded(lambda a, b: a + b, (1, 2), 1.0)
    assert (call.value, call.ended) == (3, True)


def test_an_endless_loop_is_stopped_and_its_thread_ends():
    before = set(threading.enumerate())
    call = guarded(forever, (), 0.05)
    assert (call.timed_out, call.abandoned, call.ended) == (True, False, False)
    assert set(threading.enumerate()) <= before


def test_a_loop_that_catches_the_stop_is_stopped_by_the_next_one():
    call = guarded(forever_against_all_exceptions, (), 0.05)
    assert call.timed_out


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_every_exception_comes_back_as_a_value(error):
    def raises():
        raise error

    assert isinstance(guarded(raises, (), 1.0).error, error)


def test_what_the_function_prints_is_kept_and_what_others_print_goes_on(capsys):
    def prints():
        sys.stdout.write("mine\n")
        other = threading.Thread(target=sys.stdout.write, args=("theirs\n",))
        other.start()
        other.join()

    call = guarded(prints, (), 1.0)
    assert call.printed == "mine\n"
    assert capsys.readouterr().out == "theirs\n"


def test_stdout_is_back_in_place_afterwards():
    before = sys.stdout
    guarded(forever, (), 0.02)
    assert sys.stdout is before


def test_printing_without_end_does_not_fill_the_memory():
    def prints():
        while True:
            sys.stdout.write("x" * 1000)

    assert len(guarded(prints, (), 0.2).printed) <= 20_000


def test_warnings_stay_inside():
    assert guarded(lambda: warnings.warn("loud", stacklevel=1), (), 1.0).error is None


def test_an_endless_generator_is_run_for_its_first_items():
    def naturals():
        n = 0
        while True:
            yield n
            n += 1

    value = guarded(naturals, (), 1.0).value
    assert isinstance(value, Yielded)
    assert value.items[:3] == [0, 1, 2]


def test_the_stop_button_stops_the_function_too(monkeypatch):
    """An interrupt reaches the waiting thread; the function must not run on behind it."""
    join = threading.Thread.join
    pressed = iter([True])

    def interrupted(self, timeout=None):
        if next(pressed, False):
            raise KeyboardInterrupt
        return join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    call = guarded(forever, (), 5.0)
    assert (call.interrupted, call.abandoned) == (True, False)
