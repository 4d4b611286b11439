"""Traps that Hessian-free optimisers fall into, each by its name, and the promises of the issue."""

from __future__ import annotations

from math import isfinite, nan

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sgo_teach.nets.hessian_free import HessianFree


def randn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def parameter(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def least_squares(m=12, n=6, seed=0):
    """min (1/m)‖tanh(Ax) − b‖², curved enough that no step is exact."""
    A, b = randn(m, n, seed=seed), randn(m, seed=seed + 1)
    x = torch.zeros(n, dtype=torch.float64, requires_grad=True)

    def closure():
        z = torch.tanh(A @ x)
        return F.mse_loss(z, b), z

    return x, closure


def explicit(x, closure):
    """Loss, g and G = (2/m) JᵀJ at x."""
    loss, z = closure()
    J = torch.stack([torch.autograd.grad(zi, x, retain_graph=True)[0] for zi in z])
    (g,) = torch.autograd.grad(loss, x)
    return float(loss.detach()), g, 2 / len(z) * J.T @ J


def rosenbrock(x):
    residuals = torch.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]])
    return (residuals**2).sum(), residuals


# Traps


@pytest.mark.parametrize("rates", [(1.0, 1.0), (0.5, 0.5), (0.5, 0.25)])
def test_rho_is_measured_from_theta_and_not_from_the_warm_start(rates):
    """With C and Δ at hand, ρ = (L(θ + Δ) − L(θ))/(gᵀΔ + ½ΔᵀGΔ), in warm-started steps too."""
    A, b = randn(12, 6), randn(12, seed=1)
    parts = [torch.zeros(3, dtype=torch.float64, requires_grad=True) for _ in range(2)]

    def closure():
        z = torch.tanh(A @ torch.cat(parts))
        return F.mse_loss(z, b), z

    groups = [{"params": [p], "lr": rate} for p, rate in zip(parts, rates, strict=True)]
    optimizer = HessianFree(groups, damping=0.3, cg_stop=1e-2)
    for _ in range(5):
        theta = torch.cat(parts).detach()
        x = theta.clone().requires_grad_()
        before, g, G = explicit(x, lambda x=x: (lambda z: (F.mse_loss(z, b), z))(torch.tanh(A @ x)))
        optimizer.step(closure)
        step, delta = optimizer.last_step, torch.cat(parts).detach() - theta
        assert step.scale == 1
        promised = float(g @ delta + 0.5 * delta @ G @ delta)
        assert step.ratio == pytest.approx((step.new_loss - before) / promised, rel=1e-8)


def test_the_promise_costs_no_product_that_cg_has_made_already():
    x, closure = least_squares()
    optimizer = HessianFree([x], damping=0.3)
    optimizer.step(closure)
    assert optimizer.last_step.products == optimizer.last_step.cg_steps
    optimizer.step(closure)  # one more, for the warm start
    assert optimizer.last_step.products == optimizer.last_step.cg_steps + 1


class Scaled:
    """M = diag(1, 2, 3, ...), with a note of what it was asked and what it answered."""

    def __init__(self):
        self.asked, self.answered, self.built = [], [], []

    def build(self, loss, outputs, vector, damping, k):
        self.built.append((float(loss.detach()), outputs.shape, len(vector), damping, k))

        def inverse(r):
            self.asked.append(r.clone())
            self.answered.append(r / torch.arange(1, len(r) + 1))
            return self.answered[-1]

        return inverse

    def state_dict(self):
        return {"steps": len(self.built)}

    def load_state_dict(self, state):
        self.built = [None] * state["steps"]


def test_a_preconditioner_is_used_and_not_only_built():
    """CG's first direction is M⁻¹(−g), so that one step of CG ends on that line."""
    x, closure = least_squares()
    _, g, G = explicit(x, closure)
    own = Scaled()
    optimizer = HessianFree([x], damping=0.3, preconditioner=own, max_cg_steps=1)
    optimizer.step(closure)
    p = -g / torch.arange(1, 7)
    A = G + 0.3 * torch.eye(6, dtype=torch.float64)
    expected = -(g @ p) / (p @ A @ p) * p
    torch.testing.assert_close(x.detach(), optimizer.last_step.scale * expected)
    torch.testing.assert_close(own.asked[0], -g)
    assert [entry[1:] for entry in own.built] == [((12,), 6, 0.3, 0)]


