"""The network of lesson 12 as a function of one flat vector, and an optimiser built on that."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call
from torch.nn.utils import parameters_to_vector

from sgo_teach.lessons.gauss_newton_and_fisher.small_net import meet_forward_mode
from sgo_teach.nets.digits_race import network_for
from sgo_teach.nets.race import Entrant, ImageTensors, minibatches

Update = Callable[..., tuple[Tensor, float, float]]
Price = Callable[[int, int, int, int, int], float]
meet_forward_mode()


class FlatNetwork:
    """A network as a function of θ (n,): ``logits(theta, index)`` are those of some images.

    Parameters
    ----------
    network : its parameters are read by `read` and changed by `write` only
    images : (N, channels, height, width)
    """

    def __init__(self, network: nn.Module, images: Tensor):
        self.network, self.images = network, images
        self._named = dict(network.named_parameters())

    def __call__(self, theta: Tensor, index: Tensor | slice) -> Tensor:
        """Logits (b, C) of the images that index picks, with parameters θ (n,)."""
        sizes = [p.numel() for p in self._named.values()]
        parts = zip(self._named.items(), theta.split(sizes), strict=True)
        shaped = {name: _shaped(part, p) for (name, p), part in parts}
        return functional_call(self.network, shaped, (self.images[index],))

    def read(self) -> Tensor:
        """θ (n,), a copy."""
        return parameters_to_vector(p.contiguous() for p in self._named.values()).detach().clone()

    def write(self, theta: Tensor) -> None:
        """Put θ (n,) into the network, whose parameters keep their memory and its order."""
        sizes = [p.numel() for p in self._named.values()]
        with torch.no_grad():
            for p, part in zip(self._named.values(), theta.split(sizes), strict=True):
                p.copy_(part.view(p.shape))


def _shaped(part: Tensor, like: Tensor) -> Tensor:
    """A piece of θ in the shape of a parameter; convolutions are quicker with channels last."""
    shaped = part.view(like.shape)
    return shaped.to(memory_format=torch.channels_last) if like.ndim == 4 else shaped


def entrant(
    name: str,
    update: Update,
    price: Price,
    data: ImageTensors,
    seed: int,
    damping: float = 1.0,
    gradient_batch: int = 480,
    curvature_batch: int = 240,
    products: int = 8,
    least_damping: float = 0.1,
) -> Entrant:
    """An update that somebody wrote, with batches and bookkeeping around it, for a race.

    Parameters
    ----------
    name : in the pictures
    update : (logits, labels, θ, λ, batch, part, products) ↦ (θ, λ, ρ), as `own_update` of lesson 12
    price : (N, batch, part, products, trials) ↦ gradient-equivalents
    data, seed : as for all entrants; the seed decides the first weights and the batches
    damping : the first λ
    gradient_batch, curvature_batch : images; the second is the beginning of the first
    products : of conjugate gradients in an update, at most
    least_damping : λ stays above it: near the minimum ρ is good on a batch, and the batch is wrong
    """
    network, n = network_for(data, seed), len(data)
    logits, state = FlatNetwork(network, data.train_images), {"damping": damping}
    b = min(gradient_batch, n)
    c = min(curvature_batch, b)
    batches = minibatches(n, b, Generator().manual_seed(seed))

    def run() -> float:
        batch = next(batches)
        before = state["damping"]
        theta, state["damping"], ratio = update(
            logits, data.train_labels, logits.read(), before, batch, batch[:c], products
        )
        logits.write(theta)
        state["damping"] = max(least_damping, state["damping"])
        made.curvature = before, products, ratio
        return price(n, b, c, products + 1, 2)

    made = Entrant(name, network, torch.optim.SGD(network.parameters()), run, data)
    return made
