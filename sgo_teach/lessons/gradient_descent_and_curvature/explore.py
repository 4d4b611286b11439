"""The explorables of lesson 02: modes, momentum, a valley that turns, the best h."""

from sgo_teach.lessons.gradient_descent_and_curvature.frames import left_over
from sgo_teach.lessons.gradient_descent_and_curvature.modes import Contraction, Momentum
from sgo_teach.lessons.gradient_descent_and_curvature.schemes import DifferenceError
from sgo_teach.lessons.gradient_descent_and_curvature.valley import Rescaling

__all__ = ["Contraction", "DifferenceError", "Momentum", "Rescaling", "left_over"]
