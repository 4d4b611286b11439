"""A question is answered once for the score, as often as one likes for the learning."""

from __future__ import annotations

import ipywidgets
import pytest

from sgo_teach.checks import Question, predict, progress, quiz
from sgo_teach.checks.ask import widget
from sgo_teach.checks.progress_file import VARIABLE
from sgo_teach.checks.questions import inline


def prediction():
    return predict(
        "What does $\\alpha > 2/h$ do?",
        ["converge", "diverge", "cycle"],
        answer=1,
        because="$|1 - \\alpha h| > 1$.",
        name="too_long",
        lesson="constraints",
    )


def two_questions():
    first = Question("$1 + 1$?", ["2", "3"], answer=0, because="Count.")
    second = Question("$2 \\cdot 2$?", ["5", "4"], answer=1, because="Count twice.")
    return quiz([first, second], name="sums", lesson="constraints")


def found(box, kind):
    """All widgets of a kind inside a box, in reading order."""
    inside = [w for child in getattr(box, "children", ()) for w in found(child, kind)]
    return [box, *inside] if isinstance(box, kind) else inside


def buttons(box):
    return found(box, ipywidgets.Button)


def texts(box):
    return " ".join(text.value for text in found(box, ipywidgets.HTMLMath))


def test_nothing_is_revealed_and_nothing_recorded_before_an_answer():
    box = widget(prediction())
    assert "1 - \\alpha h" not in texts(box)
    assert progress.entry("constraints", "too_long") == {}


def test_the_answer_is_committed_and_then_the_reason_shown():
    asked = prediction()
    box = widget(asked)
    buttons(box)[1].click()
    assert asked.score() == (1, 1)
    assert "✓ Right." in texts(box)
    assert "$|1 - \\alpha h| &gt; 1$." in texts(box)


def test_a_wrong_answer_is_told_which_one_is_right():
    box = widget(prediction())
    buttons(box)[2].click()
    assert "B is right" in texts(box)
    assert [b.description for b in buttons(box)] == ["A", "✓ B", "✗ C"]


def test_a_second_answer_does_not_replace_the_first():
    asked = prediction()
    box = widget(asked)
    buttons(box)[0].click()
    buttons(box)[1].click()
    assert asked.first_answers() == {0: 0}
    assert asked.score() == (0, 1)
    assert "Your first answer, A, is the one that counts." in texts(box)


def test_asking_again_in_another_kernel_keeps_the_first_answer():
    buttons(widget(prediction()))[0].click()
    again = prediction()
    buttons(widget(again))[1].click()
    assert again.first_answers() == {0: 0}


@pytest.mark.parametrize(("given", "word"), [(0, "B is right"), (1, "✓ Right.")])
def test_an_answer_of_an_earlier_run_shows_at_once(given, word):
    buttons(widget(prediction()))[given].click()
    box = widget(prediction())
    assert word in texts(box)
    assert f"You answered {'ABC'[given]} before." in texts(box)
    assert "$|1 - \\alpha h| &gt; 1$." in texts(box)
    assert [b.description[0] for b in buttons(box)] == (["✗", "✓", "C"], ["A", "✓", "C"])[given]


def test_a_quiz_goes_on_where_it_was_left():
    buttons(widget(two_questions()))[0].click()
    box = widget(two_questions())
    assert "1 of 1 right at first try" in texts(box)
    assert "Count." in texts(box)
    assert "Count twice." not in texts(box)


def test_buttons_stay_alive_so_that_the_keyboard_keeps_its_place():
    box = widget(prediction())
    buttons(box)[0].click()
    assert not any(button.disabled for button in buttons(box))


def test_a_quiz_counts_first_tries():
    asked = two_questions()
    box = widget(asked)
    buttons(box)[0].click()
    assert "1 of 1 right at first try" in texts(box)
    assert "1 to go" in texts(box)
    buttons(box)[2].click()
    assert "1 of 2 right at first try" in texts(box)
    assert progress.done("constraints") == {"sums"}


def test_trouble_with_the_progress_file_is_told_with_the_answer(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere" / "progress.json"))
    monkeypatch.setattr(progress, "_told", set())
    monkeypatch.setattr(progress, "_waiting", [])
    box = widget(prediction())
    buttons(box)[1].click()
    assert "kept in memory" in texts(box)


def test_answers_in_the_file_that_the_question_lacks_are_left_out():
    progress.record("constraints", "too_long", kind="prediction", first={"0": 7, "x": 1, "4": 0})
    assert prediction().first_answers() == {}


def test_a_page_without_a_kernel_shows_question_and_options_but_no_answer():
    bundle = prediction()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    for kind in ("text/plain", "text/html"):
        assert "converge" in bundle[kind]
        assert "1 - \\alpha h" not in bundle[kind]


def test_without_ipywidgets_the_text_is_still_there(monkeypatch):
    monkeypatch.setattr("sgo_teach.checks.questions.find_spec", lambda name: None)
    assert set(prediction()._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_ask_shows_the_questions(capsys):
    prediction().ask()
    assert "A) converge" in capsys.readouterr().out


@pytest.mark.parametrize(("n", "answer"), [(1, 0), (11, 0), (3, 3), (3, -1)])
def test_a_question_without_a_choice_or_a_right_option_is_refused(n, answer):
    with pytest.raises(ValueError, match="options|answer must be in"):
        Question("Which?", [str(i) for i in range(n)], answer=answer, because="So.")


def test_a_quiz_without_questions_is_refused():
    with pytest.raises(ValueError, match="needs a question"):
        quiz([], name="none", lesson="constraints")


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("use `a < b`", "use <code>a &lt; b</code>"),
        ("**bold** and *slanted*", "<b>bold</b> and <i>slanted</i>"),
        ("$a_1 * b < c * d$", "$a_1 * b &lt; c * d$"),
        ("$$a ** b ** c$$", "$$a ** b ** c$$"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_markup_of_questions_is_small_and_safe(text, markup):
    assert inline(text) == markup
