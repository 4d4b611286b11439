"""What a run cost, counted where the objective is called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.steps import Objective


@dataclass(frozen=True)
class Evaluations:
    """Numbers of points at which L, ∇L and ∇²L were computed; two of them may be subtracted."""

    value: int = 0
    gradient: int = 0
    hessian: int = 0

    def __sub__(self, earlier: Evaluations) -> Evaluations:
        return Evaluations(
            self.value - earlier.value,
            self.gradient - earlier.gradient,
            self.hessian - earlier.hessian,
        )


class Counted:
    """An objective that counts: goes into any solver in place of the problem it wraps.

    A call with points of shape (..., n) counts each of the points. Whatever else the problem has,
    such as ``start`` or the ``smooth_gradient`` of a `Composite`, is passed on and not counted.

    Parameters
    ----------
    problem : Objective
        Anything with ``value``, ``gradient`` and, where the method asks for it, ``hessian``.

    Attributes
    ----------
    counts : Evaluations
        So far; immutable, so it may be kept and subtracted from a later one.
    """

    def __init__(self, problem: Objective) -> None:
        self.problem = problem
        self.counts = Evaluations()

    def __getattr__(self, name: str) -> Any:
        if name == "problem":  # a copy asks before it has one
            raise AttributeError(name)
        return getattr(self.problem, name)

    def value(self, x: ArrayLike) -> Any:
        """L at points (..., n)."""
        self._count(x, "value")
        return self.problem.value(x)

    def gradient(self, x: ArrayLike) -> Any:
        """∇L (..., n)."""
        self._count(x, "gradient")
        return self.problem.gradient(x)

    def hessian(self, x: ArrayLike) -> Any:
        """∇²L (..., n, n)."""
        self._count(x, "hessian")
        return self.problem.hessian(x)

    def _count(self, x: ArrayLike, kind: str) -> None:
        points = int(np.prod(np.shape(x)[:-1]))
        self.counts = replace(self.counts, **{kind: getattr(self.counts, kind) + points})
