"""What may come out instead of Hv, whichever way it was computed: slips of two exercises."""

from __future__ import annotations

import torch

from sgo_teach.checks import Slip
from sgo_teach.lessons.hessian_vector_products.losses import Loss, gradient, hessian, slip_of

_PER_LENGTH = "That is $H$ times $v/\\|v\\|$: do not shorten $v$, or $H(2v)$ would equal $Hv$."


def exact(loss: Loss, theta: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Hv from the whole matrix, (n,); the losses of the exercises are small."""
    return hessian(loss, theta) @ v


def slips_of_products(first: str, ones: str) -> list[Slip]:
    """The common slips.

    Parameters
    ----------
    first : what to say when g comes out
    ones : what to say when the row sums of H come out
    """
    return [*_numbers_and_matrix(), *_vectors(first, ones)]


def _numbers_and_matrix() -> list[Slip]:
    return [
        Slip(
            "curvature",
            slip_of(
                lambda loss, t, v: v @ exact(loss, t, v),
                "That is the number $v^THv$; the vector $Hv$ is asked, "
                "so leave out the last product with $v$.",
            ),
            before_shape=True,
        ),
        Slip(
            "slope",
            slip_of(
                lambda loss, t, v: gradient(loss)(t) @ v,
                "That is $g^Tv$, the slope along $v$: a *first* derivative, and a number. "
                "Differentiate it once more.",
            ),
            before_shape=True,
        ),
        Slip(
            "matrix",
            slip_of(
                lambda loss, t, v: hessian(loss, t),
                "That is the whole of $H$, the matrix that we want to do without.",
            ),
            before_shape=True,
        ),
    ]


def _vectors(first: str, ones: str) -> list[Slip]:
    return [
        Slip("first_derivative", slip_of(lambda loss, t, v: gradient(loss)(t), first)),
        Slip("row_sums", slip_of(lambda loss, t, v: exact(loss, t, torch.ones_like(v)), ones)),
        Slip("unit_length", slip_of(lambda loss, t, v: exact(loss, t, v / v.norm()), _PER_LENGTH)),
        Slip(
            "whole_nudge",
            slip_of(
                lambda loss, t, v: gradient(loss)(t + v) - gradient(loss)(t),
                "That is the change of $g$ over the *whole* of $v$; "
                "a derivative is the rate of change at θ, for ever smaller nudges.",
            ),
        ),
    ]
