"""Differences have the order, the best h and the rounding that the theory gives them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach import problems
from sgo_teach.models.least_squares import four_points
from sgo_teach.solvers.counting import Counted
from sgo_teach.solvers.finite_differences import (
    SCHEMES,
    best_step,
    check_gradient,
    derivative,
    gradient,
    hessian_vector_product,
    jacobian,
)

seeds = st.integers(0, 2**32 - 1)
ORDERS = {"forward": 1, "backward": 1, "central": 2, "complex": 2}
SURFACES = [problems.rosenbrock(), problems.himmelblau(), problems.beale(), problems.hills()]
EPS = {np.float32: 2.0**-23, np.float64: 2.0**-52}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_truncation_error_falls_with_the_order_of_the_scheme(scheme):
    h = np.array([1e-1, 1e-2, 1e-3])
    errors = np.abs(derivative(np.exp, 1.0, scheme, h) - np.e)
    np.testing.assert_allclose(np.diff(np.log10(errors)), -ORDERS[scheme], atol=0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(st.floats(-10, 10), st.floats(1e-3, 1))
def test_lines_are_exact_whatever_h(scheme, slope, h):
    measured = derivative(lambda x: slope * x + 1, 0.5, scheme, h)
    assert measured == pytest.approx(slope, rel=1e-9, abs=1e-11)


@given(st.floats(-3, 3), st.floats(1e-3, 1))
def test_the_central_difference_is_exact_on_parabolas_and_the_mean_of_the_one_sided(x, h):
    def f(x):
        return 3 * x * x - x

    central, forward, backward = (derivative(f, x, s, h) for s in ("central", *SCHEMES[:2]))
    assert central == pytest.approx(6 * x - 1, abs=1e-10)
    assert central == pytest.approx((forward + backward) / 2, abs=1e-10)
    assert forward - backward == pytest.approx(6 * h, abs=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scheme", ["forward", "backward", "central"])
def test_the_error_over_h_is_a_u_whose_bottom_is_the_best_step(scheme, dtype):
    """Each side of the U is at least ten times as high as its bottom, which is near ε^p."""
    best = float(best_step(scheme, dtype))
    h = (best * np.logspace(-3, 3, 61)).astype(dtype)
    h = h[h < 1]
    errors = np.abs(derivative(np.exp, dtype(1), scheme, h).astype(float) - np.e)
    bottom = np.median(errors[(h > best / 3) & (h < best * 3)])
    assert np.max(errors[h < best / 300]) > 10 * bottom
    assert np.max(errors[h > best * 20]) > 10 * bottom
    order = ORDERS[scheme]
    assert bottom < 20 * EPS[dtype] ** (order / (order + 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_complex_step_is_exact_to_the_last_digits_for_every_small_h(dtype):
    h = np.logspace(-30, -8, 23).astype(dtype)
    measured = derivative(np.exp, dtype(1), "complex", h)
    assert measured.dtype == dtype
    np.testing.assert_allclose(measured, np.e, rtol=4 * EPS[dtype])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("scheme", "power"), [("forward", 1 / 2), ("backward", 1 / 2), ("central", 1 / 3)]
)
def test_the_best_step_is_a_root_of_machine_epsilon_that_grows_with_x(scheme, power, dtype):
    assert best_step(scheme, dtype) == pytest.approx(EPS[dtype] ** power, rel=1e-6)
    assert best_step(scheme, dtype).dtype == dtype
    scaled = best_step(scheme, dtype, [0.0, -1e3]) / best_step(scheme, dtype)
    np.testing.assert_allclose(scaled, [1, 1e3], rtol=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_far_from_zero_the_step_does_not_drown(scheme):
    assert derivative(np.log, 1e9, scheme) == pytest.approx(1e-9, rel=1e-6)


@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
@pytest.mark.parametrize(
    ("scheme", "rtol"), [("forward", 1e-5), ("backward", 1e-5), ("central", 1e-8), ("complex", 0)]
)
@given(seeds)
def test_the_gradients_of_the_problems_are_found(problem, scheme, rtol, seed):
    x = np.random.default_rng(seed).uniform(-2, 2, 2)
    exact = problem.gradient(x)
    size = 1 + np.linalg.norm(exact) + np.linalg.norm(problem.hessian(x))
    measured = gradient(problem.value, x, scheme)
    np.testing.assert_allclose(measured, exact, rtol=0, atol=(rtol + 1e-13) * size)


def test_scipy_finds_the_same_gradient():
    problem, x = problems.rosenbrock(), np.array([-1.2, 1.0])
    h = np.sqrt(EPS[np.float64])
    theirs = optimize.approx_fprime(x, problem.value, h)
    np.testing.assert_allclose(gradient(problem.value, x, "forward", h), theirs, rtol=1e-7)


def test_float32_points_give_float32_gradients_as_good_as_it_goes():
    problem, x = problems.rosenbrock(), np.array([-1.2, 1.0], np.float32)
    for scheme, rtol in [("forward", 2e-2), ("central", 1e-3), ("complex", 1e-6)]:
        measured = gradient(problem.value, x, scheme)
        assert measured.dtype == np.float32
        np.testing.assert_allclose(measured, problem.gradient(x), rtol=rtol)


@pytest.mark.parametrize(("scheme", "values"), [("forward", 3), ("backward", 3), ("central", 4)])
def test_a_gradient_costs_n_plus_1_values_one_sided_and_2n_central(scheme, values):
    problem = Counted(problems.rosenbrock())
    gradient(problem.value, [0.3, 0.4], scheme)
    assert problem.counts.value == values


@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
def test_the_jacobian_of_the_gradient_is_the_hessian(problem):
    x = np.array([0.7, -0.4])
    H = jacobian(problem.gradient, x)
    np.testing.assert_allclose(H, problem.hessian(x), atol=1e-8 * np.max(np.abs(H)))


def test_the_jacobian_of_a_residual_has_a_row_for_each_of_its_values():
    model = four_points()
    np.testing.assert_allclose(jacobian(model.residual, [0.3, 0.1]), model.X, atol=1e-9)


@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
@given(seeds, st.floats(1e-6, 1e6))
def test_the_hessian_vector_product_is_linear_and_exact_to_the_differences(problem, seed, scale):
    rng = np.random.default_rng(seed)
    x, v = rng.uniform(-2, 2, 2), rng.normal(size=2)
    Hv, size = problem.hessian(x) @ v, 1 + np.linalg.norm(problem.hessian(x))
    measured = hessian_vector_product(problem.gradient, x, v)
    np.testing.assert_allclose(measured, Hv, atol=1e-7 * size * np.linalg.norm(v))
    scaled = hessian_vector_product(problem.gradient, x, scale * v)
    np.testing.assert_allclose(scaled, scale * measured, atol=1e-7 * scale * size)


def test_a_product_with_zero_is_zero_and_costs_nothing():
    problem = Counted(problems.rosenbrock())
    product = hessian_vector_product(problem.gradient, [1.0, 2.0], [0.0, 0.0])
    np.testing.assert_array_equal(product, 0)
    assert problem.counts.gradient == 0


def test_integers_and_read_only_points_serve_and_are_left_alone():
    x = np.array([3, 4])
    x.flags.writeable = False
    exact = problems.rosenbrock().gradient(x)
    np.testing.assert_allclose(gradient(problems.rosenbrock().value, x), exact, rtol=1e-7)
    np.testing.assert_array_equal(x, [3, 4])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: derivative(np.exp, 1.0, "sideways"), "scheme must be one of"),
        (lambda: derivative(np.exp, 1.0, "central", 0.0), "positive"),
        (lambda: derivative(np.exp, np.float32(1), "central", 1e-60), "positive"),
        (lambda: derivative(np.exp, 1j), "real"),
        (lambda: derivative(lambda x: x.real**2, 1.0, "complex"), "carry complex"),
        (lambda: gradient(np.sum, 1.0), r"vector"),
        (lambda: gradient(lambda x: 2 * x, [1.0, 2.0]), "one number"),
        (lambda: hessian_vector_product(lambda x: x, [1.0, 2.0], [1.0]), "shape of x"),
        (lambda: check_gradient(np.sum, np.sum, [1.0, 2.0]), "shape of x"),
        (lambda: check_gradient(np.sum, lambda x: x, []), "at least one"),
        (lambda: check_gradient(lambda x: np.nan, lambda x: x, [1.0]), "finite"),
        (lambda: check_gradient(lambda x: x, lambda x: x, [1.0, 2.0]), "number"),
    ],
)
def test_what_has_no_difference_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("problem", [*SURFACES, four_points()], ids=lambda p: type(p).__name__)
@given(seeds)
def test_a_right_gradient_passes_anywhere(problem, seed):
    x = np.random.default_rng(seed).uniform(-2, 2, 2)
    found = check_gradient(problem, problem.gradient, x)
    assert (found.passed, found.suspicion) == (True, "")
    assert found.relative_error <= found.tolerance


@pytest.mark.parametrize("problem", SURFACES, ids=lambda p: p.name)
def test_a_right_gradient_passes_at_a_minimum_too(problem):
    for x in problem.minimisers:
        assert check_gradient(problem.value, problem.gradient, x).passed


def test_a_right_gradient_passes_in_float32():
    x = np.array([-1.2, 1.0], np.float32)
    assert check_gradient(problems.rosenbrock(), problems.rosenbrock().gradient, x).passed


def test_a_large_constant_in_the_loss_fails_no_gradient():
    problem = problems.himmelblau()
    assert check_gradient(lambda x: problem.value(x) + 1e9, problem.gradient, [0.1, 0.2]).passed


def test_a_coordinate_on_which_the_loss_does_not_depend_may_be_zero():
    found = check_gradient(lambda x: np.exp(x[0]), lambda x: np.array([np.exp(x[0]), 0]), [1.0, 5])
    assert found.passed


def slip(change):
    """The gradient of a quadratic in five coordinates, changed."""
    problem = problems.quadratic(np.diag([1.0, 2.0, 3.0, 4.0, 5.0]), [3.0, 1.0, 2.0, 7.0, -1.0])
    return check_gradient(problem, lambda x: change(problem.gradient(x)), np.ones(5))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda g: -g, "the sign is lost"),
        (lambda g: 2 * g, "a factor 2"),
        (lambda g: g / 4, "a factor 0.25"),
        (lambda g: 1.1 * g, "a factor 1.1"),
        (lambda g: 0 * g, "it is zero where the loss slopes"),
        (lambda g: g * [1, 1, 1, -1, 1], "coordinate 3 only: the sign is lost"),
        (lambda g: g + [0, 0, 0, 0.1234, 0], "coordinate 3 only"),
        (lambda g: g * [2, 1, 2, 1, 1], "coordinates 0, 2 only: a factor 2"),
        (lambda g: g + [0.1, 0, 0, 0.2, 0], "coordinates 0, 3 only"),
        (lambda g: g[::-1], "the coordinates stand in another order"),
        (lambda g: g + [0.1, 0.2, 0.3, 0.4, 0.5], ""),
        (lambda g: g + [0, 0, np.nan, 0, 0], "coordinate 2 is nan"),
    ],
)
def test_a_wrong_gradient_fails_and_the_slip_is_named(change, said):
    found = slip(change)
    assert (found.passed, found.suspicion) == (False, said)
    assert found.relative_error > 10 * found.tolerance


def test_the_worst_coordinate_is_the_relatively_worst():
    found = slip(lambda g: g * [1, 1.01, 1, 1.5, 1])
    assert (found.worst, found.suspicion) == (3, "coordinates 1, 3 only")
    assert found.relative_error == pytest.approx(1 / 3, rel=1e-6)


@given(seeds, st.sampled_from([-1.0, 2.0, 0.5, 1.001]), st.integers(1, 6))
def test_no_scaled_gradient_passes(seed, factor, n):
    rng = np.random.default_rng(seed)
    A, x = rng.normal(size=(n, n)), rng.normal(size=n)
    problem = problems.quadratic(A @ A.T + np.eye(n), rng.normal(size=n))
    assert check_gradient(problem, problem.gradient, x).passed
    assert not check_gradient(problem, lambda x: factor * problem.gradient(x), x).passed


@pytest.mark.parametrize(
    ("factor", "said"), [(-1, "the sign is lost"), (2, "a factor 2"), (1.37, "")]
)
def test_in_one_coordinate_only_a_telling_factor_is_named(factor, said):
    problem = problems.wavy()
    found = check_gradient(problem, lambda x: factor * problem.gradient(x), [0.4])
    assert (found.passed, found.suspicion) == (False, said)


def test_a_gradient_that_is_a_little_too_long_is_in_the_right_order():
    L = problems.rosenbrock()
    said = check_gradient(L, lambda x: (1 + 1e-4) * L.gradient(x), [0.3, 0.7])
    assert not said.passed and "order" not in said.suspicion
    swapped = check_gradient(L, lambda x: L.gradient(x)[::-1], [0.3, 0.7])
    assert swapped.suspicion == "the coordinates stand in another order"


@pytest.mark.parametrize("length", [1e-200, 1e-300, 1e200])
def test_the_product_scales_with_the_vector_however_short(length):
    product = hessian_vector_product(lambda x: 2 * x, [1.0, 2.0], [length, 0.0])
    np.testing.assert_allclose(product, [2 * length, 0.0], rtol=1e-8, atol=1e-8 * length)


def test_a_point_without_coordinates_has_no_jacobian():
    with pytest.raises(ValueError, match="at least one coordinate"):
        jacobian(lambda x: x, [])
