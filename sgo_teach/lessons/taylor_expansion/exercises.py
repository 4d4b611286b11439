"""The exercises of lesson 01; its predictions and quiz come with them."""

from __future__ import annotations

import numpy as np
import sympy as sp

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.taylor_expansion import mutants
from sgo_teach.lessons.taylor_expansion.questions import (
    halve_the_distance,
    more_terms,
    on_a_dome,
    questions,
)

__all__ = [
    "classify",
    "descend",
    "halve_the_distance",
    "more_terms",
    "newton_step",
    "on_a_dome",
    "quadratic_model",
    "questions",
    "taylor_polynomial",
]
LESSON = "taylor_expansion"
x = sp.symbols("x", real=True)


# -- a Taylor polynomial ------------------------------------------------------------------------
def _taylor_polynomial(f, x, a, n):
    """Taylor polynomial of f about x = a, of degree n (sympy)."""
    terms = [sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a) ** k for k in range(n + 1)]
    return sum(terms)


def _same(u, v) -> bool:
    return sp.simplify(sp.sympify(u) - sp.sympify(v)) == 0


def _one_term_short(case, got, want):
    f, x, a, n = case
    if _same(got, _taylor_polynomial(f, x, a, n - 1)):
        return f"Your polynomial has degree {n - 1}, not {n}: `range(n)` ends at $n - 1$."


def _no_factorial(case, got, want):
    f, x, a, n = case
    raw = sum(sp.diff(f, x, k).subs(x, a) * (x - a) ** k for k in range(n + 1))
    if _same(got, raw):
        return "The terms are not divided by $k!$: differentiate your answer twice and compare with $f''(a)$."


def _factor_k(case, got, want):
    f, x, a, n = case
    k_only = sum(sp.diff(f, x, k).subs(x, a) / max(k, 1) * (x - a) ** k for k in range(n + 1))
    if _same(got, k_only):
        return "You divide by $k$ instead of $k!$: the third term needs $3! = 6$."


def _powers_of_x(case, got, want):
    f, x, a, n = case
    moved = sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * x**k for k in range(n + 1))
    if _same(got, moved):
        return f"The powers are of $x$, not of $x - a$: at $x = a = {sp.latex(a)}$ you miss $f(a)$."


def _wrong_side(case, got, want):
    f, x, a, n = case
    moved = sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x + a) ** k for k in range(n + 1))
    if _same(got, moved):
        return "You use $(x + a)^k$: the distance from $a$ to $x$ is $x - a$."


def _not_at_a(case, got, want):
    f, x, a, n = case
    free = sum(sp.diff(f, x, k) / sp.factorial(k) * (x - a) ** k for k in range(n + 1))
    if _same(got, free):
        return "The derivatives still depend on $x$: put `.subs(x, a)` behind them."


taylor_polynomial = Exercise(
    name="taylor_polynomial",
    lesson=LESSON,
    stub='''def taylor_polynomial(f, x, a, n):
    """Taylor polynomial of f about x = a, of degree n (sympy)."""
    ...''',
    reference=_taylor_polynomial,
    cases=[
        (sp.sin(x), x, sp.Integer(1), 3),
        (sp.exp(2 * x), x, sp.Rational(1, 2), 4),
        (1 / (1 + x**2), x, sp.Integer(-1), 3),
    ],
    slips=[
        Slip("degree_one_short", _one_term_short),
        Slip("no_factorial", _no_factorial),
        Slip("k_for_factorial", _factor_k),
        Slip("powers_of_x", _powers_of_x),
        Slip("wrong_side", _wrong_side),
        Slip("not_at_a", _not_at_a),
    ],
    mutants=mutants.TAYLOR_POLYNOMIAL,
    hints=[
        "One term for each $k = 0, 1, …, n$; `sp.diff(f, x, k)` is the $k$-th derivative, also for $k = 0$.",
        "The derivative has to be taken first and evaluated at $a$ after that: `.subs(x, a)`.",
        "`sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a)**k`, summed over `range(n + 1)`.",
    ],
    discussion=(
        "The factor $1/k!$ is what makes the $k$-th derivative of the polynomial at $a$ "
        "equal to $f^{(k)}(a)$: differentiating $(x-a)^k$ exactly $k$ times leaves $k!$."
    ),
    namespace={"sp": sp},
)


