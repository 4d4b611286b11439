"""Lesson 08: what its pictures compute is mathematics, and every number of its prose is true."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import cg as scipy_cg

from sgo_teach.lessons.conjugate_gradients import (
    ellipse,
    exercises,
    explore,
    indefinite,
    precision,
    scaling,
    spectrum,
)
from sgo_teach.lessons.conjugate_gradients.questions import on_a_saddle, three_values, two_variables
from sgo_teach.lessons.conjugate_gradients.vectors import Bare, Counted
from sgo_teach.solvers.cg import cg as package_cg
from sgo_teach.solvers.cg import martens_rule
from tests.lessons.hands import anywhere, ends, extremes, picture, put

unhurried = settings(deadline=None, max_examples=40)
seeds = st.integers(0, 2**32 - 1)
starts = st.tuples(st.floats(-3, 3), st.floats(-3, 3)).map(np.array)
centres = st.tuples(*[st.floats(0.1, 10)] * 3).map(np.array)
EXPLORABLES = [getattr(explore, name) for name in explore.__all__]
each_explorable = pytest.mark.parametrize("explorable", EXPLORABLES, ids=lambda c: c.__name__)
cg, guarded_cg = exercises.cg.reference, exercises.guarded_cg.reference


def system(seed, n=12):
    """A positive definite matrix (n, n) and a right-hand side (n,)."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n))
    return A @ A.T / n + np.eye(n), rng.standard_normal(n)


