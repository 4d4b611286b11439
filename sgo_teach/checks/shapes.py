"""The classic causes of a wrong shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from sgo_teach.checks.kinds import kind

_ENTRY_BY_ENTRY = (
    " `*` and `/` work entry by entry, so a matrix and a vector give a matrix: "
    "use `@`, or `np.linalg.solve` to divide by a matrix."
)
Shape = tuple[int, ...]


def cause(got: Shape, want: Shape, arguments: tuple[Any, ...]) -> str:
    """What usually leads to this shape, with a space in front; "" if nothing is known.

    Parameters
    ----------
    got, want : the shape that came and the one that is asked
    arguments : what the function was given
    """
    if square := _square(got, want, arguments):
        return square
    if len(got) == len(want) == 2 and got == want[::-1]:
        return " It is transposed."
    if want == ():
        return _not_one_number(got)
    if got == ():
        return " One number for the whole: is an axis summed away, or `@` meant to be `*`?"
    if np.prod(got, dtype=int) == np.prod(want, dtype=int):
        return f" The entries are there: `.reshape({', '.join(map(str, want))})`."
    return ""


def _square(got: Shape, want: Shape, arguments: tuple[Any, ...]) -> str:
    """How an (n, n) result comes about where n numbers or one are asked."""
    n = got[0] if got else 0
    if got != (n, n) or n < 2 or want not in ((), (n,), (n, 1)):
        return ""
    shapes = {tuple(a.shape) for a in arguments if kind(a) in ("array", "tensor")}
    column = (n, 1) in {want, *shapes}
    if not column and ((n, n) in shapes or any(map(callable, arguments))):
        return _ENTRY_BY_ENTRY
    if column or not shapes or any(n in shape for shape in shapes):
        return f" ({n}, 1) with ({n},) broadcasts to ({n}, {n}) unnoticed: make both flat."
    return ""


def _not_one_number(got: Shape) -> str:
    if np.prod(got, dtype=int) == 1:
        return " Take the single entry out with `.item()`."
    return " A sum, a mean or a dot product (`a @ b`) is missing."
