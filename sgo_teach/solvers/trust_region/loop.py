"""The trust-region loop: propose, compare with the model, move or not, resize the region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.cg import NOT_FINITE
from sgo_teach.solvers.quadratic_model import (
    QuadraticModel,
    TrialStep,
    quadratic_model,
    try_step,
)
from sgo_teach.solvers.steps import STALLED, Objective, starting_point
from sgo_teach.solvers.trust_region.cauchy import cauchy_point
from sgo_teach.solvers.trust_region.dogleg import dogleg
from sgo_teach.solvers.trust_region.exact import exact
from sgo_teach.solvers.trust_region.proposal import Proposal, Subproblem
from sgo_teach.solvers.trust_region.steihaug import steihaug

SUBPROBLEMS: dict[str, Subproblem] = {
    "cauchy": cauchy_point,
    "dogleg": dogleg,
    "steihaug": steihaug,
    "exact": exact,
}
SMALLEST_RADIUS = float(np.finfo(float).tiny) ** 0.5  # the square of a smaller one underflows


@dataclass(frozen=True, eq=False, kw_only=True)
class TrustRegionStep(TrialStep):
    """A `TrialStep` with ‖trial‖ ≤ radius.

    Its status may also be ``"stalled"``: the trial is too short to move x, and it was rejected, or
    the longer one before it was.

    Attributes
    ----------
    radius : float
        Δ_k.
    on_boundary : bool
        Whether ‖trial‖ = Δ_k.
    reason : str
        Why the subproblem's solver stopped there; see `Proposal`.
    path : (j, n) array
        Corners of its path from 0 to trial.
    multiplier : float
        λ in (H + λI) p = −g where the subproblem's solver knows it, else NaN.
    """

    radius: float
    on_boundary: bool
    reason: str
    path: np.ndarray
    multiplier: float


def trust_region_steps(
    problem: Objective,
    start: ArrayLike,
    radius: float = 1.0,
    max_radius: float = 1000.0,
    eta: float = 0.15,
    subproblem: str | Subproblem = "steihaug",
) -> Iterator[TrustRegionStep]:
    """Yield the steps of the trust-region method.

    Each step minimises the model, well or roughly, over ‖p‖ ≤ Δ_k. It is taken where ρ > η, so
    the loss never rises; a rejected one is yielded too, with delta 0. The next radius is that of
    `next_radius`. Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, Algorithm 4.1.

    Parameters
    ----------
    problem : Objective
        Anything with ``value``, ``gradient`` and ``hessian``.
    start : (n,) array
    radius, max_radius : float
        The first Δ and the largest, 0 < Δ ≤ max_radius.
    eta : float
        η in [0, ¼).
    subproblem : str or callable (g, H, radius) -> Proposal
        ``"cauchy"``, ``"dogleg"``, ``"steihaug"`` or ``"exact"``, or a solver of your own.

    Raises
    ------
    ValueError
        If start is not a finite vector, a number is out of its range, the subproblem is unknown
        or a shape is wrong.
    """
    if not 0 < radius <= max_radius or not isfinite(radius):
        raise ValueError(
            f"radius must be positive, finite and at most max_radius, not {radius} with "
            f"max_radius {max_radius}"
        )
    if not 0 <= eta < 1 / 4:
        raise ValueError(f"eta must be in [0, 1/4), not {eta}: where ρ < 1/4 the region shrinks")
    solve = _solver(subproblem)
    return _trust_region(problem, starting_point(start), float(radius), max_radius, eta, solve)


def next_radius(radius: float, rho: float, on_boundary: bool, max_radius: float) -> float:
    """Δ/4 where ρ < ¼ or is NaN, 2Δ up to the largest where ρ > ¾ on the boundary, else Δ."""
    if not rho >= 1 / 4:
        return radius / 4
    return min(2 * radius, max_radius) if rho > 3 / 4 and on_boundary else radius


def _trust_region(
    problem: Objective,
    x: np.ndarray,
    radius: float,
    max_radius: float,
    eta: float,
    solve: Subproblem,
) -> Iterator[TrustRegionStep]:
    model, k, refused = quadratic_model(problem, x), 0, False
    while True:
        step = _step(problem, model, k, radius, eta, solve)
        if _immovable(step) and (refused or not step.accepted):
            step = replace(step, status=step.status or STALLED, accepted=False, delta=0.0 * x)
        yield step
        if step.status:
            return
        refused = not step.accepted
        radius, k = next_radius(radius, step.rho, step.on_boundary, max_radius), k + 1
        if step.accepted:
            model = quadratic_model(problem, model.x + step.delta)


def _step(
    problem: Objective, model: QuadraticModel, k: int, radius: float, eta: float, solve: Subproblem
) -> TrustRegionStep:
    g, H, zero = model.gradient, model.hessian, 0.0 * model.x
    if model.status:
        proposal = Proposal(zero, NOT_FINITE, False, zero[None])
    else:
        proposal = solve(g, H, radius)
    p, actual, rho = try_step(problem, model, proposal.p)
    accepted = rho > eta and actual <= 0 and not model.status
    return TrustRegionStep(
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
        radius=radius,
        on_boundary=proposal.on_boundary,
        reason=proposal.reason,
        path=proposal.path,
        multiplier=proposal.multiplier,
    )


def _immovable(step: TrustRegionStep) -> bool:
    """Whether the trial leaves x where it is, or would after the next few cuts of the radius."""
    return step.radius < SMALLEST_RADIUS or np.array_equal(step.x + step.trial, step.x)


def _solver(subproblem: str | Subproblem) -> Subproblem:
    if callable(subproblem):
        return subproblem
    if subproblem not in SUBPROBLEMS:
        raise ValueError(f"subproblem must be one of {', '.join(SUBPROBLEMS)}, not {subproblem!r}")
    return SUBPROBLEMS[subproblem]
