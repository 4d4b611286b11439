"""Exercises of lesson 11: the ratio ρ, and the rule that turns it into the next λ."""

from __future__ import annotations

import math

import numpy as np
import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free import mutants_damping as mutants

LESSON = "hessian_free"


# -- the reduction ratio --------------------------------------------------------------------------
def _reduction_ratio(loss, new_loss, g, delta, G_delta):
    """ρ = actual change / change that the undamped model predicts, a float.

    loss = L(θ), new_loss = L(θ + Δ): numbers; g, delta = Δ, G_delta = GΔ: (n,) tensors.
    """
    predicted = g @ delta + 0.5 * delta @ G_delta
    return float((new_loss - loss) / predicted)


def _tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


RATIO_CASES = [
    (2.0, 1.4, _tensor(1.0, -2.0), _tensor(-0.3, 0.2), _tensor(-0.5, 0.7)),
    (0.5, 0.9, _tensor(0.4, 0.1, -0.3), _tensor(-0.6, -0.2, 0.8), _tensor(-0.3, 0.1, 0.2)),
]


def _ratio_slip(formula, message):
    def when(case, got, want):
        wrong = float(formula(*case))
        return message if math.isclose(float(got), wrong, rel_tol=1e-6) else None

    return when


RATIO_SLIPS = [
    Slip(
        "upside_down",
        _ratio_slip(
            lambda L, M, g, d, Gd: (g @ d + 0.5 * d @ Gd) / (M - L),
            "Upside down: $\\rho$ is *actual* over *predicted*, so that a step that brings nothing has $\\rho = 0$.",
        ),
    ),
    Slip(
        "half_lost",
        _ratio_slip(
            lambda L, M, g, d, Gd: (M - L) / (g @ d + d @ Gd),
            "The factor ½ is lost: the model is $g^T\\Delta + \\frac12\\Delta^TG\\Delta$.",
        ),
    ),
    Slip(
        "minus_the_half",
        _ratio_slip(
            lambda L, M, g, d, Gd: (M - L) / (g @ d - 0.5 * d @ Gd),
            "The bend has the wrong sign: the model is $g^T\\Delta$ *plus* $\\frac12\\Delta^TG\\Delta$.",
        ),
    ),
    Slip(
        "slope_only",
        _ratio_slip(
            lambda L, M, g, d, Gd: (M - L) / (g @ d),
            "You divide by $g^T\\Delta$, the promise of a straight line; the model also bends.",
        ),
    ),
    Slip(
        "curvature_only",
        _ratio_slip(
            lambda L, M, g, d, Gd: (M - L) / (0.5 * d @ Gd),
            "You divide by $\\frac12\\Delta^TG\\Delta$ alone: the slope $g^T\\Delta$ is missing, and it is what goes down.",
        ),
    ),
    Slip(
        "wrong_sign",
        _ratio_slip(
            lambda L, M, g, d, Gd: (L - M) / (g @ d + 0.5 * d @ Gd),
            "The sign: both changes are *new minus old*. The model's is negative, so a loss that falls gives $\\rho > 0$.",
        ),
    ),
    Slip(
        "not_a_change",
        _ratio_slip(
            lambda L, M, g, d, Gd: M / (g @ d + 0.5 * d @ Gd),
            "That is the new loss itself, not its *change*: take away the loss at $\\theta$.",
        ),
    ),
    Slip(
        "model_with_value",
        _ratio_slip(
            lambda L, M, g, d, Gd: (M - L) / (L + g @ d + 0.5 * d @ Gd),
            "Below stands the model's *value*; its *change* has no $L$ in it.",
        ),
    ),
]

reduction_ratio = Exercise(
    name="reduction_ratio",
    lesson=LESSON,
    stub='''def reduction_ratio(loss, new_loss, g, delta, G_delta):
    """ρ = actual change / change that the undamped model predicts, a float.

    loss = L(θ), new_loss = L(θ + Δ): numbers; g, delta = Δ, G_delta = GΔ: (n,) tensors.
    """
    ...''',
    reference=_reduction_ratio,
    cases=RATIO_CASES,
    slips=RATIO_SLIPS,
    mutants=mutants.REDUCTION_RATIO,
    hints=[
        "Above the line: what the loss did. Below: what the model $g^T\\Delta + \\frac12\\Delta^TG\\Delta$ said it would do.",
        "`g @ delta + 0.5 * delta @ G_delta` is a tensor with one entry; `float(...)` takes it out.",
    ],
    discussion=(
        "The model below the line is *undamped*: $\\lambda$ is there to shorten the step, not to be believed. "
        "With $\\frac12\\lambda\\|\\Delta\\|^2$ in it, a large $\\lambda$ would make every promise small and every $\\rho$ look fine."
    ),
    namespace={"torch": torch, "np": np},
)


