"""The explorables of lesson 08: two walks on an ellipse, a polynomial, and what goes wrong."""

from sgo_teach.lessons.conjugate_gradients.ellipse import Ellipse
from sgo_teach.lessons.conjugate_gradients.indefinite import NegativeCurvature
from sgo_teach.lessons.conjugate_gradients.precision import Precision
from sgo_teach.lessons.conjugate_gradients.scaling import Preconditioner
from sgo_teach.lessons.conjugate_gradients.spectrum import ResidualPolynomial

__all__ = ["Ellipse", "NegativeCurvature", "Precision", "Preconditioner", "ResidualPolynomial"]
