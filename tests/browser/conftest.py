"""One Chromium and one JupyterLab for all browser tests; the notebooks are copies."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from benchmarks.lab import Window, chromium, jupyterlab
from tools.chromium import find_chromium

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
BUILD = REPOSITORY / "build"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; without one these tests are skipped, but fail where CI is set."""
    path = find_chromium()
    if path is None:
        reason = "no Chromium found: install it, or set CHROMIUM to its path"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with chromium(path) as found:
        yield found


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with copies of all notebooks."""
    root = tmp_path_factory.mktemp("notebooks")
    for notebook in (REPOSITORY / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, root)
    return root


@pytest.fixture(scope="session")
def server(folder, browser):
    """JupyterLab as the environment configures it."""
    with jupyterlab(folder) as running:
        yield running


@pytest.fixture(scope="session")
def lab(server, browser):
    """A window with JupyterLab in it."""
    window = Window(browser)
    window.enter(server)
    return window


@pytest.fixture(scope="session")
def report():
    """What was measured on the way; written to build/browser_report.json at the end."""
    measured: dict = {}
    yield measured
    BUILD.mkdir(exist_ok=True)
    (BUILD / "browser_report.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")
