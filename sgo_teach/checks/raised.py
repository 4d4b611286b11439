"""Explain an exception of a learner's function: their line, and what usually causes it."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from sgo_teach.checks.kinds import kind

_POWER = "A power is `**` in Python; `^` is something else."
_MATRIX = "A sympy matrix from another cell: use the argument's name."
_EIG = "`eig` returns values and vectors; `eigvalsh` only the values."
_LINALG = "That is sympy's; numpy has `np.linalg.solve`, `np.linalg.eigvalsh`, `np.linalg.det`, …"

# (exception's class name, pattern in its text, what to do about it)
_HINTS = (
    ("UnboundLocalError", r"", "It is used before the line that gives it a value."),
    ("NameError", r"name 'math'", "`import math`, or use `sp.factorial` or `np` functions."),
    ("NameError", r"name '(factorial|sqrt|exp|log|sin|cos)'", "Write `np.` or `sp.` in front."),
    ("NameError", r"name '(np|sp|sympy|torch)'", "Run the setup cell at the top first."),
    ("NameError", r"", "Is it misspelt, or defined in a cell that has not run yet?"),
    ("LinAlgError", r"[Ss]ingular", "The matrix has no inverse: an eigenvalue is zero."),
    ("LinAlgError", r"1-dimensional|2-dimensional|square", "The matrix comes first, and is n × n."),
    ("LinAlgError", r"positive definite", "Cholesky needs every eigenvalue above zero."),
    ("ValueError", r"matmul.*mismatch|shapes? .*not aligned", "The inner sizes of `@` must agree."),
    ("ValueError", r"mismatch in its core", "The matrix is n × n, the other side has n rows."),
    (
        "ValueError",
        r"matmul.*(scalar|enough dimensions)",
        "`@` needs arrays; a number takes `*`.",
    ),
    ("ValueError", r"broadcast", "The shapes do not fit: look at `.shape` of both sides."),
    ("ValueError", r"truth value of an array", "Compare one number, or use `.all()` or `.any()`."),
    ("ValueError", r"setting an array element", "The entries differ in length: make them numbers."),
    ("TypeError", r"operand type\(s\) for \^|bitwise_xor", _POWER),
    ("TypeError", r"(Mutable|Immutable)\w*Matrix", _MATRIX),
    ("TypeError", r"dtype\('O'\)", "sympy's numbers are in it: use the arguments."),
    ("TypeError", r"Eigh?Result", _EIG),
    ("AttributeError", r"Eigh?Result", _EIG),
    ("AttributeError", r"ndarray.*'(inv|eigen\w+|eigvals|det|solve|rows|LUsolve)'", _LINALG),
    ("AttributeError", r"'numpy' .*'(inv|eig\w*|det|solve|norm)'", "It is in `np.linalg`."),
    ("TypeError", r"truth value of Relational", "A symbol has no value yet: `.subs` one first."),
    ("TypeError", r"convert expression to float", "Put numbers for all symbols with `.subs`."),
    ("TypeError", r"loop of ufunc|no callable \w+ method", "numpy met symbols: use `sympy`'s own."),
    ("AttributeError", r"'(Symbol|Mul|Add|Pow|Float)'", "numpy met symbols: use `sympy`'s own."),
    ("TypeError", r"not callable", "A value is called like a function: is a `*` missing?"),
    ("TypeError", r"not subscriptable", "A number or a function is indexed like an array."),
    ("TypeError", r"NoneType", "Something is `None`: does the function it comes from return?"),
    ("TypeError", r"unsupported operand", "Print the `type(...)` of both sides of the operator."),
    ("AttributeError", r"module", "Look the name up: press Tab after the dot."),
    ("IndexError", r"", "Indices run from 0 to the length minus 1."),
    ("ZeroDivisionError", r"", "Which input makes the denominator zero?"),
    ("RecursionError", r"", "The function calls itself without an end."),
    ("NotImplementedError", r"", "Write the body in place of this line."),
    ("SystemExit", r"", "`exit` would end the whole kernel: use `return`."),
    ("KeyboardInterrupt", r"", "Leave interrupts to the stop button."),
    (
        "RuntimeError",
        r"require grad|does not have a grad_fn",
        "Is `create_graph=True` missing, or is there a `detach`?",
    ),
    ("RuntimeError", r"only for scalar outputs", "A backward pass starts at one number: `g @ v`."),
    ("RuntimeError", r"second time", "Build the gradient with `create_graph=True`."),
    ("RuntimeError", r"size mismatch|shapes cannot be", "Look at `.shape` of both sides."),
)
_SHAPED = ("array", "tensor", "matrix")
_SIZES = r"mismatch|not aligned|broadcast|size|dimension|unpack"
_TWO = r"to unpack|inhomogeneous|truth value"  # what a pair says where one array is meant
_EIG_CALL = r"\beigh?\("


def explain(error: BaseException, function: Callable[..., Any]) -> str:
    """A Markdown message for an exception raised inside ``function``.

    Parameters
    ----------
    error : the exception, with its traceback
    function : the learner's function, whose lines are the interesting ones
    """
    text = _text(error)
    said = f"`{type(error).__name__}: {text}`" if text else f"`{type(error).__name__}`"
    line = _line(error, function)
    where = f" in line {line.lineno} of the cell" if line else ""
    source = ((line.line if line else "") or "").replace("`", "'")
    told = f"Your function raised {said}{where}{source and f', `{source}`'}."
    return " ".join(filter(None, (told, _advice(error, source))))


def about_sizes(
    error: BaseException, given: dict[str, Any], went_well: list[tuple[Any, ...]]
) -> str:
    """For an exception about sizes: which went in, and whether other ones went well before.

    Parameters
    ----------
    error : the exception
    given : the arguments by name
    went_well : the arguments of earlier calls that ran through
    """
    shapes = {name: np.shape(value) for name, value in given.items() if kind(value) in _SHAPED}
    if not shapes or not (isinstance(error, IndexError) or re.search(_SIZES, _text(error))):
        return ""
    here = " Here " + ", ".join(f"`{name}` has shape {shape}" for name, shape in shapes.items())
    before = [_shapes(case) for case in went_well]
    if not before or list(shapes.values()) in before:
        return f"{here}."
    n = next((shape[0] for shape in before[0] if shape), 1)
    return f"{here}: the check tries other sizes too, so do not rely on n = {n}."


def _shapes(case: tuple[Any, ...]) -> list[tuple[int, ...]]:
    return [np.shape(value) for value in case if kind(value) in _SHAPED]


def _text(error: BaseException) -> str:
    try:
        lines = str(error).splitlines()
    except Exception:  # a learner's own exception class may fail to print
        return ""
    return lines[0].replace("`", "'")[:200] if lines else ""


def _line(error: BaseException, function: Callable[..., Any]) -> traceback.FrameSummary | None:
    """Where it happened: the deepest frame in the file (cell) of the learner's function."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f.filename == code.co_filename
    ]
    return frames[-1] if frames else None


def _advice(error: BaseException, source: str) -> str:
    classes = {base.__name__ for base in type(error).__mro__}
    if "ValueError" in classes and re.search(_TWO, _text(error)) and re.search(_EIG_CALL, source):
        return _EIG
    for name, pattern, hint in _HINTS:
        if name in classes and re.search(pattern, _text(error)):
            return hint
    return ""
