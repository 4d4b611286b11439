"""What the training benchmark trains: three problems, and five tuned optimisers on each.

The rates and batch sizes of the first-order methods are the best of a small grid, tried on seed 0
with short budgets, and so are λ, batches and products of Hessian-free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import xlogy
from torch import Generator, nn
from torch.optim import LBFGS, SGD, Adam

from sgo_teach.data import curves, digits
from sgo_teach.nets.damping import levenberg_marquardt
from sgo_teach.nets.digits_race import digits_network
from sgo_teach.nets.digits_race import hessian_free as cnn_hessian_free
from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.kronecker import KroneckerFactors
from sgo_teach.nets.networks import deep_autoencoder, perceptron
from sgo_teach.nets.race import (
    Entrant,
    ImageTensors,
    first_order_entrant,
    hessian_free_entrant,
    lbfgs_entrant,
)

NAMES = ("Hessian-free", "Adam", "SGD + momentum", "SGD", "L-BFGS")
TRAINING, HELD_OUT = 3000, 1000  # strokes
SMALLEST_DAMPING = 1e-5  # below it the steps on the autoencoder outrun what a mini-batch can tell


@dataclass(frozen=True, eq=False)
class Problem:
    """Something to train.

    Attributes
    ----------
    name : str
    measure : what a shown loss counts
    data : images and loss
    network : seed ↦ network with its first weights
    hessian_free : (data, seed) ↦ entrant
    first_order : name ↦ (optimiser of parameters, batch size)
    scale : shown loss = scale · loss − floor, by the images it was measured on
    floors : of the training and the held-out images
    """

    name: str
    measure: str
    data: ImageTensors
    network: Callable[[int], nn.Sequential]
    hessian_free: Callable[[ImageTensors, int], Entrant]
    first_order: dict[str, tuple[Callable, int]]
    scale: float = 1.0
    floors: tuple[float, float] = (0.0, 0.0)

    def entrants(self, seed: int) -> list[Entrant]:
        """All five from the same first weights, in the order of `NAMES`."""
        entrants = [self.hessian_free(self.data, seed)]
        for name, (make, batch_size) in self.first_order.items():
            network = self.network(seed)
            optimizer, draws = make(network.parameters()), Generator().manual_seed(seed)
            entrants.append(
                first_order_entrant(name, network, optimizer, self.data, batch_size, draws)
            )
        return [*entrants, self._lbfgs(seed)]

    def _lbfgs(self, seed: int) -> Entrant:
        network = self.network(seed)
        optimizer = LBFGS(
            network.parameters(), max_iter=10, history_size=20, line_search_fn="strong_wolfe"
        )
        return lbfgs_entrant("L-BFGS", network, optimizer, self.data)

    def shown(self, loss: float, held_out: bool = False) -> float:
        """A loss in the units of `measure`."""
        return self.scale * loss - self.floors[held_out]


def first_order(
    adam: tuple[float, int], momentum: tuple[float, int], plain: tuple[float, int]
) -> dict[str, tuple[Callable, int]]:
    """The three first-order methods, each with (rate, batch size)."""
    return {
        "Adam": (partial(Adam, lr=adam[0]), adam[1]),
        "SGD + momentum": (partial(SGD, lr=momentum[0], momentum=0.9), momentum[1]),
        "SGD": (partial(SGD, lr=plain[0]), plain[1]),
    }


def digits_perceptron() -> Problem:
    """The 8 × 8 digits, 64-32-10."""

    def network(seed: int) -> nn.Sequential:
        return perceptron((64, 32, 10), Generator().manual_seed(seed))

    def hessian_free(data: ImageTensors, seed: int) -> Entrant:
        made = network(seed)
        factors = KroneckerFactors(made, "cross_entropy", seed=seed)
        optimizer = HessianFree(
            made.parameters(),
            damping=0.003,
            output_loss="cross_entropy",
            max_cg_steps=10,
            preconditioner=factors,
        )
        draws, n = Generator().manual_seed(seed), len(data)
        return hessian_free_entrant(
            NAMES[0], made, optimizer, data, n, n, draws, preconditioner_cost=factors.cost
        )

    methods = first_order(adam=(1e-2, 128), momentum=(0.3, 128), plain=(1.0, 64))
    data = ImageTensors.of(digits())
    return Problem("digits MLP", "cross-entropy", data, network, hessian_free, methods)


def digits_cnn() -> Problem:
    """The 8 × 8 digits, the network and the Hessian-free of lesson 12."""
    methods = first_order(adam=(3e-3, 128), momentum=(0.05, 64), plain=(0.2, 64))
    data = ImageTensors.of(digits())
    return Problem("digits CNN", "cross-entropy", data, digits_network, cnn_hessian_free, methods)


def autoencoder() -> Problem:
    """Strokes of 16 × 16 pixels through a code of six numbers, 256-128-64-32-16-6 and back.

    Shown is the Kullback–Leibler divergence in nats an image: the binary cross-entropy summed over
    pixels, less what grey pixels cost even when they are met exactly.
    """
    images = curves(TRAINING + HELD_OUT, side=16).images
    train, test = images[:TRAINING], images[TRAINING:]

    def network(seed: int) -> nn.Sequential:
        return deep_autoencoder(generator=Generator().manual_seed(seed))

    return Problem(
        "deep autoencoder",
        "KL divergence, nats an image",
        ImageTensors.to_reconstruct(train, test),
        network,
        lambda data, seed: autoencoder_hessian_free(data, network(seed), seed),
        first_order(adam=(4e-3, 100), momentum=(2.0, 50), plain=(20.0, 100)),
        scale=images[0].size,
        floors=(_entropy(train), _entropy(test)),
    )


def autoencoder_hessian_free(data: ImageTensors, network: nn.Sequential, seed: int) -> Entrant:
    """Hessian-free with Kronecker factors, five products a step and growing batches.

    The first λ is large on purpose: an early step that fits the mean image at once saturates the
    units and leaves a dead code.
    """
    factors = KroneckerFactors(network, "binary_cross_entropy", seed=seed)
    optimizer = HessianFree(
        network.parameters(),
        damping=0.1,
        damping_rule=damping_of_the_autoencoder,
        output_loss="binary_cross_entropy",
        max_cg_steps=5,
        preconditioner=factors,
    )
    draws = Generator().manual_seed(seed)
    return hessian_free_entrant(
        NAMES[0], network, optimizer, data, 500, 250, draws, 1.02, factors.cost
    )


def damping_of_the_autoencoder(damping: float, ratio: float) -> float:
    """Levenberg–Marquardt's rule with a floor."""
    return max(SMALLEST_DAMPING, levenberg_marquardt(damping, ratio))


def _entropy(images: np.ndarray) -> float:
    """Mean over the images of their pixels' entropy, summed over pixels."""
    x = images.astype(np.float64)
    return float(-(xlogy(x, x) + xlogy(1 - x, 1 - x)).sum() / len(x))


PROBLEMS = {"mlp": digits_perceptron, "cnn": digits_cnn, "autoencoder": autoencoder}
