"""Preconditioners for the conjugate gradients inside Hessian-free.

======  ====================================================================
G       Gauss–Newton matrix Jᵀ H_out J = Σᵢ Jᵢᵀ H_out,ᵢ Jᵢ over the examples
λ       damping
M       preconditioner, near G + λI and quick to invert
======  ====================================================================

`mean_square_gradient` serves the diagonal of Martens' recipe. `GaussNewtonDiagonal`, and
`KroneckerFactors` in the module `kronecker`, are objects for ``HessianFree(preconditioner=...)``;
one of your own follows `Preconditioner`. Conjugate gradients reach the same solution with any M,
with a good one they are near it sooner.
"""

from sgo_teach.nets.preconditioner.chosen import Preconditioner
from sgo_teach.nets.preconditioner.diagonal import (
    DiagonalInverse,
    GaussNewtonDiagonal,
    mean_square_gradient,
    preconditioner_diagonal,
)
from sgo_teach.nets.preconditioner.slopes import random_slopes

__all__ = [
    "DiagonalInverse",
    "GaussNewtonDiagonal",
    "Preconditioner",
    "mean_square_gradient",
    "preconditioner_diagonal",
    "random_slopes",
]
