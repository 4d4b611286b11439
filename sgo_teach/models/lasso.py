"""The lasso: least squares with an ℓ₁ penalty, whose corner at 0 makes coefficients vanish.

Tibshirani, "Regression shrinkage and selection via the lasso", 1996.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.models.inputs import design_matrix, not_negative, parameters, targets
from sgo_teach.solvers.nonsmooth.proximal import soft_threshold


class Lasso:
    """F(θ) = f(θ) + λ‖θ‖₁ with the smooth part f(θ) = ‖Xθ − y‖²/(2m).

    The scaling of f is scikit-learn's. Goes into `proximal_gradient_steps` and `fista_steps`
    by its smooth part and prox, and into `subgradient_steps` by its value and gradient.

    Parameters
    ----------
    X : (m, n) array
        One row a data point.
    y : (m,) array
        Targets.
    penalty : float
        λ, at least 0. From λ = ‖Xᵀy‖∞/m on, the minimiser is 0.

    Raises
    ------
    ValueError
        If X is not a finite matrix, y is not a finite vector with an entry for each row of X, or
        the penalty is negative.
    """

    def __init__(self, X: ArrayLike, y: ArrayLike, penalty: float) -> None:
        self.X = design_matrix(X)
        self.y = targets(y, len(self.X))
        self.penalty = not_negative("penalty", penalty)

    @property
    def lipschitz(self) -> float:
        """The Lipschitz constant of ∇f: the greatest eigenvalue ‖X‖₂²/m of its Hessian."""
        return float(np.linalg.norm(self.X, 2) ** 2 / len(self.y))

    def value(self, theta: ArrayLike) -> np.ndarray:
        """F(θ), shape (...), for θ of shape (..., n)."""
        theta = self._checked(theta)
        fit = np.sum(self._residual(theta) ** 2, axis=-1) / (2 * len(self.y))
        return fit + self.penalty * np.sum(np.abs(theta), axis=-1)

    def gradient(self, theta: ArrayLike) -> np.ndarray:
        """One subgradient of F, shape (..., n): ∇f(θ) + λ sign θ, with sign 0 = 0."""
        theta = self._checked(theta)
        return self.smooth_gradient(theta) + self.penalty * np.sign(theta)

    def smooth_gradient(self, theta: ArrayLike) -> np.ndarray:
        """∇f = Xᵀ(Xθ − y)/m, shape (..., n), for θ of shape (..., n)."""
        return self._residual(theta) @ self.X / len(self.y)

    def prox(self, v: ArrayLike, alpha: float) -> np.ndarray:
        """The minimiser of αλ‖x‖₁ + ½‖x − v‖², shape of v: soft thresholding by αλ."""
        return soft_threshold(v, alpha * self.penalty)

    def duality_gap(self, theta: ArrayLike) -> np.ndarray:
        """F(θ) − D(u) ≥ F(θ) − F*, shape (...), with a dual feasible u; 0 at a minimiser if λ > 0.

        The dual is to maximise D(u) = uᵀy − ½m‖u‖² over ‖Xᵀu‖∞ ≤ λ, and u is (y − Xθ)/m, shrunk
        until it is feasible. It bounds how far θ is from the least F without knowing it.
        """
        m, r = len(self.y), -self._residual(theta)
        steepest = np.max(np.abs(r @ self.X), axis=-1, keepdims=True) / m
        # Where the steepest slope is within λ nothing is shrunk, and 0/0 does not arise.
        share = np.ones_like(steepest)
        np.divide(self.penalty, steepest, out=share, where=steepest > self.penalty)
        u = share * r / m
        return self.value(theta) - u @ self.y + 0.5 * m * np.sum(u**2, axis=-1)

    def _residual(self, theta: ArrayLike) -> np.ndarray:
        return self._checked(theta) @ self.X.T - self.y

    def _checked(self, theta: ArrayLike) -> np.ndarray:
        return parameters(theta, self.X.shape[1])
