"""Exercise of lesson 12: the share of images that are named rightly."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free_cnn import mutants


def _accuracy(logits, labels):
    """Share of the N images whose largest logit is that of their label, a float.

    logits : (N, C) tensor, labels : (N,) tensor of integers.
    """
    return float((logits.argmax(1) == labels).float().mean())


def cases():
    """Logits and labels; more images than classes, and the other way round."""
    generator = torch.Generator().manual_seed(14)
    made = []
    for images, classes in ((7, 3), (5, 5), (4, 10)):
        logits = torch.randn(images, classes, generator=generator)
        labels = logits.argmax(1)
        labels[0] = (labels[0] + 1) % classes
        labels[2] = (labels[2] + 1) % classes
        made.append((logits, labels))
    return made


def _number(got) -> float:
    return float(got)


def _close(a: float, b: float) -> bool:
    return abs(a - b) < 1e-6


def _a_count(case, got, want):
    logits, _ = case
    if _close(_number(got), want * len(logits)) and not _close(_number(got), want):
        return (
            f"{_number(got):g} is the *number* of right answers of {len(logits)}; "
            "the share is asked, between 0 and 1."
        )


def _per_cent(case, got, want):
    if _close(_number(got), 100 * want):
        return f"{_number(got):g} is in per cent; the share is asked, between 0 and 1."


def _errors(case, got, want):
    if _close(_number(got), 1 - want) and not _close(want, 0.5):
        return f"{_number(got):.3g} is the share of *wrong* answers: one minus yours."


def _per_logit(case, got, want):
    logits, labels = case
    hits = int((logits.argmax(1) == labels).sum())
    if _close(_number(got), hits / logits.numel()):
        return "You divide by the number of logits, $N \\cdot C$; there are $N$ images."


def _wrong_axis(case, got, want):
    logits, labels = case
    best = logits.argmax(0)
    shared = min(len(best), len(labels))
    if len(best) == len(labels) and _close(_number(got), float((best == labels).float().mean())):
        return "`argmax(0)` finds, for each class, the image that is most like it. The largest logit *of each image* is along axis 1."
    if shared and _close(_number(got), float((best[:shared] == labels[:shared]).float().mean())):
        return (
            "`argmax(0)` runs over the images; the largest logit *of each image* is along axis 1."
        )


def _compares_values(case, got, want):
    logits, labels = case
    if _close(_number(got), float((logits.amax(1) == labels).float().mean())):
        return "`max` gives the largest logit itself; its *place* is the answer: `argmax`."


accuracy = Exercise(
    name="accuracy",
    lesson="hessian_free_cnn",
    stub='''def accuracy(logits, labels):
    """Share of the N images whose largest logit is that of their label, a float.

    logits : (N, C) tensor, labels : (N,) tensor of integers.
    """
    ...''',
    reference=_accuracy,
    cases=cases,
    slips=[
        Slip("count", _a_count),
        Slip("per_cent", _per_cent),
        Slip("errors", _errors),
        Slip("per_logit", _per_logit),
        Slip("wrong_axis", _wrong_axis),
        Slip("compares_values", _compares_values),
    ],
    mutants=mutants.ACCURACY,
    hints=[
        "`logits.argmax(1)` is the answer for each image, shape (N,); compare it with `labels`.",
        "A comparison gives `True` and `False`; `.float()` makes them 1 and 0, and `.mean()` the share. `float(...)` takes the number out of the tensor.",
    ],
    discussion=(
        "No softmax is needed: it keeps the order of the logits, so the largest stays the largest. "
        "`.float()` is: torch refuses the mean of truth values."
    ),
    tolerance=1e-6,
    namespace={"torch": torch},
)
