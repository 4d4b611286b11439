"""Lesson 02: what its pictures compute is mathematics, and every number of its prose is true."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sgo_teach import problems
from sgo_teach.lessons.gradient_descent_and_curvature import (
    estimates,
    explore,
    frames,
    on_gaps,
    on_gradients,
    on_momentum,
    on_rates,
    on_walks,
)
from sgo_teach.lessons.gradient_descent_and_curvature.questions import (
    a_turned_valley,
    on_the_floor,
    questions,
    smallest_h,
)
from sgo_teach.solvers.adaptive import adam_steps, rmsprop_steps
from sgo_teach.solvers.descent import gradient_descent_steps, heavy_ball_steps, mode_rates
from sgo_teach.solvers.finite_differences import SCHEMES
from sgo_teach.solvers.steps import minimize
from tests.lessons.hands import anywhere, ends, extremes, picture, put

unhurried = settings(deadline=None, max_examples=40)
kappas = st.floats(1, 100)
starts = st.tuples(st.floats(-3, 3), st.floats(-3, 3)).map(np.array)
EXPLORABLES = (explore.Contraction, explore.Momentum, explore.Rescaling, explore.DifferenceError)
each_explorable = pytest.mark.parametrize("explorable", EXPLORABLES, ids=lambda c: c.__name__)


def walk(steps, moves):
    return np.array([step.x for step in minimize(steps, max_steps=moves).steps])


def bowl_at(kappa, degrees):
    return problems.bowl(kappa, np.deg2rad(degrees)).hessian(np.zeros(2))


# -- one mode at a time -------------------------------------------------------------------------
@unhurried
@given(start=starts, kappa=kappas, alpha=st.floats(0.005, 0.225))
def test_the_path_in_the_picture_is_gradient_descent(start, kappa, alpha):
    frame = frames.compute_contraction(start, alpha, kappa, 20)
    bowl = problems.bowl(kappa, frames.ANGLE, frames.STEEP / kappa)
    path = walk(gradient_descent_steps(bowl, start, alpha), 20)
    np.testing.assert_allclose(frame.path, path, atol=1e-12 * max(1, np.abs(path).max()))


@unhurried
@given(start=starts, kappa=kappas, alpha=st.floats(0.005, 0.225))
def test_each_mode_is_multiplied_by_its_own_factor_and_both_make_up_the_error(start, kappa, alpha):
    frame = frames.compute_contraction(start, alpha, kappa, 20)
    np.testing.assert_allclose(frame.factor, 1 - alpha * frame.h)
    shrunk = np.abs(frame.factor) * frame.error[:-1]
    np.testing.assert_allclose(frame.error[1:], shrunk, atol=1e-12)
    lengths = np.linalg.norm(frame.error, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(frame.path, axis=1), atol=1e-12)


@unhurried
@given(kappa=kappas, alpha=st.floats(0.005, 0.225))
def test_the_walk_comes_home_exactly_below_two_over_the_steepest_curvature(kappa, alpha):
    assume(abs(alpha - 0.2) > 1e-3)
    both = frames.rotation(frames.ANGLE) @ [1.0, 1.0]
    last = frames.compute_contraction(both, alpha, kappa, 300).error[-1]
    assert (last.max() < 1) == (alpha < 2 / frames.STEEP)


@unhurried
@given(kappa=st.floats(1, 1000), angle=st.floats(0, 7))
def test_the_grey_ellipses_are_level_lines(kappa, angle):
    bowl = problems.bowl(kappa, angle)
    for size in (0.5, 2.0):
        on = frames.ellipses(kappa, angle, (size,))[:-1]
        np.testing.assert_allclose(bowl.value(on), 0.5 * size**2, rtol=1e-8)


@pytest.mark.parametrize(
    ("alpha", "words"),
    [
        (0.21, "grows by 10.0 %"),
        (0.2, "to and fro"),
        (0.15, "steep mode swings"),
        (0.05, "The flat"),
    ],
)
def test_the_words_know_on_which_side_of_the_edge_the_step_is(alpha, words):
    stage = explore.Contraction()
    stage.alpha.value = alpha
    assert words in stage.words


def test_where_both_bars_are_equal_both_modes_set_the_pace():
    stage = explore.Contraction()
    stage.kappa.value, stage.alpha.value = 100.0, 0.198
    assert "The flat mode sets the pace" in stage.words
    stage.kappa.value, stage.alpha.value = 1.0, 0.1
    assert "one move for all digits" in stage.words


# -- momentum -----------------------------------------------------------------------------------
@unhurried
@given(kappa=kappas, alpha=st.floats(0.01, 3.9), beta=st.floats(0, 0.99))
def test_the_modes_in_the_picture_are_those_of_the_heavy_ball(kappa, alpha, beta):
    frame = frames.compute_momentum(alpha, beta, kappa, 20)
    valley = problems.quadratic(np.diag([1 / kappa, 1.0]))
    path = walk(heavy_ball_steps(valley, [1.0, 1.0], alpha, beta), 20)
    np.testing.assert_allclose(frame.error, np.abs(path), rtol=1e-7, atol=1e-9)


@unhurried
@given(alpha=st.floats(0.01, 3.99), beta=st.floats(0.01, 0.99), kappa=kappas)
def test_a_mode_that_swings_keeps_the_root_of_beta_whatever_its_curvature(alpha, beta, kappa):
    frame = frames.compute_momentum(alpha, beta, kappa)
    for h, rate, swings in zip([1 / kappa, 1.0], frame.rates, frame.swings, strict=True):
        ends_of_range = (1 - beta**0.5) ** 2, (1 + beta**0.5) ** 2
        assume(np.abs(np.subtract(ends_of_range, alpha * h)).min() > 1e-6)
        assert swings == (ends_of_range[0] < alpha * h < ends_of_range[1])
        assert rate == pytest.approx(beta**0.5) if swings else rate > beta**0.5


@unhurried
@given(alpha=st.floats(0.01, 4), beta=st.floats(0, 0.99), kappa=kappas)
def test_the_ball_is_stable_exactly_below_two_times_one_plus_beta(alpha, beta, kappa):
    assume(abs(alpha - 2 * (1 + beta)) > 1e-6)
    rates = frames.compute_momentum(alpha, beta, kappa).rates
    assert (rates.max() < 1) == (alpha < 2 * (1 + beta))


@unhurried
@given(kappa=st.floats(1.5, 1000), alpha=st.floats(0.001, 3.999), beta=st.floats(0, 0.999))
def test_no_step_and_momentum_beat_the_marked_ones(kappa, alpha, beta):
    plain, best = frames.best_rates(kappa)
    assert frames.compute_momentum(alpha, beta, kappa).rates.max() >= best - 1e-6
    assert frames.compute_momentum(alpha, 0.0, kappa).rates.max() >= plain - 1e-9
    for (a, b), rate in zip(frames.best_points(kappa), (plain, best), strict=True):
        # at its best both ends are double roots, which rounding splits by the root of epsilon
        assert frames.compute_momentum(a, b, kappa).rates.max() == pytest.approx(rate, abs=1e-6)


def test_a_pixel_of_the_map_has_the_colour_of_its_rate():
    shades = np.array([0, *frames.SHADES, np.inf])
    colours = frames.rate_map(30.0)
    assert colours.shape == (len(frames.MAP_Y), len(frames.MAP_X))
    for row, column in [(0, 3), (30, 100), (79, 10), (60, 149)]:
        rate = frames.compute_momentum(frames.MAP_X[column], frames.MAP_Y[row], 30.0).rates.max()
        assert shades[colours[row, column]] <= rate < shades[colours[row, column] + 1]


# -- a step size for each coordinate ------------------------------------------------------------
def test_every_pixel_of_the_map_is_the_rate_of_the_package():
    slower = [
        mode_rates(np.multiply.outer([1 / 30, 1.0], frames.MAP_X), 1.0, beta).max(axis=0)
        for beta in frames.MAP_Y
    ]
    np.testing.assert_array_equal(frames.rate_map(30.0), np.digitize(slower, frames.SHADES))


@pytest.mark.parametrize("degrees", [0, 20, 45, 90])
def test_the_paths_are_those_of_the_package(degrees):
    start = np.array([2.0, -1.0])
    frame = frames.compute_rescaling(start, 0.05, 100.0, degrees, 30)
    valley = problems.bowl(100.0, np.deg2rad(degrees))
    for name, steps in (
        ("gradient descent", gradient_descent_steps(valley, start, 2 / 101)),
        ("RMSprop", rmsprop_steps(valley, start, 0.05, decay=0.9)),
        ("Adam", adam_steps(valley, start, 0.05)),
    ):
        np.testing.assert_allclose(frame.paths[name], walk(steps, 30), atol=1e-9)


@pytest.mark.parametrize("name", ["RMSprop", "Adam"])
def test_along_the_axes_the_path_does_not_depend_on_the_condition_number(name):
    start = np.array([2.0, 1.0])
    a, b = (frames.compute_rescaling(start, 0.05, k, 0, 80).paths[name] for k in (1.0, 1000.0))
    np.testing.assert_allclose(a, b, atol=1e-5)
    turned = frames.compute_rescaling(start, 0.05, 1000.0, 45, 80).paths[name]
    assert np.abs(turned - a).max() > 0.5


@unhurried
@given(kappa=st.floats(1, 1000), degrees=st.floats(0, 90), scale=st.floats(-3, 3))
def test_no_diagonal_rescaling_leaves_less_than_the_formula_says(kappa, degrees, scale):
    H = problems.bowl(kappa, np.deg2rad(degrees)).hessian(np.zeros(2))
    left = frames.left_over(H)
    s = 10.0**scale
    assert np.linalg.cond(H * [[1, s], [s, s * s]]) >= left * (1 - 1e-9)
    d = np.diag(H) ** -0.5
    assert np.linalg.cond(H * np.outer(d, d)) == pytest.approx(left, rel=1e-9)


@pytest.mark.parametrize("kappa", [1.0, 30.0, 1000.0])
def test_at_45_degrees_nothing_is_gained_and_at_0_all(kappa):
    at = {d: frames.left_over(bowl_at(kappa, d)) for d in (0, 45)}
    assert at == {0: pytest.approx(1), 45: pytest.approx(kappa)}


# -- differences --------------------------------------------------------------------------------
@pytest.mark.parametrize("name", estimates.CURVES)
def test_the_slopes_are_the_derivatives(name):
    curve = estimates.CURVES[name]
    for x in np.linspace(-3, 3, 7):
        assert np.imag(curve.f(x + 1e-30j)) / 1e-30 == pytest.approx(curve.slope(x), abs=1e-12)


@pytest.mark.parametrize(
    ("scheme", "slope"), [("forward", 1), ("backward", 1), ("central", 2), ("complex", 2)]
)
def test_the_right_arm_of_the_u_has_the_slope_of_its_scheme(scheme, slope):
    errors = frames_of_exp(scheme)[(estimates.H > 1e-3) & (estimates.H < 1e-1)]
    h = estimates.H[(estimates.H > 1e-3) & (estimates.H < 1e-1)]
    assert np.polyfit(np.log(h), np.log(errors), 1)[0] == pytest.approx(slope, abs=0.05)


def frames_of_exp(scheme, dtype="float64"):
    return estimates.compute_estimate("exp x", 1.0, scheme, dtype, 1e-2).errors[scheme]


@pytest.mark.parametrize("scheme", ["forward", "backward", "central"])
def test_the_left_arm_grows_as_h_falls_and_the_complex_step_has_none(scheme):
    errors, eps = frames_of_exp(scheme), np.finfo(float).eps
    for h in (1e-12, 1e-14):
        near = errors[np.abs(np.log10(estimates.H / h)) < 0.6]
        assert 0.01 * eps / h < near.max() < 30 * np.e * eps / h
    assert frames_of_exp("complex")[estimates.H < 1e-8].max() < 4 * eps


@pytest.mark.parametrize("dtype", estimates.DTYPES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_rule_for_h_is_nearly_as_good_as_the_best_h(scheme, dtype):
    frame = estimates.compute_estimate("exp x", 1.0, scheme, dtype, 1e-2)
    at_rule = estimates.compute_estimate("exp x", 1.0, scheme, dtype, frame.rule)
    eps = np.finfo(estimates.DTYPES[dtype]).eps
    assert at_rule.error <= 20 * max(frame.errors[scheme].min(), eps)


def test_beside_a_zero_of_the_function_the_rounding_does_not_grow():
    errors = estimates.compute_estimate("x³ − x", 0.0, "forward", "float64", 1e-2).errors
    assert errors["forward"][estimates.H < 1e-9].max() <= np.finfo(float).eps


def test_where_the_second_derivative_vanishes_forward_differences_gain_an_order():
    errors = estimates.compute_estimate("x³ − x", 0.0, "forward", "float64", 1e-2).errors
    h = estimates.H[estimates.H > 1e-4]
    np.testing.assert_allclose(errors["forward"][-len(h) :], h**2, rtol=1e-6)


# -- the exercises ------------------------------------------------------------------------------
def ball_by_points(gradient, theta, alpha, beta, steps):
    points = [theta, theta - alpha * gradient(theta)]
    for _ in range(steps - 1):
        x, before = points[-1], points[-2]
        points.append(x - alpha * gradient(x) + beta * (x - before))
    return np.vstack(points)


def ball_by_velocity(gradient, theta, alpha, beta, steps):
    points, v = [theta], 0
    for _ in range(steps):
        v = beta * v + gradient(points[-1])
        points.append(points[-1] - alpha * v)
    return np.array(points)


def step_by_trial(hessian):
    h = np.linalg.eigvals(hessian)
    low, high = 0.0, 2 / max(h)
    for _ in range(200):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        nearer = np.abs(1 - left * h).max() < np.abs(1 - right * h).max()
        low, high = (low, right) if nearer else (left, high)
    return low, np.abs(1 - low * h).max()


def step_by_norms(hessian):
    steep, kappa = np.linalg.norm(hessian, 2), np.linalg.cond(hessian)
    return 2 / (steep + steep / kappa), (kappa - 1) / (kappa + 1)


def gradient_put_back(loss, theta, h):
    g = np.empty_like(theta)
    for i in range(len(theta)):
        here = theta[i]
        theta[i] = here + h
        ahead = loss(theta)
        theta[i] = here - h
        g[i] = (ahead - loss(theta)) / 2 / h
        theta[i] = here
    return g


def gap_with_nan(claimed, measured):
    with np.errstate(invalid="ignore"):
        gaps = np.abs(claimed - measured) / np.maximum(np.abs(claimed), np.abs(measured))
    return np.nanargmax(gaps), np.nanmax(gaps)


def gap_with_a_little_more_below(claimed, measured):
    gaps = np.abs(claimed - measured) / (np.maximum(np.abs(claimed), np.abs(measured)) + 1e-8)
    return gaps.argmax(), gaps.max()


def walk_by(delta):
    """A walk by forward differences with another δ, near enough to the bottom of the U."""

    def walk_down(loss, theta, alpha, steps):
        for _ in range(steps):
            slopes = [(loss(theta + d) - loss(theta)) / delta for d in delta * np.eye(len(theta))]
            theta = theta - alpha * np.array(slopes)
        return theta

    return walk_down


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (on_rates.best_fixed_step, step_by_trial),
        (on_rates.best_fixed_step, step_by_norms),
        (on_momentum.heavy_ball, ball_by_points),
        (on_momentum.heavy_ball, ball_by_velocity),
        (on_gradients.numerical_gradient, gradient_put_back),
        (on_gaps.gap, gap_with_nan),
        (on_gaps.gap, gap_with_a_little_more_below),
        *((on_walks.walk_down, walk_by(delta)) for delta in (1e-6, 1e-8, 1e-9)),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_a_right_answer_that_is_written_differently_passes(exercise, answer):
    outcome = exercise.check(answer)
    assert outcome.right, outcome


def right_step_and(rate):
    """An answer with the right α and another rate; `rate` is a formula of κ."""

    def best_fixed_step(hessian):
        h = np.linalg.eigvalsh(hessian)
        return 2 / (h[0] + h[-1]), rate(h[-1] / h[0])

    return best_fixed_step


def yields_slopes(loss, theta, h):
    return ((loss(theta + d) - loss(theta - d)) / (2 * h) for d in h * np.eye(len(theta)))


def gap_as_an_array(claimed, measured):
    return np.array(on_gaps.gap.reference(claimed, measured))


def gap_of_the_last(claimed, measured):
    i = len(claimed) - 1
    return i, abs(claimed[i] - measured[i]) / max(abs(claimed[i]), abs(measured[i]))


@pytest.mark.parametrize(
    ("exercise", "answer", "slip"),
    [
        (on_rates.best_fixed_step, right_step_and(lambda k: (k + 1) / (k - 1)), "above_one"),
        (on_rates.best_fixed_step, right_step_and(lambda k: 1 / k), "value"),
        (on_rates.best_fixed_step, right_step_and(np.sqrt), "above_one"),
        (on_gradients.numerical_gradient, yields_slopes, "type"),
        (on_gaps.gap, gap_as_an_array, "type"),
        (on_gaps.gap, lambda a, b: on_gaps.gap.reference(a, b)[1], "type"),
        (on_gaps.gap, gap_of_the_last, "value"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_not_taken_for_another_one(exercise, answer, slip):
    outcome = exercise.check(answer)
    assert (outcome.status, outcome.slip) == ("wrong", slip), outcome


# -- the pictures -------------------------------------------------------------------------------
@each_explorable
def test_no_extreme_of_the_controls_raises(explorable):
    stage = explorable()
    for places in extremes(stage):
        put(stage, places)
        assert stage.words
        assert "nan" not in stage.words


@each_explorable
def test_no_position_of_the_controls_raises(explorable):
    stage, rng = explorable(), np.random.default_rng(0)
    for _ in range(15):
        put(stage, anywhere(stage, rng))
        assert stage.words
        assert "nan" not in stage.words


@each_explorable
def test_every_control_changes_the_picture(explorable):
    stage = explorable()
    for name, control in stage.controls.items():
        before, seen = control.value, set()
        for place in ends(control):
            put(stage, {name: place})
            seen.add((picture(stage), stage.words))
        assert len(seen) > 1, name
        control.value = before


# -- the numbers of the prose -------------------------------------------------------------------
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_gradient_descent_and_curvature.ipynb"
CELLS = {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


def digits(error):
    """How many digits are right."""
    return -np.log10(error)


# (markdown cell, words that stand there, the number they name, code cell, its value from the
# cell's result `out` and the notebook's names `ns`); the value agrees as the number is rounded.
PROSE_NUMBERS = [
    ("one", "for five step sizes", "5", "one-run", lambda out, ns: len(out)),
    ("modes", "Half is left", "0.5", "one-run", lambda out, ns: out[0, 1]),
    ("modes", "nothing at all", "0", "one-run", lambda out, ns: out[1, 1]),
    ("modes-said", "edge is at 0.2", "0.2", "modes-check", lambda out, ns: 2 / ns["h"][1]),
    ("modes-said", "begins 2 away", "2", "floor-run", lambda out, ns: ns["off"]),
    ("explore-modes", "Twenty digits", "20", "floor-run",
     lambda out, ns: np.log10(out[0] / out[2])),
    ("explore-modes", "grows by a tenth", "0.1", "floor-run",
     lambda out, ns: abs(1 - 0.21 * ns["h"][1]) - 1),
    ("momentum", r"$1.15\,\kappa$", "1.15", "best-measure-run", lambda out, ns: out[2, 3] / 100),
    ("explore-modes", "near $10^{-16}$", "16", "floor-run",
     lambda out, ns: digits(np.abs(ns["walk"][:5] @ ns["Q"][:, 1]).max())),
    ("roots", "0.707", "0.707", "roots-check", lambda out, ns: np.abs(np.roots([1, -0.5, 0.5]))[0]),
    ("turned-said", "2,001 matrices", "2001", "diagonal-check", lambda out, ns: len(ns["tried"])),
    ("explore-turned", "At 45°", "45", "diagonal-check", lambda out, ns: ns["degrees"]),
    ("explore-turned", "gains nothing", "100", "diagonal-check",
     lambda out, ns: explore.left_over(ns["H"])),
    ("hunt", "200 ought to be 400", "400", "catch-run",
     lambda out, ns: 200 * steep_part(ns["rosenbrock"].gradient) / steep_part(ns["by_hand"])),
    ("race", "2 without momentum", "2", "roots-check", lambda out, ns: edge(0.0)),
    ("race", "3.8 at $\\beta = 0.9$", "3.8", "roots-check", lambda out, ns: edge(0.9)),
    ("adaptive", "ten times as many moves", "10.0", "race-run",
     lambda out, ns: out[2, 1] / out[1, 1]),
    ("adaptive", r"$\sqrt{10} \approx 3.2$", "3.2", "race-run", lambda out, ns: np.sqrt(10)),
    ("adaptive", "135 times", "135", "rises-run", lambda out, ns: out[0]),
    ("adaptive", "sixteen digits", "16", "rises-run", lambda out, ns: digits(out[1])),
    ("same-gradient-said", "times ten", "10", "same-gradient-run",
     lambda out, ns: out[1, 0] / out[0, 0]),
    ("same-gradient-said", "a hundredth of", "0.01", "same-gradient-run",
     lambda out, ns: seen_of_the_square(ns["pair"][0])),
    ("explore-turned", "lands in one move", "1", "same-gradient-run",
     lambda out, ns: moves_of_newton()),
    ("differences", "1,000 numbers", "1000", "always-run", lambda out, ns: out[1]),
    ("differences", "needs a million more", "1000000", "always-run", lambda out, ns: out[2]),
    ("differences", "One move is enough", "0", "always-run", lambda out, ns: out[0]),
    ("hook", "curvatures 1 and 10", "1", "modes-check", lambda out, ns: ns["h"][0]),
    ("hook", "curvatures 1 and 10", "10", "modes-check", lambda out, ns: ns["h"][1]),
    ("trap", "about 8 digits forward", "8", "rule-run", lambda out, ns: digits(out[4, 1])),
    ("trap", "forward and backward", "8", "rule-run", lambda out, ns: digits(out[5, 1])),
    ("trap", "11 central", "11", "rule-run", lambda out, ns: digits(out[6, 1])),
    ("trap", "in float32 about 4", "4", "rule-run", lambda out, ns: digits(out[0, 1])),
    ("trap", "about 4, 5", "5", "rule-run", lambda out, ns: digits(out[2, 1])),
    ("trap", "with slope 6", "6", "trap-run", lambda out, ns: out[2]),
    ("ex-gradient-said", "Minus six", "-6", "trap-run", lambda out, ns: out[0]),
    ("hunt", "wrong by about half", "0.5", "catch-run", lambda out, ns: ns["caught"]),
]  # fmt: skip


def edge(beta):
    """The least αh_max, to three places, at which the steep mode does not die out."""
    alphas = np.arange(1000, 4000) / 1000
    rates = [frames.compute_momentum(a, beta, 30.0, 2).rates.max() for a in alphas]
    return alphas[np.argmax(np.array(rates) >= 1 - 1e-12)]


def steep_part(gradient):
    """∂L/∂x of Rosenbrock's valley without the part of (1 − x)², at (−1.2, 1)."""
    return gradient(np.array([-1.2, 1.0]))[0] - 2 * (-1.2 - 1)


