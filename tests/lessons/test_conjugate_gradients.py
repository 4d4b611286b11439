"""Lesson 08: what its pictures compute is mathematics, and every number of its prose is true."""

from __future__ import annotations

import warnings
from functools import cache

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
from tests.lessons.prose_numbers import Lesson, each

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
    "use",
    [np.linalg.norm, np.zeros_like, lambda v: v.copy(), lambda v: np.zeros(2) + v, list,
     lambda v: v[0]],
)  # fmt: skip
def test_a_bare_vector_refuses_what_belongs_to_numpy_and_says_what_is_allowed(use):
    with pytest.raises((TypeError, AttributeError), match=r"only \+ - \* / and @"):
        use(Bare([1.0, 2.0]))


@pytest.mark.parametrize("use", [lambda v: v * v, lambda v: v / v])
def test_bare_vectors_know_no_product_entry_by_entry(use):
    with pytest.raises(TypeError, match="need the number p @ q"):
        use(Bare([1.0, 2.0]))


@pytest.mark.parametrize("name", ["cg", "guarded_cg", "martens_stop", "pcg"])
def test_a_wrong_answer_meets_no_warning_of_numpy(name):
    exercise = getattr(exercises, name)
    for key in exercise.mutants:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            exercise.check(exercise.mutant(key))
        assert not heard, (key, [str(warning.message) for warning in heard])


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


def test_an_eigenvalue_near_zero_suffers_most_and_two_clusters_that_meet_share_a_root():
    near_zero = [spectrum.compute_polynomial(np.array([c, 4, 9]), 0.8, 3) for c in (1, 0.6, 0.3)]
    assert all(np.argmax(np.abs(f.factors)) == np.argmin(f.h) for f in near_zero)
    assert np.all(np.diff([f.errors[3] for f in near_zero]) > 0)
    apart, *met = (
        spectrum.compute_polynomial(np.array(at), 0.2, 2).errors[2]
        for at in ([1, 4, 9], [3.6, 4, 9], [1, 8.8, 9], [1, 1.4, 9])
    )
    assert max(met) < 0.4 * apart


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


@pytest.mark.parametrize(
    ("coupling", "rest"),
    [("none", "nothing else was in the way"), ("weak", "what is left is the coupling")],
)
def test_the_words_know_whether_any_coupling_is_left(coupling, rest):
    plain, scaled = (scaling.compute_scaling(4, coupling, a) for a in (0.0, 1.0))
    assert rest in scaling.describe(plain, scaled, 1.0, 4)


def test_with_strong_coupling_no_exponent_needs_one_step():
    steps = [len(scaling.compute_scaling(4, "strong", a).errors) for a in np.linspace(0, 1.5, 13)]
    assert min(steps) - 1 > 20


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
    frame = indefinite.compute_indefinite(np.array([0.3, 1.9]), lowest, radius)
    assert words in indefinite.describe(frame)


def test_a_right_hand_side_of_zero_leaves_nothing_to_do():
    frame = indefinite.compute_indefinite(np.zeros(2), -0.8, 2.4)
    assert "no step to take" in indefinite.describe(frame)


@unhurried
@given(b=starts, lowest=st.floats(-3, 3), radius=st.floats(0.5, 2.8))
def test_where_b_itself_has_negative_curvature_plain_cg_sets_out_backwards(b, lowest, radius):
    frame = indefinite.compute_indefinite(b, lowest, radius)
    assume(frame.curvatures.size)
    first = frame.blind[1]
    assert (first @ b > 0) == (frame.curvatures[0] > 0)


@unhurried
@given(b=starts, lowest=st.floats(0.1, 3), radius=st.floats(0.5, 2.8))
def test_both_methods_agree_if_and_only_if_the_minimum_lies_inside_the_circle(b, lowest, radius):
    assume(np.linalg.norm(b) > 1e-3)
    frame = indefinite.compute_indefinite(b, lowest, radius)
    far = np.linalg.norm(frame.blind[-1])
    assume(abs(far - radius) > 1e-6)
    assert np.allclose(frame.proposal.p, frame.blind[-1], atol=1e-7) == (far < radius)


