"""Fisher products and diagonals against their definitions, example by example."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.autograd import grad

from sgo_teach.nets.curvature import (
    EmpiricalFisherProduct,
    FisherProduct,
    GaussNewtonProduct,
    MeanProduct,
    empirical_fisher_diagonal,
)
from sgo_teach.nets.curvature.layer_squares import layer_squares
from sgo_teach.nets.networks import image_network

N = 6
LABELS = torch.arange(N) % 3


def randn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def mlp():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()


LOSSES = {
    "cross_entropy": lambda z, i=slice(None): F.cross_entropy(z, LABELS[i]),
    "squared_error": lambda z, i=slice(None): F.mse_loss(z, randn(N, 3, seed=5)[i]),
    "binary_cross_entropy": lambda z, i=slice(None): F.binary_cross_entropy_with_logits(
        z, randn(N, 3, seed=5).sigmoid()[i]
    ),
}


def gradient(loss, params):
    parts = torch.autograd.grad(loss, params, retain_graph=True, allow_unused=True)
    return torch.cat(
        [
            (torch.zeros_like(p) if part is None else part).reshape(-1)
            for part, p in zip(parts, params, strict=True)
        ]
    )


def gradients(network, x, loss, params=None):
    """gᵢ as rows (N, n), one example at a time."""
    params = list(params or network.parameters())
    z = network(x)  # one pass for all: batch statistics belong to the batch
    return torch.stack(
        [gradient(loss(z[i : i + 1], slice(i, i + 1)), params) for i in range(len(x))]
    )


def drawn(kind, z):
    """Losses of one row of outputs for labels that stand for the model's distribution, and weights.

    All labels for the discrete ones; for the normal one, z ± σ along each axis, times √d.
    """
    d = z.shape[1]
    if kind == "cross_entropy":
        labels = [torch.tensor([c]) for c in range(d)]
        return [F.cross_entropy(z, y) for y in labels], z.detach().softmax(1)[0]
    if kind == "binary_cross_entropy":
        rows = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=z.dtype)] * d)[:, None]
        p = z.detach().sigmoid()
        weights = torch.stack([torch.where(y > 0, p, 1 - p).prod() for y in rows])
        return [F.binary_cross_entropy_with_logits(z, y) for y in rows], weights
    shifts = (d / 2) ** 0.5 * d**0.5 * torch.cat([torch.eye(d), -torch.eye(d)]).to(z)
    weights = torch.full((2 * d,), 1 / (2 * d), dtype=z.dtype)
    return [F.mse_loss(z, z.detach() + shift) for shift in shifts], weights


@pytest.mark.parametrize("kind", LOSSES)
def test_F_is_the_mean_of_squared_gradients_for_labels_drawn_from_the_model(kind):
    network, x = mlp(), randn(N, 4)
    params = list(network.parameters())
    F_explicit = torch.zeros(43, 43, dtype=torch.float64)
    for i in range(N):
        losses, weights = drawn(kind, network(x[i : i + 1]))
        for loss, weight in zip(losses, weights, strict=True):
            g = gradient(loss, params)
            # Bernoulli: the mean over d logits counts each of the d log-likelihoods 1/d times.
            F_explicit += (
                (3 if kind == "binary_cross_entropy" else 1) * weight / N * torch.outer(g, g)
            )
    v = randn(43, seed=1)
    product = FisherProduct(network(x), params, kind)(v)
    torch.testing.assert_close(product, F_explicit @ v, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", LOSSES)
def test_F_is_G(kind):
    network, z = (n := mlp()), n(randn(N, 4))
    v = randn(43, seed=1)
    G = GaussNewtonProduct(LOSSES[kind](z), z, network.parameters())  # differentiated, not closed
    product = FisherProduct(z, network.parameters(), kind)(v)
    torch.testing.assert_close(product, G(v), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", LOSSES)
def test_empirical_product_is_that_of_the_explicit_matrix(kind):
    network, x = mlp(), randn(N, 4)
    g = gradients(network, x, LOSSES[kind])
    z = network(x)
    product = EmpiricalFisherProduct(LOSSES[kind](z), z, network.parameters())
    v = randn(43, seed=1)
    torch.testing.assert_close(product(v), g.T @ (g @ v) / N, rtol=1e-11, atol=1e-13)


@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_empirical_fisher_is_symmetric_psd_and_grows_with_the_square_of_the_loss(seed, scale):
    network = mlp()
    z = network(randn(N, 4, seed=seed))
    loss = F.cross_entropy(z, LABELS)
    product = EmpiricalFisherProduct(loss, z, network.parameters())
    u, v = randn(43, seed=seed + 1), randn(43, seed=seed + 2)
    assert float(u @ product(v)) == pytest.approx(float(v @ product(u)), rel=1e-8, abs=1e-12)
    assert float(v @ product(v)) >= 0
    scaled = EmpiricalFisherProduct(scale * loss, z, network.parameters())
    torch.testing.assert_close(scaled(v), scale**2 * product(v))


def test_the_order_of_the_examples_does_not_matter():
    network, x = mlp(), randn(N, 4)
    v, order = randn(43, seed=1), torch.tensor([3, 1, 5, 0, 2, 4])

    def both(x, labels):
        z = network(x)
        loss = F.cross_entropy(z, labels)
        params = list(network.parameters())
        product = EmpiricalFisherProduct(loss, z, params)
        return torch.cat([product(v), empirical_fisher_diagonal(loss, z, params)])

    torch.testing.assert_close(both(x[order], LABELS[order]), both(x, LABELS))


@pytest.mark.parametrize("rank", [0, 1])
def test_outputs_with_positions_or_without_classes(rank):
    """Sequences of five positions, and one logit an example."""
    weight = randn(4, 1 + 4 * rank).requires_grad_()
    x = randn(N, 4)
    z = (x @ weight).squeeze(1) if rank == 0 else torch.stack([x @ weight, -(x @ weight)], 1)
    loss = (z**3).sum() / N
    rows = [(z[i] ** 3).sum() for i in range(N)]
    g = torch.stack([gradient(row, [weight]) for row in rows])
    v = randn(weight.numel(), seed=1)
    product = EmpiricalFisherProduct(loss, z, [weight])(v)
    torch.testing.assert_close(product, g.T @ (g @ v) / N)
    torch.testing.assert_close(empirical_fisher_diagonal(loss, z, [weight]), (g**2).mean(0))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.f, self.last = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.last(self.f(self.f(x).tanh()))


def cnn(**setting):
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, **setting), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3)
    )


NETWORKS = {
    "mlp": (mlp, "closed"),
    "no bias": (lambda: nn.Sequential(nn.Linear(4, 5, bias=False), nn.Linear(5, 3)), "closed"),
    "cnn": (cnn, "closed"),
    "cnn, strided": (lambda: cnn(stride=2, padding=1), "closed"),
    "cnn, dilated": (lambda: cnn(dilation=2, padding="same"), "closed"),
    "cnn, grouped": (lambda: cnn(groups=2), "loop in part"),
    "tied": (Tied, "loop in part"),
    "batch norm": (lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)), "loop"),
    "scaled": (lambda: nn.Sequential(nn.Linear(4, 3), nn.PReLU()), "loop"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_diagonal_is_the_mean_of_squared_gradients(name):
    make, way = NETWORKS[name]
    torch.manual_seed(0)
    network = make().double()
    x = randn(N, 2, 6, 6) if name.startswith("cnn") else randn(N, 4)
    z = network(x)
    diagonal = empirical_fisher_diagonal(F.cross_entropy(z, LABELS), z, network.parameters())
    explicit = (gradients(network, x, LOSSES["cross_entropy"]) ** 2).mean(0)
    torch.testing.assert_close(diagonal, explicit, rtol=1e-11, atol=1e-14)
    closed = [layer is not None for layer in layer_squares(z, list(network.parameters()))]
    assert {"closed": all(closed), "loop": not any(closed)}.get(way, len(set(closed)) == 2)


def test_diagonal_of_the_course_network_takes_no_loop():
    network = image_network((1, 8, 8), "same", generator=torch.Generator().manual_seed(0)).double()
    z = network(randn(N, 1, 8, 8))
    assert all(layer_squares(z, list(network.parameters())))
    diagonal = empirical_fisher_diagonal(F.cross_entropy(z, LABELS), z, network.parameters())
    explicit = (gradients(network, randn(N, 1, 8, 8), LOSSES["cross_entropy"]) ** 2).mean(0)
    torch.testing.assert_close(diagonal, explicit, rtol=1e-10, atol=1e-14)


def test_diagonal_agrees_with_the_product():
    network, z = (n := mlp()), n(randn(N, 4))
    loss = F.cross_entropy(z, LABELS)
    product = EmpiricalFisherProduct(loss, z, network.parameters())
    unit = torch.eye(43, dtype=torch.float64)
    expected = torch.stack([product(e) @ e for e in unit])
    torch.testing.assert_close(empirical_fisher_diagonal(loss, z, network.parameters()), expected)


def test_layers_whose_rows_are_not_examples_are_not_mistaken_for_such():
    """Six examples of six numbers, transposed on the way: every size is 6."""
    torch.manual_seed(0)
    layer = nn.Linear(6, 6).double()
    x = randn(6, 6)
    z = layer(x.t()).t()
    assert not any(layer_squares(z, list(layer.parameters())))
    params = list(layer.parameters())
    g = torch.stack([gradient((z[i] ** 2).sum(), params) for i in range(6)])
    diagonal = empirical_fisher_diagonal((z**2).sum() / 6, z, params)
    torch.testing.assert_close(diagonal, (g**2).mean(0))


def test_positions_of_a_sequence_are_added_before_the_square():
    """A linear layer sees six sequences of five positions as thirty rows."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Flatten()).double()
    z = network(randn(N, 5, 4))
    params = list(network.parameters())
    g = torch.stack([gradient((z[i] ** 2).sum(), params) for i in range(N)])
    diagonal = empirical_fisher_diagonal((z**2).sum() / N, z, params)
    torch.testing.assert_close(diagonal, (g**2).mean(0))


