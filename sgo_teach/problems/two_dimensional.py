"""Problems in the plane."""

from __future__ import annotations

import numpy as np

from sgo_teach.problems.problem import Problem, planar

# The roots of ∇L that have no closed form, to all 16 digits.
HIMMELBLAU_MINIMA = (
    (3.0, 2.0),
    (-2.8051180869527449, 3.131312518250573),
    (-3.7793102533777469, -3.2831859912861694),
    (3.5844283403304917, -1.8481265269644036),
)
HIMMELBLAU_OTHERS = (
    (-0.27084459066734761, -0.92303855647998146),
    (-0.12796134673068007, -1.9537149802445764),
    (0.086677504555396352, 2.8842547011747761),
    (3.3851541836070209, 0.073851879837749288),
    (-3.0730257507643896, -0.081353044287967512),
)


def rosenbrock(steepness: float = 100.0) -> Problem:
    """L = (1 − x)² + steepness·(y − x²)²: a curved valley with its minimum at (1, 1).

    Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960.

    Raises
    ------
    ValueError
        If the steepness is not positive and finite.
    """
    if not 0 < steepness < np.inf:
        raise ValueError(f"steepness must be positive and finite, not {steepness}")
    b = steepness
    return planar(
        "Rosenbrock",
        lambda x, y: (1 - x) ** 2 + b * (y - x * x) ** 2,
        lambda x, y: (2 * (x - 1) - 4 * b * x * (y - x * x), 2 * b * (y - x * x)),
        lambda x, y: (2 - 4 * b * (y - 3 * x * x), -4 * b * x, 2 * b),
        start=(-1.2, 1.0),
        minimisers=[(1.0, 1.0)],
        window=((-2.0, 2.0), (-1.0, 3.0)),
    )


def himmelblau() -> Problem:
    """L = (x² + y − 11)² + (x + y² − 7)²: four minima of value 0, four saddles, one maximum.

    Himmelblau, *Applied Nonlinear Programming*, 1972.
    """
    return planar(
        "Himmelblau",
        lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
        lambda x, y: (
            4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
            2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
        ),
        lambda x, y: (12 * x * x + 4 * y - 42, 4 * (x + y), 12 * y * y + 4 * x - 26),
        start=(-0.5, -1.5),
        minimisers=HIMMELBLAU_MINIMA,
        others=HIMMELBLAU_OTHERS,
        window=((-6.0, 6.0), (-6.0, 6.0)),
    )


def beale() -> Problem:
    """L = Σ_{j=1}^{3} (c_j − x + x·yʲ)² with c = (1.5, 2.25, 2.625): minimum 0 at (3, ½).

    The saddle at (0, 1), where the Hessian is indefinite, catches Newton's method from afar.
    Beale, "On an iterative method for finding a local minimum of a function of more than one
    variable", 1958.
    """

    def gradient(x, y):
        terms = _beale_terms(x, y)
        return (
            sum(2 * r * rx for r, rx, *_ in terms),
            sum(2 * r * ry for r, _, ry, *_ in terms),
        )

    def hessian(x, y):
        terms = _beale_terms(x, y)
        return (
            sum(2 * rx * rx for _, rx, *_ in terms),
            sum(2 * (rx * ry + r * rxy) for r, rx, ry, rxy, _ in terms),
            sum(2 * (ry * ry + r * ryy) for r, _, ry, _, ryy in terms),
        )

    return planar(
        "Beale",
        lambda x, y: sum(r * r for r, *_ in _beale_terms(x, y)),
        gradient,
        hessian,
        start=(1.0, 1.5),
        minimisers=[(3.0, 0.5)],
        others=[(0.0, 1.0)],
        window=((-4.5, 4.5), (-4.5, 4.5)),
    )


def _beale_terms(x, y):
    """Residuals r = c_j − x + x·yʲ with their derivatives: (r, r_x, r_y, r_xy, r_yy)."""
    y2 = y * y
    y3 = y2 * y  # several times quicker than y**3
    return (
        (1.5 + x * (y - 1), y - 1, x, 1.0, 0.0),
        (2.25 + x * (y2 - 1), y2 - 1, 2 * x * y, 2 * y, 2 * x),
        (2.625 + x * (y3 - 1), y3 - 1, 3 * x * y2, 3 * y2, 6 * x * y),
    )


def saddle() -> Problem:
    """L = x² − y² + y⁴/4: a saddle at the origin between two minima at (0, ±√2)."""
    return planar(
        "saddle",
        lambda x, y: x * x - y * y * (1 - y * y / 4),
        lambda x, y: (2 * x, y * (y * y - 2)),
        lambda x, y: (2.0, 0.0, 3 * y * y - 2),
        start=(1.0, 0.5),
        minimisers=[(0.0, np.sqrt(2)), (0.0, -np.sqrt(2))],
        others=[(0.0, 0.0)],
        window=((-2.5, 2.5), (-2.5, 2.5)),
    )


def monkey_saddle() -> Problem:
    """L = x³ − 3xy²: three ways down from the origin, where the Hessian is zero."""
    return planar(
        "monkey saddle",
        lambda x, y: x * (x * x - 3 * y * y),
        lambda x, y: (3 * x * x - 3 * y * y, -6 * x * y),
        lambda x, y: (6 * x, -6 * y, -6 * x),
        start=(1.0, 0.5),
        others=[(0.0, 0.0)],
        window=((-1.5, 1.5), (-1.5, 1.5)),
    )


def hills() -> Problem:
    """L = xy·exp(−(x² + y²)/2): two minima, two maxima, a saddle between, plains around them."""

    def bell(x, y):
        return np.exp(-(x * x + y * y) / 2)

    return planar(
        "hills",
        lambda x, y: x * y * bell(x, y),
        lambda x, y: (y * (1 - x * x) * bell(x, y), x * (1 - y * y) * bell(x, y)),
        lambda x, y: (
            x * y * (x * x - 3) * bell(x, y),
            (1 - x * x) * (1 - y * y) * bell(x, y),
            x * y * (y * y - 3) * bell(x, y),
        ),
        start=(0.8, -0.7),
        minimisers=[(1.0, -1.0), (-1.0, 1.0)],
        others=[(0.0, 0.0), (1.0, 1.0), (-1.0, -1.0)],
        window=((-2.5, 2.5), (-2.5, 2.5)),
    )
