"""The explorables of lesson 10, and the small network with its recorded training."""

from sgo_teach.lessons.gauss_newton_and_fisher.curve_fit import CurveFit
from sgo_teach.lessons.gauss_newton_and_fisher.gaussian import (
    COORDINATES,
    NaturalGradient,
    gaussian_flow,
    gaussian_walk,
)
from sgo_teach.lessons.gauss_newton_and_fisher.history import recorded
from sgo_teach.lessons.gauss_newton_and_fisher.small_net import matrices, small_digits
from sgo_teach.lessons.gauss_newton_and_fisher.spectra import Spectra

__all__ = [
    "COORDINATES",
    "CurveFit",
    "NaturalGradient",
    "Spectra",
    "gaussian_flow",
    "gaussian_walk",
    "matrices",
    "recorded",
    "small_digits",
]