@unhurried
@given(seed=seeds)
def test_iterates_of_cg_go_lower_and_farther_out(seed):
    H, b = system(seed)
    walk = [cg(lambda p: H @ p, b, 0.0, k) for k in range(8)]
    assert (np.diff([0.5 * x @ H @ x - b @ x for x in walk]) <= 1e-12).all()
    assert (np.diff(np.linalg.norm(walk, axis=1)) >= -1e-12).all()


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


# -- the prose -----------------------------------------------------------------------------------
def mended(ns, steps):
    """What is left of the residual when the bug is out."""
    x = exercises.pcg.reference(ns["product"], ns["b"], ns["inverse"], steps)
    return np.linalg.norm(ns["b"] - ns["H"] @ x) / np.linalg.norm(ns["b"])


def moved(out, line, place):
    """A figure of the table that Newton's method prints."""
    return float(out.splitlines()[line].split()[place])


def promised(out, ns):
    """The error over the promise of κ for three clusters that touch, and k from 3 to 8."""
    frame = spectrum.compute_polynomial(np.array([2.0, 5.0, 8.0]), 3.0, 3)
    return frame.errors[3:9] / frame.bound[3:9]


def written_lines(out, ns):
    """Lines of the reference without its signature and docstring."""
    return len(exercises.cg.reference_source.split('"""')[2].strip().splitlines())


