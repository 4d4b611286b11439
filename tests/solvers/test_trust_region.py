"""Trust regions: what each solver of the subproblem guarantees, and how the loop resizes."""

from __future__ import annotations

from itertools import islice, pairwise
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgo_teach import problems
from sgo_teach.solvers.cg import cg, residual_rule
from sgo_teach.solvers.steps import gradient_below, minimize
from sgo_teach.solvers.trust_region import (
    SUBPROBLEMS,
    cauchy_point,
    dogleg,
    dogleg_path,
    exact,
    next_radius,
    steihaug,
    trust_region_steps,
)

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)
radii = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)
each = pytest.mark.parametrize("solve", SUBPROBLEMS.values(), ids=SUBPROBLEMS.keys())
solvers = st.sampled_from([*SUBPROBLEMS.values()])


def subproblem(seed, n, definite=False):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    return rng.normal(size=n), A @ A.T + 0.05 * np.eye(n) if definite else A + A.T


def change(g, H, p):
    return g @ p + 0.5 * p @ H @ p


@given(solvers, seeds, sizes, radii, st.booleans())
def test_every_step_stays_in_the_region_and_lowers_the_model_as_much_as_cauchys(
    solve, seed, n, radius, definite
):
    g, H = subproblem(seed, n, definite)
    proposal = solve(g, H, radius)
    length, lowered = np.linalg.norm(proposal.p), change(g, H, proposal.p)
    assert length <= radius * (1 + 1e-12)
    assert proposal.on_boundary == (length > radius * (1 - 1e-9))
    assert lowered <= change(g, H, cauchy_point(g, H, radius).p) + 1e-12 * abs(lowered)
    np.testing.assert_array_equal(proposal.path[0], 0)
    np.testing.assert_array_equal(proposal.path[-1], proposal.p)


@given(seeds, sizes, radii, st.booleans())
def test_the_cauchy_point_is_the_best_along_the_steepest_descent(seed, n, radius, definite):
    g, H = subproblem(seed, n, definite)
    best = change(g, H, cauchy_point(g, H, radius).p)
    for t in np.linspace(0, radius, 50):
        assert best <= change(g, H, -t * g / np.linalg.norm(g)) + 1e-12 * abs(best)


@given(seeds, sizes, radii, st.booleans())
def test_the_cauchy_decrease_has_its_classical_bound(seed, n, radius, definite):
    """m(0) − m(p) ≥ ½‖g‖ min(Δ, ‖g‖/‖H‖), Lemma 4.3."""
    g, H = subproblem(seed, n, definite)
    size = np.linalg.norm(g)
    bound = 0.5 * size * min(radius, size / np.linalg.norm(H, 2))
    assert -change(g, H, cauchy_point(g, H, radius).p) >= bound * (1 - 1e-9)


@given(seeds, st.integers(2, 6))
def test_along_the_dogleg_the_length_grows_and_the_model_falls(seed, n):
    g, H = subproblem(seed, n, definite=True)
    zero, steepest, newton = dogleg_path(g, H)
    t = np.linspace(0, 1, 30)[:, None]
    points = np.vstack([zero + t * (steepest - zero), steepest + t * (newton - steepest)])
    lengths = np.linalg.norm(points, axis=1)
    model = np.array([change(g, H, p) for p in points])
    assert np.all(np.diff(lengths) >= -1e-12 * lengths[-1])
    assert np.all(np.diff(model) <= 1e-12 * abs(model[-1]))


@given(seeds, st.integers(2, 6))
def test_the_corners_of_the_dogleg_are_the_two_unconstrained_minimisers(seed, n):
    g, H = subproblem(seed, n, definite=True)
    _, steepest, newton = dogleg_path(g, H)
    np.testing.assert_allclose(H @ newton, -g, atol=1e-8)
    assert (g + H @ steepest) @ g == pytest.approx(0, abs=1e-9 * (g @ g))


@given(seeds, st.integers(2, 6), st.floats(0.01, 0.99))
def test_the_dogleg_step_lies_on_the_dogleg(seed, n, share):
    g, H = subproblem(seed, n, definite=True)
    corners = dogleg_path(g, H)
    proposal = dogleg(g, H, share * np.linalg.norm(corners[2]))
    gaps = [distance_to_segment(proposal.p, a, b) for a, b in pairwise(corners)]
    assert min(gaps) <= 1e-12 * (1 + np.linalg.norm(corners[2]))
    assert (proposal.reason, proposal.on_boundary) == ("boundary", True)


