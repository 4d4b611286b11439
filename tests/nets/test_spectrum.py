"""Power iteration, Lanczos, spectral densities and traces: the theorems, and where they end."""

from __future__ import annotations

from itertools import product as cartesian
from math import isnan, pi

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sgo_teach.nets.curvature import HessianProduct
from sgo_teach.nets.spectrum import (
    gaussian,
    hutch_plus_plus,
    hutchinson_trace,
    lanczos,
    power_iteration,
    rademacher,
    spectral_density,
)

seeds = st.integers(0, 2**32 - 1)
theorem = settings(deadline=None, max_examples=20)


def rng(seed=0):
    return np.random.default_rng(seed)


def matrix_with(eigenvalues, seed=0):
    Q, _ = np.linalg.qr(rng(seed).normal(size=(len(eigenvalues),) * 2))
    A = Q @ np.diag(eigenvalues) @ Q.T
    return (A + A.T) / 2


def symmetric(seed, n):
    A = rng(seed).normal(size=(n, n))
    return (A + A.T) / 2


class EverySign:
    """A generator whose vectors of signs are all 2ⁿ there are, one after the other."""

    def __init__(self, n):
        self.bits = cartesian((0, 1), repeat=n)

    def integers(self, low, high, n):
        return np.array(next(self.bits))


# Power iteration


@given(seeds, st.sampled_from([0.5, 0.8]), st.sampled_from([-3.0, 3.0]), st.sampled_from([-1, 1]))
@theorem
def test_the_vector_converges_at_the_rate_of_the_second_eigenvalue(seed, rate, first, sign):
    A = matrix_with([first, sign * rate * first, 0.1, 0.05], seed)
    values, vectors = np.linalg.eigh(A)
    v = vectors[:, np.argmax(abs(values))]
    steps = list(power_iteration(A.__matmul__, np.ones(4), rtol=1e-7, max_steps=400))
    assert steps[-1].status == "converged"
    assert steps[-1].value == pytest.approx(first, rel=1e-12)
    tangent = [np.linalg.norm(s.vector - v * (v @ s.vector)) / abs(v @ s.vector) for s in steps]
    late = np.array(tangent[-6:])
    np.testing.assert_allclose(late[1:] / late[:-1], rate, rtol=1e-3)
    assert all(np.diff(tangent) <= 1e-12)


@given(seeds, st.integers(1, 9), st.integers(0, 5))
@theorem
def test_some_eigenvalue_is_as_near_as_the_residual(seed, n, steps):
    A = symmetric(seed, n)
    *_, last = power_iteration(A.__matmul__, n, rng(seed), max_steps=steps)
    distance = np.abs(np.linalg.eigvalsh(A) - last.value).min()
    assert distance <= last.residual_norm + 1e-12
    residual = A @ last.vector - last.value * last.vector
    assert last.residual_norm == pytest.approx(np.linalg.norm(residual), abs=1e-12)
    assert np.linalg.norm(last.vector) == pytest.approx(1)


def test_a_negative_eigenvalue_of_largest_modulus_keeps_its_sign():
    *_, last = power_iteration(np.diag([1.0, -5.0, 3.0]).__matmul__, np.ones(3))
    assert last.value == pytest.approx(-5, rel=1e-6)


def test_two_eigenvalues_of_the_same_modulus_never_settle():
    *_, last = power_iteration(np.diag([2.0, -2.0]).__matmul__, np.array([1.0, 1.0]), max_steps=50)
    assert (last.status, last.k) == ("max_steps", 50)
    assert last.residual_norm == pytest.approx(2)


@pytest.mark.parametrize("n", [1, 3])
def test_the_zero_matrix_has_the_eigenvalue_zero_at_once(n):
    (step,) = power_iteration(lambda v: 0 * v, np.ones(n))
    assert (step.value, step.residual_norm, step.status) == (0, 0, "converged")


def test_a_step_costs_one_product():
    calls = []
    A = matrix_with([5.0, 4.0, 1.0])
    *_, last = power_iteration(lambda v: (calls.append(1), A @ v)[1], np.ones(3), max_steps=7)
    assert len(calls) == last.k + 1 == 8


