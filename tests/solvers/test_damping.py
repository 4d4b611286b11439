"""Levenberg–Marquardt: the rule for λ, the ratio ρ, and the steps between Newton and gradient."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, pairwise
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach import problems
from sgo_teach.models.least_squares import four_points
from sgo_teach.solvers.damping import (
    LARGEST,
    SMALLEST,
    levenberg_marquardt,
    levenberg_marquardt_steps,
    reduction_ratio,
)
from sgo_teach.solvers.gauss_newton import GaussNewton
from sgo_teach.solvers.steps import gradient_below, minimize


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(1.0, 2 / 3), (0.76, 2 / 3), (5.0, 2 / 3), (0.75, 1), (0.25, 1), (0.5, 1)]
    + [(bad, 3 / 2) for bad in (0.24, 0.0, -3.0, nan, inf, -inf)],
)
def test_a_good_model_is_damped_less_and_a_bad_one_more(ratio, factor):
    assert levenberg_marquardt(6.0, ratio) == pytest.approx(6.0 * factor)


def test_damping_stays_where_float32_computes_with_it_and_none_stays_none():
    small = large = 1.0
    for _ in range(500):
        small, large = levenberg_marquardt(small, 1.0), levenberg_marquardt(large, nan)
    assert (small, large) == (SMALLEST, LARGEST)
    assert levenberg_marquardt(0.0, nan) == levenberg_marquardt(0.0, 1.0) == 0


@pytest.mark.parametrize("damping", [1e-25, 1e25])
def test_a_damping_outside_the_bounds_goes_no_further_out_and_does_not_jump(damping):
    after = {levenberg_marquardt(damping, ratio) for ratio in (0.1, 0.5, 0.9)}
    inwards = damping * (3 / 2 if damping < 1 else 2 / 3)
    assert after == {damping, inwards}


def test_the_ratio_is_one_where_the_model_is_the_loss_and_negative_where_the_loss_rose():
    assert reduction_ratio(-0.3, -0.3) == 1
    assert reduction_ratio(+0.1, -0.3) < 0


@pytest.mark.parametrize(
    ("actual", "predicted"), [(nan, -1), (inf, -1), (-1, nan), (-1, 0), (-1, 0.5), (1, 1)]
)
def test_no_ratio_without_a_finite_loss_and_a_descent_promised(actual, predicted):
    assert isnan(reduction_ratio(actual, predicted))


def test_rounding_errors_do_not_blame_the_model():
    assert reduction_ratio(+1e-9, -1e-10, rounding=1e-8) == 1
    assert reduction_ratio(+1e-3, -1e-10, rounding=1e-8) < 0


def test_on_a_quadratic_the_ratio_is_one_and_damping_falls_by_thirds():
    L = problems.bowl(30.0)
    steps = list(islice(levenberg_marquardt_steps(L, [2.0, 1.0], damping=8.0), 5))
    np.testing.assert_allclose([step.rho for step in steps], 1, rtol=1e-9)
    np.testing.assert_allclose([step.damping for step in steps], 8 * (2 / 3) ** np.arange(5))


def test_a_step_reports_what_its_names_say():
    L = problems.rosenbrock()
    for step in islice(levenberg_marquardt_steps(L, [-1.2, 1.0], 1.0), 15):
        H, p = L.hessian(step.x), step.trial
        assert step.positive_definite == bool(
            np.all(np.linalg.eigvalsh(H + step.damping * np.eye(2)) > 0)
        )
        if not step.positive_definite:
            continue
        np.testing.assert_allclose((H + step.damping * np.eye(2)) @ p, -step.gradient, rtol=1e-8)
        change = step.gradient @ p + 0.5 * p @ H @ p
        actual = L.value(step.x + p) - L.value(step.x)
        assert step.model_change == pytest.approx(change) and step.model_change < 0
        assert step.actual_change == pytest.approx(actual)
        assert step.rho == pytest.approx(actual / change)
        np.testing.assert_array_equal(step.delta, p if step.rho > 0 else 0)


def test_damping_follows_the_rule_from_step_to_step():
    steps = list(islice(levenberg_marquardt_steps(problems.beale(), [-2.0, 3.0], 1e-3), 40))
    for here, there in pairwise(steps):
        assert there.damping == levenberg_marquardt(here.damping, here.rho)
    assert {step.accepted for step in steps} == {True, False}


def test_where_the_damped_matrix_is_not_definite_the_step_says_so_and_damping_grows():
    steps = list(islice(levenberg_marquardt_steps(problems.saddle(), [0.5, 0.01], 0.1), 9))
    tried = [step.positive_definite for step in steps]
    assert tried == [step.damping > 2 for step in steps]  # the lowest curvature is near −2
    for step in steps[: tried.index(True)]:
        assert isnan(step.rho) and not step.accepted and not np.any(step.delta)


@given(st.integers(0, 2**32 - 1), st.floats(-2, 5))
def test_growing_damping_shortens_the_step(seed, exponent):
    L, lam = random_quadratic(seed), 10.0**exponent
    here, there = (next(levenberg_marquardt_steps(L, L.start, c * lam)).trial for c in (1, 2))
    assert np.linalg.norm(there) < np.linalg.norm(here)


def test_the_step_turns_from_newtons_direction_to_the_gradients():
    L = problems.bowl(100.0)
    g, H = L.gradient(L.start), L.hessian(L.start)
    steps = [
        next(levenberg_marquardt_steps(L, L.start, lam)).trial
        for lam in np.geomspace(1e-9, 1e9, 40)
    ]
    newton, downhill = (cosines(steps, v) for v in (-np.linalg.solve(H, g), -g))
    assert newton[0] == pytest.approx(1) and downhill[-1] == pytest.approx(1)
    assert np.all(np.diff(newton) < 1e-12) and np.all(np.diff(downhill) > -1e-12)


def random_quadratic(seed, n=4):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    return problems.quadratic(A @ A.T + 0.1 * np.eye(n), start=rng.normal(size=n))


def cosines(steps, v):
    return np.array([p @ v / np.linalg.norm(p) / np.linalg.norm(v) for p in steps])


def test_a_lying_hessian_never_makes_the_loss_rise():
    L = problems.rosenbrock()
    lying = replace(L, hessian=lambda x: 1e-3 * np.eye(2))
    steps = list(islice(levenberg_marquardt_steps(lying, [-1.2, 1.0], 1e-3), 80))
    assert np.all(np.diff([step.value for step in steps]) <= 0)
    assert steps[-1].value < steps[0].value and not steps[0].accepted


def test_linear_least_squares_is_solved():
    result = minimize(levenberg_marquardt_steps(four_points(), [5.0, -7.0]), gradient_below(1e-12))
    np.testing.assert_allclose(result.x, [-1 / 3, 2 / 3], atol=1e-11)


def rosenbrock_residuals():
    return GaussNewton(
        lambda x: np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]]),
        lambda x: np.array([[-20 * x[0], 10.0], [-1.0, 0.0]]),
    )


def test_scipy_finds_the_same_nonlinear_least_squares():
    t = np.linspace(0, 3, 20)
    y = 2.5 * np.exp(-1.3 * t) + 0.05 * np.cos(7 * t)
    model = GaussNewton(
        lambda x: x[0] * np.exp(-x[1] * t) - y,
        lambda x: np.stack([np.exp(-x[1] * t), -x[0] * t * np.exp(-x[1] * t)], axis=1),
    )
    ours = minimize(levenberg_marquardt_steps(model, [1.0, 0.2]), gradient_below(1e-11))
    theirs = optimize.least_squares(
        model.residual, [1.0, 0.2], model.jacobian, method="lm", xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-8)
    assert ours.value == pytest.approx(theirs.cost, rel=1e-12)


def test_the_gauss_newton_matrix_is_the_hessian_where_the_residuals_vanish():
    model, L = rosenbrock_residuals(), problems.rosenbrock()
    np.testing.assert_allclose(2 * model.hessian([1.0, 1.0]), L.hessian([1.0, 1.0]))
    np.testing.assert_allclose(2 * model.gradient([0.3, 2.0]), L.gradient([0.3, 2.0]))
    assert 2 * model.value([0.3, 2.0]) == pytest.approx(L.value([0.3, 2.0]))
    assert (
        np.linalg.eigvalsh(model.hessian([0.0, 5.0]))[0]
        >= 0
        > min(np.linalg.eigvalsh(L.hessian([0.0, 5.0])))
    )


def test_gauss_newton_walks_rosenbrocks_valley():
    run = minimize(
        levenberg_marquardt_steps(rosenbrock_residuals(), [-1.2, 1.0]), gradient_below(1e-9)
    )
    np.testing.assert_allclose(run.x, [1, 1], atol=1e-8)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: levenberg_marquardt_steps(problems.saddle(), [1, 1], damping=0.0), "multiplies"),
        (lambda: levenberg_marquardt_steps(problems.saddle(), [1, 1], damping=nan), "positive"),
        (lambda: iter([GaussNewton(lambda x: x[:, None], np.diag).value(np.ones(2))]), "vector"),
        (lambda: iter([GaussNewton(lambda x: x, lambda x: x).gradient(np.ones(2))]), "Jacobian"),
    ],
)
def test_what_cannot_be_damped_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        next(make())


def test_the_hessian_too_asks_for_a_jacobian_with_a_row_for_each_residual():
    short = GaussNewton(lambda theta: theta, lambda theta: np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        short.hessian([1.0, 2.0])
