"""Races: equal seconds, and nothing else on the clock."""

from __future__ import annotations

from math import isnan
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from sgo_teach.data import ImageData
from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.kronecker import KroneckerFactors
from sgo_teach.nets.networks import image_network
from sgo_teach.nets.race import (
    Budget,
    Entrant,
    ImageTensors,
    first_order_entrant,
    held_out_accuracy,
    hessian_free_entrant,
    lbfgs_entrant,
    minibatches,
    predict_logits,
    race,
    train,
)


def generator():
    return torch.Generator().manual_seed(0)


def images():
    """Two classes: bright in the left half, bright in the right half."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    pixels = 0.1 * rng.random((60, 1, 4, 4))
    pixels[labels == 0, :, :, :2] += 0.5
    pixels[labels == 1, :, :, 2:] += 0.5
    x, y = pixels.astype(np.float32), labels.astype(np.int64)
    return ImageTensors.of(ImageData(x[:40], y[:40], x[40:], y[40:], ("left", "right")))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 2))


class Clock:
    """A clock that only updates move on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def walker(name, clock, cost, fail_at=None):
    """An entrant whose updates take `cost` seconds and do nothing."""
    net = network()

    def update():
        if entrant.updates == fail_at:
            raise KeyboardInterrupt
        clock.now += cost

    entrant = Entrant(name, net, torch.optim.SGD(net.parameters()), update, images())
    return entrant


def test_only_updates_cost_time():
    clock = Clock()
    entrant = walker("a", clock, 0.25)
    snapshots = []
    for snapshot in train(entrant, seconds=2.0, every=0.5, clock=clock):
        clock.now += 100  # a slow picture
        snapshots.append(snapshot)
    assert [s.seconds for s in snapshots] == [0, 0.5, 1, 1.5, 2]
    assert [s.updates for s in snapshots] == [0, 2, 4, 6, 8]
    assert snapshots == entrant.history


def test_training_can_go_on():
    clock = Clock()
    entrant = walker("a", clock, 0.5)
    for _ in range(2):
        list(train(entrant, seconds=1.0, every=10.0, clock=clock))
    assert entrant.seconds == 2
    assert entrant.updates == 4


def test_an_interrupted_race_keeps_its_history():
    clock = Clock()
    entrants = [walker("a", clock, 0.5), walker("b", clock, 0.5, fail_at=2)]

    def all_of_it():
        for _ in race(entrants, seconds=5, every=0.5, clock=clock):
            pass

    with pytest.raises(KeyboardInterrupt):
        all_of_it()
    assert [len(entrant.history) for entrant in entrants] == [4, 3]


def test_all_entrants_get_the_same_seconds_and_none_runs_ahead():
    clock = Clock()
    fast, slow = walker("fast", clock, 0.125), walker("slow", clock, 1.0)
    for _ in race([fast, slow], seconds=4, every=0.5, clock=clock):
        assert abs(fast.seconds - slow.seconds) <= 1.0
    assert fast.seconds == slow.seconds == 4
    assert (fast.updates, slow.updates) == (32, 4)


@pytest.mark.parametrize(("seconds", "every"), [(0, 1), (-1, 1), (1, 0), (float("nan"), 1)])
def test_a_race_needs_time(seconds, every):
    with pytest.raises(ValueError, match="positive"):
        next(train(walker("a", Clock(), 1), seconds, every))


def entrants():
    data = images()
    first, second = network(), network()
    sgd = torch.optim.SGD(first.parameters(), lr=0.5, momentum=0.9)
    free = HessianFree(second.parameters(), output_loss="cross_entropy")
    return [
        first_order_entrant("sgd", first, sgd, data, 10, generator()),
        hessian_free_entrant("free", second, free, data, 40, 20, generator()),
    ]


@pytest.mark.parametrize("entrant", entrants(), ids=lambda entrant: entrant.name)
def test_both_kinds_learn(entrant):
    first = entrant.snapshot()
    for _ in range(20):
        entrant.update()
    last = entrant.snapshot()
    assert last.loss < 0.5 * first.loss
    assert last.test_accuracy == 1
    assert isnan(last.damping) == (entrant.name == "sgd")


def test_the_snapshot_of_hessian_free_shows_its_last_step():
    entrant = entrants()[1]
    assert isnan(entrant.snapshot().damping)
    entrant.update()
    assert isinstance(entrant.optimizer, HessianFree)
    step, snapshot = entrant.optimizer.last_step, entrant.snapshot()
    assert (snapshot.damping, snapshot.cg_steps) == (step.damping, step.cg_steps)
    assert snapshot.ratio == step.ratio


