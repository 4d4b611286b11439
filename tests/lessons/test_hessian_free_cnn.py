"""What lesson 12 shows is true: damped steps, standings, races, hard digits, training."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from math import inf
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from sgo_teach.data import digits
from sgo_teach.lessons.hessian_free_cnn import (
    damped_step,
    exercises,
    explore,
    hard_digits,
    pictures,
    race_curves,
    standings,
    training,
)
from sgo_teach.lessons.hessian_free_cnn.on_curvature import LinearNetwork
from sgo_teach.nets import digits_race
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.nets.race import Entrant, ImageTensors, Snapshot
from sgo_teach.nets.recording import Recording
from tests.lessons.hands import anywhere, ends, extremes, picture, put
from tests.lessons.prose_numbers import Lesson, each

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "12_hessian_free_cnn.ipynb"
places = st.tuples(st.floats(-1.9, 1.9), st.floats(-0.9, 2.9)).map(np.array)
dampings = st.floats(1e-2, 1e4)


# -- the damped step ------------------------------------------------------------------------------
@given(at=places)
def test_gradient_of_the_residuals_is_the_gradient_of_the_valley(at):
    g, _ = damped_step.gradient_and_curvature(at)
    np.testing.assert_allclose(g, damped_step.VALLEY.gradient(at), atol=1e-9)


@given(at=places)
def test_the_gauss_newton_matrix_never_bends_downwards(at):
    _, G = damped_step.gradient_and_curvature(at)
    assert np.linalg.eigvalsh(G).min() >= 0


@given(at=places, damping=dampings)
def test_a_damped_step_solves_its_system(at, damping):
    frame = damped_step.compute_damped(at, damping)
    g, G = damped_step.gradient_and_curvature(at)
    np.testing.assert_allclose((G + damping * np.eye(2)) @ frame.delta, -g, atol=1e-6)


@given(at=places)
def test_more_damping_never_makes_a_longer_step(at):
    lengths = np.linalg.norm(damped_step.compute_damped(at, 1.0).path, axis=1)
    assert np.all(np.diff(lengths) <= 1e-9)


@settings(max_examples=40)
@given(at=places)
def test_with_much_damping_the_step_points_along_minus_g_and_rho_tends_to_1(at):
    g, G = damped_step.gradient_and_curvature(at)
    if np.linalg.norm(g) < 1e-2:
        return
    damping = 1e6 * float(np.linalg.norm(G))
    (step,) = damped_step.damped_steps(g, G, np.array([damping]))
    np.testing.assert_allclose(damping * step, -g, rtol=1e-5, atol=1e-5)
    assert damped_step.compute_damped(at, damping).ratio == pytest.approx(1, abs=1e-2)


def test_at_the_minimum_nothing_is_promised_and_the_button_does_no_harm():
    stage = damped_step.DampedStep()
    stage.at.value = (1.0, 1.0)
    assert "promises nothing" in stage.words
    stage.press.value += 1
    assert stage.at.value == (1.0, 1.0)


def test_pressing_the_button_walks_down_to_the_minimum():
    stage, values = damped_step.DampedStep(), []
    for _ in range(30):
        values.append(float(damped_step.VALLEY.value(np.array(stage.at.value))))
        stage.press.value += 1
    assert np.all(np.diff(values) <= 0)
    assert values[-1] < 1e-8


def test_the_button_adapts_the_damping_by_the_rule_whether_the_step_is_taken_or_not():
    stage = damped_step.DampedStep()
    for damping in (1.5**-8, 1.0, 1.5**10):
        stage.at.value, stage.damping.value = (-1.2, 1.0), damping
        ratio = damped_step.compute_damped(np.array([-1.2, 1.0]), stage.damping.value).ratio
        wanted = levenberg_marquardt(stage.damping.value, ratio)
        stage.press.value += 1
        assert stage.damping.value == pytest.approx(wanted, rel=1e-6)


# -- the exercises against the course's own optimiser ---------------------------------------------
def test_the_product_of_exercise_1_is_the_second_derivative_where_the_outputs_are_linear():
    generator = torch.Generator().manual_seed(5)
    X = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    W, v = torch.randn(2, 12, generator=generator, dtype=torch.float64)
    labels, network = torch.tensor([0, 1, 2, 3, 0, 1]), LinearNetwork(X, 4)
    H = torch.autograd.functional.hessian(lambda w: cross_entropy(network.jvp(w), labels), W)
    product = exercises.ggn_vector_product.reference
    mine = product(network.jvp, network.vjp, network.jvp(W).softmax(1), v)
    torch.testing.assert_close(mine, torch.as_tensor(H) @ v)


@given(ratio=st.floats(), damping=st.floats(1e-6, 1e6))
def test_the_rule_of_exercise_3_is_that_of_the_optimiser(ratio, damping):
    if ratio == inf:  # the optimiser meets it only where numbers overflow
        return
    mine = exercises.damping_rule.reference(damping, ratio)
    assert mine == pytest.approx(levenberg_marquardt(damping, ratio))


# -- a made-up race -------------------------------------------------------------------------------
def history(name: str, *rows: tuple[float, int, float, float]) -> tuple[Snapshot, ...]:
    """Snapshots from (seconds, updates, loss, accuracy)."""
    return tuple(Snapshot(name, *row) for row in rows)


OURS = history("Hessian-free", (0, 0, 2.3, 0.1), (6, 20, 0.1, 0.97), (12, 40, 0.01, 0.98))
ADAM = history("Adam", (0, 0, 2.3, 0.1), (1, 90, 0.1, 0.95), (3, 270, 0.01, 0.99))
ADAM += history("Adam", (12, 1000, 0.001, 0.985))
RACE = {"Hessian-free": [OURS, OURS], "Adam": [ADAM, ADAM]}
RECORDING = Recording("2026-01-01", "a desk", {"torch": "2"}, 12.0, (0, 1), (OURS + ADAM,) * 2)


def test_seconds_to_a_goal_are_those_of_the_first_snapshot_that_meets_it():
    assert standings.seconds_to(ADAM) == 3
    assert standings.seconds_to(OURS) == 12
    assert standings.seconds_to(OURS, 0.99) == inf


def test_the_verdict_follows_from_the_numbers():
    table = standings.Standings.of("made up", RACE)
    adam = table.row("Adam")
    assert adam is not None
    assert table.verdict(adam) == "+0.5 points, 0.1 × the loss, 0.25 × the time to 98%"
    assert "made up" in repr(table)
    assert table._repr_markdown_().count("\n| ") == 4


def test_who_never_started_is_left_out_of_the_table():
    entrants = [entrant("Hessian-free", OURS), entrant("Adam", ())]
    table = standings.Standings.of("live", standings.live(entrants))
    assert [row.name for row in table.rows] == ["Hessian-free"]


def test_a_recording_is_credited_with_date_machine_and_seeds():
    words = standings.credits(RECORDING)
    assert all(word in words for word in ("2026-01-01", "a desk", "torch 2", "12 s", "0, 1"))


@given(place=st.floats(0, 1), kind=st.sampled_from(race_curves.AXES), most=st.floats(2, 1e5))
def test_a_ruler_reads_back_what_it_lays_out(place, kind, most):
    ruler = race_curves.Ruler(kind, most)
    assert ruler.place(ruler.amount(place)) == pytest.approx(place, abs=1e-9)


@given(kind=st.sampled_from(race_curves.AXES), most=st.floats(2, 1e5))
def test_the_ticks_of_a_ruler_lie_on_it_in_order(kind, most):
    ruler = race_curves.Ruler(kind, most)
    laid = ruler.place(ruler.ticks())
    assert laid.min() >= 0
    assert laid.max() <= 1 + 1e-9
    assert np.all(np.diff(laid) > 0)


def test_at_a_moment_counts_the_last_snapshot_before_it():
    assert race_curves.at_moment(ADAM, "seconds", 2.9) == ADAM[1]
    assert race_curves.at_moment(ADAM, "updates", 270) == ADAM[2]
    assert race_curves.at_moment(OURS, "updates", 41) is None
    assert race_curves.at_moment((), "seconds", 1.0) is None


def test_after_equal_updates_the_tale_is_another_one_than_after_equal_seconds():
    assert "0.1" in race_curves.tell([OURS], "Hessian-free", "updates", 20)
    assert "2.3" in race_curves.tell([ADAM], "Adam", "updates", 20)
    assert "never" in race_curves.tell([OURS], "Hessian-free", "updates", 500)


# -- hard digits, confusion, filters --------------------------------------------------------------
def test_the_hardest_digits_come_first_and_the_misread_ones_among_them():
    logits, labels = np.diag([4.0, 1.0, -2.0]) + 0.1, np.array([0, 1, 2])
    book = hard_digits.hardest(logits, labels, count=3)
    own = book.probabilities[np.arange(3), book.labels]
    assert book.labels.tolist() == [2, 1, 0]
    assert np.all(np.diff(own) >= 0)
    assert book.wrong == 1
    np.testing.assert_allclose(book.probabilities.sum(axis=1), 1)


@cache
def data() -> ImageTensors:
    """The digits, loaded once."""
    return ImageTensors.of(digits())


def test_the_confusion_matrix_counts_every_held_out_image_once_by_label():
    counts = pictures.confusion(digits_race.digits_network(seed=0), data())
    assert counts.sum() == len(data().test_labels)
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(data().test_labels.numpy()))


def test_a_mosaic_keeps_every_kernel():
    kernels = np.arange(5 * 2 * 3, dtype=float).reshape(5, 2, 3)
    sheet = pictures.mosaic(kernels, columns=2)
    assert sheet.shape == (8, 7)
    np.testing.assert_array_equal(sheet[3:5, 4:7], kernels[3])
    assert set(sheet[np.isfinite(sheet)]) == set(kernels.ravel())


# -- training -------------------------------------------------------------------------------------
def entrant(name: str, past: tuple[Snapshot, ...] = (), work=lambda: None) -> Entrant:
    """An untrained network that an update leaves alone."""
    network = digits_race.digits_network(seed=0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    last = past[-1] if past else Snapshot(name, 0.0, 0, 0.0, 0.0)
    made = Entrant(name, network, optimizer, work, data(), last.seconds, last.updates)
    made.history.extend(past)
    return made


def test_training_goes_on_until_the_seconds_are_used_up():
    stage = training.Training([entrant("Hessian-free"), entrant("Adam")], seconds=0.01)
    asyncio.run(stage.run())
    assert stage.ended == "done"
    assert all(e.seconds >= 0.01 and len(e.history) >= 2 for e in stage.entrants)


def test_the_stop_button_ends_it_and_what_was_measured_stays():
    def press():
        if not stage.stop.value:
            stage.stop.value = 1

    stage = training.Training([entrant("Adam", work=press)], seconds=3600)
    asyncio.run(stage.run())
    assert "Stopped by you" in stage.words
    assert stage.entrants[0].history


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_interrupt_ends_it_and_what_was_measured_stays(error):
    def interrupted():
        raise error

    stage = training.Training([entrant("Adam", work=interrupted)], seconds=3600)
    asyncio.run(stage.run())
    assert "Interrupted" in stage.words
    assert stage.entrants[0].history


def test_after_a_stop_training_can_go_on():
    stage = training.Training([entrant("Adam", OURS)], seconds=0.01)
    stage.stop.value = 3
    asyncio.run(stage.run())
    assert stage.ended == "done"
    assert stage.entrants[0].seconds > OURS[-1].seconds


def test_another_fault_is_not_swallowed():
    def broken():
        raise ArithmeticError("overflow")

    stage = training.Training([entrant("Adam", work=broken)], seconds=1.0)
    with pytest.raises(ArithmeticError):
        asyncio.run(stage.run())


@pytest.mark.parametrize(("entrants", "seconds"), [([], 1.0), (["Adam"], 0.0)])
def test_training_nobody_or_for_no_time_is_refused(entrants, seconds):
    with pytest.raises(ValueError, match="needs an entrant and some seconds"):
        training.Training([entrant(name) for name in entrants], seconds)


def test_a_loss_that_is_no_number_is_drawn_at_the_top():
    lost = history("Adam", (0, 0, 2.3, 0.1), (1, 10, float("nan"), 0.1))
    _, loss = training.series(lost, "loss")
    assert loss.tolist() == [2.3, training.LIMITS["loss"][1]]


# -- the notebook and the recording ---------------------------------------------------------------
def cell(name: str) -> str:
    """The source of a cell of the notebook, by its id."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return next("".join(c["source"]) for c in cells if c["id"] == name)


