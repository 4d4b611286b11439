"""A learner's function on trial: called on every case, beside the reference."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sgo_teach.checks.guard import Call, guarded
from sgo_teach.checks.kinds import kind
from sgo_teach.checks.values import same

if TYPE_CHECKING:
    from sgo_teach.checks.exercise import Exercise

_REFERENCE_MAY_TAKE = 10  # times the seconds a learner has: it must never be the one to fail


@dataclass(frozen=True)
class Run:
    """One case that ran through.

    Attributes
    ----------
    case : the arguments as they were before
    got, want : the learner's and the reference's result
    printed : what the learner's function printed
    mutated : names of the arguments that it changed and the reference did not
    """

    case: tuple[Any, ...]
    got: Any
    want: Any
    printed: str
    mutated: tuple[str, ...]


@dataclass
class Trial:
    """A learner's function, with the time left for all its calls together."""

    exercise: Exercise
    answer: Callable[..., Any]
    seconds_left: float

    def call(self, arguments: tuple[Any, ...]) -> Call:
        """One guarded call, charged to the time left."""
        start = time.monotonic()
        call = guarded(self.answer, arguments, self.seconds_left)
        self.seconds_left -= time.monotonic() - start
        return call

    def run(self, case: tuple[Any, ...]) -> Run | Call:
        """Try one case; the bare call comes back when it did not run through."""
        mine, theirs = fresh(case), fresh(case)
        call = self.call(mine)
        if not call.ended:
            return call
        want = referenced(self.exercise, theirs)
        names = zip(self.exercise.argument_names, mine, theirs, strict=False)
        mutated = tuple(name for name, a, b in names if _changed(a, b))
        return Run(case, fresh(call.value), want, call.printed, mutated)


def fresh(value: Any) -> Any:
    """A deep copy, or the value itself where it cannot be copied (a running graph, a lock)."""
    try:
        return copy.deepcopy(value)
    except Exception:  # whatever a foreign __deepcopy__ raises
        return value


def referenced(exercise: Exercise, arguments: tuple[Any, ...]) -> Any:
    """The reference's result; its first items if it yields.

    Raises
    ------
    Exception
        Whatever the reference raises.
    TimeoutError
        If it takes ten times as long as a learner may.
    """
    call = guarded(exercise.reference, arguments, _REFERENCE_MAY_TAKE * exercise.seconds)
    if call.error is not None:
        raise call.error
    if not call.ended:
        raise TimeoutError(f"The reference of {exercise.name!r} did not end; raise `seconds`.")
    return call.value


def _changed(mine: Any, theirs: Any) -> bool:
    """Compare with what the reference left: what it may change, a learner may change too."""
    return kind(theirs) not in ("other", "symbolic") and not same(mine, theirs)
