"""The explorables of lesson 09: the nudge, costs, power iteration, the trace from probes."""

from sgo_teach.lessons.hessian_vector_products.costs import Costs
from sgo_teach.lessons.hessian_vector_products.nudge import Nudge, turned
from sgo_teach.lessons.hessian_vector_products.pictures import race_picture
from sgo_teach.lessons.hessian_vector_products.power import PowerIteration
from sgo_teach.lessons.hessian_vector_products.probes import TraceProbes
from sgo_teach.lessons.hessian_vector_products.timing import seconds

__all__ = [
    "Costs",
    "Nudge",
    "PowerIteration",
    "TraceProbes",
    "race_picture",
    "seconds",
    "turned",
]
