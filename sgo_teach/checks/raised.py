"""Explain an exception of a learner's function: their line, and what usually causes it."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any

# (exception's class name, pattern in its text, what to do about it)
_HINTS = (
    ("NameError", r"name '(np|sp|sympy|torch|math)'", "Run the setup cell at the top first."),
    ("NameError", r"", "Is it misspelt, or defined in a cell that has not run yet?"),
    ("UnboundLocalError", r"", "It is used before the line that gives it a value."),
    ("LinAlgError", r"[Ss]ingular", "The matrix has no inverse: an eigenvalue is zero."),
    ("LinAlgError", r"1-dimensional|2-dimensional|square", "The matrix comes first, and is n × n."),
    ("LinAlgError", r"positive definite", "Cholesky needs every eigenvalue above zero."),
    ("ValueError", r"matmul.*mismatch|shapes? .*not aligned", "The inner sizes of `@` must agree."),
    (
        "ValueError",
        r"matmul.*(scalar|enough dimensions)",
        "`@` needs arrays; a number takes `*`.",
    ),
    ("ValueError", r"broadcast", "The shapes do not fit: look at `.shape` of both sides."),
    ("ValueError", r"truth value of an array", "Compare one number, or use `.all()` or `.any()`."),
    ("ValueError", r"setting an array element", "The entries differ in length: make them numbers."),
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
    ("RuntimeError", r"require grad|does not have a grad_fn", "The graph is cut: mind `detach`."),
    ("RuntimeError", r"second time", "Build the gradient with `create_graph=True`."),
    ("RuntimeError", r"size mismatch|shapes cannot be", "Look at `.shape` of both sides."),
)


def explain(error: BaseException, function: Callable[..., Any]) -> str:
    """A Markdown message for an exception raised inside ``function``.

    Parameters
    ----------
    error : the exception, with its traceback
    function : the learner's function, whose lines are the interesting ones
    """
    text = _text(error)
    said = f"`{type(error).__name__}: {text}`" if text else f"`{type(error).__name__}`"
    advice = _advice(error)
    return f"Your function raised {said}{_line(error, function)}." + (advice and f" {advice}")


def _text(error: BaseException) -> str:
    try:
        lines = str(error).splitlines()
    except Exception:  # a learner's own exception class may fail to print
        return ""
    return lines[0].replace("`", "'")[:200] if lines else ""


def _line(error: BaseException, function: Callable[..., Any]) -> str:
    """Where it happened: the deepest frame in the file (cell) of the learner's function."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f.filename == code.co_filename
    ]
    if not frames:
        return ""
    source = (frames[-1].line or "").replace("`", "'")
    return f" in line {frames[-1].lineno} of the cell" + (f", `{source}`" if source else "")


def _advice(error: BaseException) -> str:
    classes = {base.__name__ for base in type(error).__mro__}
    for name, pattern, hint in _HINTS:
        if name in classes and re.search(pattern, _text(error)):
            return hint
    return ""