# -- the damping rule -----------------------------------------------------------------------------
def _damping_rule(damping, ratio):
    """The next λ, a float: 3/2 λ where ρ < 1/4 or ρ is NaN, 2/3 λ where ρ > 3/4, else λ."""
    if not ratio >= 1 / 4:  # true for NaN as well
        return damping * 3 / 2
    return damping * 2 / 3 if ratio > 3 / 4 else damping


RULE_CASES = [
    (2.0, 0.1),
    (3.0, 0.5),
    (5.0, 0.9),
    (4.0, -7.0),
    (0.6, 0.3),
    (0.6, 0.7),
    (6.0, math.nan),
    (6.0, -math.inf),
]


def _is(got, value) -> bool:
    return math.isclose(float(got), value, rel_tol=1e-9)


def _where(case) -> str:
    damping, ratio = case
    return f"For λ = {damping:g} and ρ = {ratio:g}"


def _swapped(case, got, want):
    damping, ratio = case
    opposite = damping * damping / want
    if want != damping and not math.isnan(ratio) and _is(got, opposite):
        return (
            f"{_where(case)} you go to {float(got):.3g}, the wrong way: where the model keeps its "
            "word, $\\lambda$ may shrink; where it fails, $\\lambda$ must grow."
        )


def _factor_alone(case, got, want):
    damping, _ = case
    if damping != 1 and _is(got, want / damping):
        return f"{_where(case)} you return {float(got):.3g}, which is the factor. The next λ is factor times λ."


def _added(case, got, want):
    damping, _ = case
    if want != damping and (_is(got, damping + want / damping) or _is(got, damping - 2 / 3)):
        return f"{_where(case)} you return {float(got):.3g}: the factor is added. Multiply, so that λ can cross many powers of ten and never turn negative."


def _nan(case, got, want):
    if math.isnan(case[1]) and not _is(got, want):
        how = "shrinks" if float(got) < case[0] else "stays"
        return (
            f"$\\rho$ is NaN and your λ {how}. Every comparison with NaN is false, so it falls through "
            "to the last branch; but NaN means that the step blew up, the best reason there is to raise λ."
        )


def _two_zones(case, got, want):
    if want == case[0] and not _is(got, want):
        return (
            f"{_where(case)} λ should stay, yours goes to {float(got):.3g}: between ¼ and ¾ the model "
            "is neither bad nor good, and λ is left alone."
        )


def _stuck(case, got, want):
    damping, ratio = case
    if want != damping and _is(got, damping):
        way = "grow" if want > damping else "shrink"
        return f"{_where(case)} your λ stays, but it should {way}: the rule has a branch for each side."


def _percent(case, got, want):
    damping, _ = case
    if want > damping and not _is(got, want) and float(got) > damping:
        return f"{_where(case)} you return {float(got):.3g}; three halves of λ are {want:.3g}."
    if want < damping and not _is(got, want) and float(got) < damping:
        return f"{_where(case)} you return {float(got):.3g}; two thirds of λ are {want:.3g}."


damping_rule = Exercise(
    name="damping_rule",
    lesson=LESSON,
    stub='''def damping_rule(damping, ratio):
    """The next λ, a float: 3/2 λ where ρ < 1/4 or ρ is NaN, 2/3 λ where ρ > 3/4, else λ."""
    ...''',
    reference=_damping_rule,
    cases=RULE_CASES,
    slips=[
        Slip("swapped", _swapped),
        Slip("factor_alone", _factor_alone),
        Slip("added", _added),
        Slip("two_zones", _two_zones),
        Slip("nan", _nan),
        Slip("stuck", _stuck),
        Slip("other_factor", _percent),
    ],
    mutants=mutants.DAMPING_RULE,
    hints=[
        "Three branches. Try each of your conditions with `ratio = float('nan')` in your head: what does `nan < 0.25` say?",
        "`np.isnan(ratio)`, or write the bad case as `not ratio >= 1/4`, which is true for NaN.",
    ],
    discussion=(
        "Levenberg–Marquardt: short of a good model, be careful; with a good one, be bold. "
        "The factors are mild on purpose. One bad step is no reason to crawl for the next fifty."
    ),
    praise="From here on this very function steers $\\lambda$, and lesson 12 borrows it for its network.",
    namespace={"np": np},
)
