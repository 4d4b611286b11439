"""Levenberg–Marquardt damping and its ratio ρ."""

from __future__ import annotations

from math import inf, isnan, nan

import pytest

from sgo_teach.nets.damping import LARGEST, SMALLEST, levenberg_marquardt, reduction_ratio


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(1.0, 2 / 3), (0.76, 2 / 3), (5.0, 2 / 3), (0.75, 1), (0.25, 1), (0.5, 1)]
    + [(bad, 3 / 2) for bad in (0.24, 0.0, -3.0, nan, inf, -inf)],
)
def test_a_good_model_is_damped_less_and_a_bad_one_more(ratio, factor):
    assert levenberg_marquardt(6.0, ratio) == pytest.approx(6.0 * factor)


def test_damping_stays_where_float32_computes_with_it():
    small = large = 1.0
    for _ in range(500):
        small, large = levenberg_marquardt(small, 1.0), levenberg_marquardt(large, nan)
    assert small == SMALLEST
    assert large == LARGEST


def test_no_damping_stays_none():
    assert levenberg_marquardt(0.0, nan) == levenberg_marquardt(0.0, 1.0) == 0


def test_the_ratio_is_one_where_the_model_is_the_loss():
    assert reduction_ratio(-0.3, -0.3) == 1


def test_a_risen_loss_gives_a_negative_ratio():
    assert reduction_ratio(+0.1, -0.3) < 0


@pytest.mark.parametrize(
    ("actual", "predicted"), [(nan, -1), (inf, -1), (-1, nan), (-1, 0), (-1, 0.5), (1, 1)]
)
def test_no_ratio_without_a_finite_loss_and_a_descent_promised(actual, predicted):
    assert isnan(reduction_ratio(actual, predicted))


def test_rounding_errors_do_not_blame_the_model():
    assert reduction_ratio(+1e-9, -1e-10, rounding=1e-8) == 1
    assert reduction_ratio(+1e-3, -1e-10, rounding=1e-8) < 0
