"""The course's table agrees with what is in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from sgo_teach.checks import Progress
from sgo_teach.lessons import course

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_lessons_are_numbered_from_zero_and_named_once():
    assert [lesson.number for lesson in course.COURSE] == list(range(16))
    assert len({lesson.slug for lesson in course.COURSE}) == 16


def test_parts_follow_each_other():
    parts = [lesson.part for lesson in course.COURSE]
    assert parts == sorted(parts)
    assert set(parts) == set(course.PARTS)


def test_every_notebook_is_a_lesson_and_a_lesson_exists_when_its_notebook_does():
    here = {path.name for path in NOTEBOOKS.glob("*.ipynb")}
    assert {lesson.notebook for lesson in course.COURSE if lesson.exists} == here


def test_an_unknown_slug_is_named_with_the_known_ones():
    with pytest.raises(KeyError, match="taylor_expansion"):
        course.lesson("tailor_expansion")


def test_the_map_counts_items_done_of_items_there(tmp_path):
    kept = Progress(tmp_path / "progress.json")
    present = [lesson for lesson in course.COURSE if lesson.items()]
    for lesson in present:
        kept.record(lesson.slug, lesson.items()[0], kind="exercise", status="right")
        kept.record(lesson.slug, "an item of long ago", kind="exercise", status="right")
    for standing in course.standings(kept):
        items = standing.lesson.items()
        assert (standing.done, standing.total) == (bool(items), len(items))
