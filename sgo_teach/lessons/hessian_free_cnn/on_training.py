"""Bug hunt of lesson 12: a training program that is not what its name says."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free_cnn import mutants
from sgo_teach.nets.hessian_free import HessianFree


def _fit(network, images, labels, updates):
    """Train with Hessian-free for some updates; return the loss after the last, a float.

    images : (N, d) tensor, labels : (N,) tensor of integers.
    """
    optimizer = HessianFree(network.parameters(), damping=1.0)

    def closure():
        logits = network(images)
        return cross_entropy(logits, labels), logits

    for _ in range(updates):
        optimizer.step(closure)
    return cross_entropy(network(images), labels).item()


def _case(seed: int, images: int, updates: int):
    generator = torch.Generator().manual_seed(seed)
    network = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).double()
    with torch.no_grad():
        for p in network.parameters():
            p.copy_(0.6 * torch.randn(p.shape, generator=generator, dtype=torch.float64))
    x = torch.randn(images, 4, generator=generator, dtype=torch.float64)
    noise = torch.randn(images, 3, generator=generator, dtype=torch.float64)
    return network, x, (x[:, :3] + 0.3 * noise).argmax(1), updates


def cases():
    """Two small networks with three classes each."""
    return [_case(0, 20, 4), _case(1, 15, 6)]


def _first_order(softmax: bool):
    """What plain SGD makes of a case."""

    def run(network, images, labels, updates):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for _ in range(updates):
            optimizer.zero_grad()
            logits = network(images)
            cross_entropy(logits.softmax(1) if softmax else logits, labels).backward()
            optimizer.step()
        return cross_entropy(network(images), labels).item()

    return run


def _softmax_twice(network, images, labels, updates):
    optimizer = HessianFree(network.parameters(), damping=1.0)

    def closure():
        p = network(images).softmax(1)
        return cross_entropy(p, labels), p

    for _ in range(updates):
        optimizer.step(closure)
    return cross_entropy(network(images), labels).item()


def _both(network, images, labels, updates):
    hessian_free = HessianFree(network.parameters(), damping=1.0)
    sgd = torch.optim.SGD(network.parameters(), lr=0.1)

    def closure():
        logits = network(images)
        return cross_entropy(logits, labels), logits

    for _ in range(updates):
        sgd.zero_grad()
        closure()[0].backward()
        sgd.step()
        hessian_free.step(closure)
    return cross_entropy(network(images), labels).item()


def _fewer(fewer: int):
    return lambda network, images, labels, updates: _fit(network, images, labels, fewer)


def _is(got, want: float) -> bool:
    return math.isclose(float(got), want, rel_tol=1e-5)


def _slip(programs, message):
    """A slip for an answer that one of some programs gives as well."""

    def when(case, got, want):
        if any(_is(got, program(*copy.deepcopy(case))) for program in programs):
            return f"After {case[3]} updates the loss is {float(got):.4g}; it could be {want:.4g}. {message}"

    return when


def _one_short(case, got, want):
    network, images, labels, updates = copy.deepcopy(case)
    if _is(got, _fit(network, images, labels, updates - 1)):
        return (
            "You return what `step` returned: the loss *before* that step. "
            "The loss after it has to be measured once more."
        )


fit = Exercise(
    name="fit",
    lesson="hessian_free_cnn",
    stub='''def fit(network, images, labels, updates):
    """Train with Hessian-free for some updates; return the loss after the last, a float.

    images : (N, d) tensor, labels : (N,) tensor of integers.
    """
    optimizer = HessianFree(network.parameters(), damping=1.0)
    sgd = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(updates):
        optimizer.zero_grad()
        p = network(images).softmax(1)
        loss = cross_entropy(p, labels)
        loss.backward()
        sgd.step()
    return cross_entropy(network(images), labels).item()''',
    reference=_fit,
    cases=cases,
    slips=[
        Slip(
            "never_called",
            _slip(
                [_first_order(True), _first_order(False)],
                "`HessianFree` is made, and its `step` is never called: these are the steps of plain SGD.",
            ),
        ),
        Slip(
            "softmax_twice",
            _slip(
                [_softmax_twice],
                "Hessian-free is at work now, but on a blunted loss: `cross_entropy` takes raw logits and has its own softmax.",
            ),
        ),
        Slip(
            "both",
            _slip([_both], "Two optimisers pull at the same weights; one of them has to go."),
        ),
        Slip("loss_before", _one_short),
        Slip(
            "one_update",
            _slip([_fewer(1)], "Only one update was made: look where the loop ends."),
        ),
        Slip(
            "no_update",
            _slip(
                [_fewer(0)], "The weights have not moved: nothing calls `step` with your closure."
            ),
        ),
    ],
    mutants=mutants.FIT,
    hints=[
        "Two optimisers are made. Whose `step` is called?",
        "`HessianFree.step` wants a closure that returns `(loss, logits)`; it calls no `backward` and needs no `zero_grad`.",
        "Look at what `cross_entropy` is given: probabilities, or raw logits?",
    ],
    discussion=(
        "Both faults are silent: the program runs, the loss falls, and a report about "
        '"second-order training" gets written about SGD. '
        "A test would have noticed: an optimiser that is used must leave a trace, such as `optimizer.last_step`."
    ),
    tolerance=1e-5,
    namespace={"torch": torch, "HessianFree": HessianFree, "cross_entropy": cross_entropy},
)
