"""The exercises, the prediction and the warm-up of lesson 00."""

from sgo_teach.lessons.start_here.on_parabolas import curvature, flat_point
from sgo_teach.lessons.start_here.on_slopes import slope
from sgo_teach.lessons.start_here.on_walking import walk
from sgo_teach.lessons.start_here.questions import a_long_step, warm_up

__all__ = ["a_long_step", "curvature", "flat_point", "slope", "walk", "warm_up"]
