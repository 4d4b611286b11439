"""What goes wrong with conjugate gradients, each wrong way with a name and an advice."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Slip
from sgo_teach.lessons.conjugate_gradients.vectors import Counted


def _quotient(new, r, b):
    return (new @ new) / (r @ r)


def _walk(alpha=None, beta=_quotient, sign=-1.0, along=None, turned=None, start=0.0):
    """Another CG: one thing done differently."""
    alpha = alpha or (lambda r, p, Hp: (r @ r) / (p @ Hp))
    along = along or (lambda p, r, new: p)
    turned = turned or (lambda new, p, b, beta: new + beta * p)

    def walked(product, b, tolerance, max_steps):
        x, r, p = start * b, b, b
        for _ in range(max_steps):
            if not tolerance**2 * (b @ b) < r @ r < 1e60:  # a wrong way may run off
                break
            Hp = product(p)
            length = alpha(r, p, Hp)
            new = r + sign * length * Hp
            x = x + length * along(p, r, new)
            p, r = turned(new, p, b, beta(new, r, b)), new
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


def _one_number(case, got, want):
    if isinstance(got, int | float):
        return "That is one number; $x$ is asked, a vector like $b$."


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
    runs = [_walk()(Counted(product.H, 99), b, 0.0, k) for k in range(11)]
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


CG = [
    Slip("one_number", _one_number, before_shape=True),
    Slip("zero_right_side", _zero_right_side, before_shape=True),
    Slip.formula(
        "steepest_descent",
        _walk(beta=lambda new, r, b: 0.0),
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
        _walk(beta=lambda new, r, b: -(new @ new) / (r @ r)),
        "The sign of $\\beta$: the new direction is $r + \\beta p$. With a minus it is not conjugate to the last one.",
        before_shape=True,
    ),
    Slip.formula(
        "beta_upside_down",
        _walk(beta=lambda new, r, b: (r @ r) / (new @ new)),
        "$\\beta$ is upside down: new $r^Tr$ over old.",
        before_shape=True,
    ),
    Slip.formula(
        "root_in_beta",
        _walk(beta=lambda new, r, b: np.sqrt((new @ new) / (r @ r))),
        "$\\beta$ is a quotient of *squared* lengths; yours is one of lengths.",
        before_shape=True,
    ),
    Slip.formula(
        "beta_one",
        _walk(beta=lambda new, r, b: 1.0),
        "Your $\\beta$ is 1 at every step: the old $r^Tr$ is overwritten before it is used. Keep both.",
        before_shape=True,
    ),
    Slip.formula(
        "stale_residual",
        _walk(beta=lambda new, r, b: (new @ new) / (b @ b)),
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
        "alpha_upside_down",
        _walk(alpha=lambda r, p, Hp: (p @ Hp) / (r @ r)),
        "$\\alpha$ is upside down: $r^Tr$ over the curvature $p^THp$. Where the bowl is steep the step is short.",
        before_shape=True,
    ),
    Slip.formula(
        "backwards",
        _walk(along=lambda p, r, new: -p),
        "$x$ walks the other way: it moves by $+\\alpha p$, and then $r = b - Hx$ changes by $-\\alpha Hp$.",
        before_shape=True,
    ),
    Slip.formula(
        "along_r",
        _walk(along=lambda p, r, new: r),
        "$x$ moves along $r$, and $\\alpha$ was made for $p$: $x \\leftarrow x + \\alpha p$.",
        before_shape=True,
    ),
    Slip.formula(
        "along_new_r",
        _walk(along=lambda p, r, new: new),
        "$x$ moves along the new $r$, and $\\alpha$ was made for $p$: $x \\leftarrow x + \\alpha p$.",
        before_shape=True,
    ),
    Slip.formula(
        "beta_times_r",
        _walk(turned=lambda new, p, b, beta: new + beta * new),
        "The new direction points along $r$ alone: $\\beta$ belongs to the old direction $p$, $p \\leftarrow r + \\beta p$.",
        before_shape=True,
    ),
    Slip.formula(
        "from_b",
        _walk(turned=lambda new, p, b, beta: b + beta * p),
        "Each direction starts from $b$, the first residual: it has to start from the new one, $p \\leftarrow r + \\beta p$.",
        before_shape=True,
    ),
    Slip.formula(
        "starts_at_b",
        _walk(start=1.0),
        "$x$ starts at $b$ and not at 0, yet $r = b$ belongs to $x = 0$. A zero vector of either library is `0 * b`.",
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
]
