"""What logistic and softmax regression share: data, ridge and the share of right answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.models.inputs import design_matrix, labels, not_negative


class Classifier:
    """Data (X, y) with a ridge; a model adds the loss and `predict`.

    Parameters and errors are those of `LogisticRegression` and `SoftmaxRegression`.

    Attributes
    ----------
    X : (m, d) or (m, d + 1) array
        One row a data point, with a last column of ones if there is an intercept.
    y : (m,) array of integers
    classes : int
    ridge : float
    intercept : bool
    penalised : (d,) or (d + 1,) array
        1 where the ridge acts, 0 at the intercept.
    """

    def __init__(
        self, X: ArrayLike, y: ArrayLike, ridge: float, intercept: bool, classes: int | None
    ) -> None:
        X = design_matrix(X)
        self.intercept = bool(intercept)
        self.X = self._with_intercept(X)
        self.penalised = (np.arange(self.X.shape[1]) < X.shape[1]).astype(float)
        self.y = labels(y, len(X), classes)
        self.classes = max(2, int(self.y.max()) + 1) if classes is None else int(classes)
        self.ridge = not_negative("ridge", ridge)

    def predict(self, theta: ArrayLike, X: ArrayLike | None = None) -> np.ndarray:
        """The likeliest labels, shape (..., m), at the rows of X, else of the data."""
        raise NotImplementedError

    def accuracy(
        self, theta: ArrayLike, X: ArrayLike | None = None, y: ArrayLike | None = None
    ) -> np.ndarray:
        """Share of labels predicted rightly, shape (...), on X (m, d) and y (m,), else the data.

        Raises
        ------
        ValueError
            If X comes without y or y without X, or they do not fit the model.
        """
        if (X is None) != (y is None):
            raise ValueError("accuracy needs X and y together, or neither for the training data")
        predicted = self.predict(theta, X)
        truth = self.y if y is None else labels(y, predicted.shape[-1], self.classes)
        return np.mean(predicted == truth, axis=-1)

    def _rows(self, X: ArrayLike | None) -> np.ndarray:
        """The rows to predict for, with their ones."""
        if X is None:
            return self.X
        return self._with_intercept(design_matrix(X, self.X.shape[1] - self.intercept))

    def _with_intercept(self, X: np.ndarray) -> np.ndarray:
        return np.hstack([X, np.ones((len(X), 1))]) if self.intercept else X
