"""Read the course's notebooks, and run them in fresh kernels."""

from __future__ import annotations

import ast
import copy
import importlib
import os
import re
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
from nbclient import NotebookClient

from sgo_teach.checks.progress_file import VARIABLE

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
LESSONS = ROOT / "sgo_teach" / "lessons"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS_PER_CELL = 120

# Peak of this process alone: getrusage would start from the size of the process that forked it.
_PEAK = """\
from pathlib import Path
status = Path("/proc/self/status")
text = status.read_text() if status.exists() else ""
print([int(line.split()[1]) // 1024 for line in text.splitlines() if line.startswith("VmHWM")])
"""


def slug_of(path: Path) -> str:
    """The lesson's slug: what follows the number in the file name."""
    return path.stem.split("_", 1)[1]


@cache
def read(path: Path) -> Any:
    """The notebook as stored; not to be changed."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def exercises_of(path: Path) -> ModuleType | None:
    """The lesson's exercises module, if it has one."""
    if not (LESSONS / slug_of(path) / "exercises.py").is_file():
        return None
    return importlib.import_module(f"sgo_teach.lessons.{slug_of(path)}.exercises")


def code_cells(notebook: Any) -> list[Any]:
    """The code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: Any) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def tree(cell: Any) -> ast.Module:
    """Syntax tree of a code cell without its magics."""
    lines = cell.source.splitlines()
    return ast.parse("\n".join(line for line in lines if not line.lstrip().startswith(("%", "!"))))


def called_items(cell: Any, method: str) -> list[str]:
    """Names in calls ``exercises.<name>.<method>(...)`` of a code cell."""
    return re.findall(rf"\bexercises\.(\w+)\.{method}\(", cell.source)


def exercise_cells(notebook: Any) -> list[tuple[Any, str | None]]:
    """Each tagged stub cell with the name that the next code cell checks (None if none)."""
    cells = [*code_cells(notebook), None]
    found = []
    for cell, following in zip(cells, cells[1:], strict=False):
        if tags(cell) & {"exercise", "bug-hunt"}:
            names = called_items(following, "check") if following is not None else []
            found.append((cell, names[0] if names else None))
    return found


def solved(path: Path) -> Any:
    """The notebook with the reference solution in every exercise cell."""
    notebook, exercises = copy.deepcopy(read(path)), exercises_of(path)
    for cell, name in exercise_cells(notebook):
        cell.source = getattr(exercises, str(name)).reference_source
    return notebook


@dataclass
class Run:
    """One execution: the notebook with outputs, what went wrong on the way, and the cost."""

    notebook: Any
    troubles: list[str]
    seconds: float
    peak_mb: int | None

    def verdicts(self) -> dict[str, str]:
        """Exercise -> status, as its check cell showed it."""
        pattern = r"^(\w+): (right|wrong|not attempted)"
        texts = [_text(out) for cell in code_cells(self.notebook) for out in cell.outputs]
        found = [match for text in texts if (match := re.match(pattern, text))]
        return {match[1]: match[2] for match in found}


@dataclass
class _Listener:
    """Keeps errors and alarming stderr of all messages, those of no cell's included."""

    heard: list[str] = field(default_factory=list)

    def hear(self, message: dict[str, Any]) -> None:
        content, kind = message.get("content", {}), message.get("msg_type")
        if kind == "error":
            self.heard.append(f"{content['ename']}: {content['evalue']}")
        alarming = re.search(r"Traceback|Warning|Exception", content.get("text", ""))
        if kind == "stream" and content.get("name") == "stderr" and alarming:
            self.heard.append(content["text"])


class _Client(NotebookClient):
    """A client that lets a listener hear every message on iopub."""

    listener: _Listener

    async def async_start_new_kernel_client(self) -> Any:
        client = await super().async_start_new_kernel_client()
        channel = client.iopub_channel
        receive = channel.get_msg

        async def heard(*args: Any, **kwargs: Any) -> Any:
            message = await receive(*args, **kwargs)
            self.listener.hear(message)
            return message

        channel.get_msg = heard
        return client


def execute(notebook: Any, scratch: Path) -> Run:
    """Run all cells in a fresh kernel; errors are collected, not raised.

    Parameters
    ----------
    notebook : is copied, not changed
    scratch : folder for the learner's progress file
    """
    notebook = copy.deepcopy(notebook)
    notebook.cells.append(nbformat.v4.new_code_cell(_PEAK))
    client = _Client(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.listener = _Listener()
    start = time.perf_counter()
    client.execute(env={**os.environ, VARIABLE: str(scratch / "progress.json")})
    seconds = time.perf_counter() - start
    peak = re.search(r"\[(\d+)\]", _text(notebook.cells.pop().outputs[-1]))
    return Run(notebook, client.listener.heard, seconds, int(peak[1]) if peak else None)


def _text(output: Any) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")