# Lanczos


@given(seeds, st.integers(1, 14), st.integers(1, 14))
@theorem
def test_the_basis_is_orthonormal_and_makes_the_matrix_tridiagonal(seed, n, m):
    A = symmetric(seed, n)
    run = lanczos(A.__matmul__, rng(seed).normal(size=n), m)
    Q = np.array(run.basis).T
    np.testing.assert_allclose(Q.T @ Q, np.eye(Q.shape[1]), atol=1e-12)
    T = np.diag(run.alphas) + np.diag(run.betas, 1) + np.diag(run.betas, -1)
    np.testing.assert_allclose(Q.T @ A @ Q, T, atol=1e-10)
    np.testing.assert_allclose(run.ritz_values, np.linalg.eigvalsh(T), atol=1e-12)
    assert np.all(run.betas > 0)


@given(seeds, st.integers(2, 14))
@theorem
def test_ritz_values_interlace_from_step_to_step_and_lie_in_the_spectrum(seed, n):
    A = symmetric(seed, n)
    lowest, *_, highest = np.linalg.eigvalsh(A)
    start = rng(seed).normal(size=n)
    before = lanczos(A.__matmul__, start, 1).ritz_values
    for m in range(2, n + 1):
        after = lanczos(A.__matmul__, start, m).ritz_values
        assert np.all(after[:-1] <= before + 1e-10)
        assert np.all(before <= after[1:] + 1e-10)
        assert lowest - 1e-10 <= after[0]
        assert after[-1] <= highest + 1e-10
        before = after


@given(seeds, st.integers(1, 14))
@theorem
def test_n_steps_find_the_whole_spectrum(seed, n):
    A = matrix_with(np.arange(1.0, n + 1) * (-1) ** np.arange(n), seed)
    run = lanczos(A.__matmul__, rng(seed).normal(size=n), n + 3)
    assert run.exhausted
    np.testing.assert_allclose(run.ritz_values, np.linalg.eigvalsh(A), atol=1e-9)
    for theta, y in zip(run.ritz_values, run.ritz_vectors, strict=True):
        np.testing.assert_allclose(A @ y, theta * y, atol=1e-8)
        assert np.linalg.norm(y) == pytest.approx(1)


@given(seeds, st.integers(1, 8))
@theorem
def test_residual_norms_are_those_of_the_ritz_vectors(seed, m):
    A = symmetric(seed, 12)
    run = lanczos(A.__matmul__, rng(seed).normal(size=12), m)
    eigenvalues = np.linalg.eigvalsh(A)
    pairs = zip(run.ritz_values, run.ritz_vectors, run.residual_norms, strict=True)
    for theta, y, residual in pairs:
        assert np.linalg.norm(A @ y - theta * y) == pytest.approx(residual, abs=1e-10)
        assert np.abs(eigenvalues - theta).min() <= residual + 1e-10


@given(seeds, st.integers(1, 6))
@theorem
def test_the_quadrature_is_exact_up_to_degree_2m_minus_1_and_not_beyond(seed, m):
    A = matrix_with(np.linspace(-1, 1, 12), seed)
    v = rng(seed).normal(size=12)
    v /= np.linalg.norm(v)
    run = lanczos(A.__matmul__, v, m)
    moments = [v @ np.linalg.matrix_power(A, p) @ v for p in range(2 * m + 1)]
    ours = [run.weights @ run.ritz_values**p for p in range(2 * m + 1)]
    np.testing.assert_allclose(ours[:-1], moments[:-1], atol=1e-12)
    # What is missing at degree 2m is the product of all betas squared.
    missing = np.prod(np.append(run.betas, run.last_beta) ** 2)
    assert moments[-1] - ours[-1] == pytest.approx(missing, rel=1e-6, abs=1e-12)


