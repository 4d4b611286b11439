"""A training run that saves after every step, and may kill itself while it saves."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from sgo_teach.nets import checkpoint
from sgo_teach.nets.hessian_free import HessianFree

STEPS = 9


class Run:
    """Dropout, mini-batches in random order, a preconditioner, a scheduler: all that is random."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 3))
        self.optimizer = HessianFree(self.network.parameters(), damping=0.5, preconditioner=True)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 3, gamma=0.5)
        self.order = torch.Generator().manual_seed(7)
        self.x = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
        self.y, self.k = torch.arange(40) % 3, 0

    def step(self) -> None:
        """One update."""
        batch = torch.randperm(40, generator=self.order)[:25]

        def closure():
            logits = self.network(self.x[batch])
            return F.cross_entropy(logits, self.y[batch]), logits

        self.optimizer.step(closure)
        self.scheduler.step()
        self.k += 1

    def save(self, path: Path) -> None:
        """Leave everything in a file."""
        more = {"order": self.order, "scheduler": self.scheduler, "k": self.k}
        checkpoint.save_checkpoint(path, self.network, self.optimizer, **more)

    def load(self, path: Path) -> None:
        """Go on from a file."""
        more = {"order": self.order, "scheduler": self.scheduler}
        self.k = checkpoint.load_checkpoint(path, self.network, self.optimizer, **more)["k"]


def main(path: Path, death: str) -> None:
    """Train on from the file if there is one; in step 6 die while saving, or wait to be killed."""
    torch.set_num_threads(1)
    run = Run()
    if path.exists():
        run.load(path)
    while run.k < STEPS:
        run.step()
        if run.k == 6 and death == "while saving":
            checkpoint.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        run.save(path)
        sys.stdout.write(f"{run.k}\n")
        sys.stdout.flush()
        if run.k == 3 and death == "from outside":
            time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
