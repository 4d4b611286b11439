"""Newton under Ax = b: one step on a quadratic, order two elsewhere, SciPy's minimiser."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach.problems import Problem, quadratic, rosenbrock
from sgo_teach.solvers.constrained import (
    decrement_below,
    feasible_newton_steps,
    infeasible_newton_steps,
    residual_below,
    solve_kkt,
)
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.steps import convergence_order, minimize

seeds = st.integers(0, 2**32 - 1)
methods = pytest.mark.parametrize("method", [feasible_newton_steps, infeasible_newton_steps])


def entropy():
    """Σ x log x on x > 0: under Σ x = s its minimiser is uniform."""
    return Problem(
        "entropy",
        lambda x: np.sum(x * np.log(x)) if np.all(x > 0) else np.inf,
        lambda x: np.log(x) + 1,
        lambda x: np.diag(1 / x),
        np.ones(2),
    )


def random_quadratic(seed, n=5, p=2):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, n))
    A, b = rng.normal(size=(p, n)), rng.normal(size=p)
    return quadratic(M @ M.T + np.eye(n), rng.normal(size=n)), A, b, rng


@given(seeds)
def test_a_quadratic_takes_one_step_to_the_solution_of_the_kkt_system(seed):
    problem, A, b, rng = random_quadratic(seed)
    H, c = problem.hessian(np.zeros(5)), problem.gradient(np.zeros(5))
    kkt = np.block([[H, A.T], [A, np.zeros((2, 2))]])
    expected = np.linalg.solve(kkt, np.concatenate([-c, b]))
    _, end = islice(infeasible_newton_steps(problem, A, b, rng.normal(size=5)), 2)
    np.testing.assert_allclose(np.concatenate([end.x, end.nu]), expected, atol=1e-9)
    feasible = np.linalg.lstsq(A, b, rcond=None)[0]
    first, end = islice(feasible_newton_steps(problem, A, b, feasible), 2)
    np.testing.assert_allclose(np.concatenate([end.x, first.nu]), expected, atol=1e-9)
    assert first.value - end.value == pytest.approx(first.decrement**2 / 2, abs=1e-9)


@methods
def test_the_least_entropy_of_a_given_sum_is_uniform(method):
    result = minimize(method(entropy(), np.ones((1, 4)), [2.0], [0.1, 0.2, 0.7, 1.0]), max_steps=12)
    np.testing.assert_allclose(result.x, 0.5, rtol=1e-12)
    np.testing.assert_allclose(result.steps[-1].nu, -(np.log(0.5) + 1), rtol=1e-12)


@given(seeds)
def test_feasible_steps_stay_feasible_and_lower_the_value(seed):
    rng = np.random.default_rng(seed)
    A, start = rng.normal(size=(2, 5)), rng.uniform(0.1, 2.0, 5)
    result = minimize(feasible_newton_steps(entropy(), A, A @ start, start), max_steps=20)
    assert all(np.abs(A @ step.x - A @ start).max() < 1e-12 for step in result.steps)
    values = np.array([step.value for step in result.steps])
    assert np.all(np.diff(values) <= 1e-12)
    assert np.linalg.norm(result.steps[-1].dual_residual) < 1e-9


@given(seeds)
def test_from_an_infeasible_start_the_residual_always_falls_and_a_full_step_makes_it_feasible(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(2, 5))
    b = A @ rng.uniform(0.1, 2.0, 5)
    run = minimize(infeasible_newton_steps(entropy(), A, b, np.ones(5)), residual_below(1e-10), 60)
    assert run.reason == "residual"
    norms = [
        np.hypot(*map(np.linalg.norm, (s.primal_residual, s.dual_residual))) for s in run.steps
    ]
    assert all(np.diff(norms) < 0)
    full = next(step.k for step in run.steps if step.alpha == 1)
    assert all(np.abs(A @ step.x - b).max() < 1e-12 for step in run.steps if step.k > full)


@given(seeds)
def test_primal_residual_shrinks_by_one_minus_alpha(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(2, 5))
    b = A @ rng.uniform(0.1, 5.0, 5)
    steps = list(islice(infeasible_newton_steps(entropy(), A, b, np.full(5, 0.1)), 4))
    for before, after in zip(steps, steps[1:], strict=False):
        expected = (1 - before.alpha) * before.primal_residual
        np.testing.assert_allclose(after.primal_residual, expected, atol=1e-12)


@methods
def test_near_the_minimiser_the_measured_order_is_two(method):
    start = np.array([0.2, 0.4, 0.6, 0.8])
    A = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
    run = minimize(method(entropy(), A, A @ start, start), max_steps=12)
    errors = np.array([np.linalg.norm(step.x - run.x) for step in run.steps])
    assert convergence_order(errors[errors > 1e-13])[-1] == pytest.approx(2, abs=0.3)


@methods
def test_scipy_finds_the_same_minimiser(method):
    L, A, b = rosenbrock(), np.array([[1.0, 2.0]]), np.array([2.0])
    ours = minimize(method(L, A, b, [0.4, 0.8]), max_steps=50)
    constraint = optimize.LinearConstraint(A, b, b)
    options = {"gtol": 1e-12, "xtol": 1e-14}
    theirs = optimize.minimize(
        L.value, [0.4, 0.8], jac=L.gradient, hess=L.hessian, method="trust-constr",
        constraints=constraint, options=options,
    )  # fmt: skip
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-8)


@methods
def test_eliminating_the_constraint_gives_the_same_iterates(method):
    """Newton on Ax = b is Newton in the coordinates of its null space."""
    L, Z, x0 = rosenbrock(), np.array([[2.0], [-1.0]]), np.array([0.9, 0.55])
    reduced = Problem(
        "reduced",
        lambda z: L.value(x0 + Z @ z),
        lambda z: Z.T @ L.gradient(x0 + Z @ z),
        lambda z: Z.T @ L.hessian(x0 + Z @ z) @ Z,
        np.zeros(1),
    )
    steps = list(islice(method(L, [[1.0, 2.0]], [2.0], x0), 5))
    assert all(step.alpha == 1 for step in steps)
    for step, small in zip(steps, newton_steps(reduced, [0.0]), strict=False):
        np.testing.assert_allclose(step.x, x0 + Z @ small.x, atol=1e-10)


def test_without_constraints_it_is_newtons_method():
    problem, *_ = random_quadratic(0)
    end = minimize(feasible_newton_steps(problem, np.zeros((0, 5)), [], np.ones(5)), max_steps=1)
    np.testing.assert_allclose(end.x, problem.minimisers[0], atol=1e-12)


def test_as_many_constraints_as_unknowns_leave_one_point():
    problem, *_ = random_quadratic(0)
    result = minimize(infeasible_newton_steps(problem, np.eye(5), np.arange(5), np.ones(5)),
                      residual_below(1e-10))  # fmt: skip
    np.testing.assert_allclose(result.x, np.arange(5), atol=1e-12)


def test_a_start_at_the_minimiser_stays_there():
    problem = quadratic(np.eye(2), [0.0, 0.0])
    steps = list(islice(feasible_newton_steps(problem, [[1.0, 1.0]], [2.0], [1, 1]), 3))
    for step in steps:
        np.testing.assert_array_equal(step.x, [1, 1])
    assert decrement_below(1e-12)(steps[0]) == "decrement"


@pytest.mark.parametrize(
    ("problem", "start", "reason"),
    [
        (quadratic(np.diag([1.0, -3.0])), [1.0, 1.0], "uphill"),
        (quadratic(np.diag([1.0, -1.0])), [1.5, 0.5], "singular"),
        (replace(rosenbrock(), hessian=lambda x: np.full((2, 2), np.nan)), [1, 1], "not_finite"),
        (replace(rosenbrock(), value=lambda x: np.nan), [1, 1], "not_finite"),
    ],
)
def test_where_there_is_no_step_the_status_says_why(problem, start, reason):
    result = minimize(feasible_newton_steps(problem, [[1.0, 1.0]], [2.0], start))
    assert (result.reason, len(result.steps)) == (reason, 1)
    assert not np.any(result.steps[0].delta)


def test_a_value_that_never_falls_stalls():
    up = replace(quadratic(np.eye(2)), value=lambda x: -np.exp(-np.linalg.norm(x)))
    liar = replace(up, gradient=lambda x: -x)
    assert minimize(feasible_newton_steps(liar, [[1.0, 1.0]], [0.0], [1, -1])).reason == "stalled"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda L: feasible_newton_steps(L, [[1, 1], [2, 2]], [1, 2], [0, 1]), "rank 1"),
        (lambda L: infeasible_newton_steps(L, [[1, 1], [2, 2]], [1, 3], [0, 1]), "full row rank"),
        (lambda L: feasible_newton_steps(L, [[1, 1]], [1], [1, 1]), "misses it by 1"),
        (lambda L: feasible_newton_steps(L, [1, 1], [1], [0, 1]), r"\[\[...\]\]"),
        (lambda L: feasible_newton_steps(L, [[1, 1, 1]], [1], [0, 1]), r"\(p, 2\)"),
        (lambda L: feasible_newton_steps(L, [[1, np.nan]], [1], [0, 1]), "NaN"),
        (lambda L: infeasible_newton_steps(L, [[1, 1]], [1], [0, np.inf]), "finite vector"),
        (lambda L: infeasible_newton_steps(L, [[1, 1]], [1], [0, 1], nu=[1, 2]), "nu"),
        (
            lambda L: next(
                feasible_newton_steps(
                    replace(L, hessian=lambda x: np.ones(2)), [[1, 1]], [1], [0, 1]
                )
            ),
            "square",
        ),
    ],
)
def test_what_cannot_be_iterated_is_refused_at_once(make, said):
    with pytest.raises(ValueError, match=said):
        make(rosenbrock())


def test_nothing_passed_in_is_changed():
    A, b, start = np.array([[1, 1]]), np.array([2]), np.array([1, 1])
    for array in (A, b, start):
        array.flags.writeable = False
    minimize(feasible_newton_steps(rosenbrock(), A, b, start), max_steps=3)
    minimize(infeasible_newton_steps(rosenbrock(), A, b, start), max_steps=3)


@pytest.mark.parametrize("start", [[3.0, 3.0], [5.0, 0.5], [4.0, 1.0], [1.0, 9.0]])
def test_the_infeasible_method_stays_in_the_domain_even_where_the_gradient_does_not_say(start):
    """The analytic centre −Σ log x under x₁ + 2x₂ = 1; −1/x is finite for x < 0 as well."""
    centre = Problem(
        "analytic centre",
        lambda x: -np.sum(np.log(x)) if np.all(x > 0) else np.inf,
        lambda x: -1 / x,
        lambda x: np.diag(1 / x**2),
        np.ones(2),
    )
    run = minimize(
        infeasible_newton_steps(centre, [[1.0, 2.0]], [1.0], start), residual_below(1e-9)
    )
    assert run.reason == "residual"
    assert all(np.all(step.x > 0) for step in run.steps)
    np.testing.assert_allclose(run.x, [0.5, 0.25], atol=1e-9)


def test_a_kkt_system_may_be_given_as_lists():
    delta, nu, status = solve_kkt([[1, 0], [0, 1]], [[1, 1]], [1, 0], [0])
    np.testing.assert_allclose([*delta, *nu], [-0.5, 0.5, -0.5])
    assert status == ""
