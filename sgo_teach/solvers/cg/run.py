"""Run conjugate gradients to the end and keep what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from sgo_teach.solvers.cg.recurrence import CGStep, Product, Vector, cg_steps
from sgo_teach.solvers.cg.stopping import StopRule, residual_rule
from sgo_teach.solvers.steps import MAX_STEPS


@dataclass(frozen=True, eq=False)
class Iterate:
    """An iterate kept by reference: x (n,) with φ(x) and k, the steps taken to reach it."""

    k: int
    x: Vector
    model_value: float


@dataclass(frozen=True, eq=False)
class CGResult:
    """How a CG run ended.

    Attributes
    ----------
    x : (n,) vector
        The last iterate.
    k : int
        Products spent.
    reason : str
        ``"residual"``, ``"martens"``, ``"max_steps"`` or the status of the last step.
    iterates : tuple of Iterate
        Those asked for, in order, and always the last.
    model_values, residual_norms : tuples of k+1 floats
        φ and ‖r‖ at every step.
    last : CGStep
        The last step; its p and curvature tell of negative curvature.
    """

    x: Vector
    k: int
    reason: str
    iterates: tuple[Iterate, ...]
    model_values: tuple[float, ...]
    residual_norms: tuple[float, ...]
    last: CGStep


def cg(
    A: Any,
    b: Vector,
    x0: Vector | None = None,
    preconditioner: Product | None = None,
    *,
    stop: StopRule | Sequence[StopRule] | None = None,
    max_steps: int | None = None,
    keep: Iterable[int] = (),
) -> CGResult:
    """Run conjugate gradients until a stop rule is met, CG cannot go on, or max_steps products.

    Parameters
    ----------
    A, b, x0, preconditioner
        As for `cg_steps`.
    stop : rule or sequence of rules, optional
        Each takes (step, φ values so far) and answers a reason or None; `residual_rule()` if
        left out, ``()`` for none.
    max_steps : int, optional
        Greatest number of products; 10·n if left out.
    keep : increasing indices, optional
        Which iterates to keep, e.g. `geometric_spacing()` or ``range(1, 100)``.

    Raises
    ------
    ValueError
        As `cg_steps`, or if max_steps is negative.
    """
    most = 10 * len(b) if max_steps is None else max_steps
    if most < 0:
        raise ValueError(f"max_steps must be at least 0, not {most}; 0 only looks at the start")
    rules = (residual_rule(),) if stop is None else (stop,) if callable(stop) else tuple(stop)
    steps, wanted = cg_steps(A, b, x0, preconditioner), iter(keep)
    phi: list[float] = []
    norms: list[float] = []
    kept: list[Iterate] = []
    next_kept, reached = next(wanted, inf), None
    while True:
        step = next(steps)
        if reached is None or step.x is not reached.x:
            reached = step  # a product that ended the run made no step
        if step.k == len(phi):
            phi.append(step.model_value)
            norms.append(step.residual_norm)
        reason = step.status or _first_reason(rules, step, phi) or ("", MAX_STEPS)[step.k >= most]
        if (step.k >= next_kept or reason) and not (kept and kept[-1].x is step.x):
            kept.append(Iterate(reached.k, step.x, step.model_value))
            next_kept = next((index for index in wanted if index > step.k), inf)
        if reason:
            return CGResult(step.x, step.k, reason, tuple(kept), tuple(phi), tuple(norms), step)


def _first_reason(rules: Sequence[StopRule], step: CGStep, phi: Sequence[float]) -> str | None:
    return next((why for rule in rules if (why := rule(step, phi))), None)
