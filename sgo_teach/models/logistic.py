"""Logistic regression: two classes, a convex loss, and a Hessian that depends on θ.

Hastie, Tibshirani & Friedman, *The Elements of Statistical Learning*, 2nd ed., 2009, sec. 4.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.models.classifier import Classifier
from sgo_teach.models.inputs import parameters


def sigmoid(z: ArrayLike) -> np.ndarray:
    """σ(z) = 1/(1 + e⁻ᶻ), shape of z, to a few units in the last place and without overflow."""
    z = np.asarray(z, dtype=float)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


class LogisticRegression(Classifier):
    """Mean cross-entropy L(θ) = (1/m) Σ log(1 + exp(−s_i x_i·θ)) + ½ ridge·‖θ‖².

    s_i = 2y_i − 1 is the label as a sign, and σ(x·θ) the probability of label 1. Has value,
    gradient and hessian, so it goes into any solver. Where a line separates the two classes and
    the ridge is 0 there is no minimiser: L falls to 0 as θ grows without end.

    Parameters
    ----------
    X : (m, d) array
        One row a data point.
    y : (m,) array
        Labels 0 and 1.
    ridge : float
        Weight of ½‖θ‖², at least 0.
    intercept : bool
        Whether a last column of ones is added to X. Its coefficient, the last of θ, is left out
        of the ridge; for a ridge on it, put the ones into X yourself.

    Attributes
    ----------
    X : (m, n) array
        As given, or with its column of ones: n is d or d + 1.
    y : (m,) array of integers
    penalised : (n,) array
        1 where the ridge acts, else 0.

    Raises
    ------
    ValueError
        If X is not a finite matrix, y is not a vector with a label 0 or 1 for each row of X, or
        ridge is negative.
    """

    def __init__(
        self, X: ArrayLike, y: ArrayLike, ridge: float = 0.0, intercept: bool = False
    ) -> None:
        super().__init__(X, y, ridge, intercept, classes=2)

    def value(self, theta: ArrayLike) -> np.ndarray:
        """L(θ), shape (...), for θ of shape (..., n)."""
        theta = self._checked(theta)
        penalty = 0.5 * self.ridge * np.sum(self.penalised * theta**2, axis=-1)
        return np.mean(np.logaddexp(0.0, -self._margins(theta)), axis=-1) + penalty

    def gradient(self, theta: ArrayLike) -> np.ndarray:
        """∇L = Xᵀ(p − y)/m + ridge·θ, shape (..., n), for θ of shape (..., n)."""
        theta = self._checked(theta)
        # p − y without the cancellation of a p that is nearly y.
        residual = -self._signs() * sigmoid(-self._margins(theta))
        return residual @ self.X / len(self.y) + self.ridge * self.penalised * theta

    def hessian(self, theta: ArrayLike) -> np.ndarray:
        """∇²L = XᵀWX/m + ridge·I with W = diag(p(1 − p)), shape (..., n, n)."""
        weighted = self.X.T * self._weights(theta)[..., None, :]
        return weighted @ self.X / len(self.y) + self.ridge * np.diag(self.penalised)

    def hessian_vector_product(self, theta: ArrayLike, v: ArrayLike) -> np.ndarray:
        """∇²L(θ)·v, shape (..., n), by two products with X; the (n, n) matrix is not formed."""
        v = self._checked(v, "v")
        curved = (v @ self.X.T) * self._weights(theta)
        return curved @ self.X / len(self.y) + self.ridge * self.penalised * v

    def predict_proba(self, theta: ArrayLike, X: ArrayLike | None = None) -> np.ndarray:
        """Probabilities of label 1, shape (..., m), at the rows of X (m, d), else of the data."""
        return sigmoid(self._checked(theta) @ self._rows(X).T)

    def predict(self, theta: ArrayLike, X: ArrayLike | None = None) -> np.ndarray:
        """The likelier labels, shape (..., m): 1 where x·θ > 0."""
        return (self._checked(theta) @ self._rows(X).T > 0).astype(int)

    def _signs(self) -> np.ndarray:
        return 2.0 * self.y - 1.0

    def _margins(self, theta: np.ndarray) -> np.ndarray:
        """s_i x_i·θ, shape (..., m): positive where the label is predicted rightly."""
        return self._signs() * (theta @ self.X.T)

    def _weights(self, theta: ArrayLike) -> np.ndarray:
        """p(1 − p), shape (..., m)."""
        z = self._checked(theta) @ self.X.T
        return sigmoid(z) * sigmoid(-z)

    def _checked(self, theta: ArrayLike, name: str = "θ") -> np.ndarray:
        return parameters(theta, self.X.shape[1], name)
