"""The exercises, predictions and quiz of lesson 02, gathered."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.gradient_descent_and_curvature.on_gaps import gap
from sgo_teach.lessons.gradient_descent_and_curvature.on_gradients import numerical_gradient
from sgo_teach.lessons.gradient_descent_and_curvature.on_momentum import heavy_ball
from sgo_teach.lessons.gradient_descent_and_curvature.on_rates import best_fixed_step
from sgo_teach.lessons.gradient_descent_and_curvature.on_walks import walk_down
from sgo_teach.lessons.gradient_descent_and_curvature.questions import (
    a_turned_valley,
    on_the_floor,
    questions,
    smallest_h,
)
from sgo_teach.lessons.taylor_expansion import on_models

earlier = Earlier(on_models.newton_step)

__all__ = [
    "a_turned_valley",
    "best_fixed_step",
    "earlier",
    "gap",
    "heavy_ball",
    "numerical_gradient",
    "on_the_floor",
    "questions",
    "smallest_h",
    "walk_down",
]