@given(seeds, st.integers(1, 5), st.integers(1, 4))
@theorem
def test_a_run_ends_after_as_many_steps_as_there_are_distinct_eigenvalues(seed, distinct, copies):
    A = matrix_with(np.repeat(np.arange(distinct) - 2.0, copies), seed)
    run = lanczos(A.__matmul__, rng(seed + 1).normal(size=distinct * copies), 40)
    assert run.exhausted
    np.testing.assert_allclose(run.ritz_values, np.arange(distinct) - 2.0, atol=1e-10)
    np.testing.assert_array_equal(run.residual_norms, 0)


def test_an_eigenvector_as_start_finds_its_eigenvalue_and_nothing_else():
    run = lanczos(np.diag([1.0, -2.0, 3.0]).__matmul__, np.array([0, 5, 0]), 3)
    assert run.exhausted
    np.testing.assert_array_equal(run.ritz_values, [-2])


@pytest.mark.parametrize("n", [1, 4])
def test_the_zero_matrix_ends_after_one_step(n):
    run = lanczos(lambda v: 0 * v, np.ones(n), 4)
    assert run.exhausted
    np.testing.assert_array_equal(run.ritz_values, [0])


def test_orthogonality_survives_when_eigenvalues_have_long_converged():
    """Without reorthogonalisation one outlier would soon be found again and again."""
    A = np.diag(np.append(np.linspace(0, 1, 199), 100.0))
    run = lanczos(A.__matmul__, np.ones(200), 60)
    Q = np.array(run.basis)
    np.testing.assert_allclose(Q @ Q.T, np.eye(60), atol=1e-12)
    assert np.sum(run.ritz_values > 50) == 1
    assert run.ritz_values[-1] == pytest.approx(100, rel=1e-12)


def test_the_scale_of_the_matrix_does_not_decide_when_a_run_is_exhausted():
    A, start = symmetric(1, 10), np.ones(10)
    for scale in (1e-100, 1e100):
        run = lanczos(lambda v, s=scale: s * (A @ v), start, 6)
        assert not run.exhausted
        np.testing.assert_allclose(
            run.ritz_values / scale, lanczos(A.__matmul__, start, 6).ritz_values, rtol=1e-9
        )


# Densities


def test_with_all_steps_and_all_signs_the_mean_of_a_polynomial_is_exact():
    A = symmetric(4, 5)
    density = spectral_density(A.__matmul__, 5, 2, 2**5, EverySign(5))
    for power in range(4):
        exact = np.trace(np.linalg.matrix_power(A, power)) / 5
        assert density.mean(lambda h, p=power: h**p) == pytest.approx(exact, abs=1e-12)


@given(seeds, st.integers(1, 10))
@theorem
def test_a_diagonal_matrix_needs_one_probe(seed, n):
    """Signs have the same share in each of its eigenvectors."""
    h = rng(seed).normal(size=n)
    density = spectral_density(lambda v: h * v, n, n, 1, rng(seed))
    assert density.mean(np.cos) == pytest.approx(np.cos(h).mean(), abs=1e-10)


@given(seeds, st.integers(1, 12), st.integers(1, 5))
@theorem
def test_nodes_lie_in_the_spectrum_and_weights_sum_to_one(seed, n, steps):
    A = symmetric(seed, n)
    density = spectral_density(A.__matmul__, n, steps, 3, rng(seed))
    lowest, *_, highest = np.linalg.eigvalsh(np.atleast_2d(A)).tolist() * (1 + (n == 1))
    assert density.weights.sum() == pytest.approx(1)
    assert np.all(density.weights >= 0)
    assert np.all(np.diff(density.nodes) >= 0)
    assert lowest - 1e-10 <= density.nodes.min()
    assert density.nodes.max() <= highest + 1e-10


def test_a_multiple_eigenvalue_gets_its_share():
    A = matrix_with([10.0] * 5 + [0.0] * 45)
    density = spectral_density(A.__matmul__, 50, 10, 400, rng())
    assert density.mean(lambda h: h > 5) == pytest.approx(0.1, abs=0.01)


