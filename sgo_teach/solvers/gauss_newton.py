"""Half the sum of squared residuals, with the Gauss–Newton matrix in the place of the Hessian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class GaussNewton:
    """L(θ) = ½‖r(θ)‖² as an objective whose ``hessian`` is JᵀJ.

    JᵀJ is the Hessian without its term Σ rᵢ∇²rᵢ: it needs first derivatives only and is never
    indefinite. Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, section 10.3.

    Attributes
    ----------
    residual : callable (n,) -> (m,)
        r(θ).
    jacobian : callable (n,) -> (m, n)
        J(θ), row i the gradient of rᵢ.
    """

    residual: Callable[[Any], Any]
    jacobian: Callable[[Any], Any]

    def value(self, theta: ArrayLike) -> float:
        """½‖r(θ)‖²."""
        r = self._residual(theta)
        return 0.5 * float(r @ r)

    def gradient(self, theta: ArrayLike) -> np.ndarray:
        """Jᵀr, shape (n,)."""
        r = self._residual(theta)
        return self._jacobian(theta, r.size).T @ r

    def hessian(self, theta: ArrayLike) -> np.ndarray:
        """JᵀJ, shape (n, n)."""
        J = self._jacobian(theta, self._residual(theta).size)
        return J.T @ J

    def _jacobian(self, theta: ArrayLike, m: int) -> np.ndarray:
        J, shape = np.asarray(self.jacobian(theta), dtype=float), (m, np.size(theta))
        if J.shape != shape:
            raise ValueError(
                f"the Jacobian must have shape {shape}, a row for each residual and a column for "
                f"each unknown, not {J.shape}"
            )
        return J

    def _residual(self, theta: ArrayLike) -> np.ndarray:
        r = np.asarray(self.residual(theta), dtype=float)
        if r.ndim != 1:
            raise ValueError(f"the residual must be a vector (m,), not {r.shape}; ravel() flattens")
        return r
