"""The exercises, predictions and quiz of lesson 04, and what it borrows from earlier ones."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.newtons_method import method
from sgo_teach.lessons.safe_newton.on_learning import bfgs_update
from sgo_teach.lessons.safe_newton.on_lines import backtrack
from sgo_teach.lessons.safe_newton.on_solver import safe_newton
from sgo_teach.lessons.safe_newton.on_steps import damped_step, reduction_ratio
from sgo_teach.lessons.safe_newton.questions import (
    better_than_promised,
    full_step,
    questions,
    two_signs,
)
from sgo_teach.lessons.taylor_expansion import on_models

earlier = Earlier(on_models.newton_step, method.newton)

__all__ = [
    "backtrack",
    "better_than_promised",
    "bfgs_update",
    "damped_step",
    "earlier",
    "full_step",
    "questions",
    "reduction_ratio",
    "safe_newton",
    "two_signs",
]
