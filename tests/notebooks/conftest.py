"""Each notebook is executed once as shipped and once solved, for all tests together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.notebooks.notebook import ROOT, Run, code_cells, execute, read, solved

REPORTS = ROOT / "reports" / "notebooks"


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items):
    """Tests of one notebook go to one worker, so that it runs once for all of them."""
    for item in items:
        path = getattr(item, "callspec", None) and item.callspec.params.get("path")
        if isinstance(path, Path):
            item.add_marker(pytest.mark.xdist_group(path.stem))


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Callable[[Path, str], Run]:
    """``run(path, "shipped" or "solved")``: the execution, done at the first call."""
    runs: dict[tuple[Path, str], Run] = {}

    def cached(path: Path, state: str) -> Run:
        if (path, state) not in runs:
            notebook = read(path) if state == "shipped" else solved(path)
            runs[path, state] = execute(notebook, tmp_path_factory.mktemp(path.stem))
            _report(path, state, runs[path, state])
        return runs[path, state]

    return cached


def _report(path: Path, state: str, run: Run) -> None:
    """Note time, memory and size, for people to look at; nothing is asserted about them."""
    report = REPORTS / f"{path.stem}.json"
    known = json.loads(report.read_text()) if report.exists() else {}
    words = [len(c.source.split()) for c in run.notebook.cells if c.cell_type == "markdown"]
    lines = [len(cell.source.splitlines()) for cell in code_cells(run.notebook)]
    size = {"cells": len(run.notebook.cells), "words": sum(words), "code_lines": sum(lines)}
    cost = {"seconds": round(run.seconds, 1), "peak_mb": run.peak_mb}
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(known | size | {state: cost}, indent=1, sort_keys=True))