def test_frozen_and_unused_parameters():
    network = mlp()
    network[0].bias.requires_grad_(False)
    unused = torch.ones(2, dtype=torch.float64, requires_grad=True)
    z = network(randn(N, 4))
    params = [*network.parameters(), unused]
    diagonal = empirical_fisher_diagonal(F.cross_entropy(z, LABELS), z, params)
    product = EmpiricalFisherProduct(F.cross_entropy(z, LABELS), z, params)(randn(40, seed=1))
    for result in (diagonal, product):
        assert result.shape == (40,)
        assert torch.equal(result[-2:], torch.zeros(2, dtype=torch.float64))
        assert result[:-2].abs().min() > 0


def test_batches_of_7_and_13_weigh_as_one_batch_of_20():
    network, x = mlp(), randn(20, 4)
    labels = torch.arange(20) % 3

    def product(kind, rows):
        z = network(x[rows])
        loss = F.cross_entropy(z, labels[rows])
        return kind(loss, z, network.parameters())

    v = randn(43, seed=1)
    for kind in (GaussNewtonProduct, EmpiricalFisherProduct):
        whole, parts = (
            product(kind, slice(20)),
            [product(kind, slice(7)), product(kind, slice(7, 20))],
        )
        torch.testing.assert_close(MeanProduct(parts, [7, 13])(v), whole(v))
        assert not torch.allclose((parts[0](v) + parts[1](v)) / 2, whole(v))


