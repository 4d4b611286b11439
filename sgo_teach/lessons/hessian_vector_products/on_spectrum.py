"""Exercise of lesson 09: the curvature of largest size, from products alone."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_vector_products import mutants
from sgo_teach.lessons.hessian_vector_products.losses import normal, slip_of


def _largest_curvature(product, v, steps):
    """Power iteration: `steps` times v ← Hv/‖Hv‖, then vᵀHv; a float.

    product : v ↦ Hv, (n,) → (n,); v : (n,) tensor, the start, not zero and of any length.
    """
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return float(v @ product(v))


class Symmetric:
    """v ↦ Av with a symmetric A (n, n) that has the eigenvalues h."""

    def __init__(self, h: list[float], seed: int):
        Q, _ = torch.linalg.qr(normal(seed, len(h), len(h)))
        self.A = Q @ torch.diag(torch.tensor(h, dtype=torch.float64)) @ Q.T

    def __call__(self, v: torch.Tensor) -> torch.Tensor:
        """Av, (n,)."""
        return self.A @ v


def cases():
    """The largest in size is negative, then positive; few steps, so that a miscount shows."""
    return [
        (Symmetric([-5.0, 3.0, 1.0, 0.5], 1), normal(2, 4), 4),
        (Symmetric([4.0, -2.5, 1.0], 3), 3 * normal(4, 3), 3),
        (Symmetric([2.0, 1.0, -0.5], 5), 2 * normal(6, 3), 0),
    ]


def _walked(product, v, steps):
    """The vector after some steps."""
    v = v / v.norm()
    for _ in range(steps):
        v = product(v) / product(v).norm()
    return v


def _lengthening(product, v, steps):
    for _ in range(steps):
        v = product(v)
    return v


def _largest_entry(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        v = product(v) / product(v).abs().max()
    return float(v @ product(v))


def _rayleigh(product, v):
    return float(v @ product(v) / (v @ v))


def _counted(case, got, want):
    product, v, steps = case
    for other in range(steps + 4):
        if other != steps and abs(float(got) - _largest_curvature(product, v, other)) < 1e-9:
            return (
                f"That is $v^THv$ after {other} multiplications, {steps} are asked: "
                "count the turns of your loop, and use the last v."
            )


largest_curvature = Exercise(
    name="largest_curvature",
    lesson="hessian_vector_products",
    stub='''def largest_curvature(product, v, steps):
    """Power iteration: `steps` times v ← Hv/‖Hv‖, then vᵀHv; a float.

    product : v ↦ Hv, (n,) → (n,); v : (n,) tensor, the start, not zero and of any length.
    """
    ...''',
    reference=_largest_curvature,
    cases=cases,
    slips=[
        Slip(
            "vector",
            slip_of(
                _walked, "That is the direction $v$; asked is the curvature along it, $v^THv$."
            ),
            before_shape=True,
        ),
        Slip(
            "sign_lost",
            slip_of(
                lambda product, v, steps: float(product(_walked(product, v, steps)).norm()),
                "That is $\\|Hv\\|$, which is never negative: a curvature has a sign. $v^THv$ keeps it.",
            ),
        ),
        Slip(
            "start_length",
            slip_of(
                lambda product, v, steps: float(v @ product(v)) if steps == 0 else float("nan"),
                "With no step at all your number depends on the length of the start: "
                "bring $v$ to length 1 before the loop.",
            ),
        ),
        Slip(
            "never_shortened",
            slip_of(
                lambda product, v, steps: (lambda w: float(w @ product(w)))(
                    _lengthening(product, v, steps)
                ),
                "$v$ is never brought back to length 1, so the number grows with every step: "
                "divide by $\\|Hv\\|$, and bring the start to length 1 as well.",
            ),
        ),
        Slip(
            "largest_entry",
            slip_of(
                _largest_entry,
                "You divide by the largest *entry* of $Hv$: then $v^THv$ is not per unit length. "
                "Divide by the length, `Hv.norm()`.",
            ),
        ),
        Slip("miscounted", _counted),
    ],
    mutants=mutants.LARGEST_CURVATURE,
    hints=[
        "Bring $v$ to length 1, then multiply and shorten, `steps` times.",
        "In the loop: `Hv = product(v)`, then `v = Hv / Hv.norm()`.",
        "After the loop one more product: `float(v @ product(v))`.",
    ],
    discussion=(
        "Write $v = \\sum_i c_i q_i$ in eigenvectors: after $k$ products the weights are $c_i h_i^k$, "
        "and the largest $|h_i|$ outgrows the rest, by $|h_2/h_1|$ a step. "
        "The error of $v^THv$ shrinks by the *square* of that."
    ),
    namespace={"torch": torch},
)