def test_the_semicircle_of_a_random_matrix_is_seen():
    n = 300
    A = symmetric(0, n) * np.sqrt(2 / n)  # Wigner: spectrum on [-2, 2]
    density = spectral_density(A.__matmul__, n, 40, 10, rng())
    x = np.linspace(-1.5, 1.5, 7)
    semicircle = np.sqrt(4 - x**2) / (2 * pi)
    np.testing.assert_allclose(density.at(x, 0.15), semicircle, atol=0.04)


def test_the_blurred_density_integrates_to_one_at_every_width():
    density = spectral_density(symmetric(0, 6).__matmul__, 6, 6, 2, rng())
    x = np.linspace(-20, 20, 8001)
    for sigma in (0.02, 0.5, 2.0):
        assert np.trapezoid(density.at(x, sigma), x) == pytest.approx(1, abs=1e-6)
    assert density.at(0.0, 1.0).shape == ()
    assert density.at(np.zeros((2, 3)), 1.0).shape == (2, 3)


# Traces


@given(seeds, st.integers(1, 7))
@theorem
def test_hutchinson_is_unbiased_and_its_variance_is_the_formula(seed, n):
    """Over all 2ⁿ vectors of signs: the mean is the trace, the variance that of the docstring."""
    A = symmetric(seed, n)
    estimate = hutchinson_trace(A.__matmul__, n, 2**n, EverySign(n))
    assert estimate.mean == pytest.approx(np.trace(A), abs=1e-10)
    formula = 2 * (np.sum(A**2) - np.sum(np.diag(A) ** 2))
    assert estimate.samples.var() == pytest.approx(formula, abs=1e-10)


@given(seeds, st.integers(1, 9))
@theorem
def test_one_probe_is_exact_for_a_diagonal_matrix(seed, n):
    h = rng(seed).normal(size=n)
    estimate = hutchinson_trace(lambda v: h * v, n, 1, rng(seed))
    assert estimate.mean == pytest.approx(h.sum(), abs=1e-12)
    assert isnan(estimate.standard_error)


def test_the_standard_error_covers_the_trace_as_often_as_it_should():
    A = symmetric(3, 20)
    errors = [hutchinson_trace(A.__matmul__, 20, 50, rng(seed)) for seed in range(200)]
    inside = sum(abs(e.mean - np.trace(A)) <= 2 * e.standard_error for e in errors)
    assert abs(inside - 0.9545 * 200) < 4 * np.sqrt(200 * 0.9545 * 0.0455)


@given(seeds, st.integers(1, 4), st.integers(4, 12))
@theorem
def test_hutch_plus_plus_is_exact_up_to_the_rank_of_a_third_of_its_products(seed, rank, n):
    B = rng(seed).normal(size=(n, rank))
    estimate = hutch_plus_plus(lambda v: B @ (B.T @ v), n, 3 * rank + 1, rng(seed + 1))
    assert estimate.mean == pytest.approx(np.sum(B**2), rel=1e-8)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_hutch_plus_plus_has_no_error_once_its_basis_is_everything(n):
    A = symmetric(0, n)
    assert hutch_plus_plus(A.__matmul__, n, 90, rng()).mean == pytest.approx(np.trace(A))
    assert hutch_plus_plus(lambda v: 0 * v, n, 9, rng()).mean == 0


def test_hutch_plus_plus_beats_hutchinson_where_the_spectrum_decays():
    A = matrix_with(1.0 / np.arange(1, 101) ** 2)
    runs = range(40)
    ours = [hutch_plus_plus(A.__matmul__, 100, 60, rng(s)).mean for s in runs]
    theirs = [hutchinson_trace(A.__matmul__, 100, 60, rng(s)).mean for s in runs]
    trace = np.trace(A)
    assert np.std(np.array(ours) - trace) < 0.2 * np.std(np.array(theirs) - trace)


def test_hutch_plus_plus_spends_what_it_is_given():
    calls = []
    A = symmetric(0, 30)
    hutch_plus_plus(lambda v: (calls.append(1), A @ v)[1], 30, 20, rng())
    assert len(calls) == 18


# Vectors of signs and of numbers