def seen_of_the_square(problem):
    """What RMSprop's v holds of g² after the first gradient."""
    step = next(rmsprop_steps(problem, np.zeros(2)))
    return (step.mean_square / step.gradient**2).max()


def moves_of_newton():
    """Moves to the minimum from (2, 1), at every angle of the lesson."""
    start = np.array([2.0, 1.0])
    for degrees in range(0, 95, 5):
        H = bowl_at(1000.0, degrees)
        assert np.linalg.norm(start - np.linalg.solve(H, H @ start)) < 1e-9
    return 1


@pytest.fixture(scope="module")
def results():
    """The result of each code cell that holds neither exercise nor widget, and all names."""
    names, out = {}, {}
    for cell in CELLS.values():
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and tags <= {"setup"} and not cell.id.startswith("check-"):
            out[cell.id] = run(cell.source.replace("%matplotlib inline", ""), names)
    names["off"] = np.linalg.norm(names["walk"][0])
    p = np.array([-1.2, 1.0])
    gap, estimate = names["exercises"].gap, names["exercises"].numerical_gradient
    measured = estimate.reference(names["rosenbrock"].value, p, 1e-5)
    names["caught"] = gap.reference(names["by_hand"](p), measured)[1]
    return out, names


def run(source, names):
    """Run a cell as a notebook does: the value of its last expression is its result."""
    *body, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        body.append(last)
    exec(compile(ast.Module(body, []), "<cell>", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    return None


@pytest.mark.parametrize(
    ("prose", "words", "number", "code", "value"),
    PROSE_NUMBERS,
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_number_of_the_prose_is_what_its_cell_computes(
    results, prose, words, number, code, value
):
    assert words in CELLS[prose].source
    out, names = results
    unit = 10.0 ** -len(number.partition(".")[2])
    assert abs(float(value(out[code], names)) - float(number)) <= 0.5001 * unit


def test_the_walks_of_the_title_crawl_arrive_and_fly_off(results):
    before, *after = results[0]["hook-run"]
    after = dict(zip((0.01, 0.05, 0.18, 0.19, 0.21), after, strict=True))
    assert all(f"{a}" in CELLS["title"].source for a in (0.01, 0.18, 0.21))
    assert after[0.01] > 0.1 * before
    assert after[0.18] < 1e-6
    assert after[0.21] > 1000 * before


def test_on_the_floor_the_loss_falls_for_more_than_a_hundred_moves(results):
    _, names = results
    lowest = np.argmin(names["bowl"].value(names["walk"]))
    assert 100 < lowest < 300
    assert "more than a hundred moves" in on_the_floor.questions[0].options[2]


def test_the_two_kinds_of_momentum_need_a_little_more_than_root_ten(results):
    table = results[0]["race-run"]
    for column in (2, 3):
        assert np.sqrt(10) < table[2, column] / table[1, column] < 3.5


def test_the_predicted_108_moves_do_not_depend_on_kappa_until_the_valley_turns(results):
    table = results[0]["turned-run"]
    assert "108 moves" in a_turned_valley.questions[0].text
    assert set(table[:, 2]) == {108}
    assert len(set(table[:, 3])) == 1
    assert 0.9 < table[3, 4] / table[3, 1] < 1.1  # as slow as gradient descent
    assert table[3, 5] > table[3, 1]  # and Adam slower


def test_a_larger_step_rescues_adam_but_brings_kappa_back(results):
    (along, turned), (along_too, turned_too) = results[0]["retuned-run"]
    assert along == along_too
    assert turned < results[0]["turned-run"][2, 5]
    assert turned_too > 3 * turned


def test_the_complex_step_is_right_to_all_digits(results):
    error = results[0]["rule-run"][:, 1]
    assert error[3] < np.finfo(np.float32).eps
    assert error[7] < np.finfo(float).eps


def test_the_best_h_of_the_prediction_is_the_best_of_its_options():
    errors = frames_of_exp("forward")
    at = [errors[np.argmin(np.abs(np.log(estimates.H / h)))] for h in (1e-16, 1e-8, 1e-2)]
    assert int(np.argmin(at)) == smallest_h.questions[0].answer


def test_the_gaps_of_the_discussion():
    gap, g = on_gaps.gap.reference, np.array([3.0])
    assert "gap of 2, a lost factor 2 one of ½, a forgotten coordinate one of 1" in (
        on_gaps.gap.discussion
    )
    assert [gap(claim * g, g)[1] for claim in (-1, 0.5, 0)] == [2, 0.5, 1]


def test_the_factors_of_the_prediction():
    because = on_the_floor.questions[0].because
    factor = 1 - 0.21 * np.array([1.0, 10.0])
    assert "0.79 a move" in because
    assert factor == pytest.approx([0.79, -1.1])


def test_the_quiz_computes_rightly():
    h = np.array([2.0, 5.0, 8.0])
    edge, best = questions.questions[:2]
    assert 2 / h.max() == 1 / 4
    assert "1/4" in edge.options[edge.answer]
    alpha = 2 / (h.min() + h.max())
    assert (alpha, np.abs(1 - alpha * h).max()) == (pytest.approx(1 / 5), pytest.approx(3 / 5))
    assert best.options[best.answer] == "1/5 and 3/5"
