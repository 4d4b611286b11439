"""The exercises, predictions and quiz of lesson 11, and what earlier lessons lend."""

from sgo_teach.checks import Earlier
from sgo_teach.lessons.conjugate_gradients import on_cg
from sgo_teach.lessons.gauss_newton_and_fisher import on_products
from sgo_teach.lessons.hessian_free.on_damping import damping_rule, reduction_ratio
from sgo_teach.lessons.hessian_free.on_hunt import warm_step
from sgo_teach.lessons.hessian_free.on_iterates import best_iterate
from sgo_teach.lessons.hessian_free.on_step import hessian_free_step
from sgo_teach.lessons.hessian_free.questions import (
    longer_cg,
    no_damping,
    questions,
    where_lambda_goes,
)
from sgo_teach.lessons.hessian_vector_products import on_autograd

__all__ = [
    "best_iterate",
    "damping_rule",
    "earlier",
    "hessian_free_step",
    "longer_cg",
    "no_damping",
    "questions",
    "reduction_ratio",
    "warm_step",
    "where_lambda_goes",
]

earlier = Earlier(
    on_cg.cg,
    on_autograd.hvp,
    on_products.output_hessian_product,
    on_products.ggn_vector_product,
)
