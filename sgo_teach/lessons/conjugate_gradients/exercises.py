"""The exercises, predictions and quiz of lesson 08, and what it borrows from lesson 01."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.conjugate_gradients.on_cg import cg
from sgo_teach.lessons.conjugate_gradients.on_curvature import guarded_cg
from sgo_teach.lessons.conjugate_gradients.on_preconditioning import pcg
from sgo_teach.lessons.conjugate_gradients.on_stopping import martens_stop
from sgo_teach.lessons.conjugate_gradients.questions import (
    does_the_residual_fall,
    on_a_saddle,
    questions,
    three_values,
    two_variables,
)
from sgo_teach.lessons.taylor_expansion import on_models

earlier = Earlier(on_models.newton_step)

__all__ = [
    "cg",
    "does_the_residual_fall",
    "earlier",
    "guarded_cg",
    "martens_stop",
    "on_a_saddle",
    "pcg",
    "questions",
    "three_values",
    "two_variables",
]
