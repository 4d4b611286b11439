"""Source text to functions, and the test that a stub was left untouched."""

from __future__ import annotations

import dis
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any


def compile_function(
    source: str, name: str, namespace: Mapping[str, Any], filename: str
) -> Callable[..., Any]:
    """Execute ``source`` in a copy of ``namespace`` and return the function it defines.

    Raises
    ------
    ValueError
        If the text defines no function of that name.
    """
    scope = {"__name__": "exercise", **namespace}
    exec(compile(source, filename, "exec"), scope)  # noqa: S102 - the course's own text
    if not callable(scope.get(name)):
        raise ValueError(f"{filename} must define a function {name!r}; it defines none.")
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return scope[name]


def shown_source(function: Callable[..., Any], name: str) -> str:
    """The source of a reference as the learner would write it: under the exercise's name."""
    source = textwrap.dedent(inspect.getsource(function)).rstrip() + "\n"
    return re.sub(rf"\b{re.escape(function.__name__)}\b", name, source)


def own_source(function: Callable[..., Any]) -> str | None:
    """The text of a function as it was typed, or None where there is none to be had."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return None


def untouched(answer: Callable[..., Any], stub: Callable[..., Any]) -> bool:
    """True when two functions do the same, whatever their docstrings, comments and layout."""
    mine, theirs = getattr(answer, "__code__", None), getattr(stub, "__code__", None)
    return mine is not None and theirs is not None and _instructions(mine) == _instructions(theirs)


def empty(function: Callable[..., Any]) -> bool:
    """True for a body of nothing but a docstring, ``...``, ``pass`` or ``return None``."""
    return untouched(function, _nothing)


def _nothing() -> None:
    pass


def _instructions(code: CodeType) -> list[tuple[str, Any]]:
    """Bytecode with its operands looked up: a docstring shifts their numbers, not their values."""
    return [(step.opname, _operand(step.argval)) for step in dis.get_instructions(code)]


def _operand(value: Any) -> Any:
    return tuple(_instructions(value)) if isinstance(value, CodeType) else repr(value)


def parameters(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of a function, or None where Python cannot tell (some compiled ones)."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None
