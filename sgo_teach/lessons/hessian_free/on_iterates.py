"""Exercise of lesson 11: which of CG's iterates is the step."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free import mutants_iterates as mutants


def _best_iterate(loss, theta, iterates):
    """Δ (n,): walk back over the iterates, from the last, for as long as the loss does not rise.

    loss : θ ↦ L(θ), a number; theta : (n,); iterates : (m, n) tensor, a row for each CG step.
    """
    best, lowest = iterates[-1], loss(theta + iterates[-1])
    for delta in iterates[:-1].flip(0):
        tried = loss(theta + delta)
        if tried > lowest:
            break
        best, lowest = delta, tried
    return best


class Counted:
    """θ ↦ a loss given by heights over the first entry of θ − THETA; it counts how often it is asked.

    Attributes
    ----------
    heights : the loss where that entry is 0, 1, 2, …, and linear in between
    asked, most : how often it was asked, and how often it may be
    """

    def __init__(self, heights: tuple[float, ...], most: int):
        self.heights, self.most, self.asked = heights, most, 0

    def __call__(self, theta: Tensor) -> float:
        """The loss, a number."""
        self.asked += 1
        if self.asked > self.most:
            raise RuntimeError(
                f"the loss is asked more than {self.most} times for {len(self.heights)} iterates"
            )
        place = float(theta[0] - THETA[0]) % len(self.heights)
        low = min(int(place + 1e-9), len(self.heights) - 1)
        high = min(low + 1, len(self.heights) - 1)
        return self.heights[low] + (place - low) * (self.heights[high] - self.heights[low])


THETA = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64)


def _iterates(m: int) -> Tensor:
    """Rows that lead from place 0 to place m − 1 along the first axis, (m, 3)."""
    k = torch.arange(m, dtype=torch.float64)
    return torch.stack([k, 0.1 * (k + 1), -0.2 * k * k], dim=1)


def cases():
    """A rise behind the last iterate, two dips, a flat stretch, a fall, a rise, one row."""
    heights = [
        (2.0, 1.8, 2.2, 1.4, 3.0, 2.5, 1.5),
        (3.0, 0.5, 2.0, 1.2, 1.7, 2.6),
        (0.9, 1.2, 1.0, 1.0, 2.0),
        (3.0, 2.5, 1.5),
        (1.0, 1.5, 2.0),
        (1.0,),
    ]
    return [(Counted(h, 3 * len(h)), THETA, _iterates(len(h))) for h in heights]


def _chosen(pick, message):
    """A slip for the row that another rule picks from the list of heights, in a telling case."""

    def when(case, got, want):
        loss, _, iterates = case
        row = iterates[pick(list(loss.heights))]
        wrong = got.shape == row.shape and torch.equal(got, row)
        return message if wrong and not torch.equal(row, want) else None

    return when


def _forwards(heights):
    return next((k for k, h in enumerate(heights[:-1]) if heights[k + 1] > h), len(heights) - 1)


def _backwards(heights, goes_on=lambda tried, lowest: tried <= lowest, too_far=0):
    k = len(heights) - 1
    while k > 0 and goes_on(heights[k - 1], heights[k]):
        k -= 1
    return max(k - too_far, 0)


def _lower_than_the_last(heights):
    k = len(heights) - 1
    while k > 0 and heights[k - 1] <= heights[-1]:
        k -= 1
    return k


def _a_number(case, got, want):
    if isinstance(got, int | float) or (isinstance(got, Tensor) and got.ndim == 0):
        return "That is a number. The iterate itself is asked, a row of `iterates`."


def _the_point(case, got, want):
    if torch.equal(got, case[1] + want):
        return "That is the point $\\theta + \\Delta$; the step $\\Delta$ alone is asked."


best_iterate = Exercise(
    name="best_iterate",
    lesson="hessian_free",
    stub='''def best_iterate(loss, theta, iterates):
    """Δ (n,): walk back over the iterates, from the last, for as long as the loss does not rise.

    loss : θ ↦ L(θ), a number; theta : (n,); iterates : (m, n) tensor, a row for each CG step.
    """
    ...''',
    reference=_best_iterate,
    cases=cases,
    slips=[
        Slip("a_number", _a_number, before_shape=True),
        Slip("the_point", _the_point),
        Slip(
            "compared_with_the_last",
            _chosen(
                _lower_than_the_last,
                "You compare each trial with the loss at the *last* iterate. Compare it with the lowest so far, and keep that up to date.",
            ),
        ),
        Slip(
            "lowest_of_all",
            _chosen(
                lambda h: h.index(min(h)),
                "You found the lowest of *all* iterates, at the price of a trial for each. Stop at the first rise: the early iterates, far below, are then never tried.",
            ),
        ),
        Slip(
            "forwards",
            _chosen(
                _forwards,
                "You walk forwards, from the first iterate to the first rise. CG's last iterate is the one that the model likes best: begin there and walk back.",
            ),
        ),
        Slip(
            "last",
            _chosen(
                lambda h: len(h) - 1,
                "That is the last iterate, and the loss at the one before it is not higher. The model is lowest at the last, but the loss need not be.",
            ),
        ),
        Slip(
            "first",
            _chosen(
                lambda h: 0,
                "That is the very first iterate, a plain gradient step: your walk should have stopped before.",
            ),
        ),
        Slip(
            "stops_at_a_tie",
            _chosen(
                lambda h: _backwards(h, lambda tried, lowest: tried < lowest),
                "You stop where the loss stays the same. Go on for as long as it does not *rise*: the earlier iterate is the shorter step.",
            ),
        ),
        Slip(
            "one_too_far",
            _chosen(
                lambda h: _backwards(h, too_far=1),
                "You return the iterate at which the loss had already risen: one step back too many.",
            ),
        ),
        Slip(
            "first_left_out",
            _chosen(
                lambda h: min(1, len(h) - 1) if _backwards(h) == 0 else -1,
                "Your walk ends at the second row and never tries the first, `iterates[0]`.",
            ),
        ),
        Slip(
            "without_theta",
            _chosen(
                lambda h: _backwards(h[-1:] + h[:-1]),
                "You ask for the loss at $\\Delta$; the step leads to $\\theta + \\Delta$, so `loss(theta + delta)` is wanted.",
            ),
        ),
        Slip(
            "climbs",
            _chosen(
                lambda h: _backwards(h, lambda tried, lowest: tried >= lowest),
                "You walk on while the loss *rises*: the comparison is turned round.",
            ),
        ),
    ],
    mutants=mutants.BEST_ITERATE,
    hints=[
        "Keep two things: the best iterate so far, at first the last row, and the loss there.",
        "`iterates[:-1].flip(0)` runs over the rows before the last, backwards.",
        "For each `delta`: `tried = loss(theta + delta)`; `break` if it is larger than the lowest so far, else keep both.",
    ],
    discussion=(
        "Martens' name for it is CG backtracking. The model falls with every iterate, so the last is the best "
        "*if the model is right*. A trial is one pass forward, a third of a gradient, and CG's own products have been paid for. "
        "`HessianFree` keeps iterates 5, 7, 9, 11, 15, …, each about 1.3 times as far along as the one before, so that few have to be tried."
    ),
    namespace={"torch": torch, "np": np},
)