def symmetric(seed, n=6):
    """A symmetric matrix (n, n), mostly indefinite, and a right-hand side (n,)."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n))
    return A + A.T, rng.standard_normal(n)


# -- the learner's functions --------------------------------------------------------------------
@unhurried
@given(seeds, st.floats(1e-9, 0.5))
def test_the_reference_makes_the_steps_of_scipy(seed, tolerance):
    H, b = system(seed)
    theirs, _ = scipy_cg(H, b, rtol=tolerance, atol=0.0)
    np.testing.assert_allclose(cg(lambda p: H @ p, b, tolerance, 50), theirs, rtol=1e-8, atol=1e-10)


@unhurried
@given(seeds)
def test_the_same_lines_serve_torch_vectors(seed):
    H, b = system(seed)
    tensor = torch.from_numpy(H)
    for solve in (cg, guarded_cg):
        x = solve(lambda p: tensor @ p, torch.from_numpy(b), 1e-8, 50)
        assert isinstance(x, torch.Tensor)
        np.testing.assert_allclose(x, solve(lambda p: H @ p, b, 1e-8, 50), rtol=1e-7, atol=1e-10)


@unhurried
@given(seeds)
def test_the_same_lines_serve_vectors_with_five_operators(seed):
    H, b = system(seed)
    assert cg(Counted(H, 50), Bare(b), 1e-9, 50) == Bare(np.linalg.solve(H, b))


@pytest.mark.parametrize(
    "use", [np.linalg.norm, np.zeros_like, lambda v: v.copy(), lambda v: np.zeros(2) + v]
)
def test_a_bare_vector_refuses_what_belongs_to_numpy_and_says_what_is_allowed(use):
    with pytest.raises((TypeError, AttributeError), match=r"only \+ - \* / and @"):
        use(Bare([1.0, 2.0]))


def test_a_counted_product_allows_so_many_and_no_more():
    product = Counted(np.eye(2), 2)
    assert [product(np.ones(2)).sum() for _ in range(2)] == [2, 2]
    with pytest.raises(RuntimeError, match="more than 2 times"):
        product(np.ones(2))


@unhurried
@given(seeds)
def test_on_a_bowl_the_guard_changes_nothing(seed):
    H, b = system(seed)
    x = guarded_cg(lambda p: H @ p, b, 1e-9, 50)
    np.testing.assert_array_equal(x, cg(lambda p: H @ p, b, 1e-9, 50))


@unhurried
@given(seeds)
def test_what_guarded_cg_returns_descends_whatever_the_matrix(seed):
    H, b = symmetric(seed)
    x = guarded_cg(lambda p: H @ p, b, 1e-9, 50)
    assert np.isfinite(x).all()
    assert b @ x > 0


@unhurried
@given(seeds, st.integers(12, 300), st.floats(0.5, 0.999), st.floats(-1, 1))
def test_martens_stop_is_the_rule_of_the_package(seed, m, rate, start):
    noise = np.random.default_rng(seed).uniform(0, 1e-4, m + 1)
    phi = start - (1 - rate ** np.arange(m + 1.0)) + np.minimum.accumulate(-noise)
    rule = martens_rule()

    class At:
        def __init__(self, k):
            self.k = k

    package = next((i for i in range(m + 1) if rule(At(i), phi[: i + 1])), m)
    assert exercises.martens_stop.reference(phi) == package


@unhurried
@given(seeds, st.integers(0, 10))
def test_pcg_makes_the_steps_of_the_package(seed, steps):
    H, b = system(seed)
    d = np.diag(H) * np.linspace(1, 3, len(b))
    theirs = package_cg(H, b, preconditioner=lambda r: r / d, stop=(), max_steps=steps).x
    mine = exercises.pcg.reference(lambda p: H @ p, b, lambda r: r / d, steps)
    np.testing.assert_allclose(mine, theirs, rtol=1e-7, atol=1e-9)


def test_the_bug_is_invisible_without_a_preconditioner():
    bug = exercises.pcg.compiled(exercises.pcg.stub, "<bug>")
    H, b = system(3)
    x = bug(lambda p: H @ p, b, lambda r: r, 5)
    np.testing.assert_allclose(x, cg(lambda p: H @ p, b, 0.0, 5))


# -- the ellipse --------------------------------------------------------------------------------
@unhurried
@given(start=starts, kappa=st.floats(1, 100))
def test_two_moves_are_enough_from_anywhere_whatever_kappa(start, kappa):
    frame = ellipse.compute_ellipse(start, kappa, 2)
    assert len(frame.conjugate) <= 3
    assert frame.left[1] < 1e-9


@unhurried
@given(start=starts, kappa=st.floats(1, 100))
def test_conjugate_directions_are_perpendicular_after_stretching(start, kappa):
    angles = ellipse.compute_ellipse(start, kappa, 2).angles
    assert np.isnan(angles[1]) or angles[1] == pytest.approx(90, abs=1e-3)


@unhurried
@given(start=starts, kappa=st.floats(1, 100))
def test_stretching_turns_the_ellipses_into_circles_and_the_start_onto_the_ring(start, kappa):
    assume(np.linalg.norm(start) > 1e-3)
    frame = ellipse.compute_ellipse(start, kappa, 0)
    lines = frame.levels[np.isfinite(frame.levels).all(axis=1)] @ frame.stretch.T
    radii = np.linalg.norm(lines, axis=1).reshape(len(ellipse.SIZES), -1)
    np.testing.assert_allclose(radii, radii[:, :1] * np.ones_like(radii), rtol=1e-9)
    assert np.linalg.norm(frame.stretch @ start) == pytest.approx(ellipse.RING)


@unhurried
@given(start=starts, kappa=st.floats(1, 100), moves=st.integers(1, 30))
def test_steepest_descent_keeps_at_most_the_share_that_kappa_allows(start, kappa, moves):
    assume(np.linalg.norm(start) > 1e-3)
    left = ellipse.compute_ellipse(start, kappa, moves).left[0]
    assert left <= ((kappa - 1) / (kappa + 1)) ** moves + 1e-9


# -- the polynomial -----------------------------------------------------------------------------
@unhurried
@given(centres=centres, width=st.floats(0, 3), k=st.integers(0, 6))
def test_the_curve_is_a_polynomial_of_degree_k_that_is_one_at_zero(centres, width, k):
    frame = spectrum.compute_polynomial(centres, width, k)
    assert frame.polynomial[0] == 1
    degree = len(frame.roots)
    assert degree <= k
    if degree:
        product = np.prod(1 - spectrum.H_AXIS[:, None] / frame.roots, axis=1)
        scale = np.abs(product).max()
        np.testing.assert_allclose(frame.polynomial, product, atol=1e-6 * scale)


@unhurried
@given(centres=centres, width=st.floats(0.5, 3), k=st.integers(0, 6))
def test_the_factors_lie_on_the_curve_and_make_up_the_error(centres, width, k):
    frame = spectrum.compute_polynomial(centres, width, k)
    k = min(k, len(frame.errors) - 1)
    np.testing.assert_allclose(frame.errors[k], np.sqrt(np.mean(frame.factors**2)))
    curve = np.interp(frame.h, spectrum.H_AXIS, frame.polynomial)
    bend = np.abs(np.diff(frame.polynomial, 2)).max()
    np.testing.assert_allclose(frame.factors, curve, atol=bend + 1e-6)


@unhurried
@given(centres=centres, width=st.floats(0, 3))
def test_the_error_falls_and_never_exceeds_the_bound(centres, width):
    frame = spectrum.compute_polynomial(centres, width, 3)
    assert (np.diff(frame.errors) <= 1e-10).all()
    assert (frame.errors <= frame.bound[: len(frame.errors)] + 1e-10).all()


@unhurried
@given(centres=centres, width=st.floats(0.3, 3), seed=seeds)
def test_no_other_polynomial_leaves_a_smaller_error(centres, width, seed):
    frame = spectrum.compute_polynomial(centres, width, 3)
    roots = np.random.default_rng(seed).uniform(0.1, 10, 3)
    other = np.prod(1 - frame.h[:, None] / roots, axis=1)
    assert np.sqrt(np.mean(other**2)) >= frame.errors[min(3, len(frame.errors) - 1)] - 1e-10


@unhurried
@given(centres=centres)
def test_without_width_it_is_over_after_as_many_steps_as_there_are_values(centres):
    assume(np.diff(np.sort(centres)).min() > 0.05)
    errors = spectrum.compute_polynomial(centres, 0.0, 3).errors
    assert (len(errors) - 1, errors[-1] < 1e-9) == (3, True)


# -- the preconditioner -------------------------------------------------------------------------
@pytest.mark.parametrize("decades", [0, 3, 6])
@pytest.mark.parametrize("coupling", scaling.COUPLINGS)
def test_the_diagonal_spans_the_decades_and_exponent_one_removes_them(decades, coupling):
    diagonal = np.diag(scaling.coupled(decades, coupling)[0])
    assert diagonal.max() / diagonal.min() == pytest.approx(10.0**decades)
    kappas = [scaling.compute_scaling(d, coupling, 1.0).kappa for d in (decades, 0)]
    assert kappas[0] == pytest.approx(kappas[1])


def test_without_coupling_one_step_does_at_exponent_one():
    assert len(scaling.compute_scaling(4, "none", 1.0).errors) == 2


@pytest.mark.parametrize("coupling", scaling.COUPLINGS)
def test_half_too_much_is_as_bad_as_half_too_little(coupling):
    low, best, high = (scaling.compute_scaling(4, coupling, a) for a in (0.5, 1.0, 1.5))
    assert best.kappa < min(low.kappa, high.kappa)
    assert 0.8 < low.kappa / high.kappa < 1.25
    assert abs(len(low.errors) - len(high.errors)) <= 5


# -- precision ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", precision.TYPES)
@pytest.mark.parametrize("kappa", [10.0, 1000.0])
def test_neighbours_stay_conjugate_and_distant_directions_do_not(name, kappa):
    C = precision.compute_precision(name, kappa).conjugacy
    np.testing.assert_allclose(np.diag(C), 1)
    eps = np.finfo(precision.TYPES[name]).eps
    assert np.diag(C, 1)[:30].max() < 1e4 * eps * kappa
    assert np.abs(C - np.eye(len(C))).max() > 1e-2


def test_in_float32_conjugacy_goes_earlier_and_with_a_larger_kappa_earlier_still():
    def first(name, kappa):
        return int(np.argmax(precision.compute_precision(name, kappa).conjugacy[0, 1:] > 1e-2))

    assert first("float32", 1000.0) < first("float64", 1000.0)
    assert first("float32", 10000.0) < first("float32", 1000.0) < first("float32", 100.0)


@pytest.mark.parametrize("kappa", [10.0, 100.0, 1000.0])
def test_the_true_residual_has_a_floor_and_the_claimed_one_has_none(kappa):
    frame = precision.compute_precision("float32", kappa)
    assert frame.claimed[-1] < 1e-2 * frame.true[-1]
    assert frame.true.min() > 0.1 * np.finfo(np.float32).eps


# -- negative curvature -------------------------------------------------------------------------
@unhurried
@given(b=starts, lowest=st.floats(-3, 3), radius=st.floats(0.5, 2.8))
def test_steihaug_stays_in_the_circle_and_never_climbs(b, lowest, radius):
    frame = indefinite.compute_indefinite(b, lowest, radius)
    assert np.linalg.norm(frame.proposal.p) <= radius * (1 + 1e-9)
    assert (np.diff(frame.heights[1]) <= 1e-9).all()


@unhurried
@given(b=starts, lowest=st.floats(0.2, 3))
def test_on_a_bowl_plain_cg_ends_at_the_minimum_and_agrees_with_a_wide_circle(b, lowest):
    frame = indefinite.compute_indefinite(b, lowest, 1e3)
    assert (frame.curvatures > 0).all()
    np.testing.assert_allclose(frame.blind[-1], frame.proposal.p, atol=1e-6)


@unhurried
@given(b=starts, lowest=st.floats(-3, -0.2))
def test_with_two_signs_plain_cg_ends_on_the_saddle(b, lowest):
    frame = indefinite.compute_indefinite(b, lowest, 2.0)
    assume(len(frame.blind) == 3)
    assume(np.abs(frame.curvatures).min() > 1e-3)
    assert frame.flat
    assert (frame.curvatures < 0).any()


@pytest.mark.parametrize(
    ("lowest", "radius", "words"),
    [
        (-0.8, 2.4, "having climbed"),
        (0.1, 2.4, "cut off at the rim"),
        (1.0, 2.4, "ends inside the circle"),
        (0.0, 2.4, "stuck"),
    ],
)
def test_the_words_know_how_both_methods_end(lowest, radius, words):
    stage = explore.NegativeCurvature()
    stage.lowest.value, stage.radius.value = lowest, radius
    assert words in stage.words


def test_a_right_hand_side_of_zero_leaves_nothing_to_do():
    stage = explore.NegativeCurvature()
    stage.b.value = (0.0, 0.0)
    assert "no step to take" in stage.words


# -- the pictures -------------------------------------------------------------------------------
@cache
def made(explorable):
    """One stage of each kind for all tests: the flipbooks take a second to compute."""
    return explorable()


@each_explorable
def test_no_extreme_of_the_controls_raises(explorable):
    stage = made(explorable)
    for places in extremes(stage):
        put(stage, places)
        assert stage.words
        assert "nan" not in stage.words


@each_explorable
def test_no_position_of_the_controls_raises(explorable):
    stage, rng = made(explorable), np.random.default_rng(0)
    for _ in range(15):
        put(stage, anywhere(stage, rng))
        assert stage.words
        assert "nan" not in stage.words


@each_explorable
def test_every_control_changes_the_picture(explorable):
    stage = made(explorable)
    for name, control in stage.controls.items():
        before, seen = control.value, set()
        for place in ends(control):
            put(stage, {name: place})
            seen.add((picture(stage), stage.words))
        assert len(seen) > 1, name
        control.value = before


@pytest.mark.parametrize("explorable", [explore.Preconditioner, explore.Precision])
def test_what_has_no_handle_is_a_flipbook_with_every_page_ready(explorable):
    stage = made(explorable)
    assert len(stage.pages) == np.prod([len(c.positions()) for c in stage.controls.values()])


# -- the numbers of the prose -------------------------------------------------------------------
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "08_conjugate_gradients.ipynb"
CELLS = {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}

# (markdown cell, words that stand there, the number they name, code cell, its value from the
# cell's result `out` and the notebook's names `ns` after it); it agrees as the number is rounded.
PROSE_NUMBERS = [
    ("title", "A million unknowns", "1000000", "million-run", lambda out, ns: len(ns["b"])),
    ("title", "eight terabytes", "8", "million-run", lambda out, ns: 8 * len(ns["b"]) ** 2 / 1e12),
    ("title", "content with 20", "20", "million-run", lambda out, ns: out[0]),
    ("quadratic", "3 on its diagonal", "3", "million-run",
     lambda out, ns: ns["chain"](np.eye(5)[2])[2]),
    ("quadratic", "−1 beside it", "-1", "million-run",
     lambda out, ns: ns["chain"](np.eye(5)[2])[1]),
    ("conjugate", r"$\kappa = 10^6$", "1000000", "conjugate-run",
     lambda out, ns: np.linalg.cond(ns["H"])),
    ("cg-use", "200 unknowns", "200", "agree-run", lambda out, ns: len(ns["b"])),
    ("claims", "eight directions", "8", "claims-run", lambda out, ns: len(ns["P"])),
    ("explore-spectrum", "the bound is nearly reached", "0.96", "bound-run",
     lambda out, ns: out[0, 1] / out[0, 2]),
    ("precondition", "300 unknowns", "300", "pcg-run", lambda out, ns: len(ns["b"])),
    ("precondition", "four decades", "4", "pcg-run",
     lambda out, ns: np.log10(np.diag(ns["H"]).max() / np.diag(ns["H"]).min())),
    ("bound", "2,000 eigenvalues", "2000", "bound-run", lambda out, ns: len(ns["h"])),
    ("stop-run-said", "200 unknowns", "200", "residual-run", lambda out, ns: len(ns["b"])),
    ("stop-run-said", r"$\kappa = 10^4$", "10000", "residual-run",
     lambda out, ns: ns["h"][-1] / ns["h"][0]),
    ("martens", "almost a quarter", "0.23", "residual-run", lambda out, ns: out[0, 2]),
    ("martens", "After 106 steps nearly all", "0.995", "residual-run", lambda out, ns: out[2, 2]),
    ("martens", "27 %", "0.27", "residual-run", lambda out, ns: out[2, 1]),
    ("martens", "After 106 steps", "106", "martens-run", lambda out, ns: out[1]),
    ("precision", "it took 381", "381", "residual-run", lambda out, ns: ns["run"].k),
    ("next", "stands still at a few per cent", "0.03", "breaks-run", lambda out, ns: out[3, 2]),
]  # fmt: skip


@pytest.fixture(scope="module")
def results():
    """What each code cell without exercise or widget says: (result, names then, printed)."""
    names, found = {"pcg": exercises.pcg.reference}, {}
    for cell in CELLS.values():
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and tags <= {"setup"} and not cell.id.startswith("check-"):
            out = run(cell.source.replace("%matplotlib inline", ""), names)
            found[cell.id] = out, dict(names)
    return found


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
    out, names = results[code]
    unit = 10.0 ** -len(number.partition(".")[2])
    assert abs(float(value(out, names)) - float(number)) <= 0.5001 * unit


def test_steepest_descent_needs_steps_in_proportion_to_kappa(results):
    counts, _ = results["zigzag-run"]
    assert "grows like $\\kappa$" in CELLS["conjugate"].source
    assert counts[1.0] == 1
    for kappa in (100.0, 1000.0):
        assert counts[kappa] / counts[kappa / 10] == pytest.approx(10, rel=0.01)
    per_step = np.log(1e-6) / np.log((1e6 - 1) / (1e6 + 1))
    assert per_step > 2e6
    assert "millions of steps" in two_variables.questions[0].text


def test_two_conjugate_steps_are_right_up_to_rounding(results):
    assert "Zero up to rounding, both" in CELLS["explore-ellipse"].source
    assert np.abs(results["conjugate-run"][0]).max() < 1e-9


def test_newton_by_products_is_newton(results):
    mine, theirs = results["newton-run"][0]
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_the_residual_rises_early_and_the_model_never(results):
    table, names = results["residual-run"]
    assert "*larger* than at the start" in CELLS["martens"].source
    assert table[0, 1] > 1
    assert np.sum(np.diff(names["norms"]) > 0) > 100
    assert np.sum(np.diff(names["phi"]) > 0) == 0


def test_the_three_forcing_terms_do_what_is_said_of_them(results):
    newton_cg = results["inexact-run"][1]["newton_cg"]
    half = newton_cg(lambda size: 0.5)
    classic = newton_cg(lambda size: min(0.5, np.sqrt(size)))
    exact = newton_cg(lambda size: 1e-10)
    assert exact[0] <= classic[0] < half[0]  # moves
    assert classic[1] < half[1] < exact[1]  # products
    np.testing.assert_allclose([half[2], classic[2]], exact[2], rtol=1e-9)
    assert "ten digits" in CELLS["precision"].source


def test_plain_cg_goes_down_up_and_ends_higher(results):
    _, names = results["negative-run"]
    heights = [names["model"](x) for x in names["walk"]]
    assert heights[1] < heights[3] < heights[2]
    assert "down, *up*, and ends higher than it had been" in CELLS["negative-said"].source
    assert on_a_saddle.questions[0].answer == 2
    assert three_values.questions[0].answer == 0


def test_the_noisy_run_stands_still_while_the_exact_one_goes_on(results):
    table, _ = results["breaks-run"]
    assert table[2:, 2].min() > 0.01
    assert table[2:, 2].max() < 0.1
    assert table[3, 1] < 1e-6


def test_the_shipped_bug_never_gets_anywhere(results):
    names = results["pcg-run"][1]
    bug = exercises.pcg.compiled(exercises.pcg.stub, "<bug>")
    H, b, d = names["H"], names["b"], names["d"]
    left = [
        np.linalg.norm(b - H @ f(lambda p: H @ p, b, lambda r: r / d, 20)) / np.linalg.norm(b)
        for f in (bug, exercises.pcg.reference)
    ]
    assert left[0] > 1
    assert left[1] < 1e-8
