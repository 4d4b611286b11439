"""The entrants of lesson 12 start equal."""

from __future__ import annotations

import pytest
import torch

from sgo_teach.data import digits
from sgo_teach.nets.digits_race import entrants, hessian_free
from sgo_teach.nets.race import ImageTensors


@pytest.fixture(scope="module")
def data():
    return ImageTensors.of(digits())


def test_all_start_from_the_same_weights(data):
    first, *others = entrants(data, seed=3)
    for other in others:
        pairs = zip(first.network.parameters(), other.network.parameters(), strict=True)
        assert all(torch.equal(p, q) for p, q in pairs)


def test_another_seed_is_another_race(data):
    one, two = (next(hessian_free(data, seed).network.parameters()) for seed in (0, 1))
    assert not torch.equal(one, two)


def test_every_entrant_learns_to_read_within_a_few_updates(data):
    for entrant, updates in zip(entrants(data, seed=0), (8, 60, 60), strict=True):
        for _ in range(updates):
            entrant.update()
        assert entrant.snapshot().test_accuracy > 0.7, entrant.name
