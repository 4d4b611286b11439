"""Exercise of lesson 08: conjugate gradients in about ten lines."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise
from sgo_teach.lessons.conjugate_gradients import mutants_cg as mutants
from sgo_teach.lessons.conjugate_gradients import slips_cg as slips
from sgo_teach.lessons.conjugate_gradients.vectors import Bare, Counted

LESSON = "conjugate_gradients"


def _cg(product, b, tolerance, max_steps):
    """x (n,) with Hx ≈ b by conjugate gradients from x = 0, H symmetric positive definite.

    product is p ↦ Hp, called once a step and at most max_steps times.
    Stop as soon as ‖r‖ ≤ tolerance·‖b‖.
    Use only + - * / and @ on vectors: the same lines then serve numpy and torch.
    """
    x, r, p = 0 * b, b, b
    rr = r @ r
    enough = tolerance**2 * rr
    for _ in range(max_steps):
        if rr <= enough:
            break
        Hp = product(p)
        alpha = rr / (p @ Hp)
        x, r = x + alpha * p, r - alpha * Hp
        before, rr = rr, r @ r
        p = r + (rr / before) * p
    return x


_A = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]])
_B = np.array([1.0, -2.0, 0.5])
_A5 = np.diag([1.0, 2.0, 5.0, 9.0, 30.0]) + 0.5 * np.ones((5, 5))
_B5 = np.array([3.0, -1.0, 2.0, 4.0, -5.0])


def _cases():
    """Fresh counters every time."""
    return [
        (Counted(_A, 11), _B, 1e-10, 10),
        (Counted(_A5, 3), _B5, 1e-10, 2),
        (Counted(_A5, 4), _B5, 1e-10, 3),
        (Counted(_A5, 11), 10 * _B5, 0.3, 10),
        (Counted(_A5, 11), 0.001 * _B5, 0.03, 10),
        (Counted(_A, 11), 0 * _B, 1e-10, 10),
        (Counted(_A, 11), Bare([2.0, 1.0, -1.0]), 1e-10, 10),
    ]


cg = Exercise(
    name="cg",
    lesson=LESSON,
    stub='''def cg(product, b, tolerance, max_steps):
    """x (n,) with Hx ≈ b by conjugate gradients from x = 0, H symmetric positive definite.

    product is p ↦ Hp, called once a step and at most max_steps times.
    Stop as soon as ‖r‖ ≤ tolerance·‖b‖.
    Use only + - * / and @ on vectors: the same lines then serve numpy and torch.
    """
    ...''',
    reference=_cg,
    cases=_cases,
    slips=slips.CG,
    mutants=mutants.CG,
    hints=[
        "Before the loop: $x = 0$, $r = p = b$, and the number $r^Tr$. In the loop: is it enough? Else one product, one step, one new direction.",
        "`0 * b` is a zero vector of either library. $\\|r\\| \\leq \\varepsilon\\|b\\|$ is the same as $r^Tr \\leq \\varepsilon^2\\, b^Tb$: no root, no library.",
        "`Hp = product(p)`, `alpha = rr / (p @ Hp)`, then new `x` and `r`; keep the old `rr`, compute the new one, and `p = r + rr_new / rr_old * p`.",
    ],
    discussion=(
        "One product, two inner products and three updates a step, and four vectors of memory: $x$, $r$, $p$, $Hp$. "
        "Nothing older is needed, and that is the wonder of the method. "
        "Lessons 09 to 12 hand this function products with networks' curvatures. "
        "The package's own, `sgo_teach.solvers.cg`, adds stop rules, a preconditioner and reports."
    ),
    tolerance=1e-7,
    namespace={"np": np},
)
