"""Lesson 04: its pictures compute what they say, and every number of its prose is true."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sgo_teach import problems
from sgo_teach.lessons.safe_newton import (
    contest,
    cures,
    exercises,
    explore,
    learning,
    region,
    slices,
    surfaces,
)
from sgo_teach.solvers.damping import levenberg_marquardt_steps
from sgo_teach.solvers.line_search import strong_wolfe
from sgo_teach.solvers.quadratic_model import quadratic_model
from sgo_teach.solvers.steps import gradient_below, minimize
from sgo_teach.solvers.trust_region import trust_region_steps
from tests.lessons.hands import anywhere, ends, extremes, picture, put

unhurried = settings(deadline=None, max_examples=40)
inside = st.tuples(st.floats(-2.4, 2.4), st.floats(-2.4, 2.4)).map(np.array)
above_the_floor = st.tuples(st.floats(-2, 2), st.floats(-1, 3)).map(np.array)
lambdas, radii = st.floats(0.01, 100), st.floats(0.03, 2.5)
each_loss = pytest.mark.parametrize("name", contest.LOSSES)
SOLVER = exercises.safe_newton.reference


def flat(problem, at):
    return np.linalg.norm(problem.gradient(at)) < 1e-3


# -- three cures --------------------------------------------------------------------------------
@unhurried
@given(at=inside, cure=st.sampled_from(cures.CURES), damping=lambdas, radius=radii)
def test_a_step_solved_with_a_positive_definite_matrix_descends(at, cure, damping, radius):
    assume(not flat(surfaces.HILLS, at))
    frame = cures.compute_cure(surfaces.HILLS, at, cure, damping, radius)
    if frame.definite:
        assert frame.slope < 0


@unhurried
@given(at=inside, damping=lambdas, radius=radii)
def test_damping_and_the_circle_solve_one_equation_with_their_lambda(at, damping, radius):
    assume(not flat(surfaces.HILLS, at))
    for cure in (cures.DAMPED, cures.REGION):
        frame = cures.compute_cure(surfaces.HILLS, at, cure, damping, radius)
        g, H = frame.model.gradient, frame.model.hessian
        if frame.definite and np.all(np.isfinite(frame.p)):
            scale = np.linalg.norm(g) + np.linalg.norm(H @ frame.p)
            residual = (H + frame.damping * np.eye(2)) @ frame.p + g
            np.testing.assert_allclose(residual, 0, atol=1e-7 * scale)


@unhurried
@given(at=inside, radius=radii)
def test_the_step_of_a_circle_lies_on_the_line_of_all_damped_steps(at, radius):
    assume(not flat(surfaces.HILLS, at))
    frame = cures.compute_cure(surfaces.HILLS, at, cures.REGION, 1.0, radius)
    c = np.linalg.eigh(frame.model.hessian)[1].T @ frame.model.gradient
    assume(np.abs(c).min() > 1e-2)  # no hard case near
    dense = cures.all_damped(frame.model, 20_000)
    reached = np.linalg.norm(dense, axis=1).max()
    assume(np.linalg.norm(frame.p) < 0.9 * reached)
    assert np.linalg.norm(dense - frame.p, axis=1).min() < 0.01 * (1 + np.linalg.norm(frame.p))


@unhurried
@given(at=inside, cure=st.sampled_from(cures.CURES), damping=lambdas, radius=radii)
def test_the_curves_on_the_right_meet_the_promise_and_rho_at_the_end_of_the_step(
    at, cure, damping, radius
):
    frame = cures.compute_cure(surfaces.HILLS, at, cure, damping, radius)
    assume(frame.definite and frame.predicted < -1e-6 and np.linalg.norm(frame.p) < 1e3)
    (end,) = np.flatnonzero(np.isclose(cures.T, 1.0))
    assert frame.curve[end] == pytest.approx(-1, abs=1e-6)
    assert frame.loss[end] == pytest.approx(-frame.rho, abs=1e-6)


@unhurried
@given(at=inside, cure=st.sampled_from(cures.CURES), damping=lambdas, radius=radii)
def test_what_is_taken_never_raises_the_loss(at, cure, damping, radius):
    frame = cures.compute_cure(surfaces.HILLS, at, cure, damping, radius)
    there = at + frame.share * frame.p
    assert surfaces.HILLS.value(there) <= surfaces.HILLS.value(at) + 1e-15


@pytest.mark.parametrize(
    ("rho", "following"), [(-1, 4), (0.2, 4), (np.nan, 4), (0.5, 1), (0.8, 0.25), (3, 0.25)]
)
def test_the_rule_of_lambda(rho, following):
    assert cures.next_damping(1.0, rho) == following


@pytest.mark.parametrize("cure", cures.CURES)
def test_pressing_the_button_arrives_at_a_minimum(cure):
    stage = explore.ThreeCures()
    stage.cure.value = cure
    for _ in range(15):
        stage.go.value += 1
    np.testing.assert_allclose(stage.at.value, [1, -1], atol=1e-6)


def test_moving_a_slider_chooses_its_cure():
    stage = explore.ThreeCures()
    stage.radius.value = 0.3
    assert stage.cure.value == cures.REGION
    stage.damping.value = 3.0
    assert stage.cure.value == cures.DAMPED


def test_a_damping_below_the_negative_curvature_is_refused():
    frame = cures.compute_cure(surfaces.HILLS, np.array([0.5, -0.1]), cures.DAMPED, 0.5, 1.0)
    assert not frame.definite
    assert not frame.accepted
    assert "too small" in cures.describe(frame, cures.DAMPED, 0.5, 1.0)


# -- the circle ---------------------------------------------------------------------------------
@unhurried
@given(at=above_the_floor, radius=radii)
def test_the_best_point_offers_most_and_the_dogleg_at_least_what_cauchy_does(at, radius):
    frame = region.compute_region(surfaces.VALLEY, at, radius, "dogleg")
    cauchy, bent, best = (frame.model.change(p.p) for p in frame.proposals.values())
    assert best <= bent + 1e-9 * abs(best)
    assert bent <= cauchy + 1e-9 * abs(cauchy)


@unhurried
@given(at=above_the_floor, radius=radii)
def test_every_proposal_stays_inside_the_circle(at, radius):
    frame = region.compute_region(surfaces.VALLEY, at, radius, "dogleg")
    for proposal in frame.proposals.values():
        assert np.linalg.norm(proposal.p) <= radius * (1 + 1e-9)


@unhurried
@given(at=above_the_floor, radius=radii)
def test_there_is_a_dogleg_just_where_the_hessian_is_positive_definite(at, radius):
    frame = region.compute_region(surfaces.VALLEY, at, radius, "dogleg")
    h = np.linalg.eigvalsh(frame.model.hessian)
    assume(abs(h[0]) > 1e-9)
    assert frame.bends == (h[0] > 0)


@unhurried
@given(at=above_the_floor, radius=radii)
def test_along_the_dogleg_the_model_falls_and_the_distance_grows(at, radius):
    assume(not flat(surfaces.VALLEY, at))
    frame = region.compute_region(surfaces.VALLEY, at, radius, "dogleg")
    assume(frame.bends)
    assert np.all(np.diff(frame.length) >= -1e-9)
    assert np.all(np.diff(frame.fall) <= 1e-9)
    assert frame.fall[-1] == pytest.approx(-1)


@pytest.mark.parametrize("chosen", ["dogleg", "best point in the circle"])
def test_the_button_of_the_circle_arrives(chosen):
    stage = explore.TrustCircle()
    stage.chosen.value = chosen
    for _ in range(12):
        stage.go.value += 1
    np.testing.assert_allclose(stage.at.value, [1, 1], atol=1e-6)


def test_by_cauchy_points_one_is_still_under_way_when_the_dogleg_has_long_arrived():
    stage = explore.TrustCircle()
    stage.chosen.value = "Cauchy point"
    for _ in range(12):
        stage.go.value += 1
    assert np.linalg.norm(np.array(stage.at.value) - 1) > 0.1


# -- the slice ----------------------------------------------------------------------------------
planes = st.tuples(st.floats(-6, 6), st.floats(-6, 6)).map(np.array)


@unhurried
@given(x=planes, tip=planes, c1=st.floats(1e-4, 0.4), c2=st.floats(0.5, 0.95))
def test_the_bars_show_where_the_conditions_hold(x, tip, c1, c2):
    frame = slices.compute_slice(slices.HIMMELBLAU, x, tip - x, c1, c2)
    assume(frame.slope < -1e-3)
    slack = {  # what is left of each condition, in units of the first slope
        "Armijo": -c1 * slices.ALPHA - frame.phi,
        "flat enough": c2 - np.abs(frame.dphi),
    }
    for name, left in slack.items():
        clear = (np.abs(left) > 1e-9) & (slices.ALPHA > 0)
        np.testing.assert_array_equal(frame.accepted[name][clear], left[clear] > 0)


@unhurried
@given(x=planes, tip=planes, c1=st.floats(1e-4, 0.4), c2=st.floats(0.5, 0.95))
def test_what_a_wolfe_search_finds_meets_the_conditions_of_the_bars(x, tip, c1, c2):
    frame = slices.compute_slice(slices.HIMMELBLAU, x, tip - x, c1, c2)
    assume(frame.slope < -1e-3)
    found = strong_wolfe(slices.HIMMELBLAU, x, tip - x, c1=c1, c2=c2)
    assume(found.reason == "strong_wolfe" and found.alpha <= 2)
    left = found.value - slices.HIMMELBLAU.value(x) - c1 * found.alpha * frame.slope
    assert left <= 0
    assert abs(found.slope) <= c2 * abs(frame.slope)


@unhurried
@given(x=planes, tip=planes)
def test_a_direction_that_does_not_descend_has_no_acceptable_step_length(x, tip):
    frame = slices.compute_slice(slices.HIMMELBLAU, x, tip - x, 1e-4, 0.9)
    assume(frame.slope >= 0)
    assert not any(accepted.any() for accepted in frame.accepted.values())
    assert frame.search.alpha == 0


@unhurried
@given(x=planes, tip=planes, c1=st.floats(1e-4, 0.4))
def test_raising_c1_takes_away_step_lengths_and_adds_none(x, tip, c1):
    lax, strict = (
        slices.compute_slice(slices.HIMMELBLAU, x, tip - x, c, 0.9).accepted["Armijo"]
        for c in (c1, 2 * c1)
    )
    assert not np.any(strict & ~lax)


def test_the_scaled_slice_starts_at_zero_with_slope_minus_one():
    frame = slices.compute_slice(
        slices.HIMMELBLAU, np.array([1.3, -2.6]), np.array([3.5, 3.4]), 0.1, 0.9
    )
    assert frame.phi[0] == 0
    assert (frame.phi[1] - frame.phi[0]) / slices.ALPHA[1] == pytest.approx(-1, abs=0.05)


def test_intervals_are_read_off_truth_values():
    accepted = np.zeros(401, bool)
    accepted[[3, 4, 5, 10]] = True
    a = slices.ALPHA
    assert slices.spans(accepted) == [(a[3], a[5]), (a[10], a[10])]


def test_some_slice_has_two_pieces_for_wolfe():
    frame = slices.compute_slice(
        slices.HIMMELBLAU, np.array([-3.5, 2.0]), np.array([5.5, 0.0]), 1e-4, 0.9
    )
    assert len(slices.spans(frame.accepted["both (strong Wolfe)"])) >= 2


# -- what BFGS knows ----------------------------------------------------------------------------
@pytest.mark.parametrize("name", learning.LANDSCAPES)
@pytest.mark.parametrize("start", [(2.0, 1.0), (-1.0, 2.0), (0.3, -0.8)])
def test_after_every_move_what_is_known_explains_it(name, start):
    for moves in range(1, learning.LONGEST + 1):
        frame = learning.compute_learning(name, start, moves)
        if frame.y @ frame.s > 1e-12:
            np.testing.assert_allclose(frame.B @ frame.s, frame.y, rtol=1e-5, atol=1e-9)
        assert np.linalg.eigvalsh(frame.B)[0] > 0


def test_on_a_bowl_what_is_known_becomes_the_hessian():
    frame = learning.compute_learning("bowl, κ = 10", (2.0, 1.0), learning.LONGEST)
    assert frame.arrived
    assert frame.error < 0.01


@unhurried
@given(low=st.floats(0.1, 10), high=st.floats(0.1, 10), turn=st.floats(0, 3))
def test_the_ellipse_is_where_the_quadratic_form_is_one(low, high, turn):
    Q = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    B = Q @ np.diag([low, high]) @ Q.T
    d = learning.ellipse(B)
    np.testing.assert_allclose(np.einsum("pi,ij,pj->p", d, B, d), 1)


def test_an_indefinite_matrix_has_no_ellipse():
    assert not len(learning.ellipse(np.diag([1.0, -1.0])))


# -- the contest --------------------------------------------------------------------------------
@each_loss
def test_from_the_customary_start_all_solvers_end_at_one_minimum(name):
    problem = contest.LOSSES[name]
    start = np.array(problem.start)
    mine = contest.yours(SOLVER, problem, start)
    peers = [contest.scipys(method, problem, start) for method in contest.PEERS]
    assert min(np.linalg.norm(mine.path[-1] - m) for m in problem.minimisers) < 1e-6
    for peer in peers:
        np.testing.assert_allclose(peer.path[-1], mine.path[-1], atol=1e-5)


def test_bfgs_asks_for_no_hessian_and_yours_for_as_many_as_gradients():
    problem = contest.LOSSES["Rosenbrock"]
    start = np.array(problem.start)
    assert contest.scipys("BFGS", problem, start).counts.hessian == 0
    mine = contest.yours(SOLVER, problem, start).counts
    assert mine.hessian == mine.gradient < mine.value


def test_the_table_has_a_line_for_every_solver_and_loss():
    lines = explore.table(SOLVER).splitlines()
    assert len(lines) == 1 + len(contest.LOSSES) * (2 + len(contest.PEERS))


@pytest.mark.parametrize("who", (SOLVER, *contest.PEERS))
@each_loss
def test_the_picture_counts_what_the_table_counts(who, name):
    problem = contest.LOSSES[name]
    run = contest.scipys if isinstance(who, str) else contest.yours
    whole = run(who, problem, np.array(problem.start))
    assert contest.entry(who, name, tuple(problem.start)).counts == whole.counts


# -- the learner's solver -----------------------------------------------------------------------
@unhurried
@given(start=inside, name=st.sampled_from(["Rosenbrock", "Himmelblau", "Beale"]))
def test_the_loss_never_rises(start, name):
    problem = contest.LOSSES[name]
    points = SOLVER(problem.value, problem.gradient, problem.hessian, start, 1e-8, 300)
    assert np.all(np.diff(problem.value(np.array(points))) <= 0)


@each_loss
def test_it_agrees_with_the_package_s_damped_method(name):
    problem = contest.LOSSES[name]
    mine = SOLVER(problem.value, problem.gradient, problem.hessian, problem.start, 1e-8, 300)
    steps = levenberg_marquardt_steps(problem, problem.start)
    theirs = minimize(steps, gradient_below(1e-8), 500)
    np.testing.assert_allclose(mine[-1], theirs.x, atol=1e-6)


@pytest.mark.parametrize("wrap", [np.array, lambda points: [p.tolist() for p in points]])
def test_right_points_in_another_wrapping_are_no_slip_of_the_method(wrap):
    def wrapped(value, gradient, hessian, theta, tolerance, max_steps):
        return wrap(SOLVER(value, gradient, hessian, theta, tolerance, max_steps))

    assert exercises.safe_newton.check(wrapped).slip == "type"


def test_in_the_valley_the_picture_goes_on_until_it_has_arrived():
    for start in (tuple(surfaces.VALLEY.start), (-1.0, 2.0)):
        assert learning.compute_learning("valley", start, learning.LONGEST).arrived


def test_on_a_saddle_only_the_exact_circle_moves():
    hills = problems.hills()
    stuck = SOLVER(hills.value, hills.gradient, hills.hessian, np.zeros(2), 0.0, 50)
    free = minimize(trust_region_steps(hills, np.zeros(2), subproblem="exact"), max_steps=10)
    assert len(stuck) == 1
    assert hills.value(free.x) == pytest.approx(-np.exp(-1))


def test_the_model_s_level_lines_lie_on_its_levels():
    model, levels = quadratic_model(surfaces.HILLS, np.array([0.5, -0.1])), np.array([-0.1, 0.1])
    lines = surfaces.model_lines(model, surfaces.HILLS.window, levels)
    on = lines[np.isfinite(lines).all(axis=1)] - model.x
    heights = model.value + np.array([model.change(p) for p in on])
    assert np.abs(heights[:, None] - levels).min(axis=1).max() < 0.01


# -- the pictures -------------------------------------------------------------------------------
def contest_stage():
    return explore.Contest(SOLVER)


EXPLORABLES = (
    explore.ThreeCures,
    explore.TrustCircle,
    explore.Slice,
    explore.Learning,
    contest_stage,
)
each_explorable = pytest.mark.parametrize("explorable", EXPLORABLES, ids=lambda c: c.__name__)


@each_explorable
def test_no_extreme_of_the_controls_raises(explorable):
    stage = explorable()
    for places in extremes(stage):
        with stage.held():
            put(stage, places)
        assert stage.words
        assert "nan" not in stage.words


@each_explorable
def test_no_position_of_the_controls_raises(explorable):
    stage, rng = explorable(), np.random.default_rng(0)
    for _ in range(12):
        put(stage, anywhere(stage, rng))
        assert stage.words
        assert "nan" not in stage.words


@each_explorable
def test_every_control_changes_the_picture(explorable):
    stage = explorable()
    for name, control in stage.controls.items():
        before, seen = control.value, {(picture(stage), stage.words)}
        for place in ends(control):
            put(stage, {name: place})
            seen.add((picture(stage), stage.words))
        assert len(seen) > 1, name
        control.value = before


# -- every number of the prose ------------------------------------------------------------------
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "04_safe_newton.ipynb"
CELLS = {c.id: c for c in nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT).cells}
# (markdown cell, words in it, the number, code cell, its value from that cell's result and names)
PROSE_NUMBERS = [
    ("ratio-use", r"$-h_{\min} = 0.526$", "0.526", "shares-run", lambda out, ns: -out[0][0]),
    ("rule", r"$\rho$ tends to 1", "1", "ratio-run", lambda out, ns: out[-1, 2]),
    ("same", "here are five", "5", "same-run", lambda out, ns: len(out)),
    ("dogleg", r"5\,(\theta_2 - \theta_1^2)^2", "5", "dogleg-run",
     lambda out, ns: ns["valley"].value(np.array([1.0, 2.0]))),
    ("explore-slice", "with $c_1$ below ½ it takes it", "1", "full-run", lambda out, ns: out[1]),
    ("explore-slice", "halves a perfect step", "0.5", "full-run", lambda out, ns: out[2]),
    ("bfgs-use", "watch forty random moves", "40", "bfgs-run",
     lambda out, ns: len(ns["known"]) - 1),
    ("bfgs-use", "are 1 and 10", "1", "bfgs-run",
     lambda out, ns: np.linalg.eigvalsh(ns["bowl"].hessian(ns["bowl"].start))[0]),
    ("bfgs-use", "are 1 and 10", "10", "bfgs-run",
     lambda out, ns: np.linalg.eigvalsh(ns["bowl"].hessian(ns["bowl"].start))[1]),
    ("explore-learning", "It comes to know the bowl", "10.0", "bfgs-run",
     lambda out, ns: out[-1, 1]),
    ("explore-learning", "It comes to know the bowl", "1.0", "bfgs-run",
     lambda out, ns: out[-1, 0]),
    ("solver-use", "up to 1,412", "1412", "solver-run",
     lambda out, ns: ns["L"](np.array(ns["bold"])).max()),
    ("solver-said", "needs 22 moves for 6", "22", "solver-run",
     lambda out, ns: len(ns["safe"]) - 1),
    ("solver-said", "needs 22 moves for 6", "6", "solver-run", lambda out, ns: len(ns["bold"]) - 1),
    ("table-said", "all five agree", "5", "table-run", lambda out, ns: 1 + len(contest.PEERS)),
]  # fmt: skip


@pytest.fixture(scope="module")
def results():
    """The value of the last line of every code cell as shipped, and the names after each cell."""
    names, out, after = {}, {}, {}
    for cell in CELLS.values():
        if cell.cell_type == "code" and not {"explore", "predict", "quiz"} & set(
            cell.metadata.get("tags", ())
        ):
            out[cell.id] = _run(cell, names)
            after[cell.id] = dict(names)
    return out, after


def _run(cell, names):
    lines = cell.source.splitlines()
    body = ast.parse("\n".join(line for line in lines if not line.startswith("%"))).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), cell.id, "exec"), names)
    return eval(compile(ast.Expression(last.value), cell.id, "eval"), names) if last else None


@pytest.mark.parametrize(
    ("prose", "words", "number", "code", "value"),
    PROSE_NUMBERS,
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_number_of_the_prose_is_what_its_cell_computes(
    results, prose, words, number, code, value
):
    out, after = results
    assert words in CELLS[prose].source
    unit = 10.0 ** -len(number.partition(".")[2])
    assert abs(float(value(out[code], after[code])) - float(number)) <= 0.5001 * unit


def test_newton_climbs_where_the_lesson_begins(results):
    slope, before, then = results[0]["uphill-run"]
    assert slope > 0
    assert then > before


def test_on_hills_the_safe_method_ends_at_a_minimum_and_newton_on_the_saddle(results):
    safe, plain = results[0]["solver-run"]
    np.testing.assert_allclose(safe, [1, -1], atol=1e-6)
    np.testing.assert_allclose(plain, [0, 0], atol=1e-6)


def test_the_verdict_on_the_best_step_stands_in_the_table(results):
    newton, _cauchy, bent, best, lowest = results[0]["ledger-run"]
    assert newton[0] > 1
    assert best[1] < bent[1]
    assert lowest[2] < bent[2] < best[2]


def test_factors_of_bfgs_and_of_the_safe_method_fall(results):
    _, after = results
    assert after["superlinear-run"]["factors"][-1] < 0.01
    error = after["solver-run"]["error"]
    assert np.all(np.diff(error[-4:] / error[-5:-1]) < 0)


def test_tasks_under_the_pictures_can_be_done():
    """A dogleg below 99 %, other ends for BFGS, and Beale's way to infinity."""
    frame = region.compute_region(surfaces.VALLEY, np.array([0.61, 0.345]), 0.09, "dogleg")
    gains = {name: frame.model.change(p.p) for name, p in frame.proposals.items()}
    assert frame.bends
    assert gains["dogleg"] / gains["best point in the circle"] < 0.99
    beale = contest.LOSSES["Beale"]
    far = contest.yours(SOLVER, beale, np.array([-4.0, 4.0]))
    assert far.path[-1][0] < -100
    assert np.all(np.diff(beale.value(far.path)) <= 0)
