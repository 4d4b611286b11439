"""What lesson 12 shows is true: images, updates, prices, races, training, checkpoints."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import cache
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from sgo_teach.data import digits
from sgo_teach.lessons.hessian_free_cnn import (
    exercises,
    explore,
    firsts,
    flat,
    hard_digits,
    part_and_whole,
    pictures,
    race_curves,
    standings,
    training,
)
from sgo_teach.lessons.hessian_free_cnn import images as images_of
from sgo_teach.nets import digits_race, race
from sgo_teach.nets.curvature import GaussNewtonProduct
from sgo_teach.nets.race import Budget, Entrant, ImageTensors, Snapshot
from sgo_teach.nets.recording import Recording
from tests.lessons.hands import anywhere, ends, extremes, picture, put
from tests.lessons.prose_numbers import Lesson, each

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "12_hessian_free_cnn.ipynb"


@cache
def data() -> ImageTensors:
    """The digits, loaded once."""
    return ImageTensors.of(digits())


@cache
def few() -> images_of.Images:
    """The first of the digits: all that a picture needs."""
    whole = data()
    some = (whole.train_images[:60], whole.train_labels[:60])
    return images_of.Images("digits", ImageTensors(*some, *some), tuple(str(k) for k in range(10)))


def cell(name: str) -> str:
    """The source of a cell of the notebook, by its id."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return next("".join(c["source"]) for c in cells if c["id"] == name)


