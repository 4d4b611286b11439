"""The network of the lesson: small, flat in its parameters, and quick on any machine.

======  ==========================================================
X       images of 8 × 8 pixels as rows, (N, 64), N = 400
θ       parameters (n,), n = 1810
z       logits (N, 10) = tanh(XA + a)B + b
======  ==========================================================
"""

from __future__ import annotations

import torch
from torch import Tensor

from sgo_teach.data import digits

IMAGES, INPUTS, HIDDEN, CLASSES = 400, 64, 24, 10
SIZES = [INPUTS * HIDDEN, HIDDEN, HIDDEN * CLASSES, CLASSES]
SPREAD = 0.3  # of the first weights


def small_digits() -> tuple[Tensor, Tensor]:
    """The first training digits: X (400, 64) in float64 and labels (400,)."""
    data = digits()
    images = torch.tensor(data.train_images[:IMAGES], dtype=torch.float64)
    return images.reshape(IMAGES, INPUTS), torch.tensor(data.train_labels[:IMAGES])


def outputs(theta: Tensor, X: Tensor) -> Tensor:
    """z, (N, 10)."""
    A, a, B, b = theta.split(SIZES)
    return torch.tanh(X @ A.view(INPUTS, HIDDEN) + a) @ B.view(HIDDEN, CLASSES) + b


def initial(seed: int = 0) -> Tensor:
    """θ at the start, (n,): normal numbers of standard deviation 0.3."""
    generator = torch.Generator().manual_seed(seed)
    return SPREAD * torch.randn(sum(SIZES), generator=generator, dtype=torch.float64)
