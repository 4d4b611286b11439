"""A cup of coffee cools: two unknowns, five readings, half the sum of squared residuals.

======  =======================================================================
θ       (a, b): the curve is a·exp(−bt), degrees above the room
t       times of the readings, (m,)
r       residuals, curve minus readings (m,)
J       Jacobian of r, (m, 2)
S       Σ rᵢ∇²rᵢ, (2, 2): what Gauss–Newton leaves out of H = JᵀJ + S
======  =======================================================================

Temperatures are in tens of degrees, times in tens of minutes.
"""

from __future__ import annotations

import numpy as np

TIMES = np.arange(5.0)
READINGS = np.array([4.9, 3.2, 1.6, 1.3, 0.6])
START = (4.0, 1.0)
WINDOW = ((0.0, 8.0), (-0.4, 2.5))


def curve(theta: np.ndarray, t: np.ndarray = TIMES) -> np.ndarray:
    """a·exp(−bt) at the times t (m,), for θ (..., 2) → (..., m)."""
    a, b = theta[..., :1], theta[..., 1:]
    return a * np.exp(-b * t)


def residual(theta: np.ndarray, y: np.ndarray = READINGS) -> np.ndarray:
    """r, (..., m)."""
    return curve(theta) - y


def jacobian(theta: np.ndarray) -> np.ndarray:
    """J, (..., m, 2)."""
    a, decay = theta[..., :1], np.exp(-theta[..., 1:] * TIMES)
    return np.stack([decay, -a * TIMES * decay], axis=-1)


def second_term(theta: np.ndarray, y: np.ndarray = READINGS) -> np.ndarray:
    """S = Σ rᵢ∇²rᵢ, (..., 2, 2)."""
    r, decay = residual(theta, y), np.exp(-theta[..., 1:] * TIMES)
    mixed = -np.sum(r * TIMES * decay, axis=-1)
    bent = theta[..., 0] * np.sum(r * TIMES**2 * decay, axis=-1)
    return np.stack(
        [np.stack([0 * mixed, mixed], axis=-1), np.stack([mixed, bent], axis=-1)], axis=-1
    )


def loss(theta: np.ndarray, y: np.ndarray = READINGS) -> np.ndarray:
    """½‖r‖², (...)."""
    with np.errstate(over="ignore"):  # a step may have gone very far
        return 0.5 * np.sum(residual(theta, y) ** 2, axis=-1)


def gauss_newton(theta: np.ndarray) -> np.ndarray:
    """JᵀJ, (..., 2, 2)."""
    J = jacobian(theta)
    return np.swapaxes(J, -1, -2) @ J
