"""Exercise of lesson 08: conjugate gradients that do not walk past negative curvature."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.conjugate_gradients import mutants_curvature as mutants

LESSON = "conjugate_gradients"


def _guarded_cg(product, b, tolerance, max_steps):
    """As cg, but for any symmetric H: as soon as pᵀHp ≤ 0, return x without that step.

    If this happens at the first step, where x is still 0, return b.
    """
    x, r, p = 0 * b, b, b
    rr = r @ r
    enough = tolerance**2 * rr
    for k in range(max_steps):
        if rr <= enough:
            break
        Hp = product(p)
        curvature = p @ Hp
        if curvature <= 0:
            return b if k == 0 else x
        alpha = rr / curvature
        x, r = x + alpha * p, r - alpha * Hp
        before, rr = rr, r @ r
        p = r + (rr / before) * p
    return x


_D = np.diag([1.0, -2.0, 3.0])
_DOME = np.diag([-1.0, 2.0])
_TROUGH = np.diag([0.0, 1.0])
_BOWL = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]])


def _saddle(p):
    return _D @ p


def _dome(p):
    return _DOME @ p


def _trough(p):
    return _TROUGH @ p


def _bowl(p):
    return _BOWL @ p


def _walk(at_negative, curvature=lambda p, Hp: p @ Hp, meets=lambda c: c <= 0):
    """CG with another answer to negative curvature: at_negative(k, x, p, b, alpha)."""

    def walked(product, b, tolerance, max_steps):
        x, r, p = 0 * b, b, b
        for k in range(max_steps):
            if r @ r <= tolerance**2 * (b @ b):
                break
            Hp = product(p)
            c = curvature(p, Hp)
            alpha = (r @ r) / (c or np.inf)
            if meets(c):
                return at_negative(k, x, p, b, alpha)
            x, new = x + alpha * p, r - alpha * Hp
            p, r = new + (new @ new) / (r @ r) * p, new
        return x

    return walked


def _never(c):
    return False


def _zero_curvature(case, got, want):
    if not np.isfinite(got).all():
        return (
            "It divides by zero: $p^THp = 0$ is possible too, where the model is straight along $p$. "
            "The guard has to be ≤ 0, and it has to stand before the division."
        )


def _phi(case, x):
    product, b = case[:2]
    return float(0.5 * x @ product(x) - b @ x)


def _blind(case, got, want):
    if np.allclose(got, _walk(None, meets=_never)(*case), rtol=1e-9):
        return (
            f"It walks past the negative curvature, as plain CG does, to $\\varphi$ = {_phi(case, got):.3g}; "
            f"the guard returns a point with {_phi(case, want):.3g}. Look at $p^THp$ before you use it."
        )


guarded_cg = Exercise(
    name="guarded_cg",
    lesson=LESSON,
    stub='''def guarded_cg(product, b, tolerance, max_steps):
    """As cg, but for any symmetric H: as soon as pᵀHp ≤ 0, return x without that step.

    If this happens at the first step, where x is still 0, return b.
    """
    ...''',
    reference=_guarded_cg,
    cases=[
        (_saddle, np.array([1.0, 1.0, 1.0]), 1e-10, 10),
        (_saddle, np.array([1.0, 0.2, 1.0]), 1e-10, 10),
        (_dome, np.array([2.0, 0.5]), 1e-10, 10),
        (_trough, np.array([1.0, 0.0]), 1e-10, 10),
        (_bowl, np.array([1.0, -2.0, 0.5]), 1e-10, 10),
        (_bowl, np.array([1.0, -2.0, 0.5]), 0.2, 10),
    ],
    slips=[
        Slip("zero_curvature", _zero_curvature, before_shape=True),
        Slip("blind", _blind, before_shape=True),
        Slip.formula(
            "steps_first",
            _walk(lambda k, x, p, b, alpha: x + alpha * p),
            "The guard comes too late: the step along the bad direction is already in $x$, and since $\\alpha < 0$ it went backwards.",
            before_shape=True,
        ),
        Slip.formula(
            "zero_returned",
            _walk(lambda k, x, p, b, alpha: x),
            "Where the first direction is bad already you return 0: no step at all. The right-hand side $b = -g$ still descends.",
            before_shape=True,
        ),
        Slip.formula(
            "gives_up",
            _walk(lambda k, x, p, b, alpha: b),
            "You return $b$ here, where the first direction has positive curvature: the step along it can be taken, "
            "and what CG has found when it meets the bad direction is $x$. Only a bad *first* direction makes it $b$.",
            before_shape=True,
        ),
        Slip.formula(
            "uphill",
            _walk(lambda k, x, p, b, alpha: x if k else -b),
            "You return $-b$: in a Newton method $b$ is $-g$ already, so $b$ itself points downhill.",
            before_shape=True,
        ),
        Slip.formula(
            "bad_direction",
            _walk(lambda k, x, p, b, alpha: p),
            "You return the direction $p$ itself. It is useful to Steihaug, who has a rim; here $x$ is asked.",
            before_shape=True,
        ),
        Slip.formula(
            "forward_step",
            _walk(lambda k, x, p, b, alpha: x - alpha * p),
            "You take the step forwards instead of backwards. Downhill indeed, but how far? Nothing says, so the step is left out.",
            before_shape=True,
        ),
        Slip.formula(
            "modulus",
            _walk(None, curvature=lambda p, Hp: abs(p @ Hp), meets=_never),
            "$|p^THp|$ hides the sign: $r$ and $x$ no longer fit together, and conjugacy is gone.",
            before_shape=True,
        ),
    ],
    mutants=mutants.GUARDED_CG,
    hints=[
        "Take your `cg` and give `p @ Hp` a name.",
        "`if curvature <= 0:` belongs between the product and the division.",
        "`return b if k == 0 else x`",
    ],
    discussion=(
        "What comes back always satisfies $b^Tx > 0$, so with $b = -g$ it descends: $b^Tp_j = \\|r_j\\|^2$, "
        "and $b^Tx$ is a sum of $\\alpha_j\\|r_j\\|^2$ with positive $\\alpha_j$. "
        "This is the inner loop of Algorithm 7.1 in Nocedal & Wright; a line search then decides on the length."
    ),
    namespace={"np": np},
)
