"""Projections: the variational inequality, nonexpansiveness, closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sgo_teach.solvers.constrained import project_ball, project_box, project_simplex

seeds = st.integers(0, 2**32 - 1)
LOWER, UPPER = np.array([-1.0, 0.0, -np.inf, 0.5]), np.array([1.0, 0.0, 2.0, np.inf])
CENTER = np.array([1.0, -1.0, 0.5, 0.0])
SETS = {
    "box": lambda x: project_box(x, LOWER, UPPER),
    "ball": lambda x: project_ball(x, 1.5, CENTER),
    "simplex": project_simplex,
    "large simplex": lambda x: project_simplex(x, 7.0),
}
sets = pytest.mark.parametrize("project", SETS.values(), ids=SETS)


@sets
@given(seeds, st.sampled_from([0.1, 1.0, 100.0]))
def test_the_variational_inequality_holds(project, seed, scale):
    """(x − P(x))·(z − P(x)) ≤ 0 for every z of the set, which only the nearest point has."""
    rng = np.random.default_rng(seed)
    x = scale * rng.normal(size=4)
    z = project(scale * rng.normal(size=(50, 4)))
    assert np.max((z - project(x)) @ (x - project(x))) <= 1e-12 * scale**2


@sets
@given(seeds)
def test_a_projection_is_nonexpansive_and_leaves_the_set_alone(project, seed):
    x, y = 3 * np.random.default_rng(seed).normal(size=(2, 4))
    P, Q = project(x), project(y)
    assert np.linalg.norm(P - Q) <= np.linalg.norm(x - y) * (1 + 1e-12)
    np.testing.assert_allclose(project(P), P, atol=1e-14)


@sets
def test_points_are_projected_one_by_one(project):
    points = 3 * np.random.default_rng(0).normal(size=(2, 3, 4))
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(project(points)[i, j], project(points[i, j]), atol=1e-15)


@given(seeds, st.integers(1, 8), st.floats(0.0, 10.0))
def test_the_simplex_is_reached_and_tau_is_one_number(seed, n, total):
    x = 3 * np.random.default_rng(seed).normal(size=n)
    P = project_simplex(x, total)
    assert np.all(P >= 0)
    assert P.sum() == pytest.approx(total, abs=1e-12)
    tau = (x - P)[P > 0]
    np.testing.assert_allclose(tau, tau[:1].repeat(tau.size), atol=1e-12)
    assert np.all(x[P == 0] <= np.min(tau, initial=np.inf) + 1e-12)


def test_small_cases_are_as_worked_by_hand():
    np.testing.assert_allclose(project_simplex([1.0, 0.0]), [1, 0])
    np.testing.assert_allclose(project_simplex([0.5, 0.9]), [0.3, 0.7])
    np.testing.assert_allclose(project_simplex([2.0, 0.0, 0.0]), [1, 0, 0])
    np.testing.assert_allclose(project_simplex([-3]), [1])
    np.testing.assert_allclose(project_simplex([1, 2], 0.0), [0, 0])
    np.testing.assert_allclose(project_simplex([1e15 + 2, 1e15]), [1, 0])
    np.testing.assert_allclose(project_ball([3, 4]), [0.6, 0.8])
    np.testing.assert_allclose(project_ball([3, 4], 0.0), [0, 0])
    np.testing.assert_array_equal(project_ball([0, 0]), [0, 0])
    np.testing.assert_array_equal(project_box([-5, 5], 0, 1), [0, 1])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: project_box([0.0], 1.0, 0.0), "lower <= upper"),
        (lambda: project_box([0.0], np.nan, 0.0), "lower <= upper"),
        (lambda: project_ball([0.0], -1.0), "radius"),
        (lambda: project_simplex([0.0], -1.0), "total"),
        (lambda: project_simplex([]), "n >= 1"),
        (lambda: project_simplex(0.0), "n >= 1"),
    ],
)
def test_an_empty_set_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_the_point_is_not_changed():
    x = np.array([3.0, -1.0])
    for project in (lambda x: project_box(x, 0, 1), project_ball, project_simplex):
        project(x)
    np.testing.assert_array_equal(x, [3, -1])


@pytest.mark.parametrize("size", [1e-170, 1e-300, 1e200, 1e307])
def test_no_point_is_too_small_or_large_for_the_ball(size):
    np.testing.assert_allclose(project_ball([3 * size, 4 * size], size) / size, [0.6, 0.8])
    np.testing.assert_allclose(project_ball([3 * size, 4 * size], 6 * size) / size, [3, 4])


@pytest.mark.parametrize(
    ("project", "said"),
    [
        (lambda: project_box([1.0, 2.0], [0.0, 0.0, 0.0], 1.0), "lower"),
        (lambda: project_box([1.0, 2.0], 0.0, [1.0]), "upper"),
        (lambda: project_ball([1.0, 2.0], 1.0, [0.0, 0.0, 0.0]), "center"),
    ],
)
def test_a_set_that_does_not_fit_the_point_is_refused(project, said):
    with pytest.raises(ValueError, match=f"{said} must be a number or fit"):
        project()