def test_the_notebook_enters_the_same_hessian_free_as_the_recorded_race():
    from sgo_teach.nets import race
    from sgo_teach.nets.hessian_free import HessianFree

    names = {"race": race, "digits_race": digits_race, "data": data(), "torch": torch}
    names |= {"exercises": exercises, "HessianFree": HessianFree}
    exec(cell("train-entrants"), names)
    mine, theirs = names["entrants"][0], digits_race.hessian_free(data(), seed=0)
    assert mine.optimizer.defaults == theirs.optimizer.defaults
    for one in (mine, theirs):
        one.update()
    pairs = zip(mine.network.parameters(), theirs.network.parameters(), strict=True)
    assert all(torch.allclose(p, q) for p, q in pairs)


@cache
def recorded_table() -> standings.Standings:
    """The standings of the recorded race."""
    return standings.Standings.of("recorded", standings.recorded(explore.recorded_race()))


def test_the_recording_has_five_seeds_or_more_and_hessian_free_reads_98_per_cent():
    ours = recorded_table().row("Hessian-free")
    assert len(explore.recorded_race().seeds) >= 5
    assert ours is not None
    assert ours.accuracy[0] >= 0.98


def test_in_the_recording_both_rivals_are_first_at_98_per_cent_with_a_lower_loss():
    """The lesson says so in words, and its prediction is scored by it."""
    ours = recorded_table().row("Hessian-free")
    assert ours is not None
    for name in ("Adam", "SGD + momentum"):
        rival = recorded_table().row(name)
        assert rival is not None
        assert rival.to_goal < 0.9 * ours.to_goal
        assert rival.loss < ours.loss
    assert exercises.equal_seconds.questions[0].answer == 1


