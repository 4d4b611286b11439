"""The exercises, predictions and quiz of lesson 09, gathered."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.conjugate_gradients import on_cg
from sgo_teach.lessons.hessian_vector_products.on_autograd import hvp, hvp_forward_reverse
from sgo_teach.lessons.hessian_vector_products.on_differences import hvp_differences
from sgo_teach.lessons.hessian_vector_products.on_hunt import curvature_along
from sgo_teach.lessons.hessian_vector_products.on_spectrum import largest_curvature
from sgo_teach.lessons.hessian_vector_products.questions import (
    diagonal_trace,
    one_cg_step,
    price,
    questions,
    which_way,
)

__all__ = [
    "curvature_along",
    "diagonal_trace",
    "earlier",
    "hvp",
    "hvp_differences",
    "hvp_forward_reverse",
    "largest_curvature",
    "one_cg_step",
    "price",
    "questions",
    "which_way",
]

earlier = Earlier(on_cg.cg)
