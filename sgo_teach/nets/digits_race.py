"""The race of lesson 12: Hessian-free, Adam and SGD with momentum on the handwritten digits."""

from __future__ import annotations

import torch
from torch import nn

from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.networks import image_network
from sgo_teach.nets.race import (
    Entrant,
    ImageTensors,
    first_order_entrant,
    hessian_free_entrant,
)


def digits_network(seed: int) -> nn.Sequential:
    """The network of lesson 12 for 8 × 8 images; the seed decides its first weights."""
    return image_network((1, 8, 8), "same", generator=torch.Generator().manual_seed(seed))


def hessian_free(data: ImageTensors, seed: int) -> Entrant:
    """Hessian-free: the gradient of all images, the curvature of 240, at most 10 products."""
    network = digits_network(seed)
    optimizer = HessianFree(
        network.parameters(),
        damping=1.0,
        output_loss="cross_entropy",
        max_cg_steps=10,
        preconditioner=True,
        seed=seed,
    )
    generator, n = torch.Generator().manual_seed(seed), len(data.train_images)
    return hessian_free_entrant("Hessian-free", network, optimizer, data, n, 240, generator)


def adam(data: ImageTensors, seed: int) -> Entrant:
    """Adam; rate 0.003 and batch 128 did best among 0.001, 0.003, 0.01 and 32, 64, 128."""
    network = digits_network(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(seed)
    return first_order_entrant("Adam", network, optimizer, data, 128, generator)


def sgd(data: ImageTensors, seed: int) -> Entrant:
    """SGD, momentum 0.9; rate 0.05 and batch 64 did best among 0.03 to 0.2 and 32, 64, 128."""
    network = digits_network(seed)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    generator = torch.Generator().manual_seed(seed)
    return first_order_entrant("SGD + momentum", network, optimizer, data, 64, generator)


def entrants(data: ImageTensors, seed: int) -> list[Entrant]:
    """All three, from the same first weights."""
    return [hessian_free(data, seed), adam(data, seed), sgd(data, seed)]
