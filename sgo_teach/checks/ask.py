"""The widgets of predictions and quizzes: lettered buttons, a reveal, a score."""

from __future__ import annotations

from functools import partial
from string import ascii_uppercase

import ipywidgets

from sgo_teach.checks.outcome import RIGHT, WRONG
from sgo_teach.checks.progress_file import progress
from sgo_teach.checks.questions import Asked, Question, inline

_BAR = {RIGHT: "#009E73", WRONG: "#D55E00"}
_WIDTH = "46rem"


def widget(asked: Asked) -> ipywidgets.VBox:
    """All questions of an item, one below the other, and the score of a quiz."""
    first = asked.first_answers()
    score = ipywidgets.HTMLMath(_scored(asked) if first else "")
    blocks = [_block(asked, n, score, first.get(n)) for n in range(len(asked.questions))]
    children = [*blocks, score] if asked.kind == "quiz" else blocks
    return ipywidgets.VBox(children, layout={"width": "100%", "max_width": _WIDTH})


def _block(
    asked: Asked, number: int, score: ipywidgets.HTMLMath, before: int | None
) -> ipywidgets.VBox:
    """One question; an answer of an earlier run shows at once, with its reveal."""
    question = asked.questions[number]
    head = _text(f"<b>{_title(asked, number)}</b> {inline(question.text)}")
    reveal = _text("")
    buttons = [_button(i, option) for i, option in enumerate(question.options)]
    for option, button in enumerate(buttons):
        button.on_click(partial(_answered, asked, number, option, buttons, reveal, score))
    if before is not None:
        _mark(buttons, before, question.answer)
        remark = f" You answered {ascii_uppercase[before]} before."
        reveal.value = _revealed(question, before, remark)
    rows = [_row(b, o) for b, o in zip(buttons, question.options, strict=True)]
    return ipywidgets.VBox([head, *rows, reveal], layout={"margin": "0 0 0.8em 0"})


def _title(asked: Asked, number: int) -> str:
    return f"{number + 1}." if asked.kind == "quiz" else "Predict."


def _text(value: str) -> ipywidgets.HTMLMath:
    return ipywidgets.HTMLMath(value, layout={"width": "100%", "min_width": "0"})


def _button(option: int, text: str) -> ipywidgets.Button:
    letter = ascii_uppercase[option]
    layout = {"width": "3.6em", "flex": "0 0 auto"}
    return ipywidgets.Button(description=letter, tooltip=f"Answer {letter}: {text}", layout=layout)


def _row(button: ipywidgets.Button, text: str) -> ipywidgets.HBox:
    layout = {"flex": "1 1 auto", "min_width": "0", "margin": "2px 0 2px 0.6em"}
    content = ipywidgets.HTMLMath(inline(text), layout=layout)
    return ipywidgets.HBox([button, content], layout={"align_items": "center"})


def _answered(
    asked: Asked,
    number: int,
    option: int,
    buttons: list[ipywidgets.Button],
    reveal: ipywidgets.HTMLMath,
    score: ipywidgets.HTMLMath,
    _button: ipywidgets.Button,
) -> None:
    """Commit first, then reveal; buttons stay alive so that the keyboard's focus stays too."""
    question = asked.questions[number]
    asked.commit(number, option)
    first = asked.first_answers().get(number, option)
    kept = f" Your first answer, {ascii_uppercase[first]}, is the one that counts."
    _mark(buttons, option, question.answer)
    reveal.value = _revealed(question, option, kept if first != option else "")
    if asked.kind == "quiz":
        score.value = _scored(asked)


def _mark(buttons: list[ipywidgets.Button], chosen: int, answer: int) -> None:
    for i, button in enumerate(buttons):
        symbol = "✓ " if i == answer else "✗ " if i == chosen else ""
        button.description = symbol + ascii_uppercase[i]


def _revealed(question: Question, option: int, remark: str) -> str:
    right = option == question.answer
    word = "✓ Right." if right else f"✗ Not so: {question.right_letter} is right."
    lines = [f"<b>{word}</b>{remark} {inline(question.because)}"]
    if notice := progress.notice():
        lines.append(inline(notice))
    colour = _BAR[RIGHT if right else WRONG]
    frame = f"border-left: 4px solid {colour}; padding-left: 0.8em; line-height: 1.5;"
    return f'<div role="status" style="{frame}">{"<br>".join(lines)}</div>'


def _scored(asked: Asked) -> str:
    right, given = asked.score()
    left = len(asked.questions) - given
    more = f" {left} to go." if left else " All answered."
    return f'<div role="status"><b>{right} of {given} right at first try.</b>{more}</div>'
