"""What BFGS and L-BFGS know of H⁻¹: an immutable B⁻¹ that acts on vectors and learns from moves.

Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 6 and sec. 7.2:

    s, y    move x_{k+1} − x_k and change of the gradient g_{k+1} − g_k, with sᵀy > 0
    B⁻¹     approximation to H⁻¹ (the book's H_k); B⁻¹y = s is the secant equation
    γ       initial scaling: B⁻¹ starts as γI
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


def bfgs_update(inverse: np.ndarray, s: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(I − ρsyᵀ) B⁻¹ (I − ρysᵀ) + ρssᵀ with ρ = 1/sᵀy, (6.17): the update with B⁻¹y = s.

    Of all symmetric matrices with B⁻¹y = s the nearest to the old one in a weighted norm; positive
    definite if that was and sᵀy > 0.

    Parameters
    ----------
    inverse : (n, n) array
        Symmetric.
    s, y : (n,) arrays
    """
    u, sy = inverse @ y, s @ y
    # Multiplied out: n² operations instead of n³, and symmetric to the last bit.
    cross = np.outer(u, s)
    return inverse - (cross + cross.T) / sy + (1 + (y @ u) / sy) / sy * np.outer(s, s)


@dataclass(frozen=True, eq=False)
class DenseInverse:
    """B⁻¹ as a matrix (n, n); ``learned`` is False until a pair has set the scale."""

    matrix: np.ndarray
    learned: bool = True

    def __matmul__(self, v: np.ndarray) -> np.ndarray:
        return self.matrix @ v

    def forget(self) -> DenseInverse:
        """The identity, its scale to be set by the next pair."""
        return DenseInverse(np.eye(len(self.matrix)), learned=False)

    def update(self, s: np.ndarray, y: np.ndarray) -> DenseInverse:
        """(6.17), the first time from the scaled identity (6.20)."""
        start = self.matrix if self.learned else (s @ y) / (y @ y) * self.matrix
        return DenseInverse(bfgs_update(start, s, y))


@dataclass(frozen=True, eq=False)
class LimitedInverse:
    """B⁻¹ as its last ``memory`` pairs (s, y), oldest first; γ of (7.20) if scaling is None."""

    pairs: tuple[tuple[np.ndarray, np.ndarray], ...]
    memory: int
    scaling: float | None = None

    @property
    def learned(self) -> bool:
        """True once there is a pair or a given γ."""
        return bool(self.pairs) or self.scaling is not None

    @property
    def gamma(self) -> float:
        """γ = sᵀy/yᵀy of the latest pair, (7.20), unless it was given; 1 before the first."""
        if self.scaling is not None or not self.pairs:
            return 1.0 if self.scaling is None else self.scaling
        s, y = self.pairs[-1]
        return float((s @ y) / (y @ y))

    def __matmul__(self, v: np.ndarray) -> np.ndarray:
        """The two-loop recursion, algorithm 7.4: 4·memory·n multiplications."""
        q, alphas = np.array(v, dtype=float), []
        for s, y in reversed(self.pairs):
            alphas.append((s @ q) / (s @ y))
            q -= alphas[-1] * y
        r = self.gamma * q
        for (s, y), alpha in zip(self.pairs, reversed(alphas), strict=True):
            r += (alpha - (y @ r) / (s @ y)) * s
        return r

    def forget(self) -> LimitedInverse:
        """The identity, without a pair and without a given γ."""
        return LimitedInverse((), self.memory)

    def update(self, s: np.ndarray, y: np.ndarray) -> LimitedInverse:
        """With the newest pair in and, once memory is full, the oldest out."""
        return replace(self, pairs=(*self.pairs, (s, y))[-self.memory :])


Inverse = DenseInverse | LimitedInverse
