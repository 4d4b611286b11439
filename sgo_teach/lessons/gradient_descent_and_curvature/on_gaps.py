"""Exercise of lesson 02 on checking a gradient: where two of them differ most."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gradient_descent_and_curvature import mutants_gradients as mutants

LESSON = "gradient_descent_and_curvature"


def _gap(claimed, measured):
    """Where two gradients (n,) differ most, and by how much: (index, relative difference).

    Coordinate i differs by |a_i − b_i| / max(|a_i|, |b_i|), and by 0 where both are 0.
    """
    size = np.maximum(np.abs(claimed), np.abs(measured))
    gaps = np.abs(claimed - measured) / np.where(size > 0, size, 1)
    return int(np.argmax(gaps)), float(np.max(gaps))


def _pairs_by(gaps_of):
    """The answer that other gaps lead to."""

    def other(a, b):
        with np.errstate(all="ignore"):
            gaps = gaps_of(a, b)
        return int(np.argmax(gaps)), float(np.max(gaps))

    return other


def _size(a, b):
    return np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300)


def _turned(case, got, want):
    if len(got) == 2 and np.allclose(got, want[::-1]) and not np.allclose(got, want):
        return "The index comes first, then the difference."


def _unsafe(case, got, want):
    a, b = case
    if np.any((a == 0) & (b == 0)) and not np.isfinite(got[1]):
        return "NaN: where both entries are 0 you divide 0 by 0. Such a coordinate agrees, its gap is 0."


def _signed_result(case, got, want):
    if got[0] == want[0] and np.isclose(got[1], -want[1]):
        return "The coordinate is right, its difference has kept a sign: return the size."


def _largest_absolute(a, b):
    i = int(np.argmax(np.abs(a - b)))
    return i, float((np.abs(a - b) / _size(a, b))[i])


def _smallest(a, b):
    gaps = np.abs(a - b) / _size(a, b)
    return int(np.argmin(gaps)), float(np.min(gaps))


def _first(case, got, want):
    if got[0] != want[0] and np.isclose(got[1], want[1]):
        return f"The difference is right, the index is not: it belongs to coordinate {want[0]}. `np.argmax` finds it."


gap = Exercise(
    name="gap",
    lesson=LESSON,
    stub='''def gap(claimed, measured):
    """Where two gradients (n,) differ most, and by how much: (index, relative difference).

    Coordinate i differs by |a_i − b_i| / max(|a_i|, |b_i|), and by 0 where both are 0.
    """
    ...''',
    reference=_gap,
    cases=[
        (
            np.array([50.0, -2.5, 1.0, -1.0, -20.0, 7.0]),
            np.array([65.0, 2.25, -0.8, -1.1, 16.0, 6.3]),
        ),
        (np.array([0.01, -4.0, 30.0, 3.0]), np.array([0.02, -4.1, 32.0, 3.3])),
        (np.array([25.0, 0.0, -1.0, 2.0]), np.array([27.0, 0.0, -1.5, 2.1])),
        (np.array([4.0, 3.0, 40.0, -1.0]), np.array([4.1, -3.0, 48.0, -1.2])),
        (np.array([1.0, 70.0, 0.0, 2.0]), np.array([1.1, 71.0, 0.5, 2.1])),
    ],
    tolerance=1e-6,
    slips=[
        Slip("turned", _turned, before_shape=True),
        Slip("zero_over_zero", _unsafe, before_shape=True),
        Slip.formula(
            "zero_is_full",
            _pairs_by(
                lambda a, b: np.where(_size(a, b) > 1e-300, np.abs(a - b) / _size(a, b), 1.0)
            ),
            "Where both entries are 0 they agree: the gap is 0 there, not 1.",
        ),
        Slip.formula(
            "smallest",
            _smallest,
            "That is where the two differ *least*; the most is asked: `np.argmax`, `np.max`.",
        ),
        Slip.formula(
            "absolute",
            _pairs_by(lambda a, b: np.abs(a - b)),
            "An absolute difference: a coordinate of 1000 that is off by 10 outshines one of 2 that is off by 1. "
            "Divide by the larger of the two.",
        ),
        Slip.formula(
            "largest_absolute",
            _largest_absolute,
            "You look for the largest *absolute* difference and divide afterwards: divide first, then look.",
        ),
        Slip.formula(
            "by_the_largest",
            _pairs_by(lambda a, b: np.abs(a - b) / np.max(_size(a, b))),
            "You divide all coordinates by the largest entry of all. Each has its own size: `np.maximum` "
            "of two arrays works entry by entry.",
        ),
        Slip.formula(
            "sizes_compared",
            _pairs_by(lambda a, b: np.abs(np.abs(a) - np.abs(b)) / _size(a, b)),
            "You compare the sizes, and a lost sign goes unseen: subtract first, then take the size.",
        ),
        Slip.formula(
            "signed",
            _pairs_by(lambda a, b: (a - b) / _size(a, b)),
            "The sign is left in, so a claim that is too small counts as negative and never wins: take the size.",
        ),
        Slip.formula(
            "no_size_below",
            _pairs_by(lambda a, b: np.abs(a - b) / np.where(a == b, 1, np.maximum(a, b))),
            "The larger of the two, *in size*: below zero `np.maximum` picks the one nearer to 0.",
        ),
        Slip.formula(
            "by_the_measured",
            _pairs_by(lambda a, b: np.abs(a - b) / np.maximum(np.abs(b), 1e-300)),
            "You divide by the measured one, or by the smaller of the two: near 0 the gap explodes. "
            "The larger one is asked.",
        ),
        Slip.formula(
            "by_the_claimed",
            _pairs_by(lambda a, b: np.abs(a - b) / np.where(a == b, 1, np.abs(a))),
            "You divide by the claimed one alone. Where it is 0 the gap explodes; the larger one is asked.",
        ),
        Slip.formula(
            "by_the_sum",
            _pairs_by(lambda a, b: np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-300)),
            "You divide by the sum of the sizes, which halves the gap of nearly equal entries; the larger one is asked.",
        ),
        Slip.formula(
            "by_the_mean",
            _pairs_by(lambda a, b: 2 * np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-300)),
            "You divide by the mean of the two sizes; the larger one is asked.",
        ),
        Slip.formula(
            "by_the_norm",
            _pairs_by(lambda a, b: np.abs(a - b) / max(np.linalg.norm(a), np.linalg.norm(b))),
            "You divide by the length of the whole gradient: beside one large coordinate the errors "
            "of all small ones vanish.",
        ),
        Slip.formula(
            "the_mean",
            lambda a, b: (_gap(a, b)[0], float(np.mean(np.abs(a - b) / _size(a, b)))),
            "That is the average gap. One wrong coordinate among a thousand right ones would go unseen: take the largest.",
        ),
        Slip("signed_result", _signed_result),
        Slip("wrong_index", _first),
    ],
    mutants=mutants.GAP,
    hints=[
        "Compute all $n$ relative differences as one array; `np.argmax` and `np.max` do the rest.",
        "`size = np.maximum(np.abs(claimed), np.abs(measured))`. Where is it 0, and what then?",
        "`gaps = np.abs(claimed - measured) / np.where(size > 0, size, 1)`",
    ],
    discussion=(
        "A wrong sign makes a gap of 2, a lost factor 2 one of ½, a forgotten coordinate one of 1. "
        "Gaps near the error of the differences mean that all is well. "
        "The package's `check_gradient` also knows how large rounding may be, and names the slip."
    ),
    namespace={"np": np},
)
