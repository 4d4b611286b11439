"""What a stored notebook looks like: no outputs, closed tags, short cells, living links."""

from __future__ import annotations

import ast
import re
from collections import Counter
from statistics import median

import nbformat
import pytest

from sgo_teach.checks import Asked, Exercise
from sgo_teach.lessons import course
from tests.notebooks.notebook import (
    NOTEBOOKS,
    called_items,
    code_cells,
    exercise_cells,
    exercises_of,
    read,
    slug_of,
    tags,
    tree,
)
from tests.notebooks.prose import dead_links, lines_of_prose, misplaced_sentences

TAGS = {"setup", "exercise", "explore", "predict", "quiz", "bug-hunt", "slow"}
SHARED = {"sgo_teach.lessons.course"}
pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _length(cell):
    return len([line for line in cell.source.splitlines() if line.strip()])


def test_the_file_is_a_valid_notebook_of_a_lesson_of_the_course(path):
    nbformat.validate(read(path))
    assert course.lesson(slug_of(path)).notebook == path.name


def test_no_outputs_no_counts_no_widget_state(path):
    notebook = read(path)
    assert all(not c.outputs and c.execution_count is None for c in code_cells(notebook))
    assert "widgets" not in notebook.metadata


def test_cell_ids_are_there_and_unique(path):
    notebook = read(path)
    ids = [cell.get("id") for cell in notebook.cells]
    assert (notebook.nbformat, notebook.nbformat_minor >= 5) == (4, True)
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_the_kernel_is_python3(path):
    assert read(path).metadata.kernelspec.name == "python3"


def test_tags_come_from_the_closed_list(path):
    assert set().union(*map(tags, read(path).cells)) <= TAGS


def test_the_first_code_cell_is_the_one_setup_cell(path):
    assert ["setup" in tags(cell) for cell in code_cells(read(path))].index(True) == 0
    assert sum("setup" in tags(cell) for cell in read(path).cells) == 1


def test_code_cells_are_short(path):
    lengths = [_length(cell) for cell in code_cells(read(path))]
    assert max(lengths) <= 15
    assert median(lengths) <= 4
    assert min(lengths) > 0


def test_a_lesson_takes_an_hour_and_not_two(path):
    cells = read(path).cells
    code = [line.strip() for cell in code_cells(read(path)) for line in cell.source.splitlines()]
    words = sum(len(line.split()) for cell in cells for line in lines_of_prose(cell))
    assert 35 <= len(cells) <= 60
    assert 1400 <= words <= 2500  # besides headings, tables, formulas and references
    assert len([line for line in code if line and not line.startswith("#")]) <= 150


def test_at_most_three_code_cells_stand_in_a_row(path):
    kinds = "".join("c" if cell.cell_type == "code" else "m" for cell in read(path).cells)
    assert max(map(len, re.findall("c+", kinds))) <= 3


def test_one_sentence_stands_on_one_line(path):
    prose = [line for cell in read(path).cells for line in lines_of_prose(cell)]
    assert misplaced_sentences(prose) == []


def test_links_and_anchors_lead_somewhere(path):
    assert dead_links(path) == []


def test_only_the_lesson_s_own_package_is_imported(path):
    nodes = [node for cell in code_cells(read(path)) for node in ast.walk(tree(cell))]
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    names = {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
    names |= {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    lessons = {name for name in names if name.startswith("sgo_teach.lessons.")} - SHARED
    own = f"sgo_teach.lessons.{slug_of(path)}"
    assert {name for name in lessons if not f"{name}.".startswith(f"{own}.")} == set()


def test_an_exercise_cell_is_its_stub_and_is_checked_in_the_next_cell(path):
    exercises = exercises_of(path)
    for cell, name in exercise_cells(read(path)):
        assert name, f"no `exercises.<name>.check(...)` after:\n{cell.source}"
        assert cell.source.strip() == getattr(exercises, name).stub.strip()


def test_every_item_of_the_lesson_stands_in_its_notebook(path):
    things = list(vars(exercises_of(path) or course).values())
    cells = code_cells(read(path))
    checked = {name for _, name in exercise_cells(read(path))}
    asked = {name for cell in cells for name in called_items(cell, "ask")}
    assert {v.name for v in things if isinstance(v, Exercise)} == checked
    assert {v.name for v in things if isinstance(v, Asked)} == asked


def test_a_lesson_has_enough_to_do(path):
    exercises = exercises_of(path)
    kinds = Counter(tag for cell in read(path).cells for tag in tags(cell))
    things = vars(exercises).values()
    assert kinds["explore"] >= 2
    assert 3 <= len([v for v in things if isinstance(v, Exercise)]) <= 5
    assert min(kinds[kind] for kind in ("predict", "bug-hunt", "quiz")) >= 1
    assert max(len(v.questions) for v in things if isinstance(v, Asked)) >= 5


def test_questions_stand_in_cells_tagged_so(path):
    exercises = exercises_of(path)
    for cell in code_cells(read(path)):
        for name in called_items(cell, "ask"):
            kind = getattr(exercises, name).kind
            assert ("quiz" if kind == "quiz" else "predict") in tags(cell)
