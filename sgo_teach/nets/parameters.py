"""The parameters of a network seen as one vector θ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]  # v ↦ Cv, or any other map of tensors


class ParameterVector:
    """θ (n,): the trainable tensors of a network, flattened and joined in their order.

    Vectors live on the device of the first tensor and in the widest dtype among them; `write`
    and `split` bring the parts back to where each tensor lives.

    Parameters
    ----------
    tensors : parameters; those that need no gradient (frozen ones) are left out

    Raises
    ------
    ValueError
        If no tensor is left.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self.tensors = tuple(p for p in tensors if p.requires_grad)
        if not self.tensors:
            raise ValueError("needs at least one parameter with requires_grad=True, and met none")
        self.device = self.tensors[0].device
        self.dtype = _widest(self.tensors)
        self._sizes = [p.numel() for p in self.tensors]

    def __len__(self) -> int:
        return sum(self._sizes)

    def read(self) -> Tensor:
        """A copy of θ, (n,)."""
        return self.flatten([p.detach() for p in self.tensors])

    @torch.no_grad()
    def write(self, theta: Tensor) -> None:
        """Set the parameters to θ, (n,)."""
        for p, part in zip(self.tensors, self.split(theta), strict=True):
            p.copy_(part)

    def flatten(self, parts: Sequence[Tensor | None]) -> Tensor:
        """Join one part for each tensor to a vector (n,); None counts as zero."""
        return torch.cat([self._flat(*pair) for pair in zip(parts, self._sizes, strict=True)])

    def split(self, v: Tensor) -> tuple[Tensor, ...]:
        """Cut a vector (n,) into parts with shape, dtype and device of the tensors.

        Raises
        ------
        ValueError
            If v is no vector of n numbers.
        """
        if v.shape != (len(self),):
            raise ValueError(f"needs a vector of shape ({len(self)},), not {tuple(v.shape)}")
        pairs = zip(v.split(self._sizes), self.tensors, strict=True)
        return tuple(part.view(p.shape).to(p.device, p.dtype) for part, p in pairs)

    def _flat(self, part: Tensor | None, size: int) -> Tensor:
        if part is None:
            return torch.zeros(size, device=self.device, dtype=self.dtype)
        if part.is_sparse:  # the gradient of an embedding with sparse=True
            part = part.to_dense()
        return part.reshape(-1).to(self.device, self.dtype)


def _widest(tensors: Sequence[Tensor]) -> torch.dtype:
    dtype = tensors[0].dtype
    for p in tensors[1:]:
        dtype = torch.promote_types(dtype, p.dtype)
    return dtype