# -- the quadratic model ------------------------------------------------------------------------
def _quadratic_model(value, gradient, hessian, delta):
    """m(Δ) = L + gᵀΔ + ½ ΔᵀHΔ; shapes (), (n,), (n, n), (n,) → ()."""
    return value + gradient @ delta + 0.5 * delta @ hessian @ delta


def _model_slip(formula, message):
    """A slip for an answer that equals another formula."""

    def when(case, got, want):
        return message if np.allclose(got, formula(*case), rtol=1e-9, atol=1e-12) else None

    return when


def _kept_a_vector(case, got, want):
    n = len(case[3])
    if np.shape(got) == (n,):
        return (
            f"The model is one number, but yours has shape ({n},): "
            "`*` multiplies entry by entry, `@` is the inner product."
        )


quadratic_model = Exercise(
    name="quadratic_model",
    lesson=LESSON,
    stub='''def quadratic_model(value, gradient, hessian, delta):
    """m(Δ) = L + gᵀΔ + ½ ΔᵀHΔ; shapes (), (n,), (n, n), (n,) → ()."""
    ...''',
    reference=_quadratic_model,
    cases=[
        (2.0, np.array([1.0, -3.0]), np.array([[4.0, 1.0], [1.0, 2.0]]), np.array([0.5, 0.25])),
        (-1.0, np.array([0.5, 2.0, -1.0]), np.diag([1.0, -2.0, 3.0]), np.array([1.0, -1.0, 2.0])),
    ],
    slips=[
        Slip("entry_by_entry", _kept_a_vector, before_shape=True),
        Slip(
            "half_lost",
            _model_slip(
                lambda L, g, H, d: L + g @ d + d @ H @ d,
                "The factor ½ is lost: the second derivative of your model is $2H$, not $H$.",
            ),
        ),
        Slip(
            "value_lost",
            _model_slip(
                lambda L, g, H, d: g @ d + 0.5 * d @ H @ d,
                "At $\\Delta = 0$ your model is 0, but it should be $L$: the value is missing.",
            ),
        ),
        Slip(
            "slope_lost",
            _model_slip(
                lambda L, g, H, d: L + 0.5 * d @ H @ d,
                "The slope of your model at $\\Delta = 0$ is zero: the term $g^T\\Delta$ is missing.",
            ),
        ),
        Slip(
            "minus",
            _model_slip(
                lambda L, g, H, d: L - g @ d + 0.5 * d @ H @ d,
                "Along the gradient your model falls: a Taylor polynomial has $+\\,g^T\\Delta$.",
            ),
        ),
        Slip(
            "curvature_of_gradient",
            _model_slip(
                lambda L, g, H, d: L + g @ d + 0.5 * g @ H @ d,
                "The last term has $\\Delta$ on both sides of $H$: $\\frac12\\Delta^T H \\Delta$.",
            ),
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


# -- the Newton step ----------------------------------------------------------------------------
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


def _step_slip(formula, message):
    return lambda case, got, want: message if np.allclose(got, formula(*case)) else None


newton_step = Exercise(
    name="newton_step",
    lesson=LESSON,
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
        Slip(
            "first_order",
            _step_slip(
                lambda g, H: -g,
                "That is the steepest-descent direction $-g$; the curvature $H$ is not used yet.",
            ),
        ),
        Slip(
            "multiplied",
            _step_slip(
                lambda g, H: -H @ g,
                "You multiply by $H$, but the step is divided by the curvature: solve $H\\Delta = -g$.",
            ),
        ),
        Slip(
            "diagonal_only",
            _step_slip(
                lambda g, H: -g / np.diag(H),
                "You divide by the diagonal of $H$: right only where the other entries are zero.",
            ),
        ),
        Slip(
            "entrywise_inverse",
            _step_slip(
                lambda g, H: -(1 / H) @ g,
                "`1 / hessian` inverts each entry; the inverse of a matrix is something else. "
                "`np.linalg.solve` needs no inverse at all.",
            ),
        ),
        Slip(
            "solved_twice",
            _step_slip(
                lambda g, H: -np.linalg.solve(H, np.linalg.solve(H, g)),
                "The curvature is divided out twice: solve once.",
            ),
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
        "In the third case $H$ has a negative eigenvalue: the step is still where the model is flat, "
        "but that is a saddle of the model, not its minimum."
    ),
    praise="$\\Delta$ is a *step*: the next point is $\\theta + \\Delta$, with a plus.",
    namespace={"np": np},
)


# -- what kind of point -------------------------------------------------------------------------
def _classify(hessian):
    """Say what a point with g = 0 is: "minimum", "maximum", "saddle" or "undecided"."""
    h = np.linalg.eigvalsh(hessian)
    zero = 1e-10 * np.abs(h).max()
    if h.min() < -zero and h.max() > zero:
        return "saddle"
    if h.min() > zero:
        return "minimum"
    return "maximum" if h.max() < -zero else "undecided"


def _by(rule, message):
    """A slip for a rule of thumb: it must explain this very answer."""
    return lambda case, got, want: message if got == rule(*case) and got != want else None


def _by_determinant(H):
    d = np.linalg.det(H)
    return "minimum" if d > 0 else "saddle" if d < 0 else "undecided"


def _by_diagonal(H):
    d = np.diag(H)
    return "minimum" if (d > 0).all() else "maximum" if (d < 0).all() else "saddle"


def _by_trace(H):
    return "minimum" if np.trace(H) > 0 else "maximum" if np.trace(H) < 0 else "saddle"


def _swapped(H):
    return {"minimum": "maximum", "maximum": "minimum"}.get(_classify(H), _classify(H))


def _never_undecided(H):
    return "minimum" if np.linalg.eigvalsh(H).min() > -1e-9 else "maximum"


classify = Exercise(
    name="classify",
    lesson=LESSON,
    stub='''def classify(hessian):
    """Say what a point with g = 0 is: "minimum", "maximum", "saddle" or "undecided"."""
    ...''',
    reference=_classify,
    cases=[
        (np.array([[2.0, 0.0], [0.0, 1.0]]),),
        (np.array([[-2.0, 0.5], [0.5, -1.0]]),),
        (np.array([[5.0, 0.0], [0.0, -1.0]]),),
        (np.array([[1.0, 3.0], [3.0, 1.0]]),),
        (np.diag([-1.0, -2.0, 3.0]),),
        (np.array([[1.0, 1.0], [1.0, 1.0]]),),
        (np.array([[-1.0, 0.0], [0.0, 0.0]]),),
        (np.diag([1.0, 0.0, -1.0]),),
    ],
    slips=[
        Slip(
            "zero_curvature",
            _by(
                _never_undecided,
                "An eigenvalue is zero here: the quadratic model is flat in that direction "
                "and cannot decide (compare $x^4$, $-x^4$ and $x^3$ at 0).",
            ),
        ),
        Slip(
            "determinant",
            _by(
                _by_determinant,
                "This answer follows the sign of the determinant. It is the *product* of the "
                "eigenvalues: two negative ones give a plus as well.",
            ),
        ),
        Slip(
            "diagonal",
            _by(
                _by_diagonal,
                "This answer follows the diagonal. Both diagonal entries of "
                "$\\begin{pmatrix}1&3\\\\3&1\\end{pmatrix}$ are positive, yet along $(1,-1)$ it curves down.",
            ),
        ),
        Slip(
            "trace",
            _by(
                _by_trace,
                "This answer follows the trace, the *sum* of the eigenvalues: one large positive one hides a negative one.",
            ),
        ),
        Slip(
            "swapped",
            _by(
                _swapped,
                "Minimum and maximum are swapped: curvature *up* in all directions is a bowl.",
            ),
        ),
    ],
    mutants=mutants.CLASSIFY,
    hints=[
        "Along an eigenvector of $H$ the model curves by its eigenvalue: `np.linalg.eigvalsh(hessian)`.",
        "All positive, all negative, some of each; and computed zeros are rarely exact, so compare with a small number.",
        "Look for a saddle first: one clearly negative and one clearly positive eigenvalue decide, whatever the others are.",
    ],
    discussion=(
        "`eigvalsh` is for symmetric matrices: real eigenvalues, sorted. "
        "The small number is relative to the largest eigenvalue, so that rescaling the loss changes nothing. "
        "A zero eigenvalue leaves the question open unless there are curvatures of both signs."
    ),
    namespace={"np": np},
)


# -- bug hunt -----------------------------------------------------------------------------------
def _descend(theta, gradient, hessian, steps):
    """Take Newton steps from theta; gradient and hessian are functions of theta."""
    for _ in range(steps):
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta + delta
    return theta


def _bowl_gradient(theta):
    return np.array([[3.0, 1.0], [1.0, 2.0]]) @ theta - np.array([1.0, 0.0])


def _bowl_hessian(theta):
    return np.array([[3.0, 1.0], [1.0, 2.0]])


def _runs_away(case, got, want):
    theta, gradient, hessian, steps = case
    far, near = np.linalg.norm(gradient(got)), np.linalg.norm(gradient(theta))
    if far > 1.5 * near:
        return (
            f"It still walks uphill: the gradient has grown from {near:.3g} to {far:.3g}. "
            "Count the minus signs between the gradient and the new point."
        )


def _crawls(case, got, want):
    theta, gradient, hessian, steps = case
    far, near = np.linalg.norm(gradient(got)), np.linalg.norm(gradient(theta))
    if 1e-8 * near < far < near:
        return (
            f"Downhill now, but not there yet: the gradient fell from {near:.3g} only to {far:.3g}. "
            "On a quadratic the full Newton step needs no step size and arrives in one step."
        )


def _never_moves(case, got, want):
    if np.allclose(got, case[0]):
        return "It never leaves its starting point: is the new point assigned to `theta`?"


def _only_the_step(case, got, want):
    theta, gradient, hessian, steps = case
    here = np.array(theta)
    for _ in range(steps):
        here = -np.linalg.solve(hessian(here), gradient(here))
    if np.allclose(got, here):
        return "The new point is the step alone: it has to be *added* to where you stand."


def _shaped(case, got, want):
    if np.shape(got) == np.shape(want) * 2:
        return "The result is a matrix: `gradient / hessian` divides entry by entry. Solve the system instead."


descend = Exercise(
    name="descend",
    lesson=LESSON,
    stub='''def descend(theta, gradient, hessian, steps):
    """Take Newton steps from theta; gradient and hessian are functions of theta."""
    for _ in range(steps):
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta - delta
    return theta''',
    reference=_descend,
    cases=[
        (np.array([2.0, -1.0]), _bowl_gradient, _bowl_hessian, 1),
        (np.array([-1.0, 3.0]), _bowl_gradient, _bowl_hessian, 3),
    ],
    slips=[
        Slip("a_matrix", _shaped, before_shape=True),
        Slip("stands_still", _never_moves),
        Slip("step_for_point", _only_the_step),
        Slip("uphill", _runs_away),
        Slip("crawls", _crawls),
    ],
    mutants=mutants.DESCEND,
    hints=[
        "Run it for one step on a bowl and print the loss before and after.",
        "$\\Delta = -H^{-1}g$ holds a minus already. What does a second one do?",
    ],
    discussion=(
        "Two conventions are both right: $\\Delta = -H^{-1}g$ with $\\theta + \\Delta$, "
        "or $d = H^{-1}g$ with $\\theta - d$. Mixing them walks uphill at full speed, "
        "and a step size in front makes it only slower. This course always adds $\\Delta$."
    ),
    namespace={"np": np},
)
