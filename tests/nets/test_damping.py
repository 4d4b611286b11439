"""The damping of Hessian-free: one rule for the whole package, and caution beyond convexity."""

from __future__ import annotations

from math import nan

import pytest

from sgo_teach.nets import damping
from sgo_teach.nets.damping import levenberg_marquardt, next_damping
from sgo_teach.solvers import damping as in_solvers


def test_networks_and_solvers_share_one_rule():
    assert damping.levenberg_marquardt is in_solvers.levenberg_marquardt
    assert damping.reduction_ratio is in_solvers.reduction_ratio


def test_without_a_rule_damping_stays():
    assert next_damping(None, 6.0, nan, "") == 6.0


@pytest.mark.parametrize(("reason", "factor"), [("martens", 2 / 3), ("negative_curvature", 1)])
def test_a_good_ratio_lowers_damping_only_where_curvature_was_positive(reason, factor):
    assert next_damping(levenberg_marquardt, 6.0, 1.0, reason) == pytest.approx(6.0 * factor)


def test_a_bad_ratio_raises_it_whatever_cg_met():
    for reason in ("martens", "negative_curvature"):
        assert next_damping(levenberg_marquardt, 6.0, nan, reason) == 9.0
