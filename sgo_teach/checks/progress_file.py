"""The learner's progress in one small file beside the notebooks.

Several notebooks may write at once: every write reads the file again under a lock and replaces it
in one move. A file that cannot be read or written is told once, and nothing is lost: entries wait
in memory and are tried again with the next one.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

VARIABLE = "SGO_TEACH_PROGRESS"
FILE_NAME = "sgo_progress.json"
_VERSION = 1
_WAIT, _STALE = 2.0, 10.0  # seconds: for a lock, and until a lock is taken for forgotten

Entry = dict[str, Any]
Lessons = dict[str, dict[str, Entry]]


class Progress:
    """What was done in which lesson, kept in a file.

    Parameters
    ----------
    path : the file; None means the environment variable SGO_TEACH_PROGRESS or, without it,
        ``sgo_progress.json`` in the working directory (a kernel's is its notebook's folder).
    """

    def __init__(self, path: Path | None = None):
        self._path = path
        self._waiting: list[tuple[str, str, Entry]] = []
        self._notices: list[str] = []
        self._told: set[str] = set()
        self._lock = threading.RLock()  # widget callbacks run beside cells

    @property
    def path(self) -> Path:
        """The file in use."""
        return self._path or Path(os.environ.get(VARIABLE) or Path.cwd() / FILE_NAME)

    def record(self, lesson: str, item: str, **entry: Any) -> None:
        """Merge an entry into an item of a lesson; never raises for trouble with the file.

        A right answer stays right, a first answer stays the first, what is new is added.
        """
        with self._lock:
            self._waiting.append((lesson, item, entry))
            try:
                with _locked(self.path):
                    _write(self.path, self._merged(self._read()))
            except OSError as trouble:
                self._tell("kept", f"Progress is kept in memory only: {_why(trouble, self.path)}")
            else:
                self._waiting.clear()

    def lessons(self) -> Lessons:
        """Everything known: lesson slug -> item name -> entry."""
        with self._lock:
            try:
                return self._merged(self._read())
            except OSError as trouble:
                self._tell("kept", f"Progress cannot be read: {_why(trouble, self.path)}")
                return self._merged({})

    def entry(self, lesson: str, item: str) -> Entry:
        """What is known of one item, {} if nothing."""
        return self.lessons().get(lesson, {}).get(item, {})

    def done(self, lesson: str) -> set[str]:
        """Names of the items finished: exercises right, predictions and quizzes answered."""
        return {name for name, entry in self.lessons().get(lesson, {}).items() if _done(entry)}

    def summary(self) -> dict[str, dict[str, int]]:
        """Per lesson slug: how many items were begun and how many are done."""
        return {
            lesson: {"begun": len(items), "done": sum(map(_done, items.values()))}
            for lesson, items in self.lessons().items()
        }

    def notice(self) -> str | None:
        """What the learner should be told about the file, once (Markdown)."""
        with self._lock:
            notices, self._notices = self._notices, []
        return " ".join(notices) or None

    def _tell(self, topic: str, text: str) -> None:
        if topic not in self._told:
            self._told.add(topic)
            self._notices.append(text)

    def _merged(self, lessons: Lessons) -> Lessons:
        for lesson, item, entry in self._waiting:
            items = lessons.setdefault(lesson, {})
            items[item] = _merge(items.get(item, {}), entry)
        return lessons

    def _read(self) -> Lessons:
        try:
            return _lessons_in(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            aside = _set_aside(self.path)
            self._tell(
                f"corrupt {aside.name}",
                f"`{self.path.name}` was damaged: it is now `{aside.name}`, a new one is begun.",
            )
            return {}


def _lessons_in(data: bytes) -> Lessons:
    """Lessons of a file's bytes; ValueError for anything that is not such a file."""
    content = json.loads(data.decode("utf-8"))
    lessons = content.get("lessons") if isinstance(content, dict) else None
    if not isinstance(lessons, dict) or not all(
        isinstance(items, dict) and all(isinstance(entry, dict) for entry in items.values())
        for items in lessons.values()
    ):
        raise ValueError("a progress file holds lessons, items and entries")
    return lessons


def _merge(old: Entry, new: Entry) -> Entry:
    merged = {**old, **new}
    if old.get("status") == "right":
        merged["status"] = "right"
    if "first" in old:  # first answers, as {question: option}
        merged["first"] = {**new.get("first", {}), **old["first"]}
    return merged


def _done(entry: Entry) -> bool:
    if entry.get("kind") == "exercise":
        return entry.get("status") == "right"
    return len(entry.get("first", {})) >= entry.get("questions", 1)


def _set_aside(path: Path) -> Path:
    """Move a damaged file out of the way, without replacing an earlier one."""
    if not path.is_file():  # a device or a folder that somebody named by mistake
        raise OSError(f"{path} is no ordinary file")
    numbers = ("", *map(str, range(2, 1000)))
    aside = next(p for n in numbers if not (p := path.with_name(f"{path.name}.bak{n}")).exists())
    os.replace(path, aside)
    return aside


def _write(path: Path, lessons: Lessons) -> None:
    """Replace the file in one move, so that no reader ever sees half of it."""
    if path.exists() and not path.stat().st_mode & stat.S_IWUSR:
        raise PermissionError(f"{path.name} is read-only")  # a rename would go over it unasked
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"version": _VERSION, "lessons": lessons}, file, indent=1, sort_keys=True)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold ``<file>.lock``: created by one process at a time, on every system."""
    lock = path.with_name(f"{path.name}.lock")
    deadline = time.monotonic() + _WAIT
    while not _take(lock):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{lock.name} is held by another notebook")
        time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _take(lock: Path) -> bool:
    with suppress(FileNotFoundError):
        if time.time() - lock.stat().st_mtime > _STALE:  # its kernel was killed while it held it
            lock.unlink(missing_ok=True)
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    except PermissionError:
        if os.name != "nt":  # Windows says so of a lock that is just being removed
            raise
        return False
    return True


def _why(trouble: OSError, path: Path) -> str:
    reason = trouble.strerror or str(trouble)
    return f"`{path.name}` — {reason}. Set `{VARIABLE}` to a file you may write."


progress = Progress()  # one per kernel, as there is one working directory
