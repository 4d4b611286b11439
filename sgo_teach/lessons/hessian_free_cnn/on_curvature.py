"""Exercise of lesson 12: a Gauss–Newton product without the matrix."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_free_cnn import mutants


def _ggn_vector_product(jvp, vjp, p, v):
    """Gv for the mean cross-entropy of N images, (n,) → (n,).

    jvp(v) = Jv, (n,) → (N, C), and vjp(w) = Jᵀw, (N, C) → (n,);
    p : (N, C) probabilities, v : (n,) vector, all of them torch tensors.
    """
    Jv = jvp(v)
    w = p * Jv - p * (p * Jv).sum(1, keepdim=True)
    return vjp(w / len(p))


class LinearNetwork:
    """Products with the Jacobian of logits XW, X (N, d) and W (d, C) flattened: n = dC."""

    def __init__(self, X: torch.Tensor, classes: int):
        self.X, self.classes = X, classes

    def jvp(self, v: torch.Tensor) -> torch.Tensor:
        """Jv, (N, C)."""
        return self.X @ v.reshape(-1, self.classes)

    def vjp(self, w: torch.Tensor) -> torch.Tensor:
        """Jᵀw, (n,)."""
        return (self.X.T @ w).reshape(-1)


def _case(seed: int, images: int, inputs: int, classes: int):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    network = LinearNetwork(normal(images, inputs), classes)
    p = (2 * normal(images, classes)).softmax(1)
    return network.jvp, network.vjp, p, normal(inputs * classes)


def cases():
    """Linear networks of two sizes; N, d and C differ, so that a mixed-up axis shows."""
    return [_case(0, 5, 2, 3), _case(1, 4, 3, 6)]


def _same(got, want) -> bool:
    return got.shape == want.shape and torch.allclose(got, want, rtol=1e-6, atol=1e-9)


def _slip(formula, message):
    """A slip for an answer that equals Jᵀ(formula(p, Jv)) or its double."""

    def when(case, got, want):
        jvp, vjp, p, v = case
        return message if _same(got, vjp(formula(p, jvp(v)))) else None

    return when


def _mean(p, Jv):
    return (p * Jv - p * (p * Jv).sum(1, keepdim=True)) / len(p)


def _not_pulled_back(case, got, want):
    jvp, vjp, p, v = case
    if tuple(got.shape) == tuple(p.shape):
        return (
            f"Your result has shape {tuple(got.shape)}, that of the outputs: it is still in the "
            "space of the logits. `vjp` brings it back to the parameters."
        )


SLIPS = [
    Slip("not_pulled_back", _not_pulled_back, before_shape=True),
    Slip(
        "no_output_hessian",
        _slip(
            lambda p, Jv: Jv / len(p),
            "That is $J^TJv/N$: the curvature of a squared error. The cross-entropy bends by "
            "$H_{out}$, which belongs between $J^T$ and $J$.",
        ),
    ),
    Slip(
        "no_output_hessian_no_mean",
        _slip(
            lambda p, Jv: Jv,
            "That is $J^TJv$: $H_{out}$ is missing between $J^T$ and $J$, and so is the $1/N$.",
        ),
    ),
    Slip(
        "diagonal_only",
        _slip(
            lambda p, Jv: p * Jv / len(p),
            "You keep $\\mathrm{diag}(p)$ and lose $-pp^T$. Raise all logits of an image alike: "
            "the softmax does not move, so $H_{out}$ times a vector of ones must be 0.",
        ),
    ),
    Slip(
        "own_variance",
        _slip(
            lambda p, Jv: p * (1 - p) * Jv / len(p),
            "$p(1-p)$ is only the diagonal of $H_{out}$; the entries $-p_ip_j$ couple the classes.",
        ),
    ),
    Slip(
        "mean_over_images",
        _slip(
            lambda p, Jv: (p * Jv - p * (p * Jv).sum(0, keepdim=True)) / len(p),
            "The sum in $p\\,(p^TJv)$ runs over the classes of one image, axis 1; yours runs over "
            "the images, axis 0, and mixes them.",
        ),
    ),
    Slip(
        "plus",
        _slip(
            lambda p, Jv: (p * Jv + p * (p * Jv).sum(1, keepdim=True)) / len(p),
            "The sign: $H_{out} = \\mathrm{diag}(p) - pp^T$, with a minus.",
        ),
    ),
    Slip(
        "sum_for_mean",
        _slip(
            lambda p, Jv: _mean(p, Jv) * len(p),
            "The loss is a *mean* over $N$ images, so its curvature carries a factor $1/N$.",
        ),
    ),
]

ggn_vector_product = Exercise(
    name="ggn_vector_product",
    lesson="hessian_free_cnn",
    stub='''def ggn_vector_product(jvp, vjp, p, v):
    """Gv for the mean cross-entropy of N images, (n,) → (n,).

    jvp(v) = Jv, (n,) → (N, C), and vjp(w) = Jᵀw, (N, C) → (n,);
    p : (N, C) probabilities, v : (n,) vector, all of them torch tensors.
    """
    ...''',
    reference=_ggn_vector_product,
    cases=cases,
    slips=SLIPS,
    mutants=mutants.GGN_VECTOR_PRODUCT,
    hints=[
        "Three factors, from right to left: $J$, then $H_{out}$, then $J^T$.",
        "For one image $H_{out}w = p \\circ w - p\\,(p^Tw)$; `(p * Jv).sum(1, keepdim=True)` is $p^Tw$ for all images at once.",
        "`Jv = jvp(v)`, then `w = p * Jv - p * (p * Jv).sum(1, keepdim=True)`, and `vjp(w / len(p))`.",
    ],
    discussion=(
        "No matrix appears, neither $G$ nor $J$ nor $H_{out}$. "
        "$\\mathrm{diag}(p) - pp^T$ is the covariance of the labels that the network believes in, "
        "which is why $v^TGv \\ge 0$ for every $v$: a variance is never negative."
    ),
    tolerance=1e-7,
    namespace={"torch": torch},
)
