"""Minimising on a set: Newton under equalities, the log barrier, projections."""

from sgo_teach.solvers.constrained.barrier import BarrierStep, Centring, barrier_steps, gap_below
from sgo_teach.solvers.constrained.equality import (
    EqualityStep,
    decrement_below,
    feasible_newton_steps,
    infeasible_newton_steps,
    residual_below,
)
from sgo_teach.solvers.constrained.kkt import solve_kkt
from sgo_teach.solvers.constrained.phase_one import phase_one
from sgo_teach.solvers.constrained.projected import (
    ProjectedStep,
    projected_gradient_steps,
    stationary_below,
)
from sgo_teach.solvers.constrained.projected_newton import (
    ProjectedNewtonStep,
    projected_newton_steps,
)
from sgo_teach.solvers.constrained.projections import project_ball, project_box, project_simplex

__all__ = [
    "BarrierStep",
    "Centring",
    "EqualityStep",
    "ProjectedNewtonStep",
    "ProjectedStep",
    "barrier_steps",
    "decrement_below",
    "feasible_newton_steps",
    "gap_below",
    "infeasible_newton_steps",
    "phase_one",
    "project_ball",
    "project_box",
    "project_simplex",
    "projected_gradient_steps",
    "projected_newton_steps",
    "residual_below",
    "solve_kkt",
    "stationary_below",
]
