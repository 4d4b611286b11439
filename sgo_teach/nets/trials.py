"""The loss at trial points: repeatable, and without a trace afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf, isfinite
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook

from sgo_teach.nets.parameters import ParameterVector

SAME = 1e-3  # relative; far above rounding, far below what another batch does


class FrozenRandomness:
    """Replays torch's random numbers from the moment of construction.

    Within one optimiser step every pass through the network must meet the same dropout masks:
    else the losses of two trial points differ by luck.

    Parameters
    ----------
    tensors : the parameters; generators of the CUDA devices that they live on are frozen too
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._devices = sorted({p.device.index for p in tensors if p.is_cuda})
        self._cpu = torch.get_rng_state()
        self._cuda = [torch.cuda.get_rng_state(d) for d in self._devices]

    @contextmanager
    def replay(self) -> Iterator[None]:
        """Inside, randomness starts again from the frozen state; outside it is untouched."""
        with torch.random.fork_rng(devices=self._devices):
            torch.set_rng_state(self._cpu)
            for device, state in zip(self._devices, self._cuda, strict=True):
                torch.cuda.set_rng_state(state, device)
            yield


@contextmanager
def restored(tensors: Sequence[Tensor]) -> Iterator[None]:
    """Put the tensors back as they were, such as the running statistics of batch norm."""
    copies = [t.detach().clone() for t in tensors]
    try:
        yield
    finally:
        with torch.no_grad():
            for t, copy in zip(tensors, copies, strict=True):
                t.copy_(copy)


@contextmanager
def noted_buffers() -> Iterator[dict[int, Tensor]]:
    """Notes the buffers of all modules in training mode that run inside, such as batch norm's."""
    met: dict[int, Tensor] = {}
    thread = get_ident()  # the hook below is global, and other threads may train too

    def note(module: nn.Module, inputs: Any) -> None:
        if module.training and get_ident() == thread:
            met.update((id(t), t) for t in module.buffers(recurse=False))

    hook = register_module_forward_pre_hook(note)
    try:
        yield met
    finally:
        hook.remove()


class TrialLoss:
    """Δ ↦ L(θ + Δ); afterwards the parameters are at θ again, whatever the closure did.

    Parameters
    ----------
    loss : callable without arguments, the loss at the current parameters
    vector : the parameters

    Attributes
    ----------
    theta : (n,) tensor, θ as it was at construction
    evaluations : how often it was asked
    """

    def __init__(self, loss: Callable[[], float], vector: ParameterVector) -> None:
        self.theta = vector.read()
        self._loss, self._vector, self.evaluations = loss, vector, 0

    def __call__(self, delta: Tensor) -> float:
        """The loss, or +∞ where it is not a finite number: such a point is never chosen."""
        self.evaluations += 1
        try:
            self._place(self.theta + delta)
            loss = self._loss()
        finally:
            self._place(self.theta)
        return loss if isfinite(loss) else inf

    def _place(self, theta: Tensor) -> None:
        # Through .data, which autograd does not count as a change: the graph behind the curvature
        # product outlives the trials, and is right again once θ is back.
        for p, part in zip(self._vector.tensors, self._vector.split(theta), strict=True):
            p.data.copy_(part)


def check_same_data(loss: float, again: float) -> None:
    """Raise ValueError if two losses at the same θ differ by more than rounding can explain."""
    if abs(again - loss) > SAME * max(abs(again), abs(loss)):
        raise ValueError(
            f"a closure must use the same data in every call, but at the same parameters its loss "
            f"was {loss:.6g} and then {again:.6g}; draw the batch before step, not inside the "
            "closure, and take random numbers from torch's own generator"
        )
