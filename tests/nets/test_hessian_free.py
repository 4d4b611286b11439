"""What Hessian-free promises, whatever the loss."""

from __future__ import annotations

import copy
import io
import pickle
from functools import partial
from math import isfinite, nan, sqrt

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.preconditioner import GaussNewtonDiagonal


def randn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def parameter(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def classification(seed=0, dtype=torch.float64, dropout=0.0):
    """A small classifier, with a closure on all its data."""
    torch.manual_seed(seed)
    layers = nn.Linear(6, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3)
    network = nn.Sequential(*layers).to(dtype)
    x, y = randn(30, 6, seed=1, dtype=dtype), torch.arange(30) % 3

    def closure():
        logits = network(x)
        return F.cross_entropy(logits, y), logits

    return network, closure


def rosenbrock(x):
    """As a sum of squares, with its residuals as outputs: G is JᵀJ, H is not."""
    residuals = torch.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]])
    return (residuals**2).sum(), residuals


# One step where the model is exact


@pytest.mark.parametrize("curvature", ["ggn", "hessian"])
def test_one_step_minimises_a_parabola(curvature):
    x = parameter(10.0)
    optimizer = HessianFree([x], damping=0, curvature=curvature)
    loss = optimizer.step(lambda: (((x - 2) ** 2).sum(), x))
    assert loss == 64
    assert x.item() == pytest.approx(2)
    assert optimizer.last_step.new_loss == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("curvature", ["ggn", "hessian"])
def test_one_step_minimises_a_convex_quadratic_in_60_dimensions(curvature):
    A, b = randn(80, 60), randn(80, seed=1)
    x = torch.zeros(60, dtype=torch.float64, requires_grad=True)
    optimizer = HessianFree([x], damping=0, curvature=curvature, cg_stop=1e-12)
    optimizer.step(lambda: (lambda z: (F.mse_loss(z, b), z))(A @ x))
    torch.testing.assert_close(x.detach(), torch.linalg.lstsq(A, b).solution)
    assert optimizer.last_step.cg_reason == "residual"
    assert optimizer.last_step.ratio == pytest.approx(1)


def test_the_damped_step_solves_the_damped_system():
    A, b, damping = randn(8, 5), randn(8, seed=1), 0.7
    x = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    HessianFree([x], damping=damping, cg_stop=1e-12).step(
        lambda: (lambda z: (F.mse_loss(z, b), z))(A @ x)
    )
    H, g = 2 * A.T @ A / 8, -2 * A.T @ b / 8
    expected = torch.linalg.solve(H + damping * torch.eye(5, dtype=torch.float64), -g)
    torch.testing.assert_close(x.detach(), expected)


def test_a_full_step_of_half_the_rate_goes_half_the_way():
    x = parameter(10.0)
    HessianFree([x], lr=0.5, damping=0).step(lambda: (((x - 2) ** 2).sum(), x))
    assert x.item() == pytest.approx(6)


def test_weight_decay_is_part_of_the_model():
    """½c θ² beside (θ − 2)²: one step to 4/(2 + c)."""
    x = parameter(10.0)
    optimizer = HessianFree([x], damping=0, weight_decay=3.0)
    optimizer.step(lambda: (((x - 2) ** 2).sum(), x))
    assert x.item() == pytest.approx(4 / 5)
    assert optimizer.last_step.loss == pytest.approx(64 + 150)
    assert optimizer.last_step.ratio == pytest.approx(1)


# Descent


@pytest.mark.parametrize("settings", [{}, {"preconditioner": True}, {"curvature": "hessian"}])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_step_raises_the_loss(settings, seed):
    network, closure = classification(seed)
    optimizer = HessianFree(network.parameters(), damping=1e-3, **settings)
    for _ in range(15):
        before = float(closure()[0].detach())
        optimizer.step(closure)
        assert float(closure()[0].detach()) <= before
        assert optimizer.last_step.new_loss == pytest.approx(float(closure()[0].detach()))


@pytest.mark.parametrize("curvature", ["ggn", "hessian"])
def test_rosenbrocks_valley_is_walked_to_its_end(curvature):
    x = parameter(-1.2, 1.0)
    optimizer = HessianFree([x], damping=1.0, curvature=curvature)
    for _ in range(60):
        optimizer.step(lambda: rosenbrock(x))
    torch.testing.assert_close(x.detach(), torch.ones(2, dtype=torch.float64))


