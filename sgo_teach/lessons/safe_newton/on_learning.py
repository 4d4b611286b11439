"""Exercise of lesson 04: what one move teaches about the curvature."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.safe_newton import mutants_learning as mutants

LESSON = "safe_newton"


def _bfgs_update(B, s, y):
    """B + yyᵀ/(yᵀs) − Bs(Bs)ᵀ/(sᵀBs), or B itself unless yᵀs > 0.

    Shapes (n, n), (n,), (n,) → (n, n).
    """
    if y @ s <= 0:
        return B
    Bs = B @ s
    return B + np.outer(y, y) / (y @ s) - np.outer(Bs, Bs) / (s @ Bs)


def _last_term(B, s):
    return B - np.outer(B @ s, B @ s) / (s @ B @ s)


def _inverse_update(B, s, y):
    V = np.eye(len(s)) - np.outer(s, y) / (y @ s)
    return V @ B @ V.T + np.outer(s, s) / (y @ s)


def _divides_by_zero(case, got, want):
    if case[2] @ case[1] == 0 and not np.all(np.isfinite(got)):
        return "Here $y^Ts = 0$, and you divide by it. The update is for $y^Ts > 0$ only: `<=` in the test, not `<`."


def _numbers(case, got, want):
    B, s, y = case
    if np.allclose(got, B + (y @ y) / (y @ s) - (B @ s) @ (B @ s) / (s @ B @ s)):
        return "`y @ y` is a number, and it is added to every entry. $yy^T$ is a matrix: `np.outer(y, y)`."


def _entry_by_entry(case, got, want):
    B, s, y = case
    if np.allclose(got, B + y * y / (y @ s) - (B @ s) * (B @ s) / (s @ B @ s)):
        return "`y * y` is a vector, which numpy adds to each row. $yy^T$ is a matrix: `np.outer(y, y)`."


def _always(case, got, want):
    B, s, y = case
    if y @ s <= 0 and not np.allclose(got, B):
        low = float(np.linalg.eigvalsh(got)[0])
        return (
            f"Here $y^Ts = {float(y @ s):.3g}$ is not positive, and your $B$ gets the eigenvalue {low:.3g}. "
            "Such a move teaches nothing: return `B` as it is."
        )


def _never(case, got, want):
    B, s, y = case
    if y @ s > 0 and np.allclose(got, B):
        return f"Here $y^Ts = {float(y @ s):.3g}$ is positive, and nothing was learned: is the test the wrong way round?"


def _starts_over(case, got, want):
    if case[2] @ case[1] <= 0 and np.allclose(got, np.eye(len(got))):
        return "Where $y^Ts \\leq 0$ you begin again with $I$ and forget all that was learned: return `B` as it is."


bfgs_update = Exercise(
    name="bfgs_update",
    lesson=LESSON,
    stub='''def bfgs_update(B, s, y):
    """B + yyᵀ/(yᵀs) − Bs(Bs)ᵀ/(sᵀBs), or B itself unless yᵀs > 0.

    Shapes (n, n), (n,), (n,) → (n, n).
    """
    ...''',
    reference=_bfgs_update,
    cases=[
        (np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1.0, -0.5]), np.array([3.0, 1.0])),
        (np.diag([1.0, 2.0, 3.0]), np.array([0.5, 1.0, -1.0]), np.array([1.0, 4.0, -0.5])),
        (np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1.0, -0.5]), np.array([-1.0, 0.3])),
        (
            np.array([[2.0, 0.5], [0.5, 1.0]]),
            np.array([1.0, -0.5]),
            np.array([0.5, 1.0]),
        ),  # yᵀs = 0
    ],
    slips=[
        Slip("numbers", _numbers),
        Slip("entry_by_entry", _entry_by_entry),
        Slip("divides_by_zero", _divides_by_zero, before_shape=True),
        Slip("starts_over", _starts_over, before_shape=True),
        Slip("always_learns", _always, before_shape=True),
        Slip("never_learns", _never, before_shape=True),
        Slip.formula(
            "nothing_forgotten",
            lambda B, s, y: B + np.outer(y, y) / (y @ s),
            "The new curvature is added and the old one along $s$ is not taken away: $Bs$ is not $y$. The third term is missing.",
        ),
        Slip.formula(
            "nothing_added",
            lambda B, s, y: B - np.outer(B @ s, B @ s) / (s @ B @ s),
            "The old curvature along $s$ is gone, $Bs = 0$, and the new one is not added: the second term is missing.",
        ),
        Slip.formula(
            "signs",
            lambda B, s, y: B - np.outer(y, y) / (y @ s) + np.outer(B @ s, B @ s) / (s @ B @ s),
            "The signs of the two terms are exchanged: what was measured, $yy^T$, is added.",
        ),
        Slip.formula(
            "s_for_Bs",
            lambda B, s, y: B + np.outer(y, y) / (y @ s) - np.outer(s, s) / (s @ B @ s),
            "In the last term stands $Bs$, not $s$: only then does $B$ lose what it claimed along $s$.",
        ),
        Slip.formula(
            "move_for_change",
            lambda B, s, y: _bfgs_update(B, y, s),
            "$s$ and $y$ are exchanged: that formula is for the *inverse* of $B$ (and called DFP).",
        ),
        Slip.formula(
            "inverse",
            _inverse_update,
            "That is the formula for $B^{-1}$, in which $s$ and $y$ change their parts: yours maps $y$ to $s$. $B$ maps $s$ to $y$.",
        ),
        Slip.formula(
            "rank_one",
            lambda B, s, y: B + np.outer(y - B @ s, y - B @ s) / ((y - B @ s) @ s),
            "That is another update (symmetric rank one). It explains the move too, and need not stay positive definite.",
        ),
        Slip.formula(
            "DFP",
            lambda B, s, y: np.linalg.inv(_bfgs_update(np.linalg.inv(B), y, s)),
            "That is another update (DFP). It explains the move too, and corrects bad curvature more slowly; BFGS is asked.",
        ),
        Slip.formula(
            "one_after_the_other",
            lambda B, s, y: _last_term(B + np.outer(y, y) / (y @ s), s),
            "The last term is built with a $B$ that already has $yy^T$ in it: compute `Bs` first, from the old $B$.",
        ),
        Slip.formula(
            "denominators",
            lambda B, s, y: B + np.outer(y, y) / (s @ B @ s) - np.outer(B @ s, B @ s) / (y @ s),
            "The denominators are exchanged: $y^Ts$ stands below $yy^T$, and $s^TBs$ below $Bs(Bs)^T$.",
        ),
        Slip.formula(
            "normalised",
            lambda B, s, y: _bfgs_update(B, s / np.linalg.norm(s), y),
            "You divide $s$ by its length but not $y$: what was measured is then out by that factor.",
        ),
        Slip.formula(
            "lengths",
            lambda B, s, y: B + np.outer(y, y) / (y @ y) - np.outer(B @ s, B @ s) / (s @ s),
            "You divide by squared lengths; the formula has $y^Ts$ and $s^TBs$ below.",
        ),
    ],
    mutants=mutants.BFGS_UPDATE,
    hints=[
        "`np.outer(y, y)` is $yy^T$; write `Bs = B @ s` first.",
        "Test yourself: after the update `B @ s` must equal `y`.",
        "`B + np.outer(y, y) / (y @ s) - np.outer(Bs, Bs) / (s @ Bs)`, after a test of `y @ s`.",
    ],
    discussion=(
        "The last term takes away what $B$ claimed along $s$, the other puts in what was measured, and $Bs = y$ holds: the secant equation. "
        "If $B$ is positive definite and $y^Ts > 0$, the new $B$ is positive definite, so the next direction descends. "
        "Programs update $B^{-1}$ instead, which saves the solve (`sgo_teach.solvers.inverse_hessian.bfgs_update`)."
    ),
    namespace={"np": np},
)
