"""The ladder of diagnoses: the first rung that a learner's function fails names the slip.

missing, untouched, parameters, raised or too slow, None or printed, type, shape, not finite, named
slips, ignores an argument, value, mutates its input; a function that passes them all is right.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sgo_teach.checks.guard import Call
from sgo_teach.checks.ignores import ignored_argument
from sgo_teach.checks.kinds import kind, part, short, written_place
from sgo_teach.checks.outcome import NOT_ATTEMPTED, RIGHT, WRONG, Outcome
from sgo_teach.checks.raised import about_sizes, explain
from sgo_teach.checks.source import empty, parameters, untouched
from sgo_teach.checks.trial import Run, Trial, fresh
from sgo_teach.checks.values import (
    close_to,
    finite_problem,
    same,
    shape_problem,
    type_problem,
    value_problem,
    wrong_row,
)

if TYPE_CHECKING:
    from sgo_teach.checks.exercise import Exercise

Finding = tuple[str, str]  # name of the slip, message
_EMPTY = "There is nothing in the function yet: write its body, run the cell."
_PRINTS = "It also prints; a function that only returns is easier to reuse."


def diagnose(exercise: Exercise, answer: object) -> Outcome:
    """Climb the ladder and say where a function falls off, or that it is right.

    Parameters
    ----------
    exercise : the exercise
    answer : what the learner passed, a function if all is well
    """
    name = exercise.name
    if answer is None or answer is ...:
        return Outcome(name, NOT_ATTEMPTED, "missing", f"Pass your function: `check({name})`.")
    if not callable(answer):
        return Outcome(name, WRONG, "missing", _not_a_function(name, answer))
    if empty(answer):
        return Outcome(name, NOT_ATTEMPTED, "", _EMPTY)
    if untouched(answer, exercise.stub_function):
        return Outcome(name, NOT_ATTEMPTED, "", "The cell above is as it came: change it, run it.")
    if finding := _parameters(exercise, answer):
        return Outcome(name, WRONG, *finding)
    return _tried(Trial(exercise, answer, exercise.seconds))


def _not_a_function(name: str, answer: object) -> str:
    if isinstance(answer, str):
        return f"Pass the function, not its name in quotes: `check({name})`."
    return (
        f"A function is asked, this is of type `{type(answer).__name__}`. "
        f"Pass the function itself, without calling it: `check({name})`."
    )


def _parameters(exercise: Exercise, answer: Callable[..., Any]) -> Finding | None:
    mine, asked = parameters(answer), parameters(exercise.stub_function)
    if mine is None or asked is None:
        return None
    names, theirs = list(mine.parameters), list(asked.parameters)
    swapped = names != theirs and sorted(names) == sorted(theirs)
    if not swapped and all(_takes(mine, case) for case in exercise.fresh_cases()):
        return None
    order = ", in this order" if swapped else ""
    return "parameters", f"`{exercise.name}{asked}` is asked{order}; yours is `{mine}`."


def _takes(signature: inspect.Signature, case: tuple[Any, ...]) -> bool:
    try:
        signature.bind(*case)
    except TypeError:
        return False
    return True


def _tried(trial: Trial) -> Outcome:
    name, runs = trial.exercise.name, []
    for case in trial.exercise.fresh_cases():
        run = trial.run(case)
        if isinstance(run, Call):
            return Outcome(name, WRONG, *_broken(trial, run, case, runs))
        runs.append(run)
    if finding := _judged(trial, runs):
        return Outcome(name, WRONG, *finding)
    note = _PRINTS if any(run.printed for run in runs) else ""
    told = trial.exercise
    return Outcome(name, RIGHT, message=told.praise, note=note, discussion=told.discussion)


def _broken(trial: Trial, call: Call, case: tuple[Any, ...], runs: list[Run]) -> Finding:
    if call.error is not None:
        given = dict(zip(trial.exercise.argument_names, case, strict=False))
        sizes = about_sizes(call.error, given, [run.case for run in runs])
        return "raised", explain(call.error, trial.answer) + sizes
    if call.interrupted:
        return "raised", "You stopped it while it ran."
    end = f"It was stopped after {trial.exercise.seconds:g} s: does its loop ever end?"
    still = " It could not be stopped and still runs; restart the kernel if that slows you down."
    return "too_slow", end + (still if call.abandoned else "")


def _judged(trial: Trial, runs: list[Run]) -> Finding | None:
    """The rungs that look at results, each over all cases before the next."""
    rungs = (
        _nothing,
        partial(_named, trial.exercise, early=True),
        lambda run: _finding("type", type_problem(run.got, run.want)),
        lambda run: _finding("shape", shape_problem(run.got, run.want, run.case)),
        lambda run: _finding("not_finite", finite_problem(run.got, run.want)),
        partial(_named, trial.exercise, early=False),
    )
    for rung in rungs:
        if finding := next(filter(None, map(rung, runs)), None):
            return finding
    wrong = next((run for run in runs if not _right(trial.exercise, run)), None)
    return _ignores(trial, runs) or (wrong and _value(trial.exercise, wrong)) or _mutates(runs)


def _finding(slip: str, message: str | None) -> Finding | None:
    return None if message is None else (slip, message[:1].upper() + message[1:])


def _right(exercise: Exercise, run: Run) -> bool:
    return same(run.got, run.want, exercise.tolerance)


def _nothing(run: Run) -> Finding | None:
    if run.got is not None or run.want is None:
        return None
    if run.printed:
        return "printed", "It prints its result. `return` hands it on to whoever called."
    return "none", "It returns `None`: is the `return` missing, or in a branch not reached?"


def _named(exercise: Exercise, run: Run, early: bool) -> Finding | None:
    """The exercise's own slips, asked only about a case that went wrong."""
    slips = [slip for slip in exercise.slips if slip.before_shape or not early]
    if not slips or _right(exercise, run):
        return None
    for slip in slips:
        try:
            with np.errstate(all="ignore"):  # a wrong formula may divide by zero
                message = slip.when(fresh(run.case), fresh(run.got), fresh(run.want))
        except Exception:  # a result too strange for this question is not this slip
            continue
        if isinstance(message, str) and message:
            return slip.name, message
    return None


def _ignores(trial: Trial, runs: list[Run]) -> Finding | None:
    name = ignored_argument(trial, runs)
    if name is None:
        return None
    stays = f"Changing `{name}` does not change your result ({short(runs[0].got)})"
    return f"ignores_{name}", f"{stays}: where does `{name}` enter?"


def _value(exercise: Exercise, run: Run) -> Finding:
    names = zip(exercise.argument_names, run.case, strict=False)
    given = ", ".join(f"`{name}` = {short(value)}" for name, value in names)
    place = value_problem(run.got, run.want, exercise.tolerance) or ()
    got, want = part(run.got, place), part(run.want, place)
    where = f"your result{written_place(place)}"
    row = wrong_row(got, want, exercise.tolerance)
    if row is not None:
        got, want = got[row], want[row]
        where = f"row {row} of {where} (the first is row 0)"
    alike = short(got) == short(want) and kind(want) in ("number", "array", "tensor")
    found = close_to(got, want) if alike else f"{short(got)}; {short(want)} is right"
    result = f"{where} is {found}."
    return "value", f"For {given}, {result}" if given else result[:1].upper() + result[1:]


def _mutates(runs: list[Run]) -> Finding | None:
    name = next((name for run in runs for name in run.mutated), None)
    if name is None:
        return None
    return (
        f"mutates_{name}",
        f"The value is right, but your function changes its input `{name}` in place. "
        f"Work on a copy, or write `{name} = {name} + ...` in place of `+=` or `-=`.",
    )
