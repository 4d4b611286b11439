"""The lasso: its dual bound, its closed forms, scikit-learn's minimiser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Lasso as Peer

from sgo_teach.models.lasso import Lasso
from sgo_teach.solvers.nonsmooth import fista_steps, soft_threshold
from sgo_teach.solvers.steps import gradient_below, minimize

seeds = st.integers(0, 2**32 - 1)


def random_lasso(seed, penalty=0.1, m=20, n=5):
    rng = np.random.default_rng(seed)
    return Lasso(rng.normal(size=(m, n)), rng.normal(size=m), penalty), rng


def solved(problem):
    steps = fista_steps(problem, np.zeros(problem.X.shape[1]))
    return minimize(steps, gradient_below(1e-13), 20_000)


@pytest.mark.parametrize("penalty", [0.01, 0.1, 0.4])
def test_scikit_learn_has_the_same_minimiser(penalty):
    problem, _ = random_lasso(1, penalty, m=60, n=12)
    peer = Peer(alpha=penalty, fit_intercept=False, tol=1e-14, max_iter=100_000)
    peer.fit(problem.X, problem.y)
    ours = solved(problem)
    np.testing.assert_allclose(ours.x, peer.coef_, atol=1e-9)
    np.testing.assert_array_equal(ours.x == 0, peer.coef_ == 0)


@given(seeds, st.floats(0.01, 2.0))
def test_an_orthonormal_design_is_solved_by_soft_thresholding(seed, penalty):
    rng = np.random.default_rng(seed)
    X, _ = np.linalg.qr(rng.normal(size=(8, 3)))
    problem = Lasso(np.sqrt(8) * X, rng.normal(size=8), penalty)
    expected = soft_threshold(problem.X.T @ problem.y / 8, penalty)
    np.testing.assert_allclose(solved(problem).x, expected, atol=1e-12)


@given(seeds)
def test_zero_is_the_minimiser_just_from_the_greatest_correlation_on(seed):
    problem, _ = random_lasso(seed)
    threshold = np.abs(problem.X.T @ problem.y).max() / len(problem.y)
    assert not np.any(solved(Lasso(problem.X, problem.y, 1.001 * threshold)).x)
    assert np.any(solved(Lasso(problem.X, problem.y, 0.9 * threshold)).x)


@given(seeds, st.floats(0.01, 1.0))
def test_the_duality_gap_bounds_the_excess_everywhere(seed, penalty):
    problem, rng = random_lasso(seed, penalty)
    least, points = solved(problem).value, rng.normal(size=(20, 5))
    assert np.all(problem.duality_gap(points) >= problem.value(points) - least - 1e-12)


@given(seeds, st.floats(0.01, 1.0))
def test_the_duality_gap_closes_at_the_minimiser(seed, penalty):
    problem, _ = random_lasso(seed, penalty)
    assert abs(problem.duality_gap(solved(problem).x)) < 1e-10


@given(seeds)
def test_the_gradient_is_a_subgradient(seed):
    """F(z) ≥ F(θ) + g·(z − θ) for every z, at corners as well."""
    problem, rng = random_lasso(seed)
    theta = rng.normal(size=5) * rng.integers(0, 2, 5)
    z = rng.normal(size=(50, 5))
    plane = problem.value(theta) + (z - theta) @ problem.gradient(theta)
    assert np.all(problem.value(z) >= plane - 1e-12)


@given(seeds)
def test_lipschitz_is_the_greatest_curvature_of_the_smooth_part(seed):
    problem, rng = random_lasso(seed)
    H = np.stack([problem.smooth_gradient(e) for e in np.eye(5)]) - problem.smooth_gradient(
        np.zeros(5)
    )
    np.testing.assert_allclose(problem.lipschitz, np.linalg.eigvalsh(H)[-1], rtol=1e-10)


def test_without_penalty_it_is_least_squares():
    problem, _ = random_lasso(0, penalty=0.0)
    expected = np.linalg.lstsq(problem.X, problem.y, rcond=None)[0]
    np.testing.assert_allclose(solved(problem).x, expected, atol=1e-10)
    assert problem.duality_gap(expected) >= 0


def test_where_the_fit_is_perfect_the_gap_is_finite():
    assert Lasso(np.eye(2), [0.0, 0.0], 0.0).duality_gap([0.0, 0.0]) == 0


@pytest.mark.parametrize(
    ("y", "penalty", "said"),
    [(np.ones((4, 1)), 0.1, "broadcast"), (np.ones(4), -0.1, "penalty")],
)
def test_data_that_does_not_fit_is_refused(y, penalty, said):
    with pytest.raises(ValueError, match=said):
        Lasso(np.ones((4, 2)), y, penalty)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32])
def test_the_type_of_the_parameters_does_not_matter(dtype):
    rng = np.random.default_rng(0)
    model = Lasso(rng.normal(size=(5, 2)), rng.normal(size=5), 0.7)
    theta = np.resize(np.array([100, -128], dtype), 2)
    for of in (model.value, model.gradient):
        np.testing.assert_array_equal(of(theta), of(theta.astype(float)))


def test_a_huge_penalty_has_a_gap_without_overflow():
    assert Lasso(np.eye(2), [1.0, 1.0], 1e9).duality_gap([1.0, 1.0]) == pytest.approx(2e9)
