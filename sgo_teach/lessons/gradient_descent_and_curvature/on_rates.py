"""Exercise of lesson 02 on descent: the best fixed step."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gradient_descent_and_curvature import mutants_rates as mutants

LESSON = "gradient_descent_and_curvature"


def _best_fixed_step(hessian):
    """Best fixed step size and its rate, (α, rate), for a symmetric positive definite H (n, n)."""
    h = np.linalg.eigvalsh(hessian)
    alpha = 2 / (h[0] + h[-1])
    return alpha, 1 - alpha * h[0]


def _alpha_is(formula, message):
    """A slip for an answer whose α is what another formula of the sorted curvatures gives."""

    def when(case, got, want):
        alpha = formula(np.linalg.eigvalsh(case[0]))
        return message if _instead(got[0], alpha, want[0]) else None

    return when


def _instead(got, other, want):
    """Whether `got` is the other of two numbers that this case tells apart."""
    return np.isclose(got, other) and not np.isclose(other, want)


def _by_the_diagonal(case, got, want):
    d = np.sort(np.diag(case[0]))
    if _instead(got[0], 2 / (d[0] + d[-1]), want[0]):
        return (
            "You read the curvatures off the diagonal of $H$. They are its *eigenvalues*: "
            "the diagonal shows the curvature along the axes, which is never more extreme."
        )


def _by_the_entries(case, got, want):
    coupled = np.count_nonzero(case[0]) > len(case[0])  # else the entries are the curvatures
    if coupled and _instead(got[0], 2 / (case[0].min() + case[0].max()), want[0]):
        return "The smallest and largest *entry* of $H$ say little: the curvatures are its eigenvalues."


def _wrong_pair(case, got, want):
    h = np.linalg.eigvalsh(case[0])
    pairs = [(i, j) for j in range(len(h)) for i in range(j)]
    if any(_instead(got[0], 2 / (h[i] + h[j]), want[0]) for i, j in pairs):
        return (
            "You took two curvatures that are not the smallest and the largest. `eig` and `eigvals` "
            "give them in no order; `eigvalsh` sorts them."
        )


def _rate_is(formula, message):
    """A slip for an answer with the right α whose rate is what another formula of (α, h) gives."""

    def when(case, got, want):
        rate = formula(want[0], np.linalg.eigvalsh(case[0]))
        found = np.isclose(got[0], want[0]) and _instead(got[1], rate, want[1])
        return message if found else None

    return when


def _all_factors(case, got, want):
    factors = np.abs(1 - want[0] * np.linalg.eigvalsh(case[0]))
    if np.allclose(np.sort(np.abs(got[1])), np.sort(factors)):
        return "These are the factors of all modes; the rate is the largest of them, in size."


def _above_one(case, got, want):
    if np.isclose(got[0], want[0]) and got[1] >= 1:
        h = np.linalg.eigvalsh(case[0])
        unbound = np.isclose(got[1], h[-1] / h[0] - h[0] / h[-1] + 1)
        return (
            f"The step size is right. With a rate of {got[1]:.3g} the error would not shrink: asked is "
            "what a move leaves of it, below 1."
            + (" Write `(k - 1) / (k + 1)`, with brackets." if unbound else "")
        )


def _swapped(case, got, want):
    if np.allclose(got, want[::-1]):
        return "The step size comes first, then the rate."


def _not_a_pair(case, got, want):
    if np.ndim(got) == 0:
        return "Two numbers are asked: `return alpha, rate`."


best_fixed_step = Exercise(
    name="best_fixed_step",
    lesson=LESSON,
    stub='''def best_fixed_step(hessian):
    """Best fixed step size and its rate, (α, rate), for a symmetric positive definite H (n, n)."""
    ...''',
    reference=_best_fixed_step,
    cases=[
        (np.array([[6.0, 2.0, 0.0], [2.0, 4.0, 1.0], [0.0, 1.0, 3.0]]),),
        (np.array([[2.0, 1.0], [1.0, 7.0]]),),
        (np.diag([9.0, 0.5, 3.0]),),
    ],
    slips=[
        Slip("not_a_pair", _not_a_pair, before_shape=True),
        Slip("all_factors", _all_factors, before_shape=True),
        Slip("by_the_entries", _by_the_entries, before_shape=True),
        Slip("swapped", _swapped),
        Slip("by_the_diagonal", _by_the_diagonal),
        Slip(
            "the_edge",
            _alpha_is(
                lambda h: 2 / h[-1],
                "$2/h_{\\max}$ is the edge: there the steep mode swings to and fro for ever, "
                "$|1 - \\alpha h_{\\max}| = 1$.",
            ),
        ),
        Slip(
            "too_careful",
            _alpha_is(
                lambda h: 1 / h[-1],
                "$1/h_{\\max}$ ends the steep mode in one move and leaves the flat one $1 - 1/\\kappa$: "
                "safe, but a longer step helps the flat mode more than it harms the steep one.",
            ),
        ),
        Slip(
            "for_the_flat_mode",
            _alpha_is(
                lambda h: 1 / h[0],
                "$1/h_{\\min}$ suits the flat mode alone; the steep one gets the factor $1 - \\kappa$.",
            ),
        ),
        Slip(
            "half",
            _alpha_is(
                lambda h: 1 / (h[0] + h[-1]),
                "Half of it: with $1/(h_{\\min} + h_{\\max})$ both factors are positive and unequal. "
                "Where are $|1-\\alpha h_{\\min}|$ and $|1-\\alpha h_{\\max}|$ equal?",
            ),
        ),
        Slip(
            "trace",
            _alpha_is(
                lambda h: 2 / h.sum(),
                "You divide by the sum of *all* curvatures (the trace). Only the two ends compete; "
                "what lies between shrinks faster.",
            ),
        ),
        Slip(
            "average",
            _alpha_is(
                lambda h: 1 / h.mean(),
                "The average of all curvatures is not the middle between the ends, unless there are two.",
            ),
        ),
        Slip("wrong_pair", _wrong_pair),
        Slip(
            "signed_rate",
            _rate_is(
                lambda alpha, h: 1 - alpha * h[-1],
                "Your rate is the steep mode's factor with its sign. A rate is the *size* of what is left.",
            ),
        ),
        Slip(
            "rate_of_momentum",
            _rate_is(
                lambda alpha, h: (np.sqrt(h[-1] / h[0]) - 1) / (np.sqrt(h[-1] / h[0]) + 1),
                "That rate has $\\sqrt\\kappa$: it belongs to momentum, and comes later in this lesson.",
            ),
        ),
        Slip(
            "one_over_kappa",
            _rate_is(
                lambda alpha, h: 1 - h[0] / h[-1],
                "$1 - 1/\\kappa$ is the rate of the careful step $1/h_{\\max}$; yours is longer.",
            ),
        ),
        Slip(
            "what_is_gone",
            _rate_is(
                lambda alpha, h: alpha * h[0],
                "That is the part of the flat mode's error that *goes* in a move; the rate is what stays.",
            ),
        ),
        Slip(
            "of_the_loss",
            _rate_is(
                lambda alpha, h: (1 - alpha * h[0]) ** 2,
                "That is left of the *loss*, a square; asked is what a move leaves of the error.",
            ),
        ),
        Slip("above_one", _above_one),
    ],
    mutants=mutants.BEST_FIXED_STEP,
    hints=[
        "Which two modes are the worst? Draw $|1 - \\alpha h_{\\min}|$ and $|1 - \\alpha h_{\\max}|$ against $\\alpha$.",
        "They cross where $1 - \\alpha h_{\\min} = \\alpha h_{\\max} - 1$. `np.linalg.eigvalsh` gives the curvatures, sorted.",
        "`alpha = 2 / (h[0] + h[-1])`; the rate is $1 - \\alpha h_{\\min} = (\\kappa - 1)/(\\kappa + 1)$.",
    ],
    discussion=(
        "Shorter, and the flat mode is slower; longer, and the steep one is. "
        "The curvatures between the ends do not matter, and nor does $n$. "
        "To use the formula you must know $h_{\\min}$ and $h_{\\max}$, which in practice nobody tells you."
    ),
    namespace={"np": np},
)
