"""Gradient descent and momentum behave on quadratics exactly as the eigenvalues say."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sgo_teach.problems import bowl, quadratic, rosenbrock
from sgo_teach.solvers.descent import (
    best_heavy_ball,
    best_heavy_ball_rate,
    best_rate,
    best_step_size,
    gradient_descent_steps,
    heavy_ball_steps,
    mode_rates,
    nesterov_steps,
)
from sgo_teach.solvers.steps import gradient_below, minimize

curvatures = st.lists(st.floats(0.1, 10.0), min_size=1, max_size=5).map(np.array)


def errors_in_eigenbasis(problem, steps, count):
    _, modes = np.linalg.eigh(problem.hessian(problem.start))
    return np.array([modes.T @ (s.x - problem.minimisers[0]) for s in islice(steps, count)])


@given(curvatures, st.floats(0.01, 0.5))
def test_each_mode_is_multiplied_by_1_minus_alpha_h(h, step_size):
    problem = quadratic(np.diag(h))
    steps = gradient_descent_steps(problem, problem.start, step_size)
    for before, after in pairwise(islice(steps, 6)):
        np.testing.assert_allclose(after.x, (1 - step_size * h) * before.x, atol=1e-12)


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5])
def test_the_contraction_holds_in_the_eigenbasis_whatever_the_rotation(angle):
    problem, step_size = bowl(20.0, angle), 0.06
    steps = gradient_descent_steps(problem, problem.start, step_size)
    errors = errors_in_eigenbasis(problem, steps, 5)
    np.testing.assert_allclose(errors[1:], errors[:-1] * (1 - step_size * np.array([1, 20])))


@pytest.mark.parametrize("kappa", [2.0, 10.0, 100.0])
@pytest.mark.parametrize("h_min", [1.0, 0.01])
def test_the_best_fixed_step_contracts_by_kappa_minus_1_over_kappa_plus_1(kappa, h_min):
    problem, alpha = bowl(kappa, h_min=h_min), best_step_size(h_min, kappa * h_min)
    errors = errors_in_eigenbasis(problem, gradient_descent_steps(problem, problem.start, alpha), 6)
    lengths = np.linalg.norm(errors, axis=1)
    np.testing.assert_allclose(lengths[1:] / lengths[:-1], best_rate(h_min, kappa * h_min))
    assert best_rate(h_min, kappa * h_min) == pytest.approx((kappa - 1) / (kappa + 1))


@given(st.floats(0.01, 10.0), st.floats(1.0, 1e4), st.floats(0.01, 0.99))
def test_no_other_step_has_a_better_worst_mode(h_min, kappa, share):
    h = np.array([h_min, kappa * h_min])
    best = np.max(mode_rates(h, best_step_size(*h)))
    assert best == pytest.approx(best_rate(*h), abs=1e-12)
    assert best <= np.max(mode_rates(h, share * 2 / h[1])) + 1e-12


@given(st.floats(0.01, 10.0), st.floats(1.0, 1e4), st.floats(0.5, 1.5), st.floats(0.0, 0.99))
def test_no_other_heavy_ball_has_a_better_worst_mode(h_min, kappa, factor, momentum):
    h = np.array([h_min, kappa * h_min])
    alpha, beta = best_heavy_ball(*h)
    best = np.max(mode_rates(h, alpha, beta))
    # Both roots are double at the optimum, so rounding shows by its square root.
    assert best == pytest.approx(best_heavy_ball_rate(*h), abs=1e-6)
    assert best <= np.max(mode_rates(h, factor * alpha, momentum)) + 1e-6


@given(st.floats(0.1, 10.0), st.floats(0.01, 0.5), st.floats(0.0, 0.9))
def test_the_mode_rate_is_the_spectral_radius_of_two_steps_in_a_matrix(h, step_size, momentum):
    companion = [[1 + momentum - step_size * h, -momentum], [1, 0]]
    radius = np.max(np.abs(np.linalg.eigvals(companion)))
    assert mode_rates(h, step_size, momentum) == pytest.approx(radius, abs=1e-7)


@pytest.mark.parametrize(("h_min", "h_max"), [(0.0, 1.0), (2.0, 1.0), (1.0, np.inf), (np.nan, 1)])
def test_rates_need_curvatures_in_order(h_min, h_max):
    for rate in (best_step_size, best_rate, best_heavy_ball, best_heavy_ball_rate):
        with pytest.raises(ValueError, match="h_min <= h_max"):
            rate(h_min, h_max)


@pytest.mark.parametrize(("factor", "converges"), [(0.99, True), (1.01, False)])
def test_it_converges_just_when_the_step_is_below_2_over_the_largest_curvature(factor, converges):
    problem = bowl(10.0)
    result = minimize(
        gradient_descent_steps(problem, problem.start, factor * 2 / 10), max_steps=2000
    )
    assert (np.linalg.norm(result.x) < 1e-10) == converges


@pytest.mark.parametrize("kappa", [10.0, 100.0])
def test_the_best_heavy_ball_needs_the_square_root_of_kappa(kappa):
    problem, root = bowl(kappa), np.sqrt(kappa)
    steps = heavy_ball_steps(problem, problem.start, *best_heavy_ball(1.0, kappa))
    lengths = [np.linalg.norm(step.x) for step in islice(steps, 301)]
    rate = (lengths[300] / lengths[100]) ** (1 / 200)
    assert rate == pytest.approx((root - 1) / (root + 1), abs=0.02)
    assert best_heavy_ball_rate(1.0, kappa) == pytest.approx((root - 1) / (root + 1))


@pytest.mark.parametrize("method", [heavy_ball_steps, nesterov_steps])
@pytest.mark.parametrize("momentum", [0.3, 0.9, 0.99])
def test_torchs_sgd_takes_the_same_path(method, momentum):
    problem, x = rosenbrock(), torch.tensor([-1.2, 1.0], dtype=torch.float64)
    theirs = torch.optim.SGD([x], 1e-4, momentum, nesterov=method is nesterov_steps)
    for step in islice(method(problem, [-1.2, 1.0], 1e-4, momentum), 100):
        np.testing.assert_allclose(step.x, x.numpy(), rtol=1e-10)
        x.grad = torch.from_numpy(problem.gradient(x.numpy()).copy())
        theirs.step()


@given(st.floats(0.0, 0.99))
def test_nesterov_is_the_heavy_ball_that_looks_ahead(momentum):
    """θ, v with v ← βv − α∇L(θ + βv), θ ← θ + v: our x_k is θ + βv."""
    problem = rosenbrock()
    theta, v = np.array([0.5, 0.2]), np.zeros(2)
    for step in islice(nesterov_steps(problem, theta, lambda k: 1e-3 / (k + 1), momentum), 20):
        np.testing.assert_allclose(step.x, theta + momentum * v, rtol=1e-10)
        v = momentum * v - 1e-3 / (step.k + 1) * problem.gradient(theta + momentum * v)
        theta = theta + v
        np.testing.assert_allclose(step.velocity, v, rtol=1e-9, atol=1e-12)


def test_without_momentum_all_three_are_gradient_descent():
    plain, *others = (
        [step.x for step in islice(steps, 9)]
        for steps in (
            gradient_descent_steps(rosenbrock(), [0.5, 0.2], 1e-3),
            heavy_ball_steps(rosenbrock(), [0.5, 0.2], 1e-3, 0.0),
            nesterov_steps(rosenbrock(), [0.5, 0.2], 1e-3, 0.0),
        )
    )
    np.testing.assert_array_equal(others, [plain, plain])


@pytest.mark.parametrize("method", [heavy_ball_steps, nesterov_steps])
def test_a_diverging_run_ends_without_a_move(method):
    last = minimize(method(rosenbrock(), [-1.2, 1.0], 0.1, 0.9)).steps[-1]
    assert last.status == "not_finite"
    np.testing.assert_array_equal([last.delta, last.velocity], 0)


def test_heavy_ball_remembers_the_step_before():
    problem = rosenbrock()
    for before, after in pairwise(islice(heavy_ball_steps(problem, [0.5, 0.2], 1e-3, 0.9), 6)):
        np.testing.assert_allclose(after.delta, 0.9 * before.delta - 1e-3 * after.gradient)


def test_a_schedule_is_asked_for_every_step():
    steps = gradient_descent_steps(rosenbrock(), [0.5, 0.2], lambda k: 1e-3 / (k + 1))
    for step in islice(steps, 5):
        np.testing.assert_allclose(step.delta, -1e-3 / (step.k + 1) * step.gradient)


def test_it_reaches_the_minimum_of_rosenbrock_in_the_end():
    result = minimize(
        gradient_descent_steps(rosenbrock(), [0.8, 0.8], 1e-3), gradient_below(1e-4), 20_000
    )
    assert result.reason == "gradient"
    np.testing.assert_allclose(result.x, [1, 1], atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1.0, np.nan], 0.1, 0.0), "finite vector"),
        ((1.0, 0.1, 0.0), r"\[x\]"),
        (([1.0, 1.0], 0.1, 1.0), "momentum"),
        (([1.0, 1.0], -0.1, 0.0), "step_size"),
        (([1.0, 1.0], np.nan, 0.0), "step_size"),
        (([1.0, 1.0, 1.0], 0.1, 0.0), r"\(\.\.\., 2\)"),
    ],
)
@pytest.mark.parametrize("method", [heavy_ball_steps, nesterov_steps])
def test_arguments_that_make_no_method_are_refused(method, arguments, said):
    with pytest.raises(ValueError, match=said):
        next(method(rosenbrock(), *arguments))


def test_the_start_is_not_changed():
    start = np.array([-1.2, 1.0])
    minimize(gradient_descent_steps(rosenbrock(), start, 1e-3), max_steps=5)
    np.testing.assert_array_equal(start, [-1.2, 1.0])
