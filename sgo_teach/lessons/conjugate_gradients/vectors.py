"""What the exercises of lesson 08 compute with: counted products, and vectors of no library."""

from __future__ import annotations

from typing import Any

import numpy as np

_ALLOWED = (
    "only + - * / and @ are common to numpy and torch "
    "(0 * b is a zero vector, (r @ r)**0.5 a length)"
)


class Counted:
    """The product p ↦ Hp with H (n, n), which may be asked for so often and no more."""

    def __init__(self, H: Any, most: int):
        self.H, self.most, self.used = np.asarray(H, float), most, 0

    def __call__(self, p: Any) -> Any:
        """Hp (n,), for an array or a `Bare` vector.

        Raises
        ------
        RuntimeError
            If it is asked for more often than allowed.
        """
        self.used += 1
        if self.used > self.most:
            raise RuntimeError(
                f"Hp was asked for more than {self.most} times here: a step needs one product, "
                "and the loop has to end"
            )
        return Bare(self.H @ p.entries) if isinstance(p, Bare) else self.H @ p

    def __repr__(self) -> str:
        return f"p ↦ Hp with H {self.H.shape}"

    def __mul__(self, p: Any) -> Any:
        raise TypeError("product is a function, not a matrix: call it, product(p)")

    __matmul__ = __mul__


class Bare:
    """A vector (n,) that knows nothing but + - * / and @, as a torch vector would in numpy's hands.

    Parameters
    ----------
    entries : (n,) array
    """

    __array_ufunc__ = None  # numpy must not take it apart

    def __init__(self, entries: Any):
        self.entries = np.asarray(entries, float)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'.{name}' is numpy's or torch's own: {_ALLOWED}")

    def __array__(self, *_args: Any, **_options: Any) -> Any:
        raise TypeError(f"a numpy function met a vector that is none of numpy's: {_ALLOWED}")

    def __iter__(self) -> Any:
        raise TypeError(f"this vector lies entry by entry in no Python list: {_ALLOWED}")

    def __getitem__(self, index: Any) -> Any:
        raise TypeError(f"no single entries are needed: {_ALLOWED}")

    def __add__(self, other: Any) -> Bare:
        return Bare(self.entries + _entries(other))

    def __sub__(self, other: Any) -> Bare:
        return Bare(self.entries - _entries(other))

    def __neg__(self) -> Bare:
        return Bare(-self.entries)

    def __mul__(self, number: Any) -> Bare:
        return Bare(self.entries * _number(number))

    __rmul__ = __mul__

    def __truediv__(self, number: Any) -> Bare:
        return Bare(self.entries / _number(number))

    def __matmul__(self, other: Any) -> float:
        return float(self.entries @ _entries(other))

    def __radd__(self, other: Any) -> Bare:
        return self + other

    def __rsub__(self, other: Any) -> Bare:
        return -self + other

    def __len__(self) -> int:
        return len(self.entries)

    def __eq__(self, other: object) -> bool:
        """Equal up to rounding."""
        return isinstance(other, Bare) and np.allclose(self.entries, other.entries, atol=1e-8)

    def __repr__(self) -> str:
        return f"Vector({np.array2string(self.entries, precision=4, separator=', ')})"


def _number(factor: Any) -> float:
    if isinstance(factor, Bare):
        raise TypeError("vector by vector, entry by entry: α and β need the number p @ q")
    return float(factor)


def _entries(other: Any) -> np.ndarray:
    if isinstance(other, Bare):
        return other.entries
    if np.isscalar(other):
        return np.asarray(other, float)  # 0 + v, as `sum` begins
    raise TypeError(f"an array meets a vector of another kind: start from 0 * b; {_ALLOWED}")
