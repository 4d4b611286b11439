"""A loss averaged over 7 + 13 examples is that over 20."""

from __future__ import annotations

from weakref import WeakSet

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sgo_teach.nets.hessian_free import HessianFree

CURVATURES = [{"curvature": "ggn"}, {"curvature": "hessian", "damping": 3.0}]


def data(n=20):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, 4, generator=generator, dtype=torch.float64), torch.arange(n) % 3


def network(dropout=0.0):
    torch.manual_seed(0)
    layers = nn.Linear(4, 5), nn.Tanh(), nn.Dropout(dropout), nn.Linear(5, 3)
    return nn.Sequential(*layers).double()


def closure(net, *rows, told=None):
    x, y = data()
    part = slice(*rows)

    def run():
        z = net(x[part])
        loss = F.cross_entropy(z, y[part])
        return (loss, z) if told is None else (loss, None if told == "count alone" else z, len(z))

    return run


def trajectory(closures, steps=6, curved=None, **settings):
    """Losses, dampings and the last θ."""
    net = network()
    settings = {"damping": 1.0, "max_cg_steps": 10, **settings}
    optimizer = HessianFree(net.parameters(), **settings)
    others = {} if curved is None else {"curvature_closure": curved(net)}
    losses, dampings = [], []
    for _ in range(steps):
        losses.append(float(optimizer.step(closures(net), **others)))
        dampings.append(optimizer.damping)
    theta = torch.cat([p.detach().reshape(-1) for p in net.parameters()])
    return losses, dampings, theta, optimizer.last_step


def whole(net):
    return closure(net, 0, 20)


def in_two(net):
    return [closure(net, 0, 7), closure(net, 7, 20)]


def agree(one, two):
    assert one[0] == pytest.approx(two[0], rel=1e-9)
    assert one[1] == pytest.approx(two[1], rel=1e-9)
    torch.testing.assert_close(one[2], two[2], rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("keep_graphs", [False, True])
@pytest.mark.parametrize("settings", CURVATURES)
def test_7_and_13_examples_give_the_trajectory_of_20(settings, keep_graphs):
    parts = trajectory(in_two, keep_graphs=keep_graphs, **settings)
    agree(trajectory(whole, **settings), parts)


def test_the_weights_are_of_examples_and_not_of_batches():
    """The plain mean of both losses would be another number."""
    net = network()
    loss = HessianFree(net.parameters()).step(in_two(net))
    net = network()
    small, large = (float(part()[0].detach()) for part in in_two(net))
    assert float(loss) == pytest.approx((7 * small + 13 * large) / 20, rel=1e-12)
    assert abs(float(loss) - (small + large) / 2) > 1e-5


@pytest.mark.parametrize("told", ["count and outputs", "count alone"])
def test_the_number_of_examples_may_be_told(told):
    def parts(net):
        return [closure(net, 0, 7, told=told), closure(net, 7, 20, told=told)]

    agree(trajectory(whole, **CURVATURES[1]), trajectory(parts, **CURVATURES[1]))


def test_curvature_may_come_in_parts_too():
    one = trajectory(whole, curved=lambda net: closure(net, 0, 15))
    two = trajectory(
        in_two, curved=lambda net: [closure(net, 0, 4), closure(net, 4, 4), closure(net, 4, 15)]
    )
    agree(one, two)  # the empty part in the middle has no weight


def test_an_untold_number_of_examples_is_asked_for():
    net = network()
    parts = [lambda: closure(net, 0, 7)()[0], lambda: closure(net, 7, 20)()[0]]
    with pytest.raises(ValueError, match=r"return \(loss, outputs\) or \(loss, outputs, count\)"):
        HessianFree(net.parameters(), curvature="hessian").step(parts)


@pytest.mark.parametrize("count", [-1, float("nan")])
def test_a_senseless_number_of_examples_is_named(count):
    net = network()
    with pytest.raises(ValueError, match=f"at least 0, not {count}"):
        HessianFree(net.parameters()).step(lambda: (*closure(net, 0, 7)(), count))


@pytest.mark.parametrize("closures", [[], [3], 7])
def test_what_is_no_closure_is_named(closures):
    net = network()
    with pytest.raises(ValueError, match="needs a closure that returns"):
        HessianFree(net.parameters()).step(closures)


def test_no_example_at_all_is_an_error():
    net = network()
    with pytest.raises(ValueError, match="at least one example"):
        HessianFree(net.parameters()).step([closure(net, 3, 3)])


def test_only_one_graph_is_alive_at_a_time():
    """Without keep_graphs a part's logits are gone before the next part runs."""
    net, alive, most = network(), WeakSet(), []

    def watched(part):
        def run():
            loss, z = part()
            if loss.requires_grad:
                alive.add(z)
                most.append(len(alive))
            return loss, z

        return run

    HessianFree(net.parameters(), max_cg_steps=3).step([watched(part) for part in in_two(net)])
    assert max(most) <= 2  # the one just made, and the one before on its way out
    most.clear()
    quarters = [closure(net, i, i + 5) for i in range(0, 20, 5)]
    HessianFree(net.parameters(), max_cg_steps=3).step([watched(part) for part in quarters])
    assert max(most) <= 2


def test_dropout_in_parts_meets_the_same_masks_all_through_a_step():
    net = network(dropout=0.5)
    states = []

    def watched(part):
        def run():
            states.append(torch.get_rng_state())
            return part()

        return run

    HessianFree(net.parameters(), max_cg_steps=3).step([watched(part) for part in in_two(net)])
    firsts, seconds = states[::2], states[1::2]
    assert len(firsts) > 4
    assert all(torch.equal(state, firsts[0]) for state in firsts)
    assert all(torch.equal(state, seconds[0]) for state in seconds)
    assert not torch.equal(firsts[0], seconds[0])
