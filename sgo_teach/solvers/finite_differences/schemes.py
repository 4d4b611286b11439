"""Derivatives from values at points a small h apart, and which h.

Truncation falls with h and rounding grows as h falls, so each scheme has a best h; Nocedal &
Wright, *Numerical Optimization*, 2nd ed., 2006, sec. 8.1. The complex step subtracts nothing and
has no such limit: Squire & Trapp, "Using complex variables to estimate derivatives of real
functions", SIAM Review, 1998.

========  ===========================  ==========  ========
scheme    f′(x) ≈                      truncation  best h
========  ===========================  ==========  ========
forward   (f(x + h) − f(x))/h          O(h)        ε^(1/2)
backward  (f(x) − f(x − h))/h          O(h)        ε^(1/2)
central   (f(x + h) − f(x − h))/2h     O(h²)       ε^(1/3)
complex   Im f(x + ih)/h               O(h²)       any tiny
========  ===========================  ==========  ========

ε is the machine epsilon of x's own type: float32 points give float32 differences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

Function = Callable[[Any], Any]

_POWERS = {"forward": 1 / 2, "backward": 1 / 2, "central": 1 / 3, "complex": 2.0}
SCHEMES = tuple(_POWERS)


def best_step(scheme: str, dtype: DTypeLike = float, x: ArrayLike = 0.0) -> np.ndarray:
    """The h that balances truncation against rounding: ε^p·max(1, |x|).

    It is right for a function that changes on the scale of max(1, |x|); one that changes faster
    wants a smaller h.

    Parameters
    ----------
    scheme : str
        One of `SCHEMES`: ``"forward"``, ``"backward"``, ``"central"``, ``"complex"``.
    dtype : NumPy type of real numbers
        Whose ε counts.
    x : (...) array
        Where the derivative is wanted.

    Returns
    -------
    (...) array of that dtype

    Raises
    ------
    ValueError
        If there is no such scheme.
    """
    power = _POWERS[_known(scheme)]
    size = np.maximum(1, np.abs(np.asarray(x, dtype)))
    return (np.finfo(dtype).eps ** power * size).astype(dtype)


def derivative(
    f: Function, x: ArrayLike, scheme: str = "central", h: ArrayLike | None = None
) -> np.ndarray:
    """f′(x) of a function of one number.

    Parameters
    ----------
    f : callable (...) -> (...)
        If it works on arrays, x and h may be arrays.
    x : (...) array
        float32 stays float32; integers become float64.
    scheme : str
        One of `SCHEMES`. For ``"complex"`` f must be analytic: made of arithmetic and functions
        such as exp and sin, without abs, conjugates or casts to real.
    h : (...) array, optional
        `best_step` if left out.

    Returns
    -------
    (...) array

    Raises
    ------
    ValueError
        If there is no such scheme, x is not real, h is not positive, or f loses the imaginary
        part that the complex step lives on.
    """
    x = _real(x)
    h = best_step(scheme, x.dtype, x) if h is None else _positive(h, x.dtype)
    return _along(f, x, x.dtype.type(1), scheme, h)


def jacobian(
    f: Function, x: ArrayLike, scheme: str = "central", h: ArrayLike | None = None
) -> np.ndarray:
    """The Jacobian of f: (n,) → (...): one difference for each coordinate.

    Of a gradient it is the Hessian, symmetric up to the error of the differences.

    Parameters
    ----------
    f : callable (n,) -> (...)
        Its value may be a number or an array of any shape.
    x : (n,) array
    scheme : str
        As for `derivative`.
    h : float or (n,) array, optional
        For all coordinates or for each.

    Returns
    -------
    (..., n) array
        Derivatives by x_i stand last.

    Raises
    ------
    ValueError
        As `derivative`, or if x is not a vector with at least one coordinate.
    """
    x = vector(x)
    if not x.size:
        raise ValueError("x must have at least one coordinate, or there is nothing to derive by")
    steps = best_step(scheme, x.dtype, x) if h is None else _positive(h, x.dtype)
    steps = np.broadcast_to(steps, x.shape)
    here = np.asarray(f(x.copy())) if scheme in ("forward", "backward") else None
    units = np.eye(x.size, dtype=x.dtype)
    columns = [_along(f, x, e, scheme, step, here) for e, step in zip(units, steps, strict=True)]
    return np.stack(columns, axis=-1)


def gradient(
    f: Function, x: ArrayLike, scheme: str = "central", h: ArrayLike | None = None
) -> np.ndarray:
    """∇f(x), shape (n,), of f: (n,) → number; n + 1 values one-sided, 2n central, n complex.

    Parameters and errors as for `jacobian`; a ValueError also where f is not a number.
    """
    g = jacobian(f, x, scheme, h)
    if g.ndim != 1:
        raise ValueError(
            f"f must return one number, not an array {g.shape[:-1]}; jacobian serves arrays"
        )
    return g


def hessian_vector_product(
    gradient: Function, x: ArrayLike, v: ArrayLike, h: float | None = None
) -> np.ndarray:
    """∇²L(x)·v by a central difference of the gradient along v: two gradients, no matrix.

    Parameters
    ----------
    gradient : callable (n,) -> (n,)
    x, v : (n,) arrays
    h : float, optional
        Length of the nudge, whatever the length of v; `best_step` at ‖x‖ if left out.

    Returns
    -------
    (n,) array

    Raises
    ------
    ValueError
        If x is not a vector, v does not fit it, or h is not positive.
    """
    x = vector(x)
    v = np.asarray(v, dtype=x.dtype)
    if v.shape != x.shape:
        raise ValueError(f"v must have the shape of x, {x.shape}, not {v.shape}")
    largest = np.max(np.abs(v), initial=0)
    if largest == 0:
        return np.zeros_like(x)
    u = v / largest  # so that ‖v‖² leaves the floats for no v
    length = np.linalg.norm(u)
    nudge = _nudge(x) if h is None else _positive(h, x.dtype)
    return largest * (length * _along(gradient, x, u / length, "central", nudge))


def _nudge(x: np.ndarray) -> np.ndarray:
    return best_step("central", x.dtype, np.linalg.norm(x))


def _along(f: Function, x: np.ndarray, e: Any, scheme: str, h: Any, here: Any = None) -> np.ndarray:
    """The derivative of f at x along e; `here` is f(x) where it is known."""
    if scheme == "complex":
        return _imaginary(f(x + 1j * h * e)) / h
    if scheme == "central":
        return (np.asarray(f(x + h * e)) - f(x - h * e)) / (2 * h)
    here = np.asarray(f(x)) if here is None else here
    return (f(x + h * e) - here) / h if scheme == "forward" else (here - f(x - h * e)) / h


def _imaginary(value: Any) -> np.ndarray:
    if not np.iscomplexobj(value):
        raise ValueError(
            "the complex step needs f to carry complex numbers through, but it returned a real "
            'one; take out casts to float, abs and conjugates, or use scheme="central"'
        )
    return np.imag(value)


def _known(scheme: str) -> str:
    if scheme not in _POWERS:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, not {scheme!r}")
    return scheme


def _real(x: ArrayLike) -> np.ndarray:
    x = np.asarray(x)
    if np.iscomplexobj(x):
        raise ValueError("x must be real; a derivative along the real line is wanted")
    return x if np.issubdtype(x.dtype, np.floating) else x.astype(float)


def vector(x: ArrayLike) -> np.ndarray:
    """A real (n,) array of x's own floating type; integers become float64.

    Raises
    ------
    ValueError
        If x is complex or no vector.
    """
    x = _real(x)
    if x.ndim != 1:
        raise ValueError(f"x must be a vector (n,), not of shape {x.shape}; one number is [x]")
    return x


def _positive(h: ArrayLike, dtype: DTypeLike) -> np.ndarray:
    h = np.asarray(h, dtype=dtype)
    if not np.all((h > 0) & np.isfinite(h)):
        raise ValueError(f"h must be positive and finite in {np.dtype(dtype)}, not {h}")
    return h
