"""Levenberg–Marquardt damping: trust the quadratic model as far as it has proved right.

λ is the damping in (H + λI) Δ = −g, ρ the reduction ratio. Nocedal & Wright, *Numerical
Optimization*, 2nd ed., 2006, ch. 4 and 10; the constants of `levenberg_marquardt` are those of
Martens, "Deep learning via Hessian-free optimization", ICML 2010.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite, nan

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.quadratic_model import (
    QuadraticModel,
    TrialStep,
    positive_definite_step,
    quadratic_model,
    reduction_ratio,
    try_step,
)
from sgo_teach.solvers.steps import Objective, starting_point

__all__ = [
    "LARGEST",
    "SMALLEST",
    "LevenbergMarquardtStep",
    "levenberg_marquardt",
    "levenberg_marquardt_steps",
    "reduction_ratio",
]

SMALLEST, LARGEST = 1e-20, 1e20  # where float32 still computes with λ


def levenberg_marquardt(damping: float, ratio: float) -> float:
    """The next λ: ×3/2 where ρ < ¼ or not finite, ×2/3 where ρ > ¾, else unchanged.

    It stays between `SMALLEST` and `LARGEST`; a λ beyond one of them goes no further out.
    """
    if not isfinite(ratio) or ratio < 1 / 4:
        factor = 3 / 2
    elif ratio > 3 / 4:
        factor = 2 / 3
    else:
        factor = 1.0
    if damping <= 0:
        return damping
    return min(max(factor * damping, min(SMALLEST, damping)), max(LARGEST, damping))


@dataclass(frozen=True, eq=False, kw_only=True)
class LevenbergMarquardtStep(TrialStep):
    """A `TrialStep` with (H + λI) p = −g; where `try_step` has halved p, 2ʲp solves it.

    Attributes
    ----------
    damping : float
        λ.
    positive_definite : bool
        Whether H + λI is; where it is not there is no p (trial is 0, rho NaN) and λ grows.
    """

    damping: float
    positive_definite: bool


def levenberg_marquardt_steps(
    problem: Objective, start: ArrayLike, damping: float = 1.0
) -> Iterator[LevenbergMarquardtStep]:
    """Yield the steps (H + λI) Δ = −g with λ adapted by the reduction ratio ρ.

    ρ is measured by the undamped model. A step is taken where ρ > 0, so the loss never rises;
    a rejected step, and one for which H + λI is not positive definite, is yielded too, with
    delta 0, and λ grows. On a `sgo_teach.solvers.gauss_newton.GaussNewton` H is JᵀJ, and this is
    the classical method for nonlinear least squares. Marquardt, "An algorithm for least-squares
    estimation of nonlinear parameters", 1963.

    Parameters
    ----------
    problem : Objective
        Anything with ``value``, ``gradient`` and ``hessian``.
    start : (n,) array
    damping : float
        The first λ, positive.

    Raises
    ------
    ValueError
        If start is not a finite vector, λ is not positive, or a shape is wrong.
    """
    if not 0 < damping < inf:
        raise ValueError(
            f"damping must be positive and finite, not {damping}: the rule multiplies λ, and 0 "
            "would stay 0; newton_steps goes without"
        )
    return _levenberg_marquardt(problem, starting_point(start), float(damping))


def _levenberg_marquardt(
    problem: Objective, x: np.ndarray, lam: float
) -> Iterator[LevenbergMarquardtStep]:
    model, k = quadratic_model(problem, x), 0
    while True:
        step = _step(problem, model, k, lam)
        yield step
        if step.status:
            return
        lam, k = levenberg_marquardt(lam, step.rho), k + 1
        if step.accepted:
            model = quadratic_model(problem, model.x + step.delta)


def _step(problem: Objective, model: QuadraticModel, k: int, lam: float) -> LevenbergMarquardtStep:
    g, H, zero = model.gradient, model.hessian, 0.0 * model.x
    p = None if model.status else positive_definite_step(H + lam * np.eye(g.size), g)
    definite = p is not None
    p, actual, rho = try_step(problem, model, p) if definite else (zero, nan, nan)
    accepted = rho > 0 and actual <= 0
    return LevenbergMarquardtStep(
        k=k,
        x=model.x,
        value=model.value,
        gradient=g,
        delta=p if accepted else zero,
        status=model.status,
        hessian=H,
        trial=p,
        model_change=model.change(p),
        actual_change=actual,
        rho=rho,
        accepted=accepted,
        damping=lam,
        positive_definite=definite,
    )
