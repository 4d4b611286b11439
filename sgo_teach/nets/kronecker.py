"""A preconditioner of Kronecker factors, one pair for each dense layer.

==========  ========================================================================
a           input of a layer with a 1 for the bias, one row for each example (N, i)
s           slope of the loss model at the layer's outputs, (N, o), from random w
A, S        (1/N) Σ aaᵀ (i, i) and Σ ssᵀ (o, o)
A ⊗ S       stands for the layer's block of G, as if a and s were independent
U, V        eigenvectors of A and S, with eigenvalues α and σ
==========  ========================================================================

Martens & Grosse, "Optimizing neural networks with Kronecker-factored approximate curvature",
ICML 2015. There the factors are the curvature; here conjugate gradients correct them by products
with the true G, and what five of them reach is worth many without. (Run to the end, CG may need
more: one draw of w leaves outliers in the spectrum of M⁻¹(G + λI).)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from sgo_teach.nets.curvature import OutputLoss
from sgo_teach.nets.layer_inputs import Slopes, note_input, pull_back
from sgo_teach.nets.parameters import ParameterVector
from sgo_teach.nets.preconditioner import Inverse, needed, random_slopes

EAGER = 3  # first steps, whose factors change too fast for old eigenvectors


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


class KroneckerFactors:
    """M = A ⊗ S + λI for each dense layer, and for all other parameters diag G + λ.

    ::

        factors = KroneckerFactors(network, "binary_cross_entropy")
        optimizer = HessianFree(network.parameters(), preconditioner=factors, ...)

    Every ``nn.Linear`` of the network notes its input whenever a graph is recorded; the notes live
    and die with the graph. The eigenvectors do not depend on λ: a new λ costs nothing.

    Parameters
    ----------
    network : module whose dense layers get factors
    output_loss : as in `random_slopes`
    memory : share of the old factors in the new ones, 0 for none
    renew_every : steps between two decompositions, each i³ + o³ operations for a layer
    seed : of the random slopes, another one in each step

    Attributes
    ----------
    cost : of a step, in gradients of the curvature data: a backward pass is 2/3, and A and S of
        square layers take about 5/6; decompositions are not counted

    Raises
    ------
    ValueError
        If memory lies outside 0 ≤ memory < 1 or renew_every is below 1.
    """

    cost = 3 / 2

    def __init__(
        self,
        network: nn.Module,
        output_loss: OutputLoss,
        *,
        memory: float = 0.9,
        renew_every: int = 5,
        seed: int = 0,
    ) -> None:
        if not (0 <= memory < 1 and renew_every >= 1):
            raise ValueError(
                "needs 0 <= memory < 1 and renew_every >= 1, "
                f"not memory={memory}, renew_every={renew_every}"
            )
        self.output_loss: OutputLoss = output_loss
        self.memory, self.renew_every, self.seed = memory, renew_every, seed
        self._layers = [m for m in network.modules() if isinstance(m, nn.Linear)]
        for layer in self._layers:
            layer.register_forward_hook(note_input)
        self._factors: dict[int, Factors] = {}
        self._squares: list[Tensor] = []  # diag G of the parameters outside dense layers
        self._built = 0

    def build(
        self, loss: Tensor, outputs: Tensor | None, vector: ParameterVector, damping: float, k: int
    ) -> Inverse:
        """r ↦ M⁻¹r around the parameters that made outputs.

        Parameters
        ----------
        loss, outputs : of the curvature data, with their graph
        vector : the parameters
        damping : λ > 0
        k : number of the step, chooses the random slopes

        Raises
        ------
        ValueError
            If λ is not positive (A ⊗ S alone is singular as a rule), or there are no outputs.
        """
        if not damping > 0:
            raise ValueError(f"Kronecker factors are singular without damping > 0, not {damping}")
        outputs = needed(outputs)
        w = random_slopes(outputs, self.output_loss, torch.Generator().manual_seed(self.seed + k))
        dense = {id(p) for layer in self._layers for p in layer.parameters()}
        others = [p for p in vector.tensors if id(p) not in dense]
        pulled, slopes = pull_back(outputs, w, others)
        # A mean over few steps must not remember the first one for too long.
        memory = min(1 - 1 / (self._built + 1), self.memory)
        self._average_factors(slopes, memory)
        self._average_squares(pulled, memory)
        self._built += 1
        return self._inverse(vector, others, damping)

    def _average_factors(self, slopes: Slopes, memory: float) -> None:
        renew = self._built < EAGER or self._built % self.renew_every == 0
        for i, layer in enumerate(self._layers):
            if layer not in slopes:
                continue
            a, s = slopes[layer]
            A, S, old = a.T @ a / len(a), s.T @ s, self._factors.get(i)
            new = Factors.of(A, S) if old is None else old.mixed(A, S, memory, renew)
            self._factors[i] = new

    def _average_squares(self, pulled: list[Tensor], memory: float) -> None:
        new = [part**2 for part in pulled]  # E[(Jᵀw)²] = diag G
        old = self._squares or new
        self._squares = [a.lerp(b, memory) for a, b in zip(new, old, strict=True)]

    def _inverse(self, vector: ParameterVector, others: list[Tensor], damping: float) -> Inverse:
        place = {id(p): i for i, p in enumerate(vector.tensors)}
        blocks = [(self._layers[i], f) for i, f in self._factors.items()]
        diagonals = [
            (place[id(p)], d + damping) for p, d in zip(others, self._squares, strict=True)
        ]

        def inverse(r: Tensor) -> Tensor:
            given = vector.split(r)
            # A dense layer outside of the graph has no factors: its block of G is zero.
            parts = [part / damping for part in given]
            for i, diagonal in diagonals:
                parts[i] = given[i] / diagonal
            for layer, factors in blocks:
                _solve_layer(layer, factors, damping, given, parts, place)
            return vector.flatten(parts)

        return inverse

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        factors = {i: vars(f) for i, f in self._factors.items()}
        return {"built": self._built, "factors": factors, "squares": self._squares}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        self._built, self._squares = state["built"], list(state["squares"])
        self._factors = {i: Factors(**parts) for i, parts in state["factors"].items()}


def _solve_layer(
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