@pytest.mark.parametrize(
    "generator", [rng(), torch.Generator().manual_seed(0)], ids=["np", "torch"]
)
def test_random_vectors_have_the_moments_they_should(generator):
    signs, numbers = rademacher(20000, generator), gaussian(20000, generator)
    assert type(signs) is type(numbers)
    assert set(signs.tolist()) == {-1.0, 1.0}
    assert abs(float(signs.mean())) < 0.03
    assert abs(float(numbers.mean())) < 0.03
    assert float((numbers**2).mean()) == pytest.approx(1, abs=0.05)


def test_the_type_asked_for_is_the_type_that_comes():
    assert rademacher(3, rng(), np.float32).dtype == gaussian(3, rng(), np.float32).dtype
    seeded = torch.Generator().manual_seed(0)
    assert rademacher(3, seeded).dtype == gaussian(3, seeded).dtype == torch.float32
    assert rademacher(3, seeded, torch.float64).dtype == torch.float64
    assert gaussian(3, seeded, torch.float64).dtype == torch.float64


# Tensors, and the Hessian of a network


@given(seeds)
@settings(deadline=None, max_examples=10)
def test_tensors_give_the_numbers_of_arrays(seed):
    A, start = symmetric(seed, 8), rng(seed).normal(size=8)
    tensor = torch.from_numpy
    ours = lanczos(A.__matmul__, start, 5)
    theirs = lanczos(tensor(A).__matmul__, tensor(start), 5)
    np.testing.assert_allclose(theirs.ritz_values, ours.ritz_values, atol=1e-10)
    np.testing.assert_allclose(theirs.weights, ours.weights, atol=1e-10)
    assert isinstance(theirs.ritz_vectors[0], torch.Tensor)
    steps = zip(
        power_iteration(A.__matmul__, start, max_steps=9),
        power_iteration(tensor(A).__matmul__, tensor(start), max_steps=9),
        strict=True,
    )
    for step, other in steps:
        assert other.value == pytest.approx(step.value, abs=1e-10)


def test_float32_tensors_stay_float32():
    A = torch.from_numpy(symmetric(0, 30)).float()
    seeded = torch.Generator().manual_seed(0)
    run = lanczos(A.__matmul__, rademacher(30, seeded), 30)
    assert run.basis[-1].dtype == torch.float32
    exact = np.linalg.eigvalsh(A.double().numpy())
    np.testing.assert_allclose(run.ritz_values[[0, -1]], exact[[0, -1]], rtol=1e-5)
    assert hutchinson_trace(A.__matmul__, 30, 4, seeded).samples.shape == (4,)


def test_the_hessian_of_a_network_is_seen_through_its_products():
    torch.manual_seed(0)
    x, y = torch.randn(40, 3, dtype=torch.float64), torch.randn(40, 1, dtype=torch.float64)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    params = list(network.double().parameters())
    n = sum(p.numel() for p in params)
    loss = torch.nn.functional.mse_loss(network(x), y)
    H = HessianProduct(loss, params)
    dense = torch.stack([H(e) for e in torch.eye(n, dtype=torch.float64)]).numpy()
    run = lanczos(H, torch.ones(n, dtype=torch.float64), n)
    np.testing.assert_allclose(run.ritz_values[-1], np.linalg.eigvalsh(dense)[-1], rtol=1e-9)
    *_, last = power_iteration(H, torch.ones(n, dtype=torch.float64))
    assert last.value == pytest.approx(np.linalg.eigvalsh(dense)[-1], rel=1e-6)
    signs = torch.Generator().manual_seed(0)
    trace = hutchinson_trace(H, n, 200, signs, dtype=torch.float64)
    assert abs(trace.mean - np.trace(dense)) < 4 * trace.standard_error


