"""What a check, a hint or a solution hands back: a value that shows itself in the notebook."""

from __future__ import annotations

from dataclasses import dataclass

RIGHT, WRONG, NOT_ATTEMPTED = "right", "wrong", "not attempted"

# Okabe-Ito colours: told apart by colour-blind readers; a symbol and a word say the same.
_LOOK = {
    RIGHT: ("#009E73", "✓", "Right"),
    WRONG: ("#D55E00", "✗", "Not yet"),
    NOT_ATTEMPTED: ("#7F8C8D", "○", "Not attempted"),
}
_NOTE_COLOUR = "#0072B2"
_CALM = "margin-top: 0.5em; font-size: 95%; opacity: 0.85;"


def framed(colour: str, body: str) -> str:
    """Put Markdown ``body`` beside a coloured bar; the blank lines keep it Markdown inside."""
    frame = f"border-left: 4px solid {colour}; padding: 0.1em 0 0.1em 1em; margin: 0.3em 0;"
    return f'<div style="{frame}">\n\n{body}\n\n</div>'


@dataclass(frozen=True)
class Outcome:
    """The answer of ``check``.

    Attributes
    ----------
    exercise : name of the exercise
    status : "right", "wrong" or "not attempted"
    slip : name of the diagnosis, "" when there is none
    message : what was seen and what to do about it (Markdown with LaTeX)
    note : a remark that does not change the status (Markdown), possibly ""
    discussion : what there is to learn from a right answer (Markdown with LaTeX), possibly ""
    """

    exercise: str
    status: str
    slip: str = ""
    message: str = ""
    note: str = ""
    discussion: str = ""

    @property
    def right(self) -> bool:
        """True when the exercise is solved."""
        return self.status == RIGHT

    def _repr_markdown_(self) -> str:
        colour, symbol, word = _LOOK[self.status]
        head = f"**{symbol} {word}** · `{self.exercise}`"
        more = self.discussion and f'<div style="{_CALM}">\n\n{self.discussion}\n\n</div>'
        parts = (head, self.message, self.note, more)
        return framed(colour, "\n\n".join(part for part in parts if part))

    def __repr__(self) -> str:
        slip = f" [{self.slip}]" if self.slip else ""
        head = f"{self.exercise}: {self.status}{slip}"
        parts = [head, self.message, self.note, self.discussion]
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True)
class Note:
    """A hint or a solution: a title and a Markdown text."""

    title: str
    text: str

    def _repr_markdown_(self) -> str:
        return framed(_NOTE_COLOUR, f"**{self.title}**\n\n{self.text}")

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text}"
