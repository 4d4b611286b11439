"""Lesson 11: its pictures compute mathematics, its failures fail, its numbers are its cells'."""

from __future__ import annotations

import asyncio
import inspect
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from sgo_teach.lessons.conjugate_gradients import on_cg
from sgo_teach.lessons.gauss_newton_and_fisher import on_products
from sgo_teach.lessons.hessian_free import exercises, explore, museum, runs, valley
from sgo_teach.lessons.hessian_free.iterates import compute_track, walk_back
from sgo_teach.lessons.hessian_free.small_digits import initial, outputs, small_digits
from sgo_teach.nets.curvature import GaussNewtonProduct
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.nets.hessian_free import HessianFree
from tests.lessons import prose_numbers
from tests.lessons.hands import anywhere, extremes, picture, put

unhurried = settings(deadline=None, max_examples=40)
points = st.tuples(st.floats(-1.8, 1.8), st.floats(-1.0, 2.6)).map(np.array)
dampings = st.floats(1e-2, 1e3)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Pictures this small are quickest on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# -- the exercises as mathematics ----------------------------------------------------------------
def quadratic(seed, n=6):
    """L(θ) = cᵀθ + ½θᵀGθ with G positive definite: loss, gradient and product."""
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(n, n, generator=generator, dtype=torch.float64)
    c, G = torch.randn(n, generator=generator, dtype=torch.float64), root @ root.T
    theta = torch.randn(n, generator=generator, dtype=torch.float64)
    return lambda t: float(c @ t + 0.5 * t @ G @ t), c + G @ theta, lambda v: G @ v, theta


@unhurried
@given(seed=st.integers(0, 1000), damping=st.floats(1e-3, 100), most=st.integers(1, 6))
def test_on_a_quadratic_rho_is_1_and_every_step_is_taken(seed, damping, most):
    loss, g, product, theta = quadratic(seed)
    step = exercises.hessian_free_step.reference
    new, after, ratio = step(loss, g, product, theta, damping, most)
    assert ratio == pytest.approx(1, abs=1e-5)
    assert loss(new) < loss(theta)
    assert after == pytest.approx(2 / 3 * damping)


@unhurried
@given(seed=st.integers(0, 1000), damping=st.floats(1e-2, 10), most=st.integers(1, 6))
def test_on_a_quadratic_rho_is_1_wherever_cg_starts_and_as_found_it_is_not(seed, damping, most):
    loss, g, product, theta = quadratic(seed)
    start = torch.randn(6, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64)
    given_ = (loss, g, product, theta, damping, start, most)
    assert exercises.warm_step.reference(*given_)[1] == pytest.approx(1, abs=1e-5)
    assert exercises.warm_step.stub_function(*given_)[1] != pytest.approx(1, abs=1e-3)


def test_the_step_agrees_with_the_package_s_optimiser_where_both_do_the_same():
    theta = torch.nn.Parameter(initial())
    X, y = small_digits()
    optimizer = HessianFree(
        [theta], cg_stop=0.01, max_cg_steps=10, warm_start=0.0, backtracking=False
    )

    def closure():
        z = outputs(theta, X)
        return cross_entropy(z, y), z

    at, damping = initial(), 1.0
    for _ in range(4):
        g, product = gradient(at), product_at(at)
        at, damping, ratio = exercises.hessian_free_step.reference(
            loss_of, g, product, at, damping, 10
        )
        optimizer.step(closure)
        torch.testing.assert_close(theta.detach(), at, rtol=1e-6, atol=1e-8)
        assert (damping, ratio) == pytest.approx(
            (optimizer.damping, optimizer.last_step.ratio), rel=1e-6
        )


def loss_of(theta):
    """The loss of all 400 images at θ, a number."""
    X, y = small_digits()
    return float(cross_entropy(outputs(theta, X), y))


def gradient(theta):
    """Its gradient, (n,)."""
    X, y = small_digits()
    return torch.func.grad(lambda t: cross_entropy(outputs(t, X), y))(theta)


def product_at(theta):
    """v ↦ Gv of all images at θ, by the reference of lesson 10."""
    X, _ = small_digits()
    ggn, times = on_products.ggn_vector_product, on_products.output_hessian_product
    return lambda v: ggn.reference(lambda t: outputs(t, X), times.reference, theta, v)


