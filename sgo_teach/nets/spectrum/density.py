"""How the eigenvalues of a large matrix are spread, from products alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np

from sgo_teach.nets.spectrum.lanczos import lanczos
from sgo_teach.nets.spectrum.vectors import Generator, Product, rademacher


@dataclass(frozen=True, eq=False)
class SpectralDensity:
    """The n eigenvalues as a few nodes, each with its share of them.

    Attributes
    ----------
    nodes : (K,) float64
        Ascending.
    weights : (K,) float64
        Not negative; their sum is 1.
    n : int
        Number of eigenvalues that they stand for.
    """

    nodes: np.ndarray
    weights: np.ndarray
    n: int

    def at(self, x: Any, sigma: float) -> np.ndarray:
        """Density at x, each node blurred to a Gaussian of standard deviation sigma.

        Parameters
        ----------
        x : float or array of any shape
        sigma : float
            In units of x; a hundredth of the nodes' range is a good first look.

        Returns
        -------
        array of the shape of x; its integral over all x is 1

        Raises
        ------
        ValueError
            If sigma is not positive.
        """
        if not sigma > 0:
            raise ValueError(f"sigma, the width of the blur, must be positive, not {sigma}")
        z = (np.asarray(x, float)[..., None] - self.nodes) / sigma
        return np.exp(-(z**2) / 2) @ self.weights / (sigma * sqrt(2 * pi))

    def mean(self, f: Callable[[np.ndarray], np.ndarray]) -> float:
        """Mean of f over the eigenvalues, trace f(A)/n; f takes and gives (K,)."""
        return float(self.weights @ f(self.nodes))


def spectral_density(
    product: Product,
    n: int,
    steps: int,
    probes: int,
    generator: Generator,
    *,
    dtype: Any = None,
) -> SpectralDensity:
    """Estimate the density of eigenvalues by stochastic Lanczos quadrature.

    For each of some random vectors of signs, `steps` steps of Lanczos give the nodes and weights
    of a Gauss quadrature; their average stands for the trace. On average over the signs it is
    exact for polynomials of degree up to 2·steps − 1. Costs steps × probes products.

    Parameters
    ----------
    product : callable (n,) -> (n,)
        v ↦ A v, A symmetric.
    n : int
        Size of A.
    steps, probes : int
        Of Lanczos, and random vectors.
    generator : numpy or torch generator
    dtype : optional
        Of the probes, as for `rademacher`.

    Raises
    ------
    ValueError
        If n, steps or probes is below 1, or a product is not finite.

    Notes
    -----
    Ghorbani, Krishnan & Xiao, "An investigation into neural net optimization via Hessian
    eigenvalue density", ICML 2019; Golub & Meurant, *Matrices, Moments and Quadrature with
    Applications*, 2010.
    """
    if probes < 1:
        raise ValueError(f"probes must be at least 1, not {probes}")
    runs = [lanczos(product, rademacher(n, generator, dtype), steps) for _ in range(probes)]
    nodes = np.concatenate([run.ritz_values for run in runs])
    weights = np.concatenate([run.weights for run in runs]) / probes
    order = np.argsort(nodes)
    return SpectralDensity(nodes[order], weights[order], n)
