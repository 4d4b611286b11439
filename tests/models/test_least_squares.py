"""Least squares: the loss is quadratic, its minimiser is known, broadcasting is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hilbert

from sgo_teach.models.least_squares import LeastSquares, four_points

seeds = st.integers(0, 2**32 - 1)
ridges = st.sampled_from([0.0, 0.1, 3.0])


def random_model(seed, ridge, m=7, n=3):
    rng = np.random.default_rng(seed)
    return LeastSquares(rng.normal(size=(m, n)), rng.normal(size=m), ridge), rng


def test_the_four_points_have_their_minimiser_at_minus_one_third_and_two_thirds():
    model = four_points()
    np.testing.assert_allclose(model.minimiser(), [-1 / 3, 2 / 3], rtol=1e-14)
    np.testing.assert_allclose(model.gradient([-1 / 3, 2 / 3]), 0, atol=1e-15)
    np.testing.assert_array_equal(model.hessian([0.0, 0.0]), [[1.0, 0.5], [0.5, 1.0]])


@given(seeds, ridges)
def test_the_loss_is_its_own_second_order_expansion(seed, ridge):
    model, rng = random_model(seed, ridge)
    theta, delta = rng.normal(size=(2, 3))
    g, H = model.gradient(theta), model.hessian(theta)
    expansion = model.value(theta) + g @ delta + delta @ H @ delta / 2
    np.testing.assert_allclose(model.value(theta + delta), expansion, rtol=1e-10)


@given(seeds, ridges)
def test_the_gradient_vanishes_at_the_minimiser(seed, ridge):
    model, _ = random_model(seed, ridge)
    np.testing.assert_allclose(model.gradient(model.minimiser()), 0, atol=1e-10)


@given(seeds, ridges)
def test_the_product_is_the_hessian_times_the_vector(seed, ridge):
    model, rng = random_model(seed, ridge)
    theta, v = rng.normal(size=3), rng.normal(size=(4, 3))
    expected = v @ model.hessian(theta)
    np.testing.assert_allclose(model.hessian_vector_product(theta, v), expected, atol=1e-12)


@given(seeds)
def test_the_hessian_is_the_gauss_newton_matrix_of_the_residual(seed):
    model, rng = random_model(seed, 0.0)
    theta, delta = rng.normal(size=(2, 3))
    J = model.jacobian(theta)
    np.testing.assert_allclose(model.residual(theta + delta), model.residual(theta) + J @ delta)
    np.testing.assert_allclose(2 * J.T @ J / len(model.y), model.hessian(theta), atol=1e-12)


@given(seeds, ridges)
def test_a_grid_is_its_points_one_by_one(seed, ridge):
    model, rng = random_model(seed, ridge)
    grid = rng.normal(size=(2, 5, 3))
    for part in (model.value, model.gradient, model.hessian):
        for i, j in np.ndindex(2, 5):
            np.testing.assert_allclose(part(grid)[i, j], part(grid[i, j]), atol=1e-12)


def test_the_ridge_shortens_the_minimiser():
    lengths = [np.linalg.norm(four_points(ridge).minimiser()) for ridge in (0, 0.1, 1, 10)]
    assert all(np.diff(lengths) < 0)


def test_of_many_minimisers_the_shortest_is_given():
    model = LeastSquares([[1.0, 1.0]], [2.0])
    np.testing.assert_allclose(model.minimiser(), [1.0, 1.0])


def test_the_minimiser_is_not_computed_through_the_squared_condition_number():
    X, theta = hilbert(8), np.ones(8)  # κ(X) is 1.5e10, κ(XᵀX) is past 1/eps
    error = np.linalg.norm(LeastSquares(X, X @ theta).minimiser() - theta)
    normal_error = np.linalg.norm(np.linalg.solve(X.T @ X, X.T @ X @ theta) - theta)
    assert error < 1e-4 < normal_error


@pytest.mark.parametrize(
    ("X", "y", "ridge", "said"),
    [
        (np.ones((4, 2)), np.ones((4, 1)), 0.0, "broadcast"),
        (np.ones((4, 2)), np.ones(3), 0.0, r"shape \(4,\)"),
        (np.ones(4), np.ones(4), 0.0, "matrix"),
        (np.ones((0, 2)), np.ones(0), 0.0, "matrix"),
        (np.full((4, 2), np.nan), np.ones(4), 0.0, "finite"),
        (np.ones((4, 2)), np.full(4, np.inf), 0.0, "finite"),
        (np.ones((4, 2)), np.ones(4), -1.0, "ridge"),
        (np.ones((4, 2)), np.ones(4), np.nan, "ridge"),
    ],
)
def test_data_that_does_not_fit_is_refused(X, y, ridge, said):
    with pytest.raises(ValueError, match=said):
        LeastSquares(X, y, ridge)


@pytest.mark.parametrize("method", ["value", "gradient", "hessian", "residual", "jacobian"])
def test_parameters_of_the_wrong_length_are_refused(method):
    with pytest.raises(ValueError, match=r"\(\.\.\., 2\)"):
        getattr(four_points(), method)(np.ones(3))


@pytest.mark.parametrize(("theta", "v"), [(np.ones(3), np.ones(2)), (np.ones(2), np.ones(3))])
def test_a_product_of_the_wrong_length_is_refused(theta, v):
    with pytest.raises(ValueError, match=r"\(\.\.\., 2\)"):
        four_points().hessian_vector_product(theta, v)


def test_the_model_keeps_its_own_copy_of_the_data():
    X, y = np.ones((4, 2)), np.ones(4)
    model = LeastSquares(X, y)
    X[0, 0] = y[0] = np.nan
    assert np.isfinite(model.value([0.0, 0.0]))


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32])
def test_the_type_of_the_parameters_does_not_matter(dtype):
    rng = np.random.default_rng(0)
    model = LeastSquares(rng.normal(size=(5, 2)), rng.normal(size=5), 0.7)
    theta = np.resize(np.array([100, -128], dtype), 2)
    for of in (model.value, model.gradient):
        np.testing.assert_array_equal(of(theta), of(theta.astype(float)))
