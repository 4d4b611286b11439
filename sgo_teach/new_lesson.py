"""Start a lesson: a notebook and its package in the shape that every lesson has.

    python -m sgo_teach.new_lesson 05 newton_for_classifiers

The files come from ``sgo_teach/lesson_template``, which runs and passes every check as it stands.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TEMPLATE = Path(__file__).with_name("lesson_template")
MODULES = ("__init__.py", "explore.py", "exercises.py")
CHECKLIST = "Next: the five-line checklist in CONTRIBUTING.md."


def checked(number: str, slug: str) -> tuple[str, str]:
    """Return number and slug if they can name a lesson.

    Parameters
    ----------
    number : str
        Two digits, such as ``"05"``.
    slug : str
        Lower-case words joined by underscores, such as ``"newton_for_classifiers"``.

    Raises
    ------
    ValueError
        If either has another form.
    """
    if not re.fullmatch(r"[0-9]{2}", number):
        raise ValueError(f"NUMBER must be two digits, got {number!r}; write NUMBER=05.")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", slug):
        raise ValueError(
            f"SLUG must be lower-case words joined by underscores, got {slug!r}; "
            "write SLUG=newton_for_classifiers."
        )
    return number, slug


def lesson_files(root: Path, number: str, slug: str) -> dict[Path, str]:
    """Return every file of a new lesson with its text.

    Parameters
    ----------
    root : Path
        The repository's root.
    number, slug : str
        As in `checked`.

    Returns
    -------
    dict of Path to str
    """
    title = slug.replace("_", " ").capitalize()
    names = {"lesson_template": slug, "LESSON_NUMBER": number, "LESSON_TITLE": title}

    def filled(name: str) -> str:
        text = (TEMPLATE / name).read_text(encoding="utf-8")
        return re.sub("|".join(names), lambda found: names[found[0]], text)

    package = root / "sgo_teach" / "lessons" / slug
    files = {package / name: filled(name) for name in MODULES}
    return files | {root / "notebooks" / f"{number}_{slug}.ipynb": filled("lesson.ipynb")}


def create(root: Path, number: str, slug: str) -> list[Path]:
    """Write the files of a new lesson and return their paths.

    Parameters
    ----------
    root : Path
        The repository's root.
    number, slug : str
        As in `checked`.

    Raises
    ------
    ValueError
        If number or slug cannot name a lesson.
    FileExistsError
        If the number or the slug is taken; nothing is written then.
    """
    files = lesson_files(root, *checked(number, slug))
    same_number = sorted((root / "notebooks").glob(f"{number}_*.ipynb"))
    same_slug = sorted((root / "notebooks").glob(f"[0-9][0-9]_{slug}.ipynb"))
    taken = [*same_number, *same_slug, *(path for path in files if path.exists())]
    if taken:
        raise FileExistsError(
            f"A new lesson needs a number and a slug of its own; {taken[0]} exists. Choose others."
        )
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def main(arguments: list[str]) -> int:
    """Create the lesson named on the command line; return the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("usage: make lesson NUMBER=05 SLUG=newton_for_classifiers\n")
        return 2
    root = Path.cwd()
    try:
        paths = create(root, *arguments)
    except (ValueError, FileExistsError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    lines = [str(path.relative_to(root)) for path in paths]
    sys.stdout.write("\n".join([*lines, CHECKLIST]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
