"""Named test problems: value, gradient and Hessian written out, with what is known of them.

Every function takes an array of points ``(..., n)`` and works over the leading axes, so one call
serves a point, a path or the grid under a contour plot: value ``(...)``, gradient ``(..., n)``,
Hessian ``(..., n, n)``.
"""

from sgo_teach.problems.one_dimensional import hyperbola, quartic, two_cycle, wavy
from sgo_teach.problems.problem import Problem, line, planar, point
from sgo_teach.problems.quadratics import bowl, quadratic
from sgo_teach.problems.two_dimensional import (
    beale,
    hills,
    himmelblau,
    monkey_saddle,
    rosenbrock,
    saddle,
)

__all__ = [
    "Problem",
    "beale",
    "bowl",
    "hills",
    "himmelblau",
    "hyperbola",
    "line",
    "monkey_saddle",
    "planar",
    "point",
    "quadratic",
    "quartic",
    "rosenbrock",
    "saddle",
    "two_cycle",
    "wavy",
]
