"""What every solver yields, how a run of steps ends, and how fast it converged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

SINGULAR = "singular"
NOT_FINITE = "not_finite"
LINE_SEARCH = "line_search"
STALLED = "stalled"
UPHILL = "uphill"
MAX_STEPS = "max_steps"
EXHAUSTED = "exhausted"


class Differentiable(Protocol):
    """What a first-order method needs to know of L; at a kink the gradient is a subgradient."""

    @property
    def value(self) -> Callable[[Any], Any]:
        """L at points (..., n)."""
        ...

    @property
    def gradient(self) -> Callable[[Any], Any]:
        """∇L (..., n)."""
        ...


class Objective(Differentiable, Protocol):
    """What a second-order method needs: `sgo_teach.problems.Problem` and the models have it."""

    @property
    def hessian(self) -> Callable[[Any], Any]:
        """∇²L (..., n, n)."""
        ...


@dataclass(frozen=True, eq=False)
class Step:
    """One row in the table of a run: where the method stands and where it wants to go.

    Its arrays are read-only: the run goes on from them. ``step.x.copy()`` may be written to.

    Attributes
    ----------
    k : int
        Number of moves made so far; the start is step 0.
    x : (n,) array
        The iterate x_k (the lessons' θ).
    value : float
        L(x_k).
    gradient : (n,) array
        ∇L(x_k).
    delta : (n,) array
        The move Δ from here: x_{k+1} = x_k + delta. Zero on a step with a status.
    status : str
        Empty while the method can go on; else why it cannot: ``"singular"`` (no unique Newton
        step) or ``"not_finite"`` (value, gradient, Hessian or step is NaN or infinite at x_k).
    """

    k: int
    x: np.ndarray
    value: float
    gradient: np.ndarray
    delta: np.ndarray
    status: str = ""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                object.__setattr__(self, name, _read_only(value))


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


StopRule = Callable[[Step], str | None]


@dataclass(frozen=True, eq=False)
class Result:
    """How a run ended: x, value, gradient and k of its last step with finite numbers; why; all.

    ``reason`` is what the stop rule answered, the status of the last step, ``"max_steps"``, or
    ``"exhausted"`` when the generator itself came to an end.
    """

    x: np.ndarray
    value: float
    gradient: np.ndarray
    k: int
    reason: str
    steps: tuple[Step, ...]


def starting_point(start: ArrayLike) -> np.ndarray:
    """The start as a fresh (n,) array of floats.

    Raises
    ------
    ValueError
        If it is not a finite vector.
    """
    x = np.array(start, dtype=float)
    if x.ndim != 1 or not np.all(np.isfinite(x)):
        raise ValueError(f"start must be a finite vector (n,), not {x}; a point on the line is [x]")
    return x


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def evaluate(problem: Differentiable, x: np.ndarray) -> tuple[float, np.ndarray, str]:
    """L(x), ∇L(x) (n,) and the status: ``"not_finite"`` if either is NaN or infinite.

    The gradient is a fresh array, for a problem may answer every call in one and the same.

    Raises
    ------
    ValueError
        If the gradient does not have the shape of x, or the value is no number.
    """
    value, gradient = np.asarray(problem.value(x), float), np.array(problem.gradient(x), float)
    if value.ndim or gradient.shape != x.shape:
        raise ValueError(
            f"at x of shape {x.shape} the value must be a number and the gradient of that shape, "
            f"not of shapes {value.shape} and {gradient.shape}"
        )
    return float(value), gradient, "" if _finite(value, gradient) else NOT_FINITE


def _finite(value: ArrayLike, gradient: np.ndarray) -> bool:
    return bool(np.isfinite(value) and np.all(np.isfinite(gradient)))


@np.errstate(over="ignore")
def advance(x: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """x + Δ (n,), infinite without a warning where a diverging run leaves the floats."""
    return x + delta


def gradient_below(tolerance: float) -> StopRule:
    """Stop rule: ‖∇L(x_k)‖₂ ≤ tolerance."""

    @np.errstate(over="ignore")
    def rule(step: Step) -> str | None:
        return "gradient" if np.linalg.norm(step.gradient) <= tolerance else None

    return rule


def minimize(steps: Iterable[Step], until: StopRule | None = None, max_steps: int = 1000) -> Result:
    """Run a solver's steps until a rule is met, the method cannot go on, or max_steps moves.

    Parameters
    ----------
    steps : iterable of Step
        Usually a generator such as ``newton_steps(problem, start)``.
    until : callable, optional
        Takes a step and answers the reason to stop, or None to go on.
    max_steps : int
        Greatest number of moves.

    Raises
    ------
    ValueError
        If max_steps is negative or there are no steps.
    """
    if max_steps < 0:
        raise ValueError(f"max_steps must be at least 0, not {max_steps}; 0 looks at the start")
    taken: list[Step] = []
    reason = EXHAUSTED
    for step in steps:
        taken.append(step)
        if why := _why_stop(step, until, max_steps):
            reason = why
            break
    return _result(taken, reason)


def _why_stop(step: Step, until: StopRule | None, max_steps: int) -> str:
    """The reason to stop at a step, or ""; a rule that is met says more than a status."""
    # Where the Hessian alone is not finite the rule still has a value and a gradient to judge.
    met = until(step) if until and _finite(step.value, step.gradient) else None
    return met or step.status or (MAX_STEPS if step.k >= max_steps else "")


def _result(taken: list[Step], reason: str) -> Result:
    if not taken:
        raise ValueError("minimize needs at least one step; pass a fresh generator of steps")
    # A diverging run ends on a step whose value overflowed: the answer is the one before it.
    finite = (step for step in reversed(taken) if _finite(step.value, step.gradient))
    last = next(finite, taken[0])
    return Result(last.x, last.value, last.gradient, last.k, reason, tuple(taken))


def convergence_order(errors: Iterable[float]) -> np.ndarray:
    """Measured order of convergence from errors e_0, e_1, ....

    If e_{k+1} ≈ c·e_kᵖ, then p ≈ log(e_{k+1}/e_k) / log(e_k/e_{k-1}): 1 for linear convergence,
    2 for quadratic. Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, appendix A.2,
    define the orders.

    Parameters
    ----------
    errors : iterable of m floats
        Distances to the limit, positive; everything from the first zero on is left out,
        because an error of exactly zero has no logarithm.

    Returns
    -------
    (m-2,) array
        One estimate for every three errors in a row; NaN where two of the three in a row are
        equal.

    Raises
    ------
    ValueError
        If an error is negative or not finite, or fewer than three are positive.
    """
    e = np.asarray(list(errors), dtype=float)
    if e.ndim != 1 or not np.all(np.isfinite(e)) or np.any(e < 0):
        raise ValueError(f"errors must be finite distances >= 0, not {e}; pass ‖x_k − x*‖")
    positive = e[: int(np.argmax(e == 0))] if np.any(e == 0) else e
    if positive.size < 3:
        raise ValueError(
            f"an order needs three positive errors, but there are {positive.size}; "
            "start further away"
        )
    ratios = np.diff(np.log(positive))
    moved = (ratios[1:] != 0) & (ratios[:-1] != 0)
    return np.divide(ratios[1:], ratios[:-1], out=np.full(ratios.size - 1, np.nan), where=moved)
