"""BFGS and L-BFGS learn the Hessian of a quadratic in n steps, and SciPy's minimisers elsewhere."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach import problems
from sgo_teach.models.least_squares import four_points
from sgo_teach.solvers.counting import Counted, Evaluations
from sgo_teach.solvers.inverse_hessian import bfgs_update
from sgo_teach.solvers.line_search import armijo, strong_wolfe
from sgo_teach.solvers.quasi_newton import bfgs_steps, lbfgs_steps
from sgo_teach.solvers.ray import Ray
from sgo_teach.solvers.steps import gradient_below, minimize

seeds = st.integers(0, 2**32 - 1)
METHODS = [bfgs_steps, lbfgs_steps]
CLASSICS = [problems.rosenbrock(), problems.himmelblau(), problems.beale()]


def ill_scaled(kappa, n, seed=0):
    """A quadratic with curvatures from 1 to κ, turned at random."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    H = Q @ np.diag(np.geomspace(1, kappa, n)) @ Q.T
    return problems.quadratic((H + H.T) / 2, rng.normal(size=n))


def exact(problem, x, direction, alpha, value, gradient):
    """The line search that ends where a quadratic is least along p."""
    ray = Ray(problem, x, direction, value, gradient)
    alpha = -(gradient @ direction) / (direction @ problem.hessian(x) @ direction)
    return ray.end(ray.with_slope(ray.look(alpha)), "exact")


def run(steps, count):
    return list(islice(steps, count))


def xs(steps, count):
    return np.array([step.x for step in islice(steps, count)])


@given(seeds, st.integers(1, 6))
def test_the_updated_matrix_satisfies_the_secant_equation_and_stays_definite(seed, n):
    rng = np.random.default_rng(seed)
    A, s, y = rng.normal(size=(n, n)), *rng.normal(size=(2, n))
    y = y * np.sign(s @ y)
    assume(s @ y > 1e-2)
    old = A @ A.T + np.eye(n)
    new = bfgs_update(old, s, y)
    np.testing.assert_allclose(new @ y, s, atol=1e-9 * np.linalg.norm(new))
    np.testing.assert_array_equal(new, new.T)
    assert np.all(np.linalg.eigvalsh(new) > 0)


