"""How large the largest tensor is that a piece of work makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Largest(TorchDispatchMode):
    """Sees every tensor that torch makes while it is entered."""

    entries = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run the operation and look at what comes out."""
        out = func(*args, **(kwargs or {}))
        sizes = [leaf.numel() for leaf in tree_leaves(out) if isinstance(leaf, Tensor)]
        self.entries = max([self.entries, *sizes])
        return out


def largest_tensor(work: Callable[[], Any]) -> int:
    """Entries of the largest tensor that comes out of any operation in `work`."""
    with _Largest() as seen:
        work()
    return seen.entries
