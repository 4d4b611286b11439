"""Lesson 03: what its pictures compute is mathematics, and they survive every corner."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sgo_teach import draw, problems
from sgo_teach.lessons.newtons_method import explore, frames
from sgo_teach.lessons.newtons_method.frames import (
    DAMPINGS,
    LANDSCAPES,
    compute_basins,
    compute_order,
    compute_path,
    compute_race,
    compute_walk,
    kind_of,
    target_classes,
    three_saddles,
)
from sgo_teach.solvers.descent import gradient_descent_steps
from sgo_teach.solvers.steps import gradient_below, minimize
from sgo_teach.stage.controls import Handle
from tests.lessons.prose_numbers import Lesson, each

unhurried = settings(deadline=None)  # no time is asserted
each_curve = pytest.mark.parametrize("name", explore.CURVES)
each_stage = pytest.mark.parametrize("stage", [getattr(explore, n) for n in (
    "TangentAndParabola", "Order", "Race", "Basins")])  # fmt: skip


# -- tangent and parabola -----------------------------------------------------------------------
@each_curve
@unhurried
@given(x=st.floats(-2, 2), moves=st.integers(0, 8))
def test_the_tangent_is_the_derivative_of_the_parabola(name, x, moves):
    frame, h = compute_walk(explore.CURVES[name], x, moves), 1e-3
    assume(abs(frame.x[-1]) < 1e4)  # further out the difference is rounding noise
    at = frame.x[-1] + np.linspace(-1, 1, 5)
    central = (frame.parabola(at + h) - frame.parabola(at - h)) / (2 * h)  # exact for a parabola
    scale = 1 + np.abs(frame.parabola(at)).max()
    np.testing.assert_allclose(central, frame.tangent(at), atol=1e-10 * scale / h)


@each_curve
@unhurried
@given(x=st.floats(-2, 2), moves=st.integers(0, 8))
def test_the_next_point_is_the_root_of_the_tangent(name, x, moves):
    frame = compute_walk(explore.CURVES[name], x, moves)
    if np.isfinite(frame.next) and abs(frame.x[-1]) < 1e4 and abs(frame.curvature) > 1e-6:
        root, reach = frame.tangent(np.array(frame.next)), abs(frame.next) + abs(frame.x[-1])
        assert abs(root) <= 1e-9 * (1 + abs(frame.slope[-1]) + abs(frame.curvature) * reach)


@each_curve
def test_one_move_more_begins_where_the_last_one_pointed(name):
    problem = explore.CURVES[name]
    for moves in range(4):
        before, after = (compute_walk(problem, 0.4, m) for m in (moves, moves + 1))
        if before.state == "going":
            assert after.x[-1] == before.next


def test_under_the_hyperbola_every_move_is_minus_the_cube():
    frame = compute_walk(problems.hyperbola(), 0.9, 4)
    np.testing.assert_allclose(frame.x[1:], -(frame.x[:-1] ** 3), atol=1e-14)


@pytest.mark.parametrize(
    ("problem", "start", "moves", "state"),
    [
        (problems.wavy(), 0.5, 8, "arrived"),
        (problems.two_cycle(), 0.0, 4, "cycle"),
        (problems.hyperbola(), 1.5, 8, "away"),
        (problems.quartic(), 0.0, 3, "singular"),
        (problems.quartic(), 1.0, 3, "going"),
        (frames.exponential(), -2.4, 1, "away"),
    ],
    ids=lambda v: v.name if isinstance(v, problems.Problem) else None,
)
def test_a_walk_knows_what_became_of_it(problem, start, moves, state):
    assert compute_walk(problem, start, moves).state == state


def test_newton_climbs_to_the_maximum_of_x_cos_2x():
    frame = compute_walk(problems.wavy(), 0.5, 8)
    assert abs(frame.slope[-1]) <= 1e-10
    assert frame.curvature < 0


# -- the order ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "order"), [("eˣ − 2x", 2), ("√(1 + x²)", 3), ("x⁴", 1)])
def test_the_full_step_has_the_order_that_the_next_derivative_allows(name, order):
    assert compute_order(explore.ORDERS[name], 1.0).order == pytest.approx(order, abs=0.02)


@unhurried
@given(alpha=st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3]))
def test_a_step_size_leaves_the_fraction_one_minus_alpha_of_the_error(alpha):
    error = compute_order(frames.exponential(), alpha).error
    clean = error[(error < 1e-4) & (error > 1e-10)]
    np.testing.assert_allclose(clean[1:] / clean[:-1], abs(1 - alpha), rtol=0.02)


def test_where_the_curvature_vanishes_at_the_minimum_a_third_of_the_error_goes_at_each_move():
    error = compute_order(problems.quartic(), 1.0).error
    np.testing.assert_allclose(error[1:] / error[:-1], 2 / 3)


# -- the race -----------------------------------------------------------------------------------
@unhurried
@given(x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_on_a_bowl_newton_arrives_in_one_move(x, y):
    newton = compute_race(explore.PLANES["bowl, κ = 30"], np.array([x, y]), 1e-2, 3).newton
    assert newton.state == "arrived"
    assert len(newton.path) <= 2
    np.testing.assert_allclose(newton.path[-1], 0, atol=1e-12)


@pytest.mark.parametrize(("factor", "falls"), [(0.99, True), (1.01, False)])
def test_gradient_descent_on_a_bowl_is_stable_just_below_two_over_the_largest_curvature(
    factor, falls
):
    bowl = explore.PLANES["bowl, κ = 30"]
    descent = compute_race(bowl, bowl.start, factor * 2 / 30, 60).descent
    assert (descent.excess[-1] < descent.excess[20]) == falls


def test_newton_stops_on_a_saddle_of_himmelblau_and_the_race_says_so():
    himmelblau = problems.himmelblau()
    frame = compute_race(himmelblau, np.array([0.0, 6.0]), 1e-3, 30)
    assert (frame.newton.state, frame.newton.kind) == ("arrived", "saddle")


# -- basins -------------------------------------------------------------------------------------
def test_three_saddles_has_the_derivatives_it_claims():
    problem, h, rng = three_saddles(), 1e-6, np.random.default_rng(3)
    for p in rng.uniform(-2, 2, (5, 2)):
        for i, e in enumerate(np.eye(2)):
            slope = (problem.value(p + h * e) - problem.value(p - h * e)) / (2 * h)
            bend = (problem.gradient(p + h * e) - problem.gradient(p - h * e)) / (2 * h)
            assert slope == pytest.approx(problem.gradient(p)[i], abs=1e-6)
            np.testing.assert_allclose(bend, problem.hessian(p)[i], atol=1e-5)


def test_a_harmonic_loss_has_no_minimum_and_its_newton_is_that_of_a_complex_root():
    problem, z = three_saddles(), 0.3 + 0.9j
    assert [kind_of(problem.hessian(p)) for p in problem.critical_points] == ["saddle"] * 3
    path = compute_path(problem, np.array([z.real, z.imag]), 0.0).path
    for x, y in path[:5]:
        assert (x, y) == pytest.approx((z.real, z.imag), abs=1e-9)
        z = z - (z**3 - 1) / (3 * z**2)


@pytest.mark.parametrize("name", LANDSCAPES)
def test_classes_agree_with_the_kind_of_flat_point(name):
    problem = LANDSCAPES[name]
    kinds = [kind_of(problem.hessian(p)) for p in problem.critical_points]
    ranges = {"minimum": range(1, 5), "saddle": range(5, 9), "maximum": [9]}
    classes = target_classes(problem)
    assert all(c in ranges[kind] for c, kind in zip(classes, kinds, strict=True))
    assert len(set(classes)) == len(classes)


@pytest.mark.parametrize("name", LANDSCAPES)
@pytest.mark.parametrize("damping", [0.0, 30.0])
def test_shares_of_the_starts_add_up_to_one(name, damping):
    assert sum(compute_basins(name, damping).share.values()) == pytest.approx(1)


@pytest.mark.parametrize("damping", [0.0, 10.0])
def test_a_pixel_has_the_colour_of_the_end_of_its_own_path(damping):
    problem = LANDSCAPES["Himmelblau"]
    classes = compute_basins("Himmelblau", damping).classes
    points = draw.grid(problem.window, len(classes))
    targets, known = np.array(problem.critical_points), target_classes(problem)
    for row, column in [(5, 7), (40, 60), (70, 30), (33, 37), (20, 75)]:
        end = compute_path(problem, points[row, column], damping).path[-1]
        nearest = np.argmin(np.linalg.norm(targets - end, axis=1))
        assert classes[row, column] == known[nearest]


def test_a_saddle_repels_once_twice_the_damping_exceeds_its_negative_curvature():
    problem = LANDSCAPES["Himmelblau"]
    for saddle in problem.critical_points[5:]:
        h, v = np.linalg.eigh(problem.hessian(saddle))
        for damping, attracts in ((0.45 * -h[0], True), (0.55 * -h[0], False)):
            second = compute_path(problem, saddle + 1e-4 * v[:, 0], damping).path[1]
            assert (np.linalg.norm(second - saddle) < 1e-4) == attracts


def test_damping_empties_the_basins_of_saddles_and_slows_the_rest():
    calm, damped = compute_basins("Himmelblau", 0.0), compute_basins("Himmelblau", 30.0)
    assert calm.share["saddle"] > 0 == damped.share["saddle"]
    assert damped.share["minimum"] > calm.share["minimum"]
    assert damped.moves > calm.moves


def test_just_above_its_threshold_a_flat_point_has_lost_its_basin():
    problem = LANDSCAPES["Himmelblau"]
    for point, kind in zip(problem.critical_points[4:], target_classes(problem)[4:], strict=True):
        h = np.linalg.eigvalsh(problem.hessian(point))
        threshold = -h[h < 0].max() / 2
        for factor, held in ((0.8, True), (1.05, False)):
            classes = compute_basins("Himmelblau", float(factor * threshold), 40).classes
            assert bool(np.any(classes == kind)) == held


def test_the_slider_of_the_basins_stops_where_a_basin_was_computed():
    assert explore.Basins().controls["damping"].positions() == list(DAMPINGS)


# -- what is said -------------------------------------------------------------------------------
def test_at_a_flat_point_without_curvature_the_walk_says_that_it_stands_there():
    stage = explore.TangentAndParabola()
    stage.controls["name"].value = "x⁴"
    stage.at.value = (0.0, 0.0)
    assert "flat point already" in stage.words


def test_another_loss_begins_with_a_safe_step_size():
    race = explore.Race()
    race.alpha.value = race.alpha.positions()[-1]
    race.surface.value = "bowl, κ = 30"
    assert race.alpha.value == pytest.approx(race.ALPHA)


def test_a_descent_with_too_large_a_step_is_said_to_climb():
    race = explore.Race()
    race.surface.value = "bowl, κ = 30"
    race.alpha.value = 10**-1.1
    assert "Gradient descent is climbing" in race.words


# -- the stages ---------------------------------------------------------------------------------
def _places(control, rng):
    """Extremes and a random place of a control."""
    places = control.positions()
    if isinstance(control, Handle):
        (x0, x1), (y0, y1) = control.ax.get_xlim(), control.ax.get_ylim()
        return [(x0, y0), (x1, y1), (rng.uniform(x0, x1), rng.uniform(y0, y1))]
    return [places[0], places[-1], rng.choice(places)]


@each_stage
def test_no_corner_of_the_controls_breaks_the_picture_and_the_words_follow(stage):
    shown, rng = stage(), random.Random(7)
    said = set()
    choice, *others = shown.controls.values()
    for option in choice.positions():
        choice.value = option
        for values in itertools.product(*(_places(c, rng) for c in others)):
            with shown.held():
                for control, value in zip(others, values, strict=True):
                    control.value = value
            assert shown.words
            assert "nan" not in shown.words
            said.add(shown.words)
    assert len(said) > 5


@each_stage
def test_every_control_changes_what_is_said(stage):
    shown = stage()
    for control in shown.controls.values():
        before, value = shown.words, control.value
        if isinstance(control, Handle):
            control.nudge(-20, 7)
        else:
            control.value = [v for v in control.positions() if v != control.value][-1]
        assert shown.words != before
        control.value = value


def test_the_order_is_a_flipbook_with_every_page_ready():
    stage = explore.Order()
    positions = [len(c.positions() or ()) for c in stage.controls.values()]
    assert len(stage.pages) == np.prod(positions)


# -- the prose -----------------------------------------------------------------------------------
def hyperbola(start, moves):
    """Newton's walk under √(1 + x²)."""
    return compute_walk(problems.hyperbola(), start, moves).x


