"""A short training run; with an argument, as one of several processes under torchrun."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

from sgo_teach.nets.hessian_free import HessianFree

SETTINGS = {
    "ggn": {"output_loss": "cross_entropy", "weight_decay": 1e-3},
    "hessian": {"curvature": "hessian", "damping": 3.0},
    "own": {"preconditioner": lambda *about: lambda r: r / (1 + torch.arange(len(r)) % 3)},
}


def trajectory(name: str, rows: slice, data_parallel: bool = False, seed: int = 0) -> torch.Tensor:
    """Eight steps on some rows of 20 examples: (8, n + 2), θ and loss and λ after each step."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x = torch.randn(20, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x, y = x[rows], (torch.arange(20) % 3)[rows]
    # Late iterates of CG blow rounding errors up; ten of them leave the last bits alone.
    settings = {"damping": 1.0, "max_cg_steps": 10, **SETTINGS[name]}
    optimizer = HessianFree(network.parameters(), data_parallel=data_parallel, **settings)

    def closure():
        logits = network(x)
        return F.cross_entropy(logits, y), logits

    return torch.stack([_after(optimizer, closure) for _ in range(8)])


def _after(optimizer, closure):
    loss = optimizer.step(closure)
    parts = [p.detach().reshape(-1) for p in optimizer.param_groups[0]["params"]]
    return torch.cat([*parts, loss.reshape(1), loss.new_tensor([optimizer.damping])])


def main(folder: Path) -> None:
    """Leave this process's trajectories of an uneven split, 7 + 13, in a folder."""
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    rows = slice(0, 7) if rank == 0 else slice(7, 20)
    # Other first weights in process 1: those of process 0 must win.
    runs = {name: trajectory(name, rows, data_parallel=True, seed=rank) for name in SETTINGS}
    torch.save(runs, folder / f"{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
