"""Compare what a learner's function returned with what the reference returned.

Each comparison walks through nested tuples, lists and dictionaries and answers with a message
(Markdown) or None.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sgo_teach.checks import symbolic
from sgo_teach.checks.kinds import Place, as_array, describe, kind, pairs, short, written_place

_NUMERIC = ("number", "array")
_WAYS = {  # (what came, what is asked): the way out
    ("sequence", "array"): ": wrap it in `np.array(...)`.",
    ("symbolic", "number"): ": turn it into a number with `float(...)`.",
    ("symbolic", "array"): ": make it a numpy function with `sympy.lambdify` first.",
    ("matrix", "array"): ": convert it with `np.array(..., dtype=float)`.",
    ("array", "matrix"): ": wrap it in `sympy.Matrix(...)`.",
    ("sequence", "matrix"): ": wrap it in `sympy.Matrix(...)`.",
    ("tensor", "number"): ": take the number out with `.item()`.",
    ("tensor", "array"): ": convert it with `.detach().numpy()`.",
    ("number", "tensor"): ": keep it a tensor (no `.item()`, no `float`).",
    ("array", "tensor"): ": keep it a tensor (no `.numpy()`).",
    ("number", "truth"): ": compare, and return what the comparison gives.",
}


def _inside(place: Place) -> str:
    return f"In your result{written_place(place)}: " if place else ""


def type_problem(got: Any, want: Any) -> str | None:
    """A message when the results are of different kinds."""
    for place, mine, theirs in pairs(got, want):
        if not _same_kind(mine, theirs):
            asked = f"{describe(theirs)} is asked, yours is {describe(mine)}"
            asked = asked if place else asked[:1].upper() + asked[1:]
            return f"{_inside(place)}{asked}{_way_out(mine, theirs)}"
    return None


def _same_kind(got: Any, want: Any) -> bool:
    mine, theirs = kind(got), kind(want)
    if mine in _NUMERIC and theirs in _NUMERIC:  # their shapes tell them apart
        return _holds_objects(got) == _holds_objects(want)
    if (mine, theirs) == ("number", "symbolic"):
        return True
    return mine == theirs and (mine != "other" or isinstance(got, type(want)))


def _holds_objects(value: Any) -> bool:
    return as_array(value).dtype == object


def _way_out(got: Any, want: Any) -> str:
    mine, theirs = kind(got), kind(want)
    if mine in _NUMERIC and theirs in _NUMERIC:
        return " of Python objects (`dtype=object`): are symbols or ragged rows left in it?"
    if mine == "none":
        return ": is a `return` missing?"
    return ": write `return`, not `yield`." if mine == "yielded" else _WAYS.get((mine, theirs), ".")


def shape_problem(got: Any, want: Any, arguments: tuple[Any, ...] = ()) -> str | None:
    """A message when shapes, lengths or keys differ; ``arguments`` help to name the cause."""
    for place, mine, theirs in pairs(got, want):
        (word, ours), (asked_word, asked) = _extent(mine), _extent(theirs)
        if ours != asked:
            why = _cause(ours, asked, arguments) if word == asked_word == "shape" else ""
            return f"{_inside(place)}{asked_word} {asked} is asked, yours has {ours}.{why}"
    return None


def _extent(value: Any) -> tuple[str, Any]:
    """How large a value is, and the word for it."""
    match kind(value):
        case "number" | "symbolic":
            return "shape", ()
        case "array" | "tensor" | "matrix":
            return "shape", tuple(value.shape)
        case "sequence":
            return "length", len(value)
        case "yielded":
            return "a number of items of", len(value.items)
        case "dict":
            return "keys", sorted(map(str, value))
    return "", None


def _cause(got: tuple[int, ...], want: tuple[int, ...], arguments: tuple[Any, ...]) -> str:
    """The classic cause of a wrong shape."""
    if len(got) == 2 and got[0] == got[1] and _column_met_row(got[0], want, arguments):
        n = got[0]
        return f" ({n}, 1) with ({n},) broadcasts to ({n}, {n}) unnoticed: make both flat."
    if len(got) == len(want) == 2 and got == want[::-1]:
        return " It is transposed."
    if want == ():
        return _not_one_number(got)
    if got == ():
        return " One number for the whole: is an axis summed away, or `@` meant to be `*`?"
    if np.prod(got, dtype=int) == np.prod(want, dtype=int):
        return f" The entries are there: `.reshape({', '.join(map(str, want))})`."
    return ""


def _column_met_row(n: int, want: tuple[int, ...], arguments: tuple[Any, ...]) -> bool:
    """True when an (n, n) result can come from (n, 1) and (n,) where neither is asked."""
    shapes = {tuple(a.shape) for a in arguments if kind(a) in ("array", "tensor")}
    given = any(n in shape for shape in shapes)
    return n > 1 and want in ((), (n,), (n, 1)) and (given or not shapes)


def _not_one_number(got: tuple[int, ...]) -> str:
    if np.prod(got, dtype=int) == 1:
        return " Take the single entry out with `.item()`."
    return " A sum, a mean or a dot product (`a @ b`) is missing."


def finite_problem(got: Any, want: Any) -> str | None:
    """A message when NaN or infinity stands where a finite number is asked."""
    for place, mine, theirs in pairs(got, want):
        if kind(mine) in (*_NUMERIC, "tensor") and kind(theirs) in (*_NUMERIC, "tensor"):
            values, asked = as_array(mine), as_array(theirs)
            if values.dtype.kind in "fc" and asked.dtype.kind in "biufc":
                bad = values[~np.isfinite(values) & np.isfinite(asked)]
                if bad.size:
                    word = "NaN" if np.isnan(bad).any() else "Infinity"
                    return f"{_inside(place)}{word} appears: {short(mine)}. {_NOT_FINITE}"
    return None


_NOT_FINITE = (
    "Look for a division by zero, the logarithm or root of a negative number, or an overflow."
)


def value_problem(got: Any, want: Any, tolerance: float) -> Place | None:
    """The first place whose values differ (() for the whole), or None when all agree.

    Kinds and shapes must agree already. Numbers agree when |got − want| ≤ tolerance (1 + |want|).
    """
    for place, mine, theirs in pairs(got, want):
        if not _agree(mine, theirs, tolerance):
            return place
    return None


def _agree(got: Any, want: Any, tolerance: float) -> bool:
    match kind(want):
        case "sequence" | "dict" | "yielded" | "none":
            return True  # the parts are compared one by one
        case "array" if want.dtype == object:
            return True
        case "number" | "array" | "tensor":
            return _close(as_array(got), as_array(want), tolerance)
        case "symbolic" | "matrix":
            return symbolic.equal(got, want, tolerance)
        case "text":
            return got.strip().casefold() == want.strip().casefold()
    return bool(got == want)


def _close(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    if want.dtype.kind not in "biufc" or got.dtype.kind not in "biufc":
        return bool(np.array_equal(got, want))
    return bool(np.allclose(got, want, rtol=tolerance, atol=tolerance, equal_nan=True))


def same(first: Any, second: Any, tolerance: float = 0.0) -> bool:
    """True when two values are of one kind and shape and agree within ``tolerance``."""
    return (
        type_problem(first, second) is None
        and shape_problem(first, second) is None
        and value_problem(first, second, tolerance) is None
    )
