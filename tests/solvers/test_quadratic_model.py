"""The quadratic model agrees to second order, and rounding is not held against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgo_teach import problems
from sgo_teach.solvers.damping import levenberg_marquardt_steps
from sgo_teach.solvers.quadratic_model import (
    is_positive_definite,
    positive_definite_step,
    quadratic_model,
    try_step,
)

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_the_model_errs_by_the_third_power_of_the_step(seed):
    rng, L = np.random.default_rng(seed), problems.himmelblau()
    x, p = rng.uniform(-2, 2, 2), rng.normal(size=2)
    model = quadratic_model(L, x)
    t = np.array([1e-1, 1e-2, 1e-3])
    errors = [abs(L.value(x + s * p) - model.value - model.change(s * p)) for s in t]
    assert np.all(errors <= 200 * (1 + np.linalg.norm(p)) ** 4 * t**3 + 1e-12)


def test_on_a_quadratic_the_ratio_is_one():
    L = problems.quadratic([[1.0, 0.3], [0.3, -2.0]], [1.0, 4.0])
    p, actual, rho = try_step(L, quadratic_model(L, L.start), np.array([0.3, 0.7]))
    assert actual == pytest.approx(L.value(L.start + p) - L.value(L.start))
    assert rho == pytest.approx(1)


@given(seeds, st.integers(1, 5))
def test_cholesky_decides_as_the_eigenvalues_do(seed, n):
    rng = np.random.default_rng(seed)
    A, g = rng.normal(size=(n, n)), rng.normal(size=n)
    B = A + A.T + rng.uniform(-1, 4) * np.eye(n)
    definite = np.linalg.eigvalsh(B)[0] > 0
    p = positive_definite_step(B, g)
    assert is_positive_definite(B) == definite == (p is not None)
    if p is not None:
        np.testing.assert_allclose(B @ p, -g, atol=1e-7 * np.linalg.norm(p))


def flat_with_a_doorstep(height):
    """L = 1 + 10⁻¹⁷x² and a rise of so many ulps for x < 0.3, where the minimum lies."""
    bowl = problems.quadratic([[2e-17]])
    return replace(
        bowl, value=lambda x: 1 + bowl.value(x) + height * np.finfo(float).eps * (x[..., 0] < 0.3)
    )


def test_a_step_that_rises_by_rounding_alone_is_halved_until_it_does_not():
    L = flat_with_a_doorstep(1)
    p, actual, rho = try_step(L, quadratic_model(L, np.ones(1)), np.array([-1.0]))
    assert (float(p[0]), actual, rho) == (-0.5, 0, 1)
    first = next(levenberg_marquardt_steps(L, [1.0], damping=1e-30))
    assert first.accepted and float(first.delta[0]) == pytest.approx(-0.5)


def test_a_rise_above_rounding_is_a_rise():
    L = flat_with_a_doorstep(1000)
    p, actual, rho = try_step(L, quadratic_model(L, np.ones(1)), np.array([-1.0]))
    assert p == -1 and actual > 0 and rho < 0


@pytest.mark.parametrize("part", ["value", "gradient", "hessian"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_part_that_is_not_finite_is_reported(part, bad):
    L = problems.saddle()
    spoilt = replace(L, **{part: lambda x: bad * getattr(L, part)(x)})
    assert quadratic_model(spoilt, np.array([1.0, 0.5])).status == "not_finite"
    assert quadratic_model(L, np.array([1.0, 0.5])).status == ""
