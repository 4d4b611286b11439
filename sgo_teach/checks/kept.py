"""A learner's functions that passed, kept from lesson to lesson; the reference stands in otherwise.

A later lesson borrows them by name:

    earlier = Earlier(newton_step, cg)      # exercises of lessons before
    earlier.newton_step                     # the learner's own, or the reference
    earlier                                 # says whose each of them is
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sgo_teach.checks.diagnose import diagnose
from sgo_teach.checks.exercise import Exercise
from sgo_teach.checks.outcome import Note
from sgo_teach.checks.progress_file import progress

__all__ = ["Earlier", "kept_function"]


def kept_function(exercise: Exercise) -> Callable[..., Any] | None:
    """The function that the learner's progress file keeps for an exercise, if it still passes.

    The text was the learner's own cell; it is compiled beside the names of the stub and checked
    again before it is used, so that one that leaned on another cell, or on an older form of the
    exercise, does no harm: the answer is then None.
    """
    source = progress.entry(exercise.lesson, exercise.name).get("source")
    if not isinstance(source, str):
        return None
    try:
        answer = exercise.compiled(source, f"<your {exercise.name} of {exercise.lesson}>")
    except Exception:  # whatever stands in that text, the lesson goes on with the reference
        return None
    return answer if diagnose(exercise, answer).right else None


class Earlier:
    """Functions written in earlier lessons, as attributes by their names.

    Parameters
    ----------
    *exercises : Exercise
        Those that are borrowed.

    Raises
    ------
    AttributeError
        If no exercise of that name is borrowed.
    """

    def __init__(self, *exercises: Exercise):
        self._exercises = {exercise.name: exercise for exercise in exercises}
        self._found: dict[str, Callable[..., Any] | None] = {}

    def __dir__(self) -> list[str]:
        return sorted(self._exercises)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in self._exercises:
            names = ", ".join(self.__dict__.get("_exercises", {}))
            raise AttributeError(f"No function {name!r} comes from an earlier lesson; {names} do.")
        return self._own(name) or self._exercises[name].reference

    def is_yours(self, name: str) -> bool:
        """Whether the function of that name is the learner's own."""
        return self._own(name) is not None

    def _own(self, name: str) -> Callable[..., Any] | None:
        if self._found.get(name) is None:  # passed in the meantime, perhaps, in another notebook
            self._found[name] = kept_function(self._exercises[name])
        return self._found[name]

    def _lines(self) -> list[str]:
        whose = {True: "yours", False: "the reference, until yours has passed"}
        return [
            f"`{name}` (lesson `{exercise.lesson}`): {whose[self.is_yours(name)]}"
            for name, exercise in self._exercises.items()
        ]

    def __repr__(self) -> str:
        return "\n".join(self._lines()).replace("`", "")

    def _repr_markdown_(self) -> str:
        listed = "\n".join(f"- {line}" for line in self._lines())
        return Note("Borrowed from earlier lessons", listed)._repr_markdown_()