# (markdown cell, words in it, the number they name, code cell, its value from result and names)
PROSE_NUMBERS = [
    ("title", "A million unknowns", "1000000", "million-run", lambda out, ns: len(ns["b"])),
    ("title", "eight terabytes", "8", "million-run", lambda out, ns: 8 * len(ns["b"]) ** 2 / 1e12),
    ("title", "content with 20", "20", "million-run", lambda out, ns: out[0]),
    ("title", "in about ten lines", "1e1", "ex-cg", written_lines),
    ("quadratic", "3 on its diagonal", "3", "million-run",
     lambda out, ns: ns["chain"](np.eye(5)[2])[2]),
    ("quadratic", "−1 beside it", "-1", "million-run",
     lambda out, ns: ns["chain"](np.eye(5)[2])[1]),
    ("quadratic", "Why 20?", "20", "million-run", lambda out, ns: out[0]),
    ("quadratic", "is a millionth of", "1.0e-6", "zigzag-run",
     lambda out, ns: np.exp(-2 * out[1000.0] / 1000)),
    ("conjugate", r"grows like $\kappa$", "10.0", "zigzag-run",
     lambda out, ns: out[1000.0] / out[100.0]),
    ("conjugate", r"$\kappa = 10^6$", "1000000", "conjugate-run",
     lambda out, ns: np.linalg.cond(ns["H"])),
    ("explore-ellipse", "Zero up to rounding", "0.0000000000", "conjugate-run",
     lambda out, ns: out[0]),
    ("explore-ellipse", "Zero up to rounding", "0.000000000", "conjugate-run",
     lambda out, ns: out[1]),
    ("cg-use", "200 unknowns", "200", "agree-run", lambda out, ns: len(ns["b"])),
    ("cg-use", "two distances", "2", "agree-run", lambda out, ns: len(out)),
    ("cg-use", "by two products", "2", "newton-run", lambda out, ns: ns["B"].shape[0]),
    ("claims", "eight directions", "8", "claims-run", lambda out, ns: len(ns["P"])),
    ("claims", "200-dimensional", "200", "claims-run", lambda out, ns: ns["P"].shape[1]),
    ("polynomials", "after 0, 1, 2, 3 and 4 steps", "5", "three-run",
     lambda out, ns: len(ns["left"])),
    ("bound", "Three, up to rounding", "3", "three-run",
     lambda out, ns: next(k for k, left in enumerate(ns["left"]) if left < 1e-8)),
    ("bound", "2,000 eigenvalues", "2000", "bound-run", lambda out, ns: len(ns["h"])),
    ("bound", r"$\varepsilon = 10^{-8}$", "1.0e-8", "bound-run",
     lambda out, ns: 2 * np.exp(-2 * ns["rows"][-1][2] / np.sqrt(ns["rows"][-1][0]))),
    ("bound", r"$\varepsilon = 10^{-8}$", "1.0e-8", "bound-run",
     lambda out, ns: np.exp(-2 * ns["rows"][-1][3] / ns["rows"][-1][0])),
    ("explore-spectrum", "the bound is nearly reached", "0.9", "bound-run",
     lambda out, ns: min(k / bound for _, k, bound, _ in ns["rows"])),
    ("explore-spectrum", "between 1 and 5", "1.0", "million-run",
     lambda out, ns: np.linalg.eigvalsh([ns["chain"](row) for row in np.eye(60)]).min()),
    ("explore-spectrum", "between 1 and 5", "5.0", "million-run",
     lambda out, ns: np.linalg.eigvalsh([ns["chain"](row) for row in np.eye(60)]).max()),
    ("explore-spectrum", "about 21 steps", "21", "bound-run", lambda out, ns: out[0, 2]),
    ("precondition", "three points take three steps", "3", "three-run",
     lambda out, ns: len(spectrum.compute_polynomial(np.array([1, 4, 9]), 0, 3).errors) - 1),
    ("precondition", "near half of the promise", "0.5", "bound-run",
     lambda out, ns: np.mean(promised(out, ns))),
    ("precondition", "300 unknowns", "300", "pcg-run", lambda out, ns: len(ns["b"])),
    ("precondition", "four decades", "4", "pcg-run",
     lambda out, ns: np.log10(np.diag(ns["H"]).max() / np.diag(ns["H"]).min())),
    ("explore-scaling", "below a billionth", "0.0000000000", "pcg-run",
     lambda out, ns: mended(ns, 20) / 10),
    ("explore-scaling", "stands at twice its start", "2", "pcg-run",
     lambda out, ns: float(out.splitlines()[1].split()[1])),
    ("stop-run-said", "200 unknowns", "200", "residual-run", lambda out, ns: len(ns["b"])),
    ("stop-run-said", r"$\kappa = 10^4$", "10000", "residual-run",
     lambda out, ns: ns["h"][-1] / ns["h"][0]),
    ("stop-run-said", r"down to $10^{-5}\,\|b\|$", "1e-5", "residual-run",
     lambda out, ns: ns["norms"][-1] / ns["norms"][0]),
    ("martens", "almost a quarter", "0.23", "residual-run", lambda out, ns: out[0, 2]),
    ("martens", "After 106 steps nearly all", "0.995", "residual-run", lambda out, ns: out[2, 2]),
    ("martens", "27 %", "0.27", "residual-run", lambda out, ns: out[2, 1]),
    ("martens", "After 106 steps", "106", "martens-run", lambda out, ns: out[1]),
    ("inexact", "99.5 % of the fall", "0.995", "martens-run", lambda out, ns: out[2]),
    ("inexact", "saves 275 of 381 steps", "275", "martens-run",
     lambda out, ns: ns["run"].k - out[0]),
    ("precision", "a little less than half", "0.4", "inexact-run",
     lambda out, ns: np.cbrt(moved(out, 0, -1) / moved(out, 0, -4))),
    ("precision", "to ten digits", "10", "inexact-run",
     lambda out, ns: -np.log10(ns["forcing"](1.0))),
    ("precision", "Look back at the 200 unknowns", "200", "residual-run",
     lambda out, ns: len(ns["b"])),
    ("precision", "it took 381", "381", "residual-run", lambda out, ns: ns["run"].k),
    ("negative", r"$\mathrm{diag}(1, -2, 3)$", "-2", "negative-run",
     lambda out, ns: np.diag(ns["D"]) @ [0, 1, 0]),
    ("breaks", "by a random 1 %", "0.01", "breaks-run",
     lambda out, ns: np.std([ns["products"][1](1 / ns["s"]) for _ in range(200)])),
    ("next", "stands still at a few per cent", "0.03", "breaks-run", lambda out, ns: out[3, 2]),
]  # fmt: skip