# What is refused


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("when", [1, 3])
@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("method", ["power", "lanczos", "density", "trace", "hutch"])
def test_a_product_that_is_not_finite_is_named(bad, when, as_tensor, method):
    A, calls = symmetric(2, 5), []
    start, draw = np.arange(1.0, 6), rng()
    if as_tensor:
        A, start = torch.from_numpy(A), torch.from_numpy(start)
        draw = torch.Generator().manual_seed(0)

    def product(v):
        calls.append(1)
        return A @ v if len(calls) < when else bad * (A @ v)

    dtype = torch.float64 if as_tensor else None
    runs = {
        "power": lambda: list(power_iteration(product, start)),
        "lanczos": lambda: lanczos(product, start, 5),
        "density": lambda: spectral_density(product, 5, 4, 1, draw, dtype=dtype),
        "trace": lambda: hutchinson_trace(product, 5, 4, draw, dtype=dtype),
        "hutch": lambda: hutch_plus_plus(product, 5, 6, draw, dtype=dtype),
    }
    with pytest.raises(ValueError, match=r"product\(v\) must be finite"):
        runs[method]()
    assert len(calls) == when


@pytest.mark.parametrize("start", [np.zeros(3), np.ones((3, 1)), np.array([]), np.full(3, np.nan)])
def test_a_start_without_direction_is_refused(start):
    for run in (power_iteration, lambda product, v: lanczos(product, v, 2)):
        with pytest.raises(ValueError, match="start must"):
            run(lambda v: v, start)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (lambda A: lanczos(A, np.ones(3), 0), "steps must be at least 1"),
        (lambda A: lanczos(lambda v: v[:, None], np.ones(3), 2), "broadcast"),
        (lambda A: power_iteration(A, 3), "needs a generator"),
        (lambda A: power_iteration(A, 0, rng()), "n, the number"),
        (lambda A: power_iteration(A, np.ones(3), max_steps=-1), "max_steps"),
        (lambda A: spectral_density(A, 3, 2, 0, rng()), "probes must be"),
        (lambda A: spectral_density(A, 0, 2, 1, rng()), "n, the number"),
        (lambda A: spectral_density(A, 3, 2, 1, rng()).at(0.0, 0.0), "sigma"),
        (lambda A: hutchinson_trace(A, 3, 0, rng()), "probes must be"),
        (lambda A: hutch_plus_plus(A, 3, 2, rng()), "products must be at least 3"),
    ],
)
def test_what_makes_no_sense_is_refused(run, said):
    with pytest.raises(ValueError, match=said):
        run(lambda v: v)


def test_the_start_is_not_changed_and_may_be_of_integers_or_read_only():
    A, start = symmetric(0, 4), np.array([1, 2, 3, 4])
    start.flags.writeable = False
    run = lanczos(A.__matmul__, start, 4)
    np.testing.assert_array_equal(start, [1, 2, 3, 4])
    np.testing.assert_allclose(run.ritz_values, np.linalg.eigvalsh(A), atol=1e-10)
    *_, last = power_iteration(A.__matmul__, start, max_steps=3)
    assert np.linalg.norm(last.vector) == pytest.approx(1)


# Far from 1, where squares leave the range of float64


@pytest.mark.parametrize("c", [1e-170, 1e160])
@pytest.mark.parametrize("of", [lambda v: v, torch.from_numpy], ids=["numpy", "torch"])
def test_a_matrix_c_times_as_large_has_eigenvalues_c_times_as_large(c, of):
    A = of(c * matrix_with([-5.0, 1.0, 2.0, 3.0, 10.0]))
    start = of(np.ones(5))
    *_, last = power_iteration(A.__matmul__, start, rtol=1e-6)
    assert last.value / c == pytest.approx(10)
    assert last.status == "converged"
    run = lanczos(A.__matmul__, start, 5)
    np.testing.assert_allclose(run.ritz_values / c, [-5, 1, 2, 3, 10], rtol=1e-8)


@pytest.mark.parametrize("c", [1e-170, 1e160])
def test_a_trace_c_times_as_large_has_an_error_c_times_as_large(c):
    A = symmetric(0, 6)
    for estimate in (hutchinson_trace, hutch_plus_plus):
        once = estimate(A.__matmul__, 6, 9, rng())
        scaled = estimate((c * A).__matmul__, 6, 9, rng())
        assert scaled.mean / c == pytest.approx(once.mean)
        assert scaled.standard_error / c == pytest.approx(once.standard_error, abs=1e-12)
