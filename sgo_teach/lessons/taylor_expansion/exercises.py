"""The exercises, predictions and quiz of lesson 01, and what it borrows from lesson 00."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.start_here import on_parabolas
from sgo_teach.lessons.taylor_expansion.on_models import newton_step, quadratic_model
from sgo_teach.lessons.taylor_expansion.on_points import classify
from sgo_teach.lessons.taylor_expansion.on_polynomials import taylor_polynomial
from sgo_teach.lessons.taylor_expansion.on_walking import descend
from sgo_teach.lessons.taylor_expansion.questions import (
    halve_the_distance,
    more_terms,
    on_a_dome,
    questions,
)

earlier = Earlier(on_parabolas.flat_point)

__all__ = [
    "classify",
    "descend",
    "earlier",
    "halve_the_distance",
    "more_terms",
    "newton_step",
    "on_a_dome",
    "quadratic_model",
    "questions",
    "taylor_polynomial",
]
