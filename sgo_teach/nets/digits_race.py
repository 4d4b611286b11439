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

WEIGHT_DECAY = 1e-3  # the same for all, so that all minimise the same loss


def digits_network(seed: int) -> nn.Sequential:
    """The network of lesson 12 for 8 × 8 images; the seed decides its first weights."""
    return image_network((1, 8, 8), "same", generator=torch.Generator().manual_seed(seed))


def hessian_free(data: ImageTensors, seed: int) -> Entrant:
    """Hessian-free: a gradient of 479 images (a third of them), curvature of 128, 10 products."""
    network = digits_network(seed)
    optimizer = HessianFree(
        network.parameters(),
        damping=0.1,
        output_loss="cross_entropy",
        weight_decay=WEIGHT_DECAY,
        max_cg_steps=10,
        preconditioner=True,
        seed=seed,
    )
    generator = torch.Generator().manual_seed(seed)
    return hessian_free_entrant("Hessian-free", network, optimizer, data, 479, 128, generator)


def adam(data: ImageTensors, seed: int) -> Entrant:
    """Adam; learning rate and batch are the best of a small grid."""
    network = digits_network(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3, weight_decay=WEIGHT_DECAY)
    generator = torch.Generator().manual_seed(seed)
    return first_order_entrant("Adam", network, optimizer, data, 128, generator)


def sgd(data: ImageTensors, seed: int) -> Entrant:
    """SGD with momentum 0.9; learning rate and batch are the best of a small grid."""
    network = digits_network(seed)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.1, momentum=0.9, weight_decay=WEIGHT_DECAY
    )
    generator = torch.Generator().manual_seed(seed)
    return first_order_entrant("SGD + momentum", network, optimizer, data, 64, generator)


def entrants(data: ImageTensors, seed: int) -> list[Entrant]:
    """All three, from the same first weights."""
    return [hessian_free(data, seed), adam(data, seed), sgd(data, seed)]
