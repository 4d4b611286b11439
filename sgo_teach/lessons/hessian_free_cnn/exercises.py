"""The exercises, predictions and quiz of lesson 12."""

from sgo_teach.lessons.hessian_free_cnn.on_curvature import ggn_vector_product
from sgo_teach.lessons.hessian_free_cnn.on_damping import damping_rule, reduction_ratio
from sgo_teach.lessons.hessian_free_cnn.on_scores import accuracy
from sgo_teach.lessons.hessian_free_cnn.on_training import fit
from sgo_teach.lessons.hessian_free_cnn.questions import (
    equal_seconds,
    much_damping,
    price_of_a_product,
    questions,
)

__all__ = [
    "accuracy",
    "damping_rule",
    "equal_seconds",
    "fit",
    "ggn_vector_product",
    "much_damping",
    "price_of_a_product",
    "questions",
    "reduction_ratio",
]
