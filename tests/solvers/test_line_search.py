"""A line search ends where its conditions hold, cheaply, or says why it cannot."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach import problems
from sgo_teach.solvers.counting import Counted
from sgo_teach.solvers.line_search import (
    armijo,
    flat_enough,
    strong_wolfe,
    sufficient_decrease,
)

seeds = st.integers(0, 2**32 - 1)
BOTH = [armijo, strong_wolfe]
SURFACES = [problems.rosenbrock(), problems.himmelblau(), problems.beale(), problems.hills()]


def on_the_line(value, slope):
    """A problem in one coordinate, so that p = [1] makes φ the function itself."""
    return problems.line(
        "φ", value, slope, lambda x: 0 * x, start=0.0, window=((0.0, 1.0), (0.0, 1.0))
    )


def descent(problem, seed):
    """A random point with a random direction that goes downhill, of any length."""
    rng = np.random.default_rng(seed)
    x, p = rng.normal(0, 1.5, 2), rng.normal(size=2) * 10.0 ** rng.uniform(-4, 3)
    slope = problem.gradient(x) @ p
    assume(abs(slope) > 1e-6 * np.linalg.norm(p))
    return x, -np.sign(slope) * p


def conditions(problem, x, p, found, c1, c2):
    value, slope = problem.value(x), problem.gradient(x) @ p
    there = x + found.alpha * p
    return (
        problem.value(there) <= value + c1 * found.alpha * slope,
        abs(problem.gradient(there) @ p) <= c2 * abs(slope),
    )


@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
@pytest.mark.parametrize(("c1", "c2"), [(1e-4, 0.9), (1e-4, 0.1), (0.3, 0.4), (1e-3, 2e-3)])
@given(seeds)
def test_the_strong_wolfe_conditions_hold_where_the_search_ends(problem, c1, c2, seed):
    x, p = descent(problem, seed)
    found = strong_wolfe(problem, x, p, c1=c1, c2=c2)
    # Where L levels out for ever to infinity (the hills do) there may be no such α within reach.
    assume(found.reason != "max_evaluations" or problem.name != "hills")
    assert found.reason == "strong_wolfe"
    assert conditions(problem, x, p, found, c1, c2) == (True, True)


@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
@given(seeds, st.floats(1e-4, 0.9), st.floats(0.1, 0.9))
def test_armijos_condition_holds_where_backtracking_ends_and_not_one_step_before(
    problem, seed, c1, shrink
):
    x, p = descent(problem, seed)
    found = armijo(problem, x, p, c1=c1, shrink=shrink, max_evaluations=400)
    assert found.reason == "armijo"
    assert conditions(problem, x, p, found, c1, 1.0)[0]
    value, slope = problem.value(x), problem.gradient(x) @ p
    for trial in found.trials[:-1]:
        assert not sufficient_decrease(trial.alpha, trial.value, value, slope, c1)


@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
@given(seeds)
def test_wherever_scipy_succeeds_so_do_we_and_both_meet_the_conditions(problem, seed):
    x, p = descent(problem, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy says where it fails
        alpha, *_, slope = optimize.line_search(problem.value, problem.gradient, x, p)
    assume(slope is not None)
    found = strong_wolfe(problem, x, p)
    assert found.reason == "strong_wolfe"
    there = replace(found, alpha=alpha)
    assert conditions(problem, x, p, there, 1e-4, 0.9) == (True, True)


@pytest.mark.parametrize("search", BOTH)
@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
@given(seeds, st.integers(1, 12))
def test_the_budget_is_kept_and_every_evaluation_counted(search, problem, seed, most):
    x, p = descent(problem, seed)
    counted = Counted(problem)
    known = {"value": problem.value(x), "gradient": problem.gradient(x)}
    found = search(counted, x, p, **known, max_evaluations=most)
    assert found.evaluations == len(found.trials) == counted.counts.value <= most
    assert found.gradient_evaluations == counted.counts.gradient <= found.evaluations
    assert found.value <= problem.value(x)


@pytest.mark.parametrize("search", BOTH)
def test_what_is_known_at_the_start_is_computed_if_left_out(search):
    problem, x, p = problems.rosenbrock(), [-1.2, 1.0], [1.0, 0.0]
    value, gradient = problem.value(x), problem.gradient(x)
    here = search(problem, x, p), search(problem, x, p, value=value, gradient=gradient)
    assert here[0].alpha == here[1].alpha


@given(st.floats(1e-3, 1e3), st.floats(0.1, 10.0))
def test_on_a_parabola_the_second_trial_is_exact(curvature, alpha):
    """Cubics and parabolas interpolate it exactly, unless the safeguard stands in between."""
    assume(0.1 <= 1 / alpha <= 0.9 or 2 <= 1 / alpha <= 4)
    problem = problems.quadratic([[curvature]], start=[1.0])
    found = strong_wolfe(problem, [1.0], [-1.0], alpha, c2=1e-6, c1=1e-7)
    assert found.evaluations <= 2
    assert found.alpha == pytest.approx(1.0, rel=1e-6)


@given(seeds, st.floats(0.3, 30.0))
def test_the_search_does_not_see_the_scale_of_the_direction(seed, scale):
    problem = problems.himmelblau()
    x, p = descent(problem, seed)
    here = strong_wolfe(problem, x, p, 1.0)
    there = strong_wolfe(problem, x, scale * p, 1.0 / scale)
    assert there.alpha * scale == pytest.approx(here.alpha, rel=1e-6)


@given(seeds, st.floats(1e-12, 1e12))
def test_the_search_does_not_see_the_scale_of_the_loss(seed, scale):
    L = problems.himmelblau()
    scaled = replace(
        L, value=lambda x: scale * L.value(x), gradient=lambda x: scale * L.gradient(x)
    )
    x, p = descent(L, seed)
    assert strong_wolfe(scaled, x, p).alpha == pytest.approx(strong_wolfe(L, x, p).alpha, rel=1e-6)


@given(st.floats(-8, 8))
def test_a_first_trial_of_any_size_is_mended(exponent):
    problem = problems.quadratic([[1.0]])
    found = strong_wolfe(problem, [1.0], [-1.0], 10.0**exponent, c2=0.1)
    assert found.reason == "strong_wolfe"
    assert found.evaluations < 20


def test_the_two_conditions_serve_whole_slices():
    """On φ = α²/2 − α Armijo's condition holds to 2(1 − c1), the other one within c2 of 1."""
    alpha = np.array([0.05, 0.5, 1.5, 1.75, 1.95])
    low = sufficient_decrease(alpha, alpha**2 / 2 - alpha, 0.0, -1.0, c1=0.1)
    np.testing.assert_array_equal(low, [True, True, True, True, False])
    flat = flat_enough(alpha - 1, -1.0, c2=0.6)
    np.testing.assert_array_equal(flat, [False, True, True, False, False])


