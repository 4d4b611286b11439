"""Is everything here that the course needs, and what to do about what is not?

Nothing but the standard library is imported, and the grammar stays that of older Pythons: the
question must be answered exactly where the answer is no.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from sgo_teach.lessons.start_here.report import Part, Report
from sgo_teach.lessons.start_here.requirements import COURSE, requirements, satisfies

LATE = "torch"  # nothing before lesson 09 needs it
USES = {
    "anywidget": "pictures that move",
    "contourpy": "level lines that move",
    "ipywidgets": "questions with buttons",
    "jupyterlab": "the page you are looking at",
    "matplotlib": "pictures",
    "numpy": "vectors and matrices",
    "pooch": "verified downloads",
    "scikit-learn": "handwritten digits",
    "scipy": "a second opinion on our methods",
    "sympy": "formulas",
    "torch": "networks, from lesson 09 on",
    "tqdm": "progress of downloads",
}
_MODULES = {"scikit-learn": "sklearn"}  # where it is imported by another name
_OTHER_PYTHON = (
    "Close JupyterLab and start it by `make lab` in the course's folder: "
    "that makes an environment of its own. Without `make`: see *Windows* in `README.md`."
)


def check() -> Report:
    """Look for Python, the course and every package it asks for, without importing them.

    Returns
    -------
    Report
        With the range asked for and the version found of each part, and what to do.
    """
    asked_of_python, packages = requirements()
    course = Part(COURSE, "the course itself", "", _version(COURSE))
    if not course.found:
        course = Part(COURSE, course.use, "", "", _OTHER_PYTHON)
    found = [_package(name, asked, course.fine) for name, asked in packages.items()]
    parts = (_python(asked_of_python), course, *found)
    return Report(_verdict(parts), parts)


def front_end():
    """Return a line that the browser fills in once it and Python have heard each other.

    Returns
    -------
    A widget; or a `Report` on anywidget, if that is missing.
    """
    bad = tuple(p for p in check().parts if p.name == "anywidget" and not p.fine)
    if bad:
        return Report("Pictures cannot move yet: anywidget draws them.", bad)
    from sgo_teach.lessons.start_here.round_trip import RoundTrip  # imports anywidget

    return RoundTrip()


def _verdict(parts: tuple[Part, ...]) -> str:
    bad = [part.name for part in parts if not part.fine]
    if not bad:
        return f"Everything is here: {len(parts)} parts looked at."
    if bad == [LATE]:
        return f"All is here but {LATE}: start now, and mend that before lesson 09."
    if COURSE in bad:
        return f"This Python does not know the course: the row of {COURSE} says what to do."
    return f"Mend this, then run the cells from the top: {', '.join(bad)}."


def _python(asked: str) -> Part:
    found = ".".join(map(str, sys.version_info[:3]))
    advice = (
        f"Install Python {asked.lstrip('>= ')} or later, delete the folder `.venv` "
        "and start again by `make lab` in the course's folder."
    )
    return Part("Python", "runs it all", asked, found, "" if satisfies(found, asked) else advice)


def _package(name: str, asked: str, course_known: bool) -> Part:
    found, spec = _version(name), find_spec(_MODULES.get(name, name))
    part = Part(name, USES.get(name, ""), asked, found)
    if found and satisfies(found, asked) and spec is not None:
        advice = _hidden(spec.origin)
    elif not course_known:
        advice = f"See the row of {COURSE}."
    else:
        advice = _install(part)
    return Part(part.name, part.use, asked, found, advice)


def _version(name: str) -> str:
    try:
        return version(name) or ""
    except PackageNotFoundError:
        return ""


def _install(part: Part) -> str:
    half = "--force-reinstall " if part.found and satisfies(part.found, part.asked) else ""
    advice = (
        f'Run `%pip install {half}"{part.name}{part.asked.replace(" ", "")}"` in a new cell, '
        "then choose *Restart Kernel* in the menu *Kernel*."
    )
    if part.name == LATE and sys.platform == "linux":
        advice += " (Gigabytes on Linux; `make clean` and `make lab` fetch a small CPU build.)"
    return advice


def _hidden(origin: str | None) -> str:
    """What to do if something beside the notebook is imported in place of the package."""
    path = Path(origin) if origin else Path()
    path = path.parent if path.name == "__init__.py" else path
    if path.parent != Path.cwd():
        return ""
    return f"`{path.name}` beside this notebook hides the package: rename it, restart the kernel."
