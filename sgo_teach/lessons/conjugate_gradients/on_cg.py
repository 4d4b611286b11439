"""Exercise of lesson 08: conjugate gradients in about ten lines."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.conjugate_gradients import mutants_cg as mutants
from sgo_teach.lessons.conjugate_gradients.vectors import Bare, Counted

LESSON = "conjugate_gradients"


def _cg(product, b, tolerance, max_steps):
    """x (n,) with Hx ≈ b by conjugate gradients from x = 0, H symmetric positive definite.

    product is p ↦ Hp, called once a step and at most max_steps times.
    Stop as soon as ‖r‖ ≤ tolerance·‖b‖.
    Use only + - * / and @ on vectors: the same lines then serve numpy and torch.
    """
    x, r, p = 0 * b, b, b
    rr = r @ r
    enough = tolerance**2 * rr
    for _ in range(max_steps):
        if rr <= enough:
            break
        Hp = product(p)
        alpha = rr / (p @ Hp)
        x, r = x + alpha * p, r - alpha * Hp
        before, rr = rr, r @ r
        p = r + (rr / before) * p
    return x


_A = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]])
_B = np.array([1.0, -2.0, 0.5])
_A5 = np.diag([1.0, 2.0, 5.0, 9.0, 30.0]) + 0.5 * np.ones((5, 5))
_B5 = np.array([3.0, -1.0, 2.0, 4.0, -5.0])


def _cases():
    """Fresh counters every time."""
    return [
        (Counted(_A, 11), _B, 1e-10, 10),
        (Counted(_A5, 3), _B5, 1e-10, 2),
        (Counted(_A5, 4), _B5, 1e-10, 3),
        (Counted(_A5, 11), 10 * _B5, 0.3, 10),
        (Counted(_A5, 11), 0.001 * _B5, 0.03, 10),
        (Counted(_A, 11), 0 * _B, 1e-10, 10),
        (Counted(_A, 11), Bare([2.0, 1.0, -1.0]), 1e-10, 10),
    ]


def _walk(alpha=None, beta=None, sign=-1.0, enough=None, extra=0):
    """Another CG: one thing done differently."""
    alpha = alpha or (lambda r, p, Hp: (r @ r) / (p @ Hp))
    beta = beta or (lambda new, r, p, Hp, b: (new @ new) / (r @ r))
    enough = enough or (lambda rr, bb, tolerance: rr <= tolerance**2 * bb)

    def walked(product, b, tolerance, max_steps):
        x, r, p = 0 * b, b, b
        for _ in range(max_steps + extra):
            if enough(r @ r, b @ b, tolerance):
                break
            Hp = product(p)
            x, new = x + alpha(r, p, Hp) * p, r + sign * alpha(r, p, Hp) * Hp
            p, r = new + beta(new, r, p, Hp, b) * p, new
        return x

    return walked


def _in_place(product, b, tolerance, max_steps):
    """What `r -= alpha * Hp` does where r, p and b begin as one array."""
    x, r, p, rr = 0 * b, b, b, b @ b
    enough = tolerance**2 * rr
    for _ in range(max_steps):
        if rr <= enough:
            break
        Hp = product(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r -= alpha * Hp
        before, rr = rr, r @ r
        p = r + (rr / before) * p
    return x


def _zero_right_side(case, got, want):
    if isinstance(got, np.ndarray) and not case[1].any() and np.isnan(got).any():
        return (
            "For $b = 0$ it returns NaN: zero is divided by zero. The test for stopping comes "
            "*before* the step, and with ≤, not <: then $x = 0$ is returned at once."
        )


def _residual_returned(case, got, want):
    product, b = case[:2]
    if np.shape(got) == b.shape and b.any() and np.allclose(got, b - product.H @ want, atol=1e-10):
        return "You return the residual $r$; the iterate $x$ is asked."


def _other_count(case, got, want):
    product, b, tolerance, max_steps = case
    runs = [_cg(Counted(product.H, 99), b, 0.0, k) for k in range(11)]
    made, due = (
        next((k for k, x in enumerate(runs) if np.allclose(x, sought, rtol=1e-9)), None)
        for sought in (got, want)
    )
    if made is not None and made != due:
        return (
            f"The steps are right, but it makes {made} of them where {due} are due "
            f"(tolerance {tolerance:g}, max_steps {max_steps}). Look at what ends the loop: "
            "$\\|r\\|$, not its square, relative to $\\|b\\|$; and at where `return` stands."
        )


def _stale_alpha(product, b, tolerance, max_steps):
    first = b @ b
    return _walk(alpha=lambda r, p, Hp: first / (p @ Hp))(product, b, tolerance, max_steps)


cg = Exercise(
    name="cg",
    lesson=LESSON,
    stub='''def cg(product, b, tolerance, max_steps):
    """x (n,) with Hx ≈ b by conjugate gradients from x = 0, H symmetric positive definite.

    product is p ↦ Hp, called once a step and at most max_steps times.
    Stop as soon as ‖r‖ ≤ tolerance·‖b‖.
    Use only + - * / and @ on vectors: the same lines then serve numpy and torch.
    """
    ...''',
    reference=_cg,
    cases=_cases,
    slips=[
        Slip("zero_right_side", _zero_right_side, before_shape=True),
        Slip.formula(
            "steepest_descent",
            _walk(beta=lambda new, r, p, Hp, b: 0.0),
            "That is steepest descent: the next direction is $r$ alone. Add $\\beta p$, or it zigzags.",
            before_shape=True,
        ),
        Slip.formula(
            "uphill",
            _walk(sign=1.0),
            "The residual grows: $x$ moves by $+\\alpha p$, so $r = b - Hx$ changes by $-\\alpha Hp$.",
            before_shape=True,
        ),
        Slip.formula(
            "minus_beta",
            _walk(beta=lambda new, r, p, Hp, b: -(new @ new) / (r @ r)),
            "The sign of $\\beta$: the new direction is $r + \\beta p$. With a minus it is not conjugate to the last one.",
            before_shape=True,
        ),
        Slip.formula(
            "beta_upside_down",
            _walk(beta=lambda new, r, p, Hp, b: (r @ r) / (new @ new)),
            "$\\beta$ is upside down: new $r^Tr$ over old.",
            before_shape=True,
        ),
        Slip.formula(
            "root_in_beta",
            _walk(beta=lambda new, r, p, Hp, b: np.sqrt((new @ new) / (r @ r))),
            "$\\beta$ is a quotient of *squared* lengths; yours is one of lengths.",
            before_shape=True,
        ),
        Slip.formula(
            "stale_residual",
            _walk(beta=lambda new, r, p, Hp, b: (new @ new) / (b @ b)),
            "Your $\\beta$ divides by the first $r^Tr$ for ever: the old value has to move along.",
            before_shape=True,
        ),
        Slip.formula(
            "stale_alpha",
            _stale_alpha,
            "Your $\\alpha$ keeps the first $r^Tr$ in its numerator: it has to be computed anew at every step.",
            before_shape=True,
        ),
        Slip.formula(
            "no_curvature",
            _walk(alpha=lambda r, p, Hp: (r @ r) / (p @ p)),
            "Where is the curvature? $\\alpha = r^Tr / p^THp$, and you divide by $p^Tp$.",
            before_shape=True,
        ),
        Slip.formula(
            "length_of_p",
            _walk(alpha=lambda r, p, Hp: (p @ p) / (p @ Hp)),
            "The numerator of $\\alpha$ is $r^Tr$; $p^Tp$ is larger from the second step on.",
            before_shape=True,
        ),
        Slip.formula(
            "in_place",
            _in_place,
            "`-=` and `+=` change an array in place, and at the start $b$, $r$ and $p$ are the same array. Write `r = r - alpha * Hp`.",
            before_shape=True,
        ),
        Slip("residual_returned", _residual_returned, before_shape=True),
        Slip("other_count", _other_count, before_shape=True),
    ],
    mutants=mutants.CG,
    hints=[
        "Before the loop: $x = 0$, $r = p = b$, and the number $r^Tr$. In the loop: is it enough? Else one product, one step, one new direction.",
        "`0 * b` is a zero vector of either library. $\\|r\\| \\leq \\varepsilon\\|b\\|$ is the same as $r^Tr \\leq \\varepsilon^2\\, b^Tb$: no root, no library.",
        "`Hp = product(p)`, `alpha = rr / (p @ Hp)`, then new `x` and `r`; keep the old `rr`, compute the new one, and `p = r + rr_new / rr_old * p`.",
    ],
    discussion=(
        "One product, two inner products and three updates a step, and four vectors of memory: $x$, $r$, $p$, $Hp$. "
        "Nothing older is needed, and that is the wonder of the method. "
        "Lessons 09 to 12 hand this function products with networks' curvatures. "
        "The package's own, `sgo_teach.solvers.cg`, adds stop rules, a preconditioner and reports."
    ),
    tolerance=1e-7,
    namespace={"np": np},
)
