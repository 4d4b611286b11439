"""A counted objective is the objective, and counts every point it is asked about."""

from __future__ import annotations

import copy

import numpy as np

from sgo_teach.models.lasso import Lasso
from sgo_teach.problems import himmelblau, rosenbrock
from sgo_teach.solvers.basins import newton_basins
from sgo_teach.solvers.counting import Counted, Evaluations
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.nonsmooth import fista_steps
from sgo_teach.solvers.steps import minimize


def test_counting_changes_no_step():
    plain = minimize(newton_steps(rosenbrock(), [-1.2, 1.0]), max_steps=5)
    counted = minimize(newton_steps(Counted(rosenbrock()), [-1.2, 1.0]), max_steps=5)
    np.testing.assert_array_equal(plain.x, counted.x)


def test_newton_computes_each_of_the_three_once_a_step():
    problem = Counted(rosenbrock())
    minimize(newton_steps(problem, [-1.2, 1.0]), max_steps=5)
    assert problem.counts == Evaluations(6, 6, 6)


def test_a_call_with_many_points_counts_each():
    problem = Counted(rosenbrock())
    problem.value(np.zeros((3, 4, 2)))
    problem.gradient([0.0, 0.0])
    assert problem.counts == Evaluations(value=12, gradient=1, hessian=0)


def test_counts_are_kept_and_subtracted():
    problem = Counted(rosenbrock())
    problem.value([0.0, 0.0])
    before = problem.counts
    problem.value([0.0, 0.0])
    problem.hessian([0.0, 0.0])
    assert problem.counts - before == Evaluations(1, 0, 1)
    assert before == Evaluations(1, 0, 0)


def test_what_else_the_problem_has_is_passed_on():
    lasso = Counted(Lasso(np.eye(3), [1.0, 2.0, 3.0], 0.1))
    minimize(fista_steps(lasso, np.zeros(3)), max_steps=3)
    assert lasso.counts == Evaluations(value=4)
    assert newton_basins(Counted(himmelblau()), [[3.0, 2.0]]).index[0] == 0
    assert copy.deepcopy(Counted(rosenbrock())).name == "Rosenbrock"