def test_an_epoch_meets_every_index_once():
    batches = minibatches(12, 4, generator())
    for _ in range(3):
        epoch = torch.cat([next(batches) for _ in range(3)])
        assert sorted(epoch.tolist()) == list(range(12))


def test_a_last_batch_that_is_too_small_is_dropped():
    batches = minibatches(10, 4, generator())
    assert [len(next(batches)) for _ in range(6)] == [4] * 6


@pytest.mark.parametrize("batch_size", [0, 13, -1])
def test_a_batch_size_out_of_range_is_named(batch_size):
    with pytest.raises(ValueError, match=f"from 1 to 12.*{batch_size}"):
        minibatches(12, batch_size, generator())


def test_the_curvature_batch_is_part_of_the_gradient_batch():
    net = network()
    with pytest.raises(ValueError, match="from 1 to gradient_batch = 10"):
        hessian_free_entrant("x", net, HessianFree(net.parameters()), images(), 10, 11, generator())


def test_measuring_leaves_the_mode_of_the_network():
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.9), nn.Linear(16, 2))
    data = images()
    once, twice = (predict_logits(net, data.test_images) for _ in range(2))
    assert torch.equal(once, twice)
    assert net.training
    net.eval()
    predict_logits(net, data.test_images)
    assert not net.training


def test_accuracy_is_the_share_named_rightly():
    data = SimpleNamespace(
        test_images=torch.tensor([[1.0, 0], [0, 1], [1, 0], [1, 0]]),
        test_labels=torch.tensor([0, 1, 1, 0]),
    )
    assert held_out_accuracy(nn.Identity(), data) == 0.75  # type: ignore[arg-type]


# -- other budgets --------------------------------------------------------------------------------


def counted(name, clock, cost, gradients):
    """A walker that says what an update costs in gradient-equivalents."""
    entrant = walker(name, clock, cost)
    walk = entrant.update
    entrant.update = lambda: walk() or gradients
    return entrant


@pytest.mark.parametrize(
    ("unit", "amount", "updates"),
    [("seconds", 4, (32, 8)), ("updates", 5, (5, 5)), ("gradient_equivalents", 2, (4, 16))],
)
def test_a_budget_ends_each_entrant_by_its_own_unit(unit, amount, updates):
    clock = Clock()
    entrants = [counted("a", clock, 0.125, 0.5), counted("b", clock, 0.5, 0.125)]
    for snapshot in race(entrants, Budget(amount, unit), every=1, clock=clock):
        assert snapshot.gradient_equivalents in (0.5 * snapshot.updates, 0.125 * snapshot.updates)
    assert tuple(entrant.updates for entrant in entrants) == updates
    assert [getattr(entrant, unit) for entrant in entrants] == [amount, amount]


def test_every_snapshot_records_all_three_units():
    clock = Clock()
    *_, last = train(counted("a", clock, 0.25, 0.5), Budget(3, "updates"), every=1, clock=clock)
    assert (last.updates, last.seconds, last.gradient_equivalents) == (3, 0.75, 1.5)


def test_a_race_by_gradients_needs_updates_that_count_them():
    with pytest.raises(ValueError, match="'a' must return their cost"):
        list(race([walker("a", Clock(), 1)], Budget(3, "gradient_equivalents")))


@pytest.mark.parametrize(("amount", "unit"), [(0, "seconds"), (-1, "updates"), (1, "hours")])
def test_a_budget_out_of_range_is_named(amount, unit):
    with pytest.raises(ValueError, match="positive|'hours'"):
        Budget(amount, unit)


