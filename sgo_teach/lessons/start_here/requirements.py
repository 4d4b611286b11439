"""What the course asks for, and whether a version will do; standard library only."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

COURSE = "sgo-teach"
PROJECT = Path(__file__).parents[3] / "pyproject.toml"
_COMPARE = {
    ">=": lambda have, asked: have >= asked,
    "<=": lambda have, asked: have <= asked,
    "==": lambda have, asked: have == asked,
    "!=": lambda have, asked: have != asked,
    "<": lambda have, asked: have < asked,
    ">": lambda have, asked: have > asked,
}


def requirements() -> tuple[str, dict[str, str]]:
    """Return the range asked of Python, and name -> range for each package.

    The installed course is asked; where it is not installed, its ``pyproject.toml``.

    Raises
    ------
    FileNotFoundError
        If there is neither.
    """
    try:
        told = metadata(COURSE)
    except PackageNotFoundError:
        python, lines = _in_project(PROJECT.read_text(encoding="utf-8"))
    else:
        python, lines = told["Requires-Python"] or "", told.get_all("Requires-Dist") or []
    return python, dict(_split(line) for line in lines if "extra ==" not in line)


def _in_project(text: str) -> tuple[str, list[str]]:
    """The same from the project's file, read without tomllib, which older Pythons lack."""
    python = re.search(r'^requires-python = "(.*)"', text, re.M)
    listed = re.search(r"^dependencies = \[(.*?)^\]", text, re.M | re.S)
    lines = re.findall(r'"(.*)"', listed.group(1)) if listed else []
    return python.group(1) if python else "", lines


def _split(line: str) -> tuple[str, str]:
    """Name and range of a requirement, lower limits first."""
    name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
    limits = line[len(name) :].partition(";")[0].strip(" ()").split(",")
    return name, ", ".join(sorted((x.strip() for x in limits if x.strip()), reverse=True))


def satisfies(found: str, asked: str) -> bool:
    """Tell whether a version lies in a range.

    Parameters
    ----------
    found : such as "2.13.0+cpu"; what follows the numbers is not looked at
    asked : comparisons joined by commas, such as ">=2.6, <3"; "" asks for nothing

    Raises
    ------
    ValueError
        If a comparison is none of >=, <=, ==, !=, <, > with plain numbers behind it.
    """
    parts = [part.strip() for part in asked.split(",") if part.strip()]
    limits = [re.match(r"([<>=!]=|[<>])\s*([\d.]+)$", part) for part in parts]
    if None in limits:
        raise ValueError(f"A range such as '>=2.6, <3' is needed, not {asked!r}.")
    return all(_COMPARE[m.group(1)](*_padded(found, m.group(2))) for m in limits if m)


def _padded(*versions: str) -> list[tuple[int, ...]]:
    """Versions as tuples of one length, so that 3 equals 3.0."""
    starts = [re.match(r"[\d.]*", version) for version in versions]
    numbers = [[int(n) for n in m.group().split(".") if n] if m else [] for m in starts]
    length = max(map(len, numbers))
    return [tuple(n + [0] * (length - len(n))) for n in numbers]
