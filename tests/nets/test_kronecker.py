"""Kronecker factors precondition: symmetric, positive definite, and right where G is A ⊗ S."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import grad
from torch.nn.utils.parametrizations import weight_norm

from sgo_teach.nets.curvature import GaussNewtonProduct
from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.kronecker import Factors, KroneckerFactors
from sgo_teach.nets.networks import deep_autoencoder, image_network
from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioner import GaussNewtonDiagonal, random_slopes
from sgo_teach.solvers.cg import cg, residual_rule

DAMPING = 0.03


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def matrix(operator, n):
    return torch.stack([operator(e) for e in torch.eye(n, dtype=torch.float64)], 1)


def built(network, x, output_loss="squared_error", damping=DAMPING, **settings):
    """M⁻¹ as a matrix, and what it was built from."""
    factors = KroneckerFactors(network, output_loss, **settings)
    vector = ParameterVector(network.parameters())
    outputs = network(x)
    inverse = factors.build(outputs.square().mean(), outputs, vector, damping, 0)
    return matrix(inverse, len(vector)), vector, outputs


def perceptron(bias=True):
    return nn.Sequential(nn.Linear(5, 4, bias), nn.Tanh(), nn.Linear(4, 3, bias)).double()


def data(n=7):
    return torch.randn(n, 5, dtype=torch.float64)


@pytest.mark.parametrize("bias", [True, False])
def test_on_a_linear_layer_with_one_output_the_inverse_is_that_of_G_itself(bias):
    network = nn.Linear(5, 1, bias).double()
    inverse, vector, outputs = built(network, data())
    loss = outputs.square().mean()
    G = matrix(GaussNewtonProduct(loss, outputs, vector.tensors, "squared_error"), len(vector))
    eye = torch.eye(len(vector), dtype=torch.float64)
    torch.testing.assert_close(inverse @ (G + DAMPING * eye), eye, rtol=0, atol=1e-10)


def test_solving_with_the_factors_inverts_the_kronecker_product():
    a, s = data(6), torch.randn(8, 3, dtype=torch.float64)
    factors, R = Factors.of(a.T @ a, s.T @ s), torch.randn(3, 5, dtype=torch.float64)
    dense = torch.kron(factors.S, factors.A) + DAMPING * torch.eye(15, dtype=torch.float64)
    expected = torch.linalg.solve(dense, R.flatten())
    torch.testing.assert_close(factors.solve(R, DAMPING).flatten(), expected)


@pytest.mark.parametrize("output_loss", ["squared_error", "binary_cross_entropy", "cross_entropy"])
def test_symmetric_and_positive_definite_with_eigenvalues_up_to_one_over_the_damping(output_loss):
    inverse, _, _ = built(perceptron(), data(), output_loss)
    torch.testing.assert_close(inverse, inverse.T, rtol=0, atol=1e-10)
    values = torch.linalg.eigvalsh(inverse)
    assert values.min() > 0
    assert values.max() <= (1 + 1e-9) / DAMPING


def test_blocks_belong_to_layers():
    inverse, _, _ = built(perceptron(), data())
    first = 4 * (5 + 1)
    assert (inverse[:first, first:] == 0).all()
    assert (inverse[:first, :first] != 0).any(1).all()


def test_much_damping_leaves_steepest_descent():
    inverse, vector, _ = built(perceptron(), data(), damping=1e8)
    eye = torch.eye(len(vector), dtype=torch.float64)
    torch.testing.assert_close(1e8 * inverse, eye, rtol=0, atol=1e-6)


@pytest.mark.parametrize("c", [0.01, 100.0])
def test_curvature_and_damping_c_times_as_large_make_an_inverse_c_times_as_small(c):
    network, x = nn.Linear(5, 1, bias=False).double(), data()
    once, _, _ = built(network, x)
    scaled, _, _ = built(network, c**0.5 * x, damping=c * DAMPING)
    torch.testing.assert_close(c * scaled, once)


def test_the_same_examples_twice_are_the_same_mean():
    network, x = nn.Linear(5, 1).double(), data()
    torch.testing.assert_close(built(network, x)[0], built(network, torch.cat([x, x]))[0])


@pytest.mark.parametrize("frozen", ["0.weight", "0.bias", "2.weight"])
def test_with_a_frozen_parameter_the_rest_stays_positive_definite(frozen):
    network = perceptron()
    network.get_parameter(frozen).requires_grad_(False)
    inverse, vector, _ = built(network, data())
    assert len(vector) == sum(p.numel() for n, p in network.named_parameters() if n != frozen)
    assert torch.linalg.eigvalsh(inverse).min() > 0


def test_an_unused_layer_is_left_to_the_damping():
    network = perceptron()
    network.register_module("idle", nn.Linear(2, 2).double())
    network.forward = lambda x: network[2](network[1](network[0](x)))  # type: ignore[method-assign]
    inverse, _, _ = built(network, data())
    torch.testing.assert_close(inverse[-6:, -6:], torch.eye(6, dtype=torch.float64) / DAMPING)


def test_a_layer_used_twice_has_the_rows_of_both_uses():
    layer = nn.Linear(3, 3, bias=False).double()
    inverse, vector, outputs = built(nn.Sequential(layer, layer), data()[:, :3])
    assert len(vector) == 9
    assert torch.linalg.eigvalsh(inverse).min() > 0
    once, _, _ = built(layer, data()[:, :3])
    assert not torch.allclose(inverse, once)


def test_convolutions_get_the_diagonal():
    network = image_network((1, 4, 4), "same").double()
    factors = KroneckerFactors(network, "cross_entropy")
    vector = ParameterVector(network.parameters())
    outputs = network(torch.rand(4, 1, 4, 4, dtype=torch.float64))
    loss = F.cross_entropy(outputs, torch.arange(4))
    inverse = factors.build(loss, outputs, vector, DAMPING, 0)
    unit = torch.zeros(len(vector), dtype=torch.float64)
    unit[5] = 1.0  # in the first convolution
    found = inverse(unit)
    assert 0 < found[5] <= 1 / DAMPING
    assert (found != 0).sum() == 1


def after(steps, preconditioned):
    """The last iterate of CG in an autoencoder, and φ at all of them."""
    torch.manual_seed(0)
    network, x = deep_autoencoder((20, 12, 6, 3)).double(), torch.rand(40, 20, dtype=torch.float64)
    factors = KroneckerFactors(network, "binary_cross_entropy")
    outputs, vector = network(x), ParameterVector(network.parameters())
    loss = F.binary_cross_entropy_with_logits(outputs, x)
    G = GaussNewtonProduct(loss, outputs, vector.tensors)
    g = vector.flatten(grad(loss, vector.tensors, retain_graph=True))
    M = factors.build(loss, outputs, vector, 1e-3, 0) if preconditioned else None
    damped = lambda v: G(v) + 1e-3 * v  # noqa: E731
    return cg(damped, -g, None, M, stop=residual_rule(1e-10), max_steps=steps)


def test_cg_reaches_the_same_solution():
    torch.testing.assert_close(after(1000, True).x, after(1000, False).x, rtol=1e-6, atol=1e-8)


def test_five_products_are_worth_more():
    best = after(1000, False).model_values[-1]
    left = [
        1 - after(5, preconditioned).model_values[-1] / best for preconditioned in (True, False)
    ]
    assert left[0] < 0.5 * left[1]


def test_old_graphs_do_not_matter():
    network = perceptron()
    vector = ParameterVector(network.parameters())
    x = data()
    r = torch.randn(len(vector), dtype=torch.float64)

    def inverse(*passes):
        factors = KroneckerFactors(network, "squared_error")
        outputs = [network(p) for p in passes]
        with torch.no_grad():
            network(100 * x)  # a trial
        return factors.build(outputs[0].square().mean(), outputs[0], vector, DAMPING, 0)(r)

    torch.testing.assert_close(inverse(x), inverse(x, 10 * x), rtol=0, atol=0)


def test_a_resumed_run_goes_on_bitwise():
    def run(steps, state=None):
        torch.manual_seed(0)
        network, x = perceptron(), data()
        factors = KroneckerFactors(network, "squared_error", renew_every=2)
        optimizer = HessianFree(network.parameters(), damping=0.1, preconditioner=factors)
        if state is not None:
            network.load_state_dict(state[0])
            optimizer.load_state_dict(state[1])
            factors.load_state_dict(state[2])

        def closure():
            outputs = network(x)
            return outputs.square().mean(), outputs

        for _ in range(steps):
            optimizer.step(closure)
        return [network.state_dict(), optimizer.state_dict(), factors.state_dict()]

    whole, resumed = run(7), run(3, run(4))
    for name, p in whole[0].items():
        assert torch.equal(p, resumed[0][name])


@pytest.mark.parametrize("damping", [0.0, -1.0, float("nan")])
def test_factors_alone_are_singular(damping):
    with pytest.raises(ValueError, match="damping > 0"):
        built(perceptron(), data(), damping=damping)


@pytest.mark.parametrize("setting", [{"memory": 1.0}, {"memory": -0.1}, {"renew_every": 0}])
def test_a_setting_out_of_range_is_named(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        KroneckerFactors(perceptron(), "squared_error", **setting)


@pytest.mark.parametrize(
    "own",
    [KroneckerFactors(nn.Linear(1, 1), "squared_error"), GaussNewtonDiagonal("squared_error")],
)
def test_a_loss_without_outputs_is_not_enough(own):
    network = nn.Linear(1, 1)
    optimizer = HessianFree(network.parameters(), curvature="hessian", preconditioner=own)
    with pytest.raises(ValueError, match="loss, outputs"):
        optimizer.step(lambda: network(torch.ones(3, 1)).square().mean())


# Layers that are not what they seem


class Called(nn.Module):
    """A layer called in a way of its own."""

    def __init__(self, call):
        super().__init__()
        self.layer, self.call = nn.Linear(5, 3), call

    def forward(self, x):
        return self.call(self.layer, x)


def tied(bias):
    first, second = nn.Linear(5, 5), nn.Linear(5, 5)
    second.weight = first.weight
    second.bias = first.bias if bias else second.bias
    return nn.Sequential(first, nn.Tanh(), second, nn.Linear(5, 3))


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.last = nn.MultiheadAttention(5, 1), nn.Linear(5, 3)

    def forward(self, x):
        return self.last(self.attention(x, x, x)[0])


STRANGE = {
    "two layers with one weight": lambda: tied(bias=False),
    "two layers with one weight and bias": lambda: tied(bias=True),
    "functional": lambda: Called(lambda layer, x: F.linear(x, layer.weight, layer.bias)),
    "weight norm": lambda: nn.Sequential(weight_norm(nn.Linear(5, 4)), nn.Linear(4, 3)),
    "attention": Attending,
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE.keys())
def test_every_parameter_with_curvature_is_seen_and_M_stays_symmetric(make):
    network = make().double()
    inverse, vector, outputs = built(network, data(), seed=3)
    torch.testing.assert_close(inverse, inverse.T, rtol=0, atol=1e-10)
    assert torch.linalg.eigvalsh(inverse).min() > 0
    w = random_slopes(outputs, "squared_error", torch.Generator().manual_seed(3))
    pulled = vector.flatten(grad(outputs, vector.tensors, w, allow_unused=True))
    untouched = (inverse.diagonal() - 1 / DAMPING).abs() < 1e-9 / DAMPING
    assert not untouched[pulled.abs() > 1e-3].any()


def test_an_input_by_name_or_for_one_example_is_noted_as_well():
    x = data(1)
    network = Called(lambda layer, x: layer(x)).double()
    expected, _, _ = built(network, x)
    network.call = lambda layer, x: layer(input=x)
    torch.testing.assert_close(built(network, x)[0], expected)
    torch.testing.assert_close(built(network.layer, x[0])[0], expected)


def test_hooks_go_with_the_object_that_needs_them():
    layer = nn.Linear(5, 3)
    for _ in range(3):
        KroneckerFactors(layer, "squared_error")
    assert not layer._forward_hooks
    kept = KroneckerFactors(layer, "squared_error")
    assert len(layer._forward_hooks) == 1
    del kept


# Broken batches and changing networks


@pytest.mark.parametrize("output_loss", ["squared_error", "binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("first", [False, True])
def test_a_broken_batch_is_left_out_of_the_factors(output_loss, first):
    network, x = nn.Sequential(perceptron(), nn.LayerNorm(3)).double(), data()
    vector = ParameterVector(network.parameters())

    def step(own, x):
        z = network(x)
        return matrix(own.build(z.square().mean(), z, vector, DAMPING, 0), len(vector))

    factors, unbroken = (KroneckerFactors(network, output_loss) for _ in range(2))
    good = step(unbroken, x)
    if not first:
        step(factors, x)
    eye = torch.eye(len(vector), dtype=torch.float64)
    dense = slice(0, 39)  # the slope of the last bias does not depend on x
    broken, expected = step(factors, x * float("nan")), eye / DAMPING if first else good
    torch.testing.assert_close(broken[dense, dense], expected[dense, dense])
    torch.testing.assert_close(step(factors, x), good)


@pytest.mark.parametrize("kind", [KroneckerFactors, lambda _, name: GaussNewtonDiagonal(name)])
def test_a_step_with_a_broken_curvature_batch_is_rejected_and_the_next_is_not(kind):
    network, x = perceptron(), data()
    own = kind(network, "squared_error")
    optimizer = HessianFree(network.parameters(), preconditioner=own)

    def closure(scale=1.0):
        z = network(scale * x)
        return (z - 1).square().mean(), z

    outcomes = []
    for scale in (1.0, float("nan"), 1.0):
        optimizer.step(closure, curvature_closure=lambda scale=scale: closure(scale))
        outcomes.append(optimizer.last_step.accepted)
    assert outcomes == [True, False, True]


def test_a_part_that_thaws_starts_anew():
    network, x = nn.Sequential(perceptron(), nn.LayerNorm(3)).double(), data()
    network[1].weight.requires_grad_(False)
    factors = KroneckerFactors(network, "squared_error")
    optimizer = HessianFree(network.parameters(), preconditioner=factors)

    def closure():
        z = network(x)
        return (z - 1).square().mean(), z

    optimizer.step(closure)
    network[1].weight.requires_grad_(True)
    optimizer.step(closure)
    assert optimizer.last_step.accepted


def test_factors_of_another_network_are_refused():
    saved = KroneckerFactors(nn.Linear(5, 3).double(), "squared_error")
    network = nn.Linear(5, 3).double()
    other = KroneckerFactors(network, "squared_error")
    z = network(data())
    other.build(z.square().mean(), z, ParameterVector(network.parameters()), DAMPING, 0)
    saved.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match=r"\(3, 6\), not \(3, 5\)"):
        KroneckerFactors(nn.Linear(5, 3, bias=False), "squared_error").load_state_dict(
            other.state_dict()
        )
