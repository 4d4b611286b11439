"""Proximal gradient: a gradient step on the smooth part, then the prox of the rest.

Beck & Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse problems",
SIAM J. Imaging Sciences 2 (2009), who call the method ISTA and its accelerated form FISTA.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.steps import NOT_FINITE, Step, advance, starting_point


class Composite(Protocol):
    """F = f + g with f smooth and g convex: `sgo_teach.models.lasso.Lasso` is one."""

    @property
    def value(self) -> Callable[[Any], Any]:
        """F at (n,) points."""
        ...

    @property
    def smooth_gradient(self) -> Callable[[Any], Any]:
        """∇f (n,)."""
        ...

    @property
    def prox(self) -> Callable[[Any, float], Any]:
        """(v, α) to the minimiser (n,) of αg(x) + ½‖x − v‖²."""
        ...

    @property
    def lipschitz(self) -> float:
        """L with ‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖; asked for only where no step size is given."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class ProximalStep(Step):
    """A `Step` x_{k+1} = prox_{αg}(y_k − α∇f(y_k)).

    Its ``value`` is F(x_k). Its ``gradient`` is the gradient mapping at x_k,
    (x_k − prox_{αg}(x_k − α∇f(x_k)))/α, which is 0 just where x_k minimises F, so that
    ``gradient_below`` is a stop rule here too. Where y_k is not x_k it costs a second gradient:
    the mapping at y_k can be a hundred times smaller while the iterates swing.

    Attributes
    ----------
    y : (n,) array
        Where the step is taken from: x_k, or for FISTA a point beyond it.
    step_size : float
        α.
    t : float
        FISTA's t_k, from which its momentum (t_{k−1} − 1)/t_k comes; 1 without momentum.
    """

    y: np.ndarray
    step_size: float
    t: float = 1.0


def soft_threshold(v: ArrayLike, threshold: ArrayLike) -> np.ndarray:
    """sign(v)·max(|v| − threshold, 0), shape of v: the minimiser of threshold·‖x‖₁ + ½‖x − v‖².

    Parameters
    ----------
    v : (...) array
    threshold : float or array that broadcasts with v
        At least 0.

    Raises
    ------
    ValueError
        If a threshold is negative or NaN.
    """
    v, threshold = np.asarray(v, dtype=float), np.asarray(threshold, dtype=float)
    if not np.all(threshold >= 0):
        raise ValueError(f"a threshold must be at least 0, not {threshold.min()}")
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0.0)


def proximal_gradient_steps(
    problem: Composite, start: ArrayLike, step_size: float | None = None
) -> Iterator[ProximalStep]:
    """Yield the steps of the proximal gradient method, x ↦ prox_{αg}(x − α∇f(x)).

    With α = 1/L, F never rises and F(x_k) − F* ≤ L‖x₀ − x*‖²/(2k); Beck & Teboulle 2009,
    theorem 3.1. With g = 0 it is gradient descent; with g 0 on a convex set and infinite outside
    it is projected gradient.

    Parameters
    ----------
    problem : Composite
        Anything with ``value``, ``smooth_gradient``, ``prox`` and, unless the step size is given,
        ``lipschitz``.
    start : (n,) array
        g may be infinite there: step 0 then has the value +∞, and step 1 is back in g's domain.
    step_size : float, optional
        α, by default 1/L; below 2/L to converge.

    Raises
    ------
    ValueError
        If start is not a finite vector or α is not positive and finite.
    """
    return _steps(problem, starting_point(start), _step_size(problem, step_size), momentum=False)


def ista_steps(
    problem: Composite, start: ArrayLike, step_size: float | None = None
) -> Iterator[ProximalStep]:
    """Yield the steps of ISTA: `proximal_gradient_steps` by the name it has where g is λ‖x‖₁."""
    return proximal_gradient_steps(problem, start, step_size)


def fista_steps(
    problem: Composite, start: ArrayLike, step_size: float | None = None
) -> Iterator[ProximalStep]:
    """Yield the steps of FISTA: each is taken from y_k = x_k + (t_{k−1} − 1)/t_k·(x_k − x_{k−1}).

    t₀ = 1 and t_k = (1 + √(1 + 4t_{k−1}²))/2. With α = 1/L, F(x_k) − F* ≤ 2L‖x₀ − x*‖²/(k + 1)²;
    Beck & Teboulle 2009, theorem 4.4. F may rise on the way.

    Parameters
    ----------
    problem, start, step_size
        As for `proximal_gradient_steps`; at most 1/L.

    Raises
    ------
    ValueError
        As `proximal_gradient_steps`.
    """
    return _steps(problem, starting_point(start), _step_size(problem, step_size), momentum=True)


def _steps(
    problem: Composite, x: np.ndarray, alpha: float, momentum: bool
) -> Iterator[ProximalStep]:
    k, y, t = 0, x, 1.0
    while True:
        step = _proximal_step(problem, k, x, y, alpha, t)
        yield step
        if step.status:
            return
        x, before, k = advance(x, step.delta), x, k + 1
        y = x
        if momentum:
            t, t_before = (1 + np.sqrt(1 + 4 * t**2)) / 2, t
            y = _beyond(x, before, (t_before - 1) / t)


@np.errstate(over="ignore", invalid="ignore")
def _beyond(x: np.ndarray, before: np.ndarray, share: float) -> np.ndarray:
    """Past x (n,) by a share of the last move."""
    return x + share * (x - before)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _proximal_step(
    problem: Composite, k: int, x: np.ndarray, y: np.ndarray, alpha: float, t: float
) -> ProximalStep:
    value, after = float(problem.value(x)), _forward_backward(problem, y, alpha)
    from_x = after if y is x else _forward_backward(problem, x, alpha)
    # At the start g may be infinite: its prox leads back to where it is not.
    meant = np.isfinite(value) or (k == 0 and value == np.inf)
    finite = meant and np.all(np.isfinite(after))
    delta, status = (after - x, "") if finite else (np.zeros_like(x), NOT_FINITE)
    mapping = (x - from_x) / alpha
    return ProximalStep(k, x, value, mapping, delta, status, y=y, step_size=alpha, t=t)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _forward_backward(problem: Composite, x: np.ndarray, alpha: float) -> np.ndarray:
    """prox_{αg}(x − α∇f(x)), shape (n,)."""
    slope = np.array(problem.smooth_gradient(x), float)
    if slope.shape != x.shape:
        raise ValueError(f"the gradient of the smooth part must be {x.shape}, not {slope.shape}")
    return np.array(problem.prox(x - alpha * slope, alpha), float)


def _step_size(problem: Composite, step_size: float | None) -> float:
    if step_size is None:
        L = float(problem.lipschitz)
        step_size = 1 / L if L > 0 else 1.0  # f is constant, and any step will do
    if not 0 < step_size < np.inf:
        raise ValueError(f"step_size must be positive and finite, not {step_size}; 1/L is safe")
    return float(step_size)
