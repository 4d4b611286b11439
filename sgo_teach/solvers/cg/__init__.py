"""Conjugate gradients: the recurrence, the rules that stop it, and a thin run of both."""

from sgo_teach.solvers.cg.recurrence import (
    BAD_PRECONDITIONER,
    NEGATIVE_CURVATURE,
    SOLVED,
    CGStep,
    Product,
    Vector,
    cg_steps,
)
from sgo_teach.solvers.cg.run import CGResult, Iterate, cg
from sgo_teach.solvers.cg.stopping import (
    StopRule,
    geometric_spacing,
    martens_rule,
    residual_rule,
)
from sgo_teach.solvers.steps import MAX_STEPS, NOT_FINITE

__all__ = [
    "BAD_PRECONDITIONER",
    "MAX_STEPS",
    "NEGATIVE_CURVATURE",
    "NOT_FINITE",
    "SOLVED",
    "CGResult",
    "CGStep",
    "Iterate",
    "Product",
    "StopRule",
    "Vector",
    "cg",
    "cg_steps",
    "geometric_spacing",
    "martens_rule",
    "residual_rule",
]
