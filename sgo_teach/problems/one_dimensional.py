"""Problems on the line, each a way in which Newton's method can go wrong."""

from __future__ import annotations

import numpy as np

from sgo_teach.problems.problem import Problem, line

COT_FIXED_POINTS = np.array([0.86033358901937976, 3.4256184594817281, 6.4372981791719471])
REAL_ROOT_OF_CYCLE = -1.7692923542386314  # of x³ − 2x + 2


def wavy(c: float = 2.0) -> Problem:
    """L = x·cos(cx): Newton's method climbs to its maxima as readily as it falls to its minima.

    Raises
    ------
    ValueError
        If the frequency c is not positive.
    """
    if not c > 0:
        raise ValueError(f"the frequency c must be positive, not {c}")
    # L′ = 0 where cot u = u with u = ±cx. L is odd, so −u is a maximum where u is a minimum.
    minima = np.array([-1, 1, -1]) * COT_FIXED_POINTS / c
    return line(
        f"x cos({c:g}x)",
        lambda x: x * np.cos(c * x),
        lambda x: np.cos(c * x) - c * x * np.sin(c * x),
        lambda x: -2 * c * np.sin(c * x) - c * c * x * np.cos(c * x),
        start=0.5 / c,
        minimisers=minima,
        others=-minima,
        window=((-8 / c, 8 / c), (-8 / c, 8 / c)),
    )


def quartic() -> Problem:
    """L = x⁴: the Hessian is 0 at the minimum, so Newton's error shrinks only by ⅔ a step."""
    return line(
        "x⁴",
        lambda x: x**4,
        lambda x: 4 * x**3,
        lambda x: 12 * x * x,
        start=1.0,
        minimisers=[0.0],
        window=((-1.5, 1.5), (-0.5, 3.0)),
    )


def hyperbola() -> Problem:
    """L = √(1 + x²): convex, yet the Newton step is x ↦ −x³, which overshoots once |x| > 1."""
    return line(
        "√(1 + x²)",
        lambda x: np.sqrt(1 + x * x),
        lambda x: x / np.sqrt(1 + x * x),
        lambda x: (1 + x * x) ** -1.5,
        start=0.9,
        minimisers=[0.0],
        window=((-4.0, 4.0), (0.0, 4.0)),
    )


def two_cycle() -> Problem:
    """L = x⁴/4 − x² + 2x, L′ = x³ − 2x + 2: Newton's method from 0 goes 0, 1, 0, 1 for ever."""
    return line(
        "x⁴/4 − x² + 2x",
        lambda x: x**4 / 4 - x * x + 2 * x,
        lambda x: x**3 - 2 * x + 2,
        lambda x: 3 * x * x - 2,
        start=0.0,
        minimisers=[REAL_ROOT_OF_CYCLE],
        window=((-2.5, 2.0), (-5.0, 5.0)),
    )
