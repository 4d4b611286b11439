"""Curvature times a vector, without ever forming the matrix.

======  =====================================================================
θ       parameters (n,)
z       outputs of the network, any shape; the loss sees θ only through z
J       Jacobian ∂z/∂θ
H_out   ∇²L with respect to z
G       JᵀH_out J, the generalised Gauss–Newton matrix (n, n)
H       ∇²L with respect to θ, (n, n)
F       Fisher matrix (n, n), of the labels that the model expects or of those met
v       vector to multiply with (n,)
======  =====================================================================

Pearlmutter, "Fast exact multiplication by the Hessian", 1994; Schraudolph, "Fast curvature
matrix-vector products for second-order gradient descent", 2002.
"""

from sgo_teach.nets.curvature.fisher import EmpiricalFisherProduct, FisherProduct
from sgo_teach.nets.curvature.fisher_diagonal import empirical_fisher_diagonal
from sgo_teach.nets.curvature.gauss_newton import GaussNewtonProduct
from sgo_teach.nets.curvature.hessian import HessianProduct, hessian_vector_product
from sgo_teach.nets.curvature.jacobian import Jacobian
from sgo_teach.nets.curvature.mean import MeanProduct
from sgo_teach.nets.curvature.output_hessian import OutputLoss, check_output_loss
from sgo_teach.nets.curvature.three_ways import (
    hvp_by_central_differences,
    hvp_by_double_backward,
    hvp_by_forward_over_reverse,
    loss_of_parameters,
)

__all__ = [
    "EmpiricalFisherProduct",
    "FisherProduct",
    "GaussNewtonProduct",
    "HessianProduct",
    "Jacobian",
    "MeanProduct",
    "OutputLoss",
    "check_output_loss",
    "empirical_fisher_diagonal",
    "hessian_vector_product",
    "hvp_by_central_differences",
    "hvp_by_double_backward",
    "hvp_by_forward_over_reverse",
    "loss_of_parameters",
]
