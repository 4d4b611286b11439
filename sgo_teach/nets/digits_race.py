"""The race of lesson 12: Hessian-free, Adam, SGD with momentum and L-BFGS on small images."""

from __future__ import annotations

import torch
from torch import Generator, nn

from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.kronecker import KroneckerFactors
from sgo_teach.nets.networks import image_network
from sgo_teach.nets.race import (
    Entrant,
    ImageTensors,
    first_order_entrant,
    hessian_free_entrant,
    lbfgs_entrant,
)

LEAST_DAMPING = 0.1
SMALL = 16  # pixels a side below which a convolution must not take any off


def digits_network(seed: int) -> nn.Sequential:
    """The network of lesson 12 for 8 × 8 images; the seed decides its first weights."""
    return image_network((1, 8, 8), "same", generator=Generator().manual_seed(seed))


def network_for(data: ImageTensors, seed: int) -> nn.Sequential:
    """The network of lesson 12 for these images, (N, channels, height, width), in ten classes."""
    channels, height, width = data.train_images.shape[1:]
    padding = "same" if min(height, width) < SMALL else "valid"
    return image_network((channels, height, width), padding, generator=_draws(seed))


def hessian_free(data: ImageTensors, seed: int) -> Entrant:
    """Hessian-free: batches of a third of the images, the curvature on a third of those.

    Five products a step, with Kronecker factors. Weight decay 0.003 and a floor under λ of 0.1 did
    best for the held-out digits among 0, 0.001, 0.003, 0.01 and 0, 0.03, 0.1, and better than
    batches that grow: without them it fits the training images sooner and reads fewer others.
    """
    network, n = network_for(data, seed), len(data)
    factors = KroneckerFactors(network, "cross_entropy", seed=seed)
    optimizer = HessianFree(
        network.parameters(),
        damping=1.0,
        damping_rule=careful,
        output_loss="cross_entropy",
        max_cg_steps=5,
        preconditioner=factors,
        weight_decay=3e-3,
        seed=seed,
    )
    batch, draws = max(1, n // 3), _draws(seed)
    return hessian_free_entrant(
        "Hessian-free",
        network,
        optimizer,
        data,
        batch,
        max(1, batch // 3),
        draws,
        preconditioner_cost=factors.cost,
    )


def careful(damping: float, ratio: float) -> float:
    """Levenberg–Marquardt's rule with a floor: on few images ρ is good long before the model is."""
    return max(LEAST_DAMPING, levenberg_marquardt(damping, ratio))


def adam(data: ImageTensors, seed: int) -> Entrant:
    """Adam; rate 0.003 and batch 128 did best among 0.001, 0.003, 0.01 and 32, 64, 128."""
    network = network_for(data, seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    batch = min(128, len(data))
    return first_order_entrant("Adam", network, optimizer, data, batch, _draws(seed))


def sgd(data: ImageTensors, seed: int) -> Entrant:
    """SGD, momentum 0.9; rate 0.05 and batch 64 did best among 0.03 to 0.2 and 32, 64, 128."""
    network = network_for(data, seed)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    batch = min(64, len(data))
    return first_order_entrant("SGD + momentum", network, optimizer, data, batch, _draws(seed))


def lbfgs(data: ImageTensors, seed: int) -> Entrant:
    """L-BFGS on all images, strong Wolfe search; it has no rate to tune.

    An update is five iterations; memory 20 did best among 10, 20 and 50.
    """
    network = network_for(data, seed)
    optimizer = torch.optim.LBFGS(
        network.parameters(), max_iter=5, history_size=20, line_search_fn="strong_wolfe"
    )
    return lbfgs_entrant("L-BFGS", network, optimizer, data)


def entrants(data: ImageTensors, seed: int) -> list[Entrant]:
    """All four, from the same first weights."""
    return [make(data, seed) for make in (hessian_free, adam, sgd, lbfgs)]


def _draws(seed: int) -> Generator:
    return Generator().manual_seed(seed)
