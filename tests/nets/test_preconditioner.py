"""Random signs measure the mean squared gradient."""

from __future__ import annotations

from math import isfinite

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import grad

from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioner import (
    GaussNewtonDiagonal,
    mean_square_gradient,
    preconditioner_diagonal,
    random_slopes,
)


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


LOSSES = {
    "squared_error": lambda z: F.mse_loss(z, torch.zeros_like(z)),
    "binary_cross_entropy": lambda z: F.binary_cross_entropy_with_logits(z, torch.zeros_like(z)),
    "cross_entropy": lambda z: F.cross_entropy(z, torch.zeros(len(z), dtype=torch.int64)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_random_slopes_have_the_output_hessian_as_their_covariance(name):
    z = torch.randn(2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    H_out = torch.autograd.functional.hessian(LOSSES[name], z).reshape(6, 6)
    draws = torch.Generator().manual_seed(0)
    w = torch.stack([random_slopes(z, name, draws).flatten() for _ in range(4000)])
    torch.testing.assert_close(w.T @ w / len(w), H_out, rtol=0, atol=0.06 * float(H_out.max()))
    torch.testing.assert_close(w.mean(0), torch.zeros_like(w[0]), rtol=0, atol=0.02)


def test_random_slopes_name_what_they_do_not_know():
    with pytest.raises(ValueError, match="'hinge'"):
        random_slopes(torch.zeros(2, 3), "hinge")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="logits"):
        random_slopes(torch.zeros(2, 3, 4), "cross_entropy")


def gauss_newton_diagonal(network, x, y, vector):
    logits = network(x)
    (J,) = [torch.stack([vector.flatten(grad(z, vector.tensors, retain_graph=True))
                         for z in logits.flatten()])]  # fmt: skip
    H = torch.autograd.functional.hessian(lambda z: F.cross_entropy(z, y), logits.detach())
    return (J.T @ H.reshape(len(J), len(J)) @ J).diagonal()


def test_probes_average_to_the_gauss_newton_diagonal():
    network, x, y, vector = regression()
    logits = network(x)
    built = GaussNewtonDiagonal("cross_entropy", probes=2000, power=1.0)
    inverse = built.build(F.cross_entropy(logits, y), logits, vector, 0.01, 0)
    expected = gauss_newton_diagonal(network, x, y, vector) + 0.01
    torch.testing.assert_close(1 / inverse(torch.ones(len(vector))), expected, rtol=0.2, atol=0)


def test_the_memory_of_the_diagonal_survives_a_state_dict():
    network, x, y, vector = regression()

    def step(built, k):
        logits = network(x)
        return built.build(F.cross_entropy(logits, y), logits, vector, 0.1, k)

    first, second = (GaussNewtonDiagonal("cross_entropy") for _ in range(2))
    step(first, 0)
    second.load_state_dict(first.state_dict())
    r = torch.arange(1.0, len(vector) + 1)
    assert torch.equal(step(first, 1)(r), step(second, 1)(r))
    assert not torch.equal(step(first, 2)(r), step(GaussNewtonDiagonal("cross_entropy"), 2)(r))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("first", [False, True])
def test_a_broken_batch_is_left_out_of_the_diagonal(name, first):
    """Before there is a mean M is a multiple of the identity; afterwards it is the old one."""
    network, x, _, vector = regression()
    built, unbroken = GaussNewtonDiagonal(name), GaussNewtonDiagonal(name)

    def step(own, scale):
        z = network(scale * x)
        return own.build(LOSSES[name](z), z, vector, 0.1, 0)

    if not first:
        step(built, 1.0)
    broken = step(built, float("nan"))(torch.ones(len(vector)))
    expected = torch.ones(len(vector)) / 0.1**0.75 if first else None
    after = step(unbroken, 1.0)(torch.ones(len(vector)))
    torch.testing.assert_close(broken, after if expected is None else expected)
    torch.testing.assert_close(step(built, 1.0)(torch.ones(len(vector))), after)


def test_without_damping_an_unused_parameter_stays_where_it_is():
    network, x, *_ = regression()
    unused, z = torch.ones(2, requires_grad=True), network(x)
    vector = ParameterVector([*network.parameters(), unused])
    inverse = GaussNewtonDiagonal("squared_error").build(z.square().mean(), z, vector, 0.0, 0)
    r = torch.cat([torch.ones(15), torch.zeros(2)])
    assert inverse(r).isfinite().all()
    assert torch.equal(inverse(r)[15:], torch.zeros(2))
    assert isfinite(inverse.spread)


def test_parameters_that_thaw_start_the_mean_anew():
    network, x, *_ = regression()
    own = GaussNewtonDiagonal("squared_error")
    for frozen in (True, False):
        network.bias.requires_grad_(not frozen)
        vector, z = ParameterVector(network.parameters()), network(x)
        inverse = own.build(z.square().mean(), z, vector, 0.1, 0)
        assert (inverse(torch.ones(len(vector))) > 0).all()


def test_the_loss_must_come_from_the_outputs():
    network, x, y, vector = regression()
    with pytest.raises(ValueError, match="computed from outputs"):
        mean_square_gradient(F.cross_entropy(network(x), y), network(x), vector)
