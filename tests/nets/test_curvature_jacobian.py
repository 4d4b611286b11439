"""The walk along the graph equals double backward, whatever the network is made of."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sgo_teach.nets.curvature import GaussNewtonProduct, Jacobian
from sgo_teach.nets.curvature.jacobian import DoubleBackward
from sgo_teach.nets.curvature.kernels import short_gradients
from sgo_teach.nets.curvature.tangents import RULES, TangentWalk
from sgo_teach.nets.networks import image_network


def randn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def dense(*layers):
    return nn.Sequential(nn.Linear(4, 5), *layers, nn.Linear(5, 3))


def convolutional(*layers, **setting):
    return nn.Sequential(nn.Conv2d(2, 4, 3, **setting), *layers, nn.Flatten(), nn.LazyLinear(3))


def in_channels_last(network):
    return network.to(memory_format=torch.channels_last)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.f(x).relu()


class Gate(nn.Module):
    """2 f(x) ∘ g(x) − a/3, with a bias a that is spread over the examples."""

    def __init__(self):
        super().__init__()
        self.f, self.g = nn.Linear(4, 4), nn.Linear(4, 4)
        self.a = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return torch.add(2 * self.f(x) * self.g(x).sigmoid(), self.a, alpha=-1 / 3)


WALKED = {
    "relu": lambda: dense(nn.ReLU()),
    "relu in place": lambda: dense(nn.ReLU(inplace=True)),
    "sigmoid": lambda: dense(nn.Sigmoid()),
    "tanh": lambda: dense(nn.Tanh()),
    "elu": lambda: dense(nn.ELU()),
    "gelu": lambda: dense(nn.GELU()),
    "silu": lambda: dense(nn.SiLU()),
    "softplus": lambda: dense(nn.Softplus()),
    "leaky relu": lambda: dense(nn.LeakyReLU(0.1)),
    "no bias": lambda: nn.Sequential(nn.Linear(4, 5, bias=False), nn.ReLU(), nn.Linear(5, 3)),
    "one layer": lambda: nn.Linear(4, 3),
    "residual": lambda: nn.Sequential(Residual(), nn.Linear(4, 3)),
    "two residuals": lambda: nn.Sequential(Residual(), Residual(), nn.Linear(4, 3)),
    "dropout": lambda: dense(nn.Dropout(0.5)),
    "gate": lambda: nn.Sequential(Gate(), nn.Linear(4, 3)),
    "shared layer": lambda: (lambda f: nn.Sequential(f, nn.Tanh(), f))(nn.Linear(4, 4)),
    "convolution": lambda: convolutional(nn.ReLU()),
    "stride and padding": lambda: convolutional(nn.Tanh(), stride=2, padding=1),
    "dilation": lambda: convolutional(nn.Tanh(), dilation=2),
    "same padding": lambda: convolutional(nn.Tanh(), padding="same"),
    "max-pool": lambda: convolutional(nn.MaxPool2d(2)),
    "overlapping max-pool": lambda: convolutional(nn.MaxPool2d(3, stride=1, padding=1)),
    "max-pool, ceiling": lambda: convolutional(nn.MaxPool2d(3, ceil_mode=True)),
    "two convolutions": lambda: convolutional(nn.ReLU(), nn.Conv2d(4, 3, 2), nn.Tanh()),
    "channels last": lambda: in_channels_last(
        nn.Sequential(
            nn.Conv2d(2, 4, 3),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Conv2d(4, 5, 1),
            nn.Flatten(),
            nn.Linear(20, 3),
        )
    ),
}
FALLEN_BACK = {
    "grouped": lambda: convolutional(groups=2),
    "transposed": lambda: convolutional(nn.ConvTranspose2d(4, 2, 2)),
    "batch norm": lambda: dense(nn.BatchNorm1d(5), nn.ReLU()),
    "layer norm": lambda: dense(nn.LayerNorm(5)),
    "average pool": lambda: convolutional(nn.AvgPool2d(2)),
    "softmax": lambda: dense(nn.Softmax(1)),
}


def outputs_of(make):
    """A network in float64, and its outputs for seven examples."""
    torch.manual_seed(0)
    network = make().double()
    images = any(isinstance(m, nn.Conv2d) for m in network.modules())
    return network, network(randn(7, 2, 6, 6) if images else randn(7, 4))


def test_the_course_networks_are_walked():
    torch.manual_seed(0)
    for shape, padding in (((1, 8, 8), "same"), ((3, 32, 32), "valid")):
        network = image_network(shape, padding).double()
        z = network(randn(2, *shape))
        walk = TangentWalk(z, tuple(network.parameters()))
        parts = [randn(*p.shape) / 100 for p in network.parameters()]
        expected = DoubleBackward(z, tuple(network.parameters()))(parts)
        torch.testing.assert_close(walk(parts), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("make", WALKED.values(), ids=WALKED.keys())
@pytest.mark.parametrize("frozen", ["nothing", "the first", "all weights", "all biases"])
def test_the_walk_equals_double_backward(make, frozen):
    network, _ = outputs_of(make)
    for i, (name, p) in enumerate(network.named_parameters()):
        kind = "all weights" if name.endswith("weight") else "all biases"
        p.requires_grad_(frozen != kind and not (i == 0 and frozen == "the first"))
    tensors = [p for p in network.parameters() if p.requires_grad]
    if not tensors:
        return
    z = network(randn(7, 2, 6, 6) if "Conv" in repr(network) else randn(7, 4))
    parts = [randn(*p.shape, seed=1) for p in tensors]
    expected = DoubleBackward(z, tensors)(parts)
    torch.testing.assert_close(TangentWalk(z, tensors)(parts), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("make", [*WALKED.values(), *FALLEN_BACK.values()])
def test_J_and_its_transpose_are_adjoint(make):
    network, z = outputs_of(make)
    J = Jacobian(z, network.parameters())
    v, w = randn(len(J.vector), seed=1), randn(*z.shape, seed=2)
    torch.testing.assert_close((J.product(v) * w).sum(), v @ J.transposed_product(w))


@pytest.mark.parametrize("make", FALLEN_BACK.values(), ids=FALLEN_BACK.keys())
def test_an_operation_without_a_rule_is_differentiated_twice(make):
    network, z = outputs_of(make)
    tensors = tuple(network.parameters())
    with pytest.raises(NotImplementedError):
        TangentWalk(z, tensors)
    parts = [randn(*p.shape, seed=1) for p in tensors]
    J = Jacobian(z, tensors)
    v = J.vector.flatten(parts)
    assert torch.equal(J.product(v), DoubleBackward(z, tensors)(parts))


@pytest.mark.parametrize("make", [*WALKED.values(), *FALLEN_BACK.values()])
def test_the_transposed_product_is_the_backward_pass(make):
    network, z = outputs_of(make)
    J, w = Jacobian(z, network.parameters()), randn(*z.shape, seed=2)
    parts = torch.autograd.grad(z, J.vector.tensors, w, retain_graph=True)
    torch.testing.assert_close(
        J.transposed_product(w), J.vector.flatten(parts), rtol=1e-11, atol=1e-12
    )


@pytest.mark.parametrize("frozen", ["weight", "bias", "neither"])
def test_small_convolutions_take_the_short_way_to_their_gradients(frozen):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 3, 2, stride=2, padding=1)
    ).double()
    for name, p in network[2].named_parameters():
        p.requires_grad_(name != frozen)
    z = network(randn(5, 2, 3, 3))
    tensors = [p for p in network.parameters() if p.requires_grad]
    assert all(short_gradients(z, tensors))
    J, w = Jacobian(z, tensors), randn(*z.shape, seed=2)
    parts = torch.autograd.grad(z, tensors, w, retain_graph=True)
    torch.testing.assert_close(J.transposed_product(w), J.vector.flatten(parts))


def test_a_kernel_used_twice_or_as_an_image_takes_the_long_way():
    kernel, x = randn(3, 3, 3, 3).requires_grad_(), randn(2, 3, 3, 3, seed=1)
    for z in (
        F.conv2d(F.conv2d(x, kernel, padding=1), kernel, padding=1),
        F.conv2d(kernel, randn(3, 3, 3, 3, seed=2), padding=1),
    ):
        assert not any(short_gradients(z, [kernel]))
        w = randn(*z.shape, seed=3)
        (expected,) = torch.autograd.grad(z, kernel, w, retain_graph=True)
        J = Jacobian(z, [kernel])
        torch.testing.assert_close(J.transposed_product(w), expected.reshape(-1))


def test_only_the_parameters_asked_for_move():
    network, z = outputs_of(WALKED["convolution"])
    kernel = next(network.parameters())
    J, all_of_J = Jacobian(z, [kernel]), Jacobian(z, network.parameters())
    v = randn(kernel.numel(), seed=1)
    padded = torch.cat([v, v.new_zeros(len(all_of_J.vector) - len(v))])
    torch.testing.assert_close(J.product(v), all_of_J.product(padded))


def test_a_parameter_that_is_no_leaf_or_named_twice_is_served_too():
    leaf = randn(3).requires_grad_()
    theta = 2 * leaf
    z = theta**2
    torch.testing.assert_close(
        Jacobian(z, [theta]).product(randn(3, seed=1)), 2 * theta * randn(3, seed=1)
    )
    z = leaf.tanh()
    v = randn(3, seed=1)
    twice = Jacobian(z, [leaf, leaf]).product(torch.cat([v, v]))
    torch.testing.assert_close(twice, 2 * Jacobian(z, [leaf]).product(v))


def test_outputs_may_be_the_parameters_themselves():
    theta = randn(3).requires_grad_()
    v = randn(3, seed=1)
    assert torch.equal(Jacobian(theta, [theta]).product(v), v)


def test_addmm_with_its_own_factors():
    W, b, x = randn(4, 3).requires_grad_(), randn(3, seed=1).requires_grad_(), randn(7, 4, seed=2)
    z = torch.addmm(b, x, W, alpha=3, beta=-2)
    parts = [randn(4, 3, seed=3), randn(3, seed=4)]
    expected = 3 * x @ parts[0] - 2 * parts[1]
    torch.testing.assert_close(TangentWalk(z, [W, b])(parts), expected)


def test_a_column_of_the_split_outputs_is_differentiated_twice():
    network, z = outputs_of(WALKED["tanh"])
    left, right = z.split([1, 2], dim=1)
    v = randn(43, seed=1)
    whole = Jacobian(z, network.parameters()).product(v)
    assert torch.allclose(Jacobian(right, network.parameters()).product(v), whole[:, 1:])
    assert torch.allclose(Jacobian(left, network.parameters()).product(v), whole[:, :1])


def test_parameters_changed_in_place_are_refused_and_not_silently_mixed():
    network, z = outputs_of(WALKED["tanh"])
    with torch.no_grad():
        network[2].weight.mul_(2)
    with pytest.raises(RuntimeError, match="inplace"):
        Jacobian(z, network.parameters())


def test_dropout_is_not_drawn_again_between_products():
    torch.manual_seed(0)
    network = WALKED["dropout"]().double()
    z = network(randn(7, 4))
    G = GaussNewtonProduct(F.mse_loss(z, randn(7, 3)), z, network.parameters(), "squared_error")
    v, state = randn(len(G.vector), seed=1), torch.get_rng_state()
    assert torch.equal(G(v), G(v))
    assert torch.equal(torch.get_rng_state(), state)


def test_batch_norm_statistics_do_not_move_with_products():
    network, z = outputs_of(FALLEN_BACK["batch norm"])
    before = [buffer.clone() for buffer in network.buffers()]
    G = GaussNewtonProduct(F.mse_loss(z, randn(7, 3)), z, network.parameters(), "squared_error")
    G(randn(len(G.vector), seed=1))
    for buffer, old in zip(network.buffers(), before, strict=True):
        assert torch.equal(buffer, old)


@pytest.mark.parametrize("layers", [[nn.ReLU()], [nn.MaxPool2d(2)], [nn.MaxPool2d(2), nn.ReLU()]])
def test_at_a_kink_the_slope_of_backward_is_taken(layers):
    torch.manual_seed(0)
    network = convolutional(*layers).double()
    network(randn(1, 2, 6, 6))
    nn.init.zeros_(network[0].weight)  # every maximum is a tie, every ReLU at 0
    nn.init.zeros_(network[0].bias)
    z = network(randn(7, 2, 6, 6))
    J = Jacobian(z, network.parameters())
    v, w = randn(len(J.vector), seed=1), randn(7, 3, seed=2)
    Jv = J.product(v)
    assert torch.isfinite(Jv).all()
    torch.testing.assert_close((Jv * w).sum(), v @ J.transposed_product(w))
    torch.testing.assert_close(
        Jv, DoubleBackward(z, J.vector.tensors)(J.vector.split(v)), rtol=1e-11, atol=1e-12
    )


def test_products_leave_their_inputs_and_grad_alone():
    network, z = outputs_of(WALKED["convolution"])
    J = Jacobian(z, network.parameters())
    v, w = randn(len(J.vector), seed=1), randn(7, 3, seed=2)
    J.product(v), J.transposed_product(w)
    assert torch.equal(v, randn(len(v), seed=1)) and torch.equal(w, randn(7, 3, seed=2))
    assert all(p.grad is None for p in network.parameters())
    assert not J.product(v).requires_grad


def test_a_product_after_an_update_of_the_parameters_is_refused():
    """The walk keeps old activations: with new weights it would give neither J, old or new."""
    network, z = outputs_of(WALKED["tanh"])
    J = Jacobian(z, network.parameters())
    with torch.no_grad():
        network[0].weight.add_(1)
    with pytest.raises(RuntimeError, match="run the network again"):
        J.product(randn(len(J.vector)))
    with pytest.raises(RuntimeError, match="run the network again"):
        J.transposed_product(randn(*z.shape))


def test_writing_through_data_and_back_leaves_the_product_as_it_was():
    network, z = outputs_of(WALKED["tanh"])
    J, v = Jacobian(z, network.parameters()), randn(43)
    before, old = J.product(v), network[0].weight.detach().clone()
    network[0].weight.data.add_(1)
    network[0].weight.data.copy_(old)
    assert torch.equal(J.product(v), before)


def test_w_of_another_shape_is_named():
    network, z = outputs_of(WALKED["tanh"])
    with pytest.raises(ValueError, match=r"w must have the shape of outputs, \(7, 3\), not \(3,\)"):
        Jacobian(z, network.parameters()).transposed_product(randn(3))


def test_outputs_in_several_tensors_are_named():
    network, z = outputs_of(WALKED["tanh"])
    with pytest.raises(ValueError, match="one tensor, not a tuple"):
        Jacobian((z, z), network.parameters())  # type: ignore[arg-type]


def test_a_torch_that_shows_other_fields_falls_back(monkeypatch):
    def missing(node):
        raise AttributeError("_saved_mat1")

    monkeypatch.setitem(RULES, "AddmmBackward0", missing)
    network, z = outputs_of(WALKED["tanh"])
    tensors = tuple(network.parameters())
    parts = [randn(*p.shape, seed=1) for p in tensors]
    J = Jacobian(z, tensors)
    assert torch.equal(J.product(J.vector.flatten(parts)), DoubleBackward(z, tensors)(parts))
