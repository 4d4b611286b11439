"""Bug hunt of lesson 09: a second derivative that is neither second nor by the parameters."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_vector_products import mutants_hunt
from sgo_teach.lessons.hessian_vector_products.losses import (
    gradient,
    hessian,
    is_close,
    normal,
    slip_of,
)


def _curvature_along(loss, X, theta, v):
    """vᵀHv, the second derivative of t ↦ loss(θ + tv, X) at t = 0; X (N, n), theta and v (n,)."""
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad(first @ v, theta)
    return float(second @ v)


def one_unit(theta, X):
    """A single tanh unit that should answer 1: mean (tanh(Xθ) − 1)²."""
    return ((torch.tanh(X @ theta) - 1) ** 2).mean()


def softplus(theta, X):
    """Logistic loss of rows that all belong to class 1."""
    return torch.nn.functional.softplus(-X @ theta).mean()


def cases():
    """Two losses; N and n differ, so that a mixed-up shape shows."""
    return [
        (one_unit, normal(30, 6, 3), 0.7 * normal(31, 3), normal(32, 3)),
        (softplus, normal(33, 5, 4), 0.7 * normal(34, 4), normal(35, 4)),
    ]


def _hessian(loss, X, theta):
    return hessian(lambda t: loss(t, X), theta)


def _gradient(loss, X, theta):
    return gradient(lambda t: loss(t, X))(theta)


def _mixed(loss, X, theta, v, w):
    """vᵀ∂/∂θ of the sum of (∂L/∂X)w."""
    X, theta = X.detach().requires_grad_(), theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), X, create_graph=True)
    return float(torch.autograd.grad((first @ w).sum(), theta)[0] @ v)


def _once_by_inputs(case, got, want):
    loss, X, theta, v = case
    if any(is_close(got, _mixed(loss, X, theta, v, w)) for w in (torch.ones_like(v), v)):
        return (
            "Once by the inputs and once by the parameters: both derivatives have to be by `theta`."
        )


def _by_inputs(loss, X, theta, v):
    """Second derivative when every row of X moves along v."""
    V = v.expand_as(X)
    X = X.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), X, create_graph=True)
    return float((torch.autograd.grad((first * V).sum(), X)[0] * V).sum())


curvature_along = Exercise(
    name="curvature_along",
    lesson="hessian_vector_products",
    stub='''def curvature_along(loss, X, theta, v):
    """vᵀHv, the second derivative of t ↦ loss(θ + tv, X) at t = 0; X (N, n), theta and v (n,)."""
    X, theta = X.detach().requires_grad_(), theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), X, create_graph=True)
    (second,) = torch.autograd.grad(loss(theta, X), theta)
    return float(second @ v)''',
    reference=_curvature_along,
    cases=cases,
    slips=[
        Slip(
            "vector",
            slip_of(
                lambda loss, X, t, v: _hessian(loss, X, t) @ v,
                "That is the vector $Hv$: the number $v^THv$ is asked.",
            ),
            before_shape=True,
        ),
        Slip(
            "first_again",
            slip_of(
                lambda loss, X, t, v: float(_gradient(loss, X, t) @ v),
                "That is the slope $g^Tv$: the loss is differentiated once, and then once *again*, not once *more*. "
                "The second pass has to differentiate `first`.",
            ),
        ),
        Slip(
            "slope_squared",
            slip_of(
                lambda loss, X, t, v: float(_gradient(loss, X, t) @ v) ** 2,
                "That is the slope squared, $(g^Tv)^2$: a product of first derivatives is no second derivative.",
            ),
        ),
        Slip("mixed", _once_by_inputs),
        Slip(
            "by_inputs",
            slip_of(
                _by_inputs,
                "A second derivative, but by the *inputs* X: it says how the loss bends when the data move.",
            ),
        ),
        Slip(
            "row_sums",
            slip_of(
                lambda loss, X, t, v: float(_hessian(loss, X, t).sum(0) @ v),
                "That is $\\mathbf 1^THv$: $v$ has to enter twice, in `first @ v` and in `second @ v`; a plain `.sum()` is a product with ones.",
            ),
        ),
        Slip(
            "per_length",
            slip_of(
                lambda loss, X, t, v: float(v @ _hessian(loss, X, t) @ v / (v @ v)),
                "That is the curvature per unit length; $t \\mapsto L(\\theta + tv)$ goes along the whole of $v$.",
            ),
        ),
        Slip(
            "diagonal",
            slip_of(
                lambda loss, X, t, v: float(_hessian(loss, X, t).diagonal() @ v**2),
                "Only the diagonal of $H$ is left: what two parameters do together is lost.",
            ),
        ),
        Slip(
            "half",
            slip_of(
                lambda loss, X, t, v: 0.5 * _curvature_along(loss, X, t, v),
                "Half of it: the ½ belongs to the Taylor polynomial, not to the second derivative.",
            ),
        ),
        Slip(
            "length",
            slip_of(
                lambda loss, X, t, v: float((_hessian(loss, X, t) @ v).norm()),
                "That is $\\|Hv\\|$, which has no sign: the last product is with $v$.",
            ),
        ),
        Slip(
            "slope_times_curvature",
            slip_of(
                lambda loss, X, t, v: (
                    2 * float(_gradient(loss, X, t) @ v) * _curvature_along(loss, X, t, v)
                ),
                "That is $2\\,(g^Tv)\\,(v^THv)$: you square the slope before you differentiate it. Differentiate `first @ v` itself.",
            ),
        ),
    ],
    mutants=mutants_hunt.CURVATURE_ALONG,
    hints=[
        "By what is `first` a derivative? Look at its shape.",
        "What is differentiated to get `second`? Compare it with what got `first`.",
        "`first` by theta, with its graph kept; then `first @ v` by theta; then the product with $v$.",
    ],
    discussion=(
        "Both faults are silent, because every line returns something that can be multiplied by $v$ and called curvature. "
        "Two cheap tests find them: on a squared loss the answer must not depend on θ, and doubling $v$ must make it four times as large."
    ),
    tolerance=1e-7,
    namespace={"torch": torch},
)
