"""What a learner wrote in one lesson is there in the next; a lesson started cold works."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sgo_teach.checks import Earlier, Exercise
from sgo_teach.checks.kept import kept_function
from sgo_teach.checks.progress_file import progress


def doubled_reference(x):
    """Twice x."""
    return 2 * x


def doubled():
    """The exercise as a fresh kernel would import it."""
    return Exercise(
        name="doubled",
        lesson="start_here",
        stub='def doubled(x):\n    """Twice x."""\n    ...\n',
        reference=doubled_reference,
        cases=[(np.array([1.0, 2.0]),), (np.array([-3.0]),)],
        seconds=2.0,
    )


MINE = "def doubled(x):\n    return np.add(x, x)\n"


def solve(source=MINE):
    exercise = doubled()
    return exercise.check(exercise.compiled(source, f"<cell {hash(source)}>"))


def test_a_lesson_started_cold_has_the_reference():
    earlier = Earlier(doubled())
    assert earlier.doubled is doubled_reference
    assert not earlier.is_yours("doubled")
    assert "the reference" in repr(earlier)


def test_a_function_that_passed_is_there_in_the_next_kernel_and_said_to_be_yours():
    assert solve().right
    earlier = Earlier(doubled())
    assert earlier.doubled is not doubled_reference
    assert earlier.doubled(np.array([4.0])) == [8.0]
    assert "yours" in repr(earlier)
    assert "start_here" in earlier._repr_markdown_()
    assert "yours" in earlier._repr_markdown_()


def test_a_wrong_answer_is_not_kept_and_does_not_replace_a_right_one():
    solve("def doubled(x):\n    return x\n")
    assert kept_function(doubled()) is None
    solve()
    solve("def doubled(x):\n    return 3 * x\n")
    assert kept_function(doubled())(2.0) == 4.0


def test_one_that_passes_while_the_next_lesson_is_open_is_taken_over():
    earlier = Earlier(doubled())
    assert earlier.doubled is doubled_reference
    solve()
    assert earlier.is_yours("doubled")


@pytest.mark.parametrize(
    "source",
    [
        "def doubled(x):\n    return helper(x)\n",
        "def doubled(x:\n",
        "raise SystemError",
        "x = 1",
        "def doubled(x):\n    return 3 * x\n",
        "def doubled(x):\n    while True: ...\n",
        17,
    ],
    ids=[
        "leans on another cell",
        "no Python",
        "raises",
        "defines nothing",
        "wrong",
        "endless",
        "17",
    ],
)
def test_what_no_longer_passes_gives_way_to_the_reference(source):
    progress.record("start_here", "doubled", kind="exercise", status="right", source=source)
    earlier = Earlier(doubled())
    assert earlier.doubled is doubled_reference


def test_other_names_are_refused_with_those_there_are():
    with pytest.raises(AttributeError, match="doubled do"):
        _ = Earlier(doubled()).tripled


def test_the_names_can_be_completed():
    assert dir(Earlier(doubled())) == ["doubled"]


def test_the_progress_file_holds_the_text_as_it_was_typed():
    solve()
    stored = json.loads(progress.path.read_text(encoding="utf-8"))
    assert stored["lessons"]["start_here"]["doubled"]["source"] == MINE