def descent_ends(alpha):
    """What becomes of gradient descent on Rosenbrock's valley from the customary start."""
    valley = problems.rosenbrock()
    steps = gradient_descent_steps(valley, valley.start, alpha)
    with np.errstate(all="ignore"):
        return minimize(steps, gradient_below(1e-2), 10_000).reason


def gigabytes(out, parameters):
    """The memory that the table of costs gives for a number of parameters."""
    (row,) = [line for line in out.splitlines() if line.split()[0] == f"{parameters:,}"]
    return float(row.split()[1].replace(",", ""))


# (markdown cell, words in it, the number they name, code cell, its value from result and names)
PROSE_NUMBERS = [
    ("title", "home in three steps", "0.0000000", "fail-run", lambda out, ns: hyperbola(0.5, 3)[3]),
    ("title", "went to −8, to 512", "-8.0", "fail-run", lambda out, ns: hyperbola(2.0, 1)[1]),
    ("title", "went to −8, to 512", "512.0", "fail-run",
     lambda out, ns: -(hyperbola(2.0, 1)[1] ** 3)),
    ("title", "five ways in which", "5", "fail-run", lambda out, ns: len(out)),
    ("root-said", "Five moves", "5", "root-run", lambda out, ns: len(out) - 1),
    ("root-said", "to all 16 digits", "0.000000000000000", "root-run", lambda out, ns: out[-1]),
    ("order-why", r"\approx 0.354", "0.354", "order-side",
     lambda out, ns: (ns["error"][1:5] / ns["error"][:4] ** 2)[-1]),
    ("order-why", "the same start, 0.5", "0.5", "order-side", lambda out, ns: out[0, 1]),
    ("ex-order-said", "has reached 0.008", "0.008", "order-side", lambda out, ns: out[6, 1]),
    ("ex-order-said", r"$5\cdot10^{-20}$", "5e-20", "order-side", lambda out, ns: out[6, 2]),
    ("nd", "after **one** Newton step", "0.0000000", "nd-kappa", lambda out, ns: out[:, 1].max()),
    ("ex-newton-said", "to a loss of 1,412", "1412", "always-run", lambda out, ns: out[0].max()),
    ("explore-race", "Seven steps", "7", "always-run", lambda out, ns: len(out[0]) - 1),
    ("explore-race", "from 5 up to 1,412", "5", "always-run", lambda out, ns: out[0][1]),
    ("explore-race", "from 5 up to 1,412", "1412", "always-run", lambda out, ns: out[0][2]),
    ("explore-race", "Above 0.002 it no longer settles", "1", "always-run",
     lambda out, ns: descent_ends(0.002) == "gradient" and descent_ends(0.0021) == "max_steps"),
    ("explore-race", "flies off only beyond 0.006", "1", "always-run",
     lambda out, ns: descent_ends(0.006) == "max_steps" and descent_ends(0.0062) == "not_finite"),
    ("solve", "a ratio of 4", "4.0", "solve-hilbert", lambda out, ns: (8 / 3) / (2 / 3)),
    ("squares", r"$(-\frac13, \frac23)$", "-0.33333", "squares-one-run", lambda out, ns: out[0]),
    ("squares", r"$(-\frac13, \frac23)$", "0.66667", "squares-one-run", lambda out, ns: out[1]),
    ("wrong-count-said", "Right: 1.", "1", "wrong-count-run", lambda out, ns: out["right"]),
    ("wrong-count-said", "makes it two thousand", "2e3", "wrong-count-run",
     lambda out, ns: out["right, α = 0.01"]),
    ("wrong-count-said", "a hundred times too large", "2e3", "wrong-count-run",
     lambda out, ns: out["100 times too large"]),
    ("wrong-count-said", "about twenty steps", "2e1", "wrong-count-run",
     lambda out, ns: out["penalised"]),
    ("wrong-count-said", "the count ran to its limit", "10000", "wrong-count-run",
     lambda out, ns: out["2 forgotten"]),
    ("hunt", "a 4 × 4 matrix", "16", "sign", lambda out, ns: ns["residual"].size),
    ("hunt", 'a "loss" of 0.5', "0.5", "sign", lambda out, ns: out[1][1]),
    ("hunt", "the true one is ⅓", "0.3333333", "sign", lambda out, ns: out[1][2]),
    ("fail", "Five ways", "5", "fail-run", lambda out, ns: len(out)),
    ("global", "start from 61 places", "61", "global-run", lambda out, ns: len(ns["starts"])),
    ("basins", "Three ends", "3", "global-run", lambda out, ns: len(out[0])),
    ("basins", "each of the four greys", "4", "damping-run",
     lambda out, ns: len(ns["repelled"]) - 1),
    ("damping-why", "One saddle goes before the maximum", "1", "damping-run",
     lambda out, ns: sum(out[1:] < out[0])),
    ("damping-why", "after 60 moves", "60", "damping-run", lambda out, ns: frames.PATIENCE),
    ("damping-why", r"at $\lambda = 25$ some starts are still on their way", "1", "damping-run",
     lambda out, ns: 0.01 < compute_basins("Himmelblau", 25.0).share["nowhere"] < 0.1),
    ("breaks", "29 GB", "29", "cost-run", lambda out, ns: 8 * 60_000**2 / 1e9),
]  # fmt: skip


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run as shipped."""
    return Lesson("03_newtons_method")


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_the_memory_named_after_the_table_of_costs_stands_in_it(lesson):
    assert "a million need eight terabytes" in lesson.cells["breaks"].source
    assert gigabytes(lesson.results["cost-run"], 1_000_000) == pytest.approx(8000)
    assert gigabytes(lesson.results["cost-run"], 10_000) < 1


LEDGER = {  # line of the ledger: the cell that settles it, and what it must show
    1: ("sign", lambda out, ns: np.all(np.diff(out[0]) > 0)),
    2: ("always-run", lambda out, ns: len(out[0]) > 2 and out[0].max() > out[0][0]),
    3: ("global-run", lambda out, ns: len(out[0]) > 1),
    4: ("wrong-count-run", lambda out, ns: 1 == out["right"] < 10 < out["penalised"]),
    5: ("sign", lambda out, ns: out[1][0] == (4, 4) and out[1][1] > 1.4 * out[1][2]),
    6: ("noise", lambda out, ns: "not callable" in out and "matmul" in out),
    7: ("wrong-count-run", lambda out, ns: out["right, α = 0.01"] > 1000),
    22: ("order-side", lambda out, ns: out[6, 1] / out[5, 1] == 0.5 and out[6, 2] < 1e-19),
}


@pytest.mark.parametrize("line", LEDGER)
def test_a_claim_of_the_ledger_is_settled_by_a_cell(lesson, line):
    cell, verdict = LEDGER[line]
    assert verdict(lesson.results[cell], lesson.names[cell])


def test_solve_keeps_its_residual_where_the_inverse_does_not(lesson):
    rows = lesson.results["solve-hilbert"]
    solved, inverted = rows[0::2, 2], rows[1::2, 2]
    assert np.all(solved < 1e-14)
    assert inverted[-1] > 1e-3
