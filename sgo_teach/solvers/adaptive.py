"""RMSprop and Adam: a step size for each coordinate, from the squares of its past gradients.

Both divide by the size of the gradient and not by the curvature; they see no second derivative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.descent import StepSize, positive_step_size
from sgo_teach.solvers.steps import (
    NOT_FINITE,
    Differentiable,
    Step,
    advance,
    evaluate,
    starting_point,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class AdaptiveStep(Step):
    """A `Step` with the running means that made it; after the gradient of this step went in.

    Attributes
    ----------
    mean : (n,) array
        m_k, the decaying mean of the gradients; RMSprop has the gradient itself.
    mean_square : (n,) array
        v_k, the decaying mean of their squares, coordinate by coordinate.
    step_sizes : (n,) array
        What each coordinate of the (corrected) mean is multiplied by: delta = −step_sizes·m̂.
        Zero on a step with a status.
    """

    mean: np.ndarray
    mean_square: np.ndarray
    step_sizes: np.ndarray


def rmsprop_steps(
    problem: Differentiable,
    start: ArrayLike,
    step_size: StepSize = 1e-2,
    decay: float = 0.99,
    epsilon: float = 1e-8,
) -> Iterator[AdaptiveStep]:
    """Yield the steps Δ = −α g/(√v + ε) with v ← γv + (1 − γ)g², from v = 0.

    Tieleman & Hinton, "Lecture 6.5: RMSprop", *Neural Networks for Machine Learning*, 2012; ε
    stands outside the root, as in ``torch.optim.RMSprop``, whose defaults these are.

    Parameters
    ----------
    problem : Differentiable
        Anything with ``value`` and ``gradient``.
    start : (n,) array
    step_size : float or callable k -> float
        α, constant or scheduled by the number of moves so far.
    decay : float
        γ in [0, 1); 0 remembers the last gradient only: the sign of g, times α.
    epsilon : float
        ε > 0, in the units of g.

    Raises
    ------
    ValueError
        If start is not a finite vector, or α, γ or ε is outside its range.
    """
    _check(decay, epsilon)
    return _adaptive(problem, starting_point(start), step_size, 0.0, decay, epsilon, False)


def adam_steps(
    problem: Differentiable,
    start: ArrayLike,
    step_size: StepSize = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Iterator[AdaptiveStep]:
    """Yield the steps Δ = −α m̂/(√v̂ + ε) of Adam.

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g² start from 0, which pulls them towards 0;
    m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ) with t = k + 1 undo it. The first step is −α·sign(g)
    in every coordinate with |g| ≫ ε, whatever the scale of L. Kingma & Ba, "Adam: a method for
    stochastic optimization", ICLR 2015, algorithm 1; as ``torch.optim.Adam``, whose defaults
    these are.

    Parameters
    ----------
    problem, start, step_size, epsilon
        As for `rmsprop_steps`.
    beta1, beta2 : float
        Decays of m and v, in [0, 1).

    Raises
    ------
    ValueError
        If start is not a finite vector, or α, β₁, β₂ or ε is outside its range.
    """
    _check(beta1, epsilon)
    _check(beta2, epsilon)
    return _adaptive(problem, starting_point(start), step_size, beta1, beta2, epsilon, True)


def _adaptive(
    problem: Differentiable,
    x: np.ndarray,
    step_size: StepSize,
    beta1: float,
    beta2: float,
    epsilon: float,
    corrected: bool,
) -> Iterator[AdaptiveStep]:
    m, v, k = np.zeros_like(x), np.zeros_like(x), 0
    while True:
        value, g, status = evaluate(problem, x)
        alpha, t = positive_step_size(step_size, k), k + 1
        with np.errstate(over="ignore", invalid="ignore"):
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
            by = (1 - beta1**t, 1 - beta2**t) if corrected else (1.0, 1.0)
            sizes = alpha / (np.sqrt(v / by[1]) + epsilon)
            delta = -sizes * m / by[0]
        if status or not np.all(np.isfinite([v, delta])):
            status, sizes, delta = NOT_FINITE, 0.0 * x, 0.0 * x
        yield AdaptiveStep(k, x, value, g, delta, status, mean=m, mean_square=v, step_sizes=sizes)
        if status:
            return
        x, k = advance(x, delta), k + 1


def _check(decay: float, epsilon: float) -> None:
    if not 0 <= decay < 1:
        raise ValueError(f"a decay must be in [0, 1), not {decay}: 1 never learns")
    if not 0 < epsilon < np.inf:
        raise ValueError(f"epsilon must be positive and finite, not {epsilon}: it prevents 0/0")
