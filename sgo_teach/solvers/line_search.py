"""Line searches: how far to go along a descent direction p, judged on φ(α) = L(x + αp).

Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 3:

    α               step length
    φ(α), φ′(α)     value L(x + αp) and slope ∇L(x + αp)ᵀp
    c1, c2          constants of the two Wolfe conditions, 0 < c1 < c2 < 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.ray import LineSearch, Ray, Trial
from sgo_teach.solvers.steps import Differentiable

ARMIJO = "armijo"
STRONG_WOLFE = "strong_wolfe"
ROUNDING = "rounding"
MAX_EVALUATIONS = "max_evaluations"
NOISE = np.finfo(float).eps ** (2 / 3)  # relative; a loss loses digits where its terms cancel
FORGIVEN = 1000 * np.finfo(float).eps  # relative rise that such cancellation may feign


def sufficient_decrease(
    alpha: Any, value: Any, value_0: float, slope_0: float, c1: float = 1e-4
) -> Any:
    """Armijo's condition φ(α) ≤ φ(0) + c1·α·φ′(0), (3.4); for numbers or arrays (...)."""
    return value <= value_0 + c1 * alpha * slope_0


def flat_enough(slope: Any, slope_0: float, c2: float = 0.9) -> Any:
    """The strong curvature condition |φ′(α)| ≤ c2·|φ′(0)|, (3.7b); for numbers or arrays (...)."""
    return np.abs(slope) <= c2 * abs(slope_0)


def armijo(
    problem: Differentiable,
    x: ArrayLike,
    direction: ArrayLike,
    alpha: float = 1.0,
    *,
    c1: float = 1e-4,
    shrink: float = 0.5,
    value: float | None = None,
    gradient: ArrayLike | None = None,
    max_evaluations: int = 60,
) -> LineSearch:
    """Shrink α until L has fallen in proportion to it: backtracking, algorithm 3.1.

    Parameters
    ----------
    problem : Differentiable
        Anything with ``value`` and ``gradient``.
    x, direction : (n,) arrays
        The start of the ray and p.
    alpha : float
        The first trial; 1 for directions of Newton's kind.
    c1, shrink : float
        In (0, 1).
    value, gradient : float and (n,) array, optional
        L(x) and ∇L(x) where they are known; else they are computed.
    max_evaluations : int
        Greatest number of trials.

    Raises
    ------
    ValueError
        If a constant is outside its range or a shape does not fit.
    """
    _between_0_and_1(c1=c1, shrink=shrink)
    _check_budget(alpha, max_evaluations)
    ray = Ray(problem, x, direction, value, gradient)
    if ray.refusal:
        return ray.end(ray.start, ray.refusal)
    for _ in range(max_evaluations):
        trial = ray.look(alpha)
        if sufficient_decrease(alpha, trial.value, ray.start.value, ray.start.slope, c1):
            return ray.end(trial, ARMIJO)
        alpha *= shrink
    return ray.end(ray.start, MAX_EVALUATIONS)


def strong_wolfe(
    problem: Differentiable,
    x: ArrayLike,
    direction: ArrayLike,
    alpha: float = 1.0,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    value: float | None = None,
    gradient: ArrayLike | None = None,
    max_evaluations: int = 40,
) -> LineSearch:
    """Find α with the strong Wolfe conditions (3.7): algorithms 3.5 (bracket) and 3.6 (zoom).

    It ends at the first trial where both hold; one whose value decides against it costs no
    gradient. Where the change of L drowns in its rounding, the decrease is read off the slope
    instead, and a rise by a relative 2e-13 is forgiven: Hager & Zhang, "A new conjugate gradient
    method with guaranteed descent and an efficient line search", SIAM J. Optim., 2005.

    Parameters
    ----------
    problem, x, direction, alpha, value, gradient, max_evaluations
        As for `armijo`.
    c1, c2 : float
        0 < c1 < c2 < 1; the smaller c2, the more exact the search.

    Raises
    ------
    ValueError
        As `armijo`.
    """
    _between_0_and_1(c1=c1, c2=c2)
    if not c1 < c2:
        raise ValueError(f"the Wolfe conditions need c1 < c2, not {c1} and {c2}")
    _check_budget(alpha, max_evaluations)
    ray = Ray(problem, x, direction, value, gradient)
    if ray.refusal:
        return ray.end(ray.start, ray.refusal)
    return _bracket(_Search(ray, c1, c2, max_evaluations), alpha)


