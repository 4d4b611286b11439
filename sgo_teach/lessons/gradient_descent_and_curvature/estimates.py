"""What the last picture of lesson 02 shows: the error of four difference schemes against h."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sgo_teach.solvers.finite_differences import SCHEMES, best_step, derivative

H = np.logspace(-16, 0, 129)
SPAN = np.linspace(-3, 3, 241)
DTYPES = {"float64": np.float64, "float32": np.float32}


@dataclass(frozen=True)
class Curve:
    """A function of one number, which also takes complex ones, and its derivative."""

    f: Callable
    slope: Callable


CURVES = {
    "exp x": Curve(np.exp, np.exp),
    "sin x": Curve(np.sin, np.cos),
    "x³ − x": Curve(lambda x: x * x * x - x, lambda x: 3 * x * x - 1),
    "1 / (1 + x²)": Curve(lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
}


@dataclass(frozen=True, eq=False)
class EstimateFrame:
    """The errors |D − f′(x)| of each scheme (129,) over `H`, and of one scheme at one h.

    floor : half a unit in the last place of f′, below which an error says nothing; x : the point
    as the type stores it; slope : f′ there; h, value, error : the h that was
    chosen, D and its error; rule : the package's best h; best : the h of `H` with the least error.
    """

    floor: float
    x: float
    slope: float
    errors: dict[str, np.ndarray]
    h: float
    value: float
    error: float
    rule: float
    best: float


def compute_estimate(name: str, at: float, scheme: str, dtype: str, h: float) -> EstimateFrame:
    """Estimate f′ at `at` by every scheme over all of `H`, in the arithmetic of `dtype`."""
    curve, x = CURVES[name], DTYPES[dtype](at)
    slope = float(curve.slope(float(x)))
    errors = {s: np.abs(derivative(curve.f, x, s, H).astype(float) - slope) for s in SCHEMES}
    value = float(derivative(curve.f, x, scheme, h))
    return EstimateFrame(
        floor=0.5 * float(np.finfo(DTYPES[dtype]).eps) * max(1.0, abs(slope)),
        x=float(x),
        slope=slope,
        errors=errors,
        h=h,
        value=value,
        error=abs(value - slope),
        rule=float(best_step(scheme, DTYPES[dtype], x)),
        best=float(H[np.argmin(errors[scheme])]),
    )
