"""A new lesson runs and passes from the first minute, and never overwrites another."""

from __future__ import annotations

import importlib
import sys

import nbformat
import pytest
from nbclient import NotebookClient

import sgo_teach.lessons
from sgo_teach import new_lesson

SLUG = "brand_new_lesson"


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A lesson just created in an empty folder, importable like every other."""
    new_lesson.create(tmp_path, "42", SLUG)
    folder = str(tmp_path / "sgo_teach" / "lessons")
    monkeypatch.setattr(sgo_teach.lessons, "__path__", [*sgo_teach.lessons.__path__, folder])
    monkeypatch.setenv("SGO_TEACH_PROGRESS", str(tmp_path / "progress.json"))
    yield tmp_path
    for name in [name for name in sys.modules if SLUG in name]:
        del sys.modules[name]


def part(name):
    return importlib.import_module(f"sgo_teach.lessons.{SLUG}.{name}")


def test_every_name_of_the_template_is_replaced(lesson):
    texts = [path.read_text("utf-8") for path in lesson.rglob("*") if path.is_file()]
    assert len(texts) == 4
    assert not any(mark in text for text in texts for mark in ("LESSON_", "lesson_template"))


def test_the_notebook_runs_top_to_bottom(lesson):
    path = lesson / "notebooks" / f"42_{SLUG}.ipynb"
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    extend = (
        f"import sgo_teach.lessons as l; l.__path__.append({str(lesson)!r} + '/sgo_teach/lessons')"
    )
    book.cells.insert(0, nbformat.v4.new_code_cell(extend))
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(lesson)}}).execute()
    assert "LESSON" not in str(book)


def test_stub_reference_and_mutants_earn_their_outcomes(lesson):
    exercise = part("exercises").slope
    assert exercise.check(exercise.stub_function).status == "not attempted"
    assert exercise.check(exercise.reference).status == "right"
    assert len(exercise.mutants) >= 5
    for key in exercise.mutants:
        assert exercise.check(exercise.mutant(key)).slip == key.partition("#")[0]


def test_the_stub_is_the_notebooks_cell(lesson):
    book = nbformat.read(lesson / "notebooks" / f"42_{SLUG}.ipynb", as_version=4)
    (cell,) = [cell for cell in book.cells if "exercise" in cell.metadata.get("tags", [])]
    assert cell.source.strip() == part("exercises").slope.stub.strip()


@pytest.mark.parametrize("theta", [-2.0, 0.0, 0.7, 2.0])
def test_the_tangent_touches_the_parabola_from_below(lesson, theta):
    frame = part("explore").compute(theta)
    left, right = frame.line
    assert right - left == pytest.approx(6 * frame.slope)
    assert max(left, right) <= 4.5


def test_the_slider_moves_the_tangent(lesson):
    stage = part("explore").Tangent()
    before = stage.frame
    stage.at.value = -2
    assert stage.frame != before
    assert "-2.0" in stage.words


@pytest.mark.parametrize(
    ("number", "slug", "what"),
    [("5", SLUG, "NUMBER"), ("", SLUG, "NUMBER"), ("05", "New-Lesson", "SLUG"), ("05", "", "SLUG")],
)
def test_a_name_of_another_form_is_refused(tmp_path, number, slug, what):
    with pytest.raises(ValueError, match=what):
        new_lesson.create(tmp_path, number, slug)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "slug"), [("42", "other"), ("43", SLUG)])
def test_a_taken_number_or_slug_is_refused(lesson, number, slug):
    before = sorted(lesson.rglob("*"))
    with pytest.raises(FileExistsError, match=SLUG):
        new_lesson.create(lesson, number, slug)
    assert sorted(lesson.rglob("*")) == before


def test_the_command_says_what_it_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert new_lesson.main(["42", SLUG]) == 0
    assert f"notebooks/42_{SLUG}.ipynb" in capsys.readouterr().out.replace("\\", "/")
    assert new_lesson.main(["42", SLUG]) == 1
    assert "exists" in capsys.readouterr().err
    assert new_lesson.main([]) == 2
