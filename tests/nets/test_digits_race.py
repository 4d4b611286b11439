"""The entrants of lesson 12 start equal."""

from __future__ import annotations

import pytest
import torch

from sgo_teach.data import digits
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.nets.digits_race import (
    LEAST_DAMPING,
    careful,
    digits_network,
    entrants,
    hessian_free,
    network_for,
)
from sgo_teach.nets.networks import parameter_count
from sgo_teach.nets.race import ImageTensors

UPDATES = (8, 40, 40, 4)


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


def test_the_network_fits_the_images(data):
    torch.testing.assert_close(
        network_for(data, 5)(data.test_images[:3]), digits_network(5)(data.test_images[:3])
    )
    colour = ImageTensors(
        *(torch.zeros(2, 3, 32, 32), torch.zeros(2, dtype=torch.int64)) * 2  # train and test
    )
    assert parameter_count(network_for(colour, 0)) == 122_570


@pytest.mark.parametrize("ratio", [-1.0, 0.5, 0.9, float("nan")])
def test_the_careful_rule_is_that_of_levenberg_marquardt_above_its_floor(ratio):
    assert careful(3.0, ratio) == levenberg_marquardt(3.0, ratio)
    assert careful(LEAST_DAMPING, ratio) >= LEAST_DAMPING


def test_every_entrant_learns_to_read_and_says_what_it_costs(data):
    for entrant, updates in zip(entrants(data, seed=0), UPDATES, strict=True):
        for _ in range(updates):
            entrant.advance()
        assert entrant.snapshot().test_accuracy > 0.7, entrant.name
        assert entrant.gradient_equivalents > 0


def test_on_a_handful_of_images_all_of_them_still_run(data):
    few = ImageTensors(
        data.train_images[:7], data.train_labels[:7], data.test_images[:3], data.test_labels[:3]
    )
    for entrant in entrants(few, seed=0):
        entrant.advance()
        assert torch.isfinite(torch.tensor(entrant.snapshot().loss)), entrant.name
