"""Taylor expansion in sympy, and the way from an expression to numpy."""

from sgo_teach.symbolic.expansion import (
    delta_symbols,
    gradient,
    hessian,
    newton_step,
    quadratic_model,
    taylor_polynomial,
)
from sgo_teach.symbolic.numeric import problem_from_expression, taylor_coefficients, to_numpy

__all__ = [
    "delta_symbols",
    "gradient",
    "hessian",
    "newton_step",
    "problem_from_expression",
    "quadratic_model",
    "taylor_coefficients",
    "taylor_polynomial",
    "to_numpy",
]
