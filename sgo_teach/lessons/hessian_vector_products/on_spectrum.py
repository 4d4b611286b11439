"""Exercise of lesson 09: the curvature of largest size, from products alone."""

from __future__ import annotations

import torch

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.hessian_vector_products import mutants_spectrum
from sgo_teach.lessons.hessian_vector_products.losses import is_close, normal, slip_of


def _largest_curvature(product, v, steps):
    """Power iteration: `steps` times v ← Hv/‖Hv‖, then vᵀHv; a float.

    product : v ↦ Hv, (n,) → (n,); v : (n,) tensor, not zero, of any length; steps : 0 or more.
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
        self.h, self.A = h, Q @ torch.diag(torch.tensor(h, dtype=torch.float64)) @ Q.T

    def __repr__(self) -> str:
        return f"v ↦ Av, A with the eigenvalues {self.h}"

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


def _scaled(product, v, steps, size):
    """vᵀHv after steps that divide by something else than the length of Hv."""
    for _ in range(steps):
        Hv = product(v)
        v = Hv / size(v, Hv)
    return float(v @ product(v))


def _by_an_entry(case, got, want):
    product, v, steps = case
    for size in (lambda v, Hv: Hv.abs().max(), lambda v, Hv: Hv.max()):
        if steps and is_close(got, _scaled(product, v / v.norm(), steps, size)):
            return (
                "You divide by the largest *entry* of $Hv$: then $v^THv$ is not per unit length. "
                "Divide by the length, `Hv.norm()`."
            )


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

    product : v ↦ Hv, (n,) → (n,); v : (n,) tensor, not zero, of any length; steps : 0 or more.
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
            "image",
            slip_of(
                lambda product, v, steps: product(_walked(product, v, steps)),
                "That is the vector $Hv$; asked is the curvature along $v$, the number $v^THv$.",
            ),
            before_shape=True,
        ),
        Slip(
            "length_of_image",
            slip_of(
                lambda product, v, steps: float(product(_walked(product, v, steps)).norm()),
                "That is $\\|Hv\\|$, which is never negative: a curvature has a sign. $v^THv$ keeps it.",
            ),
        ),
        Slip(
            "sign_lost",
            slip_of(
                lambda product, v, steps: abs(_largest_curvature(product, v, steps)),
                "The size is right and the sign is lost: along this $v$ it bends *down*. Leave out `abs`.",
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
                lambda product, v, steps: _scaled(product, v, steps, lambda v, Hv: 1),
                "$v$ is never brought back to length 1, so the number grows with every step: "
                "divide by $\\|Hv\\|$, and bring the start to length 1 as well.",
            ),
        ),
        Slip(
            "shortened_once",
            slip_of(
                lambda product, v, steps: _scaled(product, v / v.norm(), steps, lambda v, Hv: 1),
                "The start has length 1, but then $v$ grows with every step: in the loop, too, divide by $\\|Hv\\|$.",
            ),
        ),
        Slip(
            "old_length",
            slip_of(
                lambda product, v, steps: _scaled(
                    product, v / v.norm(), steps, lambda v, Hv: v.norm()
                ),
                "You divide $Hv$ by the length of the *old* $v$: divide by its own, $\\|Hv\\|$.",
            ),
        ),
        Slip(
            "length_squared",
            slip_of(
                lambda product, v, steps: _scaled(
                    product, v / (v @ v), steps, lambda v, Hv: Hv @ Hv
                ),
                "`v @ v` is the *square* of the length: divide by the length, `v.norm()`.",
            ),
        ),
        Slip("largest_entry", _by_an_entry),
        Slip("miscounted", _counted),
    ],
    mutants=mutants_spectrum.LARGEST_CURVATURE,
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
