"""The subgradient method: its classical bounds, its step rules, and what it does at a corner."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgo_teach.models.lasso import Lasso
from sgo_teach.problems import Problem, rosenbrock
from sgo_teach.solvers.nonsmooth import (
    fista_steps,
    one_over,
    one_over_root,
    polyak_steps,
    subgradient_steps,
)
from sgo_teach.solvers.steps import gradient_below, minimize

seeds = st.integers(0, 2**32 - 1)
schedules = pytest.mark.parametrize(
    "schedule", [lambda k: 0.1, one_over(1.0), one_over_root(0.5)], ids=["fixed", "1/k", "1/√k"]
)


def corner(weights):
    """Σ w_i |x_i|, which is 0 at 0 and has a corner there."""
    w = np.asarray(weights, dtype=float)
    return Problem(
        "corner", lambda x: w @ np.abs(x), lambda x: w * np.sign(x), None, np.ones(w.size)
    )


@schedules
@given(seed=seeds)
@settings(max_examples=10)
def test_the_best_value_obeys_the_classical_bound_at_every_step(schedule, seed):
    start, L = np.random.default_rng(seed).normal(size=3), corner([1.0, 2.0, 3.0])
    alphas, lengths = [], []
    for step in islice(subgradient_steps(L, start, schedule), 200):
        alphas.append(schedule(step.k))
        lengths.append(np.linalg.norm(step.gradient))
        bound = np.sum(start**2) + np.sum(np.square(alphas)) * max(lengths) ** 2
        assert step.best_value <= bound / (2 * sum(alphas)) + 1e-12
        assert step.step_size in (alphas[-1], 0)


@given(seeds)
@settings(max_examples=10)
def test_polyaks_steps_come_ever_nearer_and_obey_their_bound(seed):
    rng = np.random.default_rng(seed)
    problem = Lasso(rng.normal(size=(10, 4)), rng.normal(size=10), 0.1)
    best = minimize(fista_steps(problem, np.zeros(4)), gradient_below(1e-14), 20_000)
    steps = list(islice(polyak_steps(problem, 2 * rng.normal(size=4), best.value), 60))
    distances = [np.linalg.norm(step.x - best.x) for step in steps]
    assert np.all(np.diff(distances) <= 1e-7)
    steepest = 0.0
    for step in steps:
        steepest = max(steepest, float(np.linalg.norm(step.gradient)))
        excess = step.best_value - best.value
        assert excess <= steepest * distances[0] / np.sqrt(step.k + 1) + 1e-12


def test_polyaks_step_on_the_absolute_value_ends_at_once():
    first, second = islice(polyak_steps(corner([2.0]), [3.0], 0.0), 2)
    assert (first.step_size, second.x[0], second.value) == (1.5, 0.0, 0.0)


def test_a_fixed_step_jumps_over_the_corner_for_ever_while_a_shrinking_one_ends_there():
    fixed = [step.x[0] for step in islice(subgradient_steps(corner([1.0]), [0.05], 0.1), 6)]
    np.testing.assert_allclose(fixed, [0.05, -0.05] * 3)
    steps = subgradient_steps(corner([1.0]), [5.0], one_over_root(1.0))
    result = minimize(steps, max_steps=5000)
    assert result.steps[-1].best_value < 0.01


def test_the_value_may_rise_but_the_best_never_does():
    steps = list(islice(subgradient_steps(corner([1.0, 10.0]), [1.0, 0.03], 0.01), 200))
    assert any(after.value > before.value for before, after in pairwise(steps))
    assert all(after.best_value <= before.best_value for before, after in pairwise(steps))
    last = steps[-1]
    assert last.best_value == min(step.value for step in steps)
    assert corner([1.0, 10.0]).value(last.best_x) == last.best_value


def test_schedules_are_what_they_say():
    assert [one_over(2.0)(k) for k in (0, 1, 3)] == [2.0, 1.0, 0.5]
    assert [one_over_root(2.0)(k) for k in (0, 3, 15)] == [2.0, 1.0, 0.5]


@pytest.mark.parametrize("make", [lambda L: subgradient_steps(L, [0.0], 0.1),
                                  lambda L: polyak_steps(L, [0.0], 0.0)])  # fmt: skip
def test_at_a_zero_subgradient_it_stays(make):
    for step in islice(make(corner([1.0])), 3):
        assert (step.x[0], step.delta[0], step.step_size, step.status) == (0, 0, 0, "")


@pytest.mark.parametrize("slope", [1e-200, 1e200])
def test_a_subgradient_whose_square_leaves_the_floats_still_has_polyaks_length(slope):
    step = next(polyak_steps(corner([slope]), [1.0], 0.0))
    np.testing.assert_allclose(step.delta, [-1.0])  # on |x| it is the way to the minimiser


def test_what_is_not_finite_ends_the_run():
    nan = replace(rosenbrock(), gradient=lambda x: np.full(2, np.nan))
    run = minimize(subgradient_steps(nan, [0, 0], 0.1))
    assert (run.reason, run.steps[-1].best_value) == ("not_finite", 1.0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda L: subgradient_steps(L, [np.nan], 0.1), "finite vector"),
        (lambda L: next(subgradient_steps(L, [1.0], -0.1)), "step_size"),
        (lambda L: next(subgradient_steps(L, [1.0], lambda k: np.inf)), "step_size"),
        (lambda L: polyak_steps(L, [1.0], np.inf), "lowest"),
        (lambda L: next(polyak_steps(L, [1.0], 2.0)), "not the least value"),
    ],
)
def test_what_cannot_be_iterated_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make(corner([1.0]))
