"""A control holds a valid value, whatever is put into it."""

from __future__ import annotations

import functools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from traitlets import TraitError

from sgo_teach.stage import Button, Check, Choice, Handle, Slider

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NO_NUMBERS = ["", "1e", "-", None, [], {}, math.nan, math.inf, 10**400]


def slider(**options):
    return Slider("a", "α", **({"low": -1, "high": 1, "step": 0.25, "value": 0} | options))


@functools.cache
def axes():
    """Axes whose vertical one points down."""
    ax = Figure().subplots()
    ax.set(xlim=(0, 10), ylim=(5, -5))
    return ax


def handle(along="xy", **options):
    return Handle("at", "point a", axes(), (1, 2), along=along, **options)


@given(FINITE)
def test_a_slider_takes_the_nearest_position(value):
    control = slider()
    control.value = value
    assert control.value in control.positions()
    inside = min(max(value, -1.0), 1.0)
    assert abs(control.value - inside) <= 0.125


@given(FINITE)
def test_a_log_slider_takes_the_nearest_position_by_ratio(value):
    control = slider(low=-3, high=2, step=0.5, value=1, log=True)
    control.value = value
    assert control.value in control.positions()
    inside = min(max(value, 1e-3), 1e2)
    assert abs(math.log10(control.value / inside)) <= 0.25 + 1e-9


@given(
    low=st.integers(-50, 50),
    count=st.integers(1, 60),
    step=st.sampled_from([0.01, 0.05, 0.1, 0.25, 1, 3]),
)
def test_every_position_of_a_slider_is_taken_as_it_is(low, count, step):
    control = slider(low=low, high=low + count * step, step=step, value=low)
    positions = control.positions()
    assert len(positions) == count + 1
    for position in positions:
        control.value = position
        assert control.value == position


def test_a_step_that_does_not_reach_the_end_stops_before_it():
    assert slider(low=0, high=1, step=0.3, value=0).positions() == [0, 0.3, 0.6, 0.9]


def test_whole_ends_and_steps_make_whole_numbers():
    assert all(type(n) is int for n in slider(low=0, high=8, step=2, value=4).positions())


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_slider_refuses_what_is_no_number_and_keeps_its_value(value):
    control = slider(value=0.5)
    with pytest.raises(TraitError, match="α: a finite number is needed, not"):
        control.value = value
    assert control.value == 0.5


@pytest.mark.parametrize("ends", [(1, 1, 0.1), (2, 1, 0.1), (0, 1, 0), (0, 1, -1)])
def test_ends_that_make_no_range_are_named(ends):
    low, high, step = ends
    with pytest.raises(ValueError, match=f"needs low < high and step > 0; got {low}, {high}"):
        slider(low=low, high=high, step=step)


def test_a_choice_is_one_of_its_options():
    control = Choice("f", "f", ["sin", "cos"])
    assert (control.value, control.positions()) == ("sin", ["sin", "cos"])
    with pytest.raises(TraitError, match=r"'tan' is not one of \['sin', 'cos'\]"):
        control.value = "tan"
    assert control.value == "sin"


@pytest.mark.parametrize("options", [[], ["a", "a"]])
def test_options_must_differ_and_exist(options):
    with pytest.raises(ValueError, match="needs options that differ, at least one"):
        Choice("f", "f", options)


def test_a_check_is_on_or_off_and_a_button_counts():
    check = Check("c", "show", False)
    with pytest.raises(TraitError):
        check.set_trait("value", "on")
    assert (check.value, check.positions()) == (False, [False, True])
    assert (Button("b", "go").value, Button("b", "go").positions()) == (0, None)


@given(FINITE, FINITE)
def test_a_handle_never_leaves_its_axes(x, y):
    control = handle()
    control.value = (x, y)
    assert control.value == (min(max(x, 0), 10), min(max(y, -5), 5))


@given(FINITE, FINITE)
def test_a_handle_on_a_rail_moves_along_it_only(x, y):
    level, upright = handle("x"), handle("y")
    level.value = upright.value = (x, y)
    assert level.value[1] == 2
    assert upright.value[0] == 1


def test_arrow_keys_move_a_handle_by_its_step():
    control = handle(step=(0.5, 0.25))
    control.nudge(2, -1)
    assert control.value == (2.0, 1.75)


@pytest.mark.parametrize("value", [*NO_NUMBERS, (1,), (1, 2, 3), (math.nan, 0), ("x", 0)])
def test_a_handle_refuses_what_is_no_point_and_stays(value):
    control = handle()
    with pytest.raises(TraitError, match="point a: a (finite number|pair)"):
        control.value = value
    assert control.value == (1, 2)


def test_a_handle_has_no_countable_positions():
    assert handle().positions() is None