def distance_to_segment(p, a, b):
    t = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    return np.linalg.norm(a + t * (b - a) - p)


def test_without_a_newton_step_the_dogleg_is_cauchys_and_says_so():
    g, H = np.array([1.0, -2.0]), np.diag([1.0, -1.0])
    assert dogleg_path(g, H) is None
    proposal = dogleg(g, H, 0.7)
    np.testing.assert_array_equal(proposal.p, cauchy_point(g, H, 0.7).p)
    assert proposal.reason == "negative_curvature"


@given(seeds, sizes)
def test_inside_the_region_steihaugs_steps_are_those_of_cg(seed, n):
    g, H = subproblem(seed, n, definite=True)
    proposal = steihaug(g, H, 1e9, rtol=1e-8)
    run = cg(H, -g, stop=residual_rule(1e-8), keep=range(99))
    assert proposal.reason == "inside"
    np.testing.assert_allclose(proposal.path, [iterate.x for iterate in run.iterates])


@given(seeds, sizes, radii, st.booleans())
def test_along_steihaugs_path_the_length_grows_and_the_model_falls(seed, n, radius, definite):
    g, H = subproblem(seed, n, definite)
    proposal = steihaug(g, H, radius, rtol=1e-6)
    model = np.array([change(g, H, p) for p in proposal.path])
    lengths = np.linalg.norm(proposal.path, axis=1)
    assert np.all(np.diff(model) <= 1e-12 * abs(model[-1]))
    assert np.all(np.diff(lengths) >= -1e-9 * lengths[-1])
    reasons = {"inside", "boundary"} if definite else {"inside", "boundary", "negative_curvature"}
    assert proposal.reason in reasons


def test_steihaug_gains_at_least_half_of_what_there_is_to_gain():
    """On convex models: Yuan, "On the truncated conjugate gradient method", 2000."""
    for seed in range(60):
        g, H = subproblem(seed, 5, definite=True)
        radius = 10.0 ** np.random.default_rng(seed).uniform(-2, 1)
        best = change(g, H, exact(g, H, radius).p)
        assert change(g, H, steihaug(g, H, radius, rtol=1e-10).p) <= 0.5 * best


@pytest.mark.parametrize("seed", range(20))
def test_at_negative_curvature_steihaug_takes_the_lower_end_of_the_line(seed):
    g, H = subproblem(seed, 3)
    proposal = steihaug(g, H, 8.0, rtol=1e-9)
    here, d = proposal.path[-2], proposal.path[-1] - proposal.path[-2]
    if proposal.reason != "negative_curvature":
        assert np.linalg.eigvalsh(H)[0] > 0 or proposal.on_boundary
        return
    assert d @ H @ d < 0
    ends = [here + tau * d for tau in np.roots([d @ d, 2 * here @ d, here @ here - 64.0])]
    assert change(g, H, proposal.p) == pytest.approx(min(change(g, H, end) for end in ends))


def test_steihaug_is_content_with_products():
    g, H = subproblem(0, 5)
    by_product = steihaug(g, lambda p: H @ p, 0.8)
    np.testing.assert_array_equal(by_product.p, steihaug(g, H, 0.8).p)


def test_a_product_that_overflows_leaves_the_last_iterate():
    proposal = steihaug(np.ones(2), lambda p: np.inf * p, 1.0)
    assert (proposal.reason, proposal.on_boundary) == ("not_finite", False)
    np.testing.assert_array_equal(proposal.p, 0)


def assert_optimal(g, H, radius, proposal, tolerance=1e-9):
    """Theorem 4.1: the conditions that single out the global minimiser."""
    lam, p = proposal.multiplier, proposal.p
    size = np.linalg.norm(H, 2) + lam
    np.testing.assert_allclose(
        H @ p + lam * p, -g, atol=tolerance * (np.linalg.norm(g) + size * radius)
    )
    assert lam >= 0 and np.linalg.norm(p) <= radius * (1 + 1e-12)
    assert lam * (radius - np.linalg.norm(p)) <= tolerance * (1 + lam) * radius
    assert np.linalg.eigvalsh(H)[0] + lam >= -1e-12 * size


@given(seeds, sizes, radii, st.booleans())
def test_the_exact_step_meets_the_conditions_of_optimality(seed, n, radius, definite):
    g, H = subproblem(seed, n, definite)
    assert_optimal(g, H, radius, exact(g, H, radius))


