"""Minimising what has corners: subgradients, the proximal gradient and its acceleration."""

from sgo_teach.solvers.nonsmooth.proximal import (
    Composite,
    ProximalStep,
    fista_steps,
    ista_steps,
    proximal_gradient_steps,
    soft_threshold,
)
from sgo_teach.solvers.nonsmooth.subgradient import (
    SubgradientStep,
    one_over,
    one_over_root,
    polyak_steps,
    subgradient_steps,
)

__all__ = [
    "Composite",
    "ProximalStep",
    "SubgradientStep",
    "fista_steps",
    "ista_steps",
    "one_over",
    "one_over_root",
    "polyak_steps",
    "proximal_gradient_steps",
    "soft_threshold",
    "subgradient_steps",
]
