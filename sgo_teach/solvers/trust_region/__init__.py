"""Trust regions: four ways to minimise the model within a radius, and the loop that resizes it."""

from sgo_teach.solvers.trust_region.cauchy import cauchy_point
from sgo_teach.solvers.trust_region.dogleg import dogleg, dogleg_path
from sgo_teach.solvers.trust_region.exact import exact
from sgo_teach.solvers.trust_region.loop import (
    SUBPROBLEMS,
    TrustRegionStep,
    next_radius,
    trust_region_steps,
)
from sgo_teach.solvers.trust_region.proposal import (
    BOUNDARY,
    HARD_CASE,
    INSIDE,
    Proposal,
    Subproblem,
)
from sgo_teach.solvers.trust_region.steihaug import steihaug

__all__ = [
    "BOUNDARY",
    "HARD_CASE",
    "INSIDE",
    "SUBPROBLEMS",
    "Proposal",
    "Subproblem",
    "TrustRegionStep",
    "cauchy_point",
    "dogleg",
    "dogleg_path",
    "exact",
    "next_radius",
    "steihaug",
    "trust_region_steps",
]
