"""Several processes, one optimiser: means over the data of all of them.

Each process holds a part of the data and the whole of θ. What they exchange are means (loss,
gradient, products), so that each of them takes the same decisions and the same step. Start them
with ``torchrun``; see https://pytorch.org/docs/stable/elastic/run.html.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class Team:
    """The processes that share the data, or this one alone.

    Parameters
    ----------
    group : a process group of ``torch.distributed``; None for this process alone

    Attributes
    ----------
    size : number of processes
    rank : number of this one among them, from 0
    """

    def __init__(self, group: dist.ProcessGroup | None = None) -> None:
        self._group = group
        self.size = 1 if group is None else dist.get_world_size(group)
        self.rank = 0 if group is None else dist.get_rank(group)

    def __getstate__(self) -> dict[str, Any]:
        """What ``copy`` and ``pickle`` take along.

        Raises
        ------
        TypeError
            If there are other processes: their group belongs to this run.
        """
        if self._group is not None:
            raise TypeError(
                "an optimiser that shares its data with other processes cannot be copied or "
                "pickled, as its process group cannot; save its state_dict and make it anew"
            )
        return vars(self)

    def mean(self, x: Tensor, weight: float) -> Tensor:
        """(Σ wₚxₚ)/(Σ wₚ) over the processes p, to the same bits in each of them.

        Parameters
        ----------
        x : tensor of any shape, the same in all processes
        weight : w ≥ 0 of this process
        """
        if self.size == 1:
            return x
        packed = torch.cat([weight * x.reshape(-1), x.new_tensor([weight])])
        dist.all_reduce(packed, group=self._group)
        return (packed[:-1] / packed[-1]).reshape(x.shape)

    def of_first(self, x: Tensor) -> Tensor:
        """The x of process 0, in every process."""
        if self.size > 1:
            x = x.clone()
            dist.broadcast(x, group=self._group, group_src=0)
        return x


def team_of(data_parallel: bool, process_group: dist.ProcessGroup | None = None) -> Team:
    """The processes of a group, or of the whole world; this one alone unless asked for.

    Raises
    ------
    ValueError
        If processes are asked for and ``torch.distributed`` has not been initialised.
    """
    if process_group is not None:
        return Team(process_group)
    if not data_parallel:
        return Team()
    if not (dist.is_available() and dist.is_initialized()):
        raise ValueError(
            "data_parallel=True needs an initialised process group; call "
            "torch.distributed.init_process_group() first and start the script with torchrun"
        )
    return Team(dist.group.WORLD)
