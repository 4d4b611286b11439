"""The exercises, predictions and quiz of lesson 03, and what it borrows from lesson 01."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.newtons_method.method import newton
from sgo_teach.lessons.newtons_method.questions import (
    forgotten_two,
    near_a_hilltop,
    questions,
    two_more_moves,
)
from sgo_teach.lessons.newtons_method.roots import newton_root, order
from sgo_teach.lessons.newtons_method.squares import fit, mse_derivatives
from sgo_teach.lessons.taylor_expansion import on_models

earlier = Earlier(on_models.newton_step)

__all__ = [
    "earlier",
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
