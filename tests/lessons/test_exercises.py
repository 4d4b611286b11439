"""Every exercise of every lesson: stub not attempted, reference right, each mutant named."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import sgo_teach.lessons
from sgo_teach.checks import Asked, Exercise
from sgo_teach.checks.kinds import kind
from sgo_teach.checks.values import same
from sgo_teach.lessons import course

FOLDER = Path(sgo_teach.lessons.__file__).parent
SLUGS = sorted(path.parent.name for path in FOLDER.glob("*/exercises.py"))
MODULES = {slug: importlib.import_module(f"sgo_teach.lessons.{slug}.exercises") for slug in SLUGS}


def _all(kind):
    found = [thing for module in MODULES.values() for thing in vars(module).values()]
    return [thing for thing in found if isinstance(thing, kind)]


def _title(thing):
    return thing if isinstance(thing, str) else f"{thing.lesson}.{thing.name}"


EXERCISES = _all(Exercise)
ASKED = _all(Asked)
MUTANTS = [(exercise, key) for exercise in EXERCISES for key in exercise.mutants]
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=_title)


@each_exercise
def test_the_stub_counts_as_not_attempted(exercise):
    assert (
        exercise.check(exercise.compiled(exercise.stub, "<as shipped>")).status == "not attempted"
    )


@each_exercise
def test_the_reference_is_right(exercise):
    outcome = exercise.check(exercise.reference)
    assert outcome.right, outcome
    assert not outcome.note, "the reference prints"


@each_exercise
def test_the_reference_is_right_as_a_learner_would_write_it(exercise):
    outcome = exercise.check(exercise.compiled(exercise.reference_source, "<typed in>"))
    assert outcome.right, outcome


@pytest.mark.parametrize(("exercise", "key"), MUTANTS, ids=_title)
def test_a_mutant_earns_its_own_diagnosis(exercise, key):
    outcome = exercise.check(exercise.mutant(key))
    assert (outcome.status, outcome.slip) == ("wrong", key.split("#")[0]), outcome
    assert outcome.message


@each_exercise
def test_five_classic_wrong_answers_or_more_are_known(exercise):
    assert len(exercise.mutants) >= 5
    assert len(set(exercise.mutants.values())) == len(exercise.mutants)


@each_exercise
def test_no_mutant_is_merely_of_wrong_value(exercise):
    assert not [key for key in exercise.mutants if key.split("#")[0] == "value"]


@each_exercise
def test_every_slip_is_earned_by_a_mutant(exercise):
    earned = {key.split("#")[0] for key in exercise.mutants}
    assert {slip.name for slip in exercise.slips} <= earned


@each_exercise
def test_hints_climb_at_least_two_rungs_and_the_solution_is_discussed(exercise):
    assert len(exercise.hints) >= 2
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert exercise.discussion


@each_exercise
def test_cases_are_the_same_every_time_and_more_than_one(exercise):
    first, second = exercise.fresh_cases(), exercise.fresh_cases()
    assert len(first) == len(second) >= 2
    pairs = [
        (a, b)
        for one, two in zip(first, second, strict=True)
        for a, b in zip(one, two, strict=True)
    ]
    assert all(kind(a) == "other" or same(a, b) for a, b in pairs)


@each_exercise
def test_the_stub_has_a_docstring_that_says_what_is_asked(exercise):
    assert exercise.stub_function.__doc__


@each_exercise
def test_messages_use_no_raw_html(exercise):
    texts = (*exercise.hints, exercise.discussion, exercise.praise)
    assert not [text for text in texts if re.search(r"</?[a-z]+>", text)]


@pytest.mark.parametrize("slug", SLUGS)
def test_things_belong_to_their_lesson_under_the_name_they_carry(slug):
    items = {k: v for k, v in vars(MODULES[slug]).items() if isinstance(v, Exercise | Asked)}
    assert {(item.lesson, item.name) for item in items.values()} == {(slug, key) for key in items}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_map_knows_exactly_the_items_that_the_lesson_has(slug):
    items = {v.name for v in vars(MODULES[slug]).values() if isinstance(v, Exercise | Asked)}
    assert sorted(course.lesson(slug).items()) == sorted(items)


@pytest.mark.parametrize("asked", ASKED, ids=_title)
def test_every_question_gives_a_reason_and_different_options(asked):
    for question in asked.questions:
        assert question.because
        assert len(set(question.options)) == len(question.options)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_right_option_is_not_always_the_same_letter(slug):
    things = [v for v in vars(MODULES[slug]).values() if isinstance(v, Asked)]
    answers = [question.answer for asked in things for question in asked.questions]
    assert len(answers) < 4 or len(set(answers)) > 1
