"""The exercises, predictions and quiz of lesson 12, and what earlier lessons lend."""

from sgo_teach.lessons.hessian_free_cnn.on_price import gradient_equivalents, spent_until
from sgo_teach.lessons.hessian_free_cnn.on_training import fit
from sgo_teach.lessons.hessian_free_cnn.on_update import earlier, own_update
from sgo_teach.lessons.hessian_free_cnn.questions import (
    equal_seconds,
    forgotten_state,
    questions,
    small_curvature_batch,
)

__all__ = [
    "earlier",
    "equal_seconds",
    "fit",
    "forgotten_state",
    "gradient_equivalents",
    "own_update",
    "questions",
    "small_curvature_batch",
    "spent_until",
]