@pytest.fixture(scope="module")
def lesson():
    return Lesson("08_conjugate_gradients")


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_steepest_descent_needs_steps_in_proportion_to_kappa(lesson):
    counts = lesson.results["zigzag-run"]
    assert counts[1.0] == 1
    for kappa in (100.0, 1000.0):
        assert counts[kappa] / counts[kappa / 10] == pytest.approx(10, rel=0.01)
    per_step = np.log(1e-6) / np.log((1e6 - 1) / (1e6 + 1))
    assert per_step > 2e6
    assert "millions of steps" in two_variables.questions[0].text


def test_newton_by_products_is_newton(lesson):
    mine, theirs = lesson.results["newton-run"]
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_the_chain_takes_no_more_steps_than_its_kappa_promises(lesson):
    steps, (_, _, bound, _) = lesson.results["million-run"][0], lesson.names["bound-run"]["rows"][0]
    assert steps <= bound + 0.5 * np.sqrt(5) * np.log(np.sqrt(5))  # ‖r‖ for the error: √κ at most


def test_touching_clusters_touch_and_leave_half_of_the_promise():
    h = spectrum.eigenvalues(np.array([2.0, 5.0, 8.0]), 3.0).reshape(3, -1)
    np.testing.assert_allclose(h[1:, 0], h[:-1, -1])
    ratios = promised(None, None)
    assert 0.4 < ratios.min() < ratios.max() < 0.6


def test_the_residual_rises_early_and_the_model_never(lesson):
    table, names = lesson.results["residual-run"], lesson.names["residual-run"]
    assert "*larger* than at the start" in lesson.cells["martens"].source
    assert table[0, 1] > 1
    assert np.sum(np.diff(names["norms"]) > 0) > 100
    assert np.sum(np.diff(names["phi"]) > 0) == 0


def test_the_three_forcing_terms_do_what_is_said_of_them(lesson):
    newton_cg = lesson.names["inexact-run"]["newton_cg"]
    half, classic, exact = (
        [float(word) for word in newton_cg(forcing)]
        for forcing in (lambda s: 0.5, lambda s: min(0.5, np.sqrt(s)), lambda s: 1e-10)
    )
    assert exact[0] <= classic[0] < half[0]  # moves
    assert classic[1] < half[1] < exact[1]  # products
    assert half[2] == classic[2] == exact[2]
    sizes = {"half": half[3:], "classic": classic[3:], "exact": exact[3:]}
    assert all(0.3 < b / a < 0.7 for a, b in zip(sizes["half"], sizes["half"][1:], strict=False))
    for name, order in (("classic", 1.5), ("exact", 2.0)):
        size = np.array(sizes[name])
        constants = size[1:] / size[:-1] ** order
        assert constants.max() / constants.min() < 4, name


def test_plain_cg_goes_down_up_and_ends_higher(lesson):
    names = lesson.names["negative-run"]
    heights = [names["model"](x) for x in names["walk"]]
    assert heights[1] < heights[3] < heights[2]
    assert "down, *up*, and ends higher than it had been" in lesson.cells["negative-said"].source
    assert on_a_saddle.questions[0].answer == 2
    assert three_values.questions[0].answer == 0


def test_the_noisy_run_stands_still_while_the_exact_one_goes_on(lesson):
    table, names = lesson.results["breaks-run"], lesson.names["breaks-run"]
    assert table[3, 1] < 1e-6
    noisy = [names["left"](cg(names["products"][1], names["c"], 0.0, k)) for k in (40, 200, 1000)]
    assert 0.01 < min(noisy) < max(noisy) < 0.1


def test_the_shipped_bug_never_gets_anywhere(lesson):
    printed = [float(line.split()[2]) for line in lesson.results["pcg-run"].splitlines()]
    assert printed[0] > 1
    assert np.all(np.diff(printed) > 0)
    assert mended(lesson.names["pcg-run"], 20) < 1e-9