def test_a_preconditioner_changes_the_path_but_not_the_solution():
    ends, paths = [], []
    for preconditioner in (None, Scaled(), Scaled().build, True):
        x, closure = least_squares()
        whole = {"cg_stop": 1e-12, "backtracking": False, "line_search": False}
        optimizer = HessianFree([x], preconditioner=preconditioner, **whole)
        optimizer.step(closure)
        ends.append(x.detach())
        paths.append(optimizer.last_step.model_values[1])
    assert all(torch.allclose(end, ends[0], rtol=1e-8) for end in ends)
    assert all(paths[i] != pytest.approx(paths[0], rel=1e-6) for i in (1, 2, 3))


def test_the_preconditioner_knows_damping_and_weight_decay():
    """Both add to the curvature: M = (mean squared gradient + λ + c)^¾."""
    x, closure = least_squares()
    spreads = []
    for settings in ({"damping": 1e3}, {"weight_decay": 1e3, "damping": 1e-9}):
        optimizer = HessianFree([x], preconditioner=True, **settings)
        optimizer.step(closure)
        spreads.append(optimizer.last_step.preconditioner_spread)
    assert max(spreads) < 1.02


def test_a_preconditioner_without_damping_survives_an_unused_parameter():
    x, closure = least_squares()
    unused = parameter(1.0)
    optimizer = HessianFree([x, unused], damping=0, preconditioner=True)
    optimizer.step(closure)
    assert optimizer.last_step.accepted
    assert unused.item() == 1


def test_damping_is_kept_on_load_state_dict():
    x, closure = least_squares()
    one, two = HessianFree([x], damping=0.3), HessianFree([x], damping=5.0)
    one.step(closure)
    one.damping = 0.123
    two.load_state_dict(one.state_dict())
    assert two.damping == 0.123
    two.step(closure)
    assert two.last_step.damping == 0.123
    assert two.last_step.k == 1


def test_the_state_of_an_own_preconditioner_is_saved():
    x, closure = least_squares()
    one, two = (HessianFree([x], preconditioner=Scaled()) for _ in range(2))
    one.step(closure)
    two.load_state_dict(one.state_dict())
    assert two.state_dict()["preconditioner"] == {"steps": 1}
    with pytest.raises(ValueError, match="preconditioner of the kind"):
        HessianFree([x]).load_state_dict(one.state_dict())


def test_a_zero_gradient_a_nan_loss_and_a_nan_candidate_crash_nothing():
    x = parameter(3.0)
    optimizer = HessianFree([x], damping=0, curvature="hessian")
    optimizer.step(lambda: (x * nan).sum())
    assert optimizer.last_step.outcome == "not_finite"
    optimizer.step(lambda: (0 * x**2).sum())
    assert optimizer.last_step.outcome == "zero_gradient"
    optimizer.step(lambda: (x - x.log()).sum())  # Newton jumps to −3, outside the logarithm
    assert optimizer.last_step.accepted
    assert x.item() > 0


def test_nothing_is_solved_where_there_is_nothing_to_solve():
    """No curvature graph, no product, no trial for a loss that is not a number."""
    network, calls = nn.Linear(2, 2), []

    def closure():
        calls.append(1)
        z = network(torch.ones(3, 2))
        return z.sum() * nan, z

    optimizer = HessianFree(network.parameters(), preconditioner=True)
    optimizer.step(closure)
    assert len(calls) == 1
    assert optimizer.last_step.gradient_equivalents == 1


def test_negative_curvature_is_never_walked_past():
    """diag(1, −2, 3): CG stops there, and the step still goes down."""
    x, d = parameter(1.0, 1.0, 1.0), torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    optimizer = HessianFree([x], damping=0, curvature="hessian")
    before = float((d * x.detach() ** 2).sum() / 2)
    optimizer.step(lambda: (d * x**2).sum() / 2)
    assert optimizer.last_step.cg_reason == "negative_curvature"
    assert optimizer.last_step.new_loss < before


