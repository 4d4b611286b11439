"""Checks of this lesson's exercise, prediction and quiz."""

from __future__ import annotations

import math

from sgo_teach.checks import Exercise, Question, Slip, predict, quiz

LESSON = "lesson_template"


def slope_reference(curvature, theta):
    """Return L'(θ) of L(θ) = ½ h θ²."""
    return curvature * theta


def when(wrong, message):
    """Return a slip's test: is the learner's result this wrong formula's?"""

    def matches(case, got, want):
        return message if math.isclose(got, wrong(*case)) else None

    return matches


slope = Exercise(
    name="slope",
    lesson=LESSON,
    stub='''def slope(curvature, theta):
    """Return the derivative of L(θ) = ½ h θ² at θ, a float; curvature is h."""
    ...
''',
    reference=slope_reference,
    cases=[(2.0, 3.0), (0.5, -1.5), (4.0, 0.25)],
    slips=[
        Slip("uphill", when(lambda h, t: -h * t, "The sign is lost: a parabola rises for θ > 0.")),
        Slip("loss", when(lambda h, t: h * t**2 / 2, "This is the loss itself, not its slope.")),
        Slip("half", when(lambda h, t: h * t / 2, "The 2 of the square cancels the ½.")),
        Slip("doubled", when(lambda h, t: 2 * h * t, "The ½ in front of the square is lost.")),
        Slip("second", when(lambda h, t: h, "This is the second derivative, one too many.")),
    ],
    mutants={
        "uphill": "def slope(curvature, theta):\n    return -curvature * theta\n",
        "loss": "def slope(curvature, theta):\n    return curvature * theta**2 / 2\n",
        "half": "def slope(curvature, theta):\n    return curvature * theta / 2\n",
        "doubled": "def slope(curvature, theta):\n    return 2 * curvature * theta\n",
        "second": "def slope(curvature, theta):\n    return curvature\n",
    },
    hints=["Differentiate θ² first.", "The derivative of ½ h θ² is h θ."],
    discussion="The slope is linear in $\\theta$: that is what *quadratic* means.",
)

steeper = predict(
    "Double the curvature $h$. What becomes of the slope of $\\tfrac12 h\\theta^2$ at $\\theta=1$?",
    ["it stays", "it doubles", "it grows four times"],
    answer=1,
    because="The slope is $h\\theta$, linear in $h$.",
    name="steeper",
    lesson=LESSON,
)

questions = quiz(
    [
        Question(
            "Where is the tangent of $\\tfrac12 h\\theta^2$ level?",
            ["at $\\theta = 0$", "nowhere", "everywhere"],
            answer=0,
            because="The slope $h\\theta$ vanishes at the minimiser alone.",
        ),
    ],
    name="questions",
    lesson=LESSON,
)