def test_in_the_recording_hessian_free_is_far_ahead_after_equal_updates():
    recording = explore.recorded_race()
    updates = min(run[-1].updates for run in recording.histories("Hessian-free"))

    def loss(name):
        there = [
            race_curves.at_moment(run, "updates", updates) for run in recording.histories(name)
        ]
        return np.median([s.loss for s in there if s is not None])

    assert loss("Hessian-free") < 0.1 * min(loss("Adam"), loss("SGD + momentum"))


@pytest.mark.slow
def test_hessian_free_reads_98_per_cent_of_the_held_out_digits():
    torch.manual_seed(0)
    runner = digits_race.hessian_free(data(), seed=0)
    best = 0.0
    for update in range(60):
        runner.update()
        best = max(best, runner.snapshot().test_accuracy) if update >= 20 else best
        if best >= 0.98:
            break
    assert best >= 0.98


# -- the pictures ---------------------------------------------------------------------------------
def race_stage() -> race_curves.RaceCurves:
    """Recorded and live races."""
    return race_curves.RaceCurves(RECORDING, [entrant("Hessian-free", OURS), entrant("Adam", ADAM)])


def mistakes() -> hard_digits.Mistakes:
    """Two networks, one of them with a bias for ones."""
    first, second = entrant("Hessian-free"), entrant("Adam")
    *_, bias = second.network.parameters()
    with torch.no_grad():
        bias[1] += 10
    return hard_digits.Mistakes([first, second], data())