@given(seeds)
def test_the_update_is_the_product_form_of_the_book(seed):
    rng = np.random.default_rng(seed)
    A, s, y = rng.normal(size=(4, 4)), *rng.normal(size=(2, 4))
    assume(abs(s @ y) > 0.1)
    V = np.eye(4) - np.outer(y, s) / (s @ y)
    expected = V.T @ (A + A.T) @ V + np.outer(s, s) / (s @ y)
    np.testing.assert_allclose(bfgs_update(A + A.T, s, y), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("problem", CLASSICS, ids=lambda p: p.name)
def test_the_secant_equation_holds_after_every_move_of_a_run(method, problem):
    for before, after in pairwise(run(method(problem, problem.start), 15)):
        y = after.gradient - before.gradient
        np.testing.assert_allclose(after.inverse @ y, before.delta, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_with_exact_searches_a_quadratic_takes_n_conjugate_steps(method, n):
    problem = ill_scaled(100.0, n)
    steps = run(method(problem, problem.start, line_search=exact), n + 1)
    S = np.array([step.delta for step in steps[:n]])
    H = problem.hessian(problem.start)
    products = S @ H @ S.T
    lengths = np.sqrt(np.diag(products))
    np.testing.assert_allclose(products / np.outer(lengths, lengths), np.eye(n), atol=1e-6)
    np.testing.assert_allclose(steps[n].x, problem.minimisers[0], atol=1e-8)


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_after_n_exact_steps_bfgs_knows_the_inverse_hessian(n):
    problem = ill_scaled(100.0, n)
    last = run(bfgs_steps(problem, problem.start, line_search=exact), n + 1)[-1]
    inverse = np.linalg.inv(problem.hessian(problem.start))
    np.testing.assert_allclose(last.inverse_hessian, inverse, atol=1e-8)


def test_the_first_update_starts_from_the_identity_scaled_by_the_curvature_just_met():
    problem = problems.rosenbrock()
    first, second = run(bfgs_steps(problem, problem.start), 2)
    np.testing.assert_array_equal(first.inverse_hessian, np.eye(2))
    s, y = first.delta, second.gradient - first.gradient
    expected = bfgs_update((s @ y) / (y @ y) * np.eye(2), s, y)
    np.testing.assert_allclose(second.inverse_hessian, expected, rtol=1e-12)
    assert np.max(np.abs(first.search.trials[0].alpha * first.direction)) == pytest.approx(1)


@pytest.mark.parametrize("problem", CLASSICS, ids=lambda p: p.name)
@pytest.mark.parametrize("scaling", [1e-3, 0.1])
def test_lbfgs_that_forgets_nothing_is_bfgs(problem, scaling):
    dense = xs(bfgs_steps(problem, problem.start, scaling * np.eye(2)), 9)
    limited = xs(lbfgs_steps(problem, problem.start, memory=9, scaling=scaling), 9)
    np.testing.assert_allclose(limited, dense, rtol=1e-6)


@given(seeds, st.integers(1, 6))
def test_the_two_loops_do_what_the_matrix_of_the_last_pairs_does(seed, memory):
    problem = ill_scaled(30.0, 5, seed)
    steps = run(lbfgs_steps(problem, problem.start, memory), 8)
    for step in steps:
        matrix = step.inverse.gamma * np.eye(5)
        for s, y in step.inverse.pairs:
            matrix = bfgs_update(matrix, s, y)
        np.testing.assert_allclose(step.inverse_hessian, matrix, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(step.direction, -matrix @ step.gradient, rtol=1e-5, atol=1e-9)


def test_lbfgs_keeps_the_newest_pairs_only():
    steps = run(lbfgs_steps(problems.rosenbrock(), [-1.2, 1.0], memory=3), 7)
    assert [len(step.inverse.pairs) for step in steps] == [0, 1, 2, 3, 3, 3, 3]
    np.testing.assert_array_equal(steps[-1].inverse.pairs[-1][0], steps[-2].delta)
    np.testing.assert_array_equal(steps[-1].inverse.pairs[0][0], steps[-4].delta)
    s, y = steps[-2].delta, steps[-1].gradient - steps[-2].gradient
    assert steps[-1].inverse.gamma == pytest.approx((s @ y) / (y @ y))


@given(seeds)
def test_bfgs_is_affinely_invariant_if_its_first_matrix_is(seed):
    """BFGS for L(Ax) from x₀ with A⁻¹A⁻ᵀ is BFGS for L from Ax₀ with I, seen through A."""
    rng, L = np.random.default_rng(seed), problems.himmelblau()
    A, start = rng.normal(size=(2, 2)), rng.normal(size=2)
    assume(np.linalg.cond(A) < 10)
    seen = replace(L, value=lambda x: L.value(A @ x), gradient=lambda x: A.T @ L.gradient(A @ x))
    through_A = xs(bfgs_steps(seen, start, np.linalg.inv(A.T @ A)), 5) @ A.T
    np.testing.assert_allclose(
        through_A, xs(bfgs_steps(L, A @ start, np.eye(2)), 5), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("problem", CLASSICS, ids=lambda p: p.name)
@given(seeds)
@settings(max_examples=15)
def test_the_loss_falls_and_the_matrix_stays_definite_from_anywhere(method, problem, seed):
    start = np.random.default_rng(seed).uniform(-3, 3, 2)
    steps = minimize(method(problem, start), gradient_below(1e-6), 40).steps
    for before, after in pairwise(steps):
        assert after.value <= before.value * (1 + 1e-12)
        assert np.all(np.linalg.eigvalsh(after.inverse_hessian) > 0)
        assert before.gradient @ before.direction < 0


@pytest.mark.parametrize(
    ("problem", "start"),
    [
        (problems.rosenbrock(), [-1.2, 1.0]),
        (problems.himmelblau(), [4.0, 3.0]),
        (problems.beale(), [2.5, 0.3]),
        (ill_scaled(1e4, 6), np.ones(6)),
        (problems.hyperbola(), [5.0]),
        (four_points(), [5.0, -7.0]),
    ],
    ids=["rosenbrock", "himmelblau", "beale", "ill-scaled", "n = 1", "four points"],
)
@pytest.mark.parametrize(("method", "name"), [(bfgs_steps, "BFGS"), (lbfgs_steps, "L-BFGS-B")])
def test_scipy_finds_the_same_minimiser(problem, start, method, name):
    ours = minimize(method(problem, start), gradient_below(1e-9), 400)
    options = {"gtol": 1e-10} | ({"ftol": 0.0} if name == "L-BFGS-B" else {})
    theirs = optimize.minimize(
        problem.value, start, jac=problem.gradient, method=name, options=options
    )
    assert ours.reason == "gradient"
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-6)
    assert ours.value <= theirs.fun + 1e-12


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("problem", CLASSICS, ids=lambda p: p.name)
def test_the_classics_are_solved_to_the_arithmetic_in_sixty_steps(method, problem):
    result = minimize(method(problem, problem.start), gradient_below(1e-10), 60)
    distance = min(np.linalg.norm(result.x - m) for m in problem.minimisers)
    assert (result.reason, distance < 1e-11) == ("gradient", True)


@pytest.mark.parametrize("method", METHODS)
def test_on_rosenbrock_the_errors_shrink_by_ever_smaller_factors(method):
    steps = minimize(method(problems.rosenbrock(), [-1.2, 1.0]), gradient_below(1e-10)).steps
    errors = np.array([np.linalg.norm(step.x - 1) for step in steps])
    factors = errors[1:] / errors[:-1]
    assert np.all(factors[-3:] < 0.2)
    assert factors[-1] < 0.01
    # The full step is taken at last, which superlinear convergence needs.
    assert [step.alpha for step in steps[-4:-1]] == [1.0] * 3


def test_bfgs_and_the_hessian_agree_along_the_last_steps():
    """Dennis & Moré: the direction approaches Newton's."""
    problem = problems.rosenbrock()
    steps = minimize(bfgs_steps(problem, [-1.2, 1.0]), gradient_below(1e-8)).steps
    gaps = []
    for step in steps[-8:-1]:
        newton = -np.linalg.solve(problem.hessian(step.x), step.gradient)
        gaps.append(np.linalg.norm(step.direction - newton) / np.linalg.norm(newton))
    assert gaps[-1] < 0.05 < gaps[0]


@pytest.mark.parametrize("method", METHODS)
def test_no_point_is_computed_twice(method):
    problem = Counted(problems.rosenbrock())
    steps = minimize(method(problem, [-1.2, 1.0]), gradient_below(1e-8)).steps
    spent = (
        1 + sum(step.evaluations for step in steps),
        1 + sum(step.gradient_evaluations for step in steps),
    )
    assert problem.counts == Evaluations(*spent, hessian=0)
    assert spent < (60, 60)


@pytest.mark.parametrize("method", METHODS)
def test_where_the_curvature_along_the_move_is_negative_the_update_is_skipped(method):
    """Armijo alone lets it happen: x² − y² curves down along y, and −g points there."""
    saddle = problems.quadratic(np.diag([1.0, -1.0]))
    steps = run(method(saddle, [1e-3, 1.0], line_search=armijo), 4)
    assert [step.skipped for step in steps] == [False, True, True, True]
    for before, after in pairwise(steps):
        assert after.inverse is before.inverse
        assert after.value < before.value


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("problem", CLASSICS, ids=lambda p: p.name)
def test_armijo_serves_as_line_search_too(method, problem):
    steps = method(problem, problem.start, line_search=partial(armijo, c1=0.1))
    assert minimize(steps, gradient_below(1e-8), 200).reason == "gradient"


@pytest.mark.parametrize("method", METHODS)
def test_the_strong_wolfe_search_never_lets_an_update_be_skipped(method):
    for problem in CLASSICS:
        steps = minimize(method(problem, problem.start), gradient_below(1e-8)).steps
        assert not any(step.skipped for step in steps)
        for step in steps[:-1]:
            assert step.search.reason == "strong_wolfe"


@pytest.mark.parametrize("method", METHODS)
def test_at_a_critical_point_there_is_no_move(method):
    result = minimize(method(problems.rosenbrock(), [1, 1]), gradient_below(1e-8))
    assert (result.reason, result.k) == ("gradient", 0)
    for step in run(method(problems.rosenbrock(), [1, 1]), 3):
        np.testing.assert_array_equal(step.delta, 0)
        assert (step.status, step.evaluations, step.alpha) == ("", 0, 0.0)


@pytest.mark.parametrize("method", METHODS)
def test_a_start_where_nothing_is_finite_ends_the_run(method):
    broken = replace(problems.rosenbrock(), gradient=lambda x: np.nan * x)
    (only,) = method(broken, [0.0, 0.0])
    assert (only.status, only.evaluations) == ("not_finite", 0)
    np.testing.assert_array_equal(only.delta, 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("start", [0.37, 1e-60, 1e60, -1e100])
def test_neither_tiny_nor_huge_gradients_break_it(method, start):
    """On x⁴ the gradient underflows at one end and overflows at the other."""
    result = minimize(method(problems.quartic(), [start]), max_steps=300)
    assert result.reason in ("max_steps", "line_search", "not_finite")
    assert abs(result.x[0]) <= abs(start)


@pytest.mark.parametrize("method", METHODS)
def test_a_gradient_with_the_wrong_sign_ends_in_the_line_search(method):
    L = problems.rosenbrock()
    lying = replace(L, gradient=lambda x: -L.gradient(x))
    last = minimize(method(lying, [-1.2, 1.0])).steps[-1]
    assert (last.status, last.alpha) == ("line_search", 0.0)
    np.testing.assert_array_equal(last.delta, 0)


@pytest.mark.parametrize("method", METHODS)
def test_the_start_is_not_changed_and_integers_serve(method):
    start = np.array([-1, 1])
    start.flags.writeable = False
    assert minimize(method(problems.rosenbrock(), start), gradient_below(1e-8)).reason == "gradient"
    np.testing.assert_array_equal(start, [-1, 1])


@pytest.mark.parametrize("method", METHODS)
def test_a_gradient_in_one_and_the_same_buffer_serves(method):
    buffer, L = np.empty(2), problems.rosenbrock()

    def gradient(x):
        buffer[:] = L.gradient(x)
        return buffer

    ours = xs(method(replace(L, gradient=gradient), L.start), 20)
    np.testing.assert_array_equal(ours, xs(method(L, L.start), 20))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-20, 1e-8, 1e8])
def test_a_loss_times_a_number_has_the_same_minimiser(method, scale):
    L = problems.rosenbrock()
    scaled = replace(
        L, value=lambda x: scale * L.value(x), gradient=lambda x: scale * L.gradient(x)
    )
    result = minimize(method(scaled, L.start), gradient_below(1e-8 * scale), 100)
    assert result.reason == "gradient"
    np.testing.assert_allclose(result.x, 1, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_after_a_search_that_fails_the_run_starts_again_from_the_identity(method):
    calls = []

    def fails_once(problem, x, p, *rest, **known):
        calls.append(1)
        return strong_wolfe(problem, x, -p if len(calls) == 5 else p, *rest, **known)

    L = problems.rosenbrock()
    steps = minimize(method(L, L.start, line_search=fails_once), gradient_below(1e-8)).steps
    failed, after = steps[4], steps[5]
    assert (failed.status, failed.alpha, after.skipped) == ("", 0.0, True)
    np.testing.assert_array_equal(failed.x, after.x)
    np.testing.assert_array_equal(after.direction, -after.gradient)
    assert minimize(steps, gradient_below(1e-8)).reason == "gradient"


def test_the_plain_identity_needs_far_fewer_steps_on_a_spread_spectrum():
    problem = ill_scaled(1e4, 30)
    scaled = minimize(bfgs_steps(problem, problem.start), gradient_below(1e-5))
    plain = minimize(bfgs_steps(problem, problem.start, np.eye(30)), gradient_below(1e-5))
    assert scaled.reason == plain.reason == "gradient"
    assert 2 * plain.k < scaled.k


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda L: bfgs_steps(L, [np.nan, 0.0]), "finite vector"),
        (lambda L: bfgs_steps(L, [0.0, 0.0], np.eye(3)), "positive definite"),
        (lambda L: bfgs_steps(L, [0.0, 0.0], -np.eye(2)), "positive definite"),
        (lambda L: bfgs_steps(L, [0.0, 0.0], [[1.0, 1.0], [0.0, 1.0]]), "symmetric"),
        (lambda L: lbfgs_steps(L, [0.0, 0.0], memory=0), "memory"),
        (lambda L: lbfgs_steps(L, [0.0, 0.0], scaling=0.0), "scaling"),
    ],
)
def test_what_cannot_be_iterated_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make(problems.rosenbrock())
