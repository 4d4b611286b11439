"""Exercises of lesson 12: what an update costs, and what a race says of who was first."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import math

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free_cnn import mutants

LESSON = "hessian_free_cnn"


# -- gradient-equivalents -------------------------------------------------------------------------
def _gradient_equivalents(N, batch, part, products, trials):
    """What an update costs in gradients of all N images, a float.

    A gradient of `batch` images, then `products` products on `part` images of 5/3 gradients each,
    and `trials` losses on `batch` images of 1/3 gradient each. All five are whole numbers.
    """
    return batch / N + 5 / 3 * products * part / N + 1 / 3 * trials * batch / N


def _formula(name, formula, message):
    return Slip.formula(name, formula, message)


gradient_equivalents = Exercise(
    name="gradient_equivalents",
    lesson=LESSON,
    stub='''def gradient_equivalents(N, batch, part, products, trials):
    """What an update costs in gradients of all N images, a float.

    A gradient of `batch` images, then `products` products on `part` images of 5/3 gradients each,
    and `trials` losses on `batch` images of 1/3 gradient each. All five are whole numbers.
    """
    ...''',
    reference=_gradient_equivalents,
    cases=[(1437, 1437, 240, 11, 2), (1000, 300, 50, 7, 4), (2000, 500, 500, 3, 1)],
    slips=[
        _formula(
            "gradient_missing",
            lambda N, b, c, k, t: 5 / 3 * k * c / N + 1 / 3 * t * b / N,
            "Products and trials are there; the gradient itself, batch/N, is missing.",
        ),
        _formula(
            "trials_missing",
            lambda N, b, c, k, t: b / N + 5 / 3 * k * c / N,
            "The trials are missing. Each is a forward pass of the batch, a third of its gradient: that is where ρ comes from.",
        ),
        _formula(
            "products_missing",
            lambda N, b, c, k, t: b / N + 1 / 3 * t * b / N,
            "The products are missing, and they are most of the work.",
        ),
        _formula(
            "products_on_the_batch",
            lambda N, b, c, k, t: b / N + 5 / 3 * k * b / N + 1 / 3 * t * b / N,
            "Your products run over the whole batch; they run over `part` images only. That is the saving.",
        ),
        _formula(
            "trials_on_the_part",
            lambda N, b, c, k, t: b / N + 5 / 3 * k * c / N + 1 / 3 * t * c / N,
            "Your trials run over `part`; the step is judged on the whole batch.",
        ),
        _formula(
            "in_images",
            lambda N, b, c, k, t: b + 5 / 3 * k * c + 1 / 3 * t * b,
            "That counts images. A gradient-equivalent is the gradient of all $N$: divide by $N$.",
        ),
        _formula(
            "per_batch",
            lambda N, b, c, k, t: 1 + 5 / 3 * k * c / b + 1 / 3 * t,
            "That is the cost in gradients of the *batch*. To compare optimisers with other batches, divide by all $N$ images.",
        ),
        _formula(
            "trial_for_a_gradient",
            lambda N, b, c, k, t: b / N + 5 / 3 * k * c / N + t * b / N,
            "A trial is counted as a whole gradient. A loss needs the forward pass only: a third.",
        ),
        _formula(
            "product_for_a_gradient",
            lambda N, b, c, k, t: b / N + k * c / N + 1 / 3 * t * b / N,
            "A product is counted as one gradient. Your `ggn_vector_product` makes a `jvp` (2/3) and a `vjp` (1): 5/3.",
        ),
        _formula(
            "rounded",
            lambda N, b, c, k, t: b // N + 5 * k * c // (3 * N) + t * b // (3 * N),
            "`//` throws the fraction away; divide with `/`.",
        ),
    ],
    mutants=mutants.GRADIENT_EQUIVALENTS,
    hints=[
        "Three terms. For each: how many passes, over how many images, as a share of $N$?",
        "The gradient is `batch / N`; a trial is a third of that; a product is 5/3 of `part / N`.",
    ],
    discussion=(
        "Forward is 1/3, backward 2/3 of a gradient. `jvp` runs forward with its tangents beside it, 2/3; `vjp` runs forward and back, 1. "
        "The course's `HessianFree` keeps the forward pass from product to product, and gets along with one gradient each. "
        "The count knows nothing of memory, of small batches that leave a processor idle, or of the optimiser's own arithmetic: seconds do."
    ),
)


# -- who was first --------------------------------------------------------------------------------
def _spent_until(spent, accuracies, goal):
    """What had been spent when the accuracy was first at least the goal, a float; inf if never.

    spent, accuracies : lists of equally many numbers, in the order of time.
    """
    for s, a in zip(spent, accuracies, strict=True):
        if a >= goal:
            return float(s)
    return np.inf


def _last_moment(case, got, want):
    spent, accuracies, goal = case
    reached = [s for s, a in zip(spent, accuracies, strict=True) if a >= goal]
    if reached and got == reached[-1] != want:
        return f"You return {got:g}, the *last* moment at or above the goal; the first was at {want:g}."


def _best_moment(case, got, want):
    spent, accuracies, _ = case
    best = spent[max(range(len(spent)), key=lambda i: accuracies[i])]
    if got == best != want:
        return f"You return {got:g}, where the accuracy was highest. The question is when it first met the goal: {want:g}."


def _an_index(case, got, want):
    spent, accuracies, goal = case
    first = next((i for i, a in enumerate(accuracies) if a >= goal), None)
    if first is not None and got == first != want:
        return f"{got:g} is the place in the list; what had been *spent* there is {want:g}."


def _an_accuracy(case, got, want):
    _, accuracies, goal = case
    if got == next((a for a in accuracies if a >= goal), None) != want:
        return f"{got:g} is the accuracy; what had been spent by then is {want:g}."


def _must_exceed(case, got, want):
    spent, accuracies, goal = case
    if got == next((s for s, a in zip(spent, accuracies, strict=True) if a > goal), math.inf):
        return "*At least* the goal: an accuracy equal to it counts, so compare with `>=`."


def _before(case, got, want):
    spent, accuracies, goal = case
    first = next((i for i, a in enumerate(accuracies) if a >= goal), 0)
    if first and got == spent[first - 1]:
        return f"You return {got:g}, the moment *before* the goal was met; nobody knows what happened in between, so the first sight counts: {want:g}."


def _never(case, got, want):
    if math.isinf(want) and not math.isinf(got):
        return f"The goal is never met, and you return {got:g}. It would look like a time; `np.inf` says what it is, and sorts last."


spent_until = Exercise(
    name="spent_until",
    lesson=LESSON,
    stub='''def spent_until(spent, accuracies, goal):
    """What had been spent when the accuracy was first at least the goal, a float; inf if never.

    spent, accuracies : lists of equally many numbers, in the order of time.
    """
    ...''',
    reference=_spent_until,
    cases=[
        ([0.5, 2.5, 4.5, 6.5, 9.5], [0.1, 0.95, 0.98, 0.99, 0.97], 0.97),
        ([0.5, 3.0, 7.5, 8.5], [0.1, 0.5, 0.75, 0.8], 0.75),
        ([0.5, 3.0, 7.0], [0.1, 0.9, 0.93], 0.98),
        ([2.5, 3.5, 4.5, 5.5], [0.2, 0.99, 0.96, 0.98], 0.98),
    ],
    slips=[
        Slip("never", _never),
        Slip("must_exceed", _must_exceed),
        Slip("index", _an_index),
        Slip("accuracy", _an_accuracy),
        Slip("last", _last_moment),
        Slip("best", _best_moment),
        Slip("before", _before),
    ],
    mutants=mutants.SPENT_UNTIL,
    hints=[
        "Walk through both lists together, `zip(spent, accuracies)`, and stop at the first accuracy that is `>= goal`.",
        "`return` inside the loop ends it at once; after the loop comes `return np.inf`.",
    ],
    discussion=(
        "A race needs its question before it is run: *first at 98 %* is one, *best at the end* another, and who asks afterwards will find the one that flatters. "
        "First sight is a generous measure: an accuracy that jumps about meets any goal sooner than one that climbs."
    ),
    namespace={"np": np},
)