# -- the images -----------------------------------------------------------------------------------
def write_cifar(folder: Path, cut: int = 0) -> Path:
    """Six batches in the format of CIFAR-10, eight records each; the last may lack some bytes."""
    where, rng = folder / "cifar-10-batches-bin", np.random.default_rng(0)
    where.mkdir(parents=True)
    (where / "batches.meta.txt").write_text("\n".join("abcdefghij") + "\n")
    for name in [f"data_batch_{k}.bin" for k in range(1, 6)] + ["test_batch.bin"]:
        records = rng.integers(0, 256, (8, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(8)
        records.tofile(where / name)
    last = where / "test_batch.bin"
    last.write_bytes(last.read_bytes()[: 8 * 3073 - cut])
    return folder


def data_cell(monkeypatch, folder: Path) -> dict:
    """The notebook's data cell with CIFAR-10 asked for; the user's cache lies in a folder."""
    import pooch

    def no_network(*_):
        raise OSError("no network")

    monkeypatch.setattr(pooch, "os_cache", lambda _name: folder)
    monkeypatch.setattr(pooch, "retrieve", no_network)
    monkeypatch.setattr(images_of, "CIFAR_SIZES", (40, 8))
    source = cell("data-load").replace('"digits"', '"cifar10"')
    assert source != cell("data-load")
    names = {"explore": explore, "torch": torch, "display": lambda *_: None}
    exec(source, names)
    return names


def test_with_cifar_in_the_cache_the_notebook_trains_on_it_unchanged(monkeypatch, tmp_path):
    names = data_cell(monkeypatch, write_cifar(tmp_path))
    chosen = names["images"]
    assert (chosen.name, chosen.note, chosen.classes) == ("cifar10", "", tuple("abcdefghij"))
    assert chosen.data.train_images.shape == (40, 3, 32, 32)
    names |= {"digits_race": digits_race, "exercises": exercises, "race": race}
    names |= {"parameter_count": lambda network: sum(p.numel() for p in network.parameters())}
    names |= {"batch": 480, "part": 160, "products": 1}
    exec(cell("network-make"), names)
    assert names["n"] == 122_570
    exec(cell("train-entrants"), names)
    for entrant in names["entrants"]:
        entrant.update()
        assert np.isfinite(entrant.snapshot().loss), entrant.name
    stage = hard_digits.Mistakes(names["entrants"][:1], chosen)
    assert "of 8 misread" in stage.words
    explore.filters_picture(names["network"], names["entrants"][0].network)


def test_a_damaged_cifar_is_named_and_the_digits_are_taken(monkeypatch, tmp_path):
    chosen = data_cell(monkeypatch, write_cifar(tmp_path, cut=100))["images"]
    assert chosen.name == "digits"
    assert "test_batch.bin must hold whole records" in repr(chosen)
    assert len(chosen.data) == len(data())


def test_without_a_network_the_message_says_so_and_the_digits_are_taken(monkeypatch, tmp_path):
    chosen = data_cell(monkeypatch, tmp_path)["images"]
    assert chosen.name == "digits"
    assert "no network" in repr(chosen)


def test_other_images_are_refused():
    with pytest.raises(ValueError, match="digits, cifar10"):
        images_of.images("mnist")


# -- the network as a function of one vector ------------------------------------------------------
def test_a_flat_network_gives_the_logits_of_the_network():
    network = digits_race.digits_network(seed=0)
    logits, images = flat.FlatNetwork(network, data().train_images), data().train_images[:9]
    torch.testing.assert_close(logits(logits.read(), slice(9)), network(images))


def test_what_is_written_is_what_is_read():
    logits = flat.FlatNetwork(digits_race.digits_network(seed=0), data().train_images)
    theta = torch.randn(72_842, generator=torch.Generator().manual_seed(0))
    logits.write(theta)
    torch.testing.assert_close(logits.read(), theta)
    torch.testing.assert_close(logits(theta, slice(5)), logits.network(data().train_images[:5]))


def test_the_borrowed_product_is_that_of_the_course_on_the_cnn():
    network, some = digits_race.digits_network(seed=0), slice(24)
    logits = flat.FlatNetwork(network, data().train_images)
    v = torch.randn(72_842, generator=torch.Generator().manual_seed(0))
    z = network(data().train_images[some])
    loss = cross_entropy(z, data().train_labels[some])
    known = GaussNewtonProduct(loss, z, network.parameters(), "cross_entropy")(v)
    lent = exercises.earlier
    mine = lent.ggn_vector_product(
        lambda at: logits(at, some), lent.output_hessian_product, logits.read(), v
    )
    assert float((mine - known).norm()) < 1e-3 * float(known.norm())


def test_an_entrant_of_ones_own_pays_what_the_price_says_and_never_falls_below_the_least_damping():
    seen = []

    def update(logits, labels, theta, damping, batch, part, products):
        seen.append((damping, len(batch), len(part), set(part.tolist()) <= set(batch.tolist())))
        return theta, damping / 100, 1.0

    made = flat.entrant("yours", update, lambda *n: sum(n), data(), seed=0, products=3)
    made.advance()
    made.advance()
    assert seen == [(1.0, 480, 240, True), (0.1, 480, 240, True)]
    assert made.gradient_equivalents == 2 * (1437 + 480 + 240 + 4 + 2)
    assert made.curvature[:2] == (0.1, 3)


# -- what a part of the images promises -----------------------------------------------------------
@cache
def landscape() -> part_and_whole.Landscape:
    """The digits' network at its start, a few images."""
    return part_and_whole.Landscape(digits_race.digits_network(seed=0), data(), whole=60)


def test_the_slope_is_downhill_whatever_the_part_and_theta_is_put_back():
    before = landscape().vector.read()
    found = part_and_whole.promises(landscape())
    assert {(p.part, p.damping) for p in found} == {
        (part, damping) for part in (30, 60) for damping in part_and_whole.DAMPINGS
    }
    assert all(p.slope < 0 < p.bend for p in found)
    torch.testing.assert_close(landscape().vector.read(), before, rtol=0, atol=0)


def test_a_model_built_on_all_images_bends_as_all_images_do():
    for promise in part_and_whole.promises(landscape()):
        if promise.part == 60:
            assert promise.bend == pytest.approx(promise.bend_of_all, rel=1e-4)


@given(part=st.floats(0.1, 5), t=st.floats(0.1, 2))
def test_a_promise_that_is_kept_has_ratio_one(part, t):
    losses = 3 - part_and_whole.WAY * t + 0.5 * part * part_and_whole.WAY**2
    kept = part_and_whole.Promise(30, 0.1, -t, part, part, losses)
    np.testing.assert_allclose(
        np.interp(part_and_whole.WAY, part_and_whole.FINE, kept.model), losses
    )
    if abs(-t + part / 2) > 1e-3:
        assert kept.ratio == pytest.approx(1.0)


# -- prices and firsts ----------------------------------------------------------------------------
@given(
    N=st.integers(100, 5000), k=st.integers(0, 30), t=st.integers(0, 9), share=st.floats(0.01, 1)
)
def test_the_price_is_linear_and_one_for_a_bare_gradient_of_all(N, k, t, share):
    price = exercises.gradient_equivalents.reference
    part = max(1, int(share * N))
    assert price(N, N, part, 0, 0) == pytest.approx(1)
    assert price(N, N, part, k, t) == pytest.approx(
        1 + k * (price(N, N, part, 1, 0) - 1) + t * (price(N, N, part, 0, 1) - 1)
    )


@given(accuracies=st.lists(st.floats(0, 1), min_size=1, max_size=9), goal=st.floats(0, 1))
def test_what_was_spent_until_the_goal_is_that_of_the_first_sight(accuracies, goal):
    spent = list(range(len(accuracies)))
    found = exercises.spent_until.reference(spent, accuracies, goal)
    if found == inf:
        assert max(accuracies) < goal
    else:
        assert accuracies[int(found)] >= goal
        assert all(a < goal for a in accuracies[: int(found)])


# -- a made-up race -------------------------------------------------------------------------------
def history(name: str, *rows: tuple[float, int, float, float]) -> tuple[Snapshot, ...]:
    """Snapshots from (seconds, updates, loss, accuracy); a second buys ten gradients."""
    return tuple(
        Snapshot(name, *row, gradient_equivalents=10 * row[0], test_loss=row[2]) for row in rows
    )


OURS = history("Hessian-free", (0, 0, 2.3, 0.1), (6, 20, 0.1, 0.97), (12, 40, 0.01, 0.98))
ADAM = history("Adam", (0, 0, 2.3, 0.1), (1, 90, 0.1, 0.95), (3, 270, 0.01, 0.99))
ADAM += history("Adam", (12, 1000, 0.001, 0.985))
LOST = history("L-BFGS", (0, 0, 2.3, 0.1), (12, 30, nan, 0.5))
RACE = {"Hessian-free": [OURS, OURS], "Adam": [ADAM, ADAM], "L-BFGS": [LOST, LOST]}
RECORDING = Recording(
    "2026-01-01", "a desk", {"torch": "2"}, 12.0, (0, 1), (OURS + ADAM + LOST,) * 2
)


def test_what_was_spent_to_a_goal_is_that_of_the_first_snapshot_that_meets_it():
    assert standings.spent_to(ADAM, "seconds") == 3
    assert standings.spent_to(ADAM, "updates") == 270
    assert standings.spent_to(OURS, "gradient_equivalents") == 120
    assert standings.spent_to(OURS, "seconds", 0.99) == inf


def test_the_exercise_and_the_tables_agree_on_who_saw_the_goal_when():
    for run in (OURS, ADAM, LOST):
        mine = exercises.spent_until.reference(
            [s.updates for s in run], [s.test_accuracy for s in run], standings.GOAL
        )
        assert mine == standings.spent_to(run, "updates")


def test_standings_show_the_last_snapshots():
    table = standings.standings("made up", RACE)
    adam = dict(zip(table.head, table.rows[1], strict=True))
    assert adam["held-out accuracy"] == "98.5 %"
    assert (adam["updates"], adam["gradient-equivalents"]) == ("1,000", "120")
    assert adam["saw 98%"] == "2 of 2"
    assert table.rows[2][-1] == "0 of 2"
    assert "made up" in repr(table)
    assert table._repr_markdown_().count("\n| ") == 5


def test_who_is_first_depends_on_what_is_counted():
    assert firsts.first(RACE, "updates") == "Hessian-free"
    assert firsts.first(RACE, "seconds") == "Adam"
    assert firsts.first({"L-BFGS": [LOST]}, "seconds") is None
    assert [row[-1] for row in firsts.first_at("", RACE).rows] == ["Hessian-free", "Adam", "Adam"]


@given(
    ours=st.tuples(st.floats(0.1, 50), st.integers(1, 99)),
    theirs=st.tuples(st.floats(0.1, 50), st.integers(1, 99)),
)
def test_ours_is_first_exactly_where_its_worth_exceeds_its_price(ours, theirs):
    made = {
        name: [history(name, (0, 0, 2.3, 0.1), (*spent, 0.1, 0.99))]
        for name, spent in (("Hessian-free", ours), ("Adam", theirs))
    }
    price, worth = firsts.price_and_worth(made, "Adam", "seconds")
    if abs(price - worth) > 1e-9 * price:
        assert (worth > price) == (firsts.first(made, "seconds") == "Hessian-free")


def test_a_rival_that_never_arrives_makes_the_worth_infinite_and_ours_makes_it_zero():
    assert firsts.price_and_worth(RACE, "L-BFGS", "seconds")[1] == inf
    other = {"Hessian-free": [LOST], "Adam": [ADAM]}
    assert firsts.price_and_worth(other, "Adam", "seconds")[1] == 0
    table = firsts.when_it_pays("made up", RACE)
    assert [row[-1] for row in table.rows] == ["no / no", "yes / yes"]
    assert "it paid against L-BFGS" in table.below


def test_who_never_started_is_left_out_of_the_table():
    entrants = [entrant("Hessian-free", OURS), entrant("Adam", ())]
    assert list(standings.live(entrants)) == ["Hessian-free"]


def test_a_recording_is_credited_with_date_machine_and_seeds():
    words = standings.credits(RECORDING)
    assert all(word in words for word in ("2026-01-01", "a desk", "torch 2", "12 s", "0, 1"))


FIELDS = st.sampled_from(sorted(standings.AXES.values()))


@given(place=st.floats(0, 1), kind=FIELDS, most=st.floats(2, 1e5))
def test_a_ruler_reads_back_what_it_lays_out(place, kind, most):
    ruler = race_curves.Ruler(kind, most)
    assert ruler.place(ruler.amount(place)) == pytest.approx(place, abs=1e-9)


@given(kind=FIELDS, most=st.floats(2, 1e5))
def test_the_ticks_of_a_ruler_lie_on_it_in_order(kind, most):
    ruler = race_curves.Ruler(kind, most)
    laid = ruler.place(ruler.ticks())
    assert laid.min() >= 0
    assert laid.max() <= 1 + 1e-9
    assert np.all(np.diff(laid) > 0)


def test_at_a_moment_counts_the_last_snapshot_before_it():
    assert race_curves.at_moment(ADAM, "seconds", 2.9) == ADAM[1]
    assert race_curves.at_moment(ADAM, "updates", 270) == ADAM[2]
    assert race_curves.at_moment(ADAM, "gradient_equivalents", 29) == ADAM[1]
    assert race_curves.at_moment(OURS, "updates", 41) is None
    assert race_curves.at_moment((), "seconds", 1.0) is None


def test_after_equal_updates_the_tale_is_another_one_than_after_equal_seconds():
    assert "0.1" in race_curves.tell([OURS], "Hessian-free", "updates", 20)
    assert "2.3" in race_curves.tell([ADAM], "Adam", "updates", 20)
    assert "never" in race_curves.tell([OURS], "Hessian-free", "updates", 500)


def test_what_was_measured_long_before_the_moment_says_when():
    assert "last measured at 90" in race_curves.tell([ADAM], "Adam", "updates", 200)
    assert "last measured" not in race_curves.tell([ADAM], "Adam", "updates", 100)


@pytest.mark.parametrize("along", standings.AXES)
def test_at_the_end_of_an_axis_somebody_is_there(along):
    later = tuple(replace(s, updates=2 * s.updates) for s in ADAM)
    uneven = Recording(
        "2026-01-01", "", {}, 12.0, (0, 1, 2), (OURS + ADAM, OURS + ADAM, OURS + later)
    )
    for recording in (uneven, explore.recorded_race()):
        stage = race_curves.RaceCurves(recording)
        stage.along.value = along
        assert stage.words.count("never") < len(recording.names)


def test_at_some_fifty_updates_hessian_free_is_ahead_of_who_got_there():
    """What the reader of the explorable is asked to find."""
    assert "set *moment* to 5, some fifty updates" in cell("race-said")
    stage = race_curves.RaceCurves(explore.recorded_race())
    stage.along.value, stage.moment.value = "updates", 5
    assert 40 < float(stage.words.split()[1]) < 60
    there = {
        name: [race_curves.at_moment(run, "updates", 48) for run in runs]
        for name, runs in recorded().items()
    }
    best = {name: min(s.loss for s in seen if s) for name, seen in there.items() if any(seen)}
    assert max(s.loss for s in there["Hessian-free"]) < best["Adam"] < best["SGD + momentum"]


def test_a_band_reaches_from_the_lowest_seed_to_the_highest_and_the_line_lies_inside():
    worse = history("Adam", *[(s.seconds, s.updates, 4 * s.loss, s.test_accuracy) for s in ADAM])
    ruler = race_curves.Ruler("seconds", 12)
    places, (low, middle, high) = race_curves.spread([ADAM, worse, ADAM], ruler, "loss")
    at = ruler.place(np.array([s.seconds for s in ADAM]))
    np.testing.assert_allclose(np.interp(at[0], places, low), ADAM[0].loss)
    np.testing.assert_allclose(high, 4 * low)
    np.testing.assert_allclose(middle, low)


def test_one_run_is_drawn_as_it_was_measured():
    ruler = race_curves.Ruler("updates", 1000)
    places, (_, middle, _) = race_curves.spread([ADAM], ruler, "loss")
    np.testing.assert_allclose(middle, [s.loss for s in ADAM])
    np.testing.assert_allclose(places, ruler.place(np.array([s.updates for s in ADAM])))


# -- hard digits, confusion, filters --------------------------------------------------------------
def test_the_hardest_digits_come_first_and_the_misread_ones_among_them():
    logits, labels = np.diag([4.0, 1.0, -2.0]) + 0.1, np.array([0, 1, 2])
    book = hard_digits.hardest(logits, labels, count=3)
    own = book.probabilities[np.arange(3), book.labels]
    assert book.labels.tolist() == [2, 1, 0]
    assert np.all(np.diff(own) >= 0)
    assert book.wrong == 1
    np.testing.assert_allclose(book.probabilities.sum(axis=1), 1)


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
def entrant(name: str, past: tuple[Snapshot, ...] = (), work=lambda: 1.0) -> Entrant:
    """An untrained network that an update leaves alone."""
    network = digits_race.digits_network(seed=0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    last = past[-1] if past else Snapshot(name, 0.0, 0, 0.0, 0.0)
    made = Entrant(name, network, optimizer, work, few().data, last.seconds, last.updates)
    made.history.extend(past)
    return made


def test_training_goes_on_until_the_budget_is_spent():
    budget = Budget(3, "gradient_equivalents")
    stage = training.Training([entrant("Hessian-free"), entrant("Adam")], budget)
    asyncio.run(stage.run())
    assert (stage.ended, stage.share()) == ("done", 1.0)
    assert all(e.gradient_equivalents == 3 and len(e.history) >= 2 for e in stage.entrants)
    assert "100%" in stage.percent.words


def test_while_it_trains_the_share_done_and_the_time_left_are_told():
    told = []
    runner = entrant("Adam", work=lambda: told.append(stage.words) or 1.0)
    stage = training.Training([runner], Budget(4, "gradient_equivalents"))
    asyncio.run(stage.run())
    assert told[0].startswith("0% of 4 gradient-equivalents each")
    assert told[3].startswith("75% of 4 gradient-equivalents each, about ")


@given(elapsed=st.floats(0.1, 1e4), share=st.floats(1e-3, 1))
def test_what_is_left_takes_as_long_as_what_is_done_took_by_share(elapsed, share):
    number, unit = training.time_left(elapsed, share).split()[1:3]
    left = float(number) * {"s": 1, "min": 60}[unit]
    assert left == pytest.approx(elapsed * (1 - share) / share, abs={"s": 0.51, "min": 31}[unit])


def test_before_anything_is_done_no_time_is_promised():
    assert training.time_left(1.0, 0.0) == ""


def test_the_stop_button_ends_it_and_what_was_measured_stays():
    def press():
        stage.stop.value = 1
        return 1.0

    stage = training.Training([entrant("Adam", work=press)], Budget(99, "gradient_equivalents"))
    asyncio.run(stage.run())
    assert "Stopped by you" in stage.words
    assert stage.entrants[0].history


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_interrupt_ends_it_and_what_was_measured_stays(error):
    def interrupted():
        raise error

    stage = training.Training([entrant("Adam", work=interrupted)], 3600)
    asyncio.run(stage.run())
    assert "Interrupted" in stage.words
    assert stage.entrants[0].history


def test_when_the_time_is_up_it_ends_and_what_was_measured_stays():
    stage = training.Training([entrant("Adam")], 3600.0, at_most=0.0)
    asyncio.run(stage.run())
    assert stage.words.startswith("Out of time, after 0 s, at 0%")
    assert stage.entrants[0].history


def test_after_a_stop_training_can_go_on():
    stage = training.Training([entrant("Adam", OURS)], 0.01)
    stage.stop.value = 3
    asyncio.run(stage.run())
    assert stage.ended == "done"
    assert stage.entrants[0].seconds > OURS[-1].seconds


def test_another_fault_is_not_swallowed():
    def broken():
        raise ArithmeticError("overflow")

    stage = training.Training([entrant("Adam", work=broken)], 1.0)
    with pytest.raises(ArithmeticError):
        asyncio.run(stage.run())


@pytest.mark.parametrize(
    ("names", "seconds", "asked"), [([], 1.0, "an entrant"), (["Adam"], 0.0, "must be positive")]
)
def test_training_nobody_or_for_no_time_is_refused(names, seconds, asked):
    with pytest.raises(ValueError, match=asked):
        training.Training([entrant(name) for name in names], seconds)


def test_a_loss_that_is_no_number_is_drawn_at_the_top():
    lost = history("Adam", (0, 0, 2.3, 0.1), (1, 10, float("nan"), 0.1))
    _, loss = training.series(lost, "loss")
    assert loss.tolist() == [2.3, training.LIMITS["loss"][1]]


# -- the notebook and the recording ---------------------------------------------------------------
@cache
def recorded() -> standings.Histories:
    """The recorded race."""
    return standings.recorded(explore.recorded_race())


def test_the_recording_has_every_optimiser_on_every_axis():
    assert set(recorded()) == {"Hessian-free", "Adam", "SGD + momentum", "L-BFGS"}
    for runs in recorded().values():
        for run, field in ((run, field) for run in runs for field in standings.AXES.values()):
            spent = [getattr(snapshot, field) for snapshot in run]
            assert spent[0] == 0 < spent[-1]
            assert np.all(np.diff(spent) >= 0)


def test_the_recorded_race_is_what_the_prose_says_of_it():
    """The lesson says so in words, and its prediction is scored by it."""
    assert "per update Hessian-free is far ahead of Adam and SGD" in cell("limits")
    by_updates = firsts.amounts(recorded(), "updates")
    for rival in ("Adam", "SGD + momentum"):
        assert by_updates["Hessian-free"] < by_updates[rival] / 3
    assert firsts.first(recorded(), "seconds") in ("Adam", "SGD + momentum")
    assert exercises.equal_seconds.questions[0].answer == 1


def test_where_first_order_updates_are_cheap_the_price_is_high_and_l_bfgs_pays_whole_gradients():
    assert "first-order updates are cheap and the price is high" in cell("worth-said")
    for rival in ("Adam", "SGD + momentum"):
        for field in ("seconds", "gradient_equivalents"):
            assert firsts.price_and_worth(recorded(), rival, field)[0] > 5
    assert "a whole gradient-equivalent each" in cell("worth-said")
    costs = [run[-1].gradient_equivalents % 1 for run in recorded()["L-BFGS"]]
    assert max(costs) == 0


def test_every_recorded_run_of_hessian_free_saw_98_per_cent():
    assert all(standings.spent_to(run, "updates") < inf for run in recorded()["Hessian-free"])


def test_the_notebook_saves_and_resumes_to_the_same_numbers(lesson):
    one, two, other = lesson.results["resume-run"]
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    assert "damaged" in lesson.results["damaged-run"] or "read" in lesson.results["damaged-run"]


@pytest.mark.slow
def test_the_assembled_optimiser_of_a_learner_reads_98_per_cent_of_the_held_out_digits():
    made = explore.entrant(
        "yours",
        exercises.own_update.reference,
        exercises.gradient_equivalents.reference,
        data(),
        seed=0,
    )
    assert first_sight(made, at_most=60) >= 0.98


@pytest.mark.slow
def test_hessian_free_reads_98_per_cent_of_the_held_out_digits():
    assert first_sight(digits_race.hessian_free(data(), seed=0), at_most=50) >= 0.98


def first_sight(runner: Entrant, at_most: int, goal: float = 0.98) -> float:
    """The best held-out accuracy of some updates, or the first that meets the goal."""
    best = 0.0
    for update in range(at_most):
        runner.update()
        if update >= 15 and best < goal:
            best = max(best, race.held_out_accuracy(runner.network, data()))
        if best >= goal:
            break
    return best


# -- the pictures ---------------------------------------------------------------------------------
def race_stage() -> race_curves.RaceCurves:
    """Recorded and live races."""
    return race_curves.RaceCurves(RECORDING, [entrant("Hessian-free", OURS), entrant("Adam", ADAM)])


def part_and_whole_stage() -> part_and_whole.PartAndWhole:
    """A few images."""
    return part_and_whole.PartAndWhole(digits_race.digits_network(seed=0), few().data)


def mistakes() -> hard_digits.Mistakes:
    """Two networks, one of them with a bias for ones."""
    first, second = entrant("Hessian-free"), entrant("Adam")
    *_, bias = second.network.parameters()
    with torch.no_grad():
        bias[1] += 10
    return hard_digits.Mistakes([first, second], few())


EXPLORABLES = (part_and_whole_stage, race_stage, mistakes)
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
    assert len(stage.pages) == 3 * (race_curves.MOMENTS + 1)


def test_a_race_that_was_stopped_at_once_is_shown_as_it_is():
    stage = race_curves.RaceCurves(RECORDING, [entrant("Hessian-free", OURS[:1])])
    stage.race.value = "just now, one seed"
    assert "Hessian-free" in stage.words


# -- the prose -----------------------------------------------------------------------------------
RUN = (  # what takes a second or two; numbers of the race are the recording's
    "setup", "data-load", "network-make", "parts-run", "flat-run", "part-run", "update-run",
    "price-run", "save-run", "resume-run", "damaged-run",
)  # fmt: skip


def our_settings(key: str) -> float:
    """A setting of Hessian-free in the race."""
    return digits_race.hessian_free(data(), seed=0).optimizer.defaults[key]


def layers(ns, kind) -> list:
    """The layers of a kind in the network."""
    return [layer for layer in ns["network"].modules() if isinstance(layer, kind)]


def floor_of_two_softmaxes() -> float:
    """The least cross-entropy if the logits are probabilities themselves."""
    return cross_entropy(torch.eye(10)[:1], torch.tensor([0])).item()


# (markdown cell, words in it, the number they name, code cell, its value from result and names)
PROSE_NUMBERS = [
    ("title", "72,842 parameters", "72842", "network-make", lambda out, ns: out[0]),
    ("title", "five billion entries", "5e9", "network-make", lambda out, ns: out[0] ** 2),
    ("data", "1,797 images", "1797", "data-load",
     lambda out, ns: len(ns["data"]) + len(ns["data"].test_images)),
    ("data", "of 8 × 8 pixels", "8", "data-load",
     lambda out, ns: ns["data"].train_images.shape[-1]),
    ("data", "360 are held out", "360", "data-load", lambda out, ns: len(ns["data"].test_images)),
    ("data", "2,000 of them", "2000", "data-load", lambda out, ns: images_of.CIFAR_SIZES[0]),
    ("data", "three convolutions", "3", "network-make",
     lambda out, ns: len(layers(ns, torch.nn.Conv2d))),
    ("data", "32, 64 and 64 channels", "32", "network-make",
     lambda out, ns: layers(ns, torch.nn.Conv2d)[0].out_channels),
    ("data", "32, 64 and 64 channels", "64", "network-make",
     lambda out, ns: layers(ns, torch.nn.Conv2d)[2].out_channels),
    ("data", "two poolings", "2", "network-make",
     lambda out, ns: len(layers(ns, torch.nn.MaxPool2d))),
    ("data", "a dense layer of 64", "64", "network-make",
     lambda out, ns: layers(ns, torch.nn.Linear)[0].out_features),
    ("data", "ten **logits**", "10", "network-make",
     lambda out, ns: layers(ns, torch.nn.Linear)[1].out_features),
    ("data", "4 bytes an entry", "4", "flat-run", lambda out, ns: ns["theta"].element_size()),
    ("part", "first 240 of them", "240", "part-run",
     lambda out, ns: 240 * ("Gv(v, slice(240))" in cell("part-run"))),
    ("part", "three other batches", "3", "part-run", lambda out, ns: len(out[1])),
    ("part", "twenty updates", "20", "part-run", lambda out, ns: ns["young"].updates),
    ("price-try", "Adam on 128 images", "128", "price-run",
     lambda out, ns: round(out[1] * ns["N"])),
    ("twice", r"at most $e/(e+9)$", "0.23197", "setup",
     lambda out, ns: torch.eye(10)[0].softmax(0).max()),
    ("twice", r"cannot fall below $\log(e+9) - 1$", "1.46115", "setup",
     lambda out, ns: floor_of_two_softmaxes()),
    ("twice", "sixty mini-batches", "60", "setup",
     lambda out, ns: 60 * ("zip(range(60)" in cell("twice-run"))),
    ("train", "batches of 480 images", "480", "price-run", lambda out, ns: ns["batch"]),
    ("train", "curvature on 240 of them", "240", "price-run", lambda out, ns: ns["part"]),
    ("train", "and 8 products", "8", "price-run", lambda out, ns: ns["products"]),
    ("train", "5 products", "5", "setup", lambda out, ns: our_settings("max_cg_steps")),
    ("train", "λ stays at 0.1 or above", "0.1", "setup",
     lambda out, ns: digits_race.careful(1e-9, 1.0)),
    ("train", "five iterations on all images", "5", "setup",
     lambda out, ns: digits_race.lbfgs(data(), 0).optimizer.defaults["max_iter"]),
    ("train-run", "24 gradient-equivalents", "24", "setup",
     lambda out, ns: 24 * ('Budget(24, "gradient_equivalents")' in cell("train-watch"))),
    ("train-run", "after 28 seconds it ends", "28", "setup",
     lambda out, ns: 28 * ("at_most=28" in cell("train-watch"))),
    ("learned", "32 filters of 3 × 3 weights", "32", "network-make",
     lambda out, ns: len(layers(ns, torch.nn.Conv2d)[0].weight)),
    ("learned", "32 filters of 3 × 3 weights", "3", "network-make",
     lambda out, ns: layers(ns, torch.nn.Conv2d)[0].weight.shape[-1]),
    ("first", "98 % of the held-out images", "0.98", "setup", lambda out, ns: standings.GOAL),
    ("save", "Four updates", "4", "setup",
     lambda out, ns: 4 * ("explore.go_on(data, run, 4)" in cell("save-run"))),
    ("save", "three more", "3", "resume-run", lambda out, ns: len(out[0])),
    ("worth-said", "90 epochs", "90", "setup",
     lambda out, ns: float(cell("imagenet-run").splitlines()[1].split("/")[0])),
    ("limits", "360 held-out images one image is 0.28 points", "0.28", "data-load",
     lambda out, ns: 100 / len(ns["data"].test_images)),
]  # fmt: skip


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run as far as no long training is needed."""
    threads = torch.get_num_threads()
    yield Lesson("12_hessian_free_cnn", only=RUN)
    torch.set_num_threads(threads)


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_13_people_wrote_the_digits(lesson):
    from sklearn.datasets import load_digits

    assert "written by 13 people" in lesson.cells["data"].source
    assert "different 13" in " ".join(load_digits().DESCR.split())


def test_batches_and_curvature_of_the_course_s_optimiser_are_thirds(monkeypatch):
    """A third of the images, and a third of those."""
    made = {}
    monkeypatch.setattr(
        digits_race, "hessian_free_entrant", lambda *given, **_: made.update(sizes=given[4:6])
    )
    digits_race.hessian_free(data(), seed=0)
    assert "batches of a third of the images, curvature on a third of those" in cell("train")
    b, c = made["sizes"]
    assert (len(data()) // b, b // c) == (3, 3)


def test_more_images_for_the_curvature_promise_less_and_keep_more(lesson):
    """What the reader of the explorable is asked to find, on the network that it is shown."""
    found = part_and_whole.promises(
        part_and_whole.Landscape(lesson.names["part-run"]["young"].network, data())
    )
    ratios = {(p.part, p.damping): p.ratio for p in found}
    fewest, most = min(part_and_whole.PARTS), max(part_and_whole.PARTS)
    small, large = min(part_and_whole.DAMPINGS), max(part_and_whole.DAMPINGS)
    assert ratios[fewest, small] < 0 < ratios[fewest, large]
    assert all(ratios[most, damping] > ratios[fewest, damping] for damping in (small, large))
    assert all(p.bend_of_all > p.bend for p in found if p.part == fewest)