EXPLORABLES = (damped_step.DampedStep, race_stage, mistakes)
each_explorable = pytest.mark.parametrize("made", EXPLORABLES, ids=lambda made: made.__name__)


@each_explorable
def test_no_extreme_of_the_controls_raises(made):
    stage = made()
    for where in extremes(stage):
        put(stage, where)
        assert stage.words


@each_explorable
def test_no_position_of_the_controls_raises(made):
    stage, rng = made(), np.random.default_rng(0)
    for _ in range(15):
        put(stage, anywhere(stage, rng))
        assert stage.words


@each_explorable
def test_every_control_changes_the_picture(made):
    names = list(made().controls)
    for name in names:
        stage = made()
        seen = {(picture(stage), stage.words)}
        for place in ends(stage.controls[name]):
            put(stage, {name: place})
            seen.add((picture(stage), stage.words))
        assert len(seen) > 1, name


def test_without_a_live_race_the_recorded_one_is_shown_alone():
    stage = race_curves.RaceCurves(RECORDING)
    assert list(stage.races) == ["recorded on 2026-01-01, 2 seeds"]
    assert len(stage.pages) == 2 * (race_curves.MOMENTS + 1)


def test_a_race_that_was_stopped_at_once_is_shown_as_it_is():
    stage = race_curves.RaceCurves(RECORDING, [entrant("Hessian-free", OURS[:1])])
    stage.race.value = "just now, one seed"
    assert "Hessian-free" in stage.words


