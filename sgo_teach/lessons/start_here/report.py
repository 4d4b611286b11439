"""The report on the environment: a table in words; standard library only."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from html import escape

_LEFT = 'style="text-align: left"'


@dataclass(frozen=True)
class Part:
    """One part of the environment.

    Attributes
    ----------
    name : of the package, or "Python"
    use : what it is for
    asked : range of versions, such as ">=2.0, <3"; "" if any will do
    found : version, "" if there is none
    advice : what to do, with `code` and *emphasis*; "" if all is well
    """

    name: str
    use: str
    asked: str
    found: str
    advice: str = ""

    @property
    def fine(self) -> bool:
        """True when there is nothing to do."""
        return not self.advice

    @property
    def mark(self) -> str:
        """A tick or a cross."""
        return "✓" if self.fine else "✗"

    def __repr__(self) -> str:
        return f"{self.mark} {self.name} {self.found or 'missing'} {self.advice}".rstrip()

    def row(self) -> str:
        """The part as a row of an HTML table."""
        words = (self.use, self.asked, self.found or "missing", self.advice or "nothing")
        cells = "".join(f"<td {_LEFT}>{_html(word)}</td>" for word in words)
        return f'<tr><td>{self.mark}</td><th scope="row" {_LEFT}>{self.name}</th>{cells}</tr>'


@dataclass(frozen=True)
class Report:
    """What was found, in one sentence and part by part.

    Attributes
    ----------
    verdict : the sentence
    parts : in the order to mend them in
    """

    verdict: str
    parts: tuple[Part, ...]

    @property
    def fine(self) -> bool:
        """True when every part is."""
        return all(part.fine for part in self.parts)

    def __repr__(self) -> str:
        return "\n".join([self.verdict, *map(repr, self.parts)])

    def _repr_html_(self) -> str:
        heads = ("", "part", "what for", "asked", "found", "what to do")
        head = "".join(f'<th scope="col" {_LEFT}>{h}</th>' for h in heads)
        body = "".join(part.row() for part in self.parts)
        # Which Python answered matters: the usual trouble is that it is another one.
        where = f"This is the Python at <code>{escape(sys.executable or '?')}</code>."
        return (
            f"<p><b>{_html(self.verdict)}</b><br>{where}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def _html(text: str) -> str:
    """Escape a text and turn its `code` and *emphasis* into HTML."""
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"\*(\S.*?)\*", r"<i>\1</i>", text)
