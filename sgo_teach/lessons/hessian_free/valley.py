"""A bent valley in two dimensions, and damped steps whose CG sets out from a warm start.

In two dimensions CG solves in two steps, wherever it starts: Δ does not depend on Δ₀, and yet two
ways of counting ρ do.

======  ==================================================================
θ       (u, v)
r       (1 − u, 2(v − u²)); L = ½‖r‖²
g, G    Jᵀr (2,) and JᵀJ (2, 2), J the Jacobian of r
Δ₀, Δ   warm start and step, (2,)
m(Δ)    gᵀΔ + ½ΔᵀGΔ, the undamped model
======  ==================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WINDOW = ((-1.8, 1.8), (-1.0, 2.6))
BEND = 2.0
SMALLEST = 1e-12  # a promise nearer to zero than this has no ρ
HONEST, GAIN, PROMISE = "from θ", "gain from the warm start", "promise from the warm start"
WAYS = (HONEST, GAIN, PROMISE)


def loss(theta: np.ndarray) -> np.ndarray:
    """L, (..., 2) → (...)."""
    u, v = theta[..., 0], theta[..., 1]
    return 0.5 * ((1 - u) ** 2 + (BEND * (v - u**2)) ** 2)


def gradient_and_curvature(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """g (2,) and G (2, 2) at θ (2,)."""
    u, v = theta
    r = np.array([1 - u, BEND * (v - u**2)])
    J = np.array([[-1.0, 0.0], [-2 * BEND * u, BEND]])
    return J.T @ r, J.T @ J


def damped_steps(g: np.ndarray, G: np.ndarray, dampings: np.ndarray) -> np.ndarray:
    """Solve (G + λI)Δ = −g for each λ (m,): steps (m, 2)."""
    A = G + dampings[:, None, None] * np.eye(2)
    return np.linalg.solve(A, np.broadcast_to(-g[:, None], (len(dampings), 2, 1)))[..., 0]


@dataclass(frozen=True, eq=False)
class WarmSteps:
    """Steps for some λ and the three ratios of each.

    before, at_start : L(θ) and L(θ + Δ₀); steps : (m, 2); after, promised : (m,) L(θ + Δ) and
    m(Δ); ratios : way of counting -> (m,), NaN where nothing is promised.
    """

    before: float
    at_start: float
    steps: np.ndarray
    after: np.ndarray
    promised: np.ndarray
    ratios: dict[str, np.ndarray]


def compute_warm(theta: np.ndarray, start: np.ndarray, dampings: np.ndarray) -> WarmSteps:
    """Step from θ (2,) with CG from Δ₀ (2,) for each λ (m,), and measure ρ in three ways."""
    g, G = gradient_and_curvature(theta)
    steps = damped_steps(g, G, dampings)

    def model(x: np.ndarray) -> np.ndarray:
        return x @ g + 0.5 * np.einsum("...i,ij,...j->...", x, G, x)

    before, at_start, after = float(loss(theta)), float(loss(theta + start)), loss(theta + steps)
    promised = model(steps)
    ratios = {
        HONEST: _quotient(after - before, promised),
        GAIN: _quotient(after - at_start, promised),
        PROMISE: _quotient(after - before, promised - model(start)),
    }
    return WarmSteps(before, at_start, steps, after, promised, ratios)


def _quotient(gain: np.ndarray, promise: np.ndarray) -> np.ndarray:
    ratio = np.full(len(gain), np.nan)
    return np.divide(gain, promise, out=ratio, where=np.abs(promise) > SMALLEST)
