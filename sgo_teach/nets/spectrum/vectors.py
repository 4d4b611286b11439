"""The few things done to vectors here: the same for numpy arrays and one-dimensional tensors."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, sqrt
from typing import Any

import numpy as np
import torch

from sgo_teach.solvers.cg import Product, Vector

Generator = np.random.Generator | torch.Generator


def rademacher(n: int, generator: Generator, dtype: Any = None) -> Vector:
    """Random signs (n,), each −1 or 1 with the same chance.

    Parameters
    ----------
    n : int
    generator : numpy or torch generator
        Decides between an array and a tensor, and on which device the tensor is.
    dtype : optional
        Of the array (float64 if left out) or tensor (torch's default).

    Raises
    ------
    ValueError
        If n < 1.
    """
    _check_size(n)
    if isinstance(generator, torch.Generator):
        bits = torch.randint(0, 2, (n,), generator=generator, device=generator.device)
        return (2 * bits - 1).to(dtype or torch.get_default_dtype())
    return (2 * generator.integers(0, 2, n) - 1).astype(dtype or float)


def gaussian(n: int, generator: Generator, dtype: Any = None) -> Vector:
    """Standard normal numbers (n,); parameters and errors as for `rademacher`."""
    _check_size(n)
    if isinstance(generator, torch.Generator):
        return torch.randn(n, generator=generator, device=generator.device, dtype=dtype)
    return generator.standard_normal(n).astype(dtype or float)


def multiply(product: Product, v: Vector) -> Vector:
    """A v, looked at before it is used.

    Raises
    ------
    ValueError
        If it has another shape than v or is not finite.
    """
    Av = product(v)
    if Av.shape != v.shape:
        raise ValueError(
            f"product(v) must have the shape of v, {tuple(v.shape)}, not {tuple(Av.shape)}; "
            "another shape would broadcast unnoticed"
        )
    _check_finite("product(v)", Av)
    return Av


def unit(name: str, v: Vector) -> Vector:
    """v/‖v‖, always a new vector.

    Raises
    ------
    ValueError
        If v is no vector, not finite, or zero.
    """
    if v.ndim != 1 or not len(v):
        raise ValueError(f"{name} must be a vector (n,) with n >= 1, not {tuple(v.shape)}")
    _check_finite(name, v)
    length = norm(v)
    if length == 0:
        raise ValueError(f"{name} must not be zero: it has no direction; draw it at random")
    return v / length


def norm(v: Vector) -> float:
    """‖v‖₂; measured in units of the largest entry, whose square may be no number any more."""
    largest = float(abs(v).max())
    if largest == 0 or not isfinite(largest):
        return largest
    w = v / largest
    return largest * sqrt(float(w @ w))


def without(basis: Iterable[Vector], v: Vector) -> Vector:
    """v without its components along an orthonormal basis.

    Once leaves rounding errors of the size of what was removed, twice leaves none to speak of:
    Parlett, *The Symmetric Eigenvalue Problem*, 1980 ("twice is enough").
    """
    basis = tuple(basis)
    for q in basis + basis:
        v = v - float(q @ v) * q
    return v


def rounding(v: Vector) -> float:
    """Relative size of what rounding may leave of a vector that should be zero."""
    info = torch.finfo(v.dtype) if isinstance(v, torch.Tensor) else np.finfo(v.dtype)
    return 100 * float(info.eps)


def _check_size(n: int) -> None:
    if n < 1:
        raise ValueError(f"n, the number of components, must be at least 1, not {n}")


def _check_finite(name: str, v: Vector) -> None:
    largest = float(abs(v).max())
    if not isfinite(largest):
        raise ValueError(
            f"{name} must be finite, but its largest entry is {largest}; "
            "look for NaN or overflow where it was computed"
        )
