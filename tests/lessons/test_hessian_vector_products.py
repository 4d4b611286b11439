"""Lesson 09: its pictures are mathematics, its claims hold, and its numbers are computed."""

from __future__ import annotations

from unittest import mock

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
from sgo_teach.lessons.hessian_vector_products.timing import seconds
from sgo_teach.nets import curvature
from sgo_teach.nets.spectrum import hutchinson_trace
from tests.lessons.hands import anywhere, ends, extremes, picture, put
from tests.lessons.prose_numbers import Lesson, each

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
    """On a squared loss vᵀHv is the same everywhere; the program as shipped goes with θ."""
    X, v = normal(0, 5, 3), normal(2, 3)
    told, right = (
        [way(squared, X, t * v, v) for t in (0, 1, 2)]
        for way in (exercises.curvature_along.stub_function, exercises.curvature_along.reference)
    )
    c = float(((X @ v) ** 2).mean())
    assert right == pytest.approx([c, c, c])
    assert told == pytest.approx([0, c, 2 * c])


def squared(theta, X):
    return 0.5 * ((X @ theta) ** 2).mean()


# -- right answers written differently, and what must not be said of a wrong one ------------------
RIGHT = {
    "hvp": """def hvp(loss_function, theta, v):
    theta = theta.clone().requires_grad_()
    loss_function(theta).backward(create_graph=True)
    return torch.autograd.grad((theta.grad * v).sum(), theta)[0]
""",
    "hvp#outputs": """def hvp(loss_function, theta, v):
    theta = theta.clone().requires_grad_()
    g = torch.autograd.grad(loss_function(theta), theta, create_graph=True)[0]
    return torch.autograd.grad(g, theta, grad_outputs=v)[0]
""",
    "hvp#functions": """def hvp(loss_function, theta, v):
    return torch.func.grad(lambda t: torch.func.grad(loss_function)(t) @ v)(theta)
""",
    "hvp_forward_reverse": """def hvp_forward_reverse(loss_function, theta, v):
    _, along = torch.func.linearize(torch.func.grad(loss_function), theta)
    return along(v)
""",
    "hvp_forward_reverse#reverse_over_forward": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.grad(lambda t: torch.func.jvp(loss_function, (t,), (v,))[1])(theta)
""",
    "hvp_differences": """def hvp_differences(gradient, theta, v, h):
    ahead = (gradient(theta + h * v) - gradient(theta)) / h
    return 0.5 * (ahead + (gradient(theta) - gradient(theta - h * v)) / h)
""",
    "largest_curvature": """def largest_curvature(product, v, steps):
    for _ in range(steps):
        v = product(v)
    return (v @ product(v) / (v @ v)).item()
""",
    "largest_curvature#one_product_a_step": """def largest_curvature(product, v, steps):
    v = torch.nn.functional.normalize(v, dim=0)
    Hv = product(v)
    for _ in range(steps):
        v = Hv / (Hv.norm() + 1e-12)
        Hv = product(v)
    return float(v @ Hv)
""",
    "curvature_along": """def curvature_along(loss, X, theta, v):
    t = torch.zeros((), dtype=theta.dtype, requires_grad=True)
    (first,) = torch.autograd.grad(loss(theta + t * v, X), t, create_graph=True)
    return float(torch.autograd.grad(first, t)[0])
""",
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_written_differently_passes(name):
    exercise = getattr(exercises, name.split("#")[0])
    outcome = exercise.check(exercise.compiled(RIGHT[name], "<another way>"))
    assert outcome.right, outcome


def test_of_the_pair_that_jvp_returns_each_wrong_part_is_told_as_what_it_is():
    exercise = exercises.hvp_forward_reverse
    keys = ("first_derivative", "row_sums", "pair_of_the_loss")
    told = {key: exercise.check(exercise.mutant(key)).message for key in keys}
    assert "second pass" not in told["first_derivative"]
    assert "`g.sum()`" not in told["row_sums"]
    assert "Give `jvp` the gradient" in told["pair_of_the_loss"]


@pytest.mark.parametrize("name", WAYS)
def test_a_product_with_a_shortened_v_is_not_said_to_ignore_v(name):
    exercise = getattr(exercises, name)
    assert exercise.check(exercise.mutant("unit_length")).slip == "unit_length"


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


def test_the_circle_is_as_long_as_v_and_the_ellipse_its_image():
    stage = explore.Nudge()
    stage.v.value = (0.3, 0.4)
    np.testing.assert_allclose(np.linalg.norm(stage.circle.xy, axis=1), 0.5)
    H = stage.problem.hessian(np.array(stage.at.value))
    np.testing.assert_allclose(4 * stage.ellipse.xy, stage.circle.xy @ H, atol=1e-12)


def test_angles_are_measured_in_any_number_of_dimensions():
    v = normal(0, 7)
    assert nudge.turned(v, -2 * v) == pytest.approx(180)
    assert nudge.turned(torch.eye(5)[0], torch.eye(5)[3]) == pytest.approx(90)


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


def test_every_way_is_timed_in_turn_and_one_left_out_has_no_time():
    calls = []
    found = seconds([lambda: calls.append("a"), None, lambda: calls.append("b")], rounds=2)
    assert calls == 2 * ["a", "a", "a", "b", "b", "b"]
    assert np.isnan(found).tolist() == [False, True, False]


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
    stage = make()
    for name, control in stage.controls.items():
        home, before, seen = control.value, (picture(stage), stage.words), set()
        for place in ends(control):
            put(stage, {name: place})
            seen.add((picture(stage), stage.words))
        assert seen - {before}, name
        control.value = home


def test_the_race_is_drawn_with_one_line_for_each_run():
    runs = {"Newton–CG": np.array([[0, 1.0], [5, 0.1]]), "descent": np.array([[0, 1.0], [1, 0.9]])}
    assert len(explore.race_picture(runs).axes[0].lines) == 2


# -- the notebook's claims and numbers ------------------------------------------------------------
PROSE_NUMBERS = [
    ("title", "72,842 parameters", "72842", "claims-cnn", lambda out, ns: len(ns["weights"])),
    ("title", "five billion entries", "5", "claims-cnn",
     lambda out, ns: len(ns["weights"]) ** 2 / 1e9),
    ("network", "8 × 8 digits", "8", "network-make",
     lambda out, ns: ns["data"].train_images.shape[-1]),
    ("network", "rows of 64 numbers", "64", "network-make", lambda out, ns: ns["X"].shape[1]),
    ("network", "16 tanh units", "16", "network-make",
     lambda out, ns: ns["network"]()[0].out_features),
    ("network", "between 64 pixels and 10 logits", "10", "network-make",
     lambda out, ns: ns["network"]()[2].out_features),
    ("network", "in 64-bit numbers", "64", "network-make",
     lambda out, ns: torch.finfo(ns["X"].dtype).bits),
    ("meaning", "the loss on 256 images", "256", "wild-run", lambda out, ns: len(ns["images"])),
    ("meaning", "72,842 parameters", "72842", "claims-cnn", lambda out, ns: len(ns["weights"])),
    ("meaning", "Twelve megabytes", "12", "network-look", lambda out, ns: 1e3 * out[2][0]),
    ("meaning", "forty-two gigabytes", "42", "network-look", lambda out, ns: out[2][1]),
    ("double", "About ten digits", "10", "differences-run", lambda out, ns: -np.log10(out[0])),
    ("double", "of sixteen", "16", "differences-run",
     lambda out, ns: -1.5 * np.log10(out[0])),
    ("double", "four or five", "4", "differences-run",
     lambda out, ns: np.floor(-np.log10(out[1]))),
    ("double", "four or five", "5", "differences-run",
     lambda out, ns: np.ceil(-np.log10(out[1]))),
    ("double", "of seven", "7", "differences-run", lambda out, ns: -1.5 * np.log10(out[1])),
    ("third", "256 × 64 numbers", "256", "wild-run", lambda out, ns: out[2][0]),
    ("third", "256 × 64 numbers", "64", "wild-run", lambda out, ns: out[2][1]),
    ("price", "networks of five widths", "5", "price-run", lambda out, ns: len(ns["table"])),
    ("price", "left out from $n = 2{,}000$ on", "0", "price-run",
     lambda out, ns: np.sum(np.isnan(out[:, 4]) != (out[:, 0] >= 2000))),
    ("explore-costs", "Differences take two gradients", "2", "price-run",
     lambda out, ns: gradients_in_differences()),
    ("explore-power", "It creeps", "0.9", "power-run", lambda out, ns: out[2] / out[3]),
    ("explore-power", "Let $h_2$ approach 10", "10", "power-run", lambda out, ns: power.H1),
    ("lanczos", "The same number of products, 30", "30", "lanczos-run",
     lambda out, ns: len(ns["run"].ritz_values)),
    ("newton-cg", "A hundred times the work buys one more digit", "10", "trace-run",
     lambda out, ns: 100**0.5),
    ("newton-cg", "quadruples λ", "4", "ncg-define", lambda out, ns: changes_of_damping(ns)[1]),
    ("newton-cg", "halves λ", "0.5", "ncg-define", lambda out, ns: changes_of_damping(ns)[0]),
    ("newton-cg", "1,437 training images", "1437", "network-make", lambda out, ns: len(ns["X"])),
    ("newton-cg", "twenty steps", "20", "ncg-run", lambda out, ns: len(ns["newton"]) - 1),
    ("newton-cg", "at most twenty products", "20", "ncg-define",
     lambda out, ns: ns["newton_cg"].__defaults__[1]),
    ("newton-cg", "a product counts as three gradients", "3", "ncg-run",
     lambda out, ns: np.gcd.reduce(spent_on_products(ns))),
    ("claims", "about two thirds of the way", "0.7", "ncg-run",
     lambda out, ns: last_behind(ns["newton"], ns["plain"])),
    ("claims-second", "with 1, 2, 4, 8 and 16 steps", "5", "claims-angle-run",
     lambda out, ns: len(ns["steps"])),
    ("claims-second", "a tenth of the way leaves a hundredth", "100", "claims-angle-run",
     lambda out, ns: out[0] / out[1]),
    ("cheap", "largest one or ten per cent", "1", "cheap-sparse", lambda out, ns: 100 * out[0, 0]),
    ("cheap", "largest one or ten per cent", "10", "cheap-sparse", lambda out, ns: 100 * out[1, 0]),
    ("cheap", "for 16, 64, 256 and 1,024", "16", "cheap-stochastic-run",
     lambda out, ns: out[0, 0]),
    ("cheap", "for 16, 64, 256 and 1,024", "1024", "cheap-stochastic-run",
     lambda out, ns: out[3, 0]),
    ("cheap", "of the 1,437", "1437", "network-make", lambda out, ns: len(ns["X"])),
    ("hunt", "half of what it should be", "0.5", "cheap-sparse",
     lambda out, ns: out[0, 3] / out[2, 3]),
    ("hunt", "Four times the images, about half the error", "2", "cheap-stochastic-run",
     lambda out, ns: out[0, 1] / out[1, 1]),
    ("hunt", "Four times the images, about half the error", "2", "cheap-stochastic-run",
     lambda out, ns: out[1, 1] / out[2, 1]),
    ("next", "two thirds of the digits", "0.67", "differences-run",
     lambda out, ns: np.log(out[0]) / np.log(np.finfo(float).eps)),
    ("next", "$8n^2$ bytes", "8", "network-look", lambda out, ns: 1e9 * out[2][0] / out[0] ** 2),
]  # fmt: skip


def gradients_in_differences():
    """How many gradients one product by differences asks for."""
    asked = mock.Mock(side_effect=lambda theta: theta)
    exercises.hvp_differences.reference(asked, normal(0, 3), normal(1, 3), 0.1)
    return asked.call_count


def changes_of_damping(ns):
    """By what λ is multiplied after a step that lowers the loss, and after one that raises it."""
    seen = []

    def cg(product, b, *rules):
        seen.append(float(product(torch.ones(1).double())))
        return (-1.0 if len(seen) == 2 else 0.1) * torch.ones(1).double()

    line = {"multiply": lambda loss, theta, p: 0 * p, "gradient": lambda loss: torch.ones_like}
    with (
        mock.patch.dict(ns["newton_cg"].__globals__, line),
        mock.patch.object(type(exercises.earlier), "__getattr__", lambda *_: cg),
    ):
        ns["newton_cg"](lambda theta: -theta.sum(), torch.zeros(1).double(), 3)
    return seen[1] / seen[0], seen[2] / seen[1]


def spent_on_products(ns):
    """Gradients that the products of each step count for."""
    return np.diff(ns["newton"][:, 0]).astype(int) - 1


def last_behind(newton, plain):
    """The share of the way after which Newton–CG is never again behind."""
    behind = newton[:, 1] > np.interp(newton[:, 0], *plain.T)
    return newton[behind, 0].max() / newton[-1, 0]


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run as shipped; ways are called once and not timed."""
    with mock.patch.object(explore, "seconds", called_once):
        return Lesson("09_hessian_vector_products")


def called_once(ways, rounds=1):
    return np.array([np.nan if way is None else 1.0 + 0 * len(str(way())) for way in ways])


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_the_gradient_of_the_summed_gradient_holds_row_sums_and_not_the_diagonal(lesson):
    to_diagonal, to_row_sums, *_ = lesson.results["wild-run"]
    assert to_row_sums < 1e-10 < 1 < to_diagonal


def test_lanczos_is_ahead_of_power_iteration_and_sees_the_lower_end_too(lesson):
    (power_error, lanczos_error), low = lesson.results["lanczos-run"]
    assert lanczos_error < power_error / 100
    assert low == pytest.approx(lesson.results["breaks-run"][3], rel=1e-6)


def test_the_second_eigenvalue_of_the_network_is_nearly_as_large_as_the_first(lesson):
    _, _, second, first = lesson.results["power-run"].tolist()
    assert 0.9 < second / first < 1


def test_newton_cg_begins_behind_gradient_descent_and_ends_far_ahead(lesson):
    names = lesson.names["ncg-score"]
    newton, plain = names["newton"], names["plain"]
    early = newton[(newton[:, 0] > 30) & (newton[:, 0] < 250)]
    assert np.all(early[:, 1] > np.interp(early[:, 0], *plain.T))
    assert newton[-1, 1] < plain[-1, 1] / 10
    assert last_behind(newton, plain) == pytest.approx(2 / 3, abs=0.05)
    assert len(plain) > newton[-1, 0]


def test_both_runs_read_about_the_same_share_of_the_held_out_digits(lesson):
    names, shares = lesson.names["ncg-score"], []
    for theta in (names["trained"], names["walked"]):
        net = names["network"]()
        nn.utils.vector_to_parameters(theta, net.parameters())
        shares.append(float((net(names["T"]).argmax(1) == names["t"]).double().mean()))
    assert min(shares) > 0.95
    assert abs(shares[0] - shares[1]) < 0.03


def test_newton_cg_never_raises_the_loss(lesson):
    assert np.all(np.diff(lesson.names["ncg-run"]["newton"][:, 1]) <= 0)


def test_one_step_of_cg_goes_along_the_gradient_and_more_turn_towards_newton(lesson):
    ns = lesson.names["claims-angle-run"]
    assert [k for k, _ in ns["steps"]] == [1, 2, 4, 8, 16]
    to_gradient = [explore.turned(p, -ns["g"]) for _, p in ns["steps"]]
    to_newton = [explore.turned(p, ns["d"]) for _, p in ns["steps"]]
    assert to_gradient[0] < 1e-4
    assert np.all(np.diff(to_newton) < 0)
    assert to_newton[-1] < 0.01


def test_the_gradient_is_predicted_to_second_order_in_the_length_of_the_step(lesson):
    errors = np.array(lesson.results["claims-angle-run"])
    np.testing.assert_allclose(errors[:-1] / errors[1:], 100, rtol=0.02)


def test_symmetry_holds_on_the_network_and_on_one_whose_matrix_has_no_room(lesson):
    here, off = lesson.results["tests-run"]
    left, right, gigabytes = lesson.results["claims-cnn"]
    assert max(abs(here), off) < 1e-12
    assert left == pytest.approx(right, rel=1e-3)
    assert gigabytes > 16


def test_the_ledger_on_second_derivatives_that_are_none_is_settled(lesson):
    """9: a slope, which changes with θ, and derivatives that have the shape of images."""
    (at_zero, once, twice), right = lesson.results["hunt-run"]
    assert (at_zero, once, twice) == pytest.approx((0, right, 2 * right))
    _, _, shape, n = lesson.results["wild-run"]
    assert shape.numel() != n


def test_forward_mode_agrees_on_the_network(lesson):
    assert lesson.results["agree-run"] < 1e-12


def test_four_times_the_images_leave_half_the_error_or_less(lesson):
    _, error = lesson.results["cheap-stochastic-run"].T
    ratios = error[:-1] / error[1:]
    assert np.all(ratios[:2] > 1.6)
    assert np.all(ratios[:2] < 2.6)
    assert ratios[2] > ratios[1]


def test_without_damping_conjugate_gradients_meet_negative_curvature(lesson):
    _, status, bend, low = lesson.results["breaks-run"]
    assert status == "negative_curvature"
    assert bend < 0
    assert low < 0
