"""The exercises, predictions and quiz of lesson 10, gathered, and what earlier lessons lend."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.conjugate_gradients import on_cg
from sgo_teach.lessons.gauss_newton_and_fisher.on_fisher import fisher
from sgo_teach.lessons.gauss_newton_and_fisher.on_natural import natural_step
from sgo_teach.lessons.gauss_newton_and_fisher.on_outputs import output_hessian_product
from sgo_teach.lessons.gauss_newton_and_fisher.on_products import ggn_vector_product
from sgo_teach.lessons.gauss_newton_and_fisher.on_squares import gauss_newton_step
from sgo_teach.lessons.gauss_newton_and_fisher.questions import (
    fitted_labels,
    four_coordinates,
    price,
    questions,
    sum_of_squares,
)
from sgo_teach.lessons.newtons_method import roots

__all__ = [
    "earlier",
    "fisher",
    "fitted_labels",
    "four_coordinates",
    "gauss_newton_step",
    "ggn_vector_product",
    "natural_step",
    "output_hessian_product",
    "price",
    "questions",
    "sum_of_squares",
]

earlier = Earlier(roots.order, on_cg.cg)
