"""Exercises of lesson 01: the quadratic model and the Newton step."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.taylor_expansion import mutants


def _quadratic_model(value, gradient, hessian, delta):
    """m(Δ) = L + gᵀΔ + ½ ΔᵀHΔ; shapes (), (n,), (n, n), (n,) → ()."""
    return value + gradient @ delta + 0.5 * delta @ hessian @ delta


def _entry_by_entry(case, got, want):
    value, gradient, hessian, delta = case
    if isinstance(got, np.ndarray) and np.allclose(
        got, value + gradient * delta + 0.5 * delta * (hessian @ delta)
    ):
        return "The model is one number, yours is a vector: `*` multiplies entry by entry, `@` adds up as well."


def _delta_missing(case, got, want):
    value, gradient, hessian, delta = case
    if isinstance(got, np.ndarray) and np.allclose(
        got, value + gradient @ delta + 0.5 * hessian @ delta
    ):
        return (
            "The last term is still a vector: multiply by $\\Delta$ from the left too, "
            "`delta @ hessian @ delta`."
        )


quadratic_model = Exercise(
    name="quadratic_model",
    lesson="taylor_expansion",
    stub='''def quadratic_model(value, gradient, hessian, delta):
    """m(Δ) = L + gᵀΔ + ½ ΔᵀHΔ; shapes (), (n,), (n, n), (n,) → ()."""
    ...''',
    reference=_quadratic_model,
    cases=[
        (2.0, np.array([1.0, -3.0]), np.array([[4.0, 1.0], [1.0, 2.0]]), np.array([0.5, 0.25])),
        (-1.0, np.array([0.5, 2.0, -1.0]), np.diag([1.0, -2.0, 3.0]), np.array([1.0, -1.0, 2.0])),
    ],
    slips=[
        Slip("entry_by_entry", _entry_by_entry, before_shape=True),
        Slip("delta_missing", _delta_missing, before_shape=True),
        Slip.formula(
            "half_lost",
            lambda L, g, H, d: L + g @ d + d @ H @ d,
            "The factor ½ is lost: the second derivative of your model is $2H$, not $H$.",
        ),
        Slip.formula(
            "value_lost",
            lambda L, g, H, d: g @ d + 0.5 * d @ H @ d,
            "At $\\Delta = 0$ your model is 0, but it should be $L$: the value is missing.",
        ),
        Slip.formula(
            "slope_lost",
            lambda L, g, H, d: L + 0.5 * d @ H @ d,
            "The slope of your model at $\\Delta = 0$ is zero: the term $g^T\\Delta$ is missing.",
        ),
        Slip.formula(
            "half_of_both",
            lambda L, g, H, d: L + 0.5 * (g @ d + d @ H @ d),
            "The factor ½ belongs to the last term only: the slope of your model is half of $g$.",
        ),
        Slip.formula(
            "minus",
            lambda L, g, H, d: L - g @ d + 0.5 * d @ H @ d,
            "Along the gradient your model falls: a Taylor polynomial has $+\\,g^T\\Delta$.",
        ),
        Slip.formula(
            "curvature_of_gradient",
            lambda L, g, H, d: L + g @ d + 0.5 * g @ H @ d,
            "The last term has $\\Delta$ on both sides of $H$: $\\frac12\\Delta^T H \\Delta$.",
        ),
    ],
    mutants=mutants.QUADRATIC_MODEL,
    hints=[
        "Three terms: a number, an inner product, and half a quadratic form.",
        "`gradient @ delta` is $g^T\\Delta$; for the last term multiply from the left: `delta @ hessian @ delta`.",
    ],
    discussion=(
        "For one-dimensional numpy arrays `@` is the inner product, so no transpose is written. "
        "In one dimension the formula is $L + L'\\Delta + \\frac12 L''\\Delta^2$, "
        "the Taylor polynomial of order 2 again."
    ),
    namespace={"np": np},
)


def _newton_step(gradient, hessian):
    """Step Δ with ∇m(Δ) = 0; shapes (n,), (n, n) → (n,). The next point is θ + Δ."""
    return np.linalg.solve(hessian, -gradient)


def _uphill(case, got, want):
    g, H = case
    if np.allclose(got, -want):
        slope = float(g @ got)
        return (
            f"The minus sign is lost: $g^T\\Delta = {slope:+.3g}$, "
            f"where the solution of $H\\Delta = -g$ has ${float(g @ want):+.3g}$."
        )


newton_step = Exercise(
    name="newton_step",
    lesson="taylor_expansion",
    stub='''def newton_step(gradient, hessian):
    """Step Δ with ∇m(Δ) = 0; shapes (n,), (n, n) → (n,). The next point is θ + Δ."""
    ...''',
    reference=_newton_step,
    cases=[
        (np.array([1.0, -3.0]), np.array([[4.0, 1.0], [1.0, 2.0]])),
        (np.array([0.5, 2.0, -1.0]), np.array([[3.0, 1.0, 0.5], [1.0, 5.0, 2.0], [0.5, 2.0, 4.0]])),
        (np.array([1.0, 1.0]), np.array([[2.0, 0.5], [0.5, -1.0]])),
    ],
    slips=[
        Slip("uphill", _uphill),
        Slip.formula(
            "first_order",
            lambda g, H: -g,
            "That is the steepest-descent direction $-g$; the curvature $H$ is not used yet.",
        ),
        Slip.formula(
            "multiplied",
            lambda g, H: -H @ g,
            "You multiply by $H$, but the step is divided by the curvature: solve $H\\Delta = -g$.",
        ),
        Slip.formula(
            "diagonal_only",
            lambda g, H: -g / np.diag(H),
            "You divide by the diagonal of $H$: right only where the other entries are zero.",
        ),
        Slip.formula(
            "entrywise_inverse",
            lambda g, H: -(1 / H) @ g,
            "`1 / hessian` inverts each entry; the inverse of a matrix is something else. "
            "`np.linalg.solve` needs no inverse at all.",
        ),
        Slip.formula(
            "solved_twice",
            lambda g, H: -np.linalg.solve(H, np.linalg.solve(H, g)),
            "The curvature is divided out twice: solve once.",
        ),
    ],
    mutants=mutants.NEWTON_STEP,
    hints=[
        "The gradient of the model is $\\nabla m(\\Delta) = g + H\\Delta$. Where is it zero?",
        "$H\\Delta = -g$ is a linear system. numpy solves $Ax = b$ by `np.linalg.solve(A, b)`.",
        "`np.linalg.solve(hessian, -gradient)`",
    ],
    discussion=(
        "`solve` factorises $H$ once and never forms $H^{-1}$; lesson 03 shows what `inv` costs. "
        "If $H$ has a negative eigenvalue, as $\\begin{pmatrix}2 & ½\\\\ ½ & -1\\end{pmatrix}$ has, the step still leads to where the model is flat, "
        "but that is a saddle of the model, not its minimum."
    ),
    praise="$\\Delta$ is a *step*: the next point is $\\theta + \\Delta$, with a plus.",
    namespace={"np": np},
)
