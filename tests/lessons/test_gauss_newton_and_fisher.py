"""Lesson 10: its pictures compute mathematics, its numbers are what its cells give."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path
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
from tests.lessons.prose_numbers import Lesson, each

unhurried = settings(deadline=None, max_examples=40)
thetas = st.tuples(st.floats(0.1, 8), st.floats(-0.2, 2.5)).map(np.array)
readings = st.tuples(*[st.floats(0, 8)] * 5).map(np.array)
starts = st.tuples(st.floats(-3, 5), st.floats(0.3, 4))
names = st.sampled_from(list(gaussian.COORDINATES))
STAGES = [explore.CurveFit, explore.Spectra, explore.NaturalGradient]
each_stage = pytest.mark.parametrize("stage", STAGES)


@pytest.fixture(scope="module")
def built():
    """Every stage, drawn once, and where its controls begin."""
    stages = {stage: stage() for stage in STAGES}
    return {stage: (shown, shown.state) for stage, shown in stages.items()}


@pytest.fixture
def begun(built):
    """Give a stage whose controls are where they begin."""

    def put_back(stage):
        shown, places = built[stage]
        with shown.held():
            for name in places.keys() - {"press"}:
                shown.controls[name].value = places[name]
        return shown

    return put_back


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


def tinted(land, points):
    """Whether each of the points (k, 2) lies inside the borders of the tint."""
    whole = np.isfinite(land.downward).all(axis=1)
    first = np.r_[True, ~whole[:-1]]
    codes = np.where(first, Path.MOVETO, Path.LINETO)[whole]
    return Path(land.downward[whole], codes).contains_points(points) if whole.any() else False


@settings(deadline=None, max_examples=15)
@given(y=readings, seed=st.integers(0, 10**6))
def test_the_tint_is_where_h_has_a_negative_eigenvalue(y, seed):
    low, high = np.array(coffee.WINDOW).T
    share, last = np.random.default_rng(seed).uniform(0, 1, (100, 2)), len(curve_fit.POINTS) - 1
    column, row = np.floor(share * last).astype(int).T
    corners = [curve_fit.POINTS[row + i, column + j] for i in (0, 1) for j in (0, 1)]
    H = coffee.gauss_newton(np.array(corners)) + coffee.second_term(np.array(corners), y)
    below = np.linalg.eigvalsh(H)[..., 0] < 0  # (4, 100)
    sure = np.all(below == below[0], axis=0)  # no border runs through the cell of the point
    shown = tinted(curve_fit.landscape(tuple(y)), low + share * (high - low))
    assert np.all((shown == below[0])[sure])


def test_level_lines_lie_at_their_levels():
    lines = curve_fit.landscape(tuple(coffee.READINGS)).lines
    inside = lines[np.isfinite(lines).all(axis=1)]
    assert len(inside) > 100
    heights = coffee.loss(inside)
    assert len(np.unique(np.round(heights[heights < 20], 1))) < 60


def test_pressing_the_button_arrives_where_scipy_arrives(begun):
    stage, values = begun(explore.CurveFit), []
    for _ in range(40):
        values.append(float(coffee.loss(np.array(stage.at.value))))
        stage.press.value += 1
    best = least_squares(coffee.residual, coffee.START, coffee.jacobian, method="lm").x
    assert np.all(np.diff(values) <= 0)
    np.testing.assert_allclose(stage.at.value, best, atol=1e-5)


def test_the_button_adapts_the_damping_by_the_rule_whether_the_step_is_taken_or_not(begun):
    stage = begun(explore.CurveFit)
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
def test_no_corner_of_the_controls_breaks_the_picture_and_the_words_follow(begun, stage):
    shown, rng, said = begun(stage), np.random.default_rng(0), set()
    places = [*corners(shown, rng, 80), *(anywhere(shown, rng) for _ in range(20))]
    for place in places:
        with shown.held():
            put(shown, place)
        assert shown.words
        assert "nan" not in shown.words
        said.add(shown.words)
    assert len(said) > 3


@each_stage
def test_every_control_changes_the_picture_or_the_words(begun, stage):
    for name, control in begun(stage).controls.items():
        shown = begun(stage)
        seen = {(picture(shown), shown.words)}
        for place in [(0.4, 0.9)] if isinstance(control, Handle) else ends(control):
            put(shown, {name: place})
            seen.add((picture(shown), shown.words))
        assert len(seen) > 1, name


def test_a_reading_answers_the_keys_that_its_label_names_and_keeps_its_time(begun):
    stage = begun(explore.CurveFit)
    for reading in stage.readings:
        assert reading.label.endswith("moves up and down")
        (time, before), seen = reading.value, picture(stage)
        reading.nudge(1, 0)
        assert reading.value == (time, before)
        reading.nudge(0, 1)
        assert reading.value[0] == time
        assert reading.value[1] > before
        assert picture(stage) != seen


@unhurried
@given(start=starts, alpha=st.floats(0.03, 1), time=st.floats(0, gaussian.LONGEST))
def test_the_time_shows_more_or_less_of_the_same_walks(start, alpha, time):
    frame, steps = gaussian.compute_gaussian(start, alpha, time), round(time / alpha)
    for name, path in frame.natural.items():
        np.testing.assert_array_equal(path, gaussian.gaussian_walk(start, name, True, alpha, steps))


@unhurried
@given(start=starts, alpha=st.floats(0.03, 1))
def test_the_curves_over_time_are_the_losses_of_the_walks_and_end_where_they_end(start, alpha):
    walks = gaussian.compute_gaussian(start, alpha, 3.0).natural
    time, above = gaussian.excess(walks, alpha).T
    k = np.flatnonzero(np.isnan(time))[1:] - 1  # the last point of each
    ends = np.array([path[-1] for path in walks.values()])
    want = gaussian.loss(*ends.T) - gaussian.loss(gaussian.MEAN, gaussian.SPREAD)
    np.testing.assert_allclose(above[k], np.clip(want, gaussian.FLOOR, gaussian.HIGH))
    np.testing.assert_allclose(time[k], [alpha * (len(path) - 1) for path in walks.values()])


def test_paths_are_drawn_as_they_are_in_the_picture_and_around_it():
    low, high = np.array(gaussian.WINDOW).T
    inside = np.array([low, high, 2 * high - low, 2 * low - high])
    np.testing.assert_array_equal(gaussian.near(inside), inside)
    assert np.abs(gaussian.near(np.array([[1e6, -1e6]]))).max() < 50


def test_the_spectra_are_a_flipbook_with_every_page_ready(begun):
    stage = begun(explore.Spectra)
    assert len(stage.pages) == np.prod([len(c.positions()) for c in stage.controls.values()])


def test_at_the_start_newton_is_said_to_climb_and_the_other_step_to_be_refused(begun):
    words = begun(explore.CurveFit).words
    assert "Newton climbs" in words
    assert "Gauss–Newton descends" in words
    assert "is refused" in words


def test_a_plain_walk_that_leaves_the_gaussians_is_said_to_break_off(begun):
    stage = begun(explore.NaturalGradient)
    stage.at.value = (-2.0, 0.3)
    stage.step_size.value = 0.1
    assert "the four plain walks broke off" in stage.words
    assert "the four natural walks end within" in stage.words


# -- every number of the prose ------------------------------------------------------------------
def _loss_of(k):
    """A column of what fisher-run prints, by row."""
    return lambda row: lambda out, ns: out.split("\n")[row].split()[k]


def _refusals(out, ns):
    """How often the button of a fresh picture is pressed before θ moves for the first time."""
    presses = iter(range(20))
    while out.at.value == coffee.START:
        out.press.value, pressed = out.press.value + 1, next(presses)
    return pressed


_, _, _apart_from_fisher, _size_of_empirical = map(_loss_of, range(4))
# (markdown cell, words in it, the number, code cell, its value from that cell's result and names)
PROSE_NUMBERS = [
    ("title", "more than a third", "66", "net-load",
     lambda out, ns: (ns["history"].hessian[0] < -1e-6).sum()),
    ("coffee", "Five readings", "5", "coffee-data", lambda out, ns: len(ns["y"])),
    ("coffee", "one every ten minutes", "1", "coffee-data",
     lambda out, ns: np.diff(ns["t"]).max()),
    ("halves", r"at $\theta = (4, 1)$", "4", "halves-run", lambda out, ns: ns["start"][0]),
    ("halves", r"at $\theta = (4, 1)$", "1", "halves-run", lambda out, ns: ns["start"][1]),
    ("damp", "tries four values", "4", "damp-run", lambda out, ns: len(out)),
    ("rate", "five steps are refused", "5", "see-fit", _refusals),
    ("rate", "the errors of five points", "5", "rate-run", lambda out, ns: len(out[0])),
    ("rate", "Newton's speed", "2.0", "rate-compare", lambda out, ns: out[0]),
    ("general", "the factor is 0.0145", "0.0145", "rate-compare", lambda out, ns: out[2]),
    ("general", "the factor is 0.0145", "0.0145", "rate-compare", lambda out, ns: out[1]),
    ("general", "three images", "3", "out-run", lambda out, ns: len(ns["z"])),
    ("general", "four classes", "4", "out-run", lambda out, ns: ns["z"].shape[1]),
    ("net", "along a vector of ones there is no curvature", "0.000000000", "out-run",
     lambda out, ns: abs(out[1]).max()),
    ("net", "Two hundred digits", "200", "net-load", lambda out, ns: len(ns["X"])),
    ("net", "4 × 4 pixels", "16", "net-load", lambda out, ns: ns["X"].shape[1]),
    ("net", "6 hidden units", "6", "net-load", lambda out, ns: (out[0] - 10) / (16 + 1 + 10)),
    ("net", "172 parameters", "172", "net-load", lambda out, ns: out[0]),
    ("net", "twelve moments", "12", "net-load", lambda out, ns: len(ns["history"].steps)),
    ("product-use", "all 172 unit vectors", "172", "product-run", lambda out, ns: len(ns["G"])),
    ("psd", "a dozen networks", "12", "psd-run", lambda out, ns: len(ns["found"])),
    ("psd", "twelve lowest eigenvalues", "12", "psd-run", lambda out, ns: len(ns["drawn"])),
    ("psd", "for the coffee at $(4, 1)$", "4", "convex-run", lambda out, ns: ns["start"][0]),
    ("explore-spectra", "the twelve Hessians", "12", "psd-run", lambda out, ns: len(ns["found"])),
    ("explore-spectra", "both eigenvalues of $G$ are negative", "2", "convex-run",
     lambda out, ns: (out < 0).sum()),
    ("explore-spectra", "all 172 eigenvalues", "172", "net-load",
     lambda out, ns: ns["history"].hessian.shape[1]),
    ("explore-spectra", "after 64 steps", "64", "net-load", lambda out, ns: ns["history"].steps[6]),
    ("fisher-claim", "each of three moments", "3", "fisher-run",
     lambda out, ns: len(out.split("\n")) - 1),
    ("squared", "almost twice as large", "1.9", "fisher-run", _size_of_empirical(0)),
    ("squared", "less than a hundredth", "0.009", "fisher-run", _size_of_empirical(2)),
    ("squared", "each with probability ½", "1", "squared-run",
     lambda out, ns: out[0][1] / np.linalg.eigvalsh(ns["rows_of_J"].T @ ns["rows_of_J"])[1]),
    ("hunt", r"$\lambda = 10^{-5}$", "1e-5", "hunt-run",
     lambda out, ns: _damping_of(ns["wrong"], ns["E"], ns["gradient"](ns["trained"]))),
    ("natural", "sixteen steps", "16", "net-load", lambda out, ns: ns["history"].steps[4]),
    ("natural", "sixteen steps", "1.9", "hunt-run", lambda out, ns: ns["history"].loss[4]),
    ("natural", "sixteen steps", "1.9", "hunt-run", lambda out, ns: out[4]),
    ("natural", r"at $\sigma = 2$", "2", "natural-run", lambda out, ns: ns["sigma"]),
    ("natural", r"\mathrm{diag}(1/\sigma^2,\, 2/\sigma^2)", "0.25", "natural-run",
     lambda out, ns: out[0, 0]),
    ("natural", r"\mathrm{diag}(1/\sigma^2,\, 2/\sigma^2)", "0.5", "natural-run",
     lambda out, ns: out[1, 1]),
    ("natural", "five nodes", "5", "natural-run", lambda out, ns: len(ns["u"])),
    ("natural-why", "Eight walks", "8", "see-natural",
     lambda out, ns: sum(len(paths) for paths, _, _ in out.walks.values())),
    ("natural-why", "four sets of coordinates", "4", "invariance-run",
     lambda out, ns: len(ns["explore"].COORDINATES)),
    ("natural-why", "from 0 to 4", "4", "see-natural", lambda out, ns: out.time.positions()[-1]),
    ("natural-why", r"mean 1 and spread 0.7", "1", "invariance-run", lambda out, ns: out[1][0]),
    ("natural-why", r"mean 1 and spread 0.7", "0.7", "invariance-run", lambda out, ns: out[1][1]),
    ("invariance", "three step sizes", "3", "invariance-run", lambda out, ns: len(ns["table"])),
    ("invariance", r"$\mu = 1$", "1", "invariance-run", lambda out, ns: out[1][0]),
    ("invariance", r"$\sigma = 0.7$", "0.7", "invariance-run", lambda out, ns: out[1][1]),
    ("breaks", "A tenth of the step", "10", "invariance-run",
     lambda out, ns: ns["table"][1, 0] / ns["table"][2, 0]),
    ("breaks", "a tenth of the gap", "10", "invariance-run",
     lambda out, ns: ns["table"][1, 1] / ns["table"][2, 1]),
    ("breaks", "each of three", "3", "breaks-run", lambda out, ns: len(out[1])),
    ("next", "more than eighty products", "86", "breaks-run", lambda out, ns: out[1][0, 1]),
]  # fmt: skip


def _damping_of(step, F, g):
    """The λ that stands in (F + λI)Δ = −g."""
    return float(-(g + F @ step) @ step / (step @ step))


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run as shipped; without the spectra, whose pages take a while."""
    return Lesson("10_gauss_newton_and_fisher", explorables=("see-fit", "see-natural"))


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_more_than_a_third_of_all_eigenvalues_are_negative_at_the_start(lesson):
    h = lesson.names["net-load"]["history"].hessian[0]
    assert (h < -1e-6).mean() > 1 / 3


