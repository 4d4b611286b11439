"""From the iterates of CG to the step that is taken."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan, nan

import pytest
import torch

from sgo_teach.nets.choice import Choice, armijo, backtrack, choose
from sgo_teach.nets.local_model import Candidate, LocalModel
from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.trials import FrozenRandomness, TrialLoss, restored


def candidate(k, x, slope=-1.0):
    return Candidate(k, torch.tensor([x]), slope)


class Losses:
    """The loss as a function of the only coordinate, with a note of where it was asked."""

    def __init__(self, loss: Callable[[float], float]):
        self.loss, self.asked = loss, []

    def __call__(self, delta) -> float:
        self.asked.append(round(float(delta), 6))
        return self.loss(float(delta))


def test_backtracking_stops_where_the_loss_rises():
    trial = Losses({4.0: 0.9, 3.0: 0.5, 2.0: 0.3, 1.0: 0.4, 0.5: 0.0}.__getitem__)
    points = [candidate(k, x) for k, x in enumerate((0.5, 1.0, 2.0, 3.0, 4.0))]
    chosen, loss = backtrack(points, trial)
    assert (chosen.k, loss) == (2, 0.3)
    assert trial.asked == [4.0, 3.0, 2.0, 1.0]


def test_backtracking_walks_past_points_without_a_loss():
    trial = Losses({3.0: inf, 2.0: inf, 1.0: 0.4}.__getitem__)
    assert backtrack([candidate(k, float(k)) for k in (1, 2, 3)], trial)[0].k == 1


@pytest.mark.parametrize("slope", [-1.0, -10.0])
def test_armijo_ends_at_the_first_scale_with_sufficient_decrease(slope):
    trial = Losses(lambda t: 1 + slope * t + 20 * t**2)
    t, loss, shrinks = armijo(candidate(1, 1.0, slope), 1.0, trial(torch.ones(1)), trial)
    assert t == pytest.approx(0.8**shrinks)
    assert loss <= 1 + 1e-2 * t * slope
    longer = t / 0.8
    assert trial(torch.tensor([longer])) > 1 + 1e-2 * longer * slope


def test_armijo_takes_a_good_step_whole_without_another_trial():
    trial = Losses(lambda t: 1 - t)
    assert armijo(candidate(1, 1.0), 1.0, 0.0, trial) == (1.0, 0.0, 0)
    assert trial.asked == []


@pytest.mark.parametrize("elsewhere", [1.0, 1.5, inf])
def test_armijo_gives_up_rather_than_raise_or_keep_the_loss(elsewhere):
    trial = Losses(lambda t: elsewhere)
    assert armijo(candidate(1, 1.0), 1.0, elsewhere, trial, 5) == (0.0, 1.0, 5)


def parabola():
    """L = x² at x = 1, with its exact model."""
    x = torch.tensor([1.0], requires_grad=True)
    trial = TrialLoss(lambda: float(x.detach() ** 2), ParameterVector([x]))
    return LocalModel(torch.tensor([2.0]), lambda v: 2 * v, 0.0), trial


def test_an_exact_model_has_ratio_one():
    model, trial = parabola()
    choice = choose(model, [candidate(3, -1.0, slope=-2.0)], trial, 1.0)
    assert (choice.k, choice.loss, choice.scale) == (3, 0.0, 1.0)
    assert choice.ratio == pytest.approx(1)


def test_steps_uphill_are_passed_over():
    model, trial = parabola()
    downhill, uphill = candidate(1, -1.0, -2.0), candidate(2, 0.5, 1.0)
    assert choose(model, [downhill, uphill], trial, 1.0).k == 1
    nothing = choose(model, [uphill], trial, 1.0)
    assert isinstance(nothing, Choice)
    assert nothing.delta is None
    assert isnan(nothing.ratio)
    assert nothing.loss == 1.0


def test_a_trial_leaves_the_parameters_where_they_were():
    x = torch.tensor([1.0], requires_grad=True)
    trial = TrialLoss(lambda: nan, ParameterVector([x]))
    assert trial(torch.tensor([5.0])) == inf
    assert x.item() == 1


def test_a_graph_built_before_a_trial_is_still_good_after_it():
    x = torch.tensor([3.0], requires_grad=True)
    loss = (x**2).sum()
    TrialLoss(lambda: 0.0, ParameterVector([x]))(torch.tensor([1.0]))
    assert torch.autograd.grad(loss, x)[0].item() == 6


def test_frozen_randomness_replays_and_leaves_no_trace():
    frozen = FrozenRandomness([torch.zeros(1)])
    first = torch.rand(3)
    state = torch.get_rng_state()
    with frozen.replay():
        again = torch.rand(3)
    assert torch.equal(first, again)
    assert torch.equal(torch.get_rng_state(), state)


def test_tensors_are_restored_even_after_an_error():
    statistics = torch.zeros(2)

    def spoil():
        with restored([statistics]):
            statistics.add_(1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        spoil()
    assert torch.equal(statistics, torch.zeros(2))
