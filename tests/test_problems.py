"""Every named problem is what its formula says, derivatives and critical points included."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from sgo_teach import problems

x, y = sp.symbols("x y", real=True)
BEALE = sum(
    (c - x + x * y**j) ** 2
    for j, c in enumerate([sp.Rational(3, 2), sp.Rational(9, 4), sp.Rational(21, 8)], start=1)
)
FORMULAS = {
    "rosenbrock": (problems.rosenbrock(), (1 - x) ** 2 + 100 * (y - x**2) ** 2),
    "steep rosenbrock": (problems.rosenbrock(7), (1 - x) ** 2 + 7 * (y - x**2) ** 2),
    "himmelblau": (problems.himmelblau(), (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2),
    "beale": (problems.beale(), BEALE),
    "saddle": (problems.saddle(), x**2 - y**2 + y**4 / 4),
    "monkey saddle": (problems.monkey_saddle(), x**3 - 3 * x * y**2),
    "hills": (problems.hills(), x * y * sp.exp(-(x**2 + y**2) / 2)),
    "wavy": (problems.wavy(3.0), x * sp.cos(3 * x)),
    "quartic": (problems.quartic(), x**4),
    "hyperbola": (problems.hyperbola(), sp.sqrt(1 + x**2)),
    "two cycle": (problems.two_cycle(), x**4 / 4 - x**2 + 2 * x),
    "quadratic": (
        problems.quadratic([[2, -1], [-1, 3]], [1, 4]),
        x**2 - x * y + sp.Rational(3, 2) * y**2 - x - 4 * y,
    ),
}
EVERY = pytest.mark.parametrize(("problem", "formula"), FORMULAS.values(), ids=FORMULAS.keys())


def some_points(problem, count=20):
    spread = np.random.default_rng(1).uniform(-2, 2, size=(count, problem.start.size))
    return np.vstack([problem.start, spread])


@EVERY
def test_value_gradient_and_hessian_are_the_formulas(problem, formula):
    names = [x, y][: problem.start.size]
    for point in some_points(problem):
        at = dict(zip(names, map(sp.Float, point), strict=True))
        gradient = [float(sp.diff(formula, a).subs(at)) for a in names]
        hessian = [[float(sp.diff(formula, a, b).subs(at)) for b in names] for a in names]
        np.testing.assert_allclose(problem.value(point), float(formula.subs(at)), atol=1e-10)
        np.testing.assert_allclose(problem.gradient(point), gradient, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(problem.hessian(point), hessian, rtol=1e-10, atol=1e-10)


@EVERY
def test_a_complex_step_differentiates_the_value_and_the_gradient(problem, formula):
    for point in some_points(problem, 5):
        probes = point + 1e-30j * np.eye(point.size)
        np.testing.assert_allclose(
            problem.gradient(point), np.imag(problem.value(probes)) / 1e-30, rtol=1e-10, atol=1e-12
        )
        np.testing.assert_allclose(
            problem.hessian(point), np.imag(problem.gradient(probes)) / 1e-30, rtol=1e-10, atol=1e-9
        )


@EVERY
def test_a_grid_is_its_points_one_by_one(problem, formula):
    n = problem.start.size
    grid = some_points(problem, 11).reshape(3, 4, n)
    assert problem.value(grid).shape == (3, 4)
    assert problem.gradient(grid).shape == (3, 4, n)
    assert problem.hessian(grid).shape == (3, 4, n, n)
    for i, j in np.ndindex(3, 4):
        for part in (problem.value, problem.gradient, problem.hessian):
            np.testing.assert_allclose(part(grid)[i, j], part(grid[i, j]), rtol=1e-13, atol=1e-13)


@EVERY
def test_the_gradient_vanishes_at_every_critical_point(problem, formula):
    for point in problem.critical_points:
        curvature = np.linalg.norm(problem.hessian(point))
        assert np.linalg.norm(problem.gradient(point)) <= 1e-15 * (1 + 10 * curvature)


@EVERY
def test_curvature_at_a_minimiser_is_never_negative_and_elsewhere_never_positive_definite(
    problem, formula
):
    minimisers = {tuple(p) for p in problem.minimisers}
    assert minimisers == {tuple(p) for p in problem.critical_points[: len(minimisers)]}
    for point in problem.critical_points:
        lowest = np.linalg.eigvalsh(problem.hessian(point))[0]
        assert (lowest >= 0) if tuple(point) in minimisers else (lowest <= 0)


@EVERY
def test_nothing_near_a_minimiser_lies_lower(problem, formula):
    around = 1e-3 * np.random.default_rng(2).normal(size=(200, problem.start.size))
    for point in problem.minimisers:
        assert np.all(problem.value(point + around) >= problem.value(point))


@EVERY
def test_the_window_holds_the_start_and_the_minimisers(problem, formula):
    for point in (problem.start, *problem.minimisers):
        for coordinate, (low, high) in zip(point, problem.window, strict=False):
            assert low <= coordinate <= high


def test_himmelblau_has_nine_different_critical_points():
    points = np.array(problems.himmelblau().critical_points)
    assert len(points) == 9
    gaps = np.linalg.norm(points[:, None] - points, axis=-1) + np.eye(9)
    assert gaps.min() > 0.5


def test_hills_has_minima_maxima_and_a_saddle():
    hills = problems.hills()
    signs = [tuple(np.sign(np.linalg.eigvalsh(hills.hessian(p)))) for p in hills.critical_points]
    assert signs == [(1, 1), (1, 1), (-1, 1), (-1, -1), (-1, -1)]


def test_the_monkey_saddle_is_flat_to_second_order():
    assert not np.any(problems.monkey_saddle().hessian([0.0, 0.0]))


@pytest.mark.parametrize("kappa", [1.0, 10.0, 1e4])
@pytest.mark.parametrize("angle", [0.0, 0.5, 2.0])
def test_a_bowl_has_the_condition_number_and_the_flat_direction_asked_for(kappa, angle):
    H = problems.bowl(kappa, angle, h_min=0.5).hessian([0.0, 0.0])
    np.testing.assert_allclose(np.linalg.eigvalsh(H), [0.5, 0.5 * kappa], rtol=1e-9)
    flat = np.array([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(H @ flat, 0.5 * flat, atol=1e-9)


def test_an_indefinite_quadratic_has_a_critical_point_but_no_minimiser():
    problem = problems.quadratic(np.diag([1.0, -2.0]), [1.0, 4.0])
    assert problem.minimisers == ()
    np.testing.assert_allclose(problem.critical_points[0], [1.0, -2.0])


def test_a_singular_quadratic_has_no_single_critical_point():
    assert problems.quadratic(np.diag([1.0, 0.0])).critical_points == ()


def test_shared_points_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        problems.rosenbrock().start[0] = 5.0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: problems.quadratic([[1, 2], [3, 4]]), "symmetric"),
        (lambda: problems.quadratic([1, 2]), "symmetric"),
        (lambda: problems.quadratic(np.eye(2), [1, 2, 3]), r"shape \(2,\)"),
        (lambda: problems.quadratic(np.eye(2), start=[1, 2, 3]), r"shape \(2,\)"),
        (lambda: problems.bowl(0.5), "condition_number >= 1"),
        (lambda: problems.bowl(2.0, h_min=0.0), "h_min > 0"),
        (lambda: problems.bowl(np.nan), "condition_number >= 1"),
        (lambda: problems.wavy(0.0), "positive"),
        (lambda: problems.rosenbrock().value([1.0, 2.0, 3.0]), r"\(\.\.\., 2\)"),
        (lambda: problems.quartic().gradient(1.0), r"\(\.\.\., 1\)"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_requirement(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: problems.rosenbrock(0.0), "steepness"),
        (lambda: problems.rosenbrock(float("nan")), "steepness"),
        (lambda: problems.quadratic([[0.0, 1e-9], [-1e-9, 0.0]]), "symmetric"),
        (lambda: problems.quadratic(np.eye(2)).value(np.ones(5)), r"\(\.\.\., 2\)"),
        (lambda: problems.quadratic(np.eye(2)).gradient(np.ones(5)), r"\(\.\.\., 2\)"),
    ],
)
def test_what_is_no_problem_or_no_point_of_it_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
