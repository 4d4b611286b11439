"""The log barrier: the gap bounds the error, the multipliers are dual feasible, SciPy agrees."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach.problems import Problem, quadratic
from sgo_teach.solvers.constrained import Centring, barrier_steps, gap_below, phase_one
from sgo_teach.solvers.steps import minimize

seeds = st.integers(0, 2**32 - 1)


def linear(c):
    c = np.asarray(c, dtype=float)
    zero = np.zeros((c.size, c.size))
    return Problem("linear", lambda x: c @ x, lambda x: c, lambda x: zero, np.zeros(c.size))


def random_program(seed, n=3, m=8):
    """A convex quadratic on a polytope around the origin."""
    rng = np.random.default_rng(seed)
    M, G = rng.normal(size=(n, n)), rng.normal(size=(m, n))
    G /= np.linalg.norm(G, axis=1, keepdims=True)
    rows = np.vstack([G, np.eye(n), -np.eye(n)])
    sides = np.concatenate([rng.uniform(0.2, 1.0, m), np.full(2 * n, 2.0)])
    return quadratic(M @ M.T + 0.1 * np.eye(n), 3 * rng.normal(size=n)), rows, sides, rng


def scipy_minimiser(problem, G, h, A=None, b=None):
    constraints = [{"type": "ineq", "fun": lambda x: h - G @ x, "jac": lambda x: -G}]
    if A is not None:
        constraints += [{"type": "eq", "fun": lambda x: A @ x - b, "jac": lambda x: A}]
    start = np.zeros(G.shape[1]) if A is None else np.linalg.lstsq(A, b, rcond=None)[0]
    found = optimize.minimize(
        problem.value, start, jac=problem.gradient, method="SLSQP", constraints=constraints,
        options={"ftol": 1e-12, "maxiter": 500},
    )  # fmt: skip
    assert found.success
    return found.x


@pytest.mark.parametrize("seed", range(10))
def test_scipy_finds_the_same_minimiser_and_the_gap_bounds_the_error_all_along(seed):
    problem, G, h, _ = random_program(seed)
    run = minimize(barrier_steps(problem, G, h, np.zeros(3)), gap_below(1e-8))
    assert run.reason == "gap"
    best = scipy_minimiser(problem, G, h)
    np.testing.assert_allclose(run.x, best, atol=1e-6)
    least = min(problem.value(best), run.value)
    for step in run.steps:
        assert np.all(G @ step.x < h)
        assert step.value - least <= step.gap * (1 + 1e-4)


@given(seeds)
@settings(max_examples=10)
def test_the_multipliers_are_dual_feasible_and_their_gap_is_m_over_t(seed):
    problem, G, h, _ = random_program(seed)
    for step in islice(barrier_steps(problem, G, h, np.zeros(3)), 6):
        assert np.all(step.dual > 0)
        stationary = step.gradient + G.T @ step.dual
        np.testing.assert_allclose(stationary, 0, atol=1e-4 * np.linalg.norm(step.dual) + 1e-7)
        assert step.dual @ (h - G @ step.x) == pytest.approx(step.gap, rel=1e-4)
        assert step.gap == len(h) / step.t


@pytest.mark.parametrize("seed", range(10))
def test_with_equalities_the_centres_satisfy_them_and_all_multipliers_fit(seed):
    problem, G, h, rng = random_program(seed)
    A = rng.normal(size=(1, 3))
    run = minimize(barrier_steps(problem, G, h, np.zeros(3), A=A, b=[0.0]), gap_below(1e-8))
    np.testing.assert_allclose(run.x, scipy_minimiser(problem, G, h, A, np.zeros(1)), atol=1e-6)
    for step in run.steps:
        np.testing.assert_allclose(A @ step.x, 0, atol=1e-12)
        stationary = step.gradient + G.T @ step.dual + A.T @ step.nu
        np.testing.assert_allclose(stationary, 0, atol=1e-4 * np.linalg.norm(step.dual) + 1e-7)


def test_on_a_half_line_the_path_and_its_gap_are_known():
    """Minimise x on x ≥ 0: x*(t) = 1/t, and the bound m/t is met exactly."""
    for step in islice(barrier_steps(linear([1.0]), [[-1.0]], [0.0], [1.0], t=0.5, mu=4.0), 8):
        assert step.t == 0.5 * 4.0**step.k
        np.testing.assert_allclose(step.x, 1 / step.t, rtol=1e-4)
        assert step.value == pytest.approx(step.gap, rel=1e-4)


def test_a_linear_program_has_scipys_vertex():
    rng = np.random.default_rng(0)
    G, c = np.vstack([rng.normal(size=(10, 4)), np.eye(4), -np.eye(4)]), rng.normal(size=4)
    run = minimize(barrier_steps(linear(c), G, np.ones(18), np.zeros(4)), gap_below(1e-9))
    theirs = optimize.linprog(c, G, np.ones(18), bounds=(None, None))
    np.testing.assert_allclose(run.x, theirs.x, atol=1e-7)
    np.testing.assert_allclose(run.steps[-1].dual, -theirs.ineqlin.marginals, atol=1e-4)


def test_where_no_inequality_is_active_the_path_ends_at_the_free_minimiser():
    problem = quadratic(np.eye(2), [0.1, -0.2])
    G, h = np.vstack([np.eye(2), -np.eye(2)]), np.ones(4)
    run = minimize(barrier_steps(problem, G, h, [0.9, 0.9]), gap_below(1e-10))
    np.testing.assert_allclose(run.x, [0.1, -0.2], atol=1e-9)


def test_each_step_leads_to_the_next_centre_and_shows_its_newton_path():
    problem, G, h, _ = random_program(0)
    steps = list(islice(barrier_steps(problem, G, h, np.zeros(3), mu=5.0), 5))
    np.testing.assert_array_equal(steps[0].path[0], np.zeros(3))
    for before, after in pairwise(steps):
        np.testing.assert_allclose(before.x + before.delta, after.x, atol=1e-14)
        np.testing.assert_array_equal(after.path[0], before.x)
        np.testing.assert_array_equal(after.path[-1], after.x)
        assert after.t == 5 * before.t


@given(seeds, st.floats(0.1, 100.0))
def test_derivatives_of_a_centring_are_those_of_its_value(seed, t):
    problem, G, h, rng = random_program(seed)
    centring, x, e = Centring(problem, G, h, t), 0.05 * rng.normal(size=3), 1e-5 * np.eye(3)
    slope = [(centring.value(x + d) - centring.value(x - d)) / 2e-5 for d in e]
    np.testing.assert_allclose(centring.gradient(x), slope, atol=1e-5 * (1 + t))
    curvature = [(centring.gradient(x + d) - centring.gradient(x - d)) / 2e-5 for d in e]
    np.testing.assert_allclose(centring.hessian(x), curvature, atol=1e-4 * (1 + t))


def test_round_off_ends_the_run_with_a_status_and_without_a_move():
    problem = quadratic(np.eye(2), [1.0, 2.0])
    run = minimize(barrier_steps(problem, np.eye(2), [0.4, 0.3], [0, 0]), max_steps=100)
    assert run.reason in {"stalled", "not_finite", "singular"}
    assert not np.any(run.steps[-1].delta)
    assert run.steps[-1].gap < 1e-9
    np.testing.assert_allclose(run.x, [0.4, 0.3], atol=1e-9)


@given(seeds)
@settings(max_examples=10)
def test_phase_one_finds_a_strictly_feasible_point_wherever_there_is_one(seed):
    rng = np.random.default_rng(seed)
    G, inside, A = rng.normal(size=(8, 3)), 10 * rng.normal(size=3), rng.normal(size=(1, 3))
    h, b = G @ inside + rng.uniform(0.01, 1.0, 8), A @ inside
    assert np.all(G @ phase_one(G, h) < h)
    x = phase_one(G, h, A=A, b=b)
    assert np.all(G @ x < h)
    np.testing.assert_allclose(A @ x, b, atol=1e-10)
    next(barrier_steps(quadratic(np.eye(3)), G, h, x, A=A, b=b))


def test_phase_one_searches_around_the_plane_and_not_around_the_origin():
    x = phase_one([[1.0, -1.0]], [-0.5], A=[[1.0, 1.0]], b=[2e6], bound=1.0)
    assert x[0] - x[1] < -0.5
    np.testing.assert_allclose(x, 1e6, atol=1.0)


@pytest.mark.parametrize(
    ("G", "h", "options", "said"),
    [
        ([[1.0], [-1.0]], [-1.0, -1.0], {}, "violated by at least 0.99"),
        ([[1.0], [-1.0]], [0.0, 0.0], {}, "no x with Gx < h"),
        ([[1.0]], [-10.0], {"bound": 1.0}, "widen the bound"),
        ([[1.0, 0.0]], [0.0], {"A": [[1.0, 0.0]], "b": [1.0]}, "violated by at least 0.99"),
        ([[1.0, 0.0]], [0.0], {"A": [[1.0, 0.0]]}, "together"),
        ([[1.0, 0.0]], [0.0], {"A": [[1.0, 0.0]] * 2, "b": [1.0, 2.0]}, "full row rank"),
        ([1.0, 0.0], [0.0], {}, r"\(p, 2\)"),
        (1.0, [0.0], {}, "matrix"),
    ],
)
def test_phase_one_says_what_is_missing(G, h, options, said):
    with pytest.raises(ValueError, match=said):
        phase_one(G, h, **options)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([[1.0]], [0.0], [1.0]), {}, r"row 0 Gx − h = 1; phase_one"),
        (([[1.0]], [0.0], [0.0]), {}, "strictly"),
        (([[1.0]], [0.0], [-1.0]), {"A": [[1.0]], "b": [-2.0]}, "misses it by 1"),
        (([[1.0]], [0.0], [-1.0]), {"b": [-2.0]}, "together"),
        (([[1.0]], [0.0], [-1.0]), {"t": 0.0}, "t must be positive"),
        (([[1.0]], [0.0], [-1.0]), {"mu": 1.0}, "mu above 1"),
        (([[1.0, 2.0]], [0.0], [-1.0]), {}, r"\(p, 1\)"),
        (([[1.0]], [np.inf], [-1.0]), {}, "infinity"),
    ],
)
def test_what_cannot_be_centred_is_refused_at_once(arguments, options, said):
    with pytest.raises(ValueError, match=said):
        barrier_steps(quadratic(np.eye(1)), *arguments, **options)


def test_a_problem_without_a_centre_says_so():
    with pytest.raises(ValueError, match="bounded below"):
        next(barrier_steps(linear([1.0]), [[1.0]], [0.0], [-1.0]))


@pytest.mark.parametrize("seed", range(6))
def test_the_multipliers_are_dual_feasible_down_to_the_smallest_gap(seed):
    """The dual value at (λ, ν) is m/t below f, as exactly as f itself can be computed."""
    rng, n = np.random.default_rng(seed), 6
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    H, b = (Q * np.geomspace(1, 100, n)) @ Q.T, rng.normal(size=n)
    A, G = rng.normal(size=(2, n)), rng.normal(size=(8, n))
    start = rng.normal(size=n)
    c, h = A @ start, G @ start + rng.uniform(0.1, 1, 8)
    run = minimize(
        barrier_steps(quadratic((H + H.T) / 2, b), G, h, start, A=A, b=c), gap_below(1e-8)
    )
    assert run.reason == "gap"
    for step in run.steps:
        q = b - G.T @ step.dual - A.T @ step.nu  # the Lagrangian is least at H⁻¹q
        dual_value = -0.5 * q @ np.linalg.solve(H, q) - h @ step.dual - c @ step.nu
        assert np.all(step.dual > 0)
        assert step.value - dual_value == pytest.approx(step.gap, rel=0.05, abs=1e-12)


@pytest.mark.parametrize(("seed", "draws"), [(2, 34), (3, 31)])
def test_the_round_off_of_a_steep_objective_does_not_stall_the_centring(seed, draws):
    """Two of the few programs that meet it: t·f is known to 10⁻⁸ only, and λ²/2 is 10⁻⁸."""
    rng, n = np.random.default_rng(seed), 6
    for _ in range(draws):
        Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
        b, A = rng.normal(size=n), rng.normal(size=(2, n))
        c = A @ rng.normal(size=n)
        start, G = np.linalg.lstsq(A, c, rcond=None)[0], rng.normal(size=(8, n))
        h = G @ start + rng.uniform(0.1, 1, 8)
    H = (Q * np.geomspace(1, 100, n)) @ Q.T
    problem = quadratic((H + H.T) / 2, b)
    run = minimize(barrier_steps(problem, G, h, start, A=A, b=c), gap_below(1e-9))
    assert run.reason == "gap"


def test_without_inequalities_any_point_is_strictly_feasible():
    assert phase_one(np.zeros((0, 2)), []).shape == (2,)
