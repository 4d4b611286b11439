"""The two Kronecker factors of one dense layer, and how they are inverted.

==========  ========================================================================
A, S        second moments of a layer's input (i, i) and of the slope at its output (o, o)
A ⊗ S       stands for the layer's block of G, as if input and slope were independent
U, V        eigenvectors of A and S, with eigenvalues α and σ
==========  ========================================================================

Martens & Grosse, "Optimizing neural networks with Kronecker-factored approximate curvature",
ICML 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn


@dataclass(eq=False)
class Factors:
    """A and S of one layer, and their eigenvectors as of the last time they were renewed."""

    A: Tensor
    S: Tensor
    U: Tensor
    V: Tensor
    scales: Tensor  # (o, i), the eigenvalues σαᵀ of A ⊗ S

    @classmethod
    def of(cls, A: Tensor, S: Tensor) -> Factors:
        """Decompose A (i, i) and S (o, o)."""
        alpha, U = torch.linalg.eigh(A)
        sigma, V = torch.linalg.eigh(S)
        # Rounding leaves the null space of a covariance a little negative.
        return cls(A, S, U, V, sigma.clamp(min=0)[:, None] * alpha.clamp(min=0))

    def mixed(self, A: Tensor, S: Tensor, memory: float, renew: bool) -> Factors:
        """With new A and S mixed in, and if `renew` with the eigenvectors of the mixture."""
        A, S = A.lerp(self.A, memory), S.lerp(self.S, memory)
        return Factors.of(A, S) if renew else replace(self, A=A, S=S)

    def solve(self, R: Tensor, damping: float) -> Tensor:
        """(A ⊗ S + λI)⁻¹ for a matrix R (o, i): V [(VᵀRU)/(σαᵀ + λ)] Uᵀ."""
        return self.V @ ((self.V.T @ R @ self.U) / (self.scales + damping)) @ self.U.T


def shape_of_factors(layer: nn.Linear) -> tuple[int, int]:
    """(o, i), with the 1 for a bias."""
    return layer.out_features, layer.in_features + (layer.bias is not None)


def solve_layer(
    layer: nn.Linear,
    factors: Factors,
    damping: float,
    given: Sequence[Tensor],
    parts: list[Tensor],
    place: dict[int, int],
) -> None:
    """Put the layer's rows of M⁻¹r among the parts; a frozen weight or bias counts as r = 0."""
    i, j = place.get(id(layer.weight)), place.get(id(layer.bias))
    R = torch.zeros_like(factors.scales)
    if i is not None:
        R[:, : layer.in_features] = given[i]
    if j is not None:
        R[:, -1] = given[j]
    X = factors.solve(R, damping)
    if i is not None:
        parts[i] = X[:, : layer.in_features]
    if j is not None:
        parts[j] = X[:, -1]
