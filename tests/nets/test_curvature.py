"""Curvature products: what they are equal to, and what they never do."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from sgo_teach.nets.curvature import (
    GaussNewtonProduct,
    HessianProduct,
    check_output_loss,
    hessian_vector_product,
)
from sgo_teach.nets.curvature.output_hessian import closed_form
from sgo_teach.nets.networks import image_network

TOLERANCE = {torch.float32: 2e-4, torch.float64: 1e-11}


def randn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def mlp(dtype=torch.float64, outputs=3):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, outputs)).to(dtype)


def focal(outputs, labels):
    """A loss of our own, with no closed form in the package."""
    p = outputs.log_softmax(1)[torch.arange(len(labels)), labels].exp()
    return (-((1 - p) ** 2) * p.log()).mean()


def problem(kind, dtype=torch.float64):
    """Network, inputs, loss of outputs, name of the closed form."""
    network, x = mlp(dtype), randn(7, 4, dtype=dtype)
    labels, targets = torch.arange(7) % 3, randn(7, 3, seed=6).sigmoid().to(dtype)
    bernoulli = F.binary_cross_entropy_with_logits
    losses = {
        "cross_entropy": (lambda z: F.cross_entropy(z, labels), "cross_entropy"),
        "squared_error": (lambda z: F.mse_loss(z, randn(7, 3, seed=5).to(dtype)), "squared_error"),
        "binary_cross_entropy": (lambda z: bernoulli(z, targets), "binary_cross_entropy"),
        "generic binary_cross_entropy": (lambda z: bernoulli(z, targets), None),
        "generic cross_entropy": (lambda z: F.cross_entropy(z, labels), None),
        "generic squared_error": (lambda z: F.mse_loss(z, randn(7, 3, seed=5).to(dtype)), None),
        "summed": (lambda z: F.cross_entropy(z, labels, reduction="sum"), None),
        "focal": (lambda z: focal(z, labels), None),
    }
    return network, x, *losses[kind]


KINDS = [
    "cross_entropy",
    "squared_error",
    "binary_cross_entropy",
    "generic binary_cross_entropy",
    "generic cross_entropy",
    "generic squared_error",
    "summed",
    "focal",
]


def flat_function(network, x):
    """θ (n,) ↦ outputs, and θ."""
    names = [name for name, _ in network.named_parameters()]
    params = list(network.parameters())
    sizes = [p.numel() for p in params]

    def f(theta):
        parts = [part.view(p.shape) for part, p in zip(theta.split(sizes), params, strict=True)]
        return functional_call(network, dict(zip(names, parts, strict=True)), (x,))

    return f, torch.cat([p.detach().reshape(-1) for p in params])


def explicit_gauss_newton(network, x, loss):
    f, theta = flat_function(network, x)
    z = f(theta)
    J = torch.as_tensor(torch.autograd.functional.jacobian(f, theta)).reshape(z.numel(), -1)
    H_out = torch.as_tensor(torch.autograd.functional.hessian(loss, z))
    H_out = H_out.reshape(z.numel(), z.numel())
    return J.T @ H_out @ J


def explicit_hessian(network, x, loss):
    f, theta = flat_function(network, x)
    return torch.as_tensor(torch.autograd.functional.hessian(lambda t: loss(f(t)), theta))


def gauss_newton(kind, dtype=torch.float64):
    network, x, loss, name = problem(kind, dtype)
    z = network(x)
    return GaussNewtonProduct(loss(z), z, network.parameters(), name)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind", KINDS)
def test_G_is_the_explicit_JT_Hout_J(kind, dtype):
    G = gauss_newton(kind, dtype)
    network, x, loss, _ = problem(kind, dtype)
    explicit = explicit_gauss_newton(network, x, loss)
    v = randn(len(explicit), seed=1, dtype=dtype)
    torch.testing.assert_close(G(v), explicit @ v, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("kind", KINDS)
def test_G_is_symmetric(kind):
    G = gauss_newton(kind)
    n = len(G.vector)
    u, v = randn(n, seed=1), randn(n, seed=2)
    assert float(u @ G(v)) == pytest.approx(float(G(u) @ v), rel=1e-10)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "focal"])
def test_G_is_positive_semidefinite_for_a_convex_loss(kind):
    G = gauss_newton(kind)
    for seed in range(20):
        v = randn(len(G.vector), seed=seed)
        assert float(v @ G(v)) >= -1e-12


@pytest.mark.parametrize("kind", ["cross_entropy", "squared_error", "binary_cross_entropy"])
@given(seed=st.integers(0, 10**6), a=st.floats(-9, 9), scale=st.floats(0.1, 10))
@settings(max_examples=15, deadline=None)
def test_G_is_linear_symmetric_psd_and_grows_with_the_loss(kind, seed, a, scale):
    network, x, loss, name = problem(kind)
    z = network(x)
    G = GaussNewtonProduct(loss(z), z, network.parameters(), name)
    u, v = randn(43, seed=seed), randn(43, seed=seed + 1)
    Gu, Gv = G(u), G(v)
    assert float(u @ Gv) == pytest.approx(float(v @ Gu), rel=1e-9, abs=1e-12)
    assert float(v @ Gv) >= -1e-12
    torch.testing.assert_close(G(a * u + v), a * Gu + Gv, rtol=1e-9, atol=1e-11)
    scaled = GaussNewtonProduct(scale * loss(z), z, network.parameters())
    torch.testing.assert_close(scaled(v), scale * Gv, rtol=1e-9, atol=1e-11)


def test_the_order_of_the_examples_does_not_matter():
    network, x = mlp(), randn(7, 4)
    labels, order = torch.arange(7) % 3, torch.tensor([6, 1, 3, 0, 2, 5, 4])
    v = randn(43, seed=1)

    def product(x, labels):
        z = network(x)
        loss = F.cross_entropy(z, labels)
        return GaussNewtonProduct(loss, z, network.parameters(), "cross_entropy")(v)

    torch.testing.assert_close(product(x[order], labels[order]), product(x, labels))


def test_saturated_logits_keep_their_small_curvature():
    z = torch.tensor([[40.0, -40.0]], dtype=torch.float64, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(z, torch.zeros_like(z))
    closed = GaussNewtonProduct(loss, z, [z], "binary_cross_entropy")(z.new_ones(2))
    assert torch.allclose(closed / torch.exp(z.new_tensor([-40.0])), z.new_ones(2) / 2)


def test_G_is_linear_however_often_the_linearisation_is_used():
    G = gauss_newton("cross_entropy")
    u, v = randn(len(G.vector), seed=1), randn(len(G.vector), seed=2)
    first = G(u)
    torch.testing.assert_close(G(2 * u - 3 * v), 2 * first - 3 * G(v))
    assert torch.equal(G(u), first)


@pytest.mark.parametrize("kind", ["squared_error", "cross_entropy", "binary_cross_entropy"])
def test_G_is_H_where_the_outputs_are_linear_in_the_parameters(kind):
    _, x, loss, name = problem(kind)
    network = nn.Linear(4, 3).double()
    z = network(x)
    G = GaussNewtonProduct(loss(z), z, network.parameters(), name)
    H = explicit_hessian(network, x, loss)
    v = randn(len(H), seed=1)
    torch.testing.assert_close(G(v), H @ v)


def test_G_is_not_H_for_a_curved_network():
    network, x, loss, _ = problem("squared_error")
    G, H = gauss_newton("squared_error"), explicit_hessian(network, x, loss)
    v = randn(len(H), seed=1)
    assert (G(v) - H @ v).norm() > 1e-2 * (H @ v).norm()


def test_jacobian_products_are_adjoint():
    G = gauss_newton("cross_entropy")
    v, w = randn(len(G.vector), seed=1), randn(7, 3, seed=2)
    left = (G.jacobian_product(v) * w).sum()
    torch.testing.assert_close(left, v @ G.transposed_jacobian_product(w))


def test_jacobian_product_is_the_directional_derivative():
    G = gauss_newton("cross_entropy")
    network, x, *_ = problem("cross_entropy")
    f, theta = flat_function(network, x)
    v, h = randn(len(theta), seed=1), 1e-6
    central = (f(theta + h * v) - f(theta - h * v)) / (2 * h)
    torch.testing.assert_close(G.jacobian_product(v), central, rtol=1e-7, atol=1e-7)


def test_G_of_the_convolutional_network():
    network = image_network((1, 8, 8), "same", generator=torch.Generator().manual_seed(0)).double()
    x, labels = randn(3, 1, 8, 8).abs(), torch.arange(3)
    z = network(x)
    G = GaussNewtonProduct(F.cross_entropy(z, labels), z, network.parameters(), "cross_entropy")
    v = randn(len(G.vector), seed=1) / 100
    f, theta = flat_function(network, x)
    _, Jv = torch.autograd.functional.jvp(f, theta, v)
    p = z.detach().softmax(1)
    _, expected = torch.autograd.functional.vjp(
        f, theta, (p * Jv - p * (p * Jv).sum(1, keepdim=True)) / 3
    )
    torch.testing.assert_close(G(v), expected)


def test_logits_may_have_positions_after_the_classes():
    weight = randn(2, 3, 5).requires_grad_()  # two sequences, three classes, five positions
    z = 2 * weight
    loss = F.cross_entropy(z, torch.arange(10).reshape(2, 5) % 3)
    v = randn(30, seed=1)
    closed = GaussNewtonProduct(loss, z, [weight], "cross_entropy")(v)
    torch.testing.assert_close(closed, GaussNewtonProduct(loss, z, [weight])(v))


@pytest.mark.parametrize(
    "make", [lambda *a: GaussNewtonProduct(*a), lambda a, _, c: HessianProduct(a, c)]
)
def test_unused_parameters_get_zero_and_frozen_ones_no_place(make):
    network, x, loss, _ = problem("cross_entropy")
    network[0].bias.requires_grad_(False)
    unused = torch.ones(2, dtype=torch.float64, requires_grad=True)
    z = network(x)
    product = make(loss(z), z, [*network.parameters(), unused])
    n = sum(p.numel() for p in network.parameters()) - 5 + 2
    Cv = product(randn(n, seed=1))
    assert Cv.shape == (n,)
    assert torch.equal(Cv[-2:], torch.zeros(2, dtype=torch.float64))
    assert Cv[:-2].abs().min() > 0


def test_a_loss_linear_in_the_outputs_has_no_curvature():
    network, x, *_ = problem("cross_entropy")
    z = network(x)
    v = torch.ones(43, dtype=torch.float64)
    assert torch.equal(GaussNewtonProduct(z.sum(), z, network.parameters())(v), 0 * v)


def test_H_is_the_explicit_hessian_and_symmetric():
    network, x, loss, _ = problem("focal")
    H = HessianProduct(loss(network(x)), network.parameters())
    explicit = explicit_hessian(network, x, loss)
    u, v = randn(len(explicit), seed=1), randn(len(explicit), seed=2)
    torch.testing.assert_close(H(v), explicit @ v)
    assert float(u @ H(v)) == pytest.approx(float(H(u) @ v), rel=1e-10)
    torch.testing.assert_close(
        hessian_vector_product(loss(network(x)), network.parameters(), v), explicit @ v
    )


def test_H_is_zero_where_the_loss_is_linear():
    x = torch.ones(3, requires_grad=True)
    assert torch.equal(hessian_vector_product(x.sum(), [x], torch.ones(3)), torch.zeros(3))
    assert torch.equal(HessianProduct(x.sum(), [x]).gradient, torch.ones(3))


@pytest.mark.parametrize("kind", ["cross_entropy", "squared_error", "binary_cross_entropy"])
def test_a_true_name_of_the_loss_passes(kind):
    network, x, loss, name = problem(kind)
    z = network(x)
    check_output_loss(loss(z), z, name)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (lambda z, y: F.cross_entropy(z, y, reduction="sum"), "cross_entropy"),
        (lambda z, y: F.cross_entropy(z.softmax(1), y), "cross_entropy"),  # softmax twice
        (lambda z, y: F.cross_entropy(z, y, weight=z.new_tensor([1, 2, 9])), "cross_entropy"),
        (lambda z, y: ((z - 1) ** 2).sum(), "squared_error"),
        (lambda z, y: F.binary_cross_entropy_with_logits(z, z.detach() ** 2), "cross_entropy"),
        (
            lambda z, y: F.binary_cross_entropy_with_logits(z, (z > 0).to(z), reduction="sum"),
            "binary_cross_entropy",
        ),
        (
            lambda z, y: F.binary_cross_entropy_with_logits(
                z, (z > 0).to(z), pos_weight=z.new_tensor(3.0)
            ),
            "binary_cross_entropy",
        ),
        (
            lambda z, y: F.binary_cross_entropy_with_logits(z.sigmoid(), (z > 0).to(z)),
            "binary_cross_entropy",
        ),
        (lambda z, y: F.cross_entropy(z, y), "squared_error"),
    ],
)
def test_a_wrong_name_of_the_loss_is_refused(loss, name):
    network, x, *_ = problem("cross_entropy")
    z = network(x)
    with pytest.raises(ValueError, match="output_loss"):
        check_output_loss(loss(z, torch.arange(7) % 3), z, name)


def test_errors_name_what_is_missing():
    network, x, loss, _ = problem("cross_entropy")
    z = network(x)
    with pytest.raises(ValueError, match="'hinge'"):
        GaussNewtonProduct(loss(z), z, network.parameters(), "hinge")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="graph"):
        GaussNewtonProduct(loss(z), z.detach(), network.parameters(), "cross_entropy")
    with pytest.raises(ValueError, match="computed from outputs"):
        GaussNewtonProduct(loss(network(x)), z, network.parameters())
    with pytest.raises(ValueError, match="at least one of the parameters"):
        other = torch.ones(2, requires_grad=True)
        GaussNewtonProduct(loss(z), z, [other], "cross_entropy")
    with pytest.raises(ValueError, match=r"\(43,\)"):
        GaussNewtonProduct(loss(z), z, network.parameters())(torch.zeros(3))


# A network that is sure of its answers


MARGINS = [1.0, 5.0, 10.0, 14.0, 16.0, 18.0, 20.0, 40.0, 120.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("margin", MARGINS)
def test_a_true_name_passes_however_sure_the_network_is(dtype, margin):
    """There differentiating twice is all rounding, and the closed form is right."""
    z = (margin * torch.eye(3, dtype=dtype)).repeat(4, 1).requires_grad_()
    check_output_loss(F.cross_entropy(z, torch.arange(3).repeat(4)), z, "cross_entropy")
    y = torch.eye(3, dtype=dtype).repeat(4, 1)
    z = (margin * (2 * y - 1)).requires_grad_()
    loss = F.binary_cross_entropy_with_logits(z, y)
    check_output_loss(loss, z, "binary_cross_entropy")


@pytest.mark.parametrize("margin", MARGINS)
def test_H_out_of_the_cross_entropy_is_exact_at_every_margin(margin):
    """For two classes H_out = σ(z)σ(−z) [[1, −1], [−1, 1]], known without cancellation."""
    z, w = torch.tensor([[margin, 0.0]], dtype=torch.float64), randn(1, 2)
    s = z[0, 0].sigmoid() * (-z[0, 0]).sigmoid() * (w[0, 0] - w[0, 1])
    expected = torch.stack([s, -s])[None]
    torch.testing.assert_close(closed_form(z, "cross_entropy")(w), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("shape", [(500, 10), (500, 4, 3), (7,)])
def test_H_out_stays_semidefinite_in_float32(shape):
    z, w = 15 * randn(*shape).float(), randn(*shape, seed=1).float()
    quadratic = w * closed_form(z, "cross_entropy")(w)
    assert (quadratic.sum(1 if len(shape) > 1 else 0) >= 0).all()


def test_labels_to_ignore_are_noticed():
    network, x, *_ = problem("cross_entropy")
    z, y = network(x), torch.arange(7) % 3
    y[2:] = -100
    with pytest.raises(ValueError, match="output_loss"):
        check_output_loss(F.cross_entropy(z, y), z, "cross_entropy")


@pytest.mark.parametrize("name", ["cross_entropy", None])
def test_the_loss_must_come_from_the_outputs_even_where_its_name_would_do(name):
    network, x, loss, _ = problem("cross_entropy")
    z = network(x)
    for other in (loss(network(x)), torch.tensor(1.0)):
        with pytest.raises(ValueError, match="computed from outputs"):
            GaussNewtonProduct(other, z, network.parameters(), name)
    with pytest.raises(ValueError, match="graph"):
        GaussNewtonProduct(loss(z), z.detach(), network.parameters(), name)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        q, k = (f(x)[None, None] for f in (self.q, self.k))
        return F.scaled_dot_product_attention(q, k, q)[0, 0]


def test_fused_attention_names_the_way_out_and_the_way_out_is_one():
    network, x = Attention().double(), randn(7, 4)
    v = randn(40, seed=1)
    for make in (
        lambda z: GaussNewtonProduct(z.square().mean(), z, network.parameters()),
        lambda z: HessianProduct(z.square().mean(), network.parameters()),
    ):
        with pytest.raises(NotImplementedError, match=r"sdpa_kernel\(SDPBackend.MATH\)"):
            make(network(x))(v)
        with sdpa_kernel(SDPBackend.MATH):
            assert make(network(x))(v).isfinite().all()


def test_gradients_of_a_sparse_embedding_count_like_dense_ones():
    products = []
    for sparse in (False, True):
        torch.manual_seed(0)
        words, last = nn.Embedding(5, 3, sparse=sparse).double(), nn.Linear(3, 2).double()
        z = last(words(torch.tensor([[0, 1], [1, 4]])).tanh().mean(1))
        loss, params = z.square().mean(), [*words.parameters(), *last.parameters()]
        v = randn(23, seed=1)
        G, H = GaussNewtonProduct(loss, z, params), HessianProduct(loss, params)
        products.append(torch.stack([G(v), H(v), H.gradient]))
    torch.testing.assert_close(products[1], products[0])
