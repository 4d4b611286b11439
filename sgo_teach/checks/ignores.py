"""Does a function react to each of its arguments where the reference does?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sgo_teach.checks.kinds import kind
from sgo_teach.checks.trial import Run, Trial, fresh, referenced
from sgo_teach.checks.values import same

_VARIATIONS = 4
_UNCHANGED = 1e-12


def ignored_argument(trial: Trial, runs: list[Run]) -> str | None:
    """Name of the first argument that the reference reacts to and the learner's function ignores.

    Parameters
    ----------
    trial : the function and the time it has left
    runs : its runs through all cases
    """
    names = trial.exercise.argument_names[: len(runs[0].case)] if runs else ()
    return next((name for i, name in enumerate(names) if _ignored(trial, runs, i)), None)


def _ignored(trial: Trial, runs: list[Run], index: int) -> bool:
    """True when no variation that moves the reference's result moves the learner's."""
    base, stays = runs[0], False
    for case in islice(_variations(runs, index), _VARIATIONS):
        try:
            want = referenced(trial.exercise, fresh(case))
        except Exception:  # the varied case makes no sense to the reference
            continue
        if not same(want, base.want, trial.exercise.tolerance):
            call = trial.call(fresh(case))
            if not (call.ended and same(call.value, base.got, _UNCHANGED)):
                return False
            stays = True
    return stays


def _variations(runs: list[Run], index: int) -> Iterator[tuple[Any, ...]]:
    """The first case with one argument exchanged: for that of another case, or scaled."""
    base = runs[0].case
    others = [run.case[index] for run in runs[1:] if index < len(run.case)]
    if isinstance(base[index], float) or kind(base[index]) in ("array", "tensor"):
        others.append(1.5 * base[index])
    for other in others:
        yield (*base[:index], other, *base[index + 1 :])
