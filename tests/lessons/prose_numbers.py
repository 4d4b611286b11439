"""Numbers that stand in a lesson's prose, held against the cells that compute them.

A lesson's list has tuples ``(prose, words, number, code, value)``: a markdown cell, words that
stand in it, the number that they name, a code cell, and the number's value from the cell's result
and the names known after it.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
Value = Callable[[Any, dict[str, Any]], Any]
Stated = tuple[str, str, str, str, Value]
_ASKS_THE_LEARNER = re.compile(r"exercises\.\w+\.(check|hint|solution|ask)\(")


def each(stated: list[Stated]) -> pytest.MarkDecorator:
    """Parametrize a test by the list of a lesson."""
    names = [f"{code}: {words}" for _, words, _, code, _ in stated]
    return pytest.mark.parametrize("stated", stated, ids=names)


def as_rounded(number: str, value: float) -> bool:
    """Whether a value, rounded to the last figure of a number, is that number.

    >>> as_rounded("0.35", 0.354), as_rounded("5e-20", 5.4e-20), as_rounded("2e3", 2600)
    (True, True, False)
    """
    unit = 10.0 ** int(Decimal(number).as_tuple().exponent)
    return abs(float(value) - float(number)) <= 0.5001 * unit


class Lesson:
    """A lesson's notebook, run as shipped but for what asks or moves.

    Parameters
    ----------
    stem : the notebook's name without its ending
    explorables : ids of cells with the tag `explore` that are to run, too
    only : ids of the cells that run, if not all
    """

    def __init__(self, stem: str, explorables=(), only: Collection[str] | None = None):
        cells = nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=nbformat.NO_CONVERT).cells
        self.cells = {cell.id: cell for cell in cells}
        self.results: dict[str, Any] = {}
        self.names: dict[str, dict[str, Any]] = {}
        names: dict[str, Any] = {"display": lambda *_: None}
        with _no_progress():
            for cell in cells:
                if _runs(cell, explorables) and (only is None or cell.id in only):
                    self.results[cell.id] = run(cell.source, names)
                    self.names[cell.id] = dict(names)

    def holds(self, stated: Stated) -> None:
        """Assert that the words stand in the prose and that the cell computes their number."""
        prose, words, number, code, value = stated
        assert words in self.cells[prose].source
        found = value(self.results[code], self.names[code])
        assert as_rounded(number, found), f"{words!r} says {number}, {code} computes {found}"


@contextmanager
def _no_progress() -> Iterator[None]:
    """A learner who begins: an empty folder of its own for the progress file."""
    with TemporaryDirectory() as folder:
        kept = str(Path(folder) / "progress.json")
        with mock.patch.dict(os.environ, SGO_TEACH_PROGRESS=kept):
            yield


def _runs(cell: Any, explorables: Collection[str]) -> bool:
    if cell.cell_type != "code" or _ASKS_THE_LEARNER.search(cell.source):
        return False
    return "explore" not in cell.metadata.get("tags", ()) or cell.id in explorables


def run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does: its last expression is its result, else what it prints."""
    body = ast.parse(re.sub(r"^%.*$", "", source, flags=re.M)).body
    last: Any = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "<cell>", "exec"), names)
        found = last and eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    return printed.getvalue() if found is None else found