def test_damping_fades_where_the_model_is_good():
    A, x = randn(8, 5), torch.ones(5, dtype=torch.float64, requires_grad=True)
    optimizer = HessianFree([x], damping=1.0)
    for k in range(5):
        optimizer.step(lambda: (lambda z: ((z**2).mean(), z))(A @ x))
        assert optimizer.last_step.ratio > 3 / 4
        assert optimizer.damping == pytest.approx((2 / 3) ** (k + 1))


def test_damping_does_not_run_away_when_everything_is_fitted():
    """From a CG warm start ρ would be wrong, and λ would grow without end."""
    network, closure = classification(dtype=torch.float32)
    optimizer = HessianFree(network.parameters(), damping=1.0)
    for _ in range(80):
        optimizer.step(closure)
    assert optimizer.last_step.loss < 1e-3
    assert optimizer.damping < 10


def test_the_damping_rule_can_be_replaced_or_left_out():
    for rule, expected in ((None, 1.0), (lambda damping, ratio: 7 * damping, 7.0)):
        network, closure = classification()
        optimizer = HessianFree(network.parameters(), damping=1.0, damping_rule=rule)
        optimizer.step(closure)
        assert optimizer.damping == expected


def test_an_overlong_step_is_shortened():
    """√(1 + x²) from x = 3: Newton jumps to −27."""
    x = parameter(3.0)
    optimizer = HessianFree([x], damping=0, curvature="hessian", damping_rule=None)
    optimizer.step(lambda: (1 + x**2).sqrt().sum())
    step = optimizer.last_step
    assert step.shrinks > 0
    assert step.scale == pytest.approx(0.8**step.shrinks)
    assert x.item() == pytest.approx(3 - 30 * step.scale)
    assert step.new_loss < sqrt(10)


def test_without_line_search_the_overlong_step_is_taken():
    x = parameter(3.0)
    optimizer = HessianFree([x], damping=0, curvature="hessian", line_search=False)
    optimizer.step(lambda: (1 + x**2).sqrt().sum())
    assert x.item() == pytest.approx(-27)


def test_a_step_that_cannot_lower_the_loss_is_rejected():
    """The curvature data promise a descent that the data of choice deny."""
    x = parameter(1.0)
    optimizer = HessianFree([x], damping=1.0)
    optimizer.state[x]["warm_start"] = torch.tensor([-0.1], dtype=torch.float64)
    optimizer.step(lambda: ((x**2).sum(), x), choice_closure=lambda: ((x - 2) ** 2).sum())
    step = optimizer.last_step
    assert step.outcome == "rejected"
    assert not step.accepted
    assert x.item() == 1
    assert step.new_loss == step.loss == 1
    assert optimizer.damping == 1.5
    assert "warm_start" not in optimizer.state[x]


# Saddles


def test_negative_curvature_leaves_a_saddle():
    """x² − y² + y⁴/4 has minima at y = ±√2; Newton would walk into the saddle at 0."""
    x = parameter(1.0, 1e-3)
    optimizer = HessianFree([x], damping=0.1, curvature="hessian")
    reasons = set()
    for _ in range(40):
        optimizer.step(lambda: x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4)
        reasons.add(optimizer.last_step.cg_reason)
    assert "negative_curvature" in reasons
    torch.testing.assert_close(x.detach(), torch.tensor([0, sqrt(2)], dtype=torch.float64))


def test_negative_curvature_never_lowers_the_damping():
    x = parameter(0.0, 0.1)
    optimizer = HessianFree([x], damping=0.1, curvature="hessian")
    optimizer.step(lambda: x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4)
    assert optimizer.last_step.cg_reason == "negative_curvature"
    assert optimizer.last_step.accepted
    assert optimizer.damping >= 0.1


@pytest.mark.parametrize(("wall", "beyond"), [(0.0, True), (1e3, False)])
def test_the_record_tells_the_iterate_from_the_step_beyond_it(wall, beyond):
    """Where the loss bends down all the way the step goes on; a wall leaves the iterate."""
    x, d = parameter(1.0, 1.0, 1.0), torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    optimizer = HessianFree([x], damping=0, curvature="hessian")
    optimizer.step(lambda: (d * x**2).sum() / 2 + wall * (x[1] - 1) ** 4)
    step = optimizer.last_step
    assert step.cg_reason == "negative_curvature"
    assert step.accepted
    assert step.chosen in step.kept
    assert step.beyond == beyond


# Broken numbers


def test_a_zero_gradient_is_left_in_peace():
    x = parameter(0.0, 0.0)
    optimizer = HessianFree([x])
    optimizer.step(lambda: ((x**2).sum(), x))
    assert optimizer.last_step.outcome == "zero_gradient"
    assert torch.equal(x, torch.zeros(2, dtype=torch.float64))
    assert optimizer.damping == 1