@given(heights=st.lists(st.floats(-3, 3), min_size=1, max_size=9))
def test_walking_back_never_ends_higher_and_ends_at_a_rise(heights):
    loss = lambda t: heights[int(t[0])]  # noqa: E731
    iterates = torch.arange(len(heights), dtype=torch.float64)[:, None]
    k = int(exercises.best_iterate.reference(loss, torch.zeros(1).double(), iterates)[0])
    assert heights[k] <= heights[-1]
    assert k == 0 or heights[k - 1] > heights[k]
    assert k + 1 == walk_back(np.array([0.0, *heights]), len(heights))


# -- the valley ----------------------------------------------------------------------------------
@unhurried
@given(theta=points, damping=dampings)
def test_g_is_the_gradient_and_the_step_solves_its_system(theta, damping):
    g, G = valley.gradient_and_curvature(theta)
    h = 1e-6
    slopes = [
        (valley.loss(theta + h * e) - valley.loss(theta - h * e)) / (2 * h) for e in np.eye(2)
    ]
    np.testing.assert_allclose(slopes, g, atol=1e-5)
    (step,) = valley.damped_steps(g, G, np.array([damping]))
    np.testing.assert_allclose((G + damping * np.eye(2)) @ step, -g, atol=1e-9)


@unhurried
@given(theta=points, damping=dampings)
def test_without_a_warm_start_the_three_ways_of_counting_are_one(theta, damping):
    found = valley.compute_warm(theta, np.zeros(2), np.array([damping]))
    honest, *others = (found.ratios[way][0] for way in valley.WAYS)
    np.testing.assert_allclose(others, honest, rtol=1e-9, equal_nan=True)


def test_with_much_damping_the_gain_from_the_warm_start_is_minus_0_425():
    theta, damping = np.array([-1.2, 1.6]), np.array([1e8])
    start = 0.95 * valley.compute_warm(theta, np.zeros(2), damping / 1.5).steps[0]
    found = valley.compute_warm(theta, start, damping)
    assert found.ratios[valley.GAIN][0] == pytest.approx(1 - 0.95 * 1.5, abs=1e-4)


def test_the_button_settles_by_the_honest_rho_and_runs_away_by_the_gain_from_the_start():
    ended, stage = {}, explore.WarmStart()
    first = stage.at.value, stage.damping.value
    for way in (valley.HONEST, valley.GAIN):
        stage.at.value, stage.damping.value = first
        stage.way.value, stage.tip.value = way, stage.at.value
        for _ in range(12):
            stage.press.value += 1
        ended[way] = stage.damping.value, float(valley.loss(np.array(stage.at.value)))
    assert ended[valley.HONEST][0] < 1 < 50 < ended[valley.GAIN][0]
    assert ended[valley.HONEST][1] < 0.01 < 0.3 < ended[valley.GAIN][1]


def test_the_button_obeys_the_rule_of_the_package():
    stage = explore.WarmStart()
    found, _, _ = stage.now(np.array([stage.damping.value]))
    wanted = levenberg_marquardt(stage.damping.value, float(found.ratios[valley.HONEST][0]))
    stage.press.value += 1
    assert stage.damping.value == pytest.approx(wanted, rel=1e-6)


# -- CG's iterates -------------------------------------------------------------------------------
def test_a_track_is_what_the_model_and_the_loss_say_of_cg_s_iterates():
    theta, (X, y) = initial(), small_digits()
    track, g = compute_track(theta, 100, 0.1), gradient(theta)
    at = theta.clone().requires_grad_()
    z = outputs(at, X[:100])
    G = GaussNewtonProduct(cross_entropy(z, y[:100]), z, [at])
    for k in (1, 4):
        x = on_cg.cg.reference(lambda v: G(v) + 0.1 * v, -g, 0.0, k)
        phi = float(g @ x + 0.5 * x @ (G(x) + 0.1 * x))
        assert track.model[k] == pytest.approx(phi, rel=1e-6)
        assert track.change[k] == pytest.approx(loss_of(theta + x) - loss_of(theta), rel=1e-6)
    assert np.all(np.diff(track.model) < 1e-12)


def test_notes_hold_every_product_that_cg_asks_for():
    _, g, product, _ = quadratic(3)
    pairs = runs.asked(on_cg.cg.reference, product, -g, 6)
    assert 1 <= len(pairs) <= 6
    assert all(torch.equal(product(p), Ap) for p, Ap in pairs)
    (p, Ap), (q, _) = pairs[:2]
    assert abs(float(q @ Ap)) < 1e-9 * float(p @ Ap)


