"""Compare what a learner's function returned with what the reference returned.

Each comparison walks through nested tuples, lists and dictionaries and answers with a message
(Markdown) or None.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sgo_teach.checks import symbolic
from sgo_teach.checks.kinds import Place, as_array, describe, kind, pairs, short, written_place
from sgo_teach.checks.shapes import cause

_NUMERIC = ("number", "array")
_ROUNDING = 1e-9
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


_ONE = {  # what is one thing, by its short name
    "array": "array",
    "number": "number",
    "tensor": "tensor",
    "matrix": "matrix",
    "symbolic": "expression",
    "text": "text",
    "truth": "truth value",
}
_REMAINDER = "a formula without remainder is asked; `series` keeps the O(…): append `.removeO()`."


def _inside(place: Place) -> str:
    return f"In your result{written_place(place)}: " if place else ""


def type_problem(got: Any, want: Any) -> str | None:
    """A message when the results are of different kinds."""
    for place, mine, theirs in pairs(got, want):
        if not _same_kind(mine, theirs):
            asked = f"{describe(theirs)} is asked, yours is {describe(mine)}"
            asked = asked if place else asked[:1].upper() + asked[1:]
            return f"{_inside(place)}{asked}{_way_out(mine, theirs)}"
        if symbolic.has_order(mine) and not symbolic.has_order(theirs):
            return f"{_inside(place)}{_REMAINDER}"
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
    if isinstance(got, tuple) and theirs in _ONE and not _wraps_up(got, want):
        return f": return only the {_ONE[theirs]}, not a tuple of {len(got)} things."
    if mine == "none":
        return ": is a `return` missing?"
    if isinstance(got, list) and theirs == "number" and len(got) == 1:
        return ": return the number without the brackets [ ]."
    return ": write `return`, not `yield`." if mine == "yielded" else _WAYS.get((mine, theirs), ".")


def _wraps_up(got: tuple[Any, ...], want: Any) -> bool:
    """True when a tuple's entries are those of the array that is asked."""
    try:
        return kind(want) in ("array", "tensor") and np.shape(got) == tuple(want.shape)
    except ValueError:  # ragged
        return False


def shape_problem(got: Any, want: Any, arguments: tuple[Any, ...] = ()) -> str | None:
    """A message when shapes, lengths or keys differ; ``arguments`` help to name the cause."""
    for place, mine, theirs in pairs(got, want):
        (word, ours), (asked_word, asked) = _extent(mine), _extent(theirs)
        if ours != asked:
            why = cause(ours, asked, arguments) if word == asked_word == "shape" else ""
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


def wrong_row(got: Any, want: Any, tolerance: float) -> int | None:
    """The first row in which two arrays (m, n) of numbers differ; None for everything else."""
    if kind(want) not in ("array", "tensor") or want.ndim != 2 or len(want) < 2:
        return None
    rows = range(len(want))
    return next((i for i in rows if not _agree(got[i], want[i], tolerance)), None)


def close_to(got: Any, want: Any) -> str:
    """Say how far apart two numbers or arrays are whose printed digits are the same."""
    gap = np.abs(as_array(got) - as_array(want)).max()
    return f"{short(got)}, which is near, but off by {gap:.1e}: rounding, or a step that is finite"


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


def same_but_rounding(first: Any, second: Any) -> bool:
    """True when two values agree to 1e-9 of the largest entry, as two ways to one formula do."""
    if not all(kind(value) in (*_NUMERIC, "tensor") for value in (first, second)):
        return same(first, second, _ROUNDING)
    mine, theirs = as_array(first), as_array(second)
    if mine.shape != theirs.shape or not {mine.dtype.kind, theirs.dtype.kind} <= set("biufc"):
        return False
    scale = np.abs(theirs).max(initial=0.0)
    if not np.isfinite(scale):  # beside infinity every number would agree
        return False
    return bool(np.allclose(mine, theirs, rtol=0.0, atol=_ROUNDING * scale))
