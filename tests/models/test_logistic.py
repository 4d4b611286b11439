"""Logistic regression: derivatives, convexity, no overflow, and scikit-learn's minimiser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression as Peer

from sgo_teach.models.logistic import LogisticRegression, sigmoid
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.steps import convergence_order, gradient_below, minimize

seeds = st.integers(0, 2**32 - 1)
ridges = st.sampled_from([0.0, 0.1, 3.0])


def random_model(seed, ridge=0.0, intercept=False, m=9, d=3):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, m)
    return LogisticRegression(rng.normal(size=(m, d)), y, ridge, intercept), rng


def textbook_loss(model, theta):
    """The formula without care for overflow, which a complex θ passes through."""
    p = 1 / (1 + np.exp(-model.X @ theta))
    fit = -np.mean(model.y * np.log(p) + (1 - model.y) * np.log(1 - p))
    return fit + 0.5 * model.ridge * np.sum(model.penalised * theta**2)


def complex_step(f, x):
    """Partial derivatives of f along the last axis of the answer, exact to round-off."""
    return np.stack([np.imag(f(x + 1e-30j * e)) / 1e-30 for e in np.eye(x.size)], axis=-1)


@given(seeds, ridges, st.booleans())
def test_value_and_derivatives_are_those_of_the_textbook_formula(seed, ridge, intercept):
    model, rng = random_model(seed, ridge, intercept)
    theta = rng.normal(size=model.X.shape[1])

    def textbook_gradient(z):
        residual = 1 / (1 + np.exp(-model.X @ z)) - model.y
        return model.X.T @ residual / len(model.y) + model.ridge * model.penalised * z

    np.testing.assert_allclose(model.value(theta), textbook_loss(model, theta), rtol=1e-12)
    slope = complex_step(lambda z: textbook_loss(model, z), theta)
    np.testing.assert_allclose(model.gradient(theta), slope, atol=1e-13)
    curvature = complex_step(textbook_gradient, theta)
    np.testing.assert_allclose(model.hessian(theta), curvature, atol=1e-13)


@given(seeds, ridges)
def test_the_hessian_is_symmetric_and_no_less_than_the_ridge(seed, ridge):
    model, rng = random_model(seed, ridge)
    H = model.hessian(rng.normal(size=3))
    np.testing.assert_allclose(H, H.T, atol=1e-14)
    assert np.linalg.eigvalsh(H)[0] >= ridge - 1e-12


@given(seeds, ridges, st.booleans())
def test_the_product_is_the_hessian_times_the_vector(seed, ridge, intercept):
    model, rng = random_model(seed, ridge, intercept)
    theta, v = rng.normal(size=(2, model.X.shape[1]))
    expected = model.hessian(theta) @ v
    np.testing.assert_allclose(model.hessian_vector_product(theta, v), expected, atol=1e-13)


@given(seeds, ridges)
def test_a_grid_is_its_points_one_by_one(seed, ridge):
    model, rng = random_model(seed, ridge, intercept=True)
    grid = rng.normal(size=(2, 3, 4))
    parts = (model.value, model.gradient, model.hessian, model.predict_proba, model.accuracy)
    for part in parts:
        for i, j in np.ndindex(2, 3):
            np.testing.assert_allclose(part(grid)[i, j], part(grid[i, j]), atol=1e-13)


@given(seeds)
def test_swapping_the_labels_is_the_same_as_turning_theta_round(seed):
    model, rng = random_model(seed, 0.1)
    swapped, theta = LogisticRegression(model.X, 1 - model.y, 0.1), rng.normal(size=3)
    np.testing.assert_allclose(swapped.value(-theta), model.value(theta), rtol=1e-14)
    np.testing.assert_allclose(swapped.gradient(-theta), -model.gradient(theta), atol=1e-15)


def test_logits_of_ten_thousand_overflow_nowhere():
    model = LogisticRegression([[1.0], [1.0]], [1, 0])
    assert model.value([1e4]) == 5e3  # right costs 0, wrong costs the logit itself
    np.testing.assert_array_equal(model.gradient([1e4]), [0.5])
    np.testing.assert_array_equal(model.hessian([1e4]), [[0.0]])
    np.testing.assert_array_equal(model.hessian_vector_product([1e4], [1.0]), [0.0])
    np.testing.assert_array_equal(model.predict_proba([-1e4]), [0.0, 0.0])


def test_a_confident_right_answer_keeps_its_digits():
    model = LogisticRegression([[1.0]], [1])
    np.testing.assert_allclose(model.value([40.0]), np.exp(-40.0), rtol=1e-12)
    np.testing.assert_allclose(model.gradient([40.0]), [-np.exp(-40.0)], rtol=1e-12)
    np.testing.assert_allclose(model.hessian([40.0]), [[np.exp(-40.0)]], rtol=1e-12)
    np.testing.assert_allclose(sigmoid([-700.0, 0.0]), [np.exp(-700.0), 0.5], rtol=1e-12)


@pytest.mark.parametrize("C", [0.01, 1.0])
def test_scikit_learn_has_the_same_minimiser(C):
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    # Its loss is C·Σ + ½‖w‖², and its intercept goes free.
    model = LogisticRegression(X, y, ridge=1 / (C * len(y)), intercept=True)
    ours = minimize(newton_steps(model, np.zeros(31)), gradient_below(1e-12), 50)
    peer = Peer(C=C, solver="newton-cholesky", tol=1e-12, max_iter=200).fit(X, y)
    assert ours.reason == "gradient"
    np.testing.assert_allclose(ours.x, np.append(peer.coef_[0], peer.intercept_), atol=1e-8)
    np.testing.assert_allclose(model.predict_proba(ours.x, X), peer.predict_proba(X)[:, 1])
    assert model.accuracy(ours.x, X, y) == model.accuracy(ours.x) == peer.score(X, y)


def test_newton_converges_with_order_two():
    model, _ = random_model(3, ridge=0.1)
    result = minimize(newton_steps(model, np.zeros(3)), gradient_below(1e-14), 50)
    errors = np.array([np.linalg.norm(step.x - result.x) for step in result.steps])
    assert convergence_order(errors[errors > 1e-13])[-1] == pytest.approx(2, abs=0.2)


def test_on_separable_data_the_loss_falls_for_ever():
    model = LogisticRegression([[-2.0], [1.0]], [0, 1])
    values = model.value(np.array([[1.0], [10.0], [100.0], [1000.0]]))
    assert np.all(np.diff(values) < 0)
    assert np.all(model.accuracy([[1.0], [10.0]]) == 1)


def test_the_ridge_leaves_the_intercept_alone():
    model, _ = random_model(0, ridge=2.0, intercept=True)
    bare, _ = random_model(0, ridge=0.0, intercept=True)
    theta = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(model.value(theta) - bare.value(theta), 14.0)
    np.testing.assert_allclose(model.gradient(theta) - bare.gradient(theta), [2, 4, 6, 0])
    np.testing.assert_allclose(model.hessian(theta) - bare.hessian(theta), np.diag([2, 2, 2, 0]))


@pytest.mark.parametrize("y", [[True, False, True], [1.0, 0.0, 1.0], np.array([1, 0, 1], np.uint8)])
def test_labels_may_come_as_booleans_floats_or_bytes(y):
    model = LogisticRegression(np.eye(3), y)
    np.testing.assert_array_equal(model.y, [1, 0, 1])


@pytest.mark.parametrize(
    ("X", "y", "ridge", "said"),
    [
        (np.ones((3, 2)), [[0], [1], [1]], 0.0, "broadcast"),
        (np.ones((3, 2)), [0, 1], 0.0, r"shape \(3,\)"),
        (np.ones((3, 2)), [-1, 1, 1], 0.0, r"0, 1, but y holds -1; \(y \+ 1\) / 2"),
        (np.ones((3, 2)), [0, 1, 2], 0.0, "holds 2"),
        (np.ones((3, 2)), [0, 1, 0.5], 0.0, "holds 0.5"),
        (np.ones((3, 2)), [0, 1, np.nan], 0.0, "holds nan"),
        (np.ones((3, 2)), ["no", "yes", "no"], 0.0, "encode"),
        (np.ones(3), [0, 1, 1], 0.0, "matrix"),
        (np.full((3, 2), np.inf), [0, 1, 1], 0.0, "finite"),
        (np.ones((3, 2)), [0, 1, 1], -1.0, "ridge"),
    ],
)
def test_data_that_does_not_fit_is_refused(X, y, ridge, said):
    with pytest.raises(ValueError, match=said):
        LogisticRegression(X, y, ridge)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda model: model.value(np.ones(2)), r"θ must have shape \(\.\.\., 3\)"),
        (lambda model: model.hessian_vector_product(np.ones(3), np.ones(2)), "v must"),
        (lambda model: model.predict(np.ones(3), np.ones((4, 2))), "3 columns"),
        (lambda model: model.accuracy(np.ones(3), np.ones((4, 3))), "together"),
        (lambda model: model.accuracy(np.ones(3), np.ones((4, 3)), [0, 1, 0]), r"\(4,\)"),
        (lambda model: model.accuracy(np.ones(3), np.ones((2, 3)), [0, 7]), "holds 7"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call(random_model(0)[0])


def test_the_data_is_copied_and_never_changed():
    X, y = np.ones((2, 1)), np.array([0, 1])
    X.flags.writeable = y.flags.writeable = False
    model = LogisticRegression(X, y, intercept=True)
    theta = np.array([1, 2])
    theta.flags.writeable = False
    for part in (model.value, model.gradient, model.hessian, model.predict):
        part(theta)
    assert not np.shares_memory(model.X, X) and not np.shares_memory(model.y, y)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32])
def test_the_type_of_the_parameters_does_not_matter(dtype):
    rng = np.random.default_rng(0)
    model = LogisticRegression(rng.normal(size=(5, 2)), [0, 1, 1, 0, 1], 0.7)
    theta = np.resize(np.array([100, -128], dtype), 2)
    for of in (model.value, model.gradient):
        np.testing.assert_array_equal(of(theta), of(theta.astype(float)))


def test_the_sigmoid_is_right_to_the_last_places():
    z = np.linspace(-700, 700, 4001)
    np.testing.assert_allclose(sigmoid(z), expit(z), rtol=8 * np.finfo(float).eps)
