"""Conjugate gradients: the theorems, the stop rules, and what happens when A is not fit for it."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import cg as scipy_cg

from sgo_teach.solvers.cg import (
    CGStep,
    cg,
    cg_steps,
    geometric_spacing,
    martens_rule,
    residual_rule,
)

seeds = st.integers(0, 2**32 - 1)


def matrix_with(eigenvalues, rng):
    Q, _ = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))
    A = Q @ np.diag(eigenvalues) @ Q.T
    return (A + A.T) / 2


SPREAD = tuple(float(h) for h in np.linspace(1, 30, 12))


def system(seed, eigenvalues=SPREAD):
    rng = np.random.default_rng(seed)
    return matrix_with(eigenvalues, rng), rng.normal(size=len(eigenvalues))


def phi(A, b, x):
    return 0.5 * x @ A @ x - b @ x


@given(seeds, st.integers(1, 6), st.integers(1, 5))
def test_cg_ends_in_as_many_steps_as_there_are_distinct_eigenvalues(seed, distinct, copies):
    h = np.repeat(np.arange(1.0, distinct + 1), copies)
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(h.size, h.size)))
    A, b = Q @ np.diag(h) @ Q.T, Q.sum(axis=1)  # b has a share in every eigenvector
    result = cg(A, b, stop=residual_rule(1e-9))
    assert result.reason in {"residual", "solved"}
    assert result.k == distinct


@given(seeds, st.integers(1, 12))
def test_cg_ends_in_at_most_n_steps(seed, n):
    A, b = system(seed, np.random.default_rng(seed).uniform(1, 10, n))
    result = cg(A, b, stop=residual_rule(1e-9))
    assert result.k <= n
    np.testing.assert_allclose(A @ result.x, b, atol=1e-8 * float(np.linalg.norm(b)))


@given(seeds)
def test_one_step_is_enough_when_b_is_an_eigenvector(seed):
    A, _ = system(seed)
    eigenvalues, vectors = np.linalg.eigh(A)
    result = cg(A, vectors[:, 4], stop=residual_rule(1e-9))
    assert result.k == 1
    np.testing.assert_allclose(result.x, vectors[:, 4] / eigenvalues[4], atol=1e-10)


@given(seeds)
def test_residuals_are_orthogonal_and_directions_conjugate(seed):
    A, b = system(seed)
    steps = list(islice(cg_steps(A, b), 9))
    R = np.array([step.r / step.residual_norm for step in steps])
    np.testing.assert_allclose(R @ R.T, np.eye(9), atol=1e-7)
    P = np.array([step.p / math.sqrt(step.curvature) for step in steps[1:]])
    np.testing.assert_allclose(P @ A @ P.T, np.eye(8), atol=1e-7)


@given(seeds)
def test_what_a_step_reports_is_what_its_names_say(seed):
    A, b = system(seed)
    x0 = np.random.default_rng(seed).normal(size=b.size)
    for step in islice(cg_steps(A, b, x0), 8):
        np.testing.assert_allclose(step.r, b - A @ step.x, atol=1e-9)
        np.testing.assert_allclose(step.model_value, phi(A, b, step.x), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(step.curvature, step.p @ A @ step.p, rtol=1e-9)
        np.testing.assert_allclose(step.residual_norm, np.linalg.norm(step.r))
        assert step.b_norm == pytest.approx(np.linalg.norm(b))


@given(seeds)
def test_the_model_falls_and_the_iterate_grows_with_every_step_from_zero(seed):
    A, b = system(seed)
    steps = list(islice(cg_steps(A, b), 9))
    assert all(np.diff([step.model_value for step in steps]) < 0)
    assert all(np.diff([np.linalg.norm(step.x) for step in steps]) > 0)


@given(seeds)
def test_the_error_shrinks_at_least_by_the_bound_of_the_condition_number(seed):
    A, b = system(seed)
    solution, root = np.linalg.solve(A, b), np.sqrt(np.linalg.cond(A))
    energy = [math.sqrt((s.x - solution) @ A @ (s.x - solution)) for s in islice(cg_steps(A, b), 9)]
    bound = 2 * ((root - 1) / (root + 1)) ** np.arange(9) * energy[0]
    assert np.all(energy <= bound * (1 + 1e-9))


@given(seeds, st.sampled_from([1e-2, 1e-5, 1e-9]))
def test_scipy_takes_the_same_steps(seed, rtol):
    A, b = system(seed)
    theirs: list[np.ndarray] = []
    solution, _ = scipy_cg(A, b, rtol=rtol, atol=0, callback=lambda x: theirs.append(x.copy()))
    ours = cg(A, b, stop=residual_rule(rtol))
    assert ours.k == len(theirs)
    np.testing.assert_allclose(ours.x, solution, atol=1e-8)


@given(seeds)
def test_scipy_takes_the_same_preconditioned_steps(seed):
    A, b = system(seed)
    M = np.diag(1 / np.diag(A))
    theirs: list[np.ndarray] = []
    scipy_cg(A, b, rtol=1e-8, atol=0, M=M, callback=lambda x: theirs.append(x.copy()))
    ours = cg(A, b, preconditioner=M.__matmul__, stop=residual_rule(1e-8), keep=range(1, 99))
    for kept, x in zip(ours.iterates, theirs, strict=True):
        np.testing.assert_allclose(kept.x, x, atol=1e-7)


@given(seeds)
def test_preconditioning_is_cg_on_the_transformed_system(seed):
    """With M = CCᵀ the iterates are C⁻ᵀ times those of CG for C⁻¹AC⁻ᵀ and C⁻¹b."""
    A, b = system(seed)
    scale = np.random.default_rng(seed).uniform(1, 5, b.size)
    ours = cg_steps(A, b, preconditioner=lambda r: r / scale**2)
    plain = cg_steps(A / np.outer(scale, scale), b / scale)
    for step, transformed in islice(zip(ours, plain, strict=False), 8):
        np.testing.assert_allclose(step.x, transformed.x / scale, atol=1e-9)


@given(seeds)
def test_the_first_preconditioned_direction_is_the_preconditioned_residual(seed):
    A, b = system(seed)
    weights = np.random.default_rng(seed).uniform(1, 5, b.size)
    x0 = np.ones(b.size)
    _, first = islice(cg_steps(A, b, x0, preconditioner=lambda r: weights * r), 2)
    np.testing.assert_allclose(first.p, weights * (b - A @ x0), rtol=1e-10)


def test_the_exact_inverse_as_preconditioner_ends_in_one_step():
    A, b = system(3)
    assert cg(A, b, preconditioner=np.linalg.inv(A).__matmul__, stop=residual_rule(1e-9)).k == 1


def test_a_diagonal_preconditioner_cures_bad_scaling():
    rng = np.random.default_rng(0)
    A, _ = system(0)
    s = 10.0 ** rng.uniform(-2, 2, len(A))
    A, b = A * np.outer(s, s), rng.normal(size=len(A))
    diagonal = np.diag(A)
    plain = cg(A, b, stop=residual_rule(1e-10))
    scaled = cg(A, b, preconditioner=lambda r: r / diagonal, stop=residual_rule(1e-10))
    assert scaled.k < plain.k


@given(seeds, st.booleans(), st.booleans())
def test_torch_tensors_give_the_numbers_of_numpy_arrays(seed, warm, preconditioned):
    A, b = system(seed)
    x0 = 0.1 * b if warm else None
    M = (lambda r: r / 3) if preconditioned else None
    ours = islice(cg_steps(A, b, x0, M), 8)
    tensor = torch.from_numpy
    theirs = islice(cg_steps(tensor(A), tensor(b), None if x0 is None else tensor(x0), M), 8)
    for step, other in zip(ours, theirs, strict=True):
        assert isinstance(other.x, torch.Tensor)
        np.testing.assert_allclose(other.x.numpy(), step.x, atol=1e-8)
        assert other.model_value == pytest.approx(step.model_value, rel=1e-8, abs=1e-8)


def test_float32_tensors_stay_float32():
    A, b = (torch.from_numpy(part).float() for part in system(0))
    result = cg(A, b, stop=residual_rule(1e-4))
    assert (result.reason, result.x.dtype) == ("residual", torch.float32)


def test_a_callable_is_as_good_as_its_matrix():
    A, b = system(1)
    by_matrix, by_product = cg(A, b), cg(lambda p: A @ p, b)
    np.testing.assert_array_equal(by_matrix.x, by_product.x)


def test_a_product_is_spent_for_every_step_and_one_for_a_warm_start():
    A, b = system(1)
    calls = []
    result = cg(lambda p: (calls.append(1), A @ p)[1], b, x0=b)
    assert len(calls) == result.k + 1


def test_starting_at_the_solution_costs_no_step():
    assert cg(np.eye(3), np.ones(3), x0=np.ones(3)).k == 0
    assert cg(np.eye(3), np.zeros(3)).reason == "solved"


def test_negative_curvature_is_reported_and_not_walked_past():
    A, b = np.diag([1.0, -2.0, 3.0]), np.ones(3)
    result = cg(A, b)
    p = result.last.p
    assert result.reason == "negative_curvature"
    assert result.last.curvature == pytest.approx(p @ A @ p)
    assert p @ A @ p < 0
    *_, before, at = cg_steps(A, b)
    assert at.x is before.x
    assert at.k == before.k + 1


@given(seeds, st.integers(0, 11), st.floats(-50, -0.1))
def test_whatever_cg_returns_lowers_the_model_even_on_an_indefinite_matrix(seed, which, h):
    eigenvalues = np.linspace(1, 30, 12)
    eigenvalues[which] = h
    A, b = system(seed, eigenvalues)
    result = cg(A, b, stop=residual_rule(1e-8), max_steps=12)
    assert phi(A, b, result.x) <= 1e-9
    assert all(np.diff(result.model_values[:-1]) < 0)


def test_zero_curvature_counts_as_not_positive():
    result = cg(np.diag([1.0, 0.0]), np.array([0.0, 1.0]))
    assert (result.reason, result.last.curvature) == ("negative_curvature", 0.0)


def test_a_semidefinite_system_with_a_solution_is_solved():
    result = cg(np.diag([1.0, 4.0, 0.0]), np.array([1.0, 1.0, 0.0]), stop=residual_rule(1e-12))
    np.testing.assert_allclose(result.x, [1.0, 0.25, 0.0], atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308])
@pytest.mark.parametrize("when", [1, 3])
@pytest.mark.parametrize("as_tensor", [False, True])
def test_non_finite_products_never_leave_cg(bad, when, as_tensor):
    A, b = system(2)
    if as_tensor:
        A, b = torch.from_numpy(A), torch.from_numpy(b)
    calls = []

    def product(p):
        calls.append(1)
        return A @ p if len(calls) < when else bad * (A @ p)

    result = cg(product, b, x0=0.1 * b)
    assert result.reason == "not_finite"
    assert np.all(np.isfinite(np.asarray(result.x)))
    assert np.all(np.isfinite(np.asarray(result.last.r)))
    assert np.all(np.isfinite(result.model_values))
    assert np.all(np.isfinite(result.residual_norms))


def test_a_step_too_long_for_floating_point_is_not_taken():
    result = cg(lambda p: 1e-300 * p, np.full(3, 1e100))
    assert result.reason == "not_finite"
    np.testing.assert_array_equal(result.x, 0)


def test_a_preconditioner_that_is_not_positive_is_reported():
    A, b = system(0)
    assert cg(A, b, preconditioner=lambda r: -r).reason == "bad_preconditioner"
    assert cg(A, b, preconditioner=lambda r: np.nan * r).reason == "not_finite"


def step_number(k):
    zero = np.zeros(1)
    return CGStep(k, zero, zero, zero, 0.0, 0.0, 1.0, 1.0)


@given(st.integers(0, 400), st.floats(1e-6, 1.0))
def test_martens_rule_is_his_inequality(i, slope):
    rule = martens_rule()
    k = max(10, math.ceil(i / 10))
    falling = [-1.0 - slope * j for j in range(i + 1)]
    met = i > k and (falling[i] - falling[i - k]) / falling[i] < k * 5e-4
    assert rule(step_number(i), falling) == ("martens" if met else None)


def test_martens_rule_waits_for_its_window_and_for_a_negative_model():
    rule = martens_rule()
    flat = [-1.0] * 120
    assert rule(step_number(10), flat[:11]) is None
    assert rule(step_number(11), flat[:12]) == "martens"
    assert rule(step_number(50), [0.0] * 51) is None
    assert rule(step_number(50), [1.0] * 51) is None


def test_the_window_of_martens_rule_grows_after_a_hundred_steps():
    rule, progress = martens_rule(), [0.0] * 89 + [-1.0] * 22  # fell 21 steps before the last
    assert rule(step_number(110), progress) == "martens"  # k = 11 looks back to step 99
    progress = [0.0] * 100 + [-1.0] * 11
    assert rule(step_number(110), progress) is None  # step 99 was still at 0


def test_martens_rule_stops_long_before_the_residual_rule_on_a_spread_spectrum():
    A, b = np.diag(np.arange(1.0, 301.0) ** 2), np.ones(300)
    early, late = cg(A, b, stop=martens_rule()), cg(A, b, stop=residual_rule(1e-8))
    assert (early.reason, late.reason) == ("martens", "residual")
    assert early.k < late.k
    best = phi(A, b, late.x)
    assert phi(A, b, early.x) < 0.95 * best  # and little of the model was left to gain


def test_the_first_rule_that_is_met_gives_the_reason():
    A, b = system(0)
    never = residual_rule(0.0)
    result = cg(A, b, stop=(never, lambda step, phi: "three" if step.k == 3 else None))
    assert (result.reason, result.k) == ("three", 3)


def test_the_maximum_counts_products():
    A, b = system(0)
    assert cg(A, b, stop=(), max_steps=4).k == 4
    result = cg(A, b, max_steps=0)
    assert (result.reason, result.k) == ("max_steps", 0)


def test_kept_iterates_are_the_steps_asked_for_and_the_last():
    A, b = system(0)
    result = cg(A, b, stop=(), max_steps=9, keep=[0, 2, 5])
    assert [kept.k for kept in result.iterates] == [0, 2, 5, 9]
    for kept, step in zip(result.iterates, (0, 2, 5, 9), strict=True):
        (expected,) = islice(cg_steps(A, b), step, step + 1)
        np.testing.assert_array_equal(kept.x, expected.x)
        assert kept.model_value == result.model_values[kept.k] == expected.model_value
    assert result.iterates[-1].x is result.x


def test_an_iterate_is_kept_once_only():
    result = cg(np.diag([1.0, -2.0, 3.0]), np.ones(3), keep=range(1, 9))
    assert [kept.k for kept in result.iterates] == [1]


def test_geometric_spacing_starts_at_five_and_grows_by_three_tenths():
    assert list(islice(geometric_spacing(), 6)) == [5, 7, 9, 11, 15, 19]


def test_every_record_has_one_entry_a_step():
    A, b = system(0)
    result = cg(A, b, stop=residual_rule(1e-6))
    assert len(result.model_values) == len(result.residual_norms) == result.k + 1


@given(seeds)
def test_inputs_are_not_changed(seed):
    A, b = system(seed)
    x0 = np.ones(b.size)
    copies = A.copy(), b.copy(), x0.copy()
    cg(A, b, x0, lambda r: r / 2)
    for now, before in zip((A, b, x0), copies, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"b": np.ones((3, 1))}, "flatten"),
        ({"b": np.array([1.0, np.nan, 1.0])}, "b must be finite"),
        ({"b": np.ones(3), "x0": np.array([np.inf, 0, 0])}, "x0 must be finite"),
        ({"b": np.ones(3), "x0": np.ones(2)}, "x0 must have the shape"),
        ({"b": np.ones(3), "A": lambda p: p[:, None]}, "broadcast"),
        ({"b": np.ones(3), "A": lambda p: p[:, None], "x0": np.ones(3)}, "broadcast"),
        ({"b": np.ones(3), "preconditioner": lambda r: r[:1]}, "preconditioner"),
        ({"b": np.ones(3), "max_steps": -1}, "max_steps"),
    ],
)
def test_what_is_no_system_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        cg(**{"A": np.eye(3), **arguments})


@pytest.mark.parametrize(("first", "growth"), [(0, 1.3), (5, 1.0)])
def test_a_spacing_that_does_not_grow_is_refused(first, growth):
    with pytest.raises(ValueError, match="growth > 1"):
        geometric_spacing(first, growth)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8])
def test_integers_are_taken_as_floats(dtype):
    result = cg(np.diag([1, 2, 4]).astype(dtype), np.full(3, 100, dtype), np.ones(3, dtype))
    np.testing.assert_allclose(result.x, [100, 50, 25])


@pytest.mark.parametrize("scale", [2.0**-600, 2.0**-40, 2.0**40, 2.0**550])
@given(seed=seeds)
def test_the_steps_scale_with_b_to_the_last_bit(scale, seed):
    A, b = system(seed)
    for step, other in islice(zip(cg_steps(A, scale * b), cg_steps(A, b), strict=False), 8):
        np.testing.assert_array_equal(step.x, scale * other.x)
        np.testing.assert_array_equal(step.r, scale * other.r)
        assert step.residual_norm == scale * other.residual_norm


@pytest.mark.parametrize("size", [1e-170, 1e-150, 1e150, 1e160])
def test_a_small_or_large_system_is_solved_like_any_other(size):
    np.testing.assert_allclose(cg(np.eye(3), np.full(3, size)).x, size)
    np.testing.assert_allclose(cg(size * np.eye(3), np.full(3, size)).x, 1)


def test_a_small_system_in_float32_is_solved_too():
    result = cg(1e-15 * torch.eye(3), torch.full((3,), 1e-15))
    assert (result.k, result.x.dtype) == (1, torch.float32)
    np.testing.assert_allclose(result.x.numpy(), 1, rtol=1e-5)


def test_negative_curvature_of_a_small_system_leaves_the_iterate_where_it_was():
    *_, before, at = cg_steps(np.diag([1.0, -2.0, 3.0]), np.full(3, 1e-100))
    assert at.status == "negative_curvature" and at.x is before.x


def test_a_direction_that_a_rounds_to_nothing_is_not_followed_out_of_sight():
    result = cg(np.diag([1.0, 2.0, 0.0]), np.array([1.0, 2.0, 1.0]), stop=residual_rule(1e-12))
    assert result.reason == "negative_curvature"
    assert np.linalg.norm(result.x) < 1e8


def test_however_ill_conditioned_a_definite_matrix_is_not_called_flat():
    result = cg(np.diag([1.0, 1e-14]), np.ones(2), stop=residual_rule(1e-9), max_steps=20)
    assert result.reason == "residual"


@pytest.mark.parametrize("keep", [(), range(1, 9), [0]])
def test_the_last_iterate_has_the_number_of_the_step_that_reached_it(keep):
    A, b = np.diag([1.0, -2.0, 3.0]), np.ones(3)
    last = cg(A, b, keep=keep).iterates[-1]
    steps = list(cg_steps(A, b))
    assert last.k == next(step.k for step in steps if step.x is steps[-1].x) == 1


@given(st.integers(1, 20), st.floats(1.001, 3.0))
def test_the_spacing_increases(first, growth):
    indices = list(islice(geometric_spacing(first, growth), 40))
    assert indices[0] == first and np.all(np.diff(indices) >= 1)
