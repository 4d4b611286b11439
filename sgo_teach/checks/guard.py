"""Run a learner's function so that nothing it does can stop the notebook.

The call runs in a daemon thread. A thread that outlives its time is stopped by raising an
exception inside it (``PyThreadState_SetAsyncExc``, CPython C API), which needs no signal and so
works on Windows and outside the main thread. A call stuck in compiled code cannot be stopped; it
is left behind and said to be so.
"""

from __future__ import annotations

import ctypes
import inspect
import io
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TextIO

import numpy as np

_PRINTED_AT_MOST = 10_000
_YIELDED_AT_MOST = 50
_PATIENCE = 1.0  # seconds granted to a stopped call to wind up


class _Stop(SystemExit):
    """Raised inside a call that takes too long; threads end silently on SystemExit."""


@dataclass(frozen=True)
class Yielded:
    """The first items of a generator (endless ones included)."""

    items: list[Any]


@dataclass
class Call:
    """What became of one guarded call."""

    value: Any = None
    error: BaseException | None = None
    printed: str = ""
    timed_out: bool = False
    abandoned: bool = False
    interrupted: bool = False

    @property
    def ended(self) -> bool:
        """True when the call came back with a value."""
        return self.error is None and not (self.timed_out or self.interrupted)


class _Tap(io.TextIOBase):
    """A stdout that keeps what one thread prints and passes on what the others print."""

    def __init__(self, beyond: TextIO):
        self.beyond = beyond
        self.thread: threading.Thread | None = None
        self.kept = io.StringIO()

    def write(self, text: str) -> int:
        if threading.current_thread() is not self.thread:
            return self.beyond.write(text)
        if self.kept.tell() < _PRINTED_AT_MOST:
            self.kept.write(text[:_PRINTED_AT_MOST])
        return len(text)

    def flush(self) -> None:
        self.beyond.flush()


@contextmanager
def _tapped() -> Iterator[_Tap]:
    """Tap stdout and silence warnings: a NaN or an overflow is named by the check itself."""
    before = sys.stdout
    tap = _Tap(before)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.stdout = tap
        try:
            yield tap
        finally:
            sys.stdout = before


def _raise_in(thread: threading.Thread) -> None:
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_Stop)
        )


def _stop(thread: threading.Thread) -> bool:
    """Stop a thread; raise again while it lives, since the code may catch the exception."""
    give_up = time.monotonic() + _PATIENCE
    while thread.is_alive() and time.monotonic() < give_up:
        _raise_in(thread)
        thread.join(0.02)
    return not thread.is_alive()


def _settle(value: Any) -> Any:
    """Run a generator's first items inside the guard; close a coroutine nobody awaits."""
    if inspect.isgenerator(value):
        return Yielded(list(islice(value, _YIELDED_AT_MOST)))
    if inspect.iscoroutine(value):
        value.close()
    return value


def _work(function: Callable[..., Any], arguments: tuple[Any, ...], call: Call) -> None:
    try:
        with np.errstate(all="ignore"):
            call.value = _settle(function(*arguments))
    except BaseException as error:  # sys.exit and KeyboardInterrupt are a learner's errors too
        call.error = error


def guarded(function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float) -> Call:
    """Call ``function(*arguments)`` and report; never raises, never lasts much over ``seconds``.

    Parameters
    ----------
    function : anything callable
    arguments : its positional arguments
    seconds : wall-clock time granted

    Returns
    -------
    Call
        Value or error, printed text, and whether the time ran out.
    """
    running = Call()
    worker = threading.Thread(target=_work, args=(function, arguments, running), daemon=True)
    with _tapped() as tap:
        tap.thread = worker
        worker.start()
        interrupted = _wait(worker, seconds)
        if worker.is_alive() or interrupted:
            return Call(
                printed=tap.kept.getvalue(),
                timed_out=not interrupted,
                interrupted=interrupted,
                abandoned=not _stop(worker),
            )
    running.printed = tap.kept.getvalue()
    return running


def _wait(worker: threading.Thread, seconds: float) -> bool:
    """Wait for the worker; True when the learner pressed the stop button meanwhile."""
    try:
        worker.join(max(seconds, 0.0))
    except KeyboardInterrupt:
        return True
    return False
