"""Predictions and quizzes: the learner commits to an answer before the reveal."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from string import ascii_uppercase
from typing import Any

from IPython.display import display

from sgo_teach.checks.progress_file import progress


@dataclass(frozen=True)
class Question:
    """A question with one right option.

    Attributes
    ----------
    text : the question; LaTeX between dollars, `code`, **bold**, *italic*
    options : two to ten answers, written likewise
    answer : index of the right one
    because : why, shown after the answer

    Raises
    ------
    ValueError
        If there are fewer than two or more than ten options, or ``answer`` is none of them.
    """

    text: str
    options: Sequence[str]
    answer: int
    because: str

    def __post_init__(self) -> None:
        n = len(self.options)
        if not 2 <= n <= 10:
            raise ValueError(f"A question needs 2 to 10 options, {self.text!r} has {n}.")
        if not 0 <= self.answer < n:
            raise ValueError(f"answer must be in 0..{n - 1}, {self.text!r} has {self.answer}.")

    @property
    def right_letter(self) -> str:
        """The letter of the right option."""
        return ascii_uppercase[self.answer]


@dataclass(frozen=True)
class Asked:
    """Questions of one item of a lesson, with the answers that were given first."""

    questions: tuple[Question, ...]
    name: str
    lesson: str
    kind: str

    def __post_init__(self) -> None:
        if not self.questions:
            raise ValueError(f"{self.name!r} of lesson {self.lesson!r} needs a question.")

    def ask(self) -> None:
        """Show the questions; answering is up to the learner."""
        display(self)

    def commit(self, question: int, option: int) -> bool:
        """Keep an answer unless one was given before; True if it is right.

        Parameters
        ----------
        question, option : indices
        """
        first = {str(question): option}
        size = len(self.questions)
        progress.record(self.lesson, self.name, kind=self.kind, questions=size, first=first)
        return option == self.questions[question].answer

    def first_answers(self) -> dict[int, int]:
        """Question -> option, as first answered (possibly in an earlier session)."""
        kept = progress.entry(self.lesson, self.name).get("first", {})
        found = {int(q): o for q, o in kept.items() if str(q).isdigit() and isinstance(o, int)}
        return {q: o for q, o in found.items() if self._exists(q, o)}

    def score(self) -> tuple[int, int]:
        """How many first answers are right, and how many were given."""
        first = self.first_answers()
        return sum(o == self.questions[q].answer for q, o in first.items()), len(first)

    def _exists(self, question: int, option: int) -> bool:
        return question < len(self.questions) and 0 <= option < len(
            self.questions[question].options
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The live questions, with readable text for where there is no kernel."""
        return {**_live(self), "text/html": self._html(), "text/plain": repr(self)}

    def _html(self) -> str:
        return "".join(
            f"<p>{inline(q.text)}</p><ol type='A'>"
            + "".join(f"<li>{inline(option)}</li>" for option in q.options)
            + "</ol>"
            for q in self.questions
        )

    def __repr__(self) -> str:
        lines = []
        for q in self.questions:
            lettered = zip(ascii_uppercase, q.options, strict=False)
            lines += [q.text, *(f"  {letter}) {option}" for letter, option in lettered)]
        return "\n".join(lines)


def _live(asked: Asked) -> dict[str, Any]:
    """The widget's part of a display; nothing where ipywidgets is not installed."""
    if find_spec("ipywidgets") is None:
        return {}
    from sgo_teach.checks.ask import widget  # imported where a question is shown, not before

    return dict(widget(asked)._repr_mimebundle_() or {})


def predict(
    text: str, options: Sequence[str], answer: int, because: str, name: str, lesson: str
) -> Asked:
    """A prediction: one question, asked before the cell that shows the answer.

    Parameters
    ----------
    text, options, answer, because : see Question
    name : name of the item within its lesson
    lesson : slug of the lesson
    """
    return Asked((Question(text, tuple(options), answer, because),), name, lesson, "prediction")


def quiz(questions: Sequence[Question], name: str, lesson: str) -> Asked:
    """Several questions with a score.

    Parameters
    ----------
    questions : at least one
    name : name of the item within its lesson
    lesson : slug of the lesson
    """
    return Asked(tuple(questions), name, lesson, "quiz")


def inline(text: str) -> str:
    """HTML of a line with `code`, **bold**, *italic* and LaTeX between dollars (left as it is)."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", html.escape(text, quote=False))
    return "".join(_inline_part(part) for part in parts)


def _inline_part(part: str) -> str:
    if part.startswith("$"):
        return part
    if part.startswith("`") and part.endswith("`") and len(part) > 2:
        return f"<code>{part[1:-1]}</code>"
    strong = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", part)
    return re.sub(r"\*(\S.*?)\*", r"<i>\1</i>", strong).replace("\n", "<br>")
