"""Bug hunt of lesson 08: preconditioned conjugate gradients that start with the wrong number."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.conjugate_gradients import mutants_preconditioning as mutants

LESSON = "conjugate_gradients"


def _pcg(product, b, inverse, steps):
    """x after some steps of preconditioned CG from 0; product is p ↦ Hp, inverse r ↦ M⁻¹r."""
    x, r, z = 0 * b, b, inverse(b)
    p, rz = z, r @ z
    for _ in range(steps):
        Hp = product(p)
        alpha = rz / (p @ Hp)
        x, r = x + alpha * p, r - alpha * Hp
        z = inverse(r)
        rz, before = r @ z, rz
        p = z + (rz / before) * p
    return x


_H = np.array(
    [
        [900.0, 12.0, 0.0, 0.5],
        [12.0, 40.0, 2.0, 0.0],
        [0.0, 2.0, 3.0, 0.2],
        [0.5, 0.0, 0.2, 0.1],
    ]
)
_M = np.diag(_H)


def _product(p):
    return _H @ p


def _inverse(r):
    return r / _M


def _root_inverse(r):
    return r / _M**0.75


def _walk(first=None, number=None, inner=None, direction=None, begin=None, renew=True):
    """Another PCG: one thing done differently."""
    number = number or (lambda r, z: r @ z)
    first, direction = first or number, direction or (lambda r, z: z)
    begin = begin or direction

    def walked(product, b, inverse, steps):
        x, r, z = 0 * b, b, inverse(b)
        p, rz = begin(r, z), first(r, z)
        for _ in range(steps):
            Hp = product(p)
            alpha = (inner(r, z) if inner else rz) / (p @ Hp)
            x, r = x + alpha * p, r - alpha * Hp
            z = inverse(r) if renew else z
            rz, before = number(r, z), rz
            p = direction(r, z) + (rz / (before or np.inf)) * p
        return x

    return walked


def _other_number(case, got, want):
    product, b, inverse, steps = case
    for k in range(8):
        if k != steps and np.allclose(got, _pcg(product, b, inverse, k), rtol=1e-9):
            return f"Every step is right, but there are {k} of them and not {steps}."


pcg = Exercise(
    name="pcg",
    lesson=LESSON,
    stub='''def pcg(product, b, inverse, steps):
    """x after some steps of preconditioned CG from 0; product is p ↦ Hp, inverse r ↦ M⁻¹r."""
    x, r, z = 0 * b, b, inverse(b)
    p, rz = z, r @ r
    for _ in range(steps):
        Hp = product(p)
        alpha = rz / (p @ Hp)
        x, r = x + alpha * p, r - alpha * Hp
        z = inverse(r)
        rz, before = r @ z, rz
        p = z + (rz / before) * p
    return x''',
    reference=_pcg,
    cases=[
        (_product, np.array([1.0, -2.0, 0.5, 3.0]), _inverse, 3),
        (_product, np.array([30.0, 2.0, 1.0, -1.0]), _root_inverse, 2),
        (_product, np.array([-3.0, 2.0, 5.0, -1.0]), _inverse, 4),
    ],
    slips=[
        Slip.formula(
            "still_rr",
            _walk(first=lambda r, z: r @ r),
            "The first $\\alpha$ is still $r^Tr/p^THp$, though $p = z$: its length does not fit its direction. "
            "What stands in the numerator at all later steps?",
            before_shape=True,
        ),
        Slip.formula(
            "alpha_alone",
            _walk(first=lambda r, z: r @ r, inner=lambda r, z: r @ z),
            "Now $\\alpha$ is right, and the first $\\beta$ still divides by $r^Tr$: `rz` itself has to start right.",
        ),
        Slip.formula(
            "zz_first",
            _walk(first=lambda r, z: z @ z),
            "The right place, and not yet the number: $z^Tz$ starts here where later $r^Tz$ stands.",
        ),
        Slip.formula(
            "plain_start",
            _walk(first=lambda r, z: r @ r, begin=lambda r, z: r),
            "The first step is one of plain CG now, consistent in itself; the next direction is made of $z$ and is "
            "not conjugate to it. The first direction was right as shipped, the number beside it is not.",
        ),
        Slip.formula(
            "no_preconditioner",
            _walk(number=lambda r, z: r @ r, direction=lambda r, z: r),
            "It runs, but as plain CG: $M$ has no influence any more. Directions begin with $z$.",
        ),
        Slip.formula(
            "rr_everywhere",
            _walk(number=lambda r, z: r @ r),
            "Now $r^Tr$ stands everywhere. Consistent, but with directions made of $z$ the number is $r^Tz$.",
        ),
        Slip.formula(
            "zz_everywhere",
            _walk(number=lambda r, z: z @ z),
            "$z^Tz$ is the length of the wrong thing: the number is $r^Tz = r^TM^{-1}r$.",
        ),
        Slip.formula(
            "rr_in_alpha",
            _walk(inner=lambda r, z: r @ r),
            "$\\beta$ is right; $\\alpha$ still has $r^Tr$ in its numerator.",
        ),
        Slip.formula(
            "direction_of_r",
            _walk(direction=lambda r, z: r),
            "The numbers are those of $z$, the directions those of $r$: mixed, they fit neither method.",
        ),
        Slip.formula(
            "one_step",
            _walk(renew=False),
            "Only the first step counts. Is `return` inside the loop, or is $z$ never renewed? "
            "Then $r^Tz = 0$ from the second step on, and $\\alpha = 0$.",
        ),
        Slip("other_number", _other_number),
    ],
    mutants=mutants.PCG,
    hints=[
        "Take one step on a diagonal $H$ with $M = H$: it should land on the solution. Which number is off?",
        "Compare the line before the loop with its brother inside: `rz` has two definitions.",
    ],
    discussion=(
        "One wrong number at the start, and all later directions miss their conjugacy: nothing repairs it. "
        "With $M = I$ the program is right, so a test without a preconditioner sees nothing. "
        "PCG is plain CG in the coordinates $M^{1/2}x$: there $r^Tr$ becomes $r^TM^{-1}r = r^Tz$, in every place."
    ),
    namespace={"np": np},
)
