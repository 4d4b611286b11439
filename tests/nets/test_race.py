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
from sgo_teach.nets.race import (
    Entrant,
    ImageTensors,
    first_order_entrant,
    held_out_accuracy,
    hessian_free_entrant,
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