def test_errors_name_what_is_wrong():
    network, z = (n := mlp()), n(randn(N, 4))
    loss = F.cross_entropy(z, LABELS)
    with pytest.raises(ValueError, match="'poisson'"):
        FisherProduct(z, network.parameters(), "poisson")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="computed from outputs"):
        EmpiricalFisherProduct(loss, network(randn(N, 4)), network.parameters())
    with pytest.raises(ValueError, match="single number"):
        empirical_fisher_diagonal(loss, loss, network.parameters())
    with pytest.raises(ValueError, match="no graph"):
        empirical_fisher_diagonal(loss, z.detach(), network.parameters())
    with pytest.raises(ValueError, match="a size for each product"):
        MeanProduct([lambda v: v], [1, 2])
    with pytest.raises(ValueError, match="positive"):
        MeanProduct([lambda v: v], [0])


def fisher_by_enumeration(d):
    """(1/N) Σ E[gᵢgᵢᵀ] over all labels of a row with d logits, ℓᵢ the loss of the row."""
    torch.manual_seed(0)
    layer, x = nn.Linear(2, d).double(), torch.randn(4, 2, dtype=torch.float64)
    z, params, F_rows = layer(x), tuple(layer.parameters()), 0.0
    for i in range(4):
        for labels in product((0.0, 1.0), repeat=d):
            y = torch.tensor(labels, dtype=torch.float64)
            chance = torch.where(y == 1, z[i].sigmoid(), (-z[i]).sigmoid()).prod().detach()
            loss = F.binary_cross_entropy_with_logits(z[i], y)
            g = torch.cat([p.flatten() for p in grad(loss, params, retain_graph=True)])
            F_rows = F_rows + chance * torch.outer(g, g) / 4
    return F_rows, FisherProduct(z, params, "binary_cross_entropy")


@pytest.mark.parametrize("d", [1, 2, 3])
def test_each_predicted_label_counts_as_one_example(d):
    """With rows as examples the Fisher matrix is 1/d of that with d labels a row."""
    F_rows, F_labels = fisher_by_enumeration(d)
    eye = torch.eye(len(F_rows), dtype=torch.float64)
    torch.testing.assert_close(torch.stack([F_labels(e) for e in eye], 1), d * F_rows)
