"""Exercise of lesson 12: an update of Hessian-free with a gradient batch and a curvature batch."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sgo_teach.checks import Earlier, Exercise, Slip
from sgo_teach.lessons.conjugate_gradients import on_cg
from sgo_teach.lessons.gauss_newton_and_fisher import on_products
from sgo_teach.lessons.hessian_free import on_damping, on_step
from sgo_teach.lessons.hessian_free_cnn import mutants

earlier = Earlier(
    on_cg.cg,
    on_products.output_hessian_product,
    on_products.ggn_vector_product,
    on_damping.damping_rule,
    on_step.hessian_free_step,
)


# The learner's own where they have passed; looked up at each call, as in the notebook.
def ggn_vector_product(network, output_hessian, theta, v):
    """Gv, (n,)."""
    return earlier.ggn_vector_product(network, output_hessian, theta, v)


def output_hessian_product(z, w):
    """H_out w, (N, C)."""
    return earlier.output_hessian_product(z, w)


def hessian_free_step(loss, g, product, theta, damping, max_steps):
    """New θ (n,), next λ, ρ."""
    return earlier.hessian_free_step(loss, g, product, theta, damping, max_steps)


def _own_update(logits, labels, theta, damping, batch, part, max_steps):
    """One update of Hessian-free from θ: the new θ (n,), the next λ, and ρ.

    logits(theta, index) : (b, C) for the images of that index; labels : (N,) of all images.
    batch : index of the images for the loss and its gradient; part : of those for the curvature.
    """

    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])

    def product(v):
        return ggn_vector_product(lambda at: logits(at, part), output_hessian_product, theta, v)

    g = torch.func.grad(loss)(theta)
    return hessian_free_step(lambda at: float(loss(at)), g, product, theta, damping, max_steps)


class _Tiny:
    """Logits tanh(XA)B of N images: X (N, 3), θ = (A, B) with A (3, 4), B (4, 3)."""

    def __init__(self, X: Tensor):
        self.X = X

    def __call__(self, theta: Tensor, index: Tensor) -> Tensor:
        A, B = theta[:12].view(3, 4), theta[12:].view(4, 3)
        return torch.tanh(self.X[index] @ A) @ B


def _case(seed: int, images: int, batch: int, part: int, damping: float, max_steps: int):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    X = normal(images, 3)
    labels = (X + 0.5 * normal(images, 3)).argmax(1)
    order = torch.randperm(images, generator=generator)[:batch]
    return _Tiny(X), labels, 0.7 * normal(24), damping, order, order[:part], max_steps


def cases():
    """Two small networks; batch, part and all images are of three sizes."""
    return [_case(0, 30, 20, 5, 0.5, 6), _case(3, 24, 16, 7, 2.0, 4)]


def _variant(gradient=None, curvature=None, judge=None):
    """The update with another choice of images somewhere; each picks from (all, batch, part)."""

    def run(logits, labels, theta, damping, batch, part, max_steps):
        some = torch.arange(len(labels)), batch, part
        for_g, for_G, for_L = (
            default if pick is None else some[pick]
            for pick, default in ((gradient, batch), (curvature, part), (judge, batch))
        )

        def loss_on(index):
            return lambda at: cross_entropy(logits(at, index), labels[index])

        def product(v):
            return on_products.ggn_vector_product.reference(
                lambda at: logits(at, for_G), on_products.output_hessian_product.reference, theta, v
            )

        g = torch.func.grad(loss_on(for_g))(theta)
        step = on_step.hessian_free_step.reference
        return step(lambda at: float(loss_on(for_L)(at)), g, product, theta, damping, max_steps)

    return run


ALL, BATCH, PART = range(3)


def _same(got, want) -> bool:
    return (
        torch.allclose(got[0], want[0], rtol=1e-7, atol=1e-10)
        and math.isclose(got[1], want[1], rel_tol=1e-9)
        and math.isclose(got[2], want[2], rel_tol=1e-6)
    )


def _slip(program, message):
    """A slip for an answer that another program gives as well."""
    return lambda case, got, want: message if _same(got, program(*case)) else None


def _nothing_new(case, got, want):
    if torch.equal(got[0], case[2]) and not torch.equal(want[0], case[2]):
        return "θ has not moved. Is it the new θ of `hessian_free_step` that you return, or the one that came in?"


def _lambda_lost(case, got, want):
    if _theta_right(got, want) and got[1] == case[3] != want[1]:
        return "θ is right, but λ is the one that came in: the *next* λ is what `hessian_free_step` returns second."


def _theta_right(got, want) -> bool:
    return torch.allclose(got[0], want[0], rtol=1e-7, atol=1e-10)


def _step_for_theta(case, got, want):
    if torch.allclose(got[0], want[0] - case[2], rtol=1e-7, atol=1e-10):
        return "You return the step Δ where the new parameters belong, θ + Δ."


def _plus_theta(case, got, want):
    if torch.allclose(got[0], want[0] + case[2], rtol=1e-7, atol=1e-10):
        return "You add θ once more: `hessian_free_step` returns θ + Δ already, not Δ."


def _without_output_hessian(logits, labels, theta, damping, batch, part, max_steps):
    def loss(at):
        return cross_entropy(logits(at, batch), labels[batch])

    def product(v):
        return on_products.ggn_vector_product.reference(
            lambda at: logits(at, part), lambda z, w: w, theta, v
        )

    g = torch.func.grad(loss)(theta)
    return on_step.hessian_free_step.reference(
        lambda at: float(loss(at)), g, product, theta, damping, max_steps
    )


own_update = Exercise(
    name="own_update",
    lesson="hessian_free_cnn",
    stub='''def own_update(logits, labels, theta, damping, batch, part, max_steps):
    """One update of Hessian-free from θ: the new θ (n,), the next λ, and ρ.

    logits(theta, index) : (b, C) for the images of that index; labels : (N,) of all images.
    batch : index of the images for the loss and its gradient; part : of those for the curvature.
    """
    ...''',
    reference=_own_update,
    cases=cases,
    slips=[
        Slip(
            "curvature_on_the_batch",
            _slip(
                _variant(curvature=BATCH),
                "Right, and too dear: your products run over the whole gradient batch. Curvature is asked for on `part` only.",
            ),
        ),
        Slip(
            "curvature_on_all",
            _slip(
                _variant(curvature=ALL),
                "Your products run over *all* images; curvature is asked for on `part` only.",
            ),
        ),
        Slip(
            "gradient_on_the_part",
            _slip(
                _variant(gradient=PART),
                "Your gradient is that of `part`. A few images may say how the loss bends; which way is down should be asked of the whole `batch`.",
            ),
        ),
        Slip(
            "judged_on_the_part",
            _slip(
                _variant(judge=PART),
                "The step is judged on `part`, the images that the model was built from: it will look too good. `loss` belongs to `batch`.",
            ),
        ),
        Slip(
            "all_on_the_part",
            _slip(
                _variant(gradient=PART, judge=PART),
                "Loss and gradient come from `part`; they belong to `batch`, and only the curvature to `part`.",
            ),
        ),
        Slip(
            "all_images",
            _slip(
                _variant(gradient=ALL, judge=ALL),
                "Loss and gradient run over *all* images: `logits(at, batch)` and `labels[batch]`.",
            ),
        ),
        Slip(
            "no_output_hessian",
            _slip(
                _without_output_hessian,
                "Your product is $J^TJv$: the $H_{out}$ of the cross-entropy is missing between $J^T$ and $J$. Pass `output_hessian_product`.",
            ),
        ),
        Slip("step_for_theta", _step_for_theta),
        Slip("theta_twice", _plus_theta),
        Slip("damping_lost", _lambda_lost),
        Slip("not_moved", _nothing_new),
    ],
    mutants=mutants.OWN_UPDATE,
    hints=[
        "`hessian_free_step` wants a loss, its gradient, a product, θ, λ and the number of products. Which images does each of the first three see?",
        "`loss(at)` is `cross_entropy(logits(at, batch), labels[batch])`, and `torch.func.grad(loss)(theta)` is its gradient.",
        "The product: `ggn_vector_product(lambda at: logits(at, part), output_hessian_product, theta, v)`.",
    ],
    discussion=(
        "Every part of it is yours: conjugate gradients from lesson 08, the product from lesson 10, ρ, λ and the step from lesson 11. "
        "Which images each part sees is the one thing that a convolutional network and a data set add."
    ),
    praise="Below, it trains the convolutional network, beside the course's own optimiser.",
    tolerance=1e-7,
    namespace={
        "torch": torch,
        "cross_entropy": cross_entropy,
        "ggn_vector_product": ggn_vector_product,
        "output_hessian_product": output_hessian_product,
        "hessian_free_step": hessian_free_step,
    },
)
