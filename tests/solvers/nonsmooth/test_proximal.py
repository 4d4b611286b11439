"""Proximal gradient and FISTA: their bounds hold at every step, their limits are known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgo_teach.models.lasso import Lasso
from sgo_teach.problems import quadratic
from sgo_teach.solvers.constrained import project_box, projected_gradient_steps
from sgo_teach.solvers.descent import gradient_descent_steps
from sgo_teach.solvers.nonsmooth import (
    fista_steps,
    ista_steps,
    proximal_gradient_steps,
    soft_threshold,
)
from sgo_teach.solvers.steps import gradient_below, minimize

seeds = st.integers(0, 2**32 - 1)
methods = pytest.mark.parametrize("method", [ista_steps, fista_steps])


@dataclass(frozen=True)
class Composite:
    value: Any
    smooth_gradient: Any
    prox: Any
    lipschitz: float = 1.0


def random_lasso(seed, m=15, n=8, penalty=0.05):
    rng = np.random.default_rng(seed)
    return Lasso(rng.normal(size=(m, n)), rng.normal(size=m), penalty), rng


def solution(problem):
    steps = fista_steps(problem, np.zeros(problem.X.shape[1]))
    return minimize(steps, gradient_below(1e-11), 5000)


@given(seeds)
@settings(max_examples=10)
def test_the_bounds_of_beck_and_teboulle_hold_at_every_step(seed):
    problem, rng = random_lasso(seed)
    start, best = 3 * rng.normal(size=8), solution(problem)
    L, distance = problem.lipschitz, np.sum((start - best.x) ** 2)
    for step in islice(ista_steps(problem, start), 1, 100):
        assert step.value - best.value <= L * distance / (2 * step.k) + 1e-12
    for step in islice(fista_steps(problem, start), 1, 100):
        assert step.value - best.value <= 2 * L * distance / (step.k + 1) ** 2 + 1e-12


def test_on_an_ill_conditioned_lasso_fista_is_far_ahead():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 10)) * np.logspace(0, -1.5, 10)
    problem = Lasso(X, X @ rng.normal(size=10), 1e-5)
    least = minimize(fista_steps(problem, np.zeros(10)), gradient_below(1e-10), 10_000).value
    runs = [minimize(method(problem, np.zeros(10)), max_steps=300)
            for method in (ista_steps, fista_steps)]  # fmt: skip
    slow, fast = (run.value - least for run in runs)
    assert fast < slow / 10


@given(seeds, st.floats(0.1, 1.9))
@settings(max_examples=10)
def test_proximal_gradient_never_rises_and_comes_ever_nearer(seed, factor):
    problem, rng = random_lasso(seed)
    steps = proximal_gradient_steps(problem, rng.normal(size=8), factor / problem.lipschitz)
    best = solution(problem).x
    for before, after in pairwise(islice(steps, 40)):
        assert after.value <= before.value + 1e-13
        assert np.linalg.norm(after.x - best) <= np.linalg.norm(before.x - best) + 1e-9


@methods
@given(seed=seeds)
@settings(max_examples=10)
def test_the_gradient_mapping_vanishes_just_at_the_minimiser(method, seed):
    problem, _ = random_lasso(seed)
    best = solution(problem).x
    np.testing.assert_allclose(next(method(problem, best)).gradient, 0, atol=1e-9)
    assert np.linalg.norm(next(method(problem, best + 0.1)).gradient) > 1e-3


@methods
def test_each_step_is_the_prox_of_a_gradient_step_from_y(method):
    problem, rng = random_lasso(0)
    steps = list(islice(method(problem, rng.normal(size=8)), 6))
    for before, after in pairwise(steps):
        alpha = before.step_size
        expected = problem.prox(before.y - alpha * problem.smooth_gradient(before.y), alpha)
        np.testing.assert_allclose(after.x, expected, atol=1e-14)
        assert after.value == problem.value(after.x)
        from_x = problem.prox(after.x - alpha * problem.smooth_gradient(after.x), alpha)
        np.testing.assert_allclose(after.gradient, (after.x - from_x) / alpha, atol=1e-12)


def test_the_momentum_of_fista_follows_its_recurrence():
    problem, rng = random_lasso(0)
    steps = list(islice(fista_steps(problem, rng.normal(size=8)), 20))
    assert steps[0].t == 1
    np.testing.assert_array_equal(steps[0].y, steps[0].x)
    for before, after in pairwise(steps):
        assert after.t**2 - after.t == pytest.approx(before.t**2)
        beyond = after.x + (before.t - 1) / after.t * (after.x - before.x)
        np.testing.assert_allclose(after.y, beyond, atol=1e-14)
        assert after.t >= (after.k + 2) / 2  # what the bound 1/k² rests on


def test_without_a_second_part_it_is_gradient_descent():
    L = quadratic(np.diag([1.0, 5.0]), [1.0, 2.0])
    smooth = Composite(L.value, L.gradient, lambda v, alpha: v)
    steps = proximal_gradient_steps(smooth, [3.0, 3.0], 0.1)
    for ours, theirs in islice(
        zip(steps, gradient_descent_steps(L, [3.0, 3.0], 0.1), strict=True), 5
    ):
        np.testing.assert_allclose(ours.x, theirs.x, rtol=1e-14)
        np.testing.assert_allclose(ours.gradient, theirs.gradient, rtol=1e-12)


def test_with_a_set_for_a_second_part_it_is_projected_gradient():
    L = quadratic(np.array([[2.0, 1.0], [1.0, 3.0]]), [1.0, 2.0])

    def project(x):
        return project_box(x, 0.0, 0.5)

    bounded = Composite(L.value, L.gradient, lambda v, alpha: project(v))
    ours = proximal_gradient_steps(bounded, [0.1, 0.1], 0.2)
    theirs = projected_gradient_steps(L, [0.1, 0.1], project, 0.2)
    for one, other in islice(zip(ours, theirs, strict=True), 6):
        np.testing.assert_allclose(one.x, other.x, rtol=1e-14)


@given(seeds, st.floats(0.0, 3.0))
def test_soft_thresholding_is_the_minimiser_it_says(seed, threshold):
    rng = np.random.default_rng(seed)
    v, z = rng.normal(size=4), rng.normal(size=(200, 4))
    x = soft_threshold(v, threshold)

    def objective(x):
        return threshold * np.sum(np.abs(x), axis=-1) + 0.5 * np.sum((x - v) ** 2, axis=-1)

    # Strong convexity: every other point is worse by half its squared distance at least.
    assert np.all(objective(z) >= objective(x) + 0.5 * np.sum((z - x) ** 2, axis=-1) - 1e-12)


def test_soft_thresholding_moves_towards_zero_and_stops_there():
    np.testing.assert_allclose(soft_threshold([-3, -0.5, 0, 0.5, 3], 1), [-2, 0, 0, 0, 2])
    np.testing.assert_allclose(soft_threshold([3.0, 3.0], [1.0, 5.0]), [2.0, 0.0])
    with pytest.raises(ValueError, match="at least 0"):
        soft_threshold([1.0], -1.0)


@methods
def test_what_is_not_finite_ends_the_run(method):
    problem = Composite(lambda x: np.nan, lambda x: x, lambda v, alpha: v)
    result = minimize(method(problem, [1.0]))
    assert (result.reason, len(result.steps)) == ("not_finite", 1)
    assert not np.any(result.steps[0].delta)


@methods
@pytest.mark.parametrize(
    ("start", "step_size", "said"),
    [([np.nan] * 8, None, "finite vector"), (np.ones(8), 0.0, "step_size"),
     (np.ones(8), np.inf, "1/L")],
)  # fmt: skip
def test_what_cannot_be_iterated_is_refused(method, start, step_size, said):
    with pytest.raises(ValueError, match=said):
        method(random_lasso(0)[0], start, step_size)


def test_a_gradient_of_another_shape_is_refused():
    problem = Composite(lambda x: 0.0, lambda x: np.ones((1, 1)), lambda v, alpha: v)
    with pytest.raises(ValueError, match="gradient of the smooth part"):
        next(ista_steps(problem, [1.0]))


def test_a_constant_smooth_part_is_no_obstacle():
    problem = Lasso(np.zeros((2, 2)), [1.0, 1.0], 0.5)
    result = minimize(ista_steps(problem, [1, -1]), gradient_below(1e-12))
    np.testing.assert_array_equal(result.x, [0, 0])


@methods
def test_a_start_outside_the_set_is_brought_back_by_the_first_step(method):
    """½‖x − 3‖² on the cube |x| ≤ 1, where g is the indicator."""
    cube = Composite(
        lambda x: 0.5 * np.sum((x - 3) ** 2) if np.all(np.abs(x) <= 1) else np.inf,
        lambda x: x - 3,
        lambda v, alpha: np.clip(v, -1, 1),
    )
    result = minimize(method(cube, [5.0, -5.0]), gradient_below(1e-9))
    assert (result.reason, result.steps[0].value) == ("gradient", np.inf)
    np.testing.assert_array_equal(result.x, [1, 1])


@methods
def test_a_run_that_flies_off_ends_without_a_warning(method):
    problem, _ = random_lasso(0)
    result = minimize(method(problem, np.ones(8), 1e3 / problem.lipschitz), max_steps=2000)
    assert result.reason == "not_finite"
    assert np.isfinite(result.value)


@methods
def test_a_gradient_in_one_and_the_same_buffer_serves(method):
    problem, _ = random_lasso(1)
    buffer = np.empty(8)

    def prox(v, alpha):
        buffer[:] = problem.prox(v, alpha)
        return buffer

    shared = Composite(problem.value, problem.smooth_gradient, prox, problem.lipschitz)
    for ours, theirs in islice(
        zip(method(shared, np.ones(8)), method(problem, np.ones(8)), strict=True), 9
    ):
        np.testing.assert_array_equal(ours.x, theirs.x)
