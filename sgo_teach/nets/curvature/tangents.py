"""Forward mode over a graph that stands: how the outputs move if the parameters move along v.

Autograd has recorded every operation with the tensors that backward will need. One walk along the
record, from the parameters to the outputs, turns the tangents (dotted) of what went into an
operation into the tangent of what came out; nothing is computed twice.

======================  ====================================================
operation               tangent of its result
======================  ====================================================
h = aW + b              ȧW + aẆ + ḃ
h = a ∗ W + b           [a, ȧ] ∗ [Ẇ, W] + ḃ, one convolution of all channels
h = σ(a), elementwise   σ'(a) ȧ, which is also what backward does with ȧ
h = max-pool(a)         ȧ at the place of each maximum
h = a + αb              ȧ + αḃ, as where a residual is added
h = a ∘ b               ȧ ∘ b + a ∘ ḃ, as in dropout
======================  ====================================================

Pearlmutter, "Fast exact multiplication by the Hessian", 1994, writes R{a} for ȧ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from sgo_teach.nets.curvature.graph import (
    ELEMENTWISE,
    Node,
    inputs_first,
    node_of,
    shape_of,
    sources,
    zero_like,
)

Rule = Callable[..., Tensor]


class TangentWalk:
    """v ↦ Jv by one walk along the graph behind outputs.

    Parameters
    ----------
    outputs : tensor with a graph
    tensors : leaves, the parameters

    Attributes
    ----------
    moves : whether outputs depends on any of the tensors

    Raises
    ------
    NotImplementedError
        If the graph holds an operation without a rule here, or the tensors are no distinct leaves.
    """

    def __init__(self, outputs: Tensor, tensors: Sequence[Tensor]) -> None:
        self._starts, self._end = [node_of(p) for p in tensors], node_of(outputs)
        if len(set(self._starts)) < len(tensors) or not all(p.is_leaf for p in tensors):
            raise NotImplementedError("the walk starts from leaves, each of them once")
        self._steps, moving = [], set(self._starts)
        for node in inputs_first(self._end):
            origins = [source if source in moving else None for source in sources(node)]
            if any(origins):
                self._steps.append((node, _rule(node), origins))
                moving.add(node)
        self.moves = self._end in moving

    @torch.no_grad()
    def __call__(self, parts: Sequence[Tensor]) -> Tensor:
        """Jv, in the shape of outputs, from one part of v for each tensor."""
        tangents = dict(zip(self._starts, parts, strict=True))
        for node, rule, origins in self._steps:
            tangents[node] = rule(*(o and tangents[o] for o in origins))
        return tangents[self._end]


def _rule(node: Node) -> Rule:
    name = node.name()
    if name in ELEMENTWISE:
        return node  # called, it does its backward: a diagonal Jacobian is its own transpose
    if name not in RULES:
        raise NotImplementedError(f"no rule for {name}")
    return RULES[name](node)


def _affine(node: Node) -> Rule:
    return _matrix_rule(
        node, node._saved_mat1, node._saved_mat2, node._saved_alpha, node._saved_beta
    )


def _linear(node: Node) -> Rule:
    rule = _matrix_rule(node, node._saved_self, node._saved_mat2)
    return lambda da, dW: rule(None, da, dW)


def _matrix_rule(node: Node, a: Tensor, W: Tensor, alpha=1, beta=1) -> Rule:
    """The rule of h = αaW + βb."""
    shape, zero = shape_of(node), zero_like(node)

    def tangent(db: Tensor | None, da: Tensor | None, dW: Tensor | None) -> Tensor:
        total = zero if db is None else beta * db
        if dW is not None:
            total = torch.addmm(total, a, dW, alpha=alpha)
        if da is not None:
            total = torch.addmm(total, da, W, alpha=alpha)
        return total.expand(shape)

    return tangent


def _convolution(node: Node) -> Rule:
    if node._saved_transposed or node._saved_groups != 1:
        raise NotImplementedError("no rule for transposed or grouped convolutions")
    a, W, shape = node._saved_input, node._saved_weight, shape_of(node)
    setting = node._saved_stride, node._saved_padding, node._saved_dilation
    rest = False, [0] * len(node._saved_stride), 1  # not transposed, one group

    def tangent(da: Tensor | None, dW: Tensor | None, db: Tensor | None) -> Tensor:
        if dW is not None and dW.ndim == 4:
            dW = dW.contiguous(memory_format=torch.channels_last)  # twice as fast on a CPU
        if da is not None and dW is not None:
            both, kernels = torch.cat([a, da], 1), torch.cat([dW, W], 1)
            return torch.convolution(both, kernels, db, *setting, *rest)
        if da is not None:
            return torch.convolution(da, W, db, *setting, *rest)
        if dW is not None:
            return torch.convolution(a, dW, db, *setting, *rest)
        return torch.as_tensor(db).reshape(-1, *[1] * (len(shape) - 2)).expand(shape)

    return tangent


def _max_pool(node: Node) -> Rule:
    winners = node._saved_result1  # place of each maximum in its plane
    if winners.ndim == 4 and winners.is_contiguous(memory_format=torch.channels_last):
        return _max_pool_channels_last(winners, node._saved_self.shape[-2:].numel())
    return lambda da: da.flatten(-2).gather(-1, winners.flatten(-2)).view_as(winners)


def _max_pool_channels_last(winners: Tensor, plane: int) -> Rule:
    """The same without a copy to another order: one flat index into N × plane × C numbers."""
    N, C, height, width = winners.shape
    image = torch.arange(N, device=winners.device)[:, None, None, None]
    channel = torch.arange(C, device=winners.device)
    flat = ((image * plane + winners.movedim(1, -1)) * C + channel).reshape(-1)
    if N * plane * C < 2**31:
        flat = flat.int()  # half the memory

    def tangent(da: Tensor) -> Tensor:
        chosen = da.movedim(1, -1).reshape(-1).index_select(0, flat)
        return chosen.view(N, height, width, C).movedim(-1, 1)

    return tangent


def _sum(node: Node) -> Rule:
    shape, zero, alpha = shape_of(node), zero_like(node), node._saved_alpha

    def tangent(da: Tensor | None, db: Tensor | None) -> Tensor:
        moved = zero if da is None else da
        moved = moved if db is None else moved + alpha * db
        return moved.to(zero.dtype).expand(shape)

    return tangent


def _entrywise_product(node: Node) -> Rule:
    a, b, shape, zero = node._saved_self, node._saved_other, shape_of(node), zero_like(node)

    def tangent(da: Tensor | None, db: Tensor | None) -> Tensor:
        moved = zero if da is None else da * b
        moved = moved if db is None else moved + a * db
        return moved.to(zero.dtype).expand(shape)

    return tangent


def _view(node: Node) -> Rule:
    shape = shape_of(node)
    return lambda da: da.reshape(shape)


def _copy(node: Node) -> Rule:
    return lambda da: da


def _transpose(node: Node) -> Rule:
    return lambda da: da.t()


RULES: dict[str, Callable[[Node], Rule]] = {
    "AddBackward0": _sum,
    "AddmmBackward0": _affine,
    "CloneBackward0": _copy,
    "ConvolutionBackward0": _convolution,
    "MaxPool2DWithIndicesBackward0": _max_pool,
    "MmBackward0": _linear,
    "MulBackward0": _entrywise_product,
    "ReshapeAliasBackward0": _view,
    "TBackward0": _transpose,
    "UnsafeViewBackward0": _view,
    "ViewBackward0": _view,
}
