"""Small losses of a flat θ (n,) for the exercises of lesson 09, and how answers are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]


def bent_loss(seed: int, n: int) -> Loss:
    """A loss whose gradient, Hessian and third derivatives are all different from each other.

    L(θ) = ½θᵀAθ + Σ sin(2θᵢ) + ¼(θᵀθ)², A symmetric with entries of both signs.
    """
    M = normal(seed, n, n)
    A = M + M.T
    return lambda theta: (
        0.5 * theta @ A @ theta + torch.sin(2 * theta).sum() + 0.25 * (theta @ theta) ** 2
    )


def normal(seed: int, *shape: int) -> Tensor:
    """Standard normal numbers, float64, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def gradient(loss: Loss) -> Loss:
    """θ ↦ ∇L(θ), (n,) → (n,), without a graph."""

    def slope(theta: Tensor) -> Tensor:
        theta = theta.detach().requires_grad_()
        return torch.autograd.grad(loss(theta), theta)[0]

    return slope


def hessian(loss: Loss, theta: Tensor) -> Tensor:
    """The whole matrix (n, n), for small n."""
    return torch.autograd.functional.hessian(loss, theta.detach())  # pyright: ignore


def is_close(got: Any, want: Any) -> bool:
    """Whether an answer, a tensor or a number, is that tensor or number."""
    got, want = torch.as_tensor(got), torch.as_tensor(want)
    return got.shape == want.shape and torch.allclose(
        got.detach().double(), want.detach().double(), rtol=1e-7, atol=1e-9
    )


def slip_of(formula: Callable[..., Any], message: str) -> Callable[..., str | None]:
    """The test of a slip: does the answer equal that of another formula, on the same case?"""

    def when(case: Any, got: Any, want: Any) -> str | None:
        return message if is_close(got, formula(*case)) else None

    return when
