"""Lanczos: a small tridiagonal matrix that has the outer eigenvalues of a large one.

=======  =====================================================================
q_1..m   orthonormal basis of the Krylov space of start, A·start, ..., A^{m−1}·start
T        QᵀA Q (m, m): alphas on the diagonal, betas beside it
θ_i      Ritz values, the eigenvalues of T
s_i      eigenvectors of T (m,); Q s_i is the Ritz vector of θ_i
=======  =====================================================================

Golub & Meurant, *Matrices, Moments and Quadrature with Applications*, 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sgo_teach.nets.spectrum.vectors import Product, Vector, multiply, norm, rounding, unit, without


@dataclass(frozen=True, eq=False)
class LanczosRun:
    """What m steps of Lanczos found.

    Attributes
    ----------
    alphas : (m,) float64
        Diagonal of T.
    betas : (m − 1,) float64
        Beside it; positive.
    basis : tuple of m vectors (n,)
        q_1, ..., q_m.
    ritz_values : (m,) float64
        θ_i, ascending.
    coefficients : (m, m) float64
        s_i as columns.
    last_beta : float
        How far A·q_m leads out of the basis.
    exhausted : bool
        The basis spans an invariant subspace: every θ_i is an eigenvalue of A and more steps
        would find nothing.
    """

    alphas: np.ndarray
    betas: np.ndarray
    basis: tuple[Vector, ...]
    ritz_values: np.ndarray
    coefficients: np.ndarray
    last_beta: float
    exhausted: bool

    @property
    def ritz_vectors(self) -> tuple[Vector, ...]:
        """Q s_i for each θ_i: m vectors (n,) of length 1; costs m² vector sums."""
        return tuple(self._combined(s) for s in self.coefficients.T)

    @property
    def residual_norms(self) -> np.ndarray:
        """‖A y_i − θ_i y_i‖ (m,) of each Ritz vector y_i: some eigenvalue is as near to θ_i."""
        return abs(self.last_beta * self.coefficients[-1])

    @property
    def weights(self) -> np.ndarray:
        """Weights (m,) of Gauss quadrature with nodes θ_i: startᵀf(A)start ≈ Σ weight·f(θ).

        For a start of length 1; exact for polynomials f of degree up to 2m − 1.
        """
        return self.coefficients[0] ** 2

    def _combined(self, s: np.ndarray) -> Vector:
        y = float(s[0]) * self.basis[0]
        for share, q in zip(s[1:], self.basis[1:], strict=True):
            y = y + float(share) * q
        return y


def lanczos(product: Product, start: Vector, steps: int) -> LanczosRun:
    """Run at most `steps` steps of Lanczos with full reorthogonalisation.

    Costs one product a step, memory for `steps` vectors, and 4·steps² vector operations. The
    outermost eigenvalues are found first; a multiple eigenvalue is found once.

    Parameters
    ----------
    product : callable (n,) -> (n,)
        v ↦ A v, A symmetric.
    start : (n,) numpy array or torch tensor
        Not zero; its length does not matter.
    steps : int
        More than n are as good as n.

    Raises
    ------
    ValueError
        If steps < 1, start is zero or not finite, or a product is not finite.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}")
    basis, alphas, betas = [unit("start", start)], [], []
    while True:
        alpha, beta, w = _step(product, basis)
        alphas.append(alpha)
        # Of a w that should be zero rounding leaves a little, in a direction that means nothing.
        size = max(map(abs, alphas)) + max([beta, *betas])
        exhausted = len(basis) == len(start) or beta <= rounding(w) * size
        if exhausted or len(basis) == steps:
            return _run(alphas, betas, basis, 0.0 if exhausted else beta, exhausted)
        betas.append(beta)
        basis.append(w / beta)


def _step(product: Product, basis: list[Vector]) -> tuple[float, float, Vector]:
    """alpha = qᵀA q, beta = ‖w‖, and w, the part of A q that is new."""
    q = basis[-1]
    Aq = multiply(product, q)
    w = without(basis, Aq)
    return float(q @ Aq), norm(w), w


def _run(
    alphas: list[float], betas: list[float], basis: list[Vector], beta: float, exhausted: bool
) -> LanczosRun:
    T = np.diag(alphas) + np.diag(betas, 1) + np.diag(betas, -1)
    theta, S = np.linalg.eigh(T)
    return LanczosRun(np.array(alphas), np.array(betas), tuple(basis), theta, S, beta, exhausted)