@pytest.mark.parametrize("preconditioner", [False, True])
@pytest.mark.parametrize("bad", [nan, float("inf")])
def test_a_loss_that_is_not_finite_changes_nothing(bad, preconditioner):
    network, closure = classification()
    optimizer = HessianFree(network.parameters(), preconditioner=preconditioner)
    theta = [p.detach().clone() for p in network.parameters()]

    def broken():
        loss, logits = closure()
        return loss * bad, logits

    optimizer.step(broken)
    assert optimizer.last_step.outcome == "not_finite"
    assert all(torch.equal(p, q) for p, q in zip(network.parameters(), theta, strict=True))
    optimizer.step(closure)
    assert optimizer.last_step.accepted


def test_a_candidate_outside_the_domain_is_avoided():
    """x − log x from x = 3: Newton jumps to −3, where the logarithm is not a number."""
    x = parameter(3.0)
    optimizer = HessianFree([x], damping=0, curvature="hessian")
    for _ in range(12):
        optimizer.step(lambda: (x - x.log()).sum())
        assert isfinite(optimizer.last_step.new_loss)
    assert x.item() == pytest.approx(1)


def physics_informed(wrapped):
    """u' = u with u(0) = 1, for a network u; its loss takes a derivative of its own."""
    torch.manual_seed(0)
    u = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)).double()

    def residuals():
        t = torch.linspace(0, 1, 10, dtype=torch.float64)[:, None].requires_grad_()
        (du,) = torch.autograd.grad(u(t).sum(), t, create_graph=True)
        r = torch.cat([du - u(t), u(t[:1]) - 1])
        return (r**2).mean(), r

    return u, torch.enable_grad()(residuals) if wrapped else residuals


def test_a_loss_that_takes_derivatives_itself_is_trained_or_told_how():
    u, closure = physics_informed(wrapped=True)
    optimizer = HessianFree(u.parameters())
    losses = [float(optimizer.step(closure)) for _ in range(20)]
    assert losses[-1] < 1e-3 * losses[0]
    u, closure = physics_informed(wrapped=False)
    with pytest.raises(ValueError, match=r"with torch.enable_grad\(\)"):
        HessianFree(u.parameters()).step(closure)


def test_labels_to_ignore_in_a_later_step_are_noticed():
    network, _ = classification()
    x, y = randn(30, 6, seed=1), torch.arange(30) % 3
    optimizer = HessianFree(network.parameters(), output_loss="cross_entropy")

    def closure():
        logits = network(x)
        return F.cross_entropy(logits, y), logits

    optimizer.step(closure)
    y[:20] = -100
    with pytest.raises(ValueError, match="curvature of this loss differs"):
        optimizer.step(closure)


def test_a_closure_that_raises_leaves_the_parameters_alone():
    x, calls = parameter(10.0), []

    def closure():
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return ((x - 2) ** 2).sum(), x

    with pytest.raises(KeyboardInterrupt):
        HessianFree([x], damping=0).step(closure)
    assert x.item() == 10


# A torch optimiser like any other


@pytest.mark.parametrize("preconditioner", [False, True])
def test_a_resumed_run_is_the_same_to_the_last_bit(preconditioner):
    settings = {"damping": 0.5, "preconditioner": preconditioner}

    def run(steps, saved=None):
        network, closure = classification(dtype=torch.float32)
        optimizer = HessianFree(network.parameters(), **settings)
        if saved is not None:
            state = torch.load(saved, weights_only=True)
            network.load_state_dict(state["network"])
            optimizer.load_state_dict(state["optimizer"])
        for _ in range(steps):
            optimizer.step(closure)
        return network, optimizer

    straight, one = run(8)
    network, optimizer = run(4)
    file = io.BytesIO()
    torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    resumed, two = run(4, file)
    pairs = zip(straight.parameters(), resumed.parameters(), strict=True)
    assert all(torch.equal(p, q) for p, q in pairs)
    assert one.last_step == two.last_step
    assert one.damping == two.damping


class Halving:
    """A damping rule that can be pickled."""

    def __call__(self, damping, ratio):
        return damping / 2


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
@pytest.mark.parametrize("rule", [Halving(), None])
def test_a_copy_goes_on_as_the_original_does(twin_of, rule):
    network, _ = classification()
    x, y = randn(30, 6, seed=1), torch.arange(30) % 3
    settings = {"preconditioner": GaussNewtonDiagonal("cross_entropy"), "damping_rule": rule}
    optimizer = HessianFree(network.parameters(), damping=0.5, **settings)

    def step(network, optimizer):
        def closure():
            logits = network(x)
            return F.cross_entropy(logits, y), logits

        optimizer.step(closure)

    step(network, optimizer)
    twins = twin_of({"network": network, "optimizer": optimizer})
    step(**twins)
    step(network, optimizer)
    pairs = zip(network.parameters(), twins["network"].parameters(), strict=True)
    assert all(torch.equal(p, q) for p, q in pairs)
    assert twins["optimizer"].last_step == optimizer.last_step
    assert optimizer.last_step.k == 1


