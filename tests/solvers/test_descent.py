"""Gradient descent and heavy ball behave on quadratics exactly as the eigenvalues say."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgo_teach.problems import bowl, quadratic, rosenbrock
from sgo_teach.solvers.descent import gradient_descent_steps, heavy_ball_steps
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
def test_the_best_fixed_step_contracts_by_kappa_minus_1_over_kappa_plus_1(kappa):
    problem = bowl(kappa)
    errors = errors_in_eigenbasis(
        problem, gradient_descent_steps(problem, problem.start, 2 / (1 + kappa)), 6
    )
    lengths = np.linalg.norm(errors, axis=1)
    np.testing.assert_allclose(lengths[1:] / lengths[:-1], (kappa - 1) / (kappa + 1))


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
    step_size, momentum = 4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2
    steps = heavy_ball_steps(problem, problem.start, step_size, momentum)
    lengths = [np.linalg.norm(step.x) for step in islice(steps, 301)]
    rate = (lengths[300] / lengths[100]) ** (1 / 200)
    assert rate == pytest.approx((root - 1) / (root + 1), abs=0.02)


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
def test_arguments_that_make_no_method_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        next(heavy_ball_steps(rosenbrock(), *arguments))


def test_the_start_is_not_changed():
    start = np.array([-1.2, 1.0])
    minimize(gradient_descent_steps(rosenbrock(), start, 1e-3), max_steps=5)
    np.testing.assert_array_equal(start, [-1.2, 1.0])
