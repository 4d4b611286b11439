"""How long a call takes, for the table of costs in lesson 09."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from timeit import repeat

import numpy as np


def seconds(ways: Sequence[Callable[[], object] | None], rounds: int = 7) -> np.ndarray:
    """The shortest time of each way (m,), NaN for one that is None.

    The ways take turns, so that a busy moment hits all of them, and are called three times a
    turn, since the first call finds the caches full of another way's numbers.
    """
    return np.min([[_turn(way) for way in ways] for _ in range(rounds)], axis=0)


def _turn(way: Callable[[], object] | None) -> float:
    return np.nan if way is None else min(repeat(way, number=1, repeat=3))