def test_the_preconditioner_is_in_use():
    network, closure = classification()
    optimizer = HessianFree(network.parameters(), preconditioner=True, damping=1e-3)
    optimizer.step(closure)
    assert optimizer.last_step.preconditioner_spread > 2


def test_each_step_draws_its_own_signs_for_the_preconditioner():
    """A second estimate at the same point, from the same data, differs from the first."""
    network, closure = classification()
    optimizer = HessianFree(network.parameters(), preconditioner=True)
    weight = next(network.parameters())
    estimates = []
    for _ in range(2):
        optimizer.step(closure, choice_closure=lambda: torch.tensor(1.0))  # nothing lowers it
        assert not optimizer.last_step.accepted
        estimates.append(optimizer.state[weight]["mean_square"].clone())
    assert not torch.equal(*estimates)


def test_frozen_parameters_stay_and_unused_ones_do_no_harm():
    network, closure = classification()
    weight = next(network.parameters()).requires_grad_(False)
    frozen, unused = weight.clone(), parameter(5.0)
    optimizer = HessianFree([*network.parameters(), unused])
    for _ in range(3):
        optimizer.step(closure)
    assert optimizer.last_step.accepted
    assert torch.equal(weight, frozen)
    assert unused.item() == 5


def test_groups_have_their_own_rate_and_decay():
    x, y = parameter(10.0), parameter(10.0)
    optimizer = HessianFree([{"params": [x], "lr": 0.5}, {"params": [y]}], damping=0)
    optimizer.step(lambda: (lambda z: (((z - 2) ** 2).sum(), z))(torch.cat([x, y])))
    assert (x.item(), y.item()) == pytest.approx((6, 2))
    x, y = parameter(10.0), parameter(10.0)
    optimizer = HessianFree([{"params": [x], "weight_decay": 2.0}, {"params": [y]}], damping=0)
    optimizer.step(lambda: (lambda z: (((z - 2) ** 2).sum(), z))(torch.cat([x, y])))
    assert (x.item(), y.item()) == pytest.approx((1, 2))


def test_groups_share_all_else():
    with pytest.raises(ValueError, match="damping must be the same"):
        HessianFree([{"params": [parameter(1.0)], "damping": 2.0}], damping=1.0)


def test_a_scheduler_turns_the_rate():
    x = parameter(8.0)
    optimizer = HessianFree([x], lr=0.5, damping=0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    for expected in (4.0, 3.0):  # half the way to 0, then a quarter
        optimizer.step(lambda: ((x**2).sum(), x))
        scheduler.step()
        assert x.item() == pytest.approx(expected)


def test_parameters_of_two_precisions_train_together():
    narrow, wide = torch.tensor([9.0], requires_grad=True), parameter(9.0)
    optimizer = HessianFree([narrow, wide], damping=0)
    optimizer.step(lambda: (lambda z: (((z - 2) ** 2).sum(), z))(torch.cat([narrow, wide])))
    assert (narrow.dtype, wide.dtype) == (torch.float32, torch.float64)
    assert (narrow.item(), wide.item()) == pytest.approx((2, 2), rel=1e-6)


# Which data for what, and nothing left behind


def test_curvature_may_come_from_other_data_than_the_gradient():
    """g = 2(x − 2) from one closure, C = 8 from the other: Δ = −2(10 − 2)/8."""
    x = parameter(10.0)
    HessianFree([x], damping=0).step(
        lambda: (((x - 2) ** 2).sum(), x), curvature_closure=lambda: (4 * (x**2).sum(), x)
    )
    assert x.item() == pytest.approx(8)


def test_dropout_meets_the_same_masks_all_through_a_step():
    network, closure = classification(dropout=0.5)
    optimizer = HessianFree(network.parameters())
    losses = []

    def watched():
        state = torch.get_rng_state()
        loss, logits = closure()
        losses.append(state)
        return loss, logits

    optimizer.step(watched)
    assert len(losses) > 2
    assert all(torch.equal(state, losses[0]) for state in losses)
    assert not torch.equal(torch.get_rng_state(), losses[0])


def test_batch_norm_counts_one_pass_a_step():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)).double()
    x, y = randn(12, 4), torch.arange(12) % 3

    def closure():
        logits = network(x)
        return F.cross_entropy(logits, y), logits

    optimizer = HessianFree(network.parameters(), buffers=network.buffers())
    for k in range(3):
        optimizer.step(closure, curvature_closure=closure, choice_closure=closure)
        assert network[1].num_batches_tracked == k + 1
    assert optimizer.last_step.accepted


