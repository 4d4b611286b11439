"""Hv of a function in three ways: equal, symmetric, linear, and never a trace on the network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sgo_teach.nets.curvature import (
    HessianProduct,
    hvp_by_central_differences,
    hvp_by_double_backward,
    hvp_by_forward_over_reverse,
    loss_of_parameters,
)

EXACT = [hvp_by_double_backward, hvp_by_forward_over_reverse]
ALL = [hvp_by_central_differences, *EXACT]
LABELS = torch.arange(7) % 3


def randn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def network(*layers):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), *(layers or [nn.Tanh()]), nn.Linear(5, 3)).double()


def loss_and_theta(net):
    return loss_of_parameters(net, lambda run: F.cross_entropy(run(randn(7, 4)), LABELS))


def quartic(theta):
    return (theta**4).sum() + (theta[:-1] * theta[1:]).sum()


@pytest.mark.parametrize("hvp", EXACT)
def test_exact_ways_give_the_explicit_hessian(hvp):
    loss, theta = loss_and_theta(network())
    H = torch.as_tensor(torch.autograd.functional.hessian(loss, theta))
    v = randn(len(theta), seed=1)
    torch.testing.assert_close(hvp(loss, theta, v), H @ v, rtol=1e-9, atol=1e-12)


def test_central_differences_give_two_thirds_of_the_digits():
    loss, theta = loss_and_theta(network())
    v = randn(len(theta), seed=1)
    exact = hvp_by_double_backward(loss, theta, v)
    error = (hvp_by_central_differences(loss, theta, v) - exact).norm()
    assert error < 1e-9 * exact.norm()


def test_central_differences_are_of_second_order():
    theta, v = randn(5), randn(5, seed=1)
    exact = hvp_by_double_backward(quartic, theta, v)
    coarse, fine = (
        (hvp_by_central_differences(quartic, theta, v, h) - exact).norm() for h in (1e-2, 1e-3)
    )
    assert float(coarse / fine) == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("hvp", ALL)
@given(seed=st.integers(0, 10**6), a=st.floats(-9, 9), b=st.floats(-9, 9))
@settings(max_examples=20, deadline=None)
def test_symmetric_and_linear(hvp, seed, a, b):
    theta, u, v = randn(5, seed=seed), randn(5, seed=seed + 1), randn(5, seed=seed + 2)
    Hu, Hv = hvp(quartic, theta, u), hvp(quartic, theta, v)
    scale = float(Hu.norm() + Hv.norm()) * 10
    assert float(v @ Hu) == pytest.approx(float(u @ Hv), abs=1e-7 * scale)
    combined = hvp(quartic, theta, a * u + b * v)
    torch.testing.assert_close(combined, a * Hu + b * Hv, rtol=0, atol=1e-7 * scale)


@pytest.mark.parametrize("hvp", ALL)
def test_float32_and_shapes_other_than_a_vector(hvp):
    theta, v = randn(2, 3).float(), randn(2, 3, seed=1).float()
    Hv = hvp(lambda t: (t**3).sum(), theta, v)
    assert Hv.shape == (2, 3) and Hv.dtype == torch.float32
    torch.testing.assert_close(Hv, 6 * theta * v, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("hvp", ALL)
def test_no_curvature_and_no_direction_give_zero(hvp):
    theta, v = randn(3), randn(3, seed=1)
    torch.testing.assert_close(hvp(lambda t: 2 * t.sum(), theta, v), 0 * v, rtol=0, atol=1e-9)
    assert torch.equal(hvp(quartic, theta, 0 * v), 0 * v)


@pytest.mark.parametrize("hvp", ALL)
def test_what_goes_in_is_left_alone(hvp):
    theta, v = randn(3).requires_grad_(), randn(3, seed=1)
    Hv = hvp(quartic, theta, v)
    assert torch.equal(theta, randn(3)) and torch.equal(v, randn(3, seed=1))
    assert theta.grad is None and not Hv.requires_grad


@pytest.mark.parametrize("hvp", ALL)
def test_they_work_where_gradients_are_switched_off(hvp):
    with torch.no_grad():
        Hv = hvp(quartic, randn(3), randn(3, seed=1))
    torch.testing.assert_close(Hv, hvp(quartic, randn(3), randn(3, seed=1)))


@pytest.mark.parametrize("layer", [nn.ReLU(), nn.Dropout(0.0), nn.BatchNorm1d(5)])
def test_the_three_agree_on_layers_with_kinks_and_statistics(layer):
    net = network(layer)
    before = [buffer.clone() for buffer in net.buffers()]
    loss, theta = loss_and_theta(net)
    v = randn(len(theta), seed=1)
    reference = hvp_by_double_backward(loss, theta, v)
    for hvp in ALL:
        torch.testing.assert_close(hvp(loss, theta, v), reference, rtol=1e-6, atol=1e-7)
    for buffer, old in zip(net.buffers(), before, strict=True):
        assert torch.equal(buffer, old)


def test_frozen_parameters_have_no_place():
    net = network()
    net[0].weight.requires_grad_(False)
    loss, theta = loss_and_theta(net)
    assert len(theta) == 5 + 15 + 3
    v = randn(len(theta), seed=1)
    z = F.cross_entropy(net(randn(7, 4)), LABELS)
    torch.testing.assert_close(
        hvp_by_forward_over_reverse(loss, theta, v), HessianProduct(z, net.parameters())(v)
    )


def test_a_kept_hessian_product_does_not_draw_dropout_again():
    net = network(nn.Dropout(0.5), nn.Tanh())
    H = HessianProduct(F.cross_entropy(net(randn(7, 4)), LABELS), net.parameters())
    v = randn(len(H.vector), seed=1)
    assert torch.equal(H(v), H(v))


def test_errors_name_what_is_wrong():
    for hvp in ALL:
        with pytest.raises(ValueError, match=r"\(3,\), not \(2,\)"):
            hvp(quartic, randn(3), randn(2))
    with pytest.raises(ValueError, match="h must be positive"):
        hvp_by_central_differences(quartic, randn(3), randn(3), h=-1.0)


TARGETS = randn(5, 2, seed=3)
LOSSES = {
    "mse": lambda z: F.mse_loss(z, TARGETS),
    "huber": lambda z: F.huber_loss(z, TARGETS),
    "smooth l1": lambda z: F.smooth_l1_loss(z, TARGETS),
    "bernoulli": lambda z: F.binary_cross_entropy_with_logits(z, TARGETS.sigmoid()),
    "kl": lambda z: F.kl_div(z.log_softmax(1), TARGETS.softmax(1), reduction="batchmean"),
    "poisson": lambda z: F.poisson_nll_loss(z, TARGETS.exp()),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("hvp", EXACT)
def test_the_exact_ways_know_the_losses_of_torch(hvp, name):
    theta, v, x = randn(2, 3), randn(2, 3, seed=1), randn(5, 3, seed=2)
    loss = lambda t: LOSSES[name](x @ t.T)  # noqa: E731
    H = torch.as_tensor(torch.autograd.functional.hessian(loss, theta)).reshape(6, 6)
    torch.testing.assert_close(hvp(loss, theta, v).flatten(), H @ v.flatten())


def test_a_fault_of_the_loss_itself_is_shown():
    def broken(t):
        raise RuntimeError("no such file")

    with pytest.raises(RuntimeError, match="no such file"):
        hvp_by_forward_over_reverse(broken, randn(3), randn(3))


@pytest.mark.parametrize("c", [1e-200, 1e200])
def test_central_differences_do_not_mind_the_length_of_v(c):
    theta, v = randn(5), randn(5, seed=1)
    expected = hvp_by_central_differences(quartic, theta, v)
    torch.testing.assert_close(hvp_by_central_differences(quartic, theta, c * v) / c, expected)
