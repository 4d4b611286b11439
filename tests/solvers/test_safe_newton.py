"""Safe Newton: what each method makes of a Hessian that is not positive definite."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sgo_teach import problems
from sgo_teach.solvers.newton import newton_steps
from sgo_teach.solvers.safe_newton import (
    absolute_hessian,
    cholesky_shift,
    damped_newton_steps,
    modified_cholesky_steps,
    saddle_free_steps,
)

METHODS = (damped_newton_steps, saddle_free_steps, modified_cholesky_steps)
each = pytest.mark.parametrize("method", METHODS)
spectra = st.lists(st.floats(-10, 10), min_size=1, max_size=6).map(np.array)
seeds = st.integers(0, 2**32 - 1)


def matrix(h, seed=0):
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(h), len(h))))
    H = Q @ np.diag(h) @ Q.T
    return (H + H.T) / 2


def first(method, H, g=None, **options):
    """The first step on ½xᵀHx from where the gradient is g (or from all ones)."""
    n = len(H)
    b = None if g is None else H @ np.ones(n) - g
    return next(method(problems.quadratic(H, b), np.ones(n), **options))


@given(st.sampled_from(METHODS), spectra, seeds)
def test_the_direction_solves_b_p_is_minus_g_and_goes_downhill(method, h, seed):
    g = np.random.default_rng(seed).normal(size=h.size)
    assume(np.min(np.abs(h)) > 1e-3)
    step = first(method, matrix(h, seed), g)
    np.testing.assert_allclose(step.modified @ step.direction, -step.gradient, atol=1e-7)
    assert np.linalg.eigvalsh(step.modified)[0] > 0
    assert step.slope == pytest.approx(step.gradient @ step.direction) and step.slope < 0
    np.testing.assert_array_equal(step.delta, step.alpha * step.direction)


@each
def test_a_step_satisfies_armijo_and_double_of_it_did_not(method):
    L = problems.beale()
    for step in islice(method(L, [-2.0, 3.0]), 8):
        slope = step.gradient @ step.direction
        assert L.value(step.x + step.delta) <= step.value + 1e-4 * step.alpha * slope
        if np.array_equal(step.modified, step.hessian) or method is not damped_newton_steps:
            assert step.alpha == 0.5 ** (step.evaluations - 1)
        if step.evaluations > 1:
            longer = 2 * step.alpha
            assert (
                not L.value(step.x + longer * step.direction) <= step.value + 1e-4 * longer * slope
            )


@each
def test_where_the_hessian_is_positive_definite_it_is_newtons_direction(method):
    L, x = problems.himmelblau(), [3.5, 2.5]
    step, newton = next(method(L, x)), next(newton_steps(L, x))
    np.testing.assert_allclose(step.direction, newton.delta, rtol=1e-12)
    np.testing.assert_allclose(step.modified, step.hessian, rtol=1e-12)
    assert (step.tau, step.alpha, step.evaluations) == (0, 1, 1)


def test_damped_newton_goes_down_the_gradient_where_the_hessian_is_not_definite():
    step = next(damped_newton_steps(problems.saddle(), [0.5, 0.01]))
    np.testing.assert_array_equal(step.modified, np.eye(2))
    np.testing.assert_array_equal(step.direction, -step.gradient)


@given(spectra, seeds)
def test_the_absolute_hessian_has_the_moduli_of_the_eigenvalues(h, seed):
    assume(np.min(np.abs(h)) > 1e-3)
    absolute = absolute_hessian(matrix(h, seed))
    np.testing.assert_allclose(np.linalg.eigvalsh(absolute), np.sort(np.abs(h)), atol=1e-12)
    np.testing.assert_allclose(absolute @ absolute, matrix(h**2, seed), atol=1e-10)  # |H|² = H²


def test_the_floor_is_a_share_of_the_largest_modulus():
    absolute = absolute_hessian(np.diag([-4.0, 1e-6, 0.0]), floor=0.01)
    np.testing.assert_allclose(absolute, np.diag([4.0, 0.04, 0.04]))
    np.testing.assert_array_equal(absolute_hessian(np.zeros((2, 2))), np.eye(2))


@given(spectra, seeds, st.floats(-3, 3))
def test_the_absolute_hessian_scales_with_the_loss(h, seed, exponent):
    H, c = matrix(h, seed), 10.0**exponent
    assume(np.max(np.abs(h)) > 1e-3)
    np.testing.assert_allclose(absolute_hessian(c * H), c * absolute_hessian(H), atol=1e-12 * c)


def test_near_a_saddle_the_absolute_hessian_keeps_newtons_length_and_turns_its_sign():
    H, g = np.diag([2.0, -2.0]), np.array([1.0, -0.02])
    np.testing.assert_allclose(first(saddle_free_steps, H, g).direction, [-0.5, 0.01])


@given(spectra, seeds)
def test_the_shift_is_just_large_enough(h, seed):
    """τ is 0 for a definite matrix, else above −h₁ and at most doubled past what was needed."""
    H = matrix(h, seed)
    tau, lowest = cholesky_shift(H), np.linalg.eigvalsh(H)[0]
    assume(abs(lowest) > 1e-9)
    if lowest > 0:
        assert tau == 0
        return
    assert lowest + tau > 0
    delta = 1e-3 * np.max(np.abs(H))
    assert tau <= max(2 * -lowest, delta - min(np.diag(H))) + delta


def test_the_shift_begins_at_beta_past_the_lowest_diagonal_entry_and_doubles():
    assert cholesky_shift(np.diag([1.0, -2.0])) == 2.0 + 2.0 * 1e-3
    assert cholesky_shift(np.array([[1.0, 2.0], [2.0, 1.0]]), beta=0.3) == 2.0 * 0.3 * 2
    assert cholesky_shift(np.array([[1.0, 2.0], [2.0, -1.0]]), beta=1.0) == 2.0 * 1.0 + 1.0
    assert cholesky_shift(np.zeros((2, 2)), beta=0.5) == 0.5


def test_tau_is_what_was_added():
    step = first(modified_cholesky_steps, np.diag([2.0, -3.0]))
    np.testing.assert_array_equal(step.modified, step.hessian + step.tau * np.eye(2))
    assert step.tau == cholesky_shift(step.hessian)
    assert first(modified_cholesky_steps, np.diag([2.0, -3.0]), beta=5.0).tau == 3.0 * 5.0 + 3.0


@each
@pytest.mark.parametrize("scale", [2.0**-60, 2.0**60])
def test_a_loss_times_a_number_is_walked_through_the_same_points(method, scale):
    L = problems.saddle()
    scaled = replace(
        L,
        value=lambda x: scale * L.value(x),
        gradient=lambda x: scale * L.gradient(x),
        hessian=lambda x: scale * L.hessian(x),
    )
    ours, theirs = method(scaled, [0.5, 0.01]), method(L, [0.5, 0.01])
    for step, other in zip(islice(ours, 12), islice(theirs, 12), strict=True):
        np.testing.assert_allclose(step.x, other.x, rtol=1e-9)


def test_along_the_gradient_the_first_trial_is_the_cauchy_point():
    """On ½xᵀHx with H indefinite but gᵀH g > 0 it is where L is least along −g."""
    step = first(damped_newton_steps, np.diag([4.0, -1.0]), np.array([1.0, 0.5]))
    g, H = step.gradient, step.hessian
    assert (step.evaluations, step.alpha) == (1, pytest.approx(g @ g / (g @ H @ g)))
    assert (step.gradient + H @ step.delta) @ g == pytest.approx(0, abs=1e-12)


@each
def test_a_singular_hessian_has_a_finite_step(method):
    step = first(method, np.diag([1.0, 0.0]), np.array([1.0, 1.0]))
    assert step.status == "" and np.all(np.isfinite(step.delta)) and np.any(step.delta)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: saddle_free_steps(problems.saddle(), [1, 1], floor=0.0), "floor"),
        (lambda: absolute_hessian(np.eye(2), floor=2.0), "floor"),
        (lambda: modified_cholesky_steps(problems.saddle(), [1, 1], beta=0.0), "beta"),
        (lambda: iter([cholesky_shift(np.full((2, 2), np.nan))]), "finite"),
        (lambda: iter([cholesky_shift(np.ones((2, 3)))]), r"\(n, n\)"),
        (lambda: iter([cholesky_shift([[0.0, 1.7e308], [1.7e308, 0.0]])]), "scale H down"),
        (lambda: iter([absolute_hessian(np.full((2, 2), np.nan))]), "finite"),
        (lambda: iter([absolute_hessian(np.ones(3))]), r"\(n, n\)"),
    ],
)
def test_what_makes_no_safe_matrix_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        next(make())
