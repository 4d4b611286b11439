"""Exercise of lesson 10: a damped Gauss–Newton step."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.gauss_newton_and_fisher import mutants_squares as mutants


def _gauss_newton_step(r, J, damping):
    """Δ with (JᵀJ + λI)Δ = −Jᵀr, for L = ½‖r‖²; r (m,), J (m, n), λ ≥ 0 → (n,)."""
    return np.linalg.solve(J.T @ J + damping * np.eye(J.shape[1]), -J.T @ r)


def _shifted(shift):
    """The step with another matrix added to JᵀJ."""
    return lambda r, J, damping: np.linalg.solve(J.T @ J + shift(J, damping), -J.T @ r)


def _identity(J, factor):
    return factor * np.eye(J.shape[1])


def _points_by_points(case, got, want):
    r, J, _ = case
    if np.shape(got) == np.shape(r) != np.shape(want):
        return (
            f"A step has an entry for each *parameter*, {J.shape[1]}; yours has {len(r)}, one for each residual. "
            "$J^TJ$ is (n, n), $JJ^T$ would be (m, m)."
        )


gauss_newton_step = Exercise(
    name="gauss_newton_step",
    lesson="gauss_newton_and_fisher",
    stub='''def gauss_newton_step(r, J, damping):
    """Δ with (JᵀJ + λI)Δ = −Jᵀr, for L = ½‖r‖²; r (m,), J (m, n), λ ≥ 0 → (n,)."""
    ...''',
    reference=_gauss_newton_step,
    cases=[
        (
            np.array([1.0, -2.0, 0.5, 3.0]),
            np.array([[1.0, 2.0], [0.0, 1.0], [-1.0, 1.5], [2.0, 0.5]]),
            0.3,
        ),
        (
            np.array([0.3, 1.0, -1.0, 2.0, 0.7]),
            np.array(
                [
                    [1.0, 0.0, 2.0],
                    [0.5, 1.0, -1.0],
                    [0.0, 2.0, 1.0],
                    [1.0, 1.0, 0.0],
                    [-1.0, 0.5, 1.0],
                ]
            ),
            1.7,
        ),
    ],
    slips=[
        Slip("points_by_points", _points_by_points, before_shape=True),
        Slip.formula(
            "uphill",
            lambda r, J, lam: -_gauss_newton_step(r, J, lam),
            "This step climbs: $J^Tr$ is the gradient, and the step solves for *minus* it.",
        ),
        Slip.formula(
            "no_damping",
            _shifted(lambda J, lam: 0.0),
            "You solve with $J^TJ$ alone; $\\lambda I$ belongs to the matrix.",
        ),
        Slip.formula(
            "every_entry",
            _shifted(lambda J, lam: lam),
            "`J.T @ J + damping` adds $\\lambda$ to *every* entry. $\\lambda I$ sits on the diagonal: `damping * np.eye(n)`.",
        ),
        Slip.formula(
            "outside",
            lambda r, J, lam: _gauss_newton_step(r, J, 0.0) / (1 + lam),
            "You shorten the undamped step. $\\lambda$ inside the matrix also *turns* it, most where $J^TJ$ is flat.",
        ),
        Slip.formula(
            "step_size",
            lambda r, J, lam: lam * _gauss_newton_step(r, J, 0.0),
            "$\\lambda$ stands in front like a step size. It belongs inside, added to the diagonal of $J^TJ$.",
        ),
        Slip.formula(
            "gradient_only",
            lambda r, J, lam: -J.T @ r,
            "That is $-g$, a gradient step: the curvature $J^TJ$ is not used.",
        ),
        Slip.formula(
            "scaled_diagonal",
            _shifted(lambda J, lam: lam * np.diag(np.diag(J.T @ J))),
            "You multiply the diagonal of $J^TJ$ by $1 + \\lambda$, Marquardt's variant. Here $\\lambda I$ is asked.",
        ),
        Slip.formula(
            "minus_damping",
            _shifted(lambda J, lam: _identity(J, -lam)),
            "You subtract $\\lambda I$. Damping makes the matrix *larger*, and the step shorter.",
        ),
        Slip.formula(
            "squared_damping",
            _shifted(lambda J, lam: _identity(J, lam**2)),
            "$\\lambda$ enters squared. If you stack rows under $J$, they are those of $\\sqrt\\lambda\\,I$.",
        ),
        Slip.formula(
            "entry_by_entry",
            lambda r, J, lam: -J.T @ r / (np.diag(J.T @ J) + lam),
            "You divide entry by entry by the diagonal. The other entries of $J^TJ$ couple the parameters: solve with the whole matrix.",
        ),
        Slip.formula(
            "twice_the_gradient",
            lambda r, J, lam: 2 * _gauss_newton_step(r, J, lam),
            "The step is twice too long: the gradient of $\\frac12\\|r\\|^2$ is $J^Tr$, without a 2.",
        ),
        Slip.formula(
            "doubled",
            lambda r, J, lam: np.linalg.solve(2 * J.T @ J + _identity(J, lam), -2 * J.T @ r),
            "These are the derivatives of $\\|r\\|^2$. The loss is $\\frac12\\|r\\|^2$, and $\\lambda$ would now count half.",
        ),
        Slip.formula(
            "mean",
            lambda r, J, lam: np.linalg.solve(
                J.T @ J / len(r) + _identity(J, lam), -J.T @ r / len(r)
            ),
            "You average over the residuals. The loss here is a *sum*, so $\\lambda$ would count $m$ times.",
        ),
    ],
    mutants=mutants.GAUSS_NEWTON_STEP,
    hints=[
        "Take Newton's step and put $J^TJ + \\lambda I$ in the place of $H$; what is the gradient of $\\frac12\\|r\\|^2$?",
        "$g = J^Tr$, and $\\lambda I$ is `damping * np.eye(n)` with `n = J.shape[1]`.",
        "`np.linalg.solve(J.T @ J + damping * np.eye(J.shape[1]), -J.T @ r)`",
    ],
    discussion=(
        "With $\\lambda = 0$ it is the least-squares solution of $J\\Delta = -r$: the curve is replaced by its tangent, and the "
        "tangent is fitted. For large problems one solves that with QR (`np.linalg.lstsq`), because $J^TJ$ squares the condition number."
    ),
    namespace={"np": np},
)
