"""The training of the small network, recorded: where it stood, and the spectra there.

    python -m sgo_teach.lessons.gauss_newton_and_fisher.history

records it anew (a few seconds).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from sgo_teach.lessons.gauss_newton_and_fisher.small_net import (
    LABELS,
    initial,
    matrices,
    outputs,
    small_digits,
)

FILE = Path(__file__).with_name("history.npz")
STEPS = (0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
STEP_SIZE = 0.02  # of Adam, with all images in each step


@dataclass(frozen=True, eq=False)
class History:
    """Training at m moments.

    steps : (m,) updates made; theta : (m, n); hessian, gauss_newton : (m, n) eigenvalues, rising;
    loss, accuracy : (m,); gap : (m,) ‖H − G‖/‖H‖; empirical_gap : (m,) ‖F̂ − G‖/‖G‖.
    """

    steps: np.ndarray
    theta: np.ndarray
    hessian: np.ndarray
    gauss_newton: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    gap: np.ndarray
    empirical_gap: np.ndarray


FIELDS = tuple(History.__dataclass_fields__)


def measured(theta: torch.Tensor, X: torch.Tensor, y: torch.Tensor) -> dict[str, np.ndarray]:
    """Every field of a `History` but the steps, at one θ."""
    known = matrices(theta, X, y)
    H, G, F = known.hessian, known.gauss_newton, known.empirical_fisher
    z = outputs(theta, X)
    values = {
        "theta": theta,
        "hessian": torch.linalg.eigvalsh(H),
        "gauss_newton": torch.linalg.eigvalsh(G),
        "loss": cross_entropy(z, y),
        "accuracy": (z.argmax(1) == y).double().mean(),
        "gap": (H - G).norm() / H.norm(),
        "empirical_gap": (F - G).norm() / G.norm(),
    }
    return {name: value.numpy() for name, value in values.items()}


def train(labels: str, steps: tuple[int, ...] = STEPS) -> History:
    """Train by Adam on all images and measure at some steps; takes a second or two."""
    (X, y), theta = small_digits(labels), initial().requires_grad_()
    optimizer, rows = torch.optim.Adam([theta], lr=STEP_SIZE), []
    for k in range(steps[-1] + 1):
        if k in steps:
            rows.append(measured(theta.detach().float().double(), X, y))
        optimizer.zero_grad()
        cross_entropy(outputs(theta, X), y).backward()
        optimizer.step()
    columns = {name: np.array([row[name] for row in rows]) for name in FIELDS[1:]}
    return History(np.array(steps), **columns)


def record(path: Path = FILE) -> None:
    """Train with both kinds of labels and write what was measured, in single precision."""
    kept = {}
    for labels in LABELS:
        history = train(labels)
        for name in FIELDS:
            kept[f"{labels}/{name}"] = getattr(history, name).astype(np.float32)
    np.savez_compressed(path, **kept)


@cache
def recorded(labels: str = LABELS[0], path: Path = FILE) -> History:
    """A recorded training: "right labels" or "shuffled labels"."""
    with np.load(path, allow_pickle=False) as kept:
        return History(**{name: kept[f"{labels}/{name}"].astype(float) for name in FIELDS})


if __name__ == "__main__":
    record()
