"""Equality of sympy expressions, without importing sympy for lessons that do not use it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from sgo_teach.checks.guard import guarded

_POINTS = 4
_SECONDS = 3.0


def _sympy() -> Any:
    return sys.modules.get("sympy")


def is_matrix(value: Any) -> bool:
    """True for a sympy matrix."""
    return _sympy() is not None and isinstance(value, _sympy().MatrixBase)


def is_symbolic(value: Any) -> bool:
    """True for any other sympy object."""
    return _sympy() is not None and isinstance(value, _sympy().Basic)


def has_order(value: Any) -> bool:
    """True for an expression that holds a remainder O(…), as ``series`` leaves it."""
    return is_symbolic(value) and value.has(_sympy().Order)


def same_expression(u: Any, v: Any, tolerance: float = 1e-9) -> bool:
    """True when two formulas are one function of their symbols, however they are written.

    For slips: quick where the formulas differ, since numbers at one point then tell them apart.

    Parameters
    ----------
    u, v : sympy expressions, matrices or numbers; anything else is the same as nothing
    tolerance : relative and absolute, for the values at the points

    See Also
    --------
    equal : how they are compared
    """
    import sympy  # here, since lessons without formulas do without it

    try:
        u, v = sympy.sympify(u), sympy.sympify(v)
    except (sympy.SympifyError, TypeError, AttributeError):
        return False
    if is_matrix(u) or is_matrix(v):
        alike = is_matrix(u) and is_matrix(v) and u.shape == v.shape
        return alike and equal(u, v, tolerance)
    return is_symbolic(u) and is_symbolic(v) and equal(u, v, tolerance)


def equal(got: Any, want: Any, tolerance: float) -> bool:
    """Equality as functions of their symbols, whichever way they are written.

    Symbols are matched by name, since ``Symbol("x")`` and ``Symbol("x", real=True)`` look alike.
    Expressions are compared at a few points first, which is quick and decides nearly always; where
    they cannot be evaluated, ``simplify(got - want) == 0`` decides. A remainder O(…) must agree
    literally: it has no value at a point.
    """
    if is_matrix(want):
        return all(equal(mine, theirs, tolerance) for mine, theirs in zip(got, want, strict=True))
    sympy = _sympy()
    got, want = _renamed(sympy.sympify(got), want), sympy.sympify(want)
    if got == want:
        return True
    if not (isinstance(got, sympy.Expr) and isinstance(want, sympy.Expr)):
        return False
    if has_order(got) or has_order(want):
        return got.getO() == want.getO() and equal(got.removeO(), want.removeO(), tolerance)
    at_points = _in_time(_equal_at_points, got, want, tolerance)
    return bool(_in_time(_equal_simplified, got, want) if at_points is None else at_points)


def _in_time(question: Callable[..., bool | None], *arguments: Any) -> bool | None:
    """The answer to a question, None where it takes too long or fails, as a formula can."""
    return guarded(question, arguments, _SECONDS).value


def _equal_simplified(got: Any, want: Any) -> bool:
    return bool(_sympy().simplify(got - want) == 0)


def _renamed(got: Any, want: Any) -> Any:
    named = {symbol.name: symbol for symbol in getattr(want, "free_symbols", ())}
    same_name = {s: named[s.name] for s in got.free_symbols if s.name in named}
    return got.xreplace(same_name)


def _equal_at_points(got: Any, want: Any, tolerance: float) -> bool | None:
    """Compare at points in (0.5, 2)ⁿ, where logarithms and roots exist; None if undecidable."""
    symbols = sorted(got.free_symbols | want.free_symbols, key=str)
    rng = np.random.default_rng(0)
    answers = set()
    for _ in range(_POINTS):
        point = dict(zip(symbols, map(float, rng.uniform(0.5, 2.0, len(symbols))), strict=True))
        answers.add(_close(got.subs(point).evalf(), want.subs(point).evalf(), tolerance))
        if False in answers:
            return False  # one point is enough, and formulas that differ are the common case
    return True if True in answers else None


def _close(mine: Any, theirs: Any, tolerance: float) -> bool | None:
    """Compare two numbers; None where one of them is none."""
    if not (mine.is_number and theirs.is_number):
        return None
    if {mine.is_finite, theirs.is_finite} == {True, False}:
        return False
    if not (mine.is_finite and theirs.is_finite):
        return None
    return abs(complex(mine - theirs)) <= tolerance * (1 + abs(complex(theirs)))
