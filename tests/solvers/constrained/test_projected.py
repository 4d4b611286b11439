"""Projected gradient and Newton: stationary ends, active sets, the failure of the naive form."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach.problems import beale, himmelblau, quadratic, rosenbrock
from sgo_teach.solvers.constrained import (
    project_box,
    project_simplex,
    projected_gradient_steps,
    projected_newton_steps,
    stationary_below,
)
from sgo_teach.solvers.descent import gradient_descent_steps
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.steps import convergence_order, minimize

seeds = st.integers(0, 2**32 - 1)


def random_quadratic(seed, n=6, kappa=1.0):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, n))
    return quadratic(M @ M.T + kappa * np.eye(n), 3 * rng.normal(size=n)), rng


def two_sided_trap():
    """At (0, ½) the gradient is (2, 1), and the Newton step (−5.8, +4.2) clips to uphill."""
    H = np.array([[1.0, 0.9], [0.9, 1.0]])
    return quadratic(H, H @ [0.0, 0.5] - [2.0, 1.0])


@given(seeds)
def test_projected_newton_ends_at_scipys_minimiser_in_a_box(seed):
    problem, rng = random_quadratic(seed)
    lower, upper = -rng.uniform(0, 1, 6), rng.uniform(0, 1, 6)
    run = minimize(
        projected_newton_steps(problem, rng.normal(size=6), lower, upper), stationary_below(1e-10)
    )
    theirs = optimize.minimize(
        problem.value, np.zeros(6), jac=problem.gradient, method="L-BFGS-B",
        bounds=list(zip(lower, upper, strict=True)), options={"ftol": 0, "gtol": 1e-10},
    )  # fmt: skip
    assert run.reason == "stationary"
    np.testing.assert_allclose(run.x, theirs.x, atol=1e-7)


@given(seeds)
@settings(max_examples=10)
def test_each_step_stays_in_the_box_and_never_raises_the_value(seed):
    problem, rng = random_quadratic(seed, kappa=0.01)
    for before, after in pairwise(islice(projected_newton_steps(problem, np.zeros(6), -1, 1), 12)):
        assert np.all(np.abs(after.x) <= 1)
        np.testing.assert_allclose(before.x + before.delta, after.x)
        assert after.value <= before.value + 1e-12 * abs(before.value)


@given(seeds)
def test_the_multipliers_have_the_signs_of_the_kkt_conditions(seed):
    problem, _ = random_quadratic(seed)
    run = minimize(projected_newton_steps(problem, np.zeros(6), -0.3, 0.3), stationary_below(1e-11))
    g, free = run.gradient, np.abs(run.x) < 0.3
    np.testing.assert_allclose(g[free], 0, atol=1e-9)
    assert np.all(g[run.x == -0.3] >= -1e-9)
    assert np.all(g[run.x == 0.3] <= 1e-9)


def test_a_quadratic_ends_after_the_right_active_set_is_found_in_one_step_more():
    problem, _ = random_quadratic(4)
    run = minimize(projected_newton_steps(problem, np.zeros(6), -0.3, 0.3), stationary_below(1e-11))
    held = [tuple(step.active) for step in run.steps]
    found = held.index(held[-1])
    assert len(run.steps) - found <= 3


@pytest.mark.parametrize(
    ("problem", "start", "lower", "upper"),
    [
        (rosenbrock(), [-1.2, 1.0], [-2, -2], [0.5, 2]),
        (himmelblau(), [4.0, 0.5], [3.2, 0], [5, 4]),
        (beale(), [1.0, 1.0], [-1, -1], [2.5, 1]),
    ],
    ids=["rosenbrock", "himmelblau", "beale"],
)
def test_curved_problems_have_scipys_minimiser_and_order_two(problem, start, lower, upper):
    run = minimize(projected_newton_steps(problem, start, lower, upper), stationary_below(1e-12))
    theirs = optimize.minimize(
        problem.value, run.x + 1e-3, jac=problem.gradient, method="L-BFGS-B",
        bounds=list(zip(lower, upper, strict=True)), options={"ftol": 0, "gtol": 1e-10},
    )  # fmt: skip
    assert run.reason == "stationary"
    np.testing.assert_allclose(run.x, theirs.x, atol=1e-7)
    errors = np.array([np.linalg.norm(step.x - run.x) for step in run.steps])
    orders = convergence_order(errors[errors > 1e-14])
    assert np.nanmax(orders[-2:]) > 1.7


def test_the_naive_form_stalls_where_the_right_one_goes_on():
    run = minimize(projected_newton_steps(two_sided_trap(), [0.0, 0.5], 0, np.inf, naive=True))
    assert (run.reason, run.k) == ("stalled", 0)
    assert run.steps[0].residual == pytest.approx(0.5)  # far from stationary
    right = minimize(
        projected_newton_steps(two_sided_trap(), [0.0, 0.5], 0, np.inf), stationary_below(1e-12)
    )
    assert right.reason == "stationary"
    assert right.value < run.value - 0.1


def test_no_step_along_the_naive_arc_lowers_the_value():
    L, x = two_sided_trap(), np.array([0.0, 0.5])
    newton = -np.linalg.solve(L.hessian(x), L.gradient(x))
    assert L.gradient(x) @ newton < 0  # downhill before it is clipped
    arc = np.maximum(x + np.logspace(-8, 1, 200)[:, None] * newton, 0)
    assert np.all(L.value(arc) > L.value(x))


def test_where_no_bound_is_near_both_forms_are_newtons_method():
    L = himmelblau()
    free = [step.x for step in islice(newton_steps(L, [3.2, 2.2]), 4)]
    for naive in (False, True):
        steps = projected_newton_steps(L, [3.2, 2.2], -np.inf, np.inf, naive)
        np.testing.assert_allclose([step.x for step in islice(steps, 4)], free, rtol=1e-12)


def test_an_indefinite_hessian_still_gives_descent():
    L = quadratic(np.diag([1.0, -1.0]))
    run = minimize(projected_newton_steps(L, [0.5, 0.1], -1, 1), stationary_below(1e-10))
    np.testing.assert_allclose(run.x, [0, 1], atol=1e-10)


def test_a_box_of_one_point_is_stationary_at_once():
    step = next(projected_newton_steps(rosenbrock(), [5.0, 5.0], [1.5, 2.0], [1.5, 2.0]))
    np.testing.assert_array_equal(step.x, [1.5, 2.0])
    assert step.residual == 0 and not np.any(step.delta)


@pytest.mark.parametrize("naive", [False, True])
def test_statuses_say_why_there_is_no_step(naive):
    L = rosenbrock()
    nan = replace(L, hessian=lambda x: np.full((2, 2), np.nan))
    assert minimize(projected_newton_steps(nan, [0, 0], -1, 1, naive)).reason == "not_finite"
    nan = replace(L, gradient=lambda x: np.full(2, np.nan))
    assert minimize(projected_newton_steps(nan, [0, 0], -1, 1, naive)).reason == "not_finite"
    flat = quadratic(np.diag([1.0, 0.0]))
    expected = "singular" if naive else "max_steps"
    assert minimize(projected_newton_steps(flat, [1, 1], -2, 2, naive), None, 5).reason == expected


@given(seeds)
@settings(max_examples=10)
def test_projected_gradient_on_the_simplex_meets_the_optimality_conditions(seed):
    """On the simplex the gradient is least, and the same, wherever x > 0."""
    problem, _ = random_quadratic(seed, n=4)
    M = np.linalg.eigvalsh(problem.hessian(np.zeros(4)))[-1]
    run = minimize(
        projected_gradient_steps(problem, np.zeros(4), project_simplex, 1 / M),
        stationary_below(1e-11), 20_000,
    )  # fmt: skip
    assert run.reason == "stationary"
    np.testing.assert_allclose(run.gradient[run.x > 1e-6], run.gradient.min(), atol=1e-8)
    values = [step.value for step in run.steps]
    assert np.all(np.diff(values) <= 1e-12)


@given(seeds)
@settings(max_examples=10)
def test_projected_gradient_and_newton_end_at_the_same_point(seed):
    problem, rng = random_quadratic(seed, n=3)
    M = np.linalg.eigvalsh(problem.hessian(np.zeros(3)))[-1]
    steps = projected_gradient_steps(problem, np.ones(3), lambda x: project_box(x, 0, 1), 1 / M)
    slow = minimize(steps, stationary_below(1e-12), 20_000)
    fast = minimize(projected_newton_steps(problem, np.ones(3), 0, 1), stationary_below(1e-12))
    np.testing.assert_allclose(slow.x, fast.x, atol=1e-10)


def test_with_nothing_to_project_it_is_gradient_descent_with_its_schedules():
    L, schedule = rosenbrock(), lambda k: 1e-3 / (k + 1)
    ours = projected_gradient_steps(L, [0.5, 0.2], lambda x: x, schedule)
    theirs = gradient_descent_steps(L, [0.5, 0.2], schedule)
    for ours_step, theirs_step in islice(zip(ours, theirs, strict=True), 5):
        np.testing.assert_allclose(ours_step.x, theirs_step.x)
        assert ours_step.residual == pytest.approx(np.linalg.norm(theirs_step.gradient))


def test_projected_gradient_reports_what_is_not_finite():
    nan = replace(rosenbrock(), value=lambda x: np.nan)
    run = minimize(projected_gradient_steps(nan, [0, 0], project_simplex, 0.1))
    assert (run.reason, len(run.steps)) == ("not_finite", 1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda L: projected_gradient_steps(L, [0, np.nan], project_simplex, 0.1), "finite"),
        (lambda L: next(projected_gradient_steps(L, [0, 1], project_simplex, 0.0)), "step_size"),
        (lambda L: projected_gradient_steps(L, [0, 1], lambda x: x[:1], 0.1), "keep the shape"),
        (lambda L: projected_newton_steps(L, [0, 1], [0, 0, 0], 1), "bounds"),
        (lambda L: projected_newton_steps(L, [0, 1], 1, 0), "lower <= upper"),
        (
            lambda L: next(
                projected_newton_steps(replace(L, hessian=lambda x: np.ones(2)), [0, 1], 0, 1)
            ),
            "square",
        ),
    ],
)
def test_what_cannot_be_iterated_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make(rosenbrock())
