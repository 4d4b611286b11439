"""Softmax regression: K classes, one weight vector each, and a direction that changes nothing.

Bishop, *Pattern Recognition and Machine Learning*, 2006, sec. 4.3.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.models.classifier import Classifier
from sgo_teach.models.inputs import parameters


def softmax(z: ArrayLike) -> np.ndarray:
    """p_k = exp(z_k) / Σ_j exp(z_j) along the last axis, shape of z, without overflow."""
    z = np.asarray(z, dtype=float)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class SoftmaxRegression(Classifier):
    """Mean cross-entropy L(θ) = (1/m) Σ_i −log p_{y_i}(x_i) + ½ ridge·‖θ‖².

    p(x) = softmax(W x), where W (K, n/K) is θ (n,) class by class: θ begins with the weights of
    class 0. To add one vector to every row of W changes no probability, so that without ridge
    the Hessian is singular in n/K directions and the minimiser is not unique.

    Parameters
    ----------
    X : (m, d) array
        One row a data point.
    y : (m,) array
        Labels 0, …, K − 1.
    ridge : float
        Weight of ½‖θ‖², at least 0.
    intercept : bool
        Whether a last column of ones is added to X. Its coefficients, the last of each class,
        are left out of the ridge; for a ridge on them, put the ones into X yourself.
    classes : int, optional
        K, by default one more than the greatest label, and at least 2.

    Attributes
    ----------
    X : (m, n/K) array
        As given, or with its column of ones.
    y : (m,) array of integers
    classes : int
        K.
    penalised : (n,) array
        1 where the ridge acts, else 0.

    Raises
    ------
    ValueError
        If X is not a finite matrix, y is not a vector with a label 0, …, K − 1 for each row of
        X, K is less than 2, or ridge is negative.
    """

    def __init__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        ridge: float = 0.0,
        intercept: bool = False,
        classes: int | None = None,
    ) -> None:
        super().__init__(X, y, ridge, intercept, classes)
        self.penalised = np.tile(self.penalised, self.classes)

    def value(self, theta: ArrayLike) -> np.ndarray:
        """L(θ), shape (...), for θ of shape (..., n)."""
        theta = parameters(theta, self.penalised.size)
        z = self._logits(theta)
        right = np.take_along_axis(z, self._column_of_labels(z), axis=-1)
        # −log p_y = log Σ_j exp(z_j − z_y), added up so that neither end overflows.
        fit = np.mean(np.logaddexp.reduce(z - right, axis=-1), axis=-1)
        return fit + 0.5 * self.ridge * np.sum(self.penalised * theta**2, axis=-1)

    def gradient(self, theta: ArrayLike) -> np.ndarray:
        """∇L: (1/m) Σ_i (p − e_y) ⊗ x_i + ridge·θ, shape (..., n), for θ of shape (..., n)."""
        theta = parameters(theta, self.penalised.size)
        residual = softmax(self._logits(theta))
        # p_y − 1 is −Σ_{j≠y} p_j, without the cancellation of a p_y that is nearly 1.
        right = self._column_of_labels(residual)
        np.put_along_axis(residual, right, 0.0, axis=-1)
        np.put_along_axis(residual, right, -residual.sum(axis=-1, keepdims=True), axis=-1)
        return self._gathered(residual) + self.ridge * self.penalised * theta

    def hessian(self, theta: ArrayLike) -> np.ndarray:
        """∇²L: (1/m) Σ_i (diag(p) − ppᵀ) ⊗ x_i x_iᵀ + ridge·I, shape (..., n, n)."""
        p, m = softmax(self._logits(theta)), len(self.y)
        rows = (p[..., None] * self.X[:, None, :]).reshape(*p.shape[:-1], -1)  # p ⊗ x
        H = -rows.swapaxes(-1, -2) @ rows / m + self.ridge * np.diag(self.penalised)
        blocks = H.reshape(*H.shape[:-2], self.classes, -1, self.classes, self.X.shape[1])
        for k in range(self.classes):
            blocks[..., k, :, k, :] += (self.X.T * p[..., None, :, k]) @ self.X / m
        return H

    def hessian_vector_product(self, theta: ArrayLike, v: ArrayLike) -> np.ndarray:
        """∇²L(θ)·v, shape (..., n), by two products with X; the (n, n) matrix is not formed."""
        p, dz = softmax(self._logits(theta)), self._logits(v, "v")
        curved = p * (dz - np.sum(p * dz, axis=-1, keepdims=True))
        return self._gathered(curved) + self.ridge * self.penalised * np.asarray(v, dtype=float)

    def weights(self, theta: ArrayLike, name: str = "θ") -> np.ndarray:
        """W (..., K, n/K): the parameters (..., n) class by class."""
        theta = parameters(theta, self.penalised.size, name)
        return theta.reshape(*theta.shape[:-1], self.classes, self.X.shape[1])

    def predict_proba(self, theta: ArrayLike, X: ArrayLike | None = None) -> np.ndarray:
        """Probabilities p, shape (..., m, K), at the rows of X (m, d), else of the data."""
        return softmax(self._rows(X) @ self.weights(theta).swapaxes(-1, -2))

    def predict(self, theta: ArrayLike, X: ArrayLike | None = None) -> np.ndarray:
        """The likeliest class, shape (..., m); of equals the first."""
        return np.argmax(self._rows(X) @ self.weights(theta).swapaxes(-1, -2), axis=-1)

    def _logits(self, theta: ArrayLike, name: str = "θ") -> np.ndarray:
        """X Wᵀ, shape (..., m, K)."""
        return self.X @ self.weights(theta, name).swapaxes(-1, -2)

    def _gathered(self, residual: np.ndarray) -> np.ndarray:
        """(1/m) Σ_i r_i ⊗ x_i, shape (..., n), for r of shape (..., m, K)."""
        G = residual.swapaxes(-1, -2) @ self.X / len(self.y)
        return G.reshape(*G.shape[:-2], -1)

    def _column_of_labels(self, z: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.y[:, None], (*z.shape[:-1], 1))
