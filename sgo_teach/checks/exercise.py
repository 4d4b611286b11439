"""An exercise: what the learner writes, what is right, and what each wrong turn means."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sgo_teach.checks.diagnose import diagnose
from sgo_teach.checks.outcome import WRONG, Note, Outcome
from sgo_teach.checks.progress_file import progress
from sgo_teach.checks.source import compile_function, own_source, shown_source
from sgo_teach.checks.trial import fresh
from sgo_teach.checks.values import same_but_rounding

Case = tuple[Any, ...]
Cases = Sequence[Case] | Callable[[], Sequence[Case]]


@dataclass(frozen=True)
class Slip:
    """A named wrong turn.

    Attributes
    ----------
    name : the diagnosis, unique within its exercise
    when : called with (case, got, want), the arguments, the learner's and the reference's result
        of a case that went wrong; a message (Markdown with LaTeX) if this is the slip, else None.
        It may raise on results it does not expect: then it is not this slip.
    before_shape : ask before type, shape and finiteness are looked at
    """

    name: str
    when: Callable[[Case, Any, Any], str | None]
    before_shape: bool = False

    @classmethod
    def formula(
        cls, name: str, formula: Callable[..., Any], message: str, before_shape: bool = False
    ) -> Slip:
        """The slip of computing another formula.

        Parameters
        ----------
        name, message, before_shape : as for any slip
        formula : the wrong way, called with the arguments of a case; a result that equals its own
            (numbers and arrays of one shape to a relative 1e-9) earns the message
        """

        def when(case: Case, got: Any, want: Any) -> str | None:
            return message if same_but_rounding(got, formula(*case)) else None

        return cls(name, when, before_shape)


@dataclass(eq=False, repr=False)
class Exercise:
    """A function to write, checked by cases and a ladder of diagnoses.

    Attributes
    ----------
    name : the function's name
    lesson : slug of the lesson
    stub : the text of the exercise's cell as shipped
    reference : a right answer; ``solution`` shows its source
    cases : tuples of positional arguments, or a function that returns them, the same every time
    slips : named diagnoses, asked in order
    mutants : classic wrong answers as source text; each key is the name of the slip that it must
        earn, followed by "#2", "#3", … where a slip has several
    hints : from a nudge to almost the answer
    discussion : shown under the reference and with a right answer (Markdown with LaTeX)
    tolerance : relative and absolute
    seconds : time granted to all calls of one check together
    namespace : names the stub and the mutants may use, beside those of the reference's module
    praise : shown when the answer is right (Markdown with LaTeX)
    stub_function : what the stub defines

    Raises
    ------
    ValueError
        If the stub defines no such function, or two slips share a name.
    """

    name: str
    lesson: str
    stub: str
    reference: Callable[..., Any]
    cases: Cases
    slips: Sequence[Slip] = ()
    mutants: Mapping[str, str] = field(default_factory=dict)
    hints: Sequence[str] = ()
    discussion: str = ""
    tolerance: float = 1e-8
    seconds: float = 5.0
    namespace: Mapping[str, Any] = field(default_factory=dict)
    praise: str = ""
    stub_function: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        if len({slip.name for slip in self.slips}) < len(self.slips):
            raise ValueError(f"The slips of {self.name!r} must have different names.")
        self.stub_function = self.compiled(self.stub, f"<stub of {self.name}>")
        self._yours, self._rung = self.reference, 0

    def __repr__(self) -> str:
        return f"Exercise({self.name!r}, lesson={self.lesson!r})"

    @property
    def argument_names(self) -> tuple[str, ...]:
        """The parameters of the function to write."""
        return tuple(inspect.signature(self.stub_function).parameters)

    @property
    def yours(self) -> Callable[..., Any]:
        """The learner's last function of this session that passed, else the reference."""
        return self._yours

    @property
    def reference_source(self) -> str:
        """The reference as a learner would write it in the exercise's cell."""
        return shown_source(self.reference, self.name)

    def compiled(self, source: str, filename: str) -> Callable[..., Any]:
        """The function of this exercise's name that a source text defines."""
        around = getattr(self.reference, "__globals__", {})
        return compile_function(source, self.name, {**around, **self.namespace}, filename)

    def mutant(self, key: str) -> Callable[..., Any]:
        """A classic wrong answer as a function."""
        return self.compiled(self.mutants[key], f"<mutant {key} of {self.name}>")

    def fresh_cases(self) -> list[Case]:
        """All cases, copied, so that no call sees what another one did to them."""
        cases = self.cases() if callable(self.cases) else self.cases
        return [fresh(tuple(case)) for case in cases]

    def check(self, answer: object = None) -> Outcome:
        """Try the learner's function and say what is right or wrong with it; never raises.

        Parameters
        ----------
        answer : the function (not its name, not its result)
        """
        try:
            outcome = diagnose(self, answer)
        except Exception as error:  # the promise of the docstring, whatever an answer comes up with
            outcome = Outcome(self.name, WRONG, "check_failed", _failed(error))
        entry = {"kind": "exercise", "status": outcome.status}
        if outcome.right and callable(answer):
            self._yours = answer
            entry |= {"source": source} if (source := own_source(answer)) else {}
        progress.record(self.lesson, self.name, **entry)
        return _with_note(outcome, progress.notice())

    def hint(self) -> Note:
        """The next rung of the ladder of hints; the last one stays."""
        if not self.hints:
            return Note(f"No hint for {self.name}", "The message of `.check(...)` helps most.")
        rung = min(self._rung, len(self.hints) - 1)
        self._rung += 1
        last = "\n\nThis was the last hint; `.solution()` shows one way to write it."
        more = last if rung == len(self.hints) - 1 else ""
        return Note(f"Hint {rung + 1} of {len(self.hints)}", self.hints[rung] + more)

    def solution(self) -> Note:
        """The reference with its discussion; it is noted that it was seen."""
        progress.record(self.lesson, self.name, kind="exercise", solution_seen=True)
        code = f"```python\n{self.reference_source}```"
        return Note(f"One solution of {self.name}", f"{code}\n\n{self.discussion}".rstrip())


def _failed(error: Exception) -> str:
    said = type(error).__name__
    return f"The check could not look at this result (`{said}`): return numbers, arrays, formulas."


def _with_note(outcome: Outcome, note: str | None) -> Outcome:
    if note is None:
        return outcome
    both = "\n\n".join(filter(None, (outcome.note, note)))
    return replace(outcome, note=both)