def test_newton_climbs_and_gauss_newton_overshoots_where_the_lesson_begins(lesson):
    (slope, before, newton), (descent, _, gauss) = lesson.results["climb-run"]
    assert slope > 0 > descent
    assert gauss > newton > before


def test_some_damping_on_the_coffee_makes_the_loss_fall(lesson):
    table, before = lesson.results["damp-run"], lesson.results["climb-run"][0, 1]
    assert table[0, 1] > before > table[-1, 1]


@pytest.mark.parametrize(("times", "comes_closer"), [(50, True), (90, False)])
def test_the_best_fit_repels_undamped_steps_once_the_factor_is_beyond_1(
    lesson, times, comes_closer
):
    names = lesson.names["rate-compare"]
    best, r, y = names["best"], names["r"], names["y"]
    spoiled = y + (1 - times) * r(best)  # the same best fit, residuals so many times as large
    factor = curve_fit.compute_fit(best, spoiled, 0.0).left_out
    assert factor == pytest.approx(times * names["factor"], rel=1e-6)
    e, off = np.array([1e-6, 0.0]), []
    for _ in range(12):
        e = e + curve_fit.compute_fit(best + e, spoiled, 0.0).gauss_newton.delta
        off.append(np.linalg.norm(e))
    assert (off[-1] < off[3]) == comes_closer == (factor < 1)


