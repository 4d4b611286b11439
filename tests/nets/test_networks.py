"""The network of lesson 12."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sgo_teach.nets.networks import image_network, parameter_count

SHAPES = {"valid": (3, 32, 32), "same": (1, 8, 8)}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("padding", "count"), [("valid", 122_570), ("same", 72_842)])
def test_parameter_count_is_the_documented_one(padding, count):
    assert parameter_count(image_network(SHAPES[padding], padding)) == count


def test_parameter_count_by_hand():
    convolutions = (9 * 1 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 64 + 64)
    dense = (64 * 2 * 2 * 64 + 64) + (64 * 10 + 10)
    assert parameter_count(image_network((1, 8, 8), "same")) == convolutions + dense


@pytest.mark.parametrize("padding", SHAPES)
def test_one_row_of_logits_for_each_image(padding):
    network = image_network(SHAPES[padding], padding, classes=7)
    assert network(torch.rand(5, *SHAPES[padding])).shape == (5, 7)


def test_the_output_is_raw_logits():
    logits = image_network((1, 8, 8), "same", generator=generator())(torch.rand(20, 1, 8, 8))
    assert logits.min() < 0
    assert not torch.allclose(logits.sum(1), torch.ones(20))


def test_it_is_the_textbook_order_conv_relu_pool():
    network = image_network((1, 8, 8), "same", generator=generator())
    images = torch.rand(4, 1, 8, 8)
    textbook = nn.MaxPool2d(2)(torch.relu(network[:1](images)))
    torch.testing.assert_close(network[:3](images), textbook)


def test_the_seed_decides_the_weights_and_torchs_own_generator_is_left_alone():
    before = torch.get_rng_state()
    one = image_network((1, 8, 8), "same", generator=generator())
    two = image_network((1, 8, 8), "same", generator=generator())
    other = image_network((1, 8, 8), "same", generator=generator(1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


def test_weights_have_the_variance_of_he_and_biases_are_zero():
    network = image_network((1, 8, 8), "same", generator=generator())
    weights = dict(network.named_parameters())["6.weight"]
    assert weights.var().item() == pytest.approx(2 / (9 * 64), rel=0.05)
    assert all(p.abs().max() == 0 for name, p in network.named_parameters() if "bias" in name)


def test_too_small_an_image_is_refused_with_the_size_that_would_do():
    with pytest.raises(ValueError, match="18 pixels a side"):
        image_network((1, 8, 8), "valid")
    assert image_network((1, 18, 18), "valid")(torch.rand(1, 1, 18, 18)).shape == (1, 10)
    with pytest.raises(ValueError, match="4 pixels a side"):
        image_network((1, 3, 3), "same")


def test_an_unknown_padding_is_named():
    with pytest.raises(ValueError, match="'full'"):
        image_network((1, 8, 8), "full")  # type: ignore[arg-type]
