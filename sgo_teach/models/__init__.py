"""Models with a loss to minimise, on numpy arrays."""

from sgo_teach.models.lasso import Lasso
from sgo_teach.models.least_squares import LeastSquares, four_points
from sgo_teach.models.logistic import LogisticRegression, sigmoid
from sgo_teach.models.softmax import SoftmaxRegression, softmax

__all__ = [
    "Lasso",
    "LeastSquares",
    "LogisticRegression",
    "SoftmaxRegression",
    "four_points",
    "sigmoid",
    "softmax",
]
