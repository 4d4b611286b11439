"""Exercise of lesson 01: a Taylor polynomial in sympy."""

from __future__ import annotations

import sympy as sp

from sgo_teach.checks import Exercise, Slip, same_expression
from sgo_teach.lessons.taylor_expansion import mutants

x = sp.symbols("x", real=True)


def _taylor_polynomial(f, x, a, n):
    """Taylor polynomial of f about x = a, of degree n (sympy)."""
    terms = [sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a) ** k for k in range(n + 1)]
    return sum(terms)


def _at(f, x, a, k):
    """The k-th derivative of f at a."""
    return sp.diff(f, x, k).subs(x, a)


def _made_of(term, message):
    """A slip for an answer that sums other terms, for k = 0, …, n."""

    def when(case, got, want):
        f, x, a, n = case
        return (
            message if same_expression(got, sum(term(f, x, a, k) for k in range(n + 1))) else None
        )

    return when


def _degree(case, got, want):
    f, x, a, n = case
    for degree in (n - 1, n + 1):
        if same_expression(got, _taylor_polynomial(f, x, a, degree)):
            return f"Your polynomial has degree {degree}, not {n}: does the sum run over `range(n + 1)`?"


def _first_missing(case, got, want):
    f, x, a, n = case
    if same_expression(got, want - f.subs(x, a)):
        return "The term for $k = 0$ is missing: at $x = a$ your polynomial is 0, not $f(a)$."


def _only_the_last(case, got, want):
    f, x, a, n = case
    if same_expression(got, want - _taylor_polynomial(f, x, a, n - 1)):
        return "Only the last term is left: add the terms up, with `+=` or `sum`."


def _only_the_value(case, got, want):
    f, x, a, n = case
    if same_expression(got, f.subs(x, a)):
        return (
            "Only $f(a)$ is left: `.subs(x, a)` comes before `diff` or catches $(x - a)$ too, "
            "or the `return` stands inside the loop."
        )


def _foreign_x(case, got, want):
    f, x, a, n = case
    if same_expression(got, f):
        return (
            "You get $f$ itself: a new `sp.symbols('x')` is another $x$, and $f$ does not depend on it. "
            "Use the argument `x`."
        )


taylor_polynomial = Exercise(
    name="taylor_polynomial",
    lesson="taylor_expansion",
    stub='''def taylor_polynomial(f, x, a, n):
    """Taylor polynomial of f about x = a, of degree n (sympy)."""
    ...''',
    reference=_taylor_polynomial,
    cases=[
        (sp.sin(x), x, sp.Integer(1), 3),
        (sp.exp(2 * x), x, sp.Rational(1, 2), 4),
        (1 / (1 + x**2), x, sp.Integer(-2), 3),
    ],
    slips=[
        Slip("degree", _degree),
        Slip("only_the_value", _only_the_value),
        Slip("first_missing", _first_missing),
        Slip("only_the_last", _only_the_last),
        Slip("foreign_x", _foreign_x),
        Slip(
            "no_factorial",
            _made_of(
                lambda f, x, a, k: _at(f, x, a, k) * (x - a) ** k,
                "The terms are not divided by $k!$: "
                "differentiate your answer twice and compare with $f''(a)$.",
            ),
        ),
        Slip(
            "k_for_factorial",
            _made_of(
                lambda f, x, a, k: _at(f, x, a, k) / max(k, 1) * (x - a) ** k,
                "You divide by $k$ instead of $k!$: for $k = 3$ it is $3! = 6$.",
            ),
        ),
        Slip(
            "powers_of_x",
            _made_of(
                lambda f, x, a, k: _at(f, x, a, k) / sp.factorial(k) * x**k,
                "The powers are of $x$, not of $x - a$: at $x = a$ your polynomial misses $f(a)$.",
            ),
        ),
        Slip(
            "a_minus_x",
            _made_of(
                lambda f, x, a, k: _at(f, x, a, k) / sp.factorial(k) * (a - x) ** k,
                "The way from $a$ to $x$ is $x - a$; yours has the other sign in odd powers.",
            ),
        ),
        Slip(
            "wrong_side",
            _made_of(
                lambda f, x, a, k: _at(f, x, a, k) / sp.factorial(k) * (x + a) ** k,
                "You use $(x + a)^k$: the way from $a$ to $x$ is $x - a$.",
            ),
        ),
        Slip(
            "not_at_a",
            _made_of(
                lambda f, x, a, k: sp.diff(f, x, k) / sp.factorial(k) * (x - a) ** k,
                "The derivatives still depend on $x$: put `.subs(x, a)` behind them.",
            ),
        ),
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
