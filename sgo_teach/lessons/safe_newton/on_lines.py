"""Bug hunt of lesson 04: backtracking that lets the loss rise."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.safe_newton import mutants_lines as mutants

LESSON = "safe_newton"


def _backtrack(value, gradient, theta, direction, c1):
    """The first α of 1, ½, ¼, … with L(θ + αp) ≤ L(θ) + c₁·α·gᵀp, for a direction with gᵀp < 0."""
    slope = gradient(theta) @ direction
    alpha = 1.0
    while value(theta + alpha * direction) > value(theta) + c1 * alpha * slope:
        alpha = alpha / 2
    return alpha


def _bowl_value(theta):
    return float(0.5 * theta @ theta)


def _bowl_gradient(theta):
    return 1.0 * theta


def _case(best, slope, c1=0.1):
    """Along p the bowl falls with the given slope at first, and is least at α = best."""
    theta = np.sqrt(-slope * best) * np.array([0.6, -0.8])
    return _bowl_value, _bowl_gradient, theta, -theta / best, c1


def _search(test, first=1.0, factor=0.5, after=1.0):
    """Backtracking with another test(φ, α, slope, c₁) to go on, factor, or last word."""

    def searched(value, gradient, theta, direction, c1):
        slope, alpha = gradient(theta) @ direction, first
        for _ in range(60):
            change = value(theta + alpha * direction) - value(theta)
            if not test(change, alpha, slope, c1):
                break
            alpha *= factor
        return alpha * after

    return searched


def _armijo(change, alpha, slope, c1):
    return change > c1 * alpha * slope


def _point(case, got, want):
    if isinstance(got, np.ndarray) and got.shape == case[2].shape:
        return "That is a point or a step; the number $\\alpha$ is asked."


def _still_rises(case, got, want):
    value, _, theta, p, _ = case
    rise = value(theta + got * p) - value(theta)
    if rise > 0:
        return (
            f"At your α = {got:g} the loss has *risen* by {rise:.3g}. The slope $g^Tp$ is negative: "
            "on which side of $L(\\theta)$ must the bound lie?"
        )


def _never_accepts(case, got, want):
    if 0 < got < 1e-4:
        return (
            f"Your α shrinks to {got:.1g}, until rounding ends the loop: nothing before was good enough. "
            "Is $c_1$ in the bound, and is the loss taken at $\\theta + \\alpha p$?"
        )


def _said(searched, message):
    def when(case, got, want):
        return message if got == searched(*case) else None

    return when


def _gradient_squared(case, got, want):
    _, gradient, theta, _, _ = case
    g = gradient(theta)
    searched = _search(lambda change, alpha, slope, c1: change > -c1 * alpha * (g @ g))
    if got == searched(*case):
        return "Your slope is $-g^Tg$, right for the direction $-g$ only. Along $p$ it is $g^Tp$."


backtrack = Exercise(
    name="backtrack",
    lesson=LESSON,
    stub='''def backtrack(value, gradient, theta, direction, c1):
    """The first α of 1, ½, ¼, … with L(θ + αp) ≤ L(θ) + c₁·α·gᵀp, for a direction with gᵀp < 0."""
    slope = gradient(theta) @ direction
    alpha = 1.0
    while value(theta + alpha * direction) > value(theta) - c1 * alpha * slope:
        alpha = alpha / 2
    return alpha''',
    reference=_backtrack,
    # each case after the first tells one slip from the others: the answers are ¼, ⅛, ½, ½, ¼, ½, 1
    cases=[
        _case(0.23, -5.0),
        _case(0.1, -5.0, c1=0.02),
        _case(0.6, -0.8, c1=0.29),
        _case(0.3, -5.0),
        _case(0.26, -0.8),
        _case(0.3, -0.5),
        _case(1.0, -1.5),
    ],
    slips=[
        Slip("point", _point, before_shape=True),
        Slip("still_rises", _still_rises),
        Slip("never_accepts", _never_accepts),
        Slip("gradient_squared", _gradient_squared),
        Slip(
            "any_decrease",
            _said(
                _search(lambda change, alpha, slope, c1: change > 0),
                "Any decrease is enough for you; Armijo asks for one in proportion to α and to the slope. Where is c₁?",
            ),
        ),
        Slip(
            "slope_left_out",
            _said(
                _search(lambda change, alpha, slope, c1: change > -c1 * alpha),
                "The bound is $c_1\\alpha$ below $L(\\theta)$; where is the slope $g^Tp$?",
            ),
        ),
        Slip(
            "alpha_missing",
            _said(
                _search(lambda change, alpha, slope, c1: change > c1 * slope),
                "Your bound does not shrink with α: a short step is asked for as much decrease as a long one.",
            ),
        ),
        Slip(
            "begins_at_half",
            _said(
                _search(_armijo, first=0.5),
                "It begins at ½: α = 1, the full step, has to be tried first.",
            ),
        ),
        Slip(
            "by_quarters",
            _said(_search(_armijo, factor=0.25), "Your α falls by quarters; 1, ½, ¼, … is asked."),
        ),
        Slip(
            "one_halving_more",
            _said(
                _search(_armijo, after=0.5),
                "That is half of the α that was acceptable: it is halved once more after the test.",
            ),
        ),
        Slip(
            "other_factor",
            _said(_search(_armijo, factor=0.1), "Your α falls by tenths; 1, ½, ¼, … is asked."),
        ),
    ],
    mutants=mutants.BACKTRACK,
    hints=[
        "Run it on a bowl with a direction that is twice too long and print the loss before and after.",
        "`slope` is negative. Is `value(theta) - c1 * alpha * slope` above or below `value(theta)`?",
    ],
    discussion=(
        "With the wrong sign the bound lies *above* $L(\\theta)$, and the program lets the loss rise, though never by much: "
        "the kind of fault that looks like noise. The package's `armijo` has the same loop with an end to its patience."
    ),
    namespace={"np": np},
)