def test_three_images_leave_three_flat_directions_of_the_logits(lesson):
    curvatures, _ = lesson.results["out-run"]
    assert np.sum(curvatures < 1e-12) == 3


@pytest.mark.parametrize("n", [3, 300])
def test_a_product_runs_the_network_twice_whatever_n_is(n):
    runs = []

    def network(theta):
        runs.append(1)
        return torch.tanh(theta.sum() * torch.ones(7, dtype=torch.float64))

    theta = torch.ones(n, dtype=torch.float64)
    exercises.ggn_vector_product.reference(network, lambda z, w: w, theta, theta)
    assert len(runs) == 2


def test_the_empirical_step_throws_the_trained_network_back(lesson):
    right, wrong, before, after, _ = lesson.results["hunt-run"]
    assert wrong > 5 * right
    assert after < before


def test_with_enough_damping_even_the_program_of_the_bug_hunt_trains(small):
    X, y, _, _ = small
    shipped = exercises.natural_step.stub_function
    theta = torch.tensor(recorded().theta[0])
    losses = []
    for _ in range(6):
        J, z = torch.func.jacrev(outputs)(theta, X), outputs(theta, X)
        losses.append(float(cross_entropy(z, y)))
        theta = theta + shipped(J, z.softmax(1), y, 200.0)
    assert np.all(np.diff(losses) < 0)


def test_too_little_damping_makes_the_loss_explode_and_costs_most(lesson):
    before, table = lesson.results["breaks-run"]
    assert table[0, 2] > 4 * before > before > table[2, 2] > table[1, 2]
    assert table[0, 1] > 80 > table[1, 1] > table[2, 1]


def test_the_notebook_s_network_is_the_one_that_was_recorded(lesson):
    names = lesson.names["net-load"]
    theta = torch.tensor(recorded().theta[3])
    torch.testing.assert_close(names["network"](theta), outputs(theta, names["X"]))


def test_the_fitted_network_of_the_prediction_reads_all_its_images():
    history = recorded()
    assert (history.steps[-1], history.accuracy[-1]) == (2048, 1.0)
    assert history.loss[-1] == pytest.approx(0.003, abs=5e-4)


def test_shuffled_labels_are_not_fitted_and_h_comes_close_to_g_all_the_same():
    shuffled = recorded(LABELS[1])
    assert shuffled.accuracy[-1] < 0.7
    assert shuffled.gap[-1] < 0.05 < 0.4 < shuffled.gap[0]
