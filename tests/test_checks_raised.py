"""An exception comes with what usually causes it and with the way out."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from sgo_teach.checks.raised import explain

H, g = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])
x, M = sp.Symbol("x"), sp.Matrix([[2, 1], [1, 3]])


def later():
    value = value + 1  # noqa: F821, F841 - the mistake
    return value


def eigenvalues_too_many():
    values, vectors = np.linalg.eigvalsh(np.eye(3))
    return values, vectors


def eigenvalues_too_few():
    a, b, c = np.linalg.eig(np.eye(3))
    return a, b, c


def a_pair_compared():
    return all(part > 0 for part in np.linalg.eig(H))


@pytest.mark.parametrize(
    ("wrong", "way_out"),
    [
        (lambda: 2.0 ^ 3, "`**`"),
        (lambda: g ^ 2, "`**`"),
        (lambda: x ^ 2, "`**`"),
        (lambda: (x - 1) ^ 2, "`**`"),
        (lambda: math.factorial(3), "`import math`"),  # noqa: F821 - the mistake
        (lambda: factorial(3), "in front"),  # noqa: F821 - the mistake
        (lambda: undefined_name, "misspelt"),  # noqa: F821 - the mistake
        (later, "before the line"),
        (lambda: H.inv(), "`np.linalg.solve`"),
        (lambda: H.eigenvals(), "`np.linalg.eigvalsh`"),
        (lambda: H.det(), "`np.linalg.det`"),
        (lambda: np.inv(H), "`np.linalg`"),
        (lambda: g * M, "use the argument's name"),
        (lambda: M > 0, "use the argument's name"),
        (lambda: np.linalg.solve(M, g), "sympy's numbers"),
        (lambda: np.linalg.eig(H) > 0, "`eigvalsh` only the values"),
        (lambda: np.linalg.eigh(H).min(), "`eigvalsh` only the values"),
        (lambda: np.min(np.linalg.eig(np.eye(3))), "`eigvalsh` only the values"),
        (eigenvalues_too_few, "`eigvalsh` only the values"),
        (a_pair_compared, "`eigvalsh` only the values"),
        (lambda: g @ np.eye(3), "inner sizes"),
        (lambda: np.linalg.solve(H, np.ones(3)), "n × n"),
        (lambda: 1 + "x", "`type(...)`"),
    ],
)
def test_an_exception_comes_with_a_way_out(wrong, way_out):
    with pytest.raises(Exception) as caught:
        wrong()
    assert way_out in explain(caught.value, wrong)


def test_unpacking_something_else_is_not_blamed_on_eig():
    with pytest.raises(ValueError) as caught:
        eigenvalues_too_many()
    assert "returns values and vectors" not in explain(caught.value, eigenvalues_too_many)
