"""The subgradient method: a fixed rule of steps, and the best point met on the way.

Boyd, Xiao & Mutapcic, *Subgradient Methods*, lecture notes, Stanford, 2003; Polyak,
*Introduction to Optimization*, 1987.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.descent import StepSize, positive_step_size
from sgo_teach.solvers.steps import Differentiable, Step, advance, evaluate, starting_point

Rule = Callable[[int, float, np.ndarray], float]


@dataclass(frozen=True, eq=False, kw_only=True)
class SubgradientStep(Step):
    """A `Step` Δ = −αg with the best point so far, for the value itself may rise.

    Its ``gradient`` is one subgradient g at x_k, whose length need not shrink near a minimum.

    Attributes
    ----------
    step_size : float
        α; 0 on a step with a status or a zero subgradient, where x_k is a minimiser.
    best_x : (n,) array
        Of x_0, …, x_k the one of least value.
    best_value : float
        Its value.
    """

    step_size: float
    best_x: np.ndarray
    best_value: float


def subgradient_steps(
    problem: Differentiable, start: ArrayLike, step_size: StepSize
) -> Iterator[SubgradientStep]:
    """Yield the steps Δ = −α_k g of the subgradient method, g ∈ ∂L(x_k).

    Where L is convex and ‖g‖ ≤ G throughout, the best value is off the least by at most
    (‖x₀ − x*‖² + G² Σ α_i²) / (2 Σ α_i): constant steps end near a minimum, steps that sum to
    infinity while they go to zero end at it.

    Parameters
    ----------
    problem : Differentiable
        Anything with ``value`` and ``gradient``, the latter one subgradient.
    start : (n,) array
    step_size : float or callable k -> float
        α, constant or scheduled by the number of moves so far: `one_over`, `one_over_root`.

    Raises
    ------
    ValueError
        If start is not a finite vector or α is not positive and finite.
    """

    def rule(k: int, value: float, g: np.ndarray) -> float:
        return float(positive_step_size(step_size, k))

    return _subgradient(problem, starting_point(start), rule)


def polyak_steps(
    problem: Differentiable, start: ArrayLike, lowest: float
) -> Iterator[SubgradientStep]:
    """Yield the subgradient steps of Polyak's length α_k = (L(x_k) − L*)/‖g‖².

    On a convex L with ‖g‖ ≤ G the distance to every minimiser falls at each step, and the best
    of the first k + 1 values is off L* by at most G‖x₀ − x*‖/√(k + 1).

    Parameters
    ----------
    problem, start
        As for `subgradient_steps`.
    lowest : float
        The least value L*. With one below it the method keeps oscillating.

    Raises
    ------
    ValueError
        If start is not a finite vector, lowest is not finite, or a value below it is met.
    """
    if not np.isfinite(lowest):
        raise ValueError(f"lowest must be the finite least value L*, not {lowest}")

    def rule(k: int, value: float, g: np.ndarray) -> float:
        if value < lowest - 1e-12 * max(1.0, abs(lowest)):
            raise ValueError(f"lowest = {lowest} is not the least value: L(x_{k}) is {value}")
        size = float(np.max(np.abs(g)))  # g is measured in it: ‖g‖² may leave the floats
        return max(value - lowest, 0.0) / size / float(np.sum((g / size) ** 2)) / size

    return _subgradient(problem, starting_point(start), rule)


def one_over(alpha: float) -> Callable[[int], float]:
    """The schedule α/(k + 1): its sum is infinite, the sum of its squares is not."""
    return lambda k: alpha / (k + 1)


def one_over_root(alpha: float) -> Callable[[int], float]:
    """The schedule α/√(k + 1), which loses least in the worst case."""
    return lambda k: alpha / np.sqrt(k + 1)


def _subgradient(problem: Differentiable, x: np.ndarray, rule: Rule) -> Iterator[SubgradientStep]:
    k, best_x, best_value = 0, x, np.inf
    while True:
        value, g, status = evaluate(problem, x)
        if value < best_value:
            best_x, best_value = x, value
        alpha = rule(k, value, g) if np.any(g) and not status else 0.0
        with np.errstate(over="ignore"):
            delta = -alpha * g if alpha else np.zeros_like(x)
        yield SubgradientStep(
            k, x, value, g, delta, status,
            step_size=alpha, best_x=best_x, best_value=best_value,
        )  # fmt: skip
        if status:
            return
        x, k = advance(x, delta), k + 1
