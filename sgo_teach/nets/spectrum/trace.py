"""The trace of a matrix that is only known by its products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np

from sgo_teach.nets.spectrum.vectors import (
    Generator,
    Product,
    Vector,
    gaussian,
    multiply,
    norm,
    rademacher,
    rounding,
    without,
)


@dataclass(frozen=True, eq=False)
class TraceEstimate:
    """A trace, and how far to trust it.

    Attributes
    ----------
    mean : float
        The estimate.
    standard_error : float
        Estimated standard deviation of `mean`; NaN from one sample.
    samples : (probes,) float64
        The independent estimates of which it is the mean.
    """

    mean: float
    standard_error: float
    samples: np.ndarray


def hutchinson_trace(
    product: Product, n: int, probes: int, generator: Generator, *, dtype: Any = None
) -> TraceEstimate:
    """Estimate trace A as the mean of zᵀA z over random vectors of signs z.

    Unbiased. For symmetric A one sample has the variance 2(‖A‖_F² − Σ a_ii²): only what is off the
    diagonal makes an error, so a diagonal matrix needs one probe.

    Parameters
    ----------
    product : callable (n,) -> (n,)
        v ↦ A v.
    n : int
        Size of A.
    probes : int
        Number of products.
    generator : numpy or torch generator
    dtype : optional
        Of the probes, as for `rademacher`.

    Raises
    ------
    ValueError
        If n or probes is below 1, or a product is not finite.

    Notes
    -----
    Hutchinson, "A stochastic estimator of the trace of the influence matrix for Laplacian
    smoothing splines", 1990.
    """
    if probes < 1:
        raise ValueError(f"probes must be at least 1, not {probes}")
    signs = (rademacher(n, generator, dtype) for _ in range(probes))
    return _estimate(0.0, [float(z @ multiply(product, z)) for z in signs])


def hutch_plus_plus(
    product: Product, n: int, products: int, generator: Generator, *, dtype: Any = None
) -> TraceEstimate:
    """Estimate trace A by taking its largest part exactly and the rest by `hutchinson_trace`.

    A third of the products finds an orthonormal basis Q of where A is large, a third measures
    trace QᵀA Q, and a third samples what is left, (I − QQᵀ)A(I − QQᵀ). For positive semidefinite A
    the error falls like 1/products, where Hutchinson's falls like 1/√products; a matrix of rank
    up to a third of the products has no error.

    Parameters
    ----------
    product, n, generator, dtype
        As for `hutchinson_trace`; A symmetric.
    products : int
        At least 3; a remainder after division by 3 is left unspent.

    Raises
    ------
    ValueError
        If n < 1 or products < 3, or a product is not finite.

    Notes
    -----
    Meyer, Musco, Musco & Woodruff, "Hutch++: optimal stochastic trace estimation", 2021.
    """
    if products < 3:
        raise ValueError(f"products must be at least 3, one for each part, not {products}")
    probes = range(products // 3)
    # Normal numbers, as two vectors of signs may be the same and then find one direction only.
    basis = _orthonormal(multiply(product, gaussian(n, generator, dtype)) for _ in probes)
    large = sum(float(q @ multiply(product, q)) for q in basis)
    rest = (without(basis, rademacher(n, generator, dtype)) for _ in probes)
    return _estimate(large, [float(z @ multiply(product, z)) for z in rest])


def _orthonormal(vectors: Iterable[Vector]) -> list[Vector]:
    """An orthonormal basis of the space that the vectors span."""
    basis: list[Vector] = []
    for v in vectors:
        new = without(basis, v)
        if norm(new) > rounding(v) * norm(v):
            basis.append(new / norm(new))
    return basis


def _estimate(known: float, samples: list[float]) -> TraceEstimate:
    values, probes = known + np.array(samples), len(samples)
    size = float(abs(values).max()) or 1.0  # whose square may be no number any more
    error = size * float((values / size).std(ddof=1)) / sqrt(probes) if probes > 1 else nan
    return TraceEstimate(float(values.mean()), error, values)
