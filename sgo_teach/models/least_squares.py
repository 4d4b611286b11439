"""Linear least squares: the smallest loss with a gradient, a Hessian and something to get wrong.

Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 10.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.models.inputs import design_matrix, not_negative, parameters, targets


class LeastSquares:
    """Mean squared error L(θ) = ‖Xθ − y‖²/m + ridge·‖θ‖².

    Has value, gradient and hessian, so it goes into any solver.

    Parameters
    ----------
    X : (m, n) array
        One row a data point.
    y : (m,) array
        Targets.
    ridge : float
        Weight of ‖θ‖², at least 0.

    Raises
    ------
    ValueError
        If X is not a matrix, y is not a vector with an entry for each row of X, something is not
        finite, or ridge is negative.
    """

    def __init__(self, X: ArrayLike, y: ArrayLike, ridge: float = 0.0) -> None:
        self.X = design_matrix(X)
        self.y = targets(y, len(self.X))
        self.ridge = not_negative("ridge", ridge)

    def residual(self, theta: ArrayLike) -> np.ndarray:
        """r = Xθ − y, shape (..., m), for θ of shape (..., n)."""
        return self._checked(theta) @ self.X.T - self.y

    def jacobian(self, theta: ArrayLike) -> np.ndarray:
        """∂r/∂θ = X, shape (..., m, n): the same at every θ."""
        return np.broadcast_to(self.X, (*self._checked(theta).shape[:-1], *self.X.shape))

    def value(self, theta: ArrayLike) -> np.ndarray:
        """L(θ), shape (...), for θ of shape (..., n)."""
        theta = self._checked(theta)
        penalty = self.ridge * np.sum(theta**2, axis=-1)
        return np.mean(self.residual(theta) ** 2, axis=-1) + penalty

    def gradient(self, theta: ArrayLike) -> np.ndarray:
        """∇L = 2Xᵀ(Xθ − y)/m + 2·ridge·θ, shape (..., n), for θ of shape (..., n)."""
        theta = self._checked(theta)
        fit = 2 * self.residual(theta) @ self.X / len(self.y)
        return fit + 2 * self.ridge * theta

    def hessian(self, theta: ArrayLike) -> np.ndarray:
        """∇²L = 2XᵀX/m + 2·ridge·I, shape (..., n, n): the same at every θ."""
        n = self.X.shape[1]
        H = 2 * self.X.T @ self.X / len(self.y) + 2 * self.ridge * np.eye(n)
        return np.broadcast_to(H, (*self._checked(theta).shape[:-1], n, n))

    def hessian_vector_product(self, theta: ArrayLike, v: ArrayLike) -> np.ndarray:
        """∇²L·v, shape (..., n), by two products with X; the (n, n) matrix is not formed.

        It is the same at every θ, which is asked for as in every model.
        """
        theta, v = self._checked(theta), self._checked(v, "v")
        v = np.broadcast_to(v, np.broadcast_shapes(theta.shape, v.shape))
        return 2 * (v @ self.X.T) @ self.X / len(self.y) + 2 * self.ridge * v

    def minimiser(self) -> np.ndarray:
        """The θ (n,) where ∇L = 0; of several, the one of least length.

        Solved as the least-squares problem [X; √(m·ridge) I] θ ≈ [y; 0] and not through XᵀX,
        whose condition number is the square of X's.
        """
        m, n = self.X.shape
        A = np.vstack([self.X, np.sqrt(m * self.ridge) * np.eye(n)])
        return np.linalg.lstsq(A, np.concatenate([self.y, np.zeros(n)]), rcond=None)[0]

    def _checked(self, theta: ArrayLike, name: str = "θ") -> np.ndarray:
        return parameters(theta, self.X.shape[1], name)


def four_points(ridge: float = 0.0) -> LeastSquares:
    """Four points in the plane; without ridge the minimiser is (−1/3, 2/3)."""
    return LeastSquares([[1, 1], [1, 0], [0, 1], [0, 0]], [0, 0, 1, 1], ridge)
