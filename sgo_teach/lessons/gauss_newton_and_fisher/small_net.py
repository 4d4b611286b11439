"""A network so small that all its matrices fit, and the matrices themselves.

======  ==========================================================
X       images of 4 × 4 pixels, (N, 16), centred
θ       parameters (n,), n = 172
z       logits (N, C) = tanh(XA + a)B + b
J       ∂z/∂θ, (N, C, n)
H       ∇²L, (n, n), L the mean cross-entropy
G       Gauss–Newton matrix (n, n)
F̂       empirical Fisher matrix (n, n)
======  ==========================================================
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, cross_entropy, one_hot

from sgo_teach.data import digits

IMAGES, INPUTS, HIDDEN, CLASSES = 200, 16, 6, 10
SIZES = [INPUTS * HIDDEN, HIDDEN, HIDDEN * CLASSES, CLASSES]
LABELS = ("right labels", "shuffled labels")


def meet_forward_mode() -> None:
    """Use `torch.func` once each way, so that what it loads and says at first is not a check's.

    The first `vjp` loads for seconds; a check that stops it there leaves torch half loaded.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated")
        torch.func.jvp(torch.sin, (torch.zeros(1),), (torch.ones(1),))
        torch.func.vjp(torch.sin, torch.zeros(1))[1](torch.ones(1))


def small_digits(labels: str = LABELS[0]) -> tuple[Tensor, Tensor]:
    """200 digits shrunk to 4 × 4 pixels: X (200, 16) in float64, centred, and labels (200,)."""
    data = digits()
    images = torch.tensor(data.train_images[:IMAGES], dtype=torch.float64)
    X, y = avg_pool2d(images, 2).reshape(IMAGES, INPUTS), torch.tensor(data.train_labels[:IMAGES])
    if labels == LABELS[1]:
        y = y[torch.randperm(IMAGES, generator=torch.Generator().manual_seed(0))]
    return X - X.mean(0), y


def outputs(theta: Tensor, X: Tensor) -> Tensor:
    """z, (N, C)."""
    A, a, B, b = theta.split(SIZES)
    return torch.tanh(X @ A.view(INPUTS, HIDDEN) + a) @ B.view(HIDDEN, CLASSES) + b


def initial(seed: int = 0) -> Tensor:
    """θ at the start, (n,): standard normal weights, biases zero."""
    generator = torch.Generator().manual_seed(seed)
    parts = [torch.randn(size, generator=generator, dtype=torch.float64) for size in SIZES]
    return torch.cat([parts[0], 0 * parts[1], parts[2], 0 * parts[3]])


@dataclass(frozen=True, eq=False)
class Matrices:
    """H, G and F̂ at one θ, each (n, n)."""

    hessian: Tensor
    gauss_newton: Tensor
    empirical_fisher: Tensor


def matrices(theta: Tensor, X: Tensor, y: Tensor) -> Matrices:
    """All three, written out; for networks of some hundred parameters only."""
    z = outputs(theta, X)
    J = torch.func.jacrev(outputs)(theta, X)
    p, N = z.softmax(1), len(X)
    H_out = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    slopes = torch.einsum("icn,ic->in", J, p - one_hot(y, CLASSES))
    return Matrices(
        torch.func.hessian(lambda t: cross_entropy(outputs(t, X), y))(theta),
        torch.einsum("icn,ick,ikm->nm", J, H_out, J) / N,
        slopes.T @ slopes / N,
    )


meet_forward_mode()
