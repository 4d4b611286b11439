"""Taylor's theorem, and the way from sympy to numpy."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sgo_teach import symbolic
from sgo_teach.problems import rosenbrock

x, y, a = sp.symbols("x y a")
SMOOTH = [sp.exp(x), sp.sin(3 * x), sp.log(2 + x), 1 / (3 - x), sp.sqrt(1 + x**2), x**5 - x]
ROSENBROCK = (1 - x) ** 2 + 100 * (y - x**2) ** 2


@pytest.mark.parametrize("f", SMOOTH, ids=str)
@pytest.mark.parametrize("at", [0, 1, sp.Rational(-1, 2)], ids=str)
def test_the_taylor_polynomial_is_the_truncated_series(f, at):
    ours = symbolic.taylor_polynomial(f, x, at, 4)
    theirs = sp.series(f, x, at, 5).removeO()
    assert sp.simplify(ours - theirs) == 0


@pytest.mark.parametrize("f", SMOOTH, ids=str)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_the_error_of_order_p_falls_with_slope_p_plus_1(f, order):
    at, h = sp.Rational(1, 3), sp.Rational(1, 10**6)
    polynomial = symbolic.taylor_polynomial(f, x, at, order)
    far, near = (abs((f - polynomial).subs(x, at + s).evalf(60)) for s in (h, h / 2))
    assert float(sp.log(far / near, 2)) == pytest.approx(order + 1, abs=1e-3)


def test_a_polynomial_is_its_own_taylor_polynomial():
    assert sp.expand(symbolic.taylor_polynomial(x**3 - 2 * x + 2, x, a, 3)) == x**3 - 2 * x + 2


def test_a_removable_gap_is_closed_by_its_limit():
    assert symbolic.taylor_polynomial(sp.sin(x) / x, x, 0, 2) == 1 - x**2 / 6


def test_beside_a_kink_the_expansion_is_that_of_the_smooth_piece():
    assert symbolic.taylor_polynomial(sp.Abs(x), x, -2, 2) == -x
    assert symbolic.taylor_polynomial(x * sp.Abs(x), x, 0, 1) == 0


@pytest.mark.parametrize(
    ("f", "at", "order", "first_bad"),
    [
        (1 / x, 0, 2, 0),
        (sp.sqrt(x), 0, 2, 1),
        (sp.log(x), -1, 1, 0),
        (sp.sqrt(x), -1, 1, 0),
        (sp.tan(x), sp.pi / 2, 1, 0),
        (sp.sin(1 / x), 0, 1, 0),
        (x, sp.oo, 1, 0),
        (sp.Abs(x), 0, 1, 1),
        (sp.Max(0, x), 0, 1, 1),
        (x * sp.Abs(x), 0, 2, 2),
        (sp.Piecewise((x**2, x > 0), (0, True)), 0, 2, 2),
    ],
    ids=str,
)
def test_where_a_derivative_is_missing_the_expansion_is_refused_at_that_order(
    f, at, order, first_bad
):
    with pytest.raises(ValueError, match=f"derivative {first_bad} at x = .* finite and real"):
        symbolic.taylor_polynomial(f, x, at, order)
    if first_bad:
        symbolic.taylor_polynomial(f, x, at, first_bad - 1)


def test_a_negative_order_is_refused():
    with pytest.raises(ValueError, match="order"):
        symbolic.taylor_polynomial(x, x, 0, -1)


def test_coefficients_are_those_of_the_polynomial():
    f = sp.exp(x) * sp.cos(2 * x)
    coefficients = symbolic.taylor_coefficients(f, x, 4)
    points = np.array([[-1.0, 0.0], [0.3, 2.0]])
    assert coefficients(points).shape == (2, 2, 5)
    for at in points.ravel():
        p = sp.Poly(symbolic.taylor_polynomial(f, x, at, 4).subs(x, x + at), x)
        np.testing.assert_allclose(
            coefficients(at), [float(c) for c in reversed(p.all_coeffs())], rtol=1e-9, atol=1e-12
        )


def test_gradient_and_hessian_hold_the_partial_derivatives():
    f = x**2 * sp.sin(y)
    assert symbolic.gradient(f, [x, y]) == sp.Matrix([2 * x * sp.sin(y), x**2 * sp.cos(y)])
    assert symbolic.hessian(f, [x, y]) == sp.hessian(f, (x, y))


def test_the_model_has_the_value_gradient_and_hessian_of_the_function_at_its_centre():
    d = symbolic.delta_symbols([x, y])
    m = symbolic.quadratic_model(ROSENBROCK, [x, y], [2, -1], d)
    here, at = [(component, 0) for component in d], {x: 2, y: -1}
    assert m.subs(here) == ROSENBROCK.subs(at)
    for derive in (symbolic.gradient, symbolic.hessian):
        assert derive(m, d).subs(here) == derive(ROSENBROCK, [x, y]).subs(at)


def test_the_model_of_a_quadratic_is_the_quadratic():
    f = 3 * x**2 - x * y + y**2 + x - 5
    dx, dy = symbolic.delta_symbols([x, y])
    m = symbolic.quadratic_model(f, [x, y], [a, 2])
    assert sp.expand(m - f.subs({x: a + dx, y: 2 + dy}, simultaneous=True)) == 0


def test_in_one_dimension_the_newton_step_is_minus_slope_over_curvature():
    f = x * sp.cos(2 * x)
    (step,) = symbolic.newton_step(f, [x])
    assert sp.simplify(step + sp.diff(f, x) / sp.diff(f, x, 2)) == 0


def test_the_newton_step_is_minus_the_hessian_solved_with_the_gradient():
    step = symbolic.newton_step(ROSENBROCK, [x, y])
    g, H = symbolic.gradient(ROSENBROCK, [x, y]), symbolic.hessian(ROSENBROCK, [x, y])
    assert sp.simplify(H * step + g) == sp.zeros(2, 1)


@given(st.floats(-2, 2), st.floats(-2, 2))
@settings(max_examples=15, deadline=None)
def test_the_symbolic_step_is_the_numerical_one(p, q):
    problem, at = rosenbrock(), np.array([p, q])
    assume(abs(np.linalg.det(problem.hessian(at))) > 1.0)
    step = np.array(symbolic.newton_step(ROSENBROCK, [x, y], [p, q]), dtype=float).ravel()
    expected = -np.linalg.solve(problem.hessian(at), problem.gradient(at))
    np.testing.assert_allclose(step, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", [x**2 + y, x**4 + y**4, (x + y) ** 2], ids=str)
def test_a_singular_hessian_has_no_unique_newton_step(f):
    with pytest.raises(ValueError, match="singular"):
        symbolic.newton_step(f, [x, y], [0, 0])


def test_a_model_at_a_pole_or_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="finite and real"):
        symbolic.quadratic_model(sp.log(x) + y, [x, y], [0, 1])
    with pytest.raises(ValueError, match="equally many"):
        symbolic.quadratic_model(x + y, [x, y], [0])


@pytest.mark.parametrize("lead", [(), (3,), (3, 4)], ids=str)
def test_constants_take_the_shape_of_the_points(lead):
    points = np.ones((*lead, 2))
    evaluated = symbolic.to_numpy(sp.Integer(7), [x, y])(points)
    assert np.shape(evaluated) == lead
    assert np.all(evaluated == 7.0)
    assert symbolic.to_numpy(sp.Matrix([1, x]), [x, y])(points).shape == (*lead, 2)
    assert symbolic.to_numpy(sp.eye(2), [x, y])(points).shape == (*lead, 2, 2)


def test_outside_its_domain_an_expression_is_nan_without_a_warning():
    values = symbolic.to_numpy(sp.log(x), [x])([[-1.0], [0.0], [1.0]])
    np.testing.assert_array_equal(values, [np.nan, -np.inf, 0.0])


def test_pieces_are_chosen_point_by_point():
    f = symbolic.to_numpy(sp.Piecewise((x**2, x > 0), (-x, True)), [x])
    np.testing.assert_array_equal(f([[-2.0], [3.0]]), [2.0, 9.0])
    assert f([3.0]) == 9.0


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        (a * x, r"symbols \['a'\]"),
        (sp.I * x, "real"),
        (sp.zoo * x, "finite"),
        (sp.Function("f")(x), "numpy cannot evaluate"),
        (sp.DiracDelta(x), "numpy cannot evaluate"),
    ],
    ids=str,
)
def test_what_numpy_cannot_evaluate_is_refused_at_once(expr, said):
    with pytest.raises(ValueError, match=said):
        symbolic.to_numpy(expr, [x])


def test_points_with_too_many_coordinates_are_refused():
    with pytest.raises(ValueError, match=r"\(\.\.\., 1\)"):
        symbolic.to_numpy(x, [x])([1.0, 2.0])


def test_a_problem_from_its_expression_is_the_problem_written_by_hand():
    ours = symbolic.problem_from_expression(
        ROSENBROCK, [x, y], [-1.2, 1.0], name="Rosenbrock", minimisers=[(1, 1)]
    )
    by_hand = rosenbrock()
    grid = np.random.default_rng(0).uniform(-2, 2, (5, 3, 2))
    for part in ("value", "gradient", "hessian"):
        np.testing.assert_allclose(
            getattr(ours, part)(grid), getattr(by_hand, part)(grid), rtol=1e-10, atol=1e-10
        )
    np.testing.assert_array_equal(ours.minimisers, by_hand.minimisers)


def test_a_linear_expression_in_one_variable_keeps_all_its_shapes():
    problem = symbolic.problem_from_expression(3 * x + 1, [x], [0.0])
    points = np.zeros((4, 1))
    assert problem.value(points).shape == (4,)
    assert problem.gradient(points).tolist() == [[3.0]] * 4
    assert problem.hessian(points).tolist() == [[[0.0]]] * 4


def test_a_start_that_does_not_fit_the_variables_is_refused():
    with pytest.raises(ValueError, match="2 coordinates"):
        symbolic.problem_from_expression(x + y, [x, y], [0.0])
