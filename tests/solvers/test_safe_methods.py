"""What all safe second-order methods share: they never climb, leave saddles, end at order two."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from sgo_teach import problems
from sgo_teach.solvers.damping import levenberg_marquardt_steps
from sgo_teach.solvers.safe_newton import (
    damped_newton_steps,
    modified_cholesky_steps,
    saddle_free_steps,
)
from sgo_teach.solvers.steps import convergence_order, gradient_below, minimize
from sgo_teach.solvers.trust_region import SUBPROBLEMS, trust_region_steps

LINE_SEARCH = {
    "damped": damped_newton_steps,
    "saddle free": saddle_free_steps,
    "modified Cholesky": modified_cholesky_steps,
}
TRUST_REGION = {name: partial(trust_region_steps, subproblem=name) for name in SUBPROBLEMS}
METHODS = {**LINE_SEARCH, "Levenberg–Marquardt": levenberg_marquardt_steps, **TRUST_REGION}


def each(methods, *without):
    chosen = {name: method for name, method in methods.items() if name not in without}
    return pytest.mark.parametrize("method", chosen.values(), ids=chosen.keys())


def ill_scaled(seed=0, kappa=1e4, n=5):
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    H = Q @ np.diag(np.geomspace(1, kappa, n)) @ Q.T
    return problems.quadratic((H + H.T) / 2, H @ np.ones(n), start=rng.normal(size=n))


TASKS = {
    "rosenbrock": (problems.rosenbrock(), [-1.2, 1.0]),
    "himmelblau": (problems.himmelblau(), [-0.5, -1.5]),
    "beale": (problems.beale(), [1.0, 1.5]),
    "saddle": (problems.saddle(), [0.5, 0.01]),
    "hills": (problems.hills(), [0.2, -0.1]),
    "two cycle": (problems.two_cycle(), [0.0]),
    "hyperbola": (problems.hyperbola(), [4.0]),
    "ill scaled": (ill_scaled(), ill_scaled().start),
}
ALL_TASKS = pytest.mark.parametrize(("problem", "start"), TASKS.values(), ids=TASKS.keys())


@each(METHODS)
def test_the_saddle_is_left_downhill(method):
    result = minimize(method(problems.saddle(), [0.5, 0.01]), gradient_below(1e-8), 60)
    assert result.value < -0.999


@each(METHODS)
@ALL_TASKS
def test_the_loss_never_rises_and_every_delta_leads_to_the_next_point(method, problem, start):
    *before, last = islice(method(problem, start), 60)
    steps = [*before, last]
    assert all(step.status == "" for step in before)
    # A trust region ends once its trials no longer move x, which the smallest loss does to them.
    assert last.status in ("", "stalled")
    assert np.all(np.diff([step.value for step in steps]) <= 0)
    for k, (here, there) in enumerate(pairwise(steps)):
        assert here.k == k
        np.testing.assert_array_equal(here.x + here.delta, there.x)


@given(
    st.sampled_from([*METHODS.values()]),
    st.sampled_from(["rosenbrock", "himmelblau", "beale", "hills"]),
    st.tuples(st.floats(-4, 4), st.floats(-4, 4)),
)
def test_the_loss_never_rises_from_anywhere(method, name, start):
    steps = list(islice(method(TASKS[name][0], start), 12))
    assert np.all(np.diff([step.value for step in steps]) <= 0)


@each(METHODS, "cauchy")
@ALL_TASKS
def test_scipy_finds_the_same_minimiser_and_value(method, problem, start):
    ours = minimize(method(problem, start), gradient_below(1e-10), 200)
    assert np.linalg.norm(ours.gradient) <= 1e-8 * (1 + np.linalg.norm(problem.hessian(ours.x)))
    theirs = optimize.minimize(
        problem.value,
        ours.x + 1e-3,  # the same valley: which one a method ends in is its own affair
        jac=problem.gradient,
        hess=problem.hessian,
        method="trust-exact",
        options={"gtol": 1e-11},
    )
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-8)
    np.testing.assert_allclose(ours.value, theirs.fun, rtol=1e-12, atol=1e-12)
    gaps = [np.linalg.norm(ours.x - minimiser) for minimiser in problem.minimisers]
    assert min(gaps) < 1e-9


@pytest.mark.parametrize(
    ("subproblem", "scipys"),
    [("dogleg", "dogleg"), ("steihaug", "trust-ncg"), ("exact", "trust-exact")],
)
def test_scipys_method_of_the_same_name_ends_in_the_same_valley(subproblem, scipys):
    problem, start = problems.rosenbrock(), np.array([0.3, 0.0])
    ours = minimize(TRUST_REGION[subproblem](problem, start), gradient_below(1e-10), 100)
    theirs = optimize.minimize(
        problem.value,
        start,
        jac=problem.gradient,
        hess=problem.hessian,
        method=scipys,
        options={"gtol": 1e-10},
    )
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-9)


@each(METHODS, "cauchy", "steihaug", "Levenberg–Marquardt")
@pytest.mark.parametrize(
    ("problem", "start"),
    [
        (problems.rosenbrock(), [0.5, 0.5]),
        (problems.himmelblau(), [4.0, 3.0]),
        (problems.beale(), [3.2, 0.6]),
        (problems.saddle(), [0.3, 1.2]),
    ],
    ids=lambda item: getattr(item, "name", ""),
)
def test_near_a_regular_minimiser_every_step_squares_the_error(method, problem, start):
    result = minimize(method(problem, start), gradient_below(1e-12), 50)
    limit = min(problem.minimisers, key=lambda m: np.linalg.norm(m - result.x))
    errors = np.array([np.linalg.norm(step.x - limit) for step in result.steps])
    near = errors[errors < 0.02]
    assert np.all(near[1:] <= 200 * near[:-1] ** 2 + 1e-13)  # e₊ ≤ C·e² up to round-off
    if problem.name in ("Himmelblau", "saddle"):  # their steps are regular enough to measure on
        assert convergence_order(near[near > 1e-13])[-1] > 1.8


def test_levenberg_marquardt_and_steihaug_are_superlinear():
    for method in (METHODS["Levenberg–Marquardt"], METHODS["steihaug"]):
        result = minimize(method(problems.himmelblau(), [4.0, 3.0]), gradient_below(1e-9), 100)
        errors = np.array([np.linalg.norm(step.x - [3.0, 2.0]) for step in result.steps])
        ratios = errors[1:] / errors[:-1]
        assert ratios[-1] < 0.1 * ratios[1]


@each(METHODS, "cauchy", "steihaug", "Levenberg–Marquardt")
def test_a_convex_quadratic_takes_one_full_step(method):
    problem = problems.quadratic([[2.0, 0.5], [0.5, 1.0]], [0.3, 0.2], start=[0.4, -0.2])
    _, end = islice(method(problem, problem.start), 2)
    np.testing.assert_allclose(end.x, problem.minimisers[0], atol=1e-14)


@given(st.integers(0, 2**32 - 1))
def test_damped_newton_is_affinely_invariant(seed):
    L, A = problems.rosenbrock(), np.random.default_rng(seed).normal(size=(2, 2)) + 2 * np.eye(2)
    ours, theirs = twins(damped_newton_steps, L, A)
    for there, here in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(A @ here, there, rtol=1e-5, atol=1e-5)


def test_levenberg_marquardt_is_invariant_to_rotations_but_not_to_scalings():
    c, s = np.cos(0.6), np.sin(0.6)
    R, D = np.array([[c, -s], [s, c]]), np.diag([1.0, 10.0])
    ours, theirs = twins(levenberg_marquardt_steps, problems.rosenbrock(), R)
    np.testing.assert_allclose(ours @ R.T, theirs, rtol=1e-9)
    ours, theirs = twins(levenberg_marquardt_steps, problems.rosenbrock(), D)
    assert np.linalg.norm(ours[-1] @ D - theirs[-1]) > 1e-3


def twins(method, L, A):
    """Iterates for L(Ax), and those for L from the same place; H is definite where they start."""
    seen = replace(
        L,
        value=lambda x: L.value(A @ x),
        gradient=lambda x: A.T @ L.gradient(A @ x),
        hessian=lambda x: A.T @ L.hessian(A @ x) @ A,
    )
    start = np.array([-0.6, 0.3])
    runs = method(seen, np.linalg.solve(A, start)), method(L, start)
    return (np.array([step.x for step in islice(run, 3)]) for run in runs)


@each(METHODS)
def test_a_minimum_is_not_left(method):
    steps = list(islice(method(problems.himmelblau(), [3, 2]), 3))
    assert all(step.status == "" and not np.any(step.delta) for step in steps)


@each(METHODS, "exact")
def test_where_the_gradient_is_zero_on_a_saddle_there_is_no_step(method):
    steps = list(islice(method(problems.saddle(), [0, 0]), 3))
    assert all(step.status == "" and not np.any(step.delta) for step in steps)


def test_only_the_exact_subproblem_leaves_a_saddle_on_which_the_gradient_is_zero():
    first = next(TRUST_REGION["exact"](problems.saddle(), [0, 0]))
    assert (first.reason, first.accepted) == ("hard_case", True)
    result = minimize(TRUST_REGION["exact"](problems.saddle(), [0, 0]), max_steps=30)
    assert result.value == pytest.approx(-1, abs=1e-12)


@each(METHODS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
def test_a_hessian_that_is_not_finite_ends_the_run_without_a_step(method, bad):
    problem = replace(problems.rosenbrock(), hessian=lambda x: np.full((2, 2), bad))
    (only,) = method(problem, [0.0, 0.5])
    assert only.status == "not_finite"
    assert not np.any(only.delta)


@each(METHODS)
def test_a_start_at_which_the_loss_is_not_finite_ends_the_run(method):
    (only,) = method(problems.rosenbrock(), [1e200, 1.0])
    assert only.status == "not_finite"


@each(METHODS)
def test_points_where_the_loss_is_not_finite_are_never_entered(method):
    """L = x − log x, which is NaN for x ≤ 0: the full Newton step from 3 lands there."""
    L = problems.line(
        "x − log x", lambda x: x - np.log(x), lambda x: 1 - 1 / x, lambda x: 1 / x**2,
        start=3.0, window=((0.1, 4.0), (0.0, 4.0)),
    )  # fmt: skip
    steps = minimize(method(L, [3.0]), gradient_below(1e-9), 100)
    assert steps.reason == "gradient"
    np.testing.assert_allclose(steps.x, 1, atol=1e-8)


@each(METHODS)
def test_a_concave_or_flat_piece_of_the_line_is_walked_down(method):
    result = minimize(method(problems.two_cycle(), [0.0]), gradient_below(1e-9), 60)
    np.testing.assert_allclose(result.x, problems.two_cycle().minimisers[0], atol=1e-9)
    line = problems.quadratic([[0.0]], [1.0])  # L = −x has no minimum and no curvature
    values = [step.value for step in islice(method(line, [1.0]), 5)]
    assert np.all(np.diff(values) < 0)


@each(METHODS)
def test_integers_and_read_only_starts_will_do_and_are_not_changed(method):
    start = np.array([-1, 2])
    start.flags.writeable = False
    steps = list(islice(method(problems.rosenbrock(), start), 5))
    np.testing.assert_array_equal(start, [-1, 2])
    assert steps[-1].x.dtype == float


@each(METHODS)
@pytest.mark.parametrize(
    ("problem", "start", "said"),
    [
        (problems.rosenbrock(), [np.nan, 0.0], "finite vector"),
        (problems.rosenbrock(), 1.0, r"\[x\]"),
        (replace(problems.rosenbrock(), hessian=lambda x: np.ones(2)), [0.0, 0.0], "square"),
        (replace(problems.rosenbrock(), gradient=lambda x: np.ones(1)), [0.0, 0.0], "gradient"),
    ],
)
def test_what_cannot_be_iterated_is_refused(method, problem, start, said):
    with pytest.raises(ValueError, match=said):
        next(method(problem, start))
