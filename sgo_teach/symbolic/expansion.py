"""Taylor polynomials, gradients, Hessians, quadratic models and Newton steps in sympy.

Symbols are taken to be real. Nocedal & Wright, *Numerical Optimization*, 2nd ed., 2006, ch. 2,
state Taylor's theorem in n dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

KINKED = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise, sp.floor, sp.ceiling)
NOT_A_VALUE = (sp.nan, sp.zoo, sp.oo, -sp.oo, sp.DiracDelta, sp.AccumBounds, sp.Limit)


def taylor_polynomial(expr: Any, x: sp.Symbol, at: Any, order: int) -> sp.Expr:
    """Σ_{j=0}^{order} f⁽ʲ⁾(at)/j! · (x − at)ʲ, from the derivatives one by one.

    Parameters
    ----------
    expr : sympy expression in x
    x : Symbol
    at : number or expression
        The expansion point.
    order : int
        Highest power, at least 0.

    Raises
    ------
    ValueError
        If order is negative, or a derivative up to that order has no finite real value at the
        point (a pole, a branch point, a kink).
    """
    at, t = sp.sympify(at), real_twin(x)
    polynomial = sp.Integer(0)
    for j, derivative in enumerate(derivatives(expr, x, t, order)):
        polynomial += _value_at(derivative, t, at, j) / sp.factorial(j) * (x - at) ** j
    return polynomial


def gradient(expr: Any, variables: Sequence[sp.Symbol]) -> sp.Matrix:
    """The column (n, 1) of first derivatives ∂L/∂θ_i."""
    return _derive(expr, variables, lambda L, t: [[sp.diff(L, a)] for a in t])


def hessian(expr: Any, variables: Sequence[sp.Symbol]) -> sp.Matrix:
    """The symmetric (n, n) matrix of second derivatives ∂²L/∂θ_i∂θ_j."""
    return _derive(expr, variables, lambda L, t: [[sp.diff(L, a, b) for b in t] for a in t])


def quadratic_model(
    expr: Any,
    variables: Sequence[sp.Symbol],
    at: Sequence[Any] | None = None,
    delta: Sequence[sp.Symbol] | None = None,
) -> sp.Expr:
    """m(Δ) = L + gᵀΔ + ½ ΔᵀHΔ with L, g and H taken at the expansion point.

    Parameters
    ----------
    expr : sympy expression in the variables
    variables : n Symbols
        The parameters θ.
    at : n numbers or expressions, optional
        The expansion point; a general θ if left out.
    delta : n Symbols, optional
        The components of Δ; `delta_symbols` if left out.

    Raises
    ------
    ValueError
        If the lengths differ, or L, g or H has no finite real value at the point.
    """
    delta = delta_symbols(variables) if delta is None else delta
    at = list(variables) if at is None else [sp.sympify(a) for a in at]
    if not len(variables) == len(at) == len(delta):
        raise ValueError(
            f"variables, at and delta must be equally many, "
            f"not {len(variables)}, {len(at)} and {len(delta)}"
        )
    parts = sp.Matrix([[expr]]), gradient(expr, variables), hessian(expr, variables)
    L, g, H = (_matrix_at(part, variables, at) for part in parts)
    step = sp.Matrix(delta)
    return (L + g.T * step + step.T * H * step / 2)[0, 0]


def newton_step(
    expr: Any, variables: Sequence[sp.Symbol], at: Sequence[Any] | None = None
) -> sp.Matrix:
    """The Δ (n, 1) that solves ∇m(Δ) = 0, that is H Δ = −g; the next point is at + Δ.

    Parameters
    ----------
    expr, variables, at
        As for `quadratic_model`.

    Raises
    ------
    ValueError
        As `quadratic_model`, or if H is singular at the point: then ∇m = 0 has no solution or
        many.
    """
    delta = delta_symbols(variables)
    slope = gradient(quadratic_model(expr, variables, at, delta), delta)
    solutions = list(sp.linsolve(slope.flat(), delta))
    if not solutions or sp.Matrix(solutions[0]).has(*delta):
        raise ValueError(
            f"no unique Newton step at {at}: the Hessian is singular there; "
            "choose another point or add damping λ‖Δ‖²/2 to the model"
        )
    return sp.Matrix(solutions[0]).applyfunc(sp.simplify)


def delta_symbols(variables: Sequence[sp.Symbol]) -> list[sp.Symbol]:
    """Real symbols Δ_x, Δ_y, ... for the components of a step."""
    return [sp.Symbol(rf"\Delta_{{{v.name}}}", real=True) for v in variables]


def real_twin(x: sp.Symbol) -> sp.Dummy:
    """A real symbol in place of x: sympy differentiates |x| cleanly only if x is real."""
    return sp.Dummy(x.name, real=True)


def derivatives(expr: Any, x: sp.Symbol, t: sp.Dummy, order: int) -> list[sp.Expr]:
    """f, f′, ..., f⁽ᵒʳᵈᵉʳ⁾ in t."""
    if order < 0:
        raise ValueError(f"order must be at least 0, not {order}")
    derivatives = [sp.sympify(expr).xreplace({x: t})]
    for _ in range(order):
        derivatives.append(sp.diff(derivatives[-1], t))
    return derivatives


def _derive(expr: Any, variables: Sequence[sp.Symbol], rows: Callable) -> sp.Matrix:
    """Matrix of derivatives made by rows(L, t) on real twins t of the variables."""
    twins = [real_twin(v) for v in variables]
    L = sp.sympify(expr).xreplace(dict(zip(variables, twins, strict=True)))
    return sp.Matrix(rows(L, twins)).xreplace(dict(zip(twins, variables, strict=True)))


def _value_at(derivative: sp.Expr, t: sp.Dummy, at: sp.Expr, j: int) -> sp.Expr:
    value = derivative.subs(t, at)
    if derivative.has(*KINKED):
        value = sp.nan if at.is_number and _jumps(derivative, t, at) else value
    elif value.has(*NOT_A_VALUE):
        value = _limit(derivative, t, at)
    return _finite_real(value, f"derivative {j}", t.name, at)


def _jumps(derivative: sp.Expr, t: sp.Dummy, at: sp.Expr) -> bool:
    """Whether a kink sits at the point: sympy puts |x|′ = sign(x) at 0 to a harmless 0."""
    aside = sp.Rational(1, 10**20)  # in 50 digits a continuous function changes by some 1e-20 here
    left, right = ((derivative.subs(t, at + side)).evalf(50) for side in (-aside, aside))
    return bool(abs(right - left) > 1e-9 * (1 + abs(left)))


def _limit(derivative: sp.Expr, t: sp.Dummy, at: sp.Expr) -> sp.Expr:
    """The limit from both sides, which closes the gap of sin(x)/x at 0; NaN if there is none."""
    try:
        left, right = (sp.limit(derivative, t, at, side) for side in "-+")
    except NotImplementedError:
        return sp.nan
    return right if left == right else sp.nan


def _matrix_at(
    matrix: sp.Matrix, variables: Sequence[sp.Symbol], at: Sequence[sp.Expr]
) -> sp.Matrix:
    values = matrix.subs(dict(zip(variables, at, strict=True)), simultaneous=True)
    return values.applyfunc(lambda value: _finite_real(value, "L, g or H", variables, at))


def _finite_real(value: sp.Expr, what: str, where: Any, at: Any) -> sp.Expr:
    if value.has(*NOT_A_VALUE) or (value.is_number and _is_complex(value)):
        raise ValueError(
            f"{what} at {where} = {at} must be finite and real, but it is {value}; "
            "there is no Taylor expansion here, choose another point"
        )
    return value


def _is_complex(value: sp.Expr) -> bool:
    number = complex(value)
    return abs(number.imag) > 1e-12 * abs(number)
