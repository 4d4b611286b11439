"""When conjugate gradients stop, and which of their iterates are kept.

A stop rule takes a step and the values φ_0, ..., φ_k of the model so far, and answers the reason
to stop or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from math import ceil

from sgo_teach.solvers.cg.recurrence import CGStep

StopRule = Callable[[CGStep, Sequence[float]], str | None]


def residual_rule(rtol: float = 1e-5, atol: float = 0.0) -> StopRule:
    """Stop rule: ‖r_k‖ ≤ max(rtol·‖b‖, atol), as SciPy's ``cg`` has it."""

    def rule(step: CGStep, phi: Sequence[float]) -> str | None:
        return "residual" if step.residual_norm <= max(rtol * step.b_norm, atol) else None

    return rule


def martens_rule(progress: float = 5e-4, shortest: int = 10, share: float = 0.1) -> StopRule:
    """Stop rule: the model has all but ceased to fall.

    At step i it looks back over k = max(shortest, ⌈share·i⌉) steps and stops once i > k,
    φ_i < 0 and (φ_i − φ_{i−k})/φ_i < k·progress. Martens, "Deep learning via Hessian-free
    optimization", ICML 2010.
    """

    def rule(step: CGStep, phi: Sequence[float]) -> str | None:
        i = step.k
        k = max(shortest, ceil(round(share * i, 9)))  # rounded, or 0.1·i may end above an integer
        if i <= k or phi[i] >= 0:
            return None
        return "martens" if (phi[i] - phi[i - k]) / phi[i] < k * progress else None

    return rule


def geometric_spacing(first: int = 5, growth: float = 1.3) -> Iterator[int]:
    """Indices first, ⌈first·growth⌉, ..., each at least one more: which iterates of CG to keep.

    Raises
    ------
    ValueError
        If first < 1 or growth ≤ 1: the indices would not grow.
    """
    if first < 1 or growth <= 1:
        raise ValueError(f"needs first >= 1 and growth > 1, not {first} and {growth}")
    return _increasing(ceil(first * growth**j) for j in count())


def _increasing(indices: Iterable[int]) -> Iterator[int]:
    last = 0
    for index in indices:
        last = max(index, last + 1)
        yield last
