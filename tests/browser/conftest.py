"""One Chromium and one JupyterLab for all browser tests of a worker; the notebooks are copies."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from benchmarks.lab import Window, chromium, jupyterlab
from tests.browser.desk import Desk
from tests.browser.stages import Marks, Pages
from tools.chromium import find_chromium

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
BUILD = REPOSITORY / "build"
REPORTS = REPOSITORY / "reports" / "browser"


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items):
    """Tests of one notebook, and otherwise of one module, go to one worker."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")
            chosen = item.callspec.params if hasattr(item, "callspec") else {}
            item.add_marker(pytest.mark.xdist_group(chosen.get("lesson", item.path.stem)))


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
    window.enter(server.url())
    return window


@pytest.fixture(scope="module")
def report():
    """What is measured of each notebook on the way; written down when its tests are done."""
    measured: dict = {}
    yield measured
    REPORTS.mkdir(parents=True, exist_ok=True)
    for name, numbers in measured.items():
        (REPORTS / f"{name}.json").write_text(json.dumps(numbers, indent=1), encoding="utf-8")


@pytest.fixture
def page(browser):
    """A page of a window of its own, with a clock that the test can turn."""
    context = browser.browser.new_context(viewport={"width": 1000, "height": 900}, has_touch=True)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def marks():
    """A stage with every control and mark."""
    stage = Marks()
    yield stage, stage.state
    stage.close()


@pytest.fixture(scope="module")
def pages():
    """A flipbook."""
    stage = Pages()
    yield stage, stage.state
    stage.close()


def at_first(page, stage, state):
    """Put the stage back to its first state, on an empty page."""
    stage.fails = False
    with stage.held():
        for name, value in state.items():
            stage.controls[name].value = value
    return Desk(page, stage)


@pytest.fixture
def desk(page, marks):
    """The stage with every control and mark, in its first state."""
    return at_first(page, *marks)


@pytest.fixture
def book(page, pages):
    """The flipbook, open at its first page."""
    return at_first(page, *pages)


@pytest.fixture
def touch(page):
    """Put a finger down, move it, or let the browser take it away."""
    session = page.context.new_cdp_session(page)

    def send(kind, *points):
        places = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    return send
