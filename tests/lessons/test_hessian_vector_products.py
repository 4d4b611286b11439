"""Lesson 09: its pictures are mathematics, its claims hold, and its numbers are computed."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from sgo_teach.lessons.hessian_vector_products import (
    costs,
    exercises,
    explore,
    nudge,
    power,
    probes,
)
from sgo_teach.lessons.hessian_vector_products.losses import bent_loss, gradient, hessian, normal
from sgo_teach.lessons.hessian_vector_products.on_hunt import softplus
from sgo_teach.nets import curvature
from sgo_teach.nets.spectrum import hutchinson_trace
from tests.lessons.hands import anywhere, ends, extremes, picture, put

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "09_hessian_vector_products.ipynb"
CELLS = {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}
seeds = st.integers(0, 1000)
unit = st.floats(-1, 1)
quick = settings(max_examples=30, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    yield torch.set_num_threads(1)
    torch.set_num_threads(before)


# -- the exercises --------------------------------------------------------------------------------
WAYS = ("hvp", "hvp_forward_reverse")


@quick
@given(seed=seeds)
@pytest.mark.parametrize("name", WAYS)
def test_both_exact_ways_are_the_matrix_times_the_vector(name, seed):
    loss, theta, v = bent_loss(seed, 5), normal(seed + 1, 5), normal(seed + 2, 5)
    exercises.hvp_forward_reverse.fresh_cases()  # torch warns at its first forward mode
    mine = getattr(exercises, name).reference(loss, theta, v)
    torch.testing.assert_close(mine, hessian(loss, theta) @ v, rtol=1e-10, atol=1e-9)


@quick
@given(seed=seeds)
def test_central_differences_err_by_the_square_of_h(seed):
    loss, theta, v = bent_loss(seed, 4), normal(seed + 1, 4), normal(seed + 2, 4)
    exact = exercises.hvp.reference(loss, theta, v)
    way = exercises.hvp_differences.reference
    errors = [float((way(gradient(loss), theta, v, h) - exact).norm()) for h in (1e-3, 1e-4)]
    assume(errors[1] > 1e-9)  # the third derivative along v may be small
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.1)


def test_the_learner_s_product_takes_every_network_that_the_course_has():
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)).double()
    x, y = normal(1, 6, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    loss, theta = curvature.loss_of_parameters(
        net, lambda run: nn.functional.cross_entropy(run(x), y)
    )
    v = normal(2, len(theta))
    mine = exercises.hvp.reference(loss, theta, v)
    torch.testing.assert_close(mine, curvature.hvp_by_double_backward(loss, theta, v))


def test_of_an_odd_number_of_steps_the_sign_of_the_curvature_is_right_too():
    A = torch.diag(torch.tensor([-3.0, 1.0, 0.5], dtype=torch.float64))
    for steps in (40, 41):
        found = exercises.largest_curvature.reference(
            lambda p: A @ p, torch.ones(3).double(), steps
        )
        assert found == pytest.approx(-3)


@quick
@given(seed=seeds, t=st.floats(0.5, 3))
def test_the_curvature_along_a_vector_grows_with_the_square_of_its_length(seed, t):
    X, theta, v = normal(seed, 5, 3), normal(seed + 1, 3), normal(seed + 2, 3)
    once, more = (exercises.curvature_along.reference(softplus, X, theta, s * v) for s in (1, t))
    assert more == pytest.approx(t**2 * once, rel=1e-9)


def test_the_bug_hunt_s_program_calls_a_slope_a_curvature():
    """On a linear loss the second derivative is 0, and the program as shipped does not notice."""

    def linear(theta, X):
        return (X @ theta).mean()

    X, theta, v = normal(0, 5, 3), normal(1, 3), normal(2, 3)
    shipped = exercises.curvature_along.stub_function
    assert shipped(linear, X, theta, v) == pytest.approx(float((X @ v).mean()))
    assert abs(shipped(linear, X, theta, v)) > 0.01


# -- the nudge ------------------------------------------------------------------------------------
@quick
@given(x=unit, y=unit, a=unit, b=unit, eps=st.floats(0.01, 1))
def test_on_the_bowl_every_nudge_measures_the_product(x, y, a, b, eps):
    frame = nudge.compute_nudge(
        nudge.SURFACES["bowl"], np.array([3 * x, 3 * y]), np.array([a, b]), eps
    )
    np.testing.assert_allclose(frame.measured, frame.product, atol=1e-10)


@quick
@given(x=unit, y=unit, a=unit, b=unit)
@pytest.mark.parametrize("name", nudge.SURFACES)
def test_elsewhere_the_measured_change_tends_to_the_product(name, x, y, a, b):
    problem = nudge.SURFACES[name]
    at, v = 2.5 * np.array([x, y]), np.array([a, b])
    coarse, fine = (nudge.compute_nudge(problem, at, v, eps) for eps in (1e-2, 1e-4))
    scale = np.abs(coarse.h).max() + 100
    assert np.linalg.norm(fine.measured - fine.product) <= 1e-3 * scale
    assert np.linalg.norm(coarse.measured - coarse.product) <= 1e-1 * scale


@quick
@given(x=unit, y=unit, a=unit, b=unit)
@pytest.mark.parametrize("name", nudge.SURFACES)
def test_the_image_of_v_lies_on_the_ellipse_whose_half_axes_are_the_curvatures(name, x, y, a, b):
    frame = nudge.compute_nudge(nudge.SURFACES[name], 2 * np.array([x, y]), np.array([a, b]), 0.1)
    length = np.hypot(a, b)
    radii = np.linalg.norm(frame.images, axis=1)
    assert radii.max() <= length * np.abs(frame.h).max() * (1 + 1e-9)
    assert np.linalg.norm(frame.product) <= radii.max() * 1.001 + 1e-9
    assert radii.max() == pytest.approx(length * np.abs(frame.h).max(), rel=2e-3, abs=1e-9)


def test_tasks_under_the_nudge_can_be_done():
    """Both eigenvectors of the bowl, 90° at the saddle of the hills, and a small ε."""
    bowl = explore.Nudge()
    for angle, low in ((0.5, "1"), (0.5 + np.pi / 2, "4")):
        bowl.v.value = (np.cos(angle), np.sin(angle))
        assert "turned by 0°" in bowl.words
        assert f"vᵀHv/vᵀv = {low}." in bowl.words
    bowl.surface.value = "hills"
    bowl.at.value, bowl.v.value = (0.0, 0.0), (1.0, 0.0)
    assert "turned by 90°" in bowl.words
    assert "vᵀHv/vᵀv = 0." in bowl.words


def test_without_a_direction_the_words_say_so():
    stage = explore.Nudge()
    stage.v.value = (0.0, 0.0)
    assert "no length" in stage.words


# -- costs ----------------------------------------------------------------------------------------
TABLE = np.array(
    [
        [310, 5e-4, 1.1e-3, 1.5e-3, 6e-3, 0.05],
        [1210, 6e-4, 1.2e-3, 1.9e-3, 8e-3, 0.3],
        [76810, 3e-3, 6e-3, 9e-3, 1.5e-2, np.nan],
    ]
)


def test_costs_run_through_what_was_measured_and_follow_the_law_beyond():
    at = costs.carried_on(TABLE, TABLE[:, 0])
    known = np.isfinite(TABLE[:, 1:])
    np.testing.assert_allclose(at[known], TABLE[:, 1:][known])
    near, far = costs.carried_on(TABLE, np.array([1e6, 1e8]))
    np.testing.assert_allclose(far[:4] / near[:4], 100)
    assert far[4] / near[4] == pytest.approx(1e4)


def test_below_the_smallest_size_the_overhead_stays():
    (small,) = costs.carried_on(TABLE, np.array([100.0]))
    np.testing.assert_allclose(small, TABLE[0, 1:])


def test_one_gigabyte_holds_the_hessian_of_11180_parameters_and_no_more():
    n = costs.largest_that_fits(1e9)
    assert 8 * n**2 <= 1e9 < 8 * (n + 1) ** 2
    assert n == 11_180


@pytest.mark.parametrize(
    ("amount", "units", "words"),
    [
        (0.0021, costs.SECONDS, "2.1 ms"),
        (42.4e9, costs.SIZES, "42 GB"),
        (90.0, costs.SECONDS, "1.5 minutes"),
        (3.156e10, costs.SECONDS, "1,000 years"),
    ],
)
def test_amounts_are_written_in_a_unit_that_suits(amount, units, words):
    assert costs.written(amount, units) == words


# -- power iteration ------------------------------------------------------------------------------
angles = st.floats(0, 6.28)
curvatures = st.sampled_from([-10.0, -9.5, -4.0, 0.0, 3.0, 7.0, 9.5, 10.0])


@quick
@given(angle=angles, h2=curvatures)
def test_the_picture_s_vectors_are_those_of_repeated_products(angle, h2):
    start = np.array([np.cos(angle), np.sin(angle)])
    assume(np.abs(power.Q.T @ start).min() > 1e-3)
    H = power.Q @ np.diag([power.H1, h2]) @ power.Q.T
    v, frame = start, power.compute_power(start, h2)
    for k in range(power.LONGEST + 1):
        np.testing.assert_allclose(frame.vectors[k], v, atol=1e-9)
        assert frame.values[k] == pytest.approx(v @ H @ v, abs=1e-9)
        v = H @ v / np.linalg.norm(H @ v)


@quick
@given(angle=angles, h2=st.sampled_from([-5.0, 2.0, 5.0]))
def test_in_the_end_the_error_follows_its_law(angle, h2):
    start = np.array([np.cos(angle), np.sin(angle)])
    assume(abs(power.Q[:, 0] @ start) > 0.1 and abs(power.Q[:, 1] @ start) > 0.1)
    frame = power.compute_power(start, h2)
    late = (frame.error < 1e-2) & (frame.error > 1e-9)
    np.testing.assert_allclose(frame.error[late], frame.asymptote[late], rtol=1e-2)


def test_a_start_on_the_second_eigenvector_stays_and_the_words_say_why():
    frame = power.compute_power(power.Q[:, 1], 7.0)
    np.testing.assert_allclose(frame.values, 7)
    assert "nothing of q₁" in power.describe(frame, 7.0, 3)


def test_opposite_curvatures_never_settle():
    frame = power.compute_power(np.array([0.3, 0.9]), -10.0)
    assert np.ptp(frame.values) < 1e-9
    assert np.linalg.norm(frame.vectors[-1] - frame.vectors[-2]) > 0.1


# -- the trace ------------------------------------------------------------------------------------
@quick
@given(mixing=st.floats(0, 1))
def test_mixing_changes_no_eigenvalue(mixing):
    A = probes.mixed(mixing)
    np.testing.assert_allclose(A, A.T, atol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(A), np.sort(probes.H), atol=1e-9)


def test_unmixed_every_probe_is_exact():
    frame = probes.compute_probes(0.0, 0)
    np.testing.assert_allclose(frame.samples, probes.H.sum())
    assert frame.deviation == 0


@pytest.mark.parametrize("mixing", [0.3, 1.0])
def test_one_probe_deviates_as_the_formula_says(mixing):
    samples = np.concatenate([probes.compute_probes(mixing, seed).samples for seed in range(40)])
    deviation = probes.compute_probes(mixing, 0).deviation
    assert samples.std() == pytest.approx(deviation, rel=0.05)
    assert samples.mean() == pytest.approx(probes.H.sum(), abs=4 * deviation / len(samples) ** 0.5)


def test_mean_and_error_are_those_of_the_samples_so_far():
    frame = probes.compute_probes(0.7, 5)
    for m in (2, 17, 200):
        some = frame.samples[:m]
        assert frame.mean[m - 1] == pytest.approx(some.mean())
        assert frame.error[m - 1] == pytest.approx(some.std(ddof=1) / m**0.5, rel=1e-6)
    assert np.isnan(frame.error[0])


def test_the_picture_s_estimate_is_that_of_the_course():
    A = probes.mixed(0.6)
    found = hutchinson_trace(lambda v: A @ v, 16, 4000, np.random.default_rng(1))
    assert found.mean == pytest.approx(probes.H.sum(), abs=5 * found.standard_error)


@quick
@given(mixing=st.floats(0, 1))
def test_every_entry_has_a_shade(mixing):
    classes = probes.shades(probes.mixed(mixing))
    assert classes.min() >= 0
    assert classes.max() <= 2 * probes.SHADES


# -- the pictures ---------------------------------------------------------------------------------
STAGES = {
    "Nudge": explore.Nudge,
    "Costs": lambda: explore.Costs(TABLE),
    "PowerIteration": explore.PowerIteration,
    "TraceProbes": explore.TraceProbes,
}
each_stage = pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)


@each_stage
def test_no_extreme_and_no_place_of_the_controls_raises(make):
    stage, rng = make(), np.random.default_rng(0)
    for places in [*extremes(stage), *(anywhere(stage, rng) for _ in range(6))]:
        put(stage, places)
        assert stage.words
        assert "nan" not in stage.words


@each_stage
def test_every_control_changes_the_picture(make):
    for name in make().controls:
        stage, seen = make(), set()
        before = picture(stage), stage.words
        for place in ends(stage.controls[name]):
            put(stage, {name: place})
            seen.add((picture(stage), stage.words))
        assert seen - {before}, name


def test_the_race_is_drawn_with_one_line_for_each_run():
    runs = {"Newton–CG": np.array([[0, 1.0], [5, 0.1]]), "descent": np.array([[0, 1.0], [1, 0.9]])}
    assert len(explore.race_picture(runs).axes[0].lines) == 2


# -- the notebook's claims and numbers ------------------------------------------------------------
# (prose cell, words that stand in it, number, cell that computes it, its value from output, names)
PROSE_NUMBERS = [
    ("title", "72,842 parameters", "72842", "claims-cnn", lambda out, ns: len(ns["weights"])),
    ("title", "five billion entries", "5", "claims-cnn",
     lambda out, ns: len(ns["weights"]) ** 2 / 1e9),
    ("network", "16 tanh units", "16", "network-make",
     lambda out, ns: ns["network"].__defaults__[0]),
    ("network", "rows of 64 numbers", "64", "network-make", lambda out, ns: ns["X"].shape[1]),
    ("meaning", "Twelve megabytes", "12", "network-look", lambda out, ns: 1e3 * out[2][0]),
    ("meaning", "forty-two gigabytes", "42", "network-look", lambda out, ns: out[2][1]),
    ("meaning", "72,842 parameters", "72842", "claims-cnn", lambda out, ns: len(ns["weights"])),
    ("double", "about ten digits", "10", "differences-run",
     lambda out, ns: best_digits(torch.float64)),
    ("double", "four or five of seven", "4.5", "differences-run",
     lambda out, ns: round(best_digits(torch.float32) * 2) / 2),
    ("third", "256 × 64 numbers", "256", "wild-run", lambda out, ns: out[2][0]),
    ("third", "256 × 64 numbers", "64", "wild-run", lambda out, ns: out[2][1]),
    ("newton-cg", "A hundred times the work buys one more digit", "10", "trace-run",
     lambda out, ns: 100**0.5),
    ("newton-cg", "1,437 training images", "1437", "network-make", lambda out, ns: len(ns["X"])),
    ("newton-cg", "twenty steps", "20", "ncg-run", lambda out, ns: len(ns["newton"]) - 1),
    ("cheap", "of the 1,437", "1437", "network-make", lambda out, ns: len(ns["X"])),
    ("hunt", "half of what it should be", "0.5", "cheap-sparse",
     lambda out, ns: out[0, 3] / out[2, 3]),
]  # fmt: skip
LIGHTER = {"ncg-run": ("(1.0, 2.0)", "(2.0,)")}  # one walk less; the better of the two
LEFT_OUT = {"price-run"}  # only measures time


def best_digits(dtype):
    """Right digits of the best central difference on the lesson's network."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10)).to(dtype)
    x, y = normal(1, 256, 64).abs().to(dtype), torch.arange(256) % 10
    loss, theta = curvature.loss_of_parameters(net, lambda f: nn.functional.cross_entropy(f(x), y))
    v = normal(2, len(theta)).to(dtype)
    exact, way = exercises.hvp.reference(loss, theta, v), exercises.hvp_differences.reference
    tried = [way(gradient(loss), theta, v, 10.0 ** (-k / 2)) for k in range(2, 20)]
    return -np.log10(min(float((Hv - exact).norm() / exact.norm()) for Hv in tried))


