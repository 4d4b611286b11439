"""A preconditioner of Kronecker factors, one pair for each dense layer.

==========  ========================================================================
a           input of a layer with a 1 for the bias, one row for each example (N, i)
s           slope of the loss model at the layer's outputs, (N, o), from random w
A, S        (1/N) Σ aaᵀ (i, i) and Σ ssᵀ (o, o)
A ⊗ S       stands for the layer's block of G, as if a and s were independent
==========  ========================================================================

Martens & Grosse, "Optimizing neural networks with Kronecker-factored approximate curvature",
ICML 2015. There the factors are the curvature; here conjugate gradients correct them by products
with the true G, and what five of them reach is worth many without. (Run to the end, CG may need
more: one draw of w leaves outliers in the spectrum of M⁻¹(G + λI).)
"""

from __future__ import annotations

from typing import Any
from weakref import finalize

import torch
from torch import Tensor, nn

from sgo_teach.nets.curvature import OutputLoss
from sgo_teach.nets.factors import Factors, shape_of_factors, solve_layer
from sgo_teach.nets.layer_inputs import (
    Slopes,
    layers_of_their_own,
    note_input,
    pull_back,
    uses,
)
from sgo_teach.nets.parameters import ParameterVector, Product
from sgo_teach.nets.preconditioner.diagonal import mixed
from sgo_teach.nets.preconditioner.slopes import needed, random_slopes

EAGER = 3  # first steps, whose factors change too fast for old eigenvectors


class KroneckerFactors:
    """M = A ⊗ S + λI for each dense layer, and for all other parameters diag G + λ.

    ::

        factors = KroneckerFactors(network, "binary_cross_entropy")
        optimizer = HessianFree(network.parameters(), preconditioner=factors, ...)

    Every ``nn.Linear`` of the network notes its input whenever a graph is recorded; the notes live
    and die with the graph. The eigenvectors do not depend on λ: a new λ costs nothing.

    A layer gets factors if its weight and bias belong to no other module and it is called itself.
    Else its parameters get the diagonal like the rest: weights that two modules hold,
    ``weight_norm``, the last layer inside ``nn.MultiheadAttention``. Factors that are not finite,
    from a broken batch, are left out; before there are others M = λI.

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
        self._layers = layers_of_their_own(network)
        for layer in self._layers:
            noting = layer.register_forward_hook(note_input, with_kwargs=True)
            finalize(self, noting.remove)
        self._factors: dict[int, Factors] = {}
        self._squares: list[Tensor | None] = []  # diag G of the parameters outside such layers
        self._built = 0

    def build(
        self, loss: Tensor, outputs: Tensor | None, vector: ParameterVector, damping: float, k: int
    ) -> Product:
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
        layers = uses(outputs, self._layers)
        dense = {id(p) for use in layers for p in use.layer.parameters()}
        others = [p for p in vector.tensors if id(p) not in dense]
        pulled, slopes = pull_back(outputs, w, layers, others)
        # A mean over few steps must not remember the first one for too long.
        memory = min(1 - 1 / (self._built + 1), self.memory)
        self._average_factors(slopes, memory)
        self._average_squares(pulled, memory)
        self._built += 1
        return self._inverse(vector, others, slopes, damping)

    def _average_factors(self, slopes: Slopes, memory: float) -> None:
        renew = self._built < EAGER or self._built % self.renew_every == 0
        for i, layer in enumerate(self._layers):
            if layer not in slopes:
                continue
            a, s = slopes[layer]
            A, S, old = a.T @ a / len(a), s.T @ s, self._factors.get(i)
            if bool(torch.isfinite(A).all() and torch.isfinite(S).all()):
                new = Factors.of(A, S) if old is None else old.mixed(A, S, memory, renew)
                self._factors[i] = new

    def _average_squares(self, pulled: list[Tensor], memory: float) -> None:
        same = len(self._squares) == len(pulled)  # else layers have thawed, and all starts anew
        old = self._squares if same else [None] * len(pulled)
        # E[(Jᵀw)²] = diag G
        self._squares = [mixed(p**2, d, memory) for p, d in zip(pulled, old, strict=True)]

    def _inverse(
        self, vector: ParameterVector, others: list[Tensor], slopes: Slopes, damping: float
    ) -> Product:
        place = {id(p): i for i, p in enumerate(vector.tensors)}
        used = [(layer, self._factors.get(i)) for i, layer in enumerate(self._layers)]
        blocks = [(layer, factors) for layer, factors in used if factors and layer in slopes]
        squares = [(p, 0.0 if d is None else d) for p, d in zip(others, self._squares, strict=True)]
        diagonals = [(place[id(p)], d + damping) for p, d in squares]

        def inverse(r: Tensor) -> Tensor:
            given = vector.split(r)
            # A dense layer without factors yet, after nothing but broken batches.
            parts = [part / damping for part in given]
            for i, diagonal in diagonals:
                parts[i] = given[i] / diagonal
            for layer, factors in blocks:
                solve_layer(layer, factors, damping, given, parts, place)
            return vector.flatten(parts)

        return inverse

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        factors = {i: vars(f) for i, f in self._factors.items()}
        return {"built": self._built, "factors": factors, "squares": self._squares}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`.

        Raises
        ------
        ValueError
            If its factors belong to another network.
        """
        factors = {i: Factors(**parts) for i, parts in state["factors"].items()}
        shapes = {i: shape_of_factors(layer) for i, layer in enumerate(self._layers)}
        for i, f in factors.items():
            if tuple(f.scales.shape) != shapes.get(i):
                raise ValueError(
                    f"factors must fit the dense layers of the network, and those of layer {i} "
                    f"have the shape {tuple(f.scales.shape)}, not {shapes.get(i)}; load a state "
                    "of the same network"
                )
        self._built, self._squares, self._factors = state["built"], list(state["squares"]), factors
