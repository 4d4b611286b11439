"""Equality of sympy expressions, without importing sympy for lessons that do not use it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from sgo_teach.checks.guard import guarded

_POINTS = 4
_SIMPLIFY_SECONDS = 3.0


def _sympy() -> Any:
    return sys.modules.get("sympy")


def is_matrix(value: Any) -> bool:
    """True for a sympy matrix."""
    return _sympy() is not None and isinstance(value, _sympy().MatrixBase)


def is_symbolic(value: Any) -> bool:
    """True for any other sympy object."""
    return _sympy() is not None and isinstance(value, _sympy().Basic)


def equal(got: Any, want: Any, tolerance: float) -> bool:
    """Equality as functions of their symbols, whichever way they are written.

    Symbols are matched by name, since ``Symbol("x")`` and ``Symbol("x", real=True)`` look alike.
    Expressions are compared at a few points first, which is quick and decides nearly always; where
    they cannot be evaluated, ``simplify(got - want) == 0`` decides.
    """
    if is_matrix(want):
        return all(equal(mine, theirs, tolerance) for mine, theirs in zip(got, want, strict=True))
    sympy = _sympy()
    got, want = _renamed(sympy.sympify(got), want), sympy.sympify(want)
    if got == want:
        return True
    if not (isinstance(got, sympy.Expr) and isinstance(want, sympy.Expr)):
        return False
    at_points = _equal_at_points(got, want, tolerance)
    return _equal_simplified(got, want) if at_points is None else at_points


def _equal_simplified(got: Any, want: Any) -> bool:
    """``simplify(got - want) == 0``, unless it takes too long, as it can."""
    call = guarded(_sympy().simplify, (got - want,), _SIMPLIFY_SECONDS)
    return call.ended and bool(call.value == 0)


def _renamed(got: Any, want: Any) -> Any:
    named = {symbol.name: symbol for symbol in getattr(want, "free_symbols", ())}
    same_name = {s: named[s.name] for s in got.free_symbols if s.name in named}
    return got.xreplace(same_name)


def _equal_at_points(got: Any, want: Any, tolerance: float) -> bool | None:
    """Compare at points in (0.5, 2)ⁿ, where logarithms and roots exist; None if undecidable."""
    symbols = sorted(got.free_symbols | want.free_symbols, key=str)
    rng = np.random.default_rng(0)
    decided = None
    for _ in range(_POINTS):
        point = dict(zip(symbols, map(float, rng.uniform(0.5, 2.0, len(symbols))), strict=True))
        mine, theirs = got.subs(point).evalf(), want.subs(point).evalf()
        if not (mine.is_number and theirs.is_number and mine.is_finite and theirs.is_finite):
            continue
        if abs(complex(mine - theirs)) > tolerance * (1 + abs(complex(theirs))):
            return False
        decided = True
    return decided