@pytest.fixture(scope="module")
def results():
    """The value of the last line of every code cell as shipped, and the names after each cell."""
    names, out, after = {}, {}, {}
    for cell in CELLS.values():
        tags = set(cell.metadata.get("tags", ())) & {"explore", "predict", "quiz"}
        if cell.cell_type == "code" and not tags and cell.id not in LEFT_OUT:
            out[cell.id] = _run(
                cell.source.replace(*LIGHTER.get(cell.id, ("", ""))), cell.id, names
            )
            after[cell.id] = dict(names)
    return out, after


def _run(source, title, names):
    lines = source.splitlines()
    body = ast.parse("\n".join(line for line in lines if not line.startswith("%"))).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), title, "exec"), names)
    return eval(compile(ast.Expression(last.value), title, "eval"), names) if last else None


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


def test_the_gradient_of_the_summed_gradient_holds_row_sums_and_not_the_diagonal(results):
    to_diagonal, to_row_sums, *_ = results[0]["wild-run"]
    assert to_row_sums < 1e-10 < 1 < to_diagonal


def test_lanczos_is_ahead_of_power_iteration_and_sees_the_lower_end_too(results):
    power_error, lanczos_error, low = results[0]["lanczos-run"]
    assert lanczos_error < power_error / 100
    assert low == pytest.approx(results[0]["breaks-run"][3], rel=1e-6)


