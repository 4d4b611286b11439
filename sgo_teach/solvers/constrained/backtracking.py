"""Halve a step until it is good enough: the line search of the constrained methods.

It judges any merit (a value, a norm of residuals, a value along a bent arc), which is more than
the searches along a ray in `sgo_teach.solvers.line_search` do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ULPS = 100 * np.finfo(float).eps  # what the last few operations of a merit may have lost


def roundoff(scale: float) -> float:
    """The difference between merits of this scale that rounding may hide or feign."""
    return float(ULPS * abs(scale))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def backtrack(
    merit: Callable[[float], float],
    bound: Callable[[float], float],
    scale: float,
    halvings: int = 40,
) -> float:
    """The first of α = 1, ½, ¼, … with merit(α) < bound(α), or 0 if there is none.

    The full step is forgiven the round-off of a merit of the given scale: near a minimiser all
    that it gains drowns there, and it is still the right step. A merit that is NaN or infinite
    fails every comparison and counts as too far.
    """
    if merit(1.0) <= bound(1.0) + roundoff(scale):
        return 1.0
    shorter = (0.5**j for j in range(1, halvings + 1))
    return next((alpha for alpha in shorter if merit(alpha) < bound(alpha)), 0.0)
