"""Results agree when they are the same mathematics, however they are written."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch

from sgo_teach.checks import same_expression
from sgo_teach.checks.kinds import short
from sgo_teach.checks.values import (
    finite_problem,
    same,
    shape_problem,
    type_problem,
    wrong_row,
)

x, y = sp.symbols("x y", real=True)
TOLERANCE = 1e-8


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (1.0, 1.0 + 1e-10),
        (1, np.float64(1.0)),
        (np.array(2.0), 2),
        ([1.0, 2], (1, 2.0)),
        (np.arange(3), np.arange(3.0)),
        ({"a": [1.0]}, {"a": (1,)}),
        ((1.0, np.eye(2)), (1, np.eye(2))),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
        (True, np.bool_(True)),
        (" Saddle", "saddle"),
        ((x + y) ** 2, x**2 + 2 * x * y + y**2),
        (sp.sin(x) ** 2, 1 - sp.cos(x) ** 2),
        (sp.Symbol("x") + 1, x + 1),
        (2, sp.Integer(2)),
        (0.5, sp.Rational(1, 2)),
        (sp.Matrix([x * (x + 1), 0]), sp.Matrix([x**2 + x, 0])),
        ([x, x + x], [x, 2 * x]),
        (sp.Function("f")(x) * 2, sp.Function("f")(x) + sp.Function("f")(x)),
        (torch.ones(2), torch.ones(2)),
        (torch.ones(2, requires_grad=True), torch.ones(2, dtype=torch.float64)),
        (np.array([x, 2 * x]), np.array([x, x + x])),
    ],
    ids=str,
)
def test_equal_results_agree(got, want):
    assert same(got, want, TOLERANCE)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (1.0, 1.0 + 1e-6),
        (1.0, np.nan),
        ([1.0, 2.0], [2.0, 1.0]),
        (1.0, True),
        ("minimum", "maximum"),
        ({"a": 1.0}, {"b": 1.0}),
        ((x + y) ** 2, x**2 + y**2),
        (x, y),
        (sp.Function("f")(x), sp.Function("g")(x)),
        (sp.Eq(x, 1), x - 1),
        (sp.zoo, x),
        (torch.ones(2), torch.zeros(2)),
        (torch.ones(2), np.ones(2)),
        (np.ones((2, 1)), np.ones(2)),
        (sp.Matrix([1, 2]), sp.Matrix([[1, 2]])),
        (np.array([x, 2 * x]), np.array([x, 3 * x])),
    ],
    ids=str,
)
def test_different_results_disagree(got, want):
    assert not same(got, want, TOLERANCE)


@pytest.mark.parametrize(
    ("got", "want", "way_out"),
    [
        ([1.0], np.ones(1), "np.array"),
        (x, 1.0, "float"),
        (x, np.ones(2), "lambdify"),
        (torch.tensor(1.0), 1.0, ".item()"),
        (1.0, torch.tensor(1.0), "keep it a tensor"),
        ((1.0, None), (1.0, 2.0), "[1]"),
        ([1.0], 1.0, "without the brackets [ ]"),
        (..., 1.0, "an `ellipsis`"),
        ([1.0, 2.0], 1.0, "a `list`"),
        (np.array([x, 1]), np.ones(2), "dtype=object"),
    ],
)
def test_a_wrong_kind_comes_with_a_way_out(got, want, way_out):
    assert way_out in str(type_problem(got, want))


@pytest.mark.parametrize(
    ("got", "want", "cause"),
    [
        (np.ones((4, 4)), np.ones(4), "broadcasts"),
        (np.ones((2, 3)), np.ones((3, 2)), "transposed"),
        (np.ones(1), 1.0, ".item()"),
        (np.ones(4), 1.0, "dot product"),
        (1.0, np.ones(4), "summed away"),
        (np.ones((4, 1)), np.ones(4), ".reshape(4)"),
        ((1, 2), (1, 2, 3), "length 3"),
        ({"a": 1}, {"b": 1}, "keys ['b']"),
    ],
)
def test_a_wrong_shape_comes_with_its_classic_cause(got, want, cause):
    assert cause in str(shape_problem(got, want))


@pytest.mark.parametrize(
    ("arguments", "want", "cause"),
    [
        ((np.ones(2), np.eye(2)), np.ones(2), "entry by entry"),
        ((np.ones(2), np.eye(2)), 1.0, "entry by entry"),
        ((np.ones(2), np.linalg.inv), np.ones(2), "entry by entry"),
        ((np.ones((2, 1)), np.eye(2)), np.ones(2), "broadcasts"),
        ((np.ones(2), np.eye(2)), np.ones((2, 1)), "broadcasts"),
        ((np.ones((2, 1)), np.ones(2)), np.ones(2), "broadcasts"),
        ((np.ones((2, 3)), np.ones(2)), np.ones(2), "broadcasts"),
    ],
)
def test_a_square_result_is_blamed_on_a_column_only_where_there_can_be_one(arguments, want, cause):
    assert cause in str(shape_problem(np.ones((2, 2)), want, arguments))


@pytest.mark.parametrize(
    ("got", "want", "thing"),
    [
        ((np.ones(2), np.ones(1), 2), np.ones(2), "array, not a tuple of 3 things"),
        ((np.ones(2), 1.0), np.ones(2), "array, not a tuple of 2 things"),
        ((np.ones(2), 1.0), 1.0, "number, not a tuple of 2 things"),
        ((x, y), x, "expression, not a tuple of 2 things"),
        (np.linalg.eigh(np.eye(2)), np.ones(2), "array, not a tuple of 2 things"),
    ],
)
def test_a_tuple_with_more_than_the_result_is_told_so(got, want, thing):
    assert f"return only the {thing}" in str(type_problem(got, want))


def test_a_list_of_several_numbers_is_not_told_to_drop_its_brackets():
    assert "brackets" not in str(type_problem([1.0, 2.0], 1.0))


@pytest.mark.parametrize("made", [np.ones, torch.ones])
def test_the_wrong_row_of_two_arrays_is_the_first_that_differs(made):
    got = made((4, 2))
    got[2:] = 5
    assert wrong_row(got, made((4, 2)), TOLERANCE) == 2


@pytest.mark.parametrize("value", [1.0, np.ones(3), np.ones((1, 3)), "text", [np.ones((2, 2))]])
def test_what_has_no_rows_has_no_wrong_one(value):
    assert wrong_row(value, value, TOLERANCE) is None


@pytest.mark.parametrize("entries", [[1.0, 2.0], (1.0, 2.0)])
def test_entries_in_a_list_or_tuple_become_an_array(entries):
    assert "np.array(...)" in str(type_problem(entries, np.ones(2)))


def test_a_remainder_is_told_how_to_go():
    assert ".removeO()" in str(type_problem(sp.sin(x).series(x, 0, 4), x - x**3 / 6))
    assert type_problem(sp.sin(x).series(x, 0, 4), sp.sin(x).series(x, 0, 4)) is None


@pytest.mark.parametrize(
    ("u", "v"),
    [
        (sp.sin(x).series(x, 1, 4), sp.sin(x)),
        (sp.sin(x).series(x, 0, 4), sp.sin(x).series(x, 0, 6)),
        (sp.sin(x).series(x, 0, 4), x - x**3 / 6),
        (sp.exp(x), 1 + x),
        (sp.zoo, x),
        (sp.Matrix([x, y]), sp.Matrix([[x, y]])),
        (sp.Matrix([x]), x),
        (None, x),
        ("x +", x),
        (np.ones(2), x),
        (..., x),
        (sp.Eq(x, 1), x),
    ],
    ids=str,
)
def test_formulas_that_differ_are_not_the_same(u, v):
    assert not same_expression(u, v)
    assert not same_expression(v, u)


@pytest.mark.parametrize(
    ("u", "v"),
    [
        ((x + y) ** 2, sp.expand((x + y) ** 2)),
        (1, sp.Integer(1)),
        (0.1 * x, x / 10),
        (sp.sin(x).series(x, 0, 4), x * (1 - x**2 / 6) + sp.O(x**4)),
        (sp.Matrix([x * (x + 1)]), sp.Matrix([x**2 + x])),
        (sp.Function("f")(x) * 2, sp.Function("f")(x) + sp.Function("f")(x)),
    ],
    ids=str,
)
def test_formulas_are_the_same_however_they_are_written(u, v):
    assert same_expression(u, v)
    assert same_expression(v, u)


def test_formulas_that_numbers_tell_apart_are_never_simplified(monkeypatch):
    def simplify(expression):
        raise AssertionError(f"simplify({expression}) was called")

    monkeypatch.setattr(sp, "simplify", simplify)
    assert not same_expression(sp.sin(x) ** 2 + sp.cos(x) ** 2, 2)
    assert same_expression(sp.sin(x) ** 2 + sp.cos(x) ** 2, 1)


def test_infinity_is_a_problem_only_where_a_number_is_asked():
    assert finite_problem(np.array([np.inf]), np.array([np.inf])) is None
    assert "Infinity" in str(finite_problem((1.0, np.array([np.inf])), (1.0, np.array([1.0]))))
    assert "NaN" in str(finite_problem(float("nan"), 1.0))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.eye(2), "`[[1., 0.], [0., 1.]]`"),
        (0.1 + 0.2, "`0.3`"),
        (np.float32(2), "`2`"),
        ((1.0,), "`(1,)`"),
        ([x**2], "`[x**2]`"),
        (torch.ones(2), "`[1., 1.]`"),
        (np.sin, "`sin`"),
    ],
)
def test_values_are_shown_in_one_short_line(value, text):
    assert short(value) == text


def test_a_long_value_is_cut():
    assert len(short("a" * 1000)) < 200
