"""The damping λ of Hessian-free: the rule of Levenberg and Marquardt, shared with the solvers.

λ is the damping in (G + λI)Δθ = −g, ρ the reduction ratio; see `sgo_teach.solvers.damping`.
"""

from __future__ import annotations

from collections.abc import Callable

from sgo_teach.solvers.cg import NEGATIVE_CURVATURE
from sgo_teach.solvers.damping import LARGEST, SMALLEST, levenberg_marquardt, reduction_ratio

__all__ = ["LARGEST", "SMALLEST", "levenberg_marquardt", "next_damping", "reduction_ratio"]


def next_damping(
    rule: Callable[[float, float], float] | None, damping: float, ratio: float, cg_reason: str
) -> float:
    """The next λ by a rule, or the same without one.

    Where C is not positive definite a good ρ is no reason to damp it less.
    """
    if rule is None:
        return damping
    new = rule(damping, ratio)
    return max(new, damping) if cg_reason == NEGATIVE_CURVATURE else new