# -- the prose -----------------------------------------------------------------------------------
NEVER_TRAINED = (  # what runs in a second; numbers of the race are the recording's
    "setup", "data-load", "network-make", "matrix-cost", "ex-product", "product-look",
    "product-test-run", "cg-run",
)  # fmt: skip


def recorded_row(name: str) -> standings.Standing:
    """The standing of one optimiser in the recorded race."""
    row = recorded_table().row(name)
    assert row is not None
    return row


def seconds_per_update(name: str) -> float:
    """Seconds that an update of the recorded race took."""
    return recorded_row(name).seconds / recorded_row(name).updates


def our_settings(key: str) -> float:
    """A setting of Hessian-free in the race of the notebook."""
    return digits_race.hessian_free(data(), seed=0).optimizer.defaults[key]


def layers(ns, kind) -> list:
    """The layers of a kind in the network."""
    return [layer for layer in ns["network"].modules() if isinstance(layer, kind)]


def floor_of_two_softmaxes() -> float:
    """The least cross-entropy if the logits are probabilities themselves."""
    return cross_entropy(torch.eye(10)[:1], torch.tensor([0])).item()


# (markdown cell, words in it, the number they name, code cell, its value from result and names)
PROSE_NUMBERS = [
    ("title", "72,842 parameters", "72842", "network-make", lambda out, ns: ns["n"]),
    ("title", "five billion entries", "5e9", "network-make", lambda out, ns: ns["n"] ** 2),
    ("data", "1,797 digits", "1797", "data-load",
     lambda out, ns: len(ns["data"].train_images) + len(ns["data"].test_images)),
    ("data", "8 × 8 pixels", "8", "data-load", lambda out, ns: ns["data"].train_images.shape[-1]),
    ("data", "1,437 are for training", "1437", "data-load",
     lambda out, ns: len(ns["data"].train_images)),
    ("data", "360 are held out", "360", "data-load", lambda out, ns: len(ns["data"].test_images)),
    ("data", "three convolutions", "3", "network-make",
     lambda out, ns: len(layers(ns, torch.nn.Conv2d))),
    ("data", "32, 64 and 64 channels", "32", "network-make",
     lambda out, ns: layers(ns, torch.nn.Conv2d)[0].out_channels),
    ("data", "32, 64 and 64 channels", "64", "network-make",
     lambda out, ns: layers(ns, torch.nn.Conv2d)[2].out_channels),
    ("data", "two poolings", "2", "network-make",
     lambda out, ns: len(layers(ns, torch.nn.MaxPool2d))),
    ("data", "two dense layers", "2", "network-make",
     lambda out, ns: len(layers(ns, torch.nn.Linear))),
    ("matrix", "$n^2$ entries of 4 bytes", "4", "product-look",
     lambda out, ns: ns["g"].element_size()),
    ("product-plug", "the first 128 images", "128", "product-look", lambda out, ns: len(ns["p"])),
    ("price", "the lowest of twenty", "20", "product-test-run", lambda out, ns: len(ns["many"])),
    ("cg", "get along with ten", "10", "cg-run", lambda out, ns: our_settings("max_cg_steps")),
    ("cg", "a hundredth of $g$", "0.01", "cg-run",
     lambda out, ns: (ns["Gv"](ns["delta"]) + ns["delta"] + ns["g"]).norm() / ns["g"].norm()),
    ("cg-said", "72,842 unknowns", "72842", "cg-run", lambda out, ns: len(ns["delta"])),
    ("cg-said", "solved to one per cent", "0.01", "cg-run", lambda out, ns: out[1]),
    ("cg-said", "a handful of products", "1e1", "cg-run", lambda out, ns: out[0]),
    ("rule", r"Below ¼ the model has failed, and $\lambda$ grows by half", "1.5", "cg-run",
     lambda out, ns: exercises.damping_rule.reference(1.0, 0.24)),
    ("rule", "above ¾ it may shrink by a third", "0.6667", "cg-run",
     lambda out, ns: exercises.damping_rule.reference(1.0, 0.76)),
    ("twice-train", r"at most $e/(e+9)$", "0.23197", "cg-run",
     lambda out, ns: torch.eye(10)[0].softmax(0).max()),
    ("twice-train", r"the floor is $\log(e+9) - 1$", "1.46115", "cg-run",
     lambda out, ns: floor_of_two_softmaxes()),
    ("train", "of all 1,437 images", "1437", "data-load",
     lambda out, ns: len(data().train_images) * ("gradient_batch=1437" in cell("train-entrants"))),
    ("train", "at most ten products a step", "10", "cg-run",
     lambda out, ns: our_settings("max_cg_steps")),
    ("learned-mistakes", "32 filters of 3 × 3 pixels", "32", "network-make",
     lambda out, ns: len(layers(ns, torch.nn.Conv2d)[0].weight)),
    ("learned-mistakes", "32 filters of 3 × 3 pixels", "3", "network-make",
     lambda out, ns: layers(ns, torch.nn.Conv2d)[0].weight.shape[-1]),
    ("breaks-said", "98 % here", "0.98", "data-load",
     lambda out, ns: recorded_row("Hessian-free").accuracy[0]),
]  # fmt: skip


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run as far as no training is needed."""
    threads = torch.get_num_threads()
    yield Lesson("12_hessian_free_cnn", only=NEVER_TRAINED)
    torch.set_num_threads(threads)


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_the_recorded_race_is_what_the_prose_says_of_it(lesson):
    """High nineties for all three; one update of ours costs dozens of Adam's."""
    assert "It reaches the high nineties" in lesson.cells["race-said"].source
    rows = [recorded_row(name) for name in ("Hessian-free", "Adam", "SGD + momentum")]
    assert min(row.accuracy[1] for row in rows) > 0.95
    assert "dozens of updates of Adam" in lesson.cells["hunt"].source
    assert 24 < seconds_per_update("Hessian-free") / seconds_per_update("Adam") < 120


def test_13_people_wrote_the_digits():
    from sklearn.datasets import load_digits

    assert "different 13" in " ".join(load_digits().DESCR.split())


def test_the_numbers_of_the_training_cells_are_those_of_the_prose(lesson):
    assert "sixty mini-batches" in lesson.cells["twice-train"].source
    assert "generator), 60)" in cell("twice-train-run")
    assert "the curvature of 240 of them" in lesson.cells["train"].source
    assert "curvature_batch=240" in cell("train-entrants")
    assert "on three other batches of 240" in lesson.cells["breaks"].source
    assert "(0, 240, 480, 720)" in cell("breaks-run")
