"""Every notebook runs top to bottom in a fresh kernel, as shipped and solved."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sgo_teach.lessons import course
from tests.notebooks.notebook import LESSONS, NOTEBOOKS, exercise_cells, read

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
WITHOUT_TORCH = [
    lesson.slug
    for lesson in course.COURSE
    if lesson.number in (0, 1, 2, 3, 4, 5, 6, 8) and (LESSONS / lesson.slug / "explore.py").exists()
]
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(zmq|jupyter_client|nbclient|tornado)"),
]


@each_notebook
@pytest.mark.parametrize("state", ["shipped", "solved"])
def test_nothing_raises_in_any_cell_or_callback(run, path, state):
    assert run(path, state).troubles == []


@each_notebook
def test_as_shipped_every_exercise_waits_for_the_learner(run, path):
    names = [name for _, name in exercise_cells(read(path))]
    verdicts = run(path, "shipped").verdicts()
    assert {name: verdicts.get(name) for name in names} == dict.fromkeys(names, "not attempted")


@each_notebook
def test_with_the_references_put_in_every_check_passes(run, path):
    names = [name for _, name in exercise_cells(read(path))]
    assert run(path, "solved").verdicts() == dict.fromkeys(names, "right")


@pytest.mark.parametrize("slug", WITHOUT_TORCH)
def test_a_numpy_lesson_starts_without_torch(slug):
    package = f"sgo_teach.lessons.{slug}"
    modules = [f"{package}.explore"]
    if (LESSONS / slug / "exercises.py").exists():
        modules.append(f"{package}.exercises")
    code = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
