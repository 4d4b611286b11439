"""The log barrier: minimise f(x) subject to Gx ≤ h (and Ax = b) along the central path.

Boyd & Vandenberghe, *Convex Optimization*, 2004, ch. 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.constrained.equality import (
    EqualityStep,
    decrement_below,
    feasible_newton_steps,
)
from sgo_teach.solvers.constrained.kkt import check_feasible, constraints, equalities, full_row_rank
from sgo_teach.solvers.steps import (
    MAX_STEPS,
    STALLED,
    Objective,
    Result,
    Step,
    StopRule,
    evaluate,
    minimize,
    starting_point,
)

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # G, h, A, b
CENTRED = 1e-10  # λ²/2 of a centring, which bounds how far off its centre it may end
SPOILED = 0.01  # relative round-off of a slack, past which no centring is meant any more
ULP = float(np.finfo(float).eps)
MOST_NEWTON_STEPS = 100


class Centring:
    """The objective t·f(x) − Σ log(h_i − g_i·x) of one centring, +∞ where Gx < h fails.

    Parameters
    ----------
    problem : Objective
        f.
    G : (m, n) array
    h : (m,) array
    t : float
        Weight of f, positive.
    """

    def __init__(self, problem: Objective, G: np.ndarray, h: np.ndarray, t: float) -> None:
        self.problem, self.G, self.h, self.t = problem, G, h, t

    def value(self, x: np.ndarray) -> float:
        """The value at x (n,)."""
        slack = self.h - self.G @ x
        if not np.all(slack > 0):
            return np.inf
        return self.t * float(self.problem.value(x)) - float(np.sum(np.log(slack)))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """t∇f + Gᵀ(1/slack), shape (n,)."""
        return self.t * np.asarray(self.problem.gradient(x)) + self.G.T @ (1 / self._slack(x))

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """t∇²f + Gᵀ diag(1/slack²) G, shape (n, n)."""
        scaled = self.G / self._slack(x)[:, None]
        return self.t * np.asarray(self.problem.hessian(x)) + scaled.T @ scaled

    def roundoff(self, x: np.ndarray) -> float:
        """The greatest relative round-off of a slack at x, which the decrement cannot get below."""
        lost = np.finfo(float).eps * (np.abs(self.h) + np.abs(self.G) @ np.abs(x))
        return float(np.max(lost / self._slack(x), initial=0.0))

    def _slack(self, x: np.ndarray) -> np.ndarray:
        return self.h - self.G @ x


@dataclass(frozen=True, eq=False, kw_only=True)
class BarrierStep(Step):
    """A `Step` from one point of the central path to the next: x_k = x*(t_k).

    Its status tells why the next centring failed: ``"singular"``, ``"not_finite"``, ``"uphill"``,
    or ``"stalled"``, as every run ends once round-off in h − Gx is no longer small beside the
    slack.

    Attributes
    ----------
    t : float
        t_k.
    gap : float
        m/t, the duality gap, which bounds f(x_k) − f* where f is convex.
    dual : (m,) array
        λ_i = 1/(t (h_i − g_i·x)), corrected by the last Newton step so that they are dual feasible:
        multipliers of Gx ≤ h.
    nu : (p,) array
        Multipliers of Ax = b: ∇f + Gᵀλ + Aᵀν = 0.
    path : (j, n) array
        The Newton iterates of this centring, the last of them x_k.
    """

    t: float
    gap: float
    dual: np.ndarray
    nu: np.ndarray
    path: np.ndarray


def gap_below(tolerance: float) -> StopRule:
    """Stop rule: the duality gap of a `BarrierStep` ≤ tolerance."""

    def rule(step: Any) -> str | None:
        return "gap" if step.gap <= tolerance else None

    return rule


def barrier_steps(
    problem: Objective,
    G: ArrayLike,
    h: ArrayLike,
    start: ArrayLike,
    *,
    A: ArrayLike | None = None,
    b: ArrayLike | None = None,
    t: float = 1.0,
    mu: float = 10.0,
) -> Iterator[BarrierStep]:
    """Yield one step a centring of the barrier method, algorithm 11.1 of Boyd & Vandenberghe.

    Each centring minimises t·f − Σ log(h − Gx) on Ax = b by Newton's method with backtracking
    inside the domain, from the centre before; then t is multiplied by μ. Step 0 is x*(t).

    Parameters
    ----------
    problem : Objective
        f, convex, with ``value``, ``gradient`` and ``hessian``.
    G : (m, n) array
        One row for each inequality g_i·x ≤ h_i.
    h : (m,) array
    start : (n,) array
        Strictly feasible: G start < h and A start = b. `phase_one` finds one.
    A : (p, n) array, optional
    b : (p,) array, optional
    t : float
        First weight of f.
    mu : float
        Factor of t from one centring to the next, above 1.

    Raises
    ------
    ValueError
        If start is not strictly feasible, a shape does not fit, the rows of A are dependent, t is
        not positive, μ is not above 1, or A comes without b; and at the first step, if the first
        centring fails.
    """
    x = starting_point(start)
    G, h = constraints(G, h, x.size)
    A, b = full_row_rank(*equalities(A, b, x.size), x.size)
    if not (0 < t < np.inf and 1 < mu < np.inf):
        raise ValueError(f"t must be positive and mu above 1, both finite, not {t} and {mu}")
    _check_strictly_feasible(G, h, x)
    check_feasible(A, b, x)
    return _barrier(problem, (G, h, A, b), x, float(t), float(mu))


def _barrier(
    problem: Objective, rows: Rows, x: np.ndarray, t: float, mu: float
) -> Iterator[BarrierStep]:
    k, centre = 0, _centre(problem, rows, x, t)
    if centre.reason != "decrement":
        raise ValueError(
            f"the first centring ended as {centre.reason!r} and not at a centre: f must be convex "
            "and bounded below on Gx ≤ h; try another t or start"
        )
    while True:
        following = _centre(problem, rows, centre.x, mu * t)
        status = {"decrement": "", MAX_STEPS: STALLED}.get(following.reason, following.reason)
        move = np.zeros_like(x) if status else following.x - centre.x
        yield _barrier_step(problem, rows, k, t, centre, move, status)
        if status:
            return
        k, t, centre = k + 1, mu * t, following


def _centre(problem: Objective, rows: Rows, x: np.ndarray, t: float) -> Result:
    G, h, A, b = rows
    centring = Centring(problem, G, h, t)
    steps = feasible_newton_steps(centring, A, b, x)
    return minimize(steps, _centred(centring), MOST_NEWTON_STEPS)


def _centred(centring: Centring) -> StopRule:
    """λ²/2 is small, or as small as round-off lets it be, or round-off has spoiled the slacks."""

    def rule(step: Step) -> str | None:
        roundoff = centring.roundoff(step.x)
        if roundoff > SPOILED:
            return STALLED
        # λ²/2 is what the objective has still to fall: no less than rounding x and it changes it.
        noise = ULP * (abs(step.value) + float(np.abs(step.gradient) @ np.abs(step.x)))
        return decrement_below(max(CENTRED, roundoff**2, noise))(step)

    return rule


def _barrier_step(
    problem: Objective, rows: Rows, k: int, t: float, centre: Result, move: np.ndarray, status: str
) -> BarrierStep:
    G, h, *_ = rows
    value, gradient, status_here = evaluate(problem, centre.x)
    dual, nu = _multipliers(G, h - G @ centre.x, t, cast(EqualityStep, centre.steps[-1]))
    return BarrierStep(
        k, centre.x, value, gradient, move, status_here or status,
        t=t, gap=len(h) / t, dual=dual, nu=nu,
        path=np.array([step.x for step in centre.steps]),
    )  # fmt: skip


def _multipliers(
    G: np.ndarray, slack: np.ndarray, t: float, last: EqualityStep
) -> tuple[np.ndarray, np.ndarray]:
    """λ (m,) and ν (p,) of the Newton step from the centre, to first order those of x + Δx.

    1/(t·slack) alone has the relative round-off of the slack, and ∇f + Gᵀλ + Aᵀν = 0 would fail by
    that much; the KKT system of Δx makes it good.
    """
    dx = last.delta / last.alpha if last.alpha else 0.0 * last.x
    return (1 + G @ dx / slack) / (t * slack), last.nu / t


def _check_strictly_feasible(G: np.ndarray, h: np.ndarray, x: np.ndarray) -> None:
    over = G @ x - h
    if np.any(over >= 0):
        i = int(np.argmax(over))
        raise ValueError(
            f"start must satisfy Gx < h strictly, but in row {i} Gx − h = {over[i]:.3g}; "
            "phase_one(G, h) finds such a point"
        )
