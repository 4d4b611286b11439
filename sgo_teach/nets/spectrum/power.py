"""Power iteration: the eigenvalue of largest modulus, and its vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from sgo_teach.nets.spectrum.vectors import (
    Generator,
    Product,
    Vector,
    gaussian,
    multiply,
    norm,
    unit,
)

CONVERGED = "converged"
MAX_STEPS = "max_steps"


@dataclass(frozen=True, eq=False)
class PowerStep:
    """One step of power iteration.

    Attributes
    ----------
    k : int
        The vector has been multiplied by A this many times; k + 1 products are spent.
    vector : (n,) vector
        v_k, of length 1.
    value : float
        vᵀA v, the Rayleigh quotient.
    residual_norm : float
        ‖A v − value·v‖: some eigenvalue of A is at most this far from `value`.
    status : str
        Empty, ``"converged"`` or, on the last step allowed, ``"max_steps"``.
    """

    k: int
    vector: Vector
    value: float
    residual_norm: float
    status: str = ""


def power_iteration(
    product: Product,
    start: int | Vector,
    generator: Generator | None = None,
    *,
    rtol: float = 1e-4,
    max_steps: int = 1000,
) -> Iterator[PowerStep]:
    """Yield the steps v ↦ A v/‖A v‖ until v is an eigenvector, within a tolerance.

    The error of v shrinks by |h₂/h₁| a step and that of the Rayleigh quotient by its square, where
    h₁, h₂ are the eigenvalues of largest modulus. The sign of h₁ comes out right. If h₂ = −h₁
    there is no single direction to find: the residual stays large.

    Parameters
    ----------
    product : callable (n,) -> (n,)
        v ↦ A v, A symmetric.
    start : (n,) vector, or int n
        First vector, not zero; or its size, for one drawn at random.
    generator : numpy or torch generator
        Needed for a start drawn at random.
    rtol : float
        Converged when residual_norm ≤ rtol·|value|.
    max_steps : int
        Multiplications at most.

    Raises
    ------
    ValueError
        If start is zero or not finite, a generator is missing, max_steps is negative, or a
        product is not finite.

    Notes
    -----
    Golub & Van Loan, *Matrix Computations*, 4th ed., 2013, ch. 8.
    """
    if max_steps < 0:
        raise ValueError(
            f"max_steps must be at least 0, not {max_steps}; 0 only looks at the start"
        )
    if isinstance(start, (int, np.integer)):
        if generator is None:
            raise ValueError(f"a start of size {start} needs a generator to draw it from")
        start = gaussian(int(start), generator)
    return _steps(product, unit("start", start), rtol, max_steps)


def _steps(product: Product, v: Vector, rtol: float, max_steps: int) -> Iterator[PowerStep]:
    for k in count():
        Av = multiply(product, v)
        value = float(v @ Av)
        residual = norm(Av - value * v)
        status = CONVERGED if residual <= rtol * abs(value) else ("", MAX_STEPS)[k >= max_steps]
        yield PowerStep(k, v, value, residual, status)
        if status:
            return
        v = unit("A v", Av)
