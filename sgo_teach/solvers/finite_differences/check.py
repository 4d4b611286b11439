"""Is this the gradient of that loss? If not, which slip does it look like?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sgo_teach.solvers.finite_differences.schemes import Function, best_step, jacobian, vector
from sgo_teach.solvers.steps import Differentiable


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """What a gradient claims beside what differences of the loss measure.

    Attributes
    ----------
    passed : bool
        True where every coordinate agrees to the tolerance.
    relative_error : float
        The worst coordinate's |claimed − measured|, relative to the greater of the two; infinite
        if the claim is not finite. Where both are lost beside the other coordinates or beside the
        rounding of L, relative to that.
    worst : int
        Index of that coordinate.
    suspicion : str
        What the mismatch looks like: ``"the sign is lost"``, ``"a factor 2"``, ``"coordinate 3
        only"``, ...; empty if it passed or looks like nothing known.
    claimed, measured : (n,) arrays
    tolerance : float
    """

    passed: bool
    relative_error: float
    worst: int
    suspicion: str
    claimed: np.ndarray
    measured: np.ndarray
    tolerance: float


def check_gradient(
    value: Differentiable | Function,
    gradient: Function,
    x: ArrayLike,
    tolerance: float | None = None,
) -> GradientCheck:
    """Compare a gradient with central differences of the loss, coordinate by coordinate.

    Choose an x where nothing is special: neither a minimum, where every gradient is near zero,
    nor a kink.

    Parameters
    ----------
    value : callable (n,) -> float, or Differentiable
        L; of an objective its ``value``.
    gradient : callable (n,) -> (n,)
        The ∇L to be checked.
    x : (n,) array
        float32 is measured in float32, with the looser tolerance that this needs.
    tolerance : float, optional
        Greatest relative error, positive; ten times the best h of central differences if left out.

    Raises
    ------
    ValueError
        If x is not a vector with at least one coordinate, L near x is not a finite number, or the
        gradient has another shape than x.
    """
    x = vector(x)
    loss: Any = getattr(value, "value", value)
    tol = float(10 * best_step("central", x.dtype)) if tolerance is None else tolerance
    claimed = _claim(gradient, x)
    measured, doubt = _measure(loss, x, tol)
    if not np.all(np.isfinite(claimed)):
        at = int(np.argmin(np.isfinite(claimed)))
        said = f"coordinate {at} is {claimed[at]}"
        return GradientCheck(False, np.inf, at, said, claimed, measured, tol)
    errors, counts = _errors(claimed, measured, doubt, tol)
    worst, wrong = int(np.argmax(errors)), errors > tol
    said = _suspicion(claimed, measured, wrong, counts, tol)
    return GradientCheck(not wrong.any(), float(errors[worst]), worst, said, claimed, measured, tol)


def _claim(gradient: Function, x: np.ndarray) -> np.ndarray:
    claimed = np.asarray(gradient(x.copy()))
    if claimed.shape != x.shape or not x.size:
        raise ValueError(
            f"the gradient must have the shape of x and at least one coordinate; x has {x.shape}, "
            f"the gradient {claimed.shape}"
        )
    return claimed


def _measure(loss: Function, x: np.ndarray, tol: float) -> tuple[np.ndarray, np.ndarray]:
    """Central differences (n,), and in each coordinate the slope that a gap is compared with.

    That is at least h times the curvature, by which the two sides differ, and so much that the
    rounding of L alone fails no gradient.
    """
    h, here = best_step("central", x.dtype, x), np.asarray(loss(x.copy()))
    ahead, behind = (jacobian(loss, x, scheme, h) for scheme in ("forward", "backward"))
    if here.ndim or not np.all(np.isfinite([here, *ahead, *behind])):
        raise ValueError(f"L near x = {x} must be a finite number, but L(x) is {here}; move x")
    rounding = 10 * np.finfo(x.dtype).eps * np.abs(here) / h
    return (ahead + behind) / 2, np.maximum(np.abs(ahead - behind) / 2, rounding / tol)


def _errors(
    claimed: np.ndarray, measured: np.ndarray, doubt: np.ndarray, tol: float
) -> tuple[np.ndarray, np.ndarray]:
    """Relative error of each coordinate, and which are large enough to count."""
    size = np.maximum(np.abs(claimed), np.abs(measured))
    floor = np.maximum(doubt, tol * np.max(size))
    scale = np.maximum(size, floor)
    gap = np.abs(claimed - measured)
    return np.divide(gap, scale, out=np.zeros_like(gap), where=gap > 0), size > floor


def _suspicion(
    claimed: np.ndarray, measured: np.ndarray, wrong: np.ndarray, counts: np.ndarray, tol: float
) -> str:
    """Which coordinates are wrong, if others are right, and what they have in common."""
    if not wrong.any():
        return ""
    if _permuted(claimed, measured, tol):
        return "the coordinates stand in another order"
    how = _in_common(claimed[wrong], measured[wrong], tol)
    if not np.any(counts & ~wrong):
        return how
    at = ", ".join(map(str, np.flatnonzero(wrong)))
    which = f"coordinate{'s' if wrong.sum() > 1 else ''} {at} only"
    return f"{which}: {how}" if how else which


def _permuted(claimed: np.ndarray, measured: np.ndarray, tol: float) -> bool:
    """Whether the numbers agree once sorted, and do not as they stand."""

    def agree(a: np.ndarray, b: np.ndarray) -> bool:
        return np.allclose(a, b, rtol=tol, atol=tol * np.max(np.abs(claimed)))

    return agree(np.sort(claimed), np.sort(measured)) and not agree(claimed, measured)


def _in_common(claimed: np.ndarray, measured: np.ndarray, tol: float) -> str:
    """The factor between claim and measurement, if it is one for all and means something."""
    if not np.any(claimed):
        return "it is zero where the loss slopes"
    factor = float(claimed @ measured / (measured @ measured)) if np.any(measured) else np.nan
    if not np.allclose(claimed, factor * measured, rtol=tol, atol=0):
        return ""
    if abs(factor + 1) <= tol:
        return "the sign is lost"
    whole = max(abs(factor), 1 / abs(factor))
    telling = claimed.size > 1 or abs(whole - round(whole)) <= tol * whole
    return f"a factor {factor:.3g}" if telling else ""
