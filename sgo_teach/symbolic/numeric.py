"""From sympy expressions to numpy functions and problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from sgo_teach.problems.problem import Problem, Window, components_last, coordinates, point
from sgo_teach.symbolic.expansion import derivatives, gradient, hessian, real_twin


def to_numpy(expr: Any, variables: Sequence[sp.Symbol]) -> Callable[[ArrayLike], Any]:
    """`sympy.lambdify`, made safe for arrays: constants take the shape of the points too.

    Parameters
    ----------
    expr : expression, Matrix, or (nested) list of expressions
        A column Matrix (n, 1) counts as a vector (n,).
    variables : n Symbols

    Returns
    -------
    callable
        Points ``(..., n)`` to values ``(...)`` followed by the shape of expr; NaN or inf, without
        a warning, where the expression has no finite real value.

    Raises
    ------
    ValueError
        If expr has symbols besides the variables, is complex, or numpy lacks a function in it.
    """
    entries, shape = _entries(expr)
    _check_symbols(entries, variables)
    compiled = sp.lambdify(list(variables), entries, "numpy", cse=True)
    n = len(variables)

    @np.errstate(all="ignore")
    def evaluate(points: ArrayLike) -> Any:
        xs = coordinates(np.asarray(points, dtype=float), n)
        lead = xs[0].shape
        # Piecewise wants arrays, not scalars: flatten, then give the leading axes back.
        values = components_last(compiled(*[np.ravel(x) for x in xs]), np.empty((xs[0].size, n)))
        return np.ascontiguousarray(values, dtype=float).reshape((*lead, *shape))[()]

    _probe(evaluate, n, expr)
    return evaluate


def problem_from_expression(
    expr: Any,
    variables: Sequence[sp.Symbol],
    start: Iterable[float],
    *,
    name: str | None = None,
    minimisers: Iterable[Iterable[float]] = (),
    others: Iterable[Iterable[float]] = (),
    window: Window = ((-2.0, 2.0), (-2.0, 2.0)),
) -> Problem:
    """The problem of minimising an expression, its derivatives taken by sympy.

    Parameters
    ----------
    expr : sympy expression in the variables
    variables : n Symbols
    start, name, window
        As in `Problem`; the name is the expression if left out.
    minimisers, others : points
        Local minimisers; saddles and maxima; as far as they are known.

    Raises
    ------
    ValueError
        As `to_numpy`, or if start does not fit the variables.
    """
    first, low = point(*start), tuple(point(*p) for p in minimisers)
    if first.shape != (len(variables),):
        raise ValueError(f"start needs {len(variables)} coordinates, not {first.size}")
    return Problem(
        name=str(expr) if name is None else name,
        value=to_numpy(expr, variables),
        gradient=to_numpy(gradient(expr, variables), variables),
        hessian=to_numpy(hessian(expr, variables).tolist(), variables),
        start=first,
        minimisers=low,
        window=window,
        critical_points=low + tuple(point(*p) for p in others),
    )


def taylor_coefficients(expr: Any, x: sp.Symbol, order: int) -> Callable[[ArrayLike], np.ndarray]:
    """The numbers f⁽ʲ⁾(at)/j!, j = 0..order, as a numpy function of the expansion point.

    Made once, it answers in a fraction of a millisecond: quick enough while a point is dragged.

    Returns
    -------
    callable
        Points ``(...)`` to coefficients ``(..., order + 1)``, constant term first; NaN or inf
        where f has no such derivative.

    Raises
    ------
    ValueError
        If order is negative, or as `to_numpy`.
    """
    t = real_twin(x)
    terms = [d / sp.factorial(j) for j, d in enumerate(derivatives(expr, x, t, order))]
    coefficients = to_numpy(terms, [t])
    return lambda at: coefficients(np.asarray(at, dtype=float)[..., None])


def _entries(expr: Any) -> tuple[list[sp.Expr], tuple[int, ...]]:
    if isinstance(expr, sp.MatrixBase):
        expr = expr.flat() if expr.cols == 1 else expr.tolist()
    array = np.array(expr, dtype=object)
    return [sp.sympify(entry) for entry in array.ravel()], array.shape


def _check_symbols(entries: list[sp.Expr], variables: Sequence[sp.Symbol]) -> None:
    strangers = set().union(*(entry.free_symbols for entry in entries)) - set(variables)
    if strangers:
        raise ValueError(
            f"the expression has the symbols {sorted(map(str, strangers))} besides the variables "
            f"{list(map(str, variables))}; substitute numbers for them first"
        )
    if any(entry.has(sp.I, sp.zoo, sp.nan) for entry in entries):
        raise ValueError(f"the expression must be real and finite, but met √−1 or 1/0 in {entries}")


def _probe(evaluate: Callable, n: int, expr: Any) -> None:
    """Call once, since lambdify reports a function that numpy lacks only when called."""
    try:
        evaluate(np.full(n, 0.5))
    except (NameError, TypeError, AttributeError) as error:
        raise ValueError(f"numpy cannot evaluate {expr}: {error}; rewrite it") from error
