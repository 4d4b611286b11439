"""RMSprop and Adam rescale coordinates; torch agrees to the last digits."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sgo_teach.problems import bowl, quadratic, rosenbrock
from sgo_teach.solvers.adaptive import adam_steps, rmsprop_steps
from sgo_teach.solvers.steps import gradient_below, minimize

METHODS = [rmsprop_steps, adam_steps]
START = [-1.2, 1.0]


def xs(steps, count):
    return np.array([step.x for step in islice(steps, count)])


def torch_xs(make, count):
    """The path of a torch optimiser on Rosenbrock, with our gradient."""
    problem, x = rosenbrock(), torch.tensor(START, dtype=torch.float64)
    optimizer, path = make([x]), []
    for _ in range(count):
        path.append(x.numpy().copy())
        x.grad = torch.from_numpy(problem.gradient(x.numpy()).copy())
        optimizer.step()
    return np.array(path)


@pytest.mark.parametrize(("decay", "epsilon"), [(0.99, 1e-8), (0.9, 1e-2), (0.0, 1.0)])
def test_rmsprop_is_torchs(decay, epsilon):
    ours = xs(rmsprop_steps(rosenbrock(), START, 0.01, decay, epsilon), 100)
    theirs = torch_xs(lambda p: torch.optim.RMSprop(p, 0.01, decay, epsilon), 100)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize(
    ("betas", "epsilon"), [((0.9, 0.999), 1e-8), ((0.5, 0.9), 1e-2), ((0.0, 0.99), 1.0)]
)
def test_adam_is_torchs(betas, epsilon):
    ours = xs(adam_steps(rosenbrock(), START, 0.01, *betas, epsilon), 100)
    theirs = torch_xs(lambda p: torch.optim.Adam(p, 0.01, betas, epsilon), 100)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_the_defaults_are_torchs():
    ours = xs(adam_steps(rosenbrock(), START), 20), xs(rmsprop_steps(rosenbrock(), START), 20)
    theirs = torch_xs(torch.optim.Adam, 20), torch_xs(torch.optim.RMSprop, 20)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@given(st.lists(st.floats(-1e3, 1e3).filter(lambda g: abs(g) > 1e-3), min_size=1, max_size=5))
def test_adams_first_step_is_the_sign_of_the_gradient(g):
    problem = quadratic(np.eye(len(g)), start=g)
    step = next(adam_steps(problem, problem.start, 0.1, epsilon=1e-300))
    np.testing.assert_allclose(step.delta, -0.1 * np.sign(g), rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@given(st.lists(st.floats(1e-4, 1e4), min_size=2, max_size=2))
def test_stretching_the_loss_along_each_axis_changes_no_step(method, scales):
    """The gradient's scale in each coordinate drops out: a *diagonal* rescaling."""
    plain, D = rosenbrock(), np.array(scales)
    seen = quadratic(np.eye(2))
    seen = type(seen)("", plain.value, lambda x: D * plain.gradient(x), plain.hessian, plain.start)
    here, there = (xs(method(p, START, 0.1, epsilon=1e-300), 20) for p in (plain, seen))
    np.testing.assert_allclose(here, there, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_rotation_changes_the_path_so_it_is_no_newton_method(method):
    """On an axis-aligned bowl every coordinate moves alike; turned by 45° the symmetry is gone."""
    aligned, turned = bowl(100.0, 0.0), bowl(100.0, np.pi / 4)
    c = np.sqrt(0.5)
    R = np.array([[c, -c], [c, c]])
    straight = xs(method(aligned, [1.0, 1.0], 0.03, epsilon=1e-12), 5)
    np.testing.assert_allclose(straight[:, 0], straight[:, 1], rtol=1e-6)
    bent = xs(method(turned, R @ [1.0, 1.0], 0.03, epsilon=1e-12), 5) @ R
    assert np.max(np.abs(bent - straight)) > 0.05


@pytest.mark.parametrize("method", METHODS)
def test_the_step_is_what_its_means_say(method):
    for step in islice(method(rosenbrock(), START, 0.01), 30):
        t = step.k + 1
        m_hat = step.mean / (1 - 0.9**t) if method is adam_steps else step.gradient
        np.testing.assert_allclose(step.delta, -step.step_sizes * m_hat, rtol=1e-12)


@pytest.mark.parametrize(("method", "decay"), [(rmsprop_steps, 0.99), (adam_steps, 0.999)])
def test_the_mean_square_remembers_the_one_before(method, decay):
    for before, after in pairwise(islice(method(rosenbrock(), START, 0.01), 10)):
        expected = decay * before.mean_square + (1 - decay) * after.gradient**2
        np.testing.assert_allclose(after.mean_square, expected, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_with_shrinking_steps_it_reaches_the_bottom_of_the_bowl(method):
    problem = bowl(20.0)
    steps = method(problem, problem.start, lambda k: 0.3 * 0.99**k)
    assert minimize(steps, gradient_below(1e-4), 400).reason == "gradient"


@pytest.mark.parametrize("method", METHODS)
def test_a_zero_gradient_makes_no_move_and_no_nan(method):
    for step in islice(method(rosenbrock(), [1.0, 1.0]), 3):
        np.testing.assert_array_equal(step.delta, 0)
        assert step.status == ""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("start", [[1e200, 1.0], [1e60, 1.0]])
def test_overflow_ends_the_run(method, start):
    last = minimize(method(rosenbrock(), start)).steps[-1]
    assert last.status == "not_finite"
    np.testing.assert_array_equal([last.delta, last.step_sizes], 0)


@pytest.mark.parametrize("method", METHODS)
def test_integers_and_read_only_starts_serve_and_are_left_alone(method):
    start = np.array([3, 4])
    start.flags.writeable = False
    minimize(method(rosenbrock(), start, 0.5), max_steps=3)
    np.testing.assert_array_equal(start, [3, 4])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: rmsprop_steps(rosenbrock(), [0.0, np.nan]), "finite vector"),
        (lambda: rmsprop_steps(rosenbrock(), START, decay=1.0), "decay"),
        (lambda: rmsprop_steps(rosenbrock(), START, epsilon=0.0), "epsilon"),
        (lambda: rmsprop_steps(rosenbrock(), START, 0.0), "step_size"),
        (lambda: adam_steps(rosenbrock(), START, beta1=-0.1), "decay"),
        (lambda: adam_steps(rosenbrock(), START, beta2=1.0), "decay"),
        (lambda: adam_steps(rosenbrock(), START, epsilon=np.nan), "epsilon"),
    ],
)
def test_arguments_that_make_no_method_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        next(make())
