"""What lesson 01 shows is true: polynomials, their error, the quadratic model and its step."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sgo_teach import problems
from sgo_teach.lessons.taylor_expansion import explore
from tests.lessons.hands import anywhere, ends, extremes, picture, put
from tests.lessons.prose_numbers import Lesson, each

each_function = pytest.mark.parametrize("name", explore.FUNCTIONS)
smooth = pytest.mark.parametrize("name", list(explore.FUNCTIONS)[:4])
each_surface = pytest.mark.parametrize("name", explore.SURFACES)
points = st.floats(-3, 3)
names = st.sampled_from(list(explore.FUNCTIONS))
surfaces = st.sampled_from(list(explore.SURFACES))
inside = st.tuples(st.floats(0, 1), st.floats(0, 1))


def place(fractions):
    """Return the point that lies so far along both sides of the picture."""
    low, high = np.array(explore.WINDOW).T
    return low + np.array(fractions) * (high - low)


# -- Taylor polynomials -------------------------------------------------------------------------
@each_function
@pytest.mark.parametrize("order", range(5))
def test_the_polynomial_is_the_series_of_sympy_cut_off(name, order):
    x, a, f = explore.X, sp.Rational(1, 2), explore.FUNCTIONS[name]
    series = f.subs(x, a + x).series(x, 0, order + 1).removeO()
    at = np.linspace(-2, 2, 9)
    wanted = [float(series.subs(x, sp.Rational(str(v)) - a)) for v in at]
    np.testing.assert_allclose(explore.taylor(name, 0.5, order, at), wanted, rtol=1e-9, atol=1e-12)


@each_function
@pytest.mark.parametrize("a", [-3.0, 0.0, 1.7])
def test_each_derivative_is_the_slope_of_the_one_before(name, a):
    c, h = explore.coefficients(name), 1e-5
    slopes = (c(a + h) - c(a - h)) / (2 * h)
    for k in range(5):  # cₖ = f⁽ᵏ⁾/k!, so its slope is (k + 1) cₖ₊₁
        assert (k + 1) * c(a)[k + 1] == pytest.approx(slopes[k], rel=1e-6, abs=1e-6)


@given(a=points)
def test_a_polynomial_is_its_own_expansion_from_its_degree_on(a):
    frame = explore.compute_taylor("x⁴ / 4 − x²", a, 4, 0.1)
    assert frame.error.max() < 1e-9
    assert frame.trusted == (explore.SPAN[0], explore.SPAN[-1])


@settings(max_examples=60)
@given(name=names, a=points, order=st.integers(0, explore.MAX_ORDER), tolerance=st.floats(1e-3, 1))
def test_the_trusted_interval_is_the_widest_without_an_error_above_the_tolerance(
    name, a, order, tolerance
):
    frame, x = explore.compute_taylor(name, a, order, tolerance), explore.SPAN
    low, high = frame.trusted
    left, right = frame.error[x < low - 1e-9], frame.error[x > high + 1e-9]
    assert low <= a <= high
    assert np.all(frame.error[(x >= low - 1e-9) & (x <= high + 1e-9)] <= tolerance)
    assert all(error > tolerance for error in (*left[-1:], *right[:1]))


@settings(max_examples=40)
@given(name=names, a=points, order=st.integers(0, explore.MAX_ORDER), tolerance=st.floats(1e-3, 1))
def test_who_tolerates_more_trusts_at_least_as_far(name, a, order, tolerance):
    strict, lax = (explore.compute_taylor(name, a, order, t) for t in (tolerance, 2 * tolerance))
    assert lax.trusted[0] <= strict.trusted[0]
    assert strict.trusted[1] <= lax.trusted[1]


@pytest.mark.parametrize("order", range(explore.MAX_ORDER + 1))
def test_no_order_carries_the_expansion_of_the_lorentzian_to_its_radius(order):
    low, high = explore.compute_taylor("1 / (1 + x²)", 0.0, order, 0.1).trusted
    assert -1 < low < 0 < high < 1


# -- the order of the error ---------------------------------------------------------------------
@smooth
@pytest.mark.parametrize("order", range(5))
def test_the_error_of_order_n_falls_with_slope_n_plus_1(name, order):
    frame = explore.compute_error(name, explore.ErrorOrder.POINT_A, order)
    assert frame.slope == pytest.approx(order + 1, abs=0.15)


@smooth
@pytest.mark.parametrize("order", range(5))
def test_the_fitted_line_is_straight_and_follows_the_error_above_the_rounding(name, order):
    frame = explore.compute_error(name, explore.ErrorOrder.POINT_A, order)
    bends = np.diff(np.log(frame.fitted), 2)
    np.testing.assert_allclose(bends, 0, atol=1e-9)
    use = (frame.error > frame.floor) & (explore.STEPS <= 0.1)
    assert np.abs(np.log(frame.fitted[use] / frame.error[use])).max() < 0.5


# -- the loss in the picture --------------------------------------------------------------------
def off_levels(heights, levels):
    """Return how far each height (m,) is from the nearest level."""
    return np.abs(np.asarray(heights)[:, None] - levels).min(axis=1)


def on_lines(lines):
    """Return the points of level lines without the gaps between pieces."""
    return lines[np.isfinite(lines).all(axis=1)]


@each_surface
def test_the_grey_lines_lie_on_levels_of_the_loss(name):
    shown = explore.surface(name)
    on = on_lines(shown.lines)
    curvature = np.abs(np.linalg.eigvalsh(shown.problem.hessian(on))).max(axis=-1)
    # Along an edge of the grid a straight line errs by L″s²/8; 1.5 for L″ changing on the way.
    bound = 1.5 * curvature * (5 / 100) ** 2 / 8 + 1e-3
    assert len(on) > 500
    assert np.all(off_levels(shown.problem.value(on), shown.levels) <= bound)


@each_surface
def test_flat_points_are_named_by_the_signs_of_their_curvatures(name):
    shown = explore.surface(name)
    for point, kind in zip(shown.flat, shown.kinds, strict=True):
        h = np.linalg.eigvalsh(shown.problem.hessian(point))
        np.testing.assert_allclose(shown.problem.gradient(point), 0, atol=1e-6)
        assert kind == {2: "max", 1: "saddle", 0: "min"}[int((h < 0).sum())]


# -- the quadratic model ------------------------------------------------------------------------
LEVELS = np.linspace(0.5, 3, 6)


def model(problem, at, points):
    """Evaluate m at points (..., 2)."""
    delta = points - at
    curved = np.einsum("...i,ij,...j->...", delta, problem.hessian(at), delta)
    return problem.value(at) + delta @ problem.gradient(at) + 0.5 * curved


@settings(max_examples=40, deadline=None)
@given(name=surfaces, fractions=inside)
def test_model_lines_lie_on_levels_of_the_model(name, fractions):
    problem, at = explore.SURFACES[name], place(fractions)
    H = problem.hessian(at)
    lines = explore.model_lines(float(problem.value(at)), problem.gradient(at), H, at, LEVELS)
    on = on_lines(lines)
    bound = np.abs(np.diag(H)).max() * (5 / 60) ** 2 / 8  # m″s²/8 along an edge of the grid
    assert off_levels(model(problem, at, on), LEVELS).max(initial=0) <= 1.001 * bound + 1e-9


def test_levels_that_the_model_never_takes_give_no_line():
    lines = explore.model_lines(0.0, np.zeros(2), np.eye(2), np.zeros(2), [-1.0])
    assert not len(on_lines(lines))


@settings(max_examples=60, deadline=None)
@given(name=surfaces, fractions=inside)
def test_along_the_newton_step_the_model_is_one_parabola_whatever_the_loss(name, fractions):
    problem, at = explore.SURFACES[name], place(fractions)
    frame = explore.compute_model(problem, at, LEVELS)
    assume(frame.delta is not None and np.isfinite(frame.model_change).all())
    t, sign = frame.t, np.sign(frame.slope)
    along = model(problem, at, at + t[:, None] * frame.delta) - problem.value(at)
    np.testing.assert_allclose(frame.model_change, sign * (2 * t - t**2), atol=1e-12)
    promise = 0.5 * abs(frame.slope)
    np.testing.assert_allclose(along, promise * frame.model_change, rtol=1e-6, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(name=surfaces, fractions=inside)
def test_the_newton_step_leads_to_where_the_model_is_flat(name, fractions):
    problem, at = explore.SURFACES[name], place(fractions)
    g, H = problem.gradient(at), problem.hessian(at)
    delta = explore.newton_delta(g, H)
    if delta is None:
        return
    scale = np.abs(g).max() + np.abs(H).max() * np.abs(delta).max()
    np.testing.assert_allclose(g + H @ delta, 0, atol=1e-9 * scale)


def test_where_the_hessian_is_singular_there_is_no_newton_step():
    assert explore.newton_delta(np.ones(2), np.array([[1.0, 1.0], [1.0, 1.0]])) is None
    assert explore.newton_delta(np.ones(2), np.zeros((2, 2))) is None


@pytest.mark.parametrize("fractions", [(0.1, 0.2), (0.9, 0.4), (0.5, 0.99)])
def test_on_a_quadratic_the_loss_keeps_every_promise(fractions):
    bowl = problems.bowl(condition_number=20.0)
    frame = explore.compute_model(bowl, place(fractions), LEVELS)
    np.testing.assert_allclose(frame.true_change, frame.model_change, atol=1e-9)
    assert frame.change == pytest.approx(0.5 * frame.slope)


@each_surface
@pytest.mark.parametrize("fractions", [(0.21, 0.33), (0.64, 0.7), (0.45, 0.87)])
def test_close_to_the_point_loss_and_model_differ_by_the_third_power_of_the_step(name, fractions):
    problem, at = explore.SURFACES[name], place(fractions)
    near = at + np.outer([1e-1, 1e-2], [0.6, 0.8])
    error = np.abs(problem.value(near) - model(problem, at, near))
    assert error[1] < error[0] / 300  # 1,000 in the limit


def test_at_a_flat_point_the_words_say_that_the_step_has_no_length():
    saddle = explore.SURFACES["saddle"]
    frame = explore.compute_model(saddle, np.zeros(2), LEVELS)
    assert "length 0" in explore.describe(frame)


def test_where_the_hessian_is_singular_the_words_say_that_there_is_no_step():
    trough = problems.quadratic(np.diag([1.0, 0.0]), np.zeros(2))
    frame = explore.compute_model(trough, np.ones(2), LEVELS)
    assert frame.delta is None
    assert "no Newton step" in explore.describe(frame)


@settings(max_examples=60, deadline=None)
@given(name=surfaces, fractions=inside)
def test_the_words_name_the_shape_by_the_signs_of_the_curvatures(name, fractions):
    problem, at = explore.SURFACES[name], place(fractions)
    low, high = np.linalg.eigvalsh(problem.hessian(at))
    assume(min(abs(low), abs(high)) > 1e-9 * max(abs(low), abs(high)))
    shape = "bowl" if low > 0 else "dome" if high < 0 else "saddle"
    words = explore.describe(explore.compute_model(problem, at, LEVELS))
    assert f"the model is a {shape}" in words


# -- the pictures -------------------------------------------------------------------------------
EXPLORABLES = (explore.TaylorPolynomial, explore.ErrorOrder, explore.QuadraticModel)
each_explorable = pytest.mark.parametrize("explorable", EXPLORABLES, ids=lambda c: c.__name__)


@each_explorable
def test_no_extreme_of_the_controls_raises(explorable):
    stage = explorable()
    for places in extremes(stage):
        put(stage, places)
        assert stage.words


@each_explorable
def test_no_position_of_the_controls_raises(explorable):
    stage, rng = explorable(), np.random.default_rng(0)
    for _ in range(15):
        put(stage, anywhere(stage, rng))
        assert stage.words


@each_explorable
def test_every_control_changes_the_picture(explorable):
    names = list(explorable().controls)
    for name in names:
        stage, seen = explorable(), set()
        for place in ends(stage.controls[name]):
            put(stage, {name: place})
            seen.add((picture(stage), stage.words))
        assert len(seen) > 1, name


# -- the prose -----------------------------------------------------------------------------------
def _minus_x_cubed(ns, x, moves):
    """Where the Newton walk under √(1 + x²) stands after some moves."""
    for _ in range(moves):
        x = float(ns["after"].subs(ns["x"], x))
    return x


# (markdown cell, words in it, the number they name, code cell, its value from result and names)
PROSE_NUMBERS = [
    ("agree-said", "Four zeros", "4", "agree-check", lambda out, ns: out.count(0)),
    ("radius", r"the error stays $\frac12$ in size", "0.5", "radius-check",
     lambda out, ns: abs(out[1][0])),
    ("radius", r"the error stays $\frac12$ in size", "0.5", "radius-check",
     lambda out, ns: abs(out[1][-1])),
    ("explore-error", "Close to 2 and 3", "2.0", "slopes-measure", lambda out, ns: out[1]),
    ("explore-error", "Close to 2 and 3", "3.0", "slopes-measure", lambda out, ns: out[2]),
    ("explore-error", "about 16 digits", "16", "slopes-measure",
     lambda out, ns: -np.log10(np.finfo(float).eps)),
    ("lambdify", r"$\theta = (-1.2, 1)$", "-1.2", "lambdify-run", lambda out, ns: ns["theta"][0]),
    ("model-test", "about 1,000", "1e3", "model-test-run", lambda out, ns: out[-1]),
    ("newton-wrong-said", "With the plus: the bottom", "0", "newton-wrong", lambda out, ns: out[0]),
    ("newton-wrong-said", "four times as high as before", "4.0", "newton-wrong",
     lambda out, ns: out[2] / out[1]),
    ("newton-wrong-said", "for slope 3 and curvature 4", "1.25", "newton-line",
     lambda out, ns: out[0]),
    ("newton-wrong-said", "it has to lead to the `flat_point`", "1.25", "newton-line",
     lambda out, ns: out[1]),
    ("promise", "half of the first-order term is paid back", "0.5", "promise-run",
     lambda out, ns: out[0] / (ns["g_"](*ns["theta"]).ravel() @ ns["delta"])),
    ("promise-said", "by what was promised, and a trifle more", "1.00", "promise-run",
     lambda out, ns: out[1] / out[0]),
    ("promise-said", "the minimum at $(1, -1)$", "0", "explore-numbers",
     lambda out, ns: slope_of_hills(1, -1)),
    ("promise-said", "the maximum at $(1, 1)$", "0", "explore-numbers",
     lambda out, ns: slope_of_hills(1, 1)),
    ("kinds-said", "A maximum, two saddles and a minimum", "2", "kinds-find",
     lambda out, ns: sum(bool(min(h) < 0 < max(h)) for _, h in out)),
    ("next", "From 2 the walk goes to $-8$", "-8", "breaks-derive", lambda out, ns: out[1][1]),
    ("next", "to 512, and off", "512", "breaks-derive", lambda out, ns: out[1][2]),
    ("next", "from 0.5 it goes to $-0.125$", "-0.125", "breaks-derive",
     lambda out, ns: _minus_x_cubed(ns, 0.5, 1)),
    ("next", "to 0.002, and is home", "0.002", "breaks-derive",
     lambda out, ns: _minus_x_cubed(ns, 0.5, 2)),
    ("next", r"At $\pm 1$ it jumps to and fro", "-1", "breaks-derive",
     lambda out, ns: _minus_x_cubed(ns, 1.0, 3)),
]  # fmt: skip


def slope_of_hills(*at):
    """The size of the gradient of *hills*."""
    return np.linalg.norm(explore.surface("hills").problem.gradient(np.array(at, float)))


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run as shipped."""
    return Lesson("01_taylor_expansion")


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_the_ledger_on_two_minus_signs_is_settled(lesson):
    """1: θ − αΔ with Δ = −H⁻¹g climbs."""
    with_plus, before, with_two_signs = lesson.results["newton-wrong"]
    assert with_plus < before < with_two_signs


def test_more_terms_widen_the_band_of_the_exponential_and_not_that_of_the_lorentzian():
    def reach(name, order):
        return explore.compute_taylor(name, 0.0, order, 0.1).trusted[1]

    assert np.all(np.diff([reach("exp x", n) for n in range(11)]) > 0)
    assert max(reach("1 / (1 + x²)", n) for n in range(11)) < 1
