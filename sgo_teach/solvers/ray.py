"""The loss along a ray, φ(α) = L(x + αp), and the record of a search on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.steps import NOT_FINITE, UPHILL, Differentiable, evaluate


@dataclass(frozen=True, eq=False)
class Trial:
    """A point on the ray that a search looked at.

    Attributes
    ----------
    alpha : float
    value : float
        φ(α); infinite where L or its gradient is not finite there, which means too far.
    slope : float
        φ′(α) = ∇L(x + αp)ᵀp; NaN where the value alone decided.
    gradient : (n,) array or None
        ∇L(x + αp), with the slope.
    """

    alpha: float
    value: float
    slope: float = np.nan
    gradient: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class LineSearch:
    """Where a line search ended.

    Attributes
    ----------
    alpha : float
        The step length; 0 where no point was acceptable.
    value, slope, gradient
        As in `Trial`, at alpha.
    evaluations, gradient_evaluations : int
        Trial points at which L and ∇L were computed; the start of the ray is not among them.
    reason : str
        ``"armijo"`` or ``"strong_wolfe"``: these conditions hold at alpha. ``"rounding"``: the
        changes of L drown in rounding, and the slope says that alpha is good.
        ``"max_evaluations"``: the best point so far, which satisfies Armijo's condition, or else
        the start. ``"uphill"``: φ′(0) ≥ 0. ``"not_finite"``: L, ∇L or p is not finite at the start.
    trials : tuple of Trial
        Every point looked at, in order, without the start.
    """

    alpha: float
    value: float
    slope: float
    gradient: np.ndarray | None
    evaluations: int
    gradient_evaluations: int
    reason: str
    trials: tuple[Trial, ...]


class Ray:
    """φ(α) = L(x + αp), with every look at it recorded.

    Parameters
    ----------
    problem : Differentiable
        Anything with ``value`` and ``gradient``.
    x, direction : (n,) arrays
        The start of the ray and p.
    value, gradient : float and (n,) array, optional
        L(x) and ∇L(x) where they are known; else they are computed.

    Attributes
    ----------
    start : Trial
        α = 0.
    trials : list of Trial

    Raises
    ------
    ValueError
        If the shapes of x, p and gradient differ, or only one of value and gradient is given.
    """

    def __init__(
        self,
        problem: Differentiable,
        x: ArrayLike,
        direction: ArrayLike,
        value: float | None = None,
        gradient: ArrayLike | None = None,
    ) -> None:
        self.problem = problem
        self.x, self.p = np.array(x, dtype=float), np.array(direction, dtype=float)
        self.start = self._start(value, gradient)
        self.trials: list[Trial] = []

    def _start(self, value: float | None, gradient: ArrayLike | None) -> Trial:
        if (value is None) != (gradient is None):
            raise ValueError("value and gradient at x belong together; pass both or neither")
        self._fits("direction", self.p)
        if value is None or gradient is None:
            value, gradient, _ = evaluate(self.problem, self.x)
        g = np.array(gradient, dtype=float)
        self._fits("gradient", g)
        return Trial(0.0, float(value), _slope(g, self.p), g)

    def _fits(self, name: str, v: np.ndarray) -> None:
        if self.x.ndim != 1 or v.shape != self.x.shape:
            raise ValueError(
                f"x and {name} must be vectors (n,) of one length, not {self.x.shape} and {v.shape}"
            )

    @property
    def refusal(self) -> str:
        """Why there is nothing to search: ``"not_finite"``, ``"uphill"``, or empty."""
        if not np.all(np.isfinite([self.start.value, self.start.slope, *self.p])):
            return NOT_FINITE
        return UPHILL if self.start.slope >= 0 else ""

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def look(self, alpha: float) -> Trial:
        """φ(α), without the slope."""
        value = float(self.problem.value(self.x + alpha * self.p))
        self.trials.append(Trial(alpha, value if np.isfinite(value) else np.inf))
        return self.trials[-1]

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def with_slope(self, trial: Trial) -> Trial:
        """The last trial with its slope; an infinite value if the gradient is not finite."""
        g = np.array(self.problem.gradient(self.x + trial.alpha * self.p), dtype=float)
        value = trial.value if np.all(np.isfinite(g)) else np.inf
        self.trials[-1] = replace(trial, value=value, slope=_slope(g, self.p), gradient=g)
        return self.trials[-1]

    def end(self, at: Trial, reason: str) -> LineSearch:
        """The result of a search that ends at a trial or at the start."""
        looks, slopes = len(self.trials), sum(t.gradient is not None for t in self.trials)
        trials = tuple(self.trials)
        return LineSearch(at.alpha, at.value, at.slope, at.gradient, looks, slopes, reason, trials)


@np.errstate(over="ignore", invalid="ignore")
def _slope(gradient: np.ndarray, p: np.ndarray) -> float:
    return float(gradient @ p)