@dataclass(frozen=True)
class _Search:
    """The ray with the rules of the strong Wolfe search."""

    ray: Ray
    c1: float
    c2: float
    most: int

    @property
    def exhausted(self) -> bool:
        return len(self.ray.trials) >= self.most

    def look(self, alpha: float) -> Trial:
        """φ(α), with the slope where Armijo's condition holds or rounding hides whether it does."""
        trial = self.ray.look(alpha)
        if self.low(trial) or self.drowned(trial):
            return self.ray.with_slope(trial)
        return trial

    def low(self, trial: Trial) -> bool:
        start = self.ray.start
        return sufficient_decrease(trial.alpha, trial.value, start.value, start.slope, self.c1)

    def drowned(self, trial: Trial) -> bool:
        start = self.ray.start
        changes = trial.value - start.value, trial.alpha * start.slope
        return max(map(abs, changes)) <= NOISE * abs(start.value)

    def risen(self, trial: Trial) -> bool:
        start = self.ray.start
        return trial.value > start.value + FORGIVEN * abs(start.value)

    def verdict(self, trial: Trial) -> str:
        """``"strong_wolfe"``, ``"rounding"``, or empty where the search must go on."""
        if not np.isfinite(trial.value):
            return ""
        slope_0 = self.ray.start.slope
        if self.low(trial) and flat_enough(trial.slope, slope_0, self.c2):
            return STRONG_WOLFE
        if self.risen(trial) or not self.drowned(trial):
            return ""
        # On a parabola φ′(α) ≤ (2c1 − 1)φ′(0) is Armijo's condition.
        steep = min(self.c2, 1 - 2 * self.c1)
        return ROUNDING if flat_enough(trial.slope, slope_0, steep) else ""


def _bracket(search: _Search, alpha: float) -> LineSearch:
    """Algorithm 3.5: go further until the conditions hold or two points enclose such an α."""
    before = start = search.ray.start
    while not search.exhausted:
        trial = search.look(alpha)
        if verdict := search.verdict(trial):
            return search.ray.end(trial, verdict)
        if not search.low(trial) or (before is not start and trial.value >= before.value):
            return _zoom(search, before, trial)
        if trial.slope >= 0:
            return _zoom(search, trial, before)
        before, alpha = trial, _beyond(before, trial)
    return search.ray.end(before, MAX_EVALUATIONS)


def _zoom(search: _Search, low: Trial, high: Trial) -> LineSearch:
    """Algorithm 3.6: shrink the interval, `low` being the lowest point with Armijo's condition."""
    while not search.exhausted:
        trial = search.look(_inside(low, high, halve=len(search.ray.trials) % 3 == 2))
        if verdict := search.verdict(trial):
            return search.ray.end(trial, verdict)
        if not search.low(trial) or trial.value >= low.value:
            high = trial
            continue
        if trial.slope * (high.alpha - low.alpha) >= 0:
            high = low
        low = trial
    return search.ray.end(low, MAX_EVALUATIONS)


def _inside(a: Trial, b: Trial, *, halve: bool) -> float:
    """Where the interpolant of a and b is least, at least a tenth of the way from both.

    Every third trial halves the interval, so that it shrinks whatever φ is.
    """
    alpha = np.nan if halve or np.isinf(b.value) else _least(a, b)
    left, right = sorted((a.alpha, b.alpha))
    margin = 0.1 * (right - left)
    middle = (left + right) / 2
    return float(np.clip(alpha, left + margin, right - margin)) if np.isfinite(alpha) else middle


def _beyond(a: Trial, b: Trial) -> float:
    """Where the cubic through a and b is least, between twice and four times as far as b."""
    alpha = _least(a, b)
    return float(np.clip(alpha, 2 * b.alpha, 4 * b.alpha)) if alpha > b.alpha else 4 * b.alpha


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _least(a: Trial, b: Trial) -> float:
    """Minimiser of the cubic (3.59) with the values and slopes of a and b; NaN if it has none.

    Where b's slope is not known, of the parabola with a's value and slope and b's value.
    """
    width = np.float64(b.alpha - a.alpha)
    if np.isnan(b.slope):
        return float(a.alpha - 0.5 * a.slope * width**2 / (b.value - a.value - a.slope * width))
    d1 = a.slope + b.slope - 3 * (b.value - a.value) / width
    d2 = np.sign(width) * np.sqrt(d1 * d1 - a.slope * b.slope)
    return float(b.alpha - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))


def _between_0_and_1(**constants: float) -> None:
    for name, c in constants.items():
        if not 0 < c < 1:
            raise ValueError(f"{name} must be between 0 and 1, not {c}")


def _check_budget(alpha: float, max_evaluations: int) -> None:
    if not 0 < alpha < np.inf:
        raise ValueError(f"the first alpha must be positive and finite, not {alpha}")
    if max_evaluations < 1:
        raise ValueError(f"max_evaluations must be at least 1, not {max_evaluations}")