def test_the_second_eigenvalue_of_the_network_is_nearly_as_large_as_the_first(results):
    _, _, second, first = results[0]["power-run"].tolist()
    assert 0.9 < second / first < 1


def test_newton_cg_begins_behind_gradient_descent_and_ends_far_ahead(results):
    names = results[1]["ncg-score"]
    newton, plain = names["newton"], names["plain"]
    early = newton[(newton[:, 0] > 30) & (newton[:, 0] < 250)]
    assert np.all(early[:, 1] > np.interp(early[:, 0], *plain.T))
    assert newton[-1, 1] < plain[-1, 1] / 10
    behind = newton[:, 1] > np.interp(newton[:, 0], *plain.T)
    assert newton[behind, 0].max() / newton[-1, 0] == pytest.approx(2 / 3, abs=0.05)
    assert len(plain) > newton[-1, 0]


def test_both_runs_read_about_the_same_share_of_the_held_out_digits(results):
    names, shares = results[1]["ncg-score"], []
    for theta in (names["trained"], names["walked"]):
        net = names["network"]()
        nn.utils.vector_to_parameters(theta, net.parameters())
        shares.append(float((net(names["T"]).argmax(1) == names["t"]).double().mean()))
    assert min(shares) > 0.95
    assert abs(shares[0] - shares[1]) < 0.03


def test_newton_cg_never_raises_the_loss(results):
    assert np.all(np.diff(results[1]["ncg-run"]["newton"][:, 1]) <= 0)


def test_one_step_of_cg_goes_along_the_gradient_and_more_turn_towards_newton(results):
    k, to_gradient, to_newton = results[0]["claims-angle-run"].T
    assert to_gradient[0] < 1e-4
    assert np.all(np.diff(to_newton) < 0)
    assert to_newton[-1] < 0.01


def test_the_gradient_is_predicted_to_second_order_in_the_length_of_the_step(results):
    np.testing.assert_allclose(results[0]["claims-change-run"], 100, rtol=0.02)


def test_four_times_the_images_leave_half_the_error_or_less(results):
    _, error = results[0]["cheap-stochastic-run"].T
    ratios = error[:-1] / error[1:]
    assert np.all(ratios[:2] > 1.6)
    assert np.all(ratios[:2] < 2.6)
    assert ratios[2] > ratios[1]


def test_without_damping_conjugate_gradients_meet_negative_curvature(results):
    _, status, bend, low = results[0]["breaks-run"]
    assert status == "negative_curvature"
    assert bend < 0
    assert low < 0