@given(seeds, st.integers(2, 5), radii, st.sampled_from([0.0, 1e-320, 1e-297, 1e-18, 1e-12, 1e-6]))
def test_in_and_near_the_hard_case_too(seed, n, radius, share):
    """g has no share, or next to none, in the lowest eigenvector."""
    rng = np.random.default_rng(seed)
    h = np.sort(rng.uniform(-3, 3, n))
    g = rng.normal(size=n)
    g[0] = share
    assert_optimal(g, np.diag(h), radius, exact(g, np.diag(h), radius))
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    H = Q @ np.diag(h) @ Q.T
    assert_optimal(Q @ g, (H + H.T) / 2, radius, exact(Q @ g, (H + H.T) / 2, radius))


@pytest.mark.parametrize("radius", [0.1, 5.0])
def test_the_hard_case_is_named_where_an_eigenvector_must_fill_up(radius):
    g, H = np.array([0.0, 1.0, 1.0]), np.diag([-1.0, 2.0, 3.0])
    proposal = exact(g, H, radius)
    expected = ("hard_case", 1.0) if radius > np.linalg.norm([1 / 3, 1 / 4]) else ("boundary", None)
    assert proposal.reason == expected[0]
    assert proposal.multiplier == (expected[1] or pytest.approx(proposal.multiplier))
    assert np.linalg.norm(proposal.p) == pytest.approx(radius)


@pytest.mark.parametrize("g", [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
@pytest.mark.parametrize("h", [[0.0, 0.0], [0.0, 2.0], [-1.0, -1.0], [-2.0, 0.0], [1.0, 1.0]])
def test_singular_multiple_and_zero_hessians_have_their_minimisers(g, h):
    assert_optimal(np.array(g), np.diag(h), 1.5, exact(g, np.diag(h), 1.5))


@given(seeds, sizes, radii)
def test_nothing_in_the_region_lies_lower_than_the_exact_step(seed, n, radius):
    g, H = subproblem(seed, n)
    best = change(g, H, exact(g, H, radius).p)
    points = np.random.default_rng(seed).normal(size=(200, n))
    points *= radius / np.linalg.norm(points, axis=1, keepdims=True)
    assert best <= min(change(g, H, p) for p in points) + 1e-12 * abs(best)


@given(solvers, seeds, st.integers(2, 5), radii)
def test_a_rotation_of_the_problem_rotates_the_step(solve, seed, n, radius):
    g, H = subproblem(seed, n, definite=True)
    Q, _ = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=(n, n)))
    turned, here = solve(Q @ g, Q @ H @ Q.T, radius).p, solve(g, H, radius).p
    np.testing.assert_allclose(turned, Q @ here, atol=1e-7 * np.linalg.norm(here))


@pytest.mark.parametrize("rho", [1.0, 0.76, 0.75, 0.5, 0.25, 0.24, 0.0, -1.0, nan])
def test_the_region_grows_shrinks_or_stays(rho):
    for on_boundary in (True, False):
        expected = 2.0 if rho > 0.75 and on_boundary else 1.0 if rho >= 0.25 else 0.25
        assert next_radius(1.0, rho, on_boundary, 10.0) == expected
    assert next_radius(6.0, 1.0, True, 10.0) == 10.0


@pytest.mark.parametrize("subproblem", SUBPROBLEMS)
def test_a_step_reports_what_its_names_say(subproblem):
    L = problems.beale()
    steps = list(islice(trust_region_steps(L, [-2.0, 3.0], 2.0, 3.0, 0.1, subproblem), 25))
    for here, there in pairwise(steps):
        p, predicted = here.trial, change(here.gradient, here.hessian, here.trial)
        assert here.model_change == pytest.approx(predicted, rel=1e-9, abs=1e-300)
        assert here.actual_change == L.value(here.x + p) - L.value(here.x)
        assert here.rho == pytest.approx(here.actual_change / predicted)
        assert here.accepted == (here.rho > 0.1)
        assert here.on_boundary == (np.linalg.norm(p) > here.radius * (1 - 1e-9))
        np.testing.assert_array_equal(here.delta, p if here.accepted else 0)
        assert there.radius == next_radius(here.radius, here.rho, here.on_boundary, 3.0)
        assert isnan(here.multiplier) == (subproblem != "exact")
    assert max(step.radius for step in steps) <= 3.0