def test_float32_at_condition_a_million_goes_down_and_stays_finite():
    h = torch.logspace(-6, 0, 30)
    Q = torch.linalg.qr(randn(30, 30))[0].float()
    x = torch.ones(30, requires_grad=True)

    def closure():
        z = h.sqrt() * (Q @ x)
        return (z**2).sum(), z

    optimizer, start = HessianFree([x], damping=1e-3), float(closure()[0].detach())
    for _ in range(25):
        optimizer.step(closure)
        assert isfinite(optimizer.last_step.new_loss)
        assert optimizer.last_step.new_loss <= optimizer.last_step.loss
        assert optimizer.damping < 1
    assert optimizer.last_step.new_loss < 1e-5 * start


def test_kinks_of_relu_and_max_pool_do_no_harm():
    """A network that stands on all its kinks at once: zero inputs, zero weights, equal maxima."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)
    ).double()
    nn.init.zeros_(network[0].weight)
    nn.init.zeros_(network[0].bias)
    x, y = torch.zeros(6, 1, 4, 4, dtype=torch.float64), torch.arange(6) % 2
    x[y == 1] = 1

    def closure():
        z = network(x)
        return F.cross_entropy(z, y), z

    for curvature in ("ggn", "hessian"):
        optimizer = HessianFree(network.parameters(), curvature=curvature)
        for _ in range(4):
            optimizer.step(closure)
            assert isfinite(optimizer.last_step.new_loss)
            assert optimizer.last_step.new_loss <= optimizer.last_step.loss


def test_a_closure_that_draws_new_data_in_every_call_is_found_out():
    x, A = parameter(1.0, 2.0), iter(randn(100, 5, 2))

    def closure():
        z = next(A) @ x
        return (z**2).mean(), z

    with pytest.raises(ValueError, match="same data in every call.*draw the batch before step"):
        HessianFree([x]).step(closure)


def test_a_closure_that_has_called_backward_is_explained():
    x = parameter(1.0, 2.0)

    def closure():
        loss = (x**2).sum().exp()
        loss.backward()
        return loss

    with pytest.raises(ValueError, match="it has called backward"):
        HessianFree([x], curvature="hessian").step(closure)


def test_a_rate_of_zero_leaves_everything_as_it_is():
    """A warm-up that starts from nothing must not be mistaken for a failed step."""
    x, closure = least_squares()
    optimizer = HessianFree([x], damping=0.5)
    optimizer.param_groups[0]["lr"] = 0.0
    optimizer.step(closure)
    assert optimizer.last_step.outcome == "zero_rate"
    assert optimizer.damping == 0.5
    assert torch.equal(x, torch.zeros_like(x))


# Costs


@pytest.mark.parametrize(
    ("shape", "curvature", "product"),
    [
        ((6, 1), "ggn", 1),
        ((6,), "ggn", 5 / 3),  # no rule for matrix times vector: autograd differentiates twice
        ((6, 1), "hessian", 5 / 3),
    ],
)
def test_a_step_is_counted_in_gradients_of_its_data(shape, curvature, product):
    """1 gradient; 1/3 to reach half the data, 2/3 to linearise, products; trials of all."""
    A, b = randn(12, 6), randn(12, *shape[1:], seed=1)
    x = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    calls = {"gradient": 0, "curvature": 0}

    def closure(rows, name):
        def run():
            calls[name] += 1
            z = torch.tanh(A[:rows] @ x)
            return F.mse_loss(z, b[:rows]), z

        return run

    optimizer = HessianFree([x], damping=0.3, curvature=curvature, preconditioner=True, probes=2)
    optimizer.step(closure(12, "gradient"), curvature_closure=closure(6, "curvature"))
    step = optimizer.last_step
    assert calls == {"gradient": 1 + step.evaluations, "curvature": 1}
    half = 1 / 3 + 2 / 3 + product * step.products + 2 * 2 / 3
    assert step.gradient_equivalents == pytest.approx(1 + half / 2 + step.evaluations / 3)


# Promises


@pytest.mark.parametrize("curvature", ["ggn", "hessian"])
def test_rosenbrock_ends_below_1e_10_within_200_steps_and_never_rises(curvature):
    x = parameter(-1.2, 1.0)
    optimizer, losses = HessianFree([x], damping=1.0, curvature=curvature), []
    for _ in range(200):
        losses.append(float(optimizer.step(lambda: rosenbrock(x))))
        if losses[-1] < 1e-10:
            break
    assert losses[-1] < 1e-10
    assert all(after <= before for before, after in zip(losses, losses[1:], strict=False))


@pytest.mark.parametrize("damping", [0.0, 0.01, 1.0, 10.0])
def test_the_saddle_is_left(damping):
    x = parameter(0.5, 0.01)
    optimizer = HessianFree([x], damping=damping, curvature="hessian")
    for _ in range(30):
        optimizer.step(lambda: x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4)
    assert optimizer.last_step.new_loss < -0.999


@pytest.mark.parametrize("curvature", ["ggn", "hessian"])
def test_ridge_logistic_regression_ends_where_dense_newton_does(curvature):
    rng = np.random.default_rng(0)
    X, c = rng.normal(size=(60, 5)), 1e-2
    y = (X @ rng.normal(size=5) + rng.normal(size=60) > 0).astype(float)
    w = np.zeros(5)
    for _ in range(30):
        p = 1 / (1 + np.exp(-X @ w))
        H = X.T @ ((p * (1 - p))[:, None] * X) / 60 + c * np.eye(5)
        w -= np.linalg.solve(H, X.T @ (p - y) / 60 + c * w)
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)
    theta = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    optimizer = HessianFree([theta], damping=0.1, curvature=curvature, weight_decay=c)

    def closure():
        z = inputs @ theta
        return F.binary_cross_entropy_with_logits(z, labels), z

    for _ in range(25):
        optimizer.step(closure)
    assert np.abs(theta.detach().numpy() - w).max() < 1e-6


# In somebody else's training loop


def test_a_common_training_loop_can_use_it(tmp_path):
    """zero_grad, groups, schedulers, torch.save and a load with weights_only, as for any other."""

    def make():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
        decayed = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim == 1]
        groups = [{"params": decayed, "weight_decay": 1e-2}, {"params": others, "lr": 0.8}]
        optimizer = HessianFree(groups, damping=0.5, output_loss="cross_entropy")
        warm_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1.0, k / 2))
        return network, optimizer, warm_up

    x, y = randn(30, 6, dtype=torch.float32), torch.arange(30) % 3

    def train(network, optimizer, scheduler, steps):
        for _ in range(steps):
            optimizer.zero_grad()

            def closure():
                logits = network(x)
                return F.cross_entropy(logits, y), logits

            loss = optimizer.step(closure)
            scheduler.step()
            assert loss.ndim == 0
            assert not loss.requires_grad
        return float(loss)

    straight = make()
    first, last = train(*straight, 1), train(*straight, 5)
    assert last < 0.9 * first
    halfway, resumed = make(), make()
    train(*halfway, 3)
    names = "network", "optimizer", "scheduler"
    state = {name: o.state_dict() for name, o in zip(names, halfway, strict=True)}
    torch.save(state, tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    for name, target in zip(names, resumed, strict=True):
        target.load_state_dict(state[name])
    assert resumed[1].damping == halfway[1].damping
    train(*resumed, 3)
    pairs = zip(straight[0].parameters(), resumed[0].parameters(), strict=True)
    assert all(torch.equal(p, q) for p, q in pairs)
    assert [g["lr"] for g in resumed[1].param_groups] == [g["lr"] for g in straight[1].param_groups]


def test_every_kind_of_scheduler_finds_its_rate():
    x, closure = least_squares()
    optimizer = HessianFree([x], lr=0.8)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
    for expected in (0.8, 0.8, 0.4, 0.4, 0.2):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected)
        optimizer.step(closure)
        scheduler.step()
