"""The networks that the course trains."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sgo_teach.nets.networks import (
    deep_autoencoder,
    image_network,
    parameter_count,
    perceptron,
    sparse_,
)

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


def test_every_unit_of_a_sparse_layer_hears_exactly_fifteen_inputs():
    weight = sparse_(torch.full((40, 200), 7.0), generator=generator())
    assert (weight != 0).sum(1).tolist() == [15] * 40
    assert weight[weight != 0].std().item() == pytest.approx(1, rel=0.1)
    assert len(set(weight.nonzero()[:, 1].tolist())) > 150  # not the same fifteen


def test_a_unit_with_fewer_inputs_hears_them_all():
    assert (sparse_(torch.zeros(16, 6), generator=generator()) != 0).all()


@pytest.mark.parametrize(("shape", "incoming"), [((4,), 15), ((2, 3, 4), 15), ((2, 3), 0)])
def test_sparse_initialisation_needs_a_matrix_and_an_incoming_weight(shape, incoming):
    with pytest.raises(ValueError, match="needs a matrix"):
        sparse_(torch.zeros(shape), incoming)


@pytest.mark.parametrize(
    ("sizes", "count"),
    [((256, 128, 64, 32, 16, 6), 87_974), ((784, 400, 200, 100, 50, 25, 6), 842_340)],
)
def test_the_autoencoder_has_the_documented_number_of_parameters(sizes, count):
    mirrored = [*sizes, *sizes[-2::-1]]
    by_hand = sum((i + 1) * o for i, o in zip(mirrored, mirrored[1:], strict=False))
    assert parameter_count(deep_autoencoder(sizes, generator())) == count == by_hand


def test_the_autoencoder_is_mirrored_with_a_linear_code_and_raw_logits():
    network = deep_autoencoder((9, 5, 2), generator())
    kinds = [type(layer).__name__ for layer in network]
    assert kinds == ["Flatten", "Linear", "Sigmoid", "Linear", "Linear", "Sigmoid", "Linear"]
    shapes = [tuple(p.shape) for p in network.parameters() if p.ndim == 2]
    assert shapes == [(5, 9), (2, 5), (5, 2), (9, 5)]
    assert network(torch.rand(4, 1, 3, 3)).shape == (4, 9)


def test_the_autoencoder_starts_sparse_with_zero_biases():
    for name, p in deep_autoencoder(generator=generator()).named_parameters():
        if name.endswith("bias"):
            assert p.abs().max() == 0
        else:
            assert ((p != 0).sum(1) == min(15, p.shape[1])).all()


def test_the_perceptron_reads_flat_inputs_and_images_alike():
    network = perceptron((64, 32, 10), generator())
    assert parameter_count(network) == 65 * 32 + 33 * 10
    images = torch.rand(3, 1, 8, 8)
    assert torch.equal(network(images), network(images.flatten(1)))
    assert isinstance(network[-1], nn.Linear)


@pytest.mark.parametrize("build", [perceptron, deep_autoencoder])
def test_the_seed_decides_the_weights_of_dense_networks_too(build):
    before = torch.get_rng_state()
    one, two, other = (build((20, 18, 4), generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one[1].weight, two[1].weight)
    assert not torch.equal(one[1].weight, other[1].weight)


@pytest.mark.parametrize("build", [perceptron, deep_autoencoder])
@pytest.mark.parametrize("sizes", [(4,), (), (4, 0, 2)])
def test_a_network_needs_two_layers_of_units(build, sizes):
    with pytest.raises(ValueError, match="at least two sizes"):
        build(sizes)
