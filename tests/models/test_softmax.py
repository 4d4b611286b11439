"""Softmax regression: derivatives, the direction that changes nothing, scikit-learn's minimiser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression as Peer

from sgo_teach.models.logistic import LogisticRegression
from sgo_teach.models.softmax import SoftmaxRegression, softmax
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.steps import gradient_below, minimize

seeds = st.integers(0, 2**32 - 1)
ridges = st.sampled_from([0.0, 0.1, 3.0])


def random_model(seed, ridge=0.0, intercept=False, m=12, d=2, classes=3):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(m, d)), rng.integers(0, classes, m)
    return SoftmaxRegression(X, y, ridge, intercept, classes), rng


def textbook_gradient(model, theta):
    """The formula without care for overflow, which a complex θ passes through."""
    e = np.exp(model.X @ theta.reshape(model.classes, -1).T)
    residual = e / e.sum(axis=1, keepdims=True) - np.eye(model.classes)[model.y]
    return (residual.T @ model.X).ravel() / len(model.y) + model.ridge * model.penalised * theta


def textbook_loss(model, theta):
    e = np.exp(model.X @ theta.reshape(model.classes, -1).T)
    p = e[range(len(model.y)), model.y] / e.sum(axis=1)
    return -np.mean(np.log(p)) + 0.5 * model.ridge * np.sum(model.penalised * theta**2)


def complex_step(f, x):
    return np.stack([np.imag(f(x + 1e-30j * e)) / 1e-30 for e in np.eye(x.size)], axis=-1)


@given(seeds, ridges, st.booleans())
def test_value_and_derivatives_are_those_of_the_textbook_formula(seed, ridge, intercept):
    model, rng = random_model(seed, ridge, intercept)
    theta = rng.normal(size=model.penalised.size)
    np.testing.assert_allclose(model.value(theta), textbook_loss(model, theta), rtol=1e-12)
    slope = complex_step(lambda z: textbook_loss(model, z), theta)
    np.testing.assert_allclose(model.gradient(theta), slope, atol=1e-13)
    curvature = complex_step(lambda z: textbook_gradient(model, z), theta)
    np.testing.assert_allclose(model.hessian(theta), curvature, atol=1e-13)


@given(seeds)
def test_the_hessian_is_a_mean_of_kronecker_products(seed):
    model, rng = random_model(seed)
    theta = rng.normal(size=6)
    P = model.predict_proba(theta)
    terms = [
        np.kron(np.diag(p) - np.outer(p, p), np.outer(x, x))
        for p, x in zip(P, model.X, strict=True)
    ]
    np.testing.assert_allclose(model.hessian(theta), np.mean(terms, axis=0), atol=1e-14)


@given(seeds, ridges)
def test_the_hessian_is_symmetric_and_no_less_than_the_ridge(seed, ridge):
    model, rng = random_model(seed, ridge)
    H = model.hessian(rng.normal(size=6))
    np.testing.assert_allclose(H, H.T, atol=1e-14)
    assert np.linalg.eigvalsh(H)[0] >= ridge - 1e-12


@given(seeds)
def test_the_same_vector_added_to_every_class_changes_nothing(seed):
    model, rng = random_model(seed)
    theta, shift = rng.normal(size=6), np.tile(rng.normal(size=2), 3)
    np.testing.assert_allclose(model.value(theta + shift), model.value(theta), rtol=1e-12)
    np.testing.assert_allclose(model.hessian(theta) @ shift, 0, atol=1e-14)
    np.testing.assert_allclose(model.gradient(theta) @ shift, 0, atol=1e-14)


@given(seeds)
def test_without_ridge_the_null_space_is_just_these_shifts(seed):
    model, rng = random_model(seed)
    eigenvalues = np.linalg.eigvalsh(model.hessian(rng.normal(size=6)))
    np.testing.assert_allclose(eigenvalues[:2], 0, atol=1e-14)
    assert eigenvalues[2] > 1e-8  # X has full column rank


@given(seeds, ridges, st.booleans())
def test_the_product_is_the_hessian_times_the_vector(seed, ridge, intercept):
    model, rng = random_model(seed, ridge, intercept)
    theta, v = rng.normal(size=(2, model.penalised.size))
    expected = model.hessian(theta) @ v
    np.testing.assert_allclose(model.hessian_vector_product(theta, v), expected, atol=1e-13)


@given(seeds, ridges)
def test_a_grid_is_its_points_one_by_one(seed, ridge):
    model, rng = random_model(seed, ridge, intercept=True)
    grid = rng.normal(size=(2, 2, 9))
    parts = (model.value, model.gradient, model.hessian, model.predict_proba, model.accuracy)
    for part in parts:
        for i, j in np.ndindex(2, 2):
            np.testing.assert_allclose(part(grid)[i, j], part(grid[i, j]), atol=1e-13)


@given(seeds)
def test_two_classes_are_logistic_regression_on_the_difference_of_weights(seed):
    rng = np.random.default_rng(seed)
    X, y, theta = rng.normal(size=(9, 3)), rng.integers(0, 2, 9), rng.normal(size=6)
    two, one = SoftmaxRegression(X, y, classes=2), LogisticRegression(X, y)
    difference = theta[3:] - theta[:3]
    np.testing.assert_allclose(two.value(theta), one.value(difference), rtol=1e-12)
    np.testing.assert_allclose(two.gradient(theta)[3:], one.gradient(difference), atol=1e-14)
    np.testing.assert_allclose(
        two.predict_proba(theta)[:, 1], one.predict_proba(difference), rtol=1e-12
    )


@given(seeds)
def test_renaming_the_classes_renames_the_weights(seed):
    model, rng = random_model(seed, 0.1)
    order, theta = rng.permutation(3), rng.normal(size=(3, 2))
    renamed = SoftmaxRegression(model.X, np.argsort(order)[model.y], 0.1, classes=3)
    np.testing.assert_allclose(renamed.value(theta[order].ravel()), model.value(theta.ravel()))


def test_logits_of_ten_thousand_overflow_nowhere():
    model = SoftmaxRegression([[1.0], [1.0]], [0, 1], classes=3)
    theta = [1e4, 0.0, -1e4]
    assert model.value(theta) == 5e3  # right costs 0, wrong the distance of the logits
    np.testing.assert_array_equal(model.gradient(theta), [0.5, -0.5, 0.0])
    np.testing.assert_array_equal(model.hessian(theta), np.zeros((3, 3)))
    np.testing.assert_array_equal(softmax([1e4, 1e4]), [0.5, 0.5])


def test_a_confident_right_answer_keeps_its_digits():
    model = SoftmaxRegression([[1.0]], [0], classes=3)
    np.testing.assert_allclose(model.value([40.0, 0.0, 0.0]), 2 * np.exp(-40.0), rtol=1e-12)


@pytest.mark.parametrize("C", [0.1, 1.0])
def test_scikit_learn_has_the_same_minimiser(C):
    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = SoftmaxRegression(X, y, ridge=1 / (C * len(y)), intercept=True)
    # The intercepts go free of the ridge, so a shift of all three is damped away.
    steps = newton_steps(model, np.zeros(15), damping=1e-10)
    ours = minimize(steps, gradient_below(1e-12), 50)
    peer = Peer(C=C, solver="newton-cholesky", tol=1e-12, max_iter=200).fit(X, y)
    W = model.weights(ours.x)
    assert ours.reason == "gradient"
    np.testing.assert_allclose(W[:, :-1], peer.coef_, atol=1e-8)
    centred = peer.intercept_ - peer.intercept_.mean()
    np.testing.assert_allclose(W[:, -1] - W[:, -1].mean(), centred, atol=1e-8)
    np.testing.assert_allclose(model.predict_proba(ours.x), peer.predict_proba(X), atol=1e-8)
    assert model.accuracy(ours.x, X, y) == model.accuracy(ours.x) == peer.score(X, y)


def test_theta_is_read_class_by_class_with_the_intercept_last():
    model = SoftmaxRegression([[1.0, 10.0]], [1], intercept=True)
    np.testing.assert_array_equal(model.weights(np.arange(6)), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(model.penalised, [1, 1, 0, 1, 1, 0])


@pytest.mark.parametrize(
    ("X", "y", "options", "said"),
    [
        (np.ones((3, 2)), [[0], [1], [2]], {}, "broadcast"),
        (np.ones((3, 2)), [0, 1], {}, r"shape \(3,\)"),
        (np.ones((3, 2)), [-1, 0, 1], {}, "holds -1"),
        (np.ones((3, 2)), [0, 1, 3], {"classes": 3}, "0, 1, 2, but y holds 3"),
        (np.ones((3, 2)), [0, 1, 0.5], {}, "holds 0.5"),
        (np.ones((3, 2)), [0, 0, 0], {"classes": 1}, "at least 2 classes"),
        (np.ones((3, 2)), [0, 1, 2], {"ridge": np.inf}, "ridge"),
        (np.ones((0, 2)), [], {}, "matrix"),
    ],
)
def test_data_that_does_not_fit_is_refused(X, y, options, said):
    with pytest.raises(ValueError, match=said):
        SoftmaxRegression(X, y, **options)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda model: model.value(np.ones(2)), r"θ must have shape \(\.\.\., 6\)"),
        (lambda model: model.hessian_vector_product(np.ones(6), np.ones(2)), "v must"),
        (lambda model: model.predict(np.ones(6), np.ones((4, 3))), "2 columns"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call(random_model(0)[0])


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32])
def test_the_type_of_the_parameters_does_not_matter(dtype):
    rng = np.random.default_rng(0)
    model = SoftmaxRegression(rng.normal(size=(5, 2)), [0, 1, 1, 0, 1], 0.7)
    theta = np.resize(np.array([100, -128], dtype), 4)
    for of in (model.value, model.gradient):
        np.testing.assert_array_equal(of(theta), of(theta.astype(float)))


@pytest.mark.parametrize("margin", [20.0, 40.0, 300.0])
def test_a_gradient_that_is_nearly_zero_keeps_its_digits(margin):
    ours = SoftmaxRegression([[1.0]], [1]).gradient([0.0, margin])
    np.testing.assert_allclose(ours[1], LogisticRegression([[1.0]], [1]).gradient([margin])[0])
    assert ours[0] == -ours[1] > 0


def test_the_number_of_classes_is_whole():
    with pytest.raises(ValueError, match="whole number"):
        SoftmaxRegression([[1.0], [2.0]], [0, 1], classes=2.5)