def test_notes_stay_when_a_cg_changes_its_directions_in_place():
    def hasty(product, b, tolerance, max_steps):
        p = b.clone()
        product(p)
        p *= 2
        product(p)
        return p

    b = torch.ones(3, dtype=torch.float64)
    (p, _), (q, _) = runs.asked(hasty, lambda v: 3 * v, b, 2)
    assert torch.equal(q, 2 * p)


def test_the_largest_tensor_of_a_product_of_two_matrices_is_seen():
    a = torch.ones(3, 50)
    assert explore.largest_tensor(lambda: (a.T @ a).sum()) == 2500


# -- the stages ----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def small_stages():
    """Every stage, made once."""
    rows = [runs.Row(3.0, 1.0, 0.5, 1.0), runs.Row(np.nan, 0.0, np.nan, np.nan)]
    run = runs.Run(rows, initial())
    return {
        "warm": explore.WarmStart(),
        "iterates": explore.Iterates(initial()),
        "museum": explore.Museum(run, run, run, run, run),
    }


@pytest.mark.parametrize("name", ["warm", "iterates", "museum"])
def test_no_corner_of_the_controls_breaks_the_picture_and_the_words_follow(small_stages, name):
    stage, rng, said = small_stages[name], np.random.default_rng(0), set()
    for place in [*list(extremes(stage))[:120], *(anywhere(stage, rng) for _ in range(20))]:
        with stage.held():
            put(stage, place)
        assert stage.words
        assert "nan" not in stage.words
        said.add((stage.words, picture(stage)))
    assert len(said) > 3


def test_the_museum_tells_of_numbers_that_are_none_and_draws_them_at_the_edge(small_stages):
    stage = small_stages["museum"]
    stage.at.value = (1, 1)
    assert "the loss is no number" in stage.words
    assert museum.series(stage.sound, "loss")[1] == museum.LIMITS["loss"][1]
    assert len(museum.STORIES) == 4


def test_words_of_the_warm_start_tell_what_lambda_does(small_stages):
    stage = small_stages["warm"]
    stage.at.value, stage.tip.value, stage.damping.value = (-1.2, 1.6), (-0.9, 0.7), 1.5**3
    for way in valley.WAYS:
        stage.way.value = way
        found, _, _ = stage.now(np.array([stage.damping.value]))
        new = levenberg_marquardt(stage.damping.value, float(found.ratios[way][0]))
        turn = "grows" if new > stage.damping.value else "shrinks"
        assert f"{turn}." in stage.words


# -- the dashboard -------------------------------------------------------------------------------
def test_the_dashboard_takes_its_steps_and_then_one_for_each_press():
    dashboard = explore.Dashboard(*explore.small_training(levenberg_marquardt), steps=2)
    asyncio.run(dashboard.run())
    assert [record.k for record in dashboard.records] == [0, 1]
    dashboard.one.value += 1
    assert len(dashboard.records) == 3
    assert "step 3 was taken" in dashboard.words
    assert len(dashboard.curves[0][1].xy) == 3


def test_a_paused_run_waits_and_goes_on_by_single_steps():
    dashboard = explore.Dashboard(*explore.small_training(levenberg_marquardt), steps=3)
    dashboard.pause.value = True

    async def watched():
        going = asyncio.create_task(dashboard.run())
        await asyncio.sleep(0.1)
        waited = len(dashboard.records)
        dashboard.one.value += 1
        await asyncio.sleep(0.5)
        stepped = len(dashboard.records)
        dashboard.pause.value = False
        await going
        return waited, stepped, len(dashboard.records)

    assert asyncio.run(watched()) == (0, 1, 3)


def test_an_interrupted_run_keeps_what_it_has():
    dashboard = explore.Dashboard(*explore.small_training(levenberg_marquardt), steps=50)

    async def cut():
        going = asyncio.create_task(dashboard.run())
        while not dashboard.records:
            await asyncio.sleep(0.01)
        going.cancel()
        await going

    asyncio.run(cut())
    assert 1 <= len(dashboard.records) < 50
    assert not dashboard.running


# -- every number of the prose -------------------------------------------------------------------
# (markdown cell, words in it, the number, code cell, its value from that cell's result and names)
def magnitude(value):
    """The power of ten just below: digits after it are chance where a run is chaotic."""
    return 10 ** math.floor(math.log10(value))