def test_a_trial_that_is_too_high_costs_no_gradient():
    found = strong_wolfe(problems.quadratic([[1.0]]), [1.0], [-1.0], 100.0)
    assert np.isnan(found.trials[0].slope)
    assert found.trials[0].gradient is None
    assert found.gradient_evaluations < found.evaluations


@pytest.mark.parametrize("search", BOTH)
def test_beyond_the_domain_is_too_far(search):
    """−log(1 − x) − 2x ends at x = 1, and is NaN or infinite from there on."""
    barrier = on_the_line(lambda x: -np.log(1 - x) - 2 * x, lambda x: 1 / (1 - x) - 2)
    found = search(barrier, [0.0], [1.0], 5.0)
    assert found.reason == ("armijo" if search is armijo else "strong_wolfe")
    assert 0 < found.alpha < 1
    assert found.trials[0].value == np.inf


def test_a_gradient_that_is_not_finite_is_too_far():
    edge = on_the_line(lambda x: -x, lambda x: np.where(x > 0.5, np.nan, -1.0))
    found = strong_wolfe(edge, [0.0], [1.0], max_evaluations=20)
    assert found.trials[0].value == np.inf
    assert 0 < found.alpha <= 0.5
    assert found.reason == "max_evaluations"


@pytest.mark.parametrize("search", BOTH)
def test_minus_infinity_is_no_success(search):
    cliff = on_the_line(lambda x: np.where(x > 0.5, -np.inf, -x), lambda x: -1.0 + 0 * x)
    assert search(cliff, [0.0], [1.0]).alpha <= 0.5


@pytest.mark.parametrize("search", BOTH)
@pytest.mark.parametrize(
    ("p", "reason"),
    [([1.0], "uphill"), ([0.0], "uphill"), ([np.nan], "not_finite"), ([np.inf], "not_finite")],
)
def test_a_direction_that_does_not_go_down_is_not_searched(search, p, reason):
    found = search(problems.quadratic([[1.0]]), [1.0], p)
    assert (found.reason, found.alpha, found.evaluations, found.trials) == (reason, 0.0, 0, ())


@pytest.mark.parametrize("search", BOTH)
def test_a_start_that_is_not_finite_is_not_searched(search):
    broken = on_the_line(lambda x: np.nan * x, lambda x: -1.0 + 0 * x)
    assert search(broken, [0.0], [1.0]).reason == "not_finite"


