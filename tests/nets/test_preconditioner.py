"""Random signs measure the mean squared gradient."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import grad

from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioner import mean_square_gradient, preconditioner_diagonal


def regression():
    torch.manual_seed(0)
    network = nn.Linear(4, 3)
    x, y = torch.randn(6, 4), torch.arange(6) % 3
    return network, x, y, ParameterVector(network.parameters())


def one_by_one(network, x, y, vector):
    gradients = [
        vector.flatten(grad(F.cross_entropy(network(x[i : i + 1]), y[i : i + 1]), vector.tensors))
        for i in range(len(x))
    ]
    return torch.stack(gradients).square().mean(0)


def test_the_average_over_many_signs_is_the_mean_squared_gradient():
    network, x, y, vector = regression()
    logits = network(x)
    generator = torch.Generator().manual_seed(0)
    estimate = mean_square_gradient(F.cross_entropy(logits, y), logits, vector, 4000, generator)
    torch.testing.assert_close(estimate, one_by_one(network, x, y, vector), rtol=0.15, atol=1e-4)


def test_with_one_example_a_single_probe_is_exact():
    network, x, y, vector = regression()
    logits = network(x[:1])
    estimate = mean_square_gradient(F.cross_entropy(logits, y[:1]), logits, vector)
    torch.testing.assert_close(estimate, one_by_one(network, x[:1], y[:1], vector))


def test_damping_levels_the_preconditioner():
    mean_square = torch.tensor([0.0, 1.0])
    torch.testing.assert_close(
        preconditioner_diagonal(mean_square, 1.0), torch.tensor([1.0, 2**0.75])
    )
    spread = preconditioner_diagonal(mean_square, 1e6)
    assert spread.max() / spread.min() < 1 + 1e-5