PROSE_NUMBERS = [
    ("parts", "Four hundred digits", "400", "parts-net", lambda out, ns: len(ns["X"])),
    ("parts", "24 hidden units", "24", "parts-net", lambda out, ns: 1536 / ns["X"].shape[1]),
    ("parts", "1,810 parameters", "1810", "parts-net", lambda out, ns: len(ns["start"])),
    ("room-hessian", "the losses of eight", "8", "hessian-run", lambda out, ns: out.shape[1]),
    ("why-damping", "longer than 100,", "100", "no-damping-run",
     lambda out, ns: magnitude(out[0, 3])),
    ("why-damping", "than 10,000", "10000", "no-damping-run", lambda out, ns: magnitude(out[1, 3])),
    ("why-damping", "no number after three", "3", "no-damping-run",
     lambda out, ns: np.isfinite(out[:, 0]).sum()),
    ("room-rise", "starts too small, at 0.001", "0.001", "rise-run", lambda out, ns: out[0, 1]),
    ("why-long", "turns up after the second", "2", "longer-run",
     lambda out, ns: np.argmin(ns["change"]) + 1),
    ("why-long", "the other 380", "380", "longer-run", lambda out, ns: 400 - ns["few"].stop),
    ("room-warm", "about fifty lines", "5e1", "whole-def", lambda out, ns: lines_of_the_parts()),
    ("warm-try", "24 steps", "24", "warm-run", lambda out, ns: len(ns["honest"].rows)),
    ("why-warm", "= -0.425", "-0.425", "warm-run", lambda out, ns: out[0][-1, 2]),
    ("claims", "the last two numbers", "0", "claims-run", lambda out, ns: out[3]),
    ("live", "400 × 64", "25600", "claims-run", lambda out, ns: out[0]),
    ("breaks", "the other 380", "380", "breaks-run",
     lambda out, ns: ns["rest"].stop - ns["rest"].start),
]  # fmt: skip


def lines_of_the_parts() -> int:
    """Lines of the learner's parts, docstrings left out, and of the two cells around them."""
    lent = (on_cg.cg, on_products.ggn_vector_product, on_products.output_hessian_product)
    own = (exercises.reduction_ratio, exercises.damping_rule, exercises.best_iterate)
    counted = sum(_lines(exercise.reference) for exercise in (*lent, *own))
    return counted + sum(len(lesson_cells()[name].splitlines()) - 1 for name in AROUND)


AROUND = ("iterates-def", "whole-def")


def lesson_cells() -> dict[str, str]:
    """Sources of the cells by id."""
    path = prose_numbers.NOTEBOOKS / "11_hessian_free.ipynb"
    cells = prose_numbers.nbformat.read(path, prose_numbers.nbformat.NO_CONVERT).cells
    return {cell.id: cell.source for cell in cells}


def _lines(function) -> int:
    text = inspect.getsource(function).replace(f'"""{function.__doc__}"""', "")
    return len([line for line in text.splitlines() if line.strip()])


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run as shipped without its widgets."""
    return prose_numbers.Lesson("11_hessian_free")


@prose_numbers.each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_the_lesson_begins_with_one_step_and_a_class_that_torch_does_not_have(lesson):
    x, products, (lbfgs, hessian_free) = lesson.results["square-run"]
    assert (x, products, lbfgs, hessian_free) == (2.0, 1, True, False)


def test_cg_meets_negative_curvature_with_h_alone(lesson):
    with_h, with_g = (line.split() for line in lesson.results["bends-run"].splitlines())
    assert float(with_h[1]) < 0 < 0.2 <= float(with_g[1])
    assert int(with_h[0]) == 50 > int(with_g[0])


def test_refusal_saves_the_run_that_trust_loses(lesson):
    names = lesson.names["sound-run"]
    assert names["trusted"].losses[-1] > 100 * names["careful"].losses[-1]
    assert (names["careful"].refused > 0, names["sound"].refused) == (True, 0)


def test_walking_back_rescues_the_step_at_the_tenth_iterate(lesson):
    names = lesson.names["whole-def"]
    steps = names["iterates"][:10]
    rescued = names["best_iterate"](names["loss"], names["theta"], steps)
    change = float(names["loss"](names["theta"] + rescued) - names["loss"](names["theta"]))
    assert change < 0 < names["change"][9]


def test_a_step_on_the_word_of_few_images_is_worse_for_the_others(lesson):
    ratio, table = lesson.results["breaks-run"]
    assert 0.25 < ratio < 0.75
    assert table[1, 0] < table[0, 0] < table[0, 1] + 0.3 < table[1, 1] + 0.3
    assert table[1, 1] > table[0, 1]


def test_the_notebook_s_network_is_the_package_s(lesson):
    names, theta = lesson.names["parts-net"], initial(3)
    torch.testing.assert_close(names["network"](theta), outputs(theta, names["X"]))