@given(st.floats(1.0, 20.0), st.floats(0.0, 6.3), st.floats(0.05, 5.0), st.integers(1, 8))
def test_on_an_exhausted_budget_the_lowest_acceptable_trial_is_kept(w, phase, alpha, most):
    wavy = on_the_line(
        lambda x: np.sin(w * x + phase) - x / 2, lambda x: w * np.cos(w * x + phase) - 1 / 2
    )
    assume(wavy.gradient([0.0])[0] < -0.1)
    found = strong_wolfe(wavy, [0.0], [1.0], alpha, c2=2e-4, max_evaluations=most)
    assume(found.reason == "max_evaluations")
    value, slope = wavy.value([0.0]), wavy.gradient([0.0])[0]
    acceptable = [t.value for t in found.trials if t.value <= value + 1e-4 * t.alpha * slope]
    assert found.value == min([value, *acceptable])


def test_a_loss_without_a_bottom_ends_with_the_budget_and_the_furthest_point():
    found = strong_wolfe(on_the_line(lambda x: -x, lambda x: -1.0 + 0 * x), [0.0], [1.0])
    assert found.reason == "max_evaluations"
    assert found.alpha == max(t.alpha for t in found.trials) > 1e6


@pytest.mark.parametrize("search", BOTH)
def test_where_no_trial_is_acceptable_the_start_is_the_answer(search):
    lying = on_the_line(lambda x: x, lambda x: -1.0 + 0 * x)  # the sign of the gradient is wrong
    found = search(lying, [0.0], [1.0])
    assert (found.reason, found.alpha, found.value) == ("max_evaluations", 0.0, 0.0)


def test_where_the_change_drowns_in_rounding_the_slope_decides():
    """The start is by chance a few last digits too low, so that no other value lies below it."""
    x, p = [1 + 1e-9], [-1.0]
    lucky = on_the_line(
        lambda x: 1 + (x - 1) ** 2 / 2 + np.where(x == 1 + 1e-9, 0, 1e-14), lambda x: x - 1
    )
    found = strong_wolfe(lucky, x, p, 2.1e-9)
    assert found.reason == "rounding"
    assert abs(found.slope) <= 0.9 * 1e-9
    assert found.value > 1


def test_a_rise_far_above_the_rounding_is_not_taken_for_rounding():
    """φ = 1 + 10⁻¹²q with q(0) = 0, q(1) = 1 and q′(1) = ½: level enough, but higher."""
    L = on_the_line(
        lambda x: 1 + 1e-12 * (-x + 4.5 * x**2 - 2.5 * x**3),
        lambda x: 1e-12 * (-1 + 9 * x - 7.5 * x**2),
    )
    found = strong_wolfe(L, [0.0], [1.0])
    assert found.reason in ("strong_wolfe", "rounding")
    assert found.value < 1 + 1e-15 and found.alpha < 1


@pytest.mark.parametrize("search", BOTH)
def test_inputs_are_left_alone(search):
    x, p = np.array([-1, 1]), np.array([1, 0])
    x.flags.writeable = p.flags.writeable = False
    assert search(problems.rosenbrock(), x, p).alpha > 0
    np.testing.assert_array_equal([x, p], [[-1, 1], [1, 0]])


@pytest.mark.parametrize("search", BOTH)
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"direction": [1.0]}, "one length"),
        ({"x": 1.0}, "vector"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": np.inf}, "alpha"),
        ({"c1": 0.0}, "c1"),
        ({"max_evaluations": 0}, "max_evaluations"),
        ({"value": 1.0}, "belong together"),
        ({"value": 1.0, "gradient": [1.0]}, "one length"),
    ],
)
def test_what_cannot_be_searched_is_refused(search, changed, said):
    usual = {"x": [-1.2, 1.0], "direction": [1.0, 0.0]}
    problem = problems.quadratic(np.eye(2))
    with pytest.raises(ValueError, match=said):
        search(problem, **(usual | changed))


@pytest.mark.parametrize(
    ("search", "constants", "said"),
    [
        (armijo, {"shrink": 1.0}, "shrink"),
        (strong_wolfe, {"c2": 1.0}, "c2"),
        (strong_wolfe, {"c1": 0.5, "c2": 0.4}, "c1 < c2"),
    ],
)
def test_constants_outside_their_range_are_refused(search, constants, said):
    with pytest.raises(ValueError, match=said):
        search(problems.rosenbrock(), [-1.2, 1.0], [1.0, 0.0], **constants)
