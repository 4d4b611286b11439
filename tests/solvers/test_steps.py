"""How a run of steps ends, and what its errors say about its order."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgo_teach.problems import bowl, line, rosenbrock
from sgo_teach.solvers.descent import gradient_descent_steps
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.steps import convergence_order, gradient_below, minimize

START = [-1.2, 1.0]


def test_the_run_stops_at_the_first_step_that_meets_the_rule():
    result = minimize(newton_steps(rosenbrock(), START), gradient_below(1e-8))
    norms = [np.linalg.norm(step.gradient) for step in result.steps]
    assert result.reason == "gradient"
    assert norms[-1] <= 1e-8 < min(norms[:-1])


def test_max_steps_counts_moves():
    result = minimize(gradient_descent_steps(bowl(), START, 0.01), max_steps=7)
    assert (result.reason, result.k, len(result.steps)) == ("max_steps", 7, 8)


def test_without_a_move_the_result_is_the_start():
    result = minimize(newton_steps(rosenbrock(), START), max_steps=0)
    np.testing.assert_array_equal(result.x, START)


def test_the_result_is_the_last_step():
    result = minimize(newton_steps(rosenbrock(), START), max_steps=4)
    last = result.steps[-1]
    assert (result.x is last.x, result.value, result.k) == (True, last.value, last.k)


def test_steps_that_run_out_say_so():
    assert minimize(islice(newton_steps(rosenbrock(), START), 3)).reason == "exhausted"


def test_a_rule_gives_its_own_reason():
    result = minimize(
        newton_steps(rosenbrock(), START), lambda step: "low" if step.value < 5 else None
    )
    assert result.reason == "low"


def test_a_diverging_run_ends_with_its_last_finite_point():
    result = minimize(gradient_descent_steps(rosenbrock(), START, 0.1))
    assert result.reason == "not_finite"
    assert np.isfinite(result.value)
    assert np.all(np.isfinite(result.x))


def test_every_delta_leads_to_the_next_point():
    steps = minimize(newton_steps(rosenbrock(), START, damping=1.0), max_steps=9).steps
    for here, there in zip(steps, steps[1:], strict=False):
        np.testing.assert_array_equal(here.x + here.delta, there.x)


def test_a_run_needs_steps_and_a_limit():
    with pytest.raises(ValueError, match="at least one step"):
        minimize([])
    with pytest.raises(ValueError, match="max_steps"):
        minimize(newton_steps(rosenbrock(), START), max_steps=-1)


@given(st.floats(1.1, 3.0), st.floats(0.2, 0.9))
def test_errors_made_with_order_p_measure_order_p(p, c):
    errors = [0.5]
    while len(errors) < 6 and errors[-1] > 1e-100:
        errors.append(c * errors[-1] ** p)
    np.testing.assert_allclose(convergence_order(errors), p, rtol=1e-8)


@given(st.floats(0.01, 0.99))
def test_a_fixed_shrinking_factor_is_order_one(factor):
    np.testing.assert_allclose(convergence_order(factor ** np.arange(8)), 1, rtol=1e-9)


def test_the_order_is_measured_up_to_the_first_zero_error():
    np.testing.assert_allclose(convergence_order([1e-1, 1e-2, 1e-4, 0.0, 0.0]), [2.0])


def test_equal_errors_have_no_order():
    np.testing.assert_array_equal(convergence_order([1.0, 1.0, 0.5]), [np.nan])


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([1.0, 0.5], "three"),
        ([1.0, 0.5, 0.0], "three"),
        ([0.0, 0.5, 0.1], "three"),
        ([1.0, -0.5, 0.1], ">= 0"),
        ([1.0, np.nan, 0.1], "finite"),
    ],
)
def test_what_has_no_order_is_refused(errors, said):
    with pytest.raises(ValueError, match=said):
        convergence_order(errors)


def three_halves():
    """L = |x|^1.5, whose Hessian is infinite at the minimiser."""
    return line(
        "|x|^1.5", lambda x: np.abs(x) ** 1.5, lambda x: 1.5 * np.sign(x) * np.abs(x) ** 0.5,
        lambda x: 0.75 / np.sqrt(np.abs(x)), start=1.0, window=((-1.0, 1.0), (0.0, 1.0)),
    )  # fmt: skip


def test_a_minimiser_at_which_only_the_hessian_is_infinite_is_an_answer():
    result = minimize(newton_steps(three_halves(), [1.0], step_size=0.5), gradient_below(1e-8))
    assert (result.reason, result.k, result.x[0]) == ("gradient", 1, 0.0)
    without_rule = minimize(newton_steps(three_halves(), [1.0], step_size=0.5))
    assert (without_rule.reason, without_rule.x[0]) == ("not_finite", 0.0)


def test_what_is_written_to_a_step_cannot_reach_the_run():
    for step in islice(newton_steps(rosenbrock(), START), 3):
        for array in (step.x, step.gradient, step.delta, step.hessian):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 99


def test_a_gradient_in_one_and_the_same_buffer_is_kept_as_it_was():
    buffer, L = np.empty(2), rosenbrock()

    def gradient(x):
        buffer[:] = L.gradient(x)
        return buffer

    steps = list(islice(gradient_descent_steps(replace(L, gradient=gradient), START, 1e-4), 4))
    for step in steps:
        np.testing.assert_array_equal(step.gradient, L.gradient(step.x))


def test_the_rule_looks_at_a_gradient_too_long_to_be_squared():
    steep = replace(bowl(), gradient=lambda x: np.full(2, 1e200))
    assert minimize(gradient_descent_steps(steep, [0, 0], 1e-200), gradient_below(1), 2).k == 2


def test_where_an_error_repeats_there_is_no_order():
    np.testing.assert_array_equal(convergence_order([1, 0.5, 0.5, 0.2]), [np.nan, np.nan])
