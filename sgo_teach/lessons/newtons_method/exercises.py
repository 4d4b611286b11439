"""The exercises, predictions and quiz of lesson 03, gathered."""

from sgo_teach.lessons.newtons_method.method import newton
from sgo_teach.lessons.newtons_method.questions import (
    forgotten_two,
    near_a_hilltop,
    questions,
    two_more_moves,
)
from sgo_teach.lessons.newtons_method.roots import newton_root, order
from sgo_teach.lessons.newtons_method.squares import fit, mse_derivatives

__all__ = [
    "fit",
    "forgotten_two",
    "mse_derivatives",
    "near_a_hilltop",
    "newton",
    "newton_root",
    "order",
    "questions",
    "two_more_moves",
]