@pytest.mark.parametrize("settings", [{}, {"preconditioner": True}, {"curvature": "hessian"}])
@pytest.mark.parametrize("parts", [1, 2])
def test_buffers_of_modules_in_training_are_found(settings, parts):
    """As if by one pass alone, in whatever way the step comes about."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)).double()
    frozen = nn.BatchNorm1d(3).double().eval()
    x, y = randn(12, 4), torch.arange(12) % 3
    rows = [slice(i, None, parts) for i in range(parts)]
    expected = copy.deepcopy(network)
    for part in rows:
        expected(x[part])

    def closure(part):
        logits = frozen(network(x[part]))
        return F.cross_entropy(logits, y[part]), logits

    HessianFree(network.parameters(), **settings).step([partial(closure, r) for r in rows])
    for buffer, alone in zip(network.buffers(), expected.buffers(), strict=True):
        assert torch.equal(buffer, alone)
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_gradients_of_the_parameters_are_left_alone():
    network, closure = classification()
    HessianFree(network.parameters()).step(closure)
    assert all(p.grad is None for p in network.parameters())


def test_the_record_tells_how_the_step_came_about():
    network, closure = classification()
    optimizer = HessianFree(network.parameters(), damping=0.01)
    optimizer.step(closure)
    step = optimizer.last_step
    assert step.k == 0
    assert step.outcome == "accepted"
    assert len(step.model_values) == step.cg_steps + 1
    assert step.chosen in step.kept
    assert step.kept[-1] <= step.cg_steps
    assert all(b <= a for a, b in zip(step.model_values, step.model_values[1:], strict=False))
    change = step.new_loss - step.loss
    assert step.scale < 1 or isfinite(step.ratio)
    assert change < 0


# Errors


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", 0.0),
        ("damping", -1.0),
        ("curvature", "fisher"),
        ("output_loss", "hinge"),
        ("weight_decay", -1e-3),
        ("cg_stop", "soon"),
        ("cg_stop", 2.0),
        ("max_cg_steps", 0),
        ("warm_start", 1.5),
        ("probes", 0),
        ("probes", 1.5),
        ("seed", 0.5),
        ("lr", float("inf")),
        ("lr", "1"),
        ("damping", float("inf")),
        ("damping", nan),
        ("cg_stop", None),
        ("max_cg_steps", 2.5),
        ("weight_decay", None),
    ],
)
def test_a_setting_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be .* not {value!r}$"):
        HessianFree([parameter(1.0)], **{name: value})


@pytest.mark.parametrize(("name", "value"), [("lr", -1.0), ("lr", nan), ("weight_decay", -1.0)])
def test_a_setting_of_a_group_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be .* not {value!r}$"):
        HessianFree([{"params": [parameter(1.0)], name: value}])


@pytest.mark.parametrize("value", [-3.0, nan, float("inf"), "1"])
def test_a_damping_out_of_range_cannot_be_set(value):
    optimizer = HessianFree([parameter(1.0)], damping=0.5)
    with pytest.raises(ValueError, match="^damping must be at least 0"):
        optimizer.damping = value
    assert optimizer.damping == 0.5


def test_a_closure_without_what_is_needed_is_explained():
    x = parameter(1.0)
    with pytest.raises(ValueError, match="needs a closure"):
        HessianFree([x]).step()
    with pytest.raises(RuntimeError, match="no last step"):
        _ = HessianFree([x]).last_step
    with pytest.raises(ValueError, match="outputs"):
        HessianFree([x]).step(lambda: (x**2).sum())
    with pytest.raises(ValueError, match="a float"):
        HessianFree([x]).step(lambda: (1.0, x))
    with pytest.raises(ValueError, match="one tensor, not a tuple"):
        HessianFree([x]).step(lambda: ((x**2).sum(), (x, x)))
    with pytest.raises(ValueError, match="without one"):
        HessianFree([x]).step(lambda: ((x**2).sum().detach(), x))
    with pytest.raises(ValueError, match="second softmax"):
        HessianFree([x], output_loss="squared_error").step(lambda: (3 * (x**2).sum(), x))