@pytest.mark.parametrize("batch_size", [1, 10, 40])
def test_an_update_of_sgd_costs_b_of_n_gradients(batch_size):
    net, data = network(), images()
    sgd = torch.optim.SGD(net.parameters(), lr=0.1)
    entrant = first_order_entrant("sgd", net, sgd, data, batch_size, generator())
    list(train(entrant, Budget(40 // batch_size, "updates")))
    assert entrant.gradient_equivalents == pytest.approx(1)  # an epoch


class Passes(nn.Module):
    """Counts the examples that pass forward, with a graph and without, and backward."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.graph, self.trial, self.backward = inner, 0, 0, 0

    def forward(self, x):
        z = self.inner(x)
        if not z.requires_grad:
            self.trial += len(x)
            return z
        self.graph += len(x)
        z.register_hook(lambda g: setattr(self, "backward", self.backward + len(g)))
        return z


def test_the_cost_of_lbfgs_is_its_calls_of_the_closure():
    net, data = Passes(network()), images()
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=4, line_search_fn="strong_wolfe")
    entrant = lbfgs_entrant("lbfgs", net, optimizer, data)
    entrant.advance()
    entrant.advance()
    assert entrant.gradient_equivalents == net.graph / 40 == net.backward / 40 > 8
    assert data.loss(predict_logits(net, data.train_images), data.train_labels) < 0.1


def test_lbfgs_trains_weights_in_channels_last_order():
    net, data = image_network((1, 4, 4), "same", 2, generator()), images()
    optimizer = torch.optim.LBFGS(net.parameters(), line_search_fn="strong_wolfe")
    entrant = lbfgs_entrant("lbfgs", net, optimizer, data)
    first = entrant.snapshot()
    entrant.advance()
    assert entrant.snapshot().loss < 0.1 * first.loss


@pytest.mark.parametrize("curvature_batch", [10, 20])
def test_the_cost_of_hessian_free_adds_up(curvature_batch):
    net, data = Passes(network()), images()
    optimizer = HessianFree(net.parameters(), output_loss="cross_entropy", max_cg_steps=5)
    entrant = hessian_free_entrant("free", net, optimizer, data, 20, curvature_batch, generator())
    entrant.update()  # the first step checks output_loss as well
    for _ in range(5):
        net.graph = net.trial = 0
        cost, step = entrant.update(), optimizer.last_step
        assert net.graph == 20 + curvature_batch
        assert net.trial == 20 * step.evaluations
        # the gradient; forward and backward for the linearisation; products; trials
        by_hand = 20 + curvature_batch * (1 + step.products) + 20 * step.evaluations / 3
        assert cost == pytest.approx(by_hand / 40)


def test_growing_batches_end_at_all_images():
    net, data, sizes = network(), images(), []
    optimizer = HessianFree(net.parameters(), output_loss="cross_entropy")
    net.register_forward_hook(lambda _, x, z: sizes.append(len(z)) if z.requires_grad else None)
    entrant = hessian_free_entrant("free", net, optimizer, data, 8, 4, generator(), growth=1.5)
    for _ in range(6):
        entrant.update()
    assert sizes == [8, 4, 12, 6, 18, 9, 27, 14, 40, 20, 40, 20]


def test_what_a_preconditioner_costs_is_added():
    def cost(preconditioned):
        net = network()
        factors = KroneckerFactors(net, "cross_entropy")
        optimizer = HessianFree(net.parameters(), preconditioner=factors, max_cg_steps=1)
        more = factors.cost if preconditioned else 0.0
        entrant = hessian_free_entrant(
            "free", net, optimizer, images(), 40, 20, generator(), preconditioner_cost=more
        )
        return entrant.update()

    assert cost(True) - cost(False) == pytest.approx(1.5 * 20 / 40)


@pytest.mark.parametrize(("batch", "growth", "named"), [(41, 1.0, "to 40"), (10, 0.9, "growth")])
def test_batches_out_of_range_are_named(batch, growth, named):
    net = network()
    optimizer = HessianFree(net.parameters())
    with pytest.raises(ValueError, match=named):
        hessian_free_entrant("x", net, optimizer, images(), batch, 5, generator(), growth)


def test_images_can_be_their_own_targets():
    pixels = np.random.default_rng(0).random((6, 1, 2, 2), dtype=np.float32)
    data = ImageTensors.to_reconstruct(pixels[:4], pixels[4:])
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
    sgd = torch.optim.SGD(net.parameters(), lr=0.5)
    entrant = first_order_entrant("sgd", net, sgd, data, 2, generator())
    first, *_, last = train(entrant, Budget(20, "updates"))
    assert last.loss < first.loss
    assert isnan(last.test_accuracy)
    logits = predict_logits(net, data.test_images)
    assert last.test_loss == pytest.approx(float(data.loss(logits, data.test_labels)))


def test_measuring_leaves_a_frozen_batch_norm_frozen():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    net[1].eval()
    predict_logits(net, torch.zeros(4, 2))
    assert [module.training for module in net.modules()] == [True, True, False]
