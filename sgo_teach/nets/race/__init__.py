"""Optimisers side by side: the same network, the same data, the same budget.

The budget is a number of updates, of gradient-equivalents or of seconds. Only what happens inside
an update counts: drawing a batch, the passes through the network, the optimiser's own arithmetic.
Measuring loss and accuracy for the picture costs no optimiser any of its budget.

A **gradient-equivalent** is the work of one forward and one backward pass over the whole training
set. A forward pass alone is a third of it, a product with the curvature a whole one (see
`sgo_teach.nets.curvature`), and either over b of N examples is b/N of it.
"""

from sgo_teach.nets.race.data import (
    ImageTensors,
    held_out_accuracy,
    minibatches,
    predict_logits,
)
from sgo_teach.nets.race.entrants import (
    first_order_entrant,
    hessian_free_entrant,
    lbfgs_entrant,
)
from sgo_teach.nets.race.run import Budget, Entrant, Snapshot, race, train

__all__ = [
    "Budget",
    "Entrant",
    "ImageTensors",
    "Snapshot",
    "first_order_entrant",
    "held_out_accuracy",
    "hessian_free_entrant",
    "lbfgs_entrant",
    "minibatches",
    "predict_logits",
    "race",
    "train",
]
