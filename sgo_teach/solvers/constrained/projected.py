"""Projected gradient: take a gradient step, then go to the nearest point of the set.

Bertsekas, *Nonlinear Programming*, 2nd ed., 1999, ch. 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.descent import StepSize, positive_step_size
from sgo_teach.solvers.steps import Differentiable, Step, StopRule, evaluate, starting_point

Projection = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False, kw_only=True)
class ProjectedStep(Step):
    """A `Step` of x_{k+1} = P(x_k + α·direction).

    Attributes
    ----------
    alpha : float
        α; 0 on a step with a status.
    residual : float
        ‖x_k − P(x_k − g)‖, which is 0 just where x_k is stationary on the set; the gradient
        itself need not be small there.
    """

    alpha: float
    residual: float


def stationary_below(tolerance: float) -> StopRule:
    """Stop rule: ‖x_k − P(x_k − g)‖ ≤ tolerance, for steps that have a residual."""

    def rule(step: Any) -> str | None:
        return "stationary" if step.residual <= tolerance else None

    return rule


def projected_gradient_steps(
    problem: Differentiable, start: ArrayLike, project: Projection, step_size: StepSize
) -> Iterator[ProjectedStep]:
    """Yield the steps x ↦ P(x − αg) of the projected gradient method.

    Where ∇L is Lipschitz with constant M, it converges on a convex set for α < 2/M.

    Parameters
    ----------
    problem : Differentiable
        Anything with ``value`` and ``gradient``.
    start : (n,) array
        Step 0 is its projection.
    project : callable (n,) -> (n,)
        P, for example ``lambda x: project_box(x, 0, 1)`` or `project_simplex`.
    step_size : float or callable k -> float
        α, constant or scheduled by the number of moves so far.

    Raises
    ------
    ValueError
        If start is not a finite vector, P changes its shape, or α is not positive and finite.
    """
    return _projected_gradient(
        problem, _projected(project, starting_point(start)), project, step_size
    )


def _projected_gradient(
    problem: Differentiable, x: np.ndarray, project: Projection, step_size: StepSize
) -> Iterator[ProjectedStep]:
    k = 0
    while True:
        value, g, status = evaluate(problem, x)
        alpha = 0.0 if status else positive_step_size(step_size, k)
        after = _projected(project, x - alpha * g) if alpha else x
        residual = np.nan if status else float(np.linalg.norm(x - _projected(project, x - g)))
        yield ProjectedStep(k, x, value, g, after - x, status, alpha=alpha, residual=residual)
        if status:
            return
        x, k = after, k + 1


def _projected(project: Projection, x: np.ndarray) -> np.ndarray:
    P = np.asarray(project(x), dtype=float)
    if P.shape != x.shape:
        raise ValueError(f"the projection must keep the shape {x.shape}, not make it {P.shape}")
    return P
