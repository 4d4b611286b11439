"""Conjugate gradients: solve A x = b with A symmetric positive definite, from products A p only.

One file for numpy arrays and one-dimensional torch tensors alike: vectors meet nothing but
``+ - * / @``, ``abs``, ``max`` and ``float()``, nothing is changed in place, and no library is
asked which it is.
Hestenes & Stiefel, "Methods of conjugate gradients for solving linear systems", 1952; in the
form of Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 5.

==================  =====================================================================
x                   iterate, aims at A⁻¹b
r = b − A x         residual, which is also −∇φ(x) (the book writes it with the other sign)
φ(x)                ½ xᵀA x − bᵀx, the quadratic model that CG lowers with every step
z = M⁻¹ r           preconditioned residual (r itself without a preconditioner)
p, Ap               search direction and its product
curvature           pᵀA p; not positive means that A is not positive definite
alpha               rᵀz / pᵀA p, the exact step along p
beta                r₊ᵀz₊ / rᵀz, makes the next p conjugate to all before
==================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import frexp, inf, isfinite, ldexp, sqrt
from typing import Any

import numpy as np

from sgo_teach.solvers.steps import NOT_FINITE

Vector = Any
Product = Callable[[Any], Any]

SOLVED = "solved"
NEGATIVE_CURVATURE = "negative_curvature"
BAD_PRECONDITIONER = "bad_preconditioner"
FLAT = float(np.finfo(float).eps)  # cosine between p and A p that only rounding keeps from 0
WIDEST = 20  # powers of two that the largest entry of b may be off 1


@dataclass(frozen=True, eq=False)
class CGStep:
    """One row in the table of a CG run.

    Attributes
    ----------
    k : int
        Products A p spent so far (the one for r₀ = b − A x₀ not counted).
    x, r : (n,) vectors
        Iterate x_k and its residual r_k = b − A x_k; always finite.
    p : (n,) vector
        Direction along which x_k was reached from x_{k-1}; zero at k = 0.
    curvature : float
        pᵀA p for that direction; 0 at k = 0.
    model_value : float
        φ(x_k) = ½ x_kᵀA x_k − bᵀx_k; like curvature 0 or infinite where its size is no float.
    residual_norm, b_norm : float
        ‖r_k‖₂ and ‖b‖₂.
    status : str
        Empty while CG can go on. ``"solved"``: the residual is zero. ``"negative_curvature"``:
        pᵀA p ≤ 0, or ≤ ε‖p‖‖A p‖, which is 0 up to rounding and would send x out of sight; x is
        still that of the step before, p is the offending direction (so Steihaug's
        method can go on from here). ``"not_finite"``: a product overflowed or gave NaN; all but
        k is still that of the step before. ``"bad_preconditioner"``: rᵀM⁻¹r ≤ 0.
    """

    k: int
    x: Vector
    r: Vector
    p: Vector
    curvature: float
    model_value: float
    residual_norm: float
    b_norm: float
    status: str = ""


def cg_steps(
    A: Any,
    b: Vector,
    x0: Vector | None = None,
    preconditioner: Product | None = None,
) -> Iterator[CGStep]:
    """Yield the steps of (preconditioned) conjugate gradients, the start included.

    The run ends by itself only on a step with a status; a stop rule is the caller's (see `cg`).
    Each step costs one product with A and one call of the preconditioner.

    Where b is so small or large that squares might leave the floats, c·b with a power c of 2 is
    solved for c·x, which is the same to the last bit. Integers are taken as floats.

    Parameters
    ----------
    A : callable (n,) -> (n,), or (n, n) matrix
        The product p ↦ A p, A symmetric. With torch, call under ``torch.no_grad()`` or with
        detached vectors; nothing here needs a graph.
    b : (n,) numpy array or torch tensor
    x0 : (n,) vector, optional
        Start; zero if left out.
    preconditioner : callable (n,) -> (n,), optional
        r ↦ M⁻¹ r with M symmetric positive definite.

    Raises
    ------
    ValueError
        If b or x0 is not finite, or a shape is wrong.
    """
    product = A if callable(A) else A.__matmul__
    b, x0 = 1.0 * b, None if x0 is None else 1.0 * x0
    unit = max(_unit(b), 0.0 if x0 is None else _unit(x0)) or 1.0
    if unit == 1:
        return _steps(product, b, x0, preconditioner)
    x0 = None if x0 is None else x0 / unit
    return _scaled(_steps(product, b / unit, x0, preconditioner), unit)


def _unit(v: Vector) -> float:
    """The power of 2 next to the largest entry of v, 1 for all near 1; 0 where there is none."""
    largest = float(abs(v).max()) if v.ndim == 1 and len(v) else 0.0
    if not 0 < largest < inf:
        return 0.0
    exponent = frexp(largest)[1] - 1
    return ldexp(1.0, exponent) if abs(exponent) > WIDEST else 1.0


@np.errstate(over="ignore", invalid="ignore")
def _in_units(step: CGStep, unit: float) -> CGStep:
    """The step with lengths a unit times as long."""
    return replace(
        step,
        x=unit * step.x,
        r=unit * step.r,
        p=unit * step.p,
        curvature=unit * step.curvature * unit,
        model_value=unit * step.model_value * unit,
        residual_norm=unit * step.residual_norm,
        b_norm=unit * step.b_norm,
    )


def _scaled(steps: Iterator[CGStep], unit: float) -> Iterator[CGStep]:
    """The steps of a system solved in a unit, written out; the end where x leaves the floats."""
    at = next(steps)
    last = _in_units(at, unit)
    yield last
    for step in steps:
        written = _in_units(step, unit)
        if step.x is at.x:
            written = replace(written, x=last.x)  # the same point stays the same object
        if not float(abs(written.x).max()) < inf:
            yield replace(last, k=step.k, status=NOT_FINITE)
            return
        yield written
        at, last = step, written


def _steps(
    product: Product, b: Vector, x0: Vector | None, preconditioner: Product | None
) -> Iterator[CGStep]:
    step = _first_step(product, b, x0)
    p, rz = step.p, inf  # beta = rz/inf = 0: the first direction is z itself
    yield step
    while not step.status:
        p, rz, status = _direction(step, p, rz, preconditioner)
        step = replace(step, status=status) if status else _advance(product, b, step, p, rz)
        yield step


@np.errstate(over="ignore", invalid="ignore")
def _first_step(product: Product, b: Vector, x0: Vector | None) -> CGStep:
    b_norm = _checked_norm("b", b)
    zero = b - b
    at_zero = CGStep(0, zero, b, zero, 0.0, 0.0, b_norm, b_norm, "" if b_norm > 0 else SOLVED)
    if x0 is None:
        return at_zero
    _checked_norm("x0", x0)
    _check_shape("x0", x0, b)
    Ax = product(x0)
    _check_shape("A @ x0", Ax, b)
    # Where A x0 is not finite, x = 0 is the one point whose residual is known.
    return _row(at_zero, b, 0, x0, b - Ax, zero, 0.0) or replace(at_zero, status=NOT_FINITE)


@np.errstate(over="ignore", invalid="ignore")
def _direction(
    step: CGStep, p: Vector, rz: float, preconditioner: Product | None
) -> tuple[Vector, float, str]:
    """Next direction z + beta p, rᵀz, and a status if the preconditioner spoils it."""
    z = step.r if preconditioner is None else preconditioner(step.r)
    _check_shape("preconditioner(r)", z, step.r)
    new_rz = step.residual_norm * step.residual_norm if z is step.r else float(step.r @ z)
    if not isfinite(new_rz):
        return p, rz, NOT_FINITE
    if new_rz <= 0:
        return p, rz, BAD_PRECONDITIONER
    return z + (new_rz / rz) * p, new_rz, ""


@np.errstate(over="ignore", invalid="ignore")
def _advance(product: Product, b: Vector, step: CGStep, p: Vector, rz: float) -> CGStep:
    """Exact step along p, or a report of why there is none."""
    Ap = product(p)
    _check_shape("A @ p", Ap, b)
    k, curvature = step.k + 1, float(p @ Ap)
    if not isfinite(curvature):
        return replace(step, k=k, status=NOT_FINITE)
    if curvature <= 0 or curvature <= _flat(p, Ap) < inf:
        return replace(step, k=k, p=p, curvature=curvature, status=NEGATIVE_CURVATURE)
    alpha = rz / curvature
    row = _row(step, b, k, step.x + alpha * p, step.r - alpha * Ap, p, curvature)
    return row or replace(step, k=k, status=NOT_FINITE)


def _flat(p: Vector, Ap: Vector) -> float:
    """The pᵀA p of vectors that are orthogonal but for rounding."""
    return FLAT * sqrt(float(p @ p)) * sqrt(float(Ap @ Ap))


def _row(
    step: CGStep, b: Vector, k: int, x: Vector, r: Vector, p: Vector, curvature: float
) -> CGStep | None:
    """The step at x, or None where x or r is not finite."""
    rr = float(r @ r)
    phi = -0.5 * float(x @ (b + r))  # φ = ½xᵀ(Ax) − bᵀx with Ax = b − r: no product needed
    if not (isfinite(rr) and isfinite(phi)):
        return None
    status = "" if rr > 0 else SOLVED
    return CGStep(k, x, r, p, curvature, phi, sqrt(rr), step.b_norm, status)


def _checked_norm(name: str, v: Vector) -> float:
    if v.ndim != 1:
        raise ValueError(f"{name} must be a vector (n,), not {tuple(v.shape)}; flatten it first")
    squared = float(v @ v)
    if not isfinite(squared):
        raise ValueError(
            f"{name} must be finite, but ‖{name}‖² = {squared}; "
            "look for NaN or overflow where it was computed"
        )
    return sqrt(squared)


def _check_shape(name: str, v: Vector, like: Vector) -> None:
    if v.shape != like.shape:
        raise ValueError(
            f"{name} must have the shape of b, {tuple(like.shape)}, not {tuple(v.shape)}; "
            "another shape would broadcast unnoticed"
        )