def test_a_rejected_step_is_shown_and_not_taken():
    steps = list(islice(trust_region_steps(problems.beale(), [-2.0, 3.0], 2.0), 25))
    rejected = next(step for step in steps if not step.accepted)
    after = steps[rejected.k + 1]
    assert rejected.rho <= 0.15 and np.any(rejected.trial) and not np.any(rejected.delta)
    np.testing.assert_array_equal(after.x, rejected.x)
    assert after.radius == rejected.radius / 4


def test_a_solver_of_your_own_is_welcome():
    steps = trust_region_steps(problems.rosenbrock(), [-1.2, 1.0], subproblem=cauchy_point)
    named = trust_region_steps(problems.rosenbrock(), [-1.2, 1.0], subproblem="cauchy")
    for ours, theirs in islice(zip(steps, named, strict=True), 5):
        np.testing.assert_array_equal(ours.x, theirs.x)


@each
def test_inputs_are_not_changed(solve):
    g, H = np.array([1, -2]), np.array([[2, 1], [1, -1]])
    g.flags.writeable = H.flags.writeable = False
    assert np.all(np.isfinite(solve(g, H, 1).p))
    np.testing.assert_array_equal(g, [1, -2])


@each
@pytest.mark.parametrize(
    ("g", "radius", "said"),
    [
        ([1.0, 1.0], 0.0, "radius"),
        ([1.0, 1.0], np.inf, "radius"),
        ([1.0, np.nan], 1.0, "gradient"),
        ([[1.0, 1.0]], 1.0, "gradient"),
    ],
)
def test_what_is_no_subproblem_is_refused(solve, g, radius, said):
    with pytest.raises(ValueError, match=said):
        solve(g, np.eye(2), radius)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"radius": 0.0}, "radius"),
        ({"radius": 2.0, "max_radius": 1.0}, "max_radius"),
        ({"radius": np.inf, "max_radius": np.inf}, "finite"),
        ({"eta": 0.25}, "eta"),
        ({"eta": -0.1}, "eta"),
        ({"subproblem": "newton"}, "cauchy, dogleg, steihaug, exact"),
    ],
)
def test_what_makes_no_loop_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        next(trust_region_steps(problems.rosenbrock(), [0, 0], **options))


def cliff(edge=0.0):
    """L = −x up to the edge and NaN beyond it."""
    return problems.line(
        "cliff", lambda x: np.where(x <= edge, -x, np.nan), lambda x: 0 * x - 1, lambda x: 0 * x,
        start=edge, window=((-1.0, 1.0), (-1.0, 1.0)),
    )  # fmt: skip


@pytest.mark.parametrize("subproblem", SUBPROBLEMS)
@pytest.mark.parametrize("edge", [0.0, 3.0])
def test_where_every_trial_is_refused_the_run_ends_as_stalled(subproblem, edge):
    result = minimize(trust_region_steps(cliff(edge), [edge], subproblem=subproblem))
    last = result.steps[-1]
    assert (result.reason, last.accepted, result.x[0]) == ("stalled", False, edge)
    np.testing.assert_array_equal(last.delta, 0)


def test_a_huge_coordinate_does_not_stall_the_small_ones():
    L = problems.quadratic(np.diag([1e-20, 1.0]), [1.0, 0.0])
    result = minimize(trust_region_steps(L, [1e20, 300.0], 1000.0), gradient_below(1e-6), 50)
    assert result.reason == "gradient"


@pytest.mark.parametrize("radius", [1e-170, 1e-150, 1e-3, 1e150])
@pytest.mark.parametrize("solve", SUBPROBLEMS.values(), ids=SUBPROBLEMS.keys())
def test_no_radius_is_too_small_or_large_for_the_boundary(solve, radius):
    p = solve([3.0, 4.0], np.eye(2) * min(1.0, 1e-3 / radius), radius).p
    np.testing.assert_allclose(p / radius, [-0.6, -0.8], rtol=1e-9)


@pytest.mark.parametrize("H", [np.eye(3), np.ones(2), np.full((2, 2), np.nan)])
@pytest.mark.parametrize("solve", [*SUBPROBLEMS.values(), lambda g, H, r: dogleg_path(g, H)])
def test_a_matrix_that_does_not_fit_is_refused(solve, H):
    with pytest.raises(ValueError, match=r"finite matrix \(2, 2\)"):
        solve([1.0, 2.0], H, 1.0)
