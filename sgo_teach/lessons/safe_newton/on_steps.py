"""Exercises of lesson 04: a damped step that goes downhill, and the ratio that judges a step."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.safe_newton import mutants_steps as mutants

LESSON = "safe_newton"


# -- the damped step ----------------------------------------------------------------------------
def _damped_step(gradient, hessian, damping):
    """The pair (Δ, λ) with (H + λI)Δ = −g; shapes (n,), (n, n), λ > 0 → (n,), ().

    λ is the first of damping, 2·damping, 4·damping, … that makes H + λI positive definite.
    """
    identity = np.eye(len(gradient))
    while np.linalg.eigvalsh(hessian + damping * identity)[0] <= 0:
        damping = 2 * damping
    return np.linalg.solve(hessian + damping * identity, -gradient), damping


def _lowest(case, damping):
    return float(np.linalg.eigvalsh(case[1] + damping * np.eye(len(case[0])))[0])


def _no_pair(case, got, want):
    if isinstance(got, np.ndarray) and got.shape == want[0].shape:
        return "The step alone comes back. The next step needs to know $\\lambda$ too: `return delta, damping`."


def _swapped(case, got, want):
    if np.shape(got[0]) == () and np.shape(got[1]) == np.shape(want[0]):
        return "The pair is $(\\Delta, \\lambda)$, in this order; yours begins with the number."


def _every_entry(case, got, want):
    g, H, _ = case
    if not np.isfinite(got[1]) or (got[1] > 0 and np.allclose((H + got[1]) @ got[0], -g)):
        return (
            "Adding the number $\\lambda$ to a matrix adds it to *every* entry, and no $\\lambda$ makes that positive definite here. $\\lambda I$ sits on the diagonal only: "
            "`damping * np.eye(n)`."
        )


def _piled_up(case, got, want):
    g, H, damping = case
    total, k = damping, damping
    while np.linalg.eigvalsh(H + total * np.eye(len(g)))[0] <= 0:
        k = 2 * k
        total += k
    if total != want[1] and np.allclose((H + total * np.eye(len(g))) @ got[0], -g):
        return (
            f"Your step was solved with {total:g} on the diagonal: the matrix keeps what was added before. "
            "Add $\\lambda I$ to $H$ itself each time."
        )


def _uphill(case, got, want):
    if np.allclose(got[0], -want[0]):
        return f"The step climbs: $g^T\\Delta = {float(case[0] @ got[0]):+.3g}$. Solve for $-g$."


def _without(case, got, want):
    g, H, _ = case
    if got[1] == want[1] and np.allclose(H @ got[0], -g):
        return "Your step solves $H\\Delta = -g$: $\\lambda$ is found, and then left out."


def _still_indefinite(case, got, want):
    low = _lowest(case, got[1])
    if got[1] < want[1] and low <= 0:
        return (
            f"With your $\\lambda$ = {got[1]:g} the matrix $H + \\lambda I$ has the eigenvalue {low:.3g}. "
            "Positive definite means that *all* eigenvalues are positive; the determinant and the diagonal don't tell."
        )


def _too_large(case, got, want):
    if got[1] > want[1]:
        return (
            f"$\\lambda$ = {want[1]:g} is enough and yours is {got[1]:g}: try `damping` itself first, "
            "and double only while it fails."
        )


def _along_the_gradient(case, got, want):
    if got[1] == want[1] and np.allclose(got[0] * got[1], -case[0]):
        return "Your step is $-g/\\lambda$, gradient descent with a step length: $H$ belongs into the solve too."


def _undamped(case, got, want):
    if got[1] == 0:
        return (
            "$\\lambda = 0$ where $H$ is positive definite by itself. The list begins with `damping`: "
            "$\\lambda$ is to shrink slowly, by the rule that follows, not all at once."
        )


def _other_lambda(case, got, want):
    if got[1] < want[1]:
        return (
            f"$\\lambda$ = {got[1]:g} is not among {case[2]:g}, {2 * case[2]:g}, {4 * case[2]:g}, …: "
            "doubling is asked, not the smallest $\\lambda$ that works."
        )


damped_step = Exercise(
    name="damped_step",
    lesson=LESSON,
    stub='''def damped_step(gradient, hessian, damping):
    """The pair (Δ, λ) with (H + λI)Δ = −g; shapes (n,), (n, n), λ > 0 → (n,), ().

    λ is the first of damping, 2·damping, 4·damping, … that makes H + λI positive definite.
    """
    ...''',
    reference=_damped_step,
    cases=[
        (np.array([1.0, -2.0]), np.array([[1.0, 2.0], [2.0, 1.0]]), 0.3),
        (np.array([0.5, 1.0]), np.array([[-1.0, 0.2], [0.2, -2.0]]), 0.25),
        (
            np.array([1.0, -1.0, 2.0]),
            np.array([[2.0, 3.0, 0.0], [3.0, 1.0, 1.0], [0.0, 1.0, 4.0]]),
            0.1,
        ),
        (np.array([3.0, 1.0]), np.array([[4.0, 1.0], [1.0, 3.0]]), 0.5),
    ],
    slips=[
        Slip("no_pair", _no_pair, before_shape=True),
        Slip("swapped", _swapped, before_shape=True),
        Slip("every_entry", _every_entry, before_shape=True),
        Slip("piled_up", _piled_up),
        Slip("uphill", _uphill),
        Slip("damping_left_out", _without),
        Slip("along_the_gradient", _along_the_gradient),
        Slip("undamped", _undamped),
        Slip("still_indefinite", _still_indefinite),
        Slip("too_large", _too_large),
        Slip("other_lambda", _other_lambda),
    ],
    mutants=mutants.DAMPED_STEP,
    hints=[
        "The eigenvalues of $H + \\lambda I$ are $h_i + \\lambda$: `np.linalg.eigvalsh` sorts them, the smallest first.",
        "`while np.linalg.eigvalsh(hessian + damping * I)[0] <= 0:` double `damping`; then solve once.",
        "`np.linalg.solve(hessian + damping * np.eye(len(gradient)), -gradient)`, and return the pair.",
    ],
    discussion=(
        "Large programs try a Cholesky factorisation instead of computing eigenvalues: it exists just where the matrix "
        "is positive definite, and then it is the solver as well "
        "(`sgo_teach.solvers.quadratic_model.positive_definite_step`)."
    ),
    namespace={"np": np},
)


# -- the reduction ratio ------------------------------------------------------------------------
def _reduction_ratio(before, after, gradient, hessian, delta):
    """ρ = (L(θ + Δ) − L(θ)) / (m(Δ) − m(0)); before = L(θ), after = L(θ + Δ), gradient (n,),
    hessian (n, n) and delta (n,) at θ → ().
    """
    return (after - before) / (gradient @ delta + 0.5 * delta @ hessian @ delta)


def _size_alone(case, got, want):
    if want < 0 and np.isclose(got, -want):
        return f"Here the loss rose by {case[1] - case[0]:g} where a fall was promised: $\\rho$ is negative. An absolute value hides that."


def _clipped(case, got, want):
    if (got == 0 and want < 0) or (got == 1 and want > 1):
        return f"$\\rho$ is {want:.3g} here and yours is cut off at {got:g}. How far it lies outside says how wrong the model is."


reduction_ratio = Exercise(
    name="reduction_ratio",
    lesson=LESSON,
    stub='''def reduction_ratio(before, after, gradient, hessian, delta):
    """ρ = (L(θ + Δ) − L(θ)) / (m(Δ) − m(0)); before = L(θ), after = L(θ + Δ), gradient (n,),
    hessian (n, n) and delta (n,) at θ → ().
    """
    ...''',
    reference=_reduction_ratio,
    cases=[
        (
            5.0,
            3.5,
            np.array([-2.0, 1.0]),
            np.array([[2.0, 0.5], [0.5, 1.0]]),
            np.array([0.9, -0.3]),
        ),
        (
            -1.0,
            0.5,
            np.array([1.0, 2.0, 0.5]),
            np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.3], [0.0, 0.3, 1.0]]),
            np.array([-0.2, -0.7, -0.1]),
        ),
    ],
    slips=[
        Slip("size_alone", _size_alone),
        Slip("clipped", _clipped),
        Slip.formula(
            "upside_down",
            lambda b, a, g, H, d: (g @ d + 0.5 * d @ H @ d) / (a - b),
            "It is upside down: what *came* stands above, what was *promised* below.",
        ),
        Slip.formula(
            "sign",
            lambda b, a, g, H, d: (b - a) / (g @ d + 0.5 * d @ H @ d),
            "The sign is lost: a fall above and a promised fall below, both negative, make $\\rho$ positive.",
        ),
        Slip.formula(
            "half_lost",
            lambda b, a, g, H, d: (a - b) / (g @ d + d @ H @ d),
            "The promise is $g^T\\Delta + \\frac12\\Delta^TH\\Delta$: the ½ is lost.",
        ),
        Slip.formula(
            "first_order",
            lambda b, a, g, H, d: (a - b) / (g @ d),
            "You measure against the slope alone. The promise of the *quadratic* model has the curvature in it.",
        ),
        Slip.formula(
            "newton_only",
            lambda b, a, g, H, d: (a - b) / (0.5 * g @ d),
            "$\\frac12 g^T\\Delta$ is the promise for the plain Newton step only. Here $\\Delta$ may be any step.",
        ),
        Slip.formula(
            "values_for_changes",
            lambda b, a, g, H, d: a / (b + g @ d + 0.5 * d @ H @ d),
            "You divide values, not *changes*. Add 100 to the loss and your ratio changes; $\\rho$ must not.",
        ),
        Slip.formula(
            "value_in_the_promise",
            lambda b, a, g, H, d: (a - b) / (b + g @ d + 0.5 * d @ H @ d),
            "Below stands the *change* of the model, $m(\\Delta) - m(0)$: take $L(\\theta)$ away.",
        ),
        Slip.formula(
            "difference",
            lambda b, a, g, H, d: (a - b) - (g @ d + 0.5 * d @ H @ d),
            "You subtract promise and result; a ratio has no units, and that is why thresholds like ¼ make sense.",
        ),
    ],
    mutants=mutants.REDUCTION_RATIO,
    hints=[
        "Two changes, one over the other. The upper one needs two numbers only.",
        "The lower one is $m(\\Delta) - m(0) = g^T\\Delta + \\frac12\\Delta^TH\\Delta$.",
    ],
    discussion=(
        "$\\rho = 1$: the model foretold the change exactly. $\\rho < 0$: the loss rose. $H$ is the undamped Hessian, also where "
        "the step was damped: the question is whether the *model* is right. Close to a minimum both changes drown in rounding; "
        "`sgo_teach.solvers.quadratic_model.reduction_ratio` takes care of that, yours need not."
    ),
    namespace={"np": np},
)
