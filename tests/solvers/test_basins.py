"""The basins are those of the steps taken one start at a time."""

from __future__ import annotations

import numpy as np
import pytest

from sgo_teach import problems
from sgo_teach.solvers.basins import newton_basins
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.steps import minimize


def grid(problem, count=7):
    axes = [np.linspace(low, high, count) for low, high in problem.window[: problem.start.size]]
    return np.stack(np.meshgrid(*axes), axis=-1)


@pytest.mark.parametrize("damping", [0.0, 2.0])
@pytest.mark.parametrize(
    "problem", [problems.himmelblau(), problems.wavy(), problems.hills()], ids=lambda p: p.name
)
def test_every_start_arrives_where_its_own_run_arrives(problem, damping):
    low, high = np.transpose(problem.window)[:, : problem.start.size]
    starts = np.random.default_rng(0).uniform(low, high, size=(20, problem.start.size))
    basins = newton_basins(problem, starts, damping, steps=150)
    for start, index in zip(starts, basins.index, strict=True):
        run = minimize(newton_steps(problem, start, damping), max_steps=150)
        gaps = [np.linalg.norm(run.x - target) for target in problem.critical_points]
        assert index == (np.argmin(gaps) if min(gaps) < 1e-2 else -1)


def test_a_quadratic_is_reached_from_everywhere_in_one_move():
    problem = problems.bowl(1000.0)
    basins = newton_basins(problem, grid(problem, 4))
    np.testing.assert_array_equal(basins.index, 0)
    np.testing.assert_array_equal(basins.iterations, 1)


def test_a_start_on_a_critical_point_is_there_without_a_move():
    problem = problems.himmelblau()
    basins = newton_basins(problem, np.array(problem.critical_points))
    np.testing.assert_array_equal(basins.index, np.arange(9))
    np.testing.assert_array_equal(basins.iterations, 0)


def test_saddles_and_maxima_attract_newton_and_enough_damping_repels_it():
    problem = problems.himmelblau()
    newton = newton_basins(problem, grid(problem, 25))
    damped = newton_basins(problem, grid(problem, 25), damping=60.0, steps=100)
    minima = range(len(problem.minimisers))
    assert set(range(9)) == set(newton.index.ravel())
    assert set(damped.index.ravel()) == set(minima)


def test_on_the_hyperbola_the_basin_is_the_unit_interval():
    x = np.linspace(-2, 2, 41)
    basins = newton_basins(problems.hyperbola(), x[:, None], steps=60)
    inside = np.abs(x) < 1 - 1e-9
    np.testing.assert_array_equal(basins.index[inside], 0)
    np.testing.assert_array_equal(basins.index[np.abs(x) > 1 + 1e-9], -1)


def test_a_singular_start_and_a_cycle_reach_nothing():
    assert newton_basins(problems.saddle(), [[1.0, np.sqrt(2 / 3)]]).index == -1
    cycle = newton_basins(problems.two_cycle(), [[0.0]], steps=30)
    assert (cycle.index, cycle.iterations) == (-1, 30)


def test_only_the_critical_points_asked_for_are_counted():
    problem = problems.himmelblau()
    basins = newton_basins(problem, [[3.1, 2.1], [-3.0, 3.0]], critical_points=[[3.0, 2.0]])
    np.testing.assert_array_equal(basins.index, [0, -1])


def test_the_starts_are_not_changed():
    starts = grid(problems.himmelblau())
    before = starts.copy()
    newton_basins(problems.himmelblau(), starts)
    np.testing.assert_array_equal(starts, before)


@pytest.mark.parametrize(
    ("problem", "starts", "options", "said"),
    [
        (problems.quadratic(np.eye(3)), np.zeros((4, 3)), {}, "n = 1 or 2"),
        (problems.himmelblau(), np.zeros(3), {}, "n = 1 or 2"),
        (problems.himmelblau(), np.zeros((4, 2)), {"damping": -1.0}, "at least 0"),
        (problems.himmelblau(), np.zeros((4, 2)), {"steps": -1}, "at least 0"),
    ],
)
def test_what_makes_no_picture_is_refused(problem, starts, options, said):
    with pytest.raises(ValueError, match=said):
        newton_basins(problem, starts, **options)
