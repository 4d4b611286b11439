"""Newton's method: what it does in one step, how fast it ends, and where it fails."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach import problems
from sgo_teach.models.least_squares import four_points
from sgo_teach.problems import Problem
from sgo_teach.solvers.newton import newton_root_steps, newton_steps
from sgo_teach.solvers.steps import convergence_order, gradient_below, minimize

seeds = st.integers(0, 2**32 - 1)


def xs(steps, count):
    return np.array([step.x for step in islice(steps, count)])


@given(st.floats(1.0, 1e8), st.floats(0.0, 6.3), seeds)
def test_a_quadratic_takes_one_step_whatever_its_condition_number(kappa, angle, seed):
    start = np.random.default_rng(seed).normal(size=2)
    end = xs(newton_steps(problems.bowl(kappa, angle), start), 2)[1]
    np.testing.assert_allclose(end, 0, atol=1e-15 * kappa + 1e-14)


def test_on_an_indefinite_quadratic_the_one_step_ends_on_the_saddle():
    problem = problems.quadratic(np.diag([1.0, -3.0]), [2.0, 3.0])
    np.testing.assert_allclose(xs(newton_steps(problem, [5.0, 5.0]), 2)[1], [2.0, -1.0])


@given(seeds)
def test_the_method_is_affinely_invariant(seed):
    """Newton for L(Ax) started at x₀ is Newton for L started at Ax₀, seen through A."""
    rng, L = np.random.default_rng(seed), problems.rosenbrock()
    A, start = rng.normal(size=(2, 2)), rng.normal(size=2)
    assume(np.linalg.cond(A) < 20)
    seen = replace(
        L,
        value=lambda x: L.value(A @ x),
        gradient=lambda x: A.T @ L.gradient(A @ x),
        hessian=lambda x: A.T @ L.hessian(A @ x) @ A,
    )
    assume(np.linalg.cond(L.hessian(A @ start)) < 1e4)
    through_A = xs(newton_steps(seen, start), 2) @ A.T
    np.testing.assert_allclose(through_A, xs(newton_steps(L, A @ start), 2), rtol=1e-6, atol=1e-6)


def test_gradient_descent_is_not_affinely_invariant_but_damping_is_to_rotations():
    L, c, s = problems.himmelblau(), np.cos(0.6), np.sin(0.6)
    R = np.array([[c, -s], [s, c]])
    turned = replace(
        L,
        value=lambda x: L.value(R @ x),
        gradient=lambda x: R.T @ L.gradient(R @ x),
        hessian=lambda x: R.T @ L.hessian(R @ x) @ R,
    )
    start = np.array([1.0, 4.0])
    here, there = (newton_steps(p, x, damping=20.0) for p, x in ((turned, start), (L, R @ start)))
    np.testing.assert_allclose(xs(here, 6) @ R.T, xs(there, 6), rtol=1e-9)


@pytest.mark.parametrize(
    ("problem", "start"),
    [
        (problems.rosenbrock(), [0.5, 0.5]),
        (problems.himmelblau(), [4.0, 3.0]),
        (problems.beale(), [3.2, 0.6]),
        (problems.saddle(), [0.3, 1.2]),
        (problems.wavy(), [1.6]),
    ],
    ids=lambda item: getattr(item, "name", ""),
)
def test_near_a_regular_minimiser_the_measured_order_is_two(problem, start):
    result = minimize(newton_steps(problem, start), gradient_below(1e-12), 50)
    limit = min(problem.minimisers, key=lambda m: np.linalg.norm(m - result.x))
    errors = np.array([np.linalg.norm(step.x - limit) for step in result.steps])
    errors = errors[errors > 1e-13]  # below that is round-off
    assert result.reason == "gradient"
    assert convergence_order(errors)[-1] == pytest.approx(2, abs=0.2)
    assert np.all(errors[1:] <= 10 * errors[:-1] ** 2)  # e₊ ≤ C·e²


def test_where_the_hessian_vanishes_at_the_minimum_the_error_shrinks_by_two_thirds_only():
    path = xs(newton_steps(problems.quartic(), [1.0]), 20)
    np.testing.assert_allclose(path[1:] / path[:-1], 2 / 3)
    np.testing.assert_allclose(convergence_order(path[:, 0]), 1)


@given(st.floats(-1.5, 1.5))
def test_on_the_hyperbola_x_goes_to_minus_x_cubed(x):
    here, there = xs(newton_steps(problems.hyperbola(), [x]), 2)
    np.testing.assert_allclose(there, -(here**3), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("start", "reason"), [(0.99, "gradient"), (1.01, "not_finite")])
def test_on_the_hyperbola_it_converges_just_from_inside_the_unit_interval(start, reason):
    result = minimize(newton_steps(problems.hyperbola(), [start]), gradient_below(1e-12))
    assert result.reason == reason


def test_on_the_two_cycle_it_goes_back_and_forth_for_ever():
    path = xs(newton_steps(problems.two_cycle(), [0.0]), 50)
    np.testing.assert_array_equal(path[:, 0], [0, 1] * 25)


def test_on_the_waves_it_climbs_to_a_maximum():
    problem = problems.wavy(2.0)
    result = minimize(newton_steps(problem, problem.start), gradient_below(1e-12))
    assert result.reason == "gradient"
    assert problem.hessian(result.x) < 0
    assert result.value > problem.value(problem.start)


def test_the_four_points_take_one_step_with_the_right_hessian():
    model = four_points()
    np.testing.assert_allclose(xs(newton_steps(model, [5.0, -7.0]), 2)[1], [-1 / 3, 2 / 3])


def test_a_hundredth_of_the_step_leaves_99_per_cent_of_the_error():
    path = xs(newton_steps(four_points(), [5.0, -7.0], step_size=0.01), 50) - [-1 / 3, 2 / 3]
    np.testing.assert_allclose(path[1:], 0.99 * path[:-1], rtol=1e-9)
    result = minimize(
        newton_steps(four_points(), [5.0, -7.0], step_size=0.01), gradient_below(1e-4), 10_000
    )
    assert result.k > 1000


def test_a_hessian_scaled_by_a_thousand_takes_a_thousand_times_as_long():
    model = four_points()
    scaled = Problem(
        "scaled", model.value, model.gradient, lambda x: 1000 * model.hessian(x), np.zeros(2)
    )
    path = xs(newton_steps(scaled, [5.0, -7.0]), 50) - [-1 / 3, 2 / 3]
    np.testing.assert_allclose(path[1:], (1 - 1e-3) * path[:-1], rtol=1e-9)


@pytest.mark.parametrize(
    ("problem", "start"),
    [(problems.rosenbrock(), [-1.2, 1.0]), (problems.himmelblau(), [4.0, 3.0])],
    ids=["rosenbrock", "himmelblau"],
)
def test_scipy_finds_the_same_minimiser(problem, start):
    ours = minimize(newton_steps(problem, start), gradient_below(1e-10))
    theirs = optimize.minimize(
        problem.value,
        start,
        jac=problem.gradient,
        hess=problem.hessian,
        method="trust-exact",
        options={"gtol": 1e-9},
    )
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-6)


@given(st.floats(0.0, 1e6))
def test_the_damped_step_solves_the_damped_system(lam):
    problem = problems.himmelblau()
    step = next(newton_steps(problem, [3.5, 3.0], damping=lam))
    np.testing.assert_allclose(
        (step.hessian + lam * np.eye(2)) @ step.delta, -step.gradient, rtol=1e-9
    )


def test_growing_damping_shortens_the_step_and_bends_it_to_the_gradient():
    problem = problems.rosenbrock()
    steps = [next(newton_steps(problem, [-1.2, 1.0], damping=lam)) for lam in (0, 10, 1e3, 1e8)]
    lengths = [np.linalg.norm(step.delta) for step in steps]
    assert all(np.diff(lengths) < 0)
    last = steps[-1]
    np.testing.assert_allclose(last.delta * 1e8, -last.gradient, rtol=1e-4)


def test_a_damping_schedule_is_asked_for_every_step():
    steps = newton_steps(problems.rosenbrock(), [-1.2, 1.0], damping=lambda k: 10.0 / (k + 1))
    assert [step.damping for step in islice(steps, 3)] == [10.0, 5.0, 10.0 / 3]


def test_a_singular_hessian_ends_the_run_without_a_step():
    result = minimize(newton_steps(problems.monkey_saddle(), [0.0, 0.0]))
    assert (result.reason, result.k) == ("singular", 0)
    assert not np.any(result.steps[-1].delta)


def test_damping_makes_a_singular_hessian_regular():
    flat = problems.quadratic(np.diag([1.0, 0.0]))
    assert minimize(newton_steps(flat, [1.0, 1.0])).reason == "singular"
    damped = minimize(newton_steps(flat, [1.0, 1.0], damping=0.1), gradient_below(1e-9))
    assert damped.reason == "gradient"


def test_a_hessian_that_is_not_finite_ends_the_run():
    problem = replace(problems.rosenbrock(), hessian=lambda x: np.full((2, 2), np.nan))
    assert minimize(newton_steps(problem, [0.0, 0.0])).reason == "not_finite"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: newton_steps(problems.rosenbrock(), [np.inf, 0]), "finite vector"),
        (lambda: newton_steps(problems.rosenbrock(), [0, 0], step_size=0.0), "step_size"),
        (lambda: newton_steps(problems.rosenbrock(), [0, 0], damping=-1.0), "damping"),
        (lambda: newton_steps(problems.rosenbrock(), [0, 0], damping=np.nan), "damping"),
        (
            lambda: newton_steps(
                replace(problems.rosenbrock(), hessian=lambda x: np.ones(2)), [0, 0]
            ),
            "square",
        ),
        (
            lambda: newton_steps(
                replace(problems.rosenbrock(), gradient=lambda x: np.ones((2, 1))), [0, 0]
            ),
            "gradient",
        ),
        (lambda: newton_root_steps(np.cos, np.sin, np.nan), "start"),
    ],
)
def test_what_cannot_be_iterated_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        next(make())


def test_the_root_of_a_line_takes_one_step():
    steps = list(islice(newton_root_steps(lambda x: 3 * x - 6, lambda x: 3.0, 50.0), 2))
    assert steps[1].x == 2.0


def test_a_simple_root_is_approached_with_order_two():
    steps = islice(newton_root_steps(lambda x: x * x - 2, lambda x: 2 * x, 1.0), 5)
    errors = [abs(step.x - np.sqrt(2)) for step in steps]
    assert convergence_order(errors)[-1] == pytest.approx(2, abs=0.1)
    # Each step squares the error: e₊ = e²/(2x), no linear convergence.
    np.testing.assert_allclose(errors[2:4], np.square(errors[1:3]) / 2 / np.sqrt(2), rtol=0.1)


def test_a_double_root_is_approached_by_halves():
    steps = islice(newton_root_steps(lambda x: x * x, lambda x: 2 * x, 1.0), 10)
    assert [step.x for step in steps] == [0.5**k for k in range(10)]


def test_scipy_finds_the_same_root():
    def f(x):
        return np.cos(x) - x

    def df(x):
        return -np.sin(x) - 1

    *_, last = islice(newton_root_steps(f, df, 0.5), 8)
    assert last.x == pytest.approx(optimize.newton(f, 0.5, df), abs=1e-14)


def test_minimising_is_finding_the_root_of_the_slope():
    L = problems.wavy()
    roots = newton_root_steps(
        lambda x: L.gradient([x])[0], lambda x: L.hessian([x])[0, 0], L.start[0]
    )
    path = xs(newton_steps(L, L.start), 6)[:, 0]
    np.testing.assert_allclose([step.x for step in islice(roots, 6)], path, rtol=1e-12)


def test_a_level_tangent_ends_the_search_for_a_root():
    (only,) = newton_root_steps(lambda x: x * x + 1, lambda x: 2 * x, 0.0)
    assert (only.status, only.delta) == ("singular", 0.0)


def test_on_the_cube_root_every_step_doubles_the_distance_until_it_overflows():
    steps = list(newton_root_steps(np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2), 1.0))
    np.testing.assert_allclose([step.x for step in steps[:10]], (-2.0) ** np.arange(10))
    assert steps[-1].status == "not_finite"
