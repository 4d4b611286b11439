"""Heuristics for markdown: one sentence a line, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.notebooks.notebook import read

# Full stops that end no sentence.
_ABBREVIATIONS = re.compile(
    r"\b(e\.g|i\.e|cf|etc|vs|ch|chap|sec|fig|figs|eq|eqs|alg|no|nos|pp|p|vol|ed|eds|al|approx|"
    r"[A-Z])\.(?= )",
    re.IGNORECASE,
)
_TWO_SENTENCES = re.compile(r"[\w)\]$`*’\"”][.!?][*_)”\"]* +[*_(“\"]*[A-Z]")
_NOT_PROSE = re.compile(r"^\s*(\||#|>|!\[|<|---|\[\^)")
_LIST_ITEM = re.compile(r"^\s*([-*+]|\d+[.)])\s+")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def lines_of_prose(cell: Any) -> list[str]:
    """The lines of a markdown cell that hold sentences; "" where something else stands between.

    Left out: code, displayed formulas, tables, headings, quotes, HTML and lists of references.
    """
    if cell.cell_type != "markdown" or re.search(r"^#+ .*References", cell.source, re.MULTILINE):
        return []
    text = re.sub(
        r"```.*?```|\$\$.*?\$\$|\\begin\{.*?\\end\{\w+\*?\}", "\n\n", cell.source, flags=re.S
    )
    lines = ["" if _NOT_PROSE.match(line) else line for line in text.splitlines()]
    return [*lines, ""]


def misplaced_sentences(lines: list[str]) -> list[str]:
    """Lines with two sentences, and sentences broken over two lines."""
    crowded = [line for line in lines if _crowded(line)]
    broken = [
        f"{line} / {after}"
        for line, after in zip(lines, lines[1:], strict=False)
        if re.search(r"[a-z,;]$", line.rstrip()) and re.match(r"\s*[a-z]", after)
    ]
    return crowded + [pair for pair in broken if not _LIST_ITEM.match(pair.split(" / ")[1])]


def _crowded(line: str) -> bool:
    plain = _ABBREVIATIONS.sub("", _LIST_ITEM.sub("", line))
    return _TWO_SENTENCES.search(plain) is not None


def dead_links(path: Path) -> list[str]:
    """Links of a notebook to files and headings that are not there."""
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    return [link for link in _LINK.findall(text) if not _alive(link, path)]


def _alive(link: str, path: Path) -> bool:
    if re.match(r"[a-z]+:", link):
        return True  # elsewhere: not looked up by a test
    name, _, anchor = unquote(link).partition("#")
    target = path.parent / name if name else path
    if not target.exists():
        return False
    return not anchor or target.suffix != ".ipynb" or anchor in anchors(target)


def anchors(path: Path) -> set[str]:
    """Anchors that JupyterLab gives a notebook's headings: the text with hyphens for spaces."""
    cells = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    headings = re.findall(r"^#+ +(.+?)\s*$", "\n".join(cells), re.MULTILINE)
    return {re.sub(r"[*_`]", "", heading).replace(" ", "-") for heading in headings}
