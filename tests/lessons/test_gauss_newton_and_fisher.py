"""Lesson 10: its pictures compute mathematics, its numbers are what its cells give."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from torch.nn.functional import cross_entropy, mse_loss

from sgo_teach.lessons.gauss_newton_and_fisher import (
    coffee,
    curve_fit,
    exercises,
    explore,
    gaussian,
    spectra,
)
from sgo_teach.lessons.gauss_newton_and_fisher.history import STEPS, measured, recorded, train
from sgo_teach.lessons.gauss_newton_and_fisher.small_net import (
    LABELS,
    initial,
    matrices,
    outputs,
    small_digits,
)
from sgo_teach.nets.curvature import EmpiricalFisherProduct, FisherProduct, GaussNewtonProduct
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.solvers.damping import levenberg_marquardt_steps
from sgo_teach.solvers.gauss_newton import GaussNewton
from sgo_teach.solvers.steps import gradient_below, minimize
from sgo_teach.stage import Handle
from tests.lessons.hands import anywhere, ends, picture, put

unhurried = settings(deadline=None, max_examples=40)
thetas = st.tuples(st.floats(0.1, 8), st.floats(-0.2, 2.5)).map(np.array)
readings = st.tuples(*[st.floats(0, 8)] * 5).map(np.array)
starts = st.tuples(st.floats(-3, 5), st.floats(0.3, 4))
names = st.sampled_from(list(gaussian.COORDINATES))
STAGES = [explore.CurveFit, explore.Spectra, explore.NaturalGradient]
each_stage = pytest.mark.parametrize("stage", STAGES)


# -- the coffee ---------------------------------------------------------------------------------
@unhurried
@given(theta=thetas, y=readings)
def test_j_is_the_derivative_of_r_and_h_that_of_the_gradient(theta, y):
    h, unit = 1e-5, np.eye(2)
    slopes = [coffee.residual(theta + h * e) - coffee.residual(theta - h * e) for e in unit]
    np.testing.assert_allclose(np.array(slopes).T / (2 * h), coffee.jacobian(theta), atol=1e-5)

    def gradient(at):
        return coffee.jacobian(at).T @ coffee.residual(at, y)

    bends = [(gradient(theta + h * e) - gradient(theta - h * e)) / (2 * h) for e in unit]
    H = coffee.gauss_newton(theta) + coffee.second_term(theta, y)
    np.testing.assert_allclose(np.array(bends), H, atol=1e-5 * (1 + np.abs(H).max()))


@unhurried
@given(theta=thetas, y=readings, damping=st.floats(1e-4, 100))
def test_the_gauss_newton_step_solves_its_system_and_descends(theta, y, damping):
    frame = curve_fit.compute_fit(theta, y, damping)
    G, step = coffee.gauss_newton(theta), frame.gauss_newton
    size = 1 + np.abs(frame.gradient).max()
    np.testing.assert_allclose(
        (G + damping * np.eye(2)) @ step.delta, -frame.gradient, atol=1e-7 * size
    )
    assert step.slope <= 0
    assert step.curvatures.min() >= -1e-12 * step.curvatures.max()


@unhurried
@given(theta=thetas, y=readings)
def test_the_tint_is_where_h_has_a_negative_eigenvalue(theta, y):
    land = curve_fit.landscape(tuple(y))
    (x0, x1), (y0, y1) = coffee.WINDOW
    column, row = (
        round((theta[i] - low) / (high - low) * (curve_fit.PLACES - 1))
        for i, (low, high) in enumerate(((x0, x1), (y0, y1)))
    )
    at = np.array(
        [
            x0 + column * (x1 - x0) / (curve_fit.PLACES - 1),
            y0 + row * (y1 - y0) / (curve_fit.PLACES - 1),
        ]
    )
    lowest = curve_fit.compute_fit(at, y, 1.0).newton.curvatures[0]
    assert abs(lowest) < 1e-9 or land.downward[row, column] == (lowest < 0)


def test_level_lines_lie_at_their_levels():
    lines = curve_fit.landscape(tuple(coffee.READINGS)).lines
    inside = lines[np.isfinite(lines).all(axis=1)]
    assert len(inside) > 100
    heights = coffee.loss(inside)
    assert len(np.unique(np.round(heights[heights < 20], 1))) < 60


def test_pressing_the_button_arrives_where_scipy_arrives():
    stage, values = explore.CurveFit(), []
    for _ in range(40):
        values.append(float(coffee.loss(np.array(stage.at.value))))
        stage.press.value += 1
    best = least_squares(coffee.residual, coffee.START, coffee.jacobian, method="lm").x
    assert np.all(np.diff(values) <= 0)
    np.testing.assert_allclose(stage.at.value, best, atol=1e-5)


def test_the_button_adapts_the_damping_by_the_rule_whether_the_step_is_taken_or_not():
    stage = explore.CurveFit()
    for damping in (1.5**-20, 1.0, 1.5**10):
        stage.at.value, stage.damping.value = coffee.START, damping
        y = stage.values()
        ratio = curve_fit.compute_fit(np.array(coffee.START), y, stage.damping.value).ratio
        wanted = levenberg_marquardt(stage.damping.value, ratio)
        stage.press.value += 1
        assert stage.damping.value == pytest.approx(wanted, rel=1e-6)


@unhurried
@given(y=st.tuples(*[st.floats(-0.4, 0.4)] * 5).map(np.array))
def test_the_part_left_out_is_the_factor_of_gauss_newton_s_convergence(y):
    y = coffee.READINGS + y
    problem = GaussNewton(lambda at: coffee.residual(at, y), coffee.jacobian)
    best = minimize(levenberg_marquardt_steps(problem, (5.0, 0.5)), gradient_below(1e-7), 200).x
    for _ in range(30):
        best = best + curve_fit.compute_fit(best, y, 0.0).gauss_newton.delta
    h, found = 1e-6, []
    for e in np.eye(2):
        moved = [
            p + curve_fit.compute_fit(p, y, 0.0).gauss_newton.delta
            for p in (best + h * e, best - h * e)
        ]
        found.append((moved[0] - moved[1]) / (2 * h))
    factor = np.abs(np.linalg.eigvals(np.array(found).T)).max()
    assert curve_fit.compute_fit(best, y, 0.0).left_out == pytest.approx(factor, abs=1e-4)


# -- the small network --------------------------------------------------------------------------
@pytest.fixture(scope="module")
def small():
    X, y = small_digits()
    theta = torch.tensor(recorded().theta[5])
    return X, y, theta, matrices(theta, X, y)


def test_the_written_out_matrices_are_those_of_the_course_s_products(small):
    X, y, theta, known = small
    theta = theta.clone().requires_grad_()
    z = outputs(theta, X)
    loss = cross_entropy(z, y)
    products = {
        "gauss_newton": GaussNewtonProduct(loss, z, [theta], "cross_entropy"),
        "empirical_fisher": EmpiricalFisherProduct(loss, z, [theta]),
    }
    fisher = FisherProduct(z, [theta], "cross_entropy")
    v = torch.randn(len(theta), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for name, product in products.items():
        torch.testing.assert_close(product(v), getattr(known, name) @ v, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(fisher(v), known.gauss_newton @ v, rtol=1e-9, atol=1e-12)


def test_the_product_of_exercise_3_is_that_of_the_package(small):
    X, _, theta, known = small
    v = torch.randn(len(theta), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    product, times = exercises.ggn_vector_product, exercises.output_hessian_product
    mine = product.reference(lambda t: outputs(t, X), times.reference, theta, v)
    torch.testing.assert_close(mine, known.gauss_newton @ v, rtol=1e-9, atol=1e-12)


def test_averaged_over_labels_drawn_from_the_model_h_is_g(small):
    X, _, theta, known = small
    p = outputs(theta, X).softmax(1).detach()
    H = torch.func.hessian(lambda t: cross_entropy(outputs(t, X), p))(theta)
    torch.testing.assert_close(H, known.gauss_newton, rtol=0, atol=1e-10)


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 3))
def test_g_never_bends_downwards_wherever_the_network_stands(seed, scale):
    X, y = small_digits()
    G = matrices(scale * initial(seed), X[:40], y[:40]).gauss_newton
    h = torch.linalg.eigvalsh(G)
    assert h[0] >= -1e-12 * h[-1]


def test_for_squared_error_labels_drawn_around_the_outputs_give_g():
    theta = torch.tensor([5.0, 0.5], dtype=torch.float64, requires_grad=True)
    z = theta[0] * torch.exp(-theta[1] * torch.arange(5.0, dtype=torch.float64))
    y = torch.tensor(coffee.READINGS)
    G = GaussNewtonProduct(mse_loss(z, y), z, [theta], "squared_error")
    want = 2 / 5 * coffee.gauss_newton(np.array([5.0, 0.5]))
    np.testing.assert_allclose([G(v).numpy() for v in torch.eye(2).double()], want, atol=1e-12)


# -- the recording ------------------------------------------------------------------------------
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("moment", [0, 7, 11])
def test_what_was_recorded_is_what_its_theta_gives(labels, moment):
    history, (X, y) = recorded(labels), small_digits(labels)
    now = measured(torch.tensor(history.theta[moment]), X, y)
    for name, value in now.items():
        np.testing.assert_allclose(getattr(history, name)[moment], value, rtol=1e-4, atol=1e-6)


def test_training_again_takes_the_same_way():
    fresh, kept = train(LABELS[0], STEPS[:4]), recorded()
    np.testing.assert_allclose(fresh.theta, kept.theta[:4], atol=1e-4)


def test_with_right_labels_h_comes_to_g_and_its_negative_eigenvalues_fade():
    history = recorded()
    frames = [spectra.compute_spectra(history, m) for m in range(len(history.steps))]
    assert frames[0].below > 172 / 3 > 3 * frames[-1].below
    assert np.all(np.diff(history.gap) < 0.01)
    assert -frames[-1].hessian[-1] < 1e-3 * -frames[0].hessian[-1]
    assert all(frame.gauss_newton.min() > -1e-7 for frame in frames)


def test_the_empirical_fisher_comes_closest_where_labels_look_like_draws_from_the_model():
    right, shuffled = (recorded(labels).empirical_gap for labels in LABELS)
    assert shuffled.min() < 0.15 < 0.4 < right.min()
    assert right[-1] > 0.95


# -- the Gaussian -------------------------------------------------------------------------------
@unhurried
@given(start=starts, name=names)
def test_charts_are_inverses_with_the_slopes_they_claim(start, name):
    chart, (mu, sigma), h = gaussian.COORDINATES[name], start, 1e-6
    phi = chart.to(mu, sigma)
    assert chart.back(mu, phi) == pytest.approx(sigma)
    p, q = chart.slopes(mu, sigma)
    h = 1e-5 * sigma**2
    along_mu = (chart.back(mu + h, phi) - chart.back(mu - h, phi)) / (2 * h)
    along_phi = (chart.back(mu, phi + h) - chart.back(mu, phi - h)) / (2 * h)
    assert (along_mu, along_phi) == (pytest.approx(p, abs=1e-3), pytest.approx(q, rel=1e-3))


@unhurried
@given(start=starts)
def test_the_gradient_is_that_of_the_loss(start):
    (mu, sigma), h = start, 1e-6
    g = gaussian.gradient(mu, sigma)
    slope = gaussian.loss(mu + h, sigma) - gaussian.loss(mu - h, sigma)
    other = gaussian.loss(mu, sigma + h) - gaussian.loss(mu, sigma - h)
    np.testing.assert_allclose([slope, other], 2 * h * np.array(g), atol=1e-8 * (1 + abs(g[1])))


@unhurried
@given(start=starts, name=names)
def test_small_natural_steps_follow_one_flow_in_any_coordinates(start, name):
    far = [
        np.linalg.norm(
            gaussian.gaussian_walk(start, name, True, alpha, round(1 / alpha))[-1]
            - gaussian.gaussian_flow(start, 1.0)
        )
        for alpha in (1e-2, 1e-3)
    ]
    assert far[1] < 0.02
    assert far[1] < 0.15 * far[0] + 1e-9


@unhurried
@given(start=starts)
def test_in_the_moments_one_natural_step_arrives(start):
    end = gaussian.gaussian_walk(start, "μ² + σ²", True, 1.0, 1)[-1]
    np.testing.assert_allclose(end, (gaussian.MEAN, gaussian.SPREAD), atol=1e-9)


def test_the_natural_step_is_newton_s_where_the_model_fits():
    at, h = np.array([gaussian.MEAN, gaussian.SPREAD]), 1e-5
    bends = [
        (np.array(gaussian.gradient(*(at + h * e))) - np.array(gaussian.gradient(*(at - h * e))))
        / (2 * h)
        for e in np.eye(2)
    ]
    fisher = np.diag([1.0, 2.0]) / gaussian.SPREAD**2
    np.testing.assert_allclose(np.array(bends), fisher, atol=1e-6)


# -- the stages ---------------------------------------------------------------------------------
def corners(stage, rng, count):
    """Some of the extreme positions of all controls together."""
    choices = [ends(control) for control in stage.controls.values()]
    all_of_them = np.prod([len(choice) for choice in choices])
    if all_of_them <= count:
        drawn = itertools.product(*choices)
    else:
        drawn = ([choice[rng.integers(len(choice))] for choice in choices] for _ in range(count))
    return (dict(zip(stage.controls, places, strict=True)) for places in drawn)


@each_stage
def test_no_corner_of_the_controls_breaks_the_picture_and_the_words_follow(stage):
    shown, rng, said = stage(), np.random.default_rng(0), set()
    places = [*corners(shown, rng, 120), *(anywhere(shown, rng) for _ in range(20))]
    for place in places:
        with shown.held():
            put(shown, place)
        assert shown.words
        assert "nan" not in shown.words
        said.add(shown.words)
    assert len(said) > 3


@each_stage
def test_every_control_changes_the_picture_or_the_words(stage):
    shown = stage()
    for name, control in shown.controls.items():
        before, seen = shown.state, {(picture(shown), shown.words)}
        for place in [(0.4, 0.9)] if isinstance(control, Handle) else ends(control):
            put(shown, {name: place})
            seen.add((picture(shown), shown.words))
        assert len(seen) > 1, name
        with shown.held():
            for other, value in before.items():
                if other != "press":
                    shown.controls[other].value = value


def test_the_spectra_are_a_flipbook_with_every_page_ready():
    stage = explore.Spectra()
    assert len(stage.pages) == np.prod([len(c.positions()) for c in stage.controls.values()])


def test_at_the_start_newton_is_said_to_climb_and_the_other_step_to_be_refused():
    words = explore.CurveFit().words
    assert "Newton climbs" in words
    assert "Gauss–Newton descends" in words
    assert "is refused" in words


def test_a_plain_walk_that_leaves_the_gaussians_is_said_to_break_off():
    stage = explore.NaturalGradient()
    stage.at.value = (-2.0, 0.3)
    stage.step_size.value = 0.1
    assert "the four plain walks broke off" in stage.words
    assert "the four natural walks end within" in stage.words


# -- every number of the prose ------------------------------------------------------------------
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "10_gauss_newton_and_fisher.ipynb"
CELLS = {c.id: c for c in nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT).cells}
# (markdown cell, words in it, the number, code cell, its value from that cell's result and names)
PROSE_NUMBERS = [
    ("title", "more than a third", "66", "net-load",
     lambda out, ns: (ns["history"].hessian[0] < -1e-6).sum()),
    ("coffee", "Five readings", "5", "coffee-data", lambda out, ns: len(ns["y"])),
    ("damp", "tries four values", "4", "damp-run", lambda out, ns: len(out)),
    ("rate", "the errors of five points", "5", "rate-run", lambda out, ns: len(ns["exact"][:5])),
    ("general", "the factor is 0.0145", "0.0145", "rate-compare", lambda out, ns: out[2]),
    ("net", "Two hundred digits", "200", "net-load", lambda out, ns: len(ns["X"])),
    ("net", "172 parameters", "172", "net-load", lambda out, ns: out[0]),
    ("net", "twelve moments", "12", "net-load", lambda out, ns: len(ns["history"].steps)),
    ("product-use", "all 172 unit vectors", "172", "product-run", lambda out, ns: len(ns["G"])),
    ("psd", "a dozen networks", "12", "psd-run", lambda out, ns: len(ns["lowest"])),
    ("explore-spectra", "the twelve Hessians", "12", "psd-run", lambda out, ns: len(ns["of_H"])),
    ("explore-spectra", "both eigenvalues of $G$ are negative", "2", "convex-run",
     lambda out, ns: (out < 0).sum()),
    ("explore-spectra", "after 64 steps", "64", "net-load", lambda out, ns: ns["history"].steps[6]),
    ("squared", "almost twice as large", "1.9", "fisher-run", lambda out, ns: ns["rows"][0][3]),
    ("squared", "less than a hundredth", "0.009", "fisher-run", lambda out, ns: ns["rows"][2][3]),
    ("natural", "sixteen steps", "16", "net-load", lambda out, ns: ns["history"].steps[4]),
    ("invariance", r"$\mu = 1$", "1", "invariance-run", lambda out, ns: out[1][0]),
    ("invariance", r"$\sigma = 0.7$", "0.7", "invariance-run", lambda out, ns: out[1][1]),
    ("breaks", "A tenth of the step", "10", "invariance-run",
     lambda out, ns: ns["table"][1, 0] / ns["table"][2, 0]),
    ("breaks", "a tenth of the gap", "10", "invariance-run",
     lambda out, ns: ns["table"][1, 1] / ns["table"][2, 1]),
    ("breaks", "each of three", "3", "breaks-run", lambda out, ns: len(out)),
]  # fmt: skip


@pytest.fixture(scope="module")
def results():
    """The result of each code cell that is neither exercise nor widget, and the names after it."""
    names, out, after = {}, {}, {}
    for cell in CELLS.values():
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and tags <= {"setup"} and not cell.id.startswith("check-"):
            out[cell.id] = run(cell.source.replace("%matplotlib inline", ""), names)
            after[cell.id] = dict(names)
    return out, after


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
    out, after = results
    unit = 10.0 ** -len(number.partition(".")[2])
    assert abs(float(value(out[code], after[code])) - float(number)) <= 0.5001 * unit


def test_newton_climbs_and_gauss_newton_overshoots_where_the_lesson_begins(results):
    (slope, before, newton), (descent, _, gauss) = results[0]["climb-run"]
    assert slope > 0 > descent
    assert gauss > newton > before


def test_some_damping_on_the_coffee_makes_the_loss_fall(results):
    table, before = results[0]["damp-run"], results[0]["climb-run"][0, 1]
    assert table[0, 1] > before > table[-1, 1]


def test_the_empirical_step_throws_the_trained_network_back(results):
    right, wrong, before, after, thrown = results[0]["hunt-run"]
    assert wrong > 5 * right
    assert after < before
    assert thrown == pytest.approx(recorded().loss[4], abs=0.1)


def test_too_little_damping_makes_the_loss_explode_and_costs_most(results):
    table = results[0]["breaks-run"]
    before = recorded().loss[0]
    assert table[0, 2] > 4 * before > before > table[2, 2] > table[1, 2]
    assert table[0, 1] > 80 > table[1, 1] > table[2, 1]


def test_the_notebook_s_network_is_the_one_that_was_recorded(results):
    names = results[1]["net-load"]
    theta = torch.tensor(recorded().theta[3])
    torch.testing.assert_close(names["network"](theta), outputs(theta, names["X"]))


def test_the_fitted_network_of_the_prediction_reads_all_its_images():
    history = recorded()
    assert (history.steps[-1], history.accuracy[-1]) == (2048, 1.0)
    assert history.loss[-1] == pytest.approx(0.003, abs=5e-4)
