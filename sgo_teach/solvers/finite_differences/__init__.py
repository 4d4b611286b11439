"""Derivatives by finite differences, and gradients checked against them."""

from sgo_teach.solvers.finite_differences.check import GradientCheck, check_gradient
from sgo_teach.solvers.finite_differences.schemes import (
    SCHEMES,
    Function,
    best_step,
    derivative,
    gradient,
    hessian_vector_product,
    jacobian,
)

__all__ = [
    "SCHEMES",
    "Function",
    "GradientCheck",
    "best_step",
    "check_gradient",
    "derivative",
    "gradient",
    "hessian_vector_product",
    "jacobian",
]
