"""Exercise of lesson 04: the whole safe Newton method."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.safe_newton import mutants_solver as mutants
from sgo_teach.lessons.safe_newton import on_steps
from sgo_teach.problems import hills, himmelblau, rosenbrock

LESSON = "safe_newton"
TELLING = (-0.5, 1.5)  # from this start on Rosenbrock's valley each slip has a list of its own
damped_step = on_steps.damped_step.reference
reduction_ratio = on_steps.reduction_ratio.reference


def _safe_newton(value, gradient, hessian, theta, tolerance, max_steps):
    """The list of points where the method stands, each (n,), from theta until ‖g‖ ≤ tolerance.

    λ starts at 1. Each of at most max_steps trials takes (Δ, λ) from damped_step and measures ρ;
    ρ > 0: go to θ + Δ; then ρ < ¼: λ becomes 4λ, ρ > ¾: λ becomes λ/4.
    """
    points, damping = [theta], 1.0
    L, g, H = value(theta), gradient(theta), hessian(theta)
    for _ in range(max_steps):
        if np.linalg.norm(g) <= tolerance:
            break
        delta, damping = damped_step(g, H, damping)
        after = value(theta + delta)
        rho = reduction_ratio(L, after, g, H, delta)
        if rho > 0:
            theta = theta + delta
            L, g, H = after, gradient(theta), hessian(theta)
            points.append(theta)
        damping = 4 * damping if rho < 1 / 4 else damping / 4 if rho > 3 / 4 else damping
    return points


def _grow(damping, rho):
    return 4 * damping if rho < 1 / 4 else damping / 4 if rho > 3 / 4 else damping


def _walk(rule=_grow, takes=lambda rho: rho > 0, *, forgets=False, stale=False, logs=False):
    """The list of another method: one thing done differently."""

    def walked(value, gradient, hessian, theta, tolerance, max_steps):
        points, damping = [theta], 1.0
        g, H = gradient(theta), hessian(theta)
        for _ in range(max_steps):
            if np.linalg.norm(gradient(theta)) <= tolerance:
                break
            delta, damping = damped_step(g, H, 1.0 if forgets else damping)
            rho = reduction_ratio(value(theta), value(theta + delta), g, H, delta)
            if takes(rho):
                theta = theta + delta
                g, H = (g, H) if stale else (gradient(theta), hessian(theta))
            if takes(rho) or logs:
                points.append(theta)
            damping = rule(damping, rho)
        return points

    return walked


def _of(problem):
    return problem.value, problem.gradient, problem.hessian


def _same(got, other):
    return len(got) == len(other) and np.allclose(np.array(got), np.array(other), rtol=1e-6)


def _is(walked, message):
    def when(case, got, want):
        telling = np.array_equal(case[3], TELLING)
        return message if telling and _same(got, walked(*case)) else None

    return when


def _last_alone(case, got, want):
    if isinstance(got, np.ndarray) and np.shape(got) == np.shape(case[3]):
        return "That is the last point alone; the list of all points is asked."


def _start_missing(case, got, want):
    if _same(got, want[1:]):
        return "The list begins with the first *new* point: the start belongs into it."


def _one_array(case, got, want):
    if len(got) > 1 and np.ptp(np.array(got), axis=0).max() == 0:
        return (
            "All points of your list are the same: `+=` changes the one array in it. "
            "`theta = theta + delta` makes a new one."
        )


def _never_moves(case, got, want):
    if len(got) == 1 < len(want):
        return (
            "It never leaves its start: every step was rejected. Which sign has $\\rho$ where the loss falls, "
            "and is $\\Delta$ added?"
        )


def _loss_rises(case, got, want):
    L = np.array([case[0](p) for p in got])
    if np.diff(L).max(initial=-np.inf) > 1e-9 * np.abs(L).max():
        k = int(np.argmax(np.diff(L)))
        return (
            f"From point {k} to point {k + 1} of your list the loss *rises*, from {L[k]:.3g} to {L[k + 1]:.3g}. "
            "A step with $\\rho \\leq 0$ is not taken."
        )


def _cut_short(case, got, want):
    if 1 < len(got) < len(want) and _same(got, want[: len(got)]):
        return (
            f"It is right as far as it goes, and stops after {len(got) - 1} moves where {len(want) - 1} are due. "
            "Does it end at the first rejection, or compare the wrong length with the tolerance?"
        )


def _never_stops(case, got, want):
    arrived = np.linalg.norm(case[1](want[-1])) <= case[4]
    if arrived and len(got) > len(want) and _same(got[: len(want)], want):
        return "It goes on after $\\|g\\| \\leq$ tolerance: look at the gradient before each trial."


def _too_long(case, got, want):
    if len(got) > len(want) and _same(got[: len(want)], want):
        return "It is right and then goes on: rejected trials count towards `max_steps` too."


def _parts_ways(case, got, want):
    for k, (mine, right) in enumerate(zip(got, want, strict=False)):
        if not np.allclose(mine, right, rtol=1e-6, atol=1e-6):
            return (
                f"Point {k} of your list (the start is point 0) is the first that is not right: {_point(mine)}, and {_point(right)} is due. "
                "So the $\\lambda$ of that trial, or the verdict on one before it, is another. "
                "$\\lambda$ starts at 1, comes back from `damped_step`, and $\\rho$, measured with $H$ itself, changes it after *every* trial."
            )


def _point(p):
    return f"({p[0]:.6g}, {p[1]:.6g})"


safe_newton = Exercise(
    name="safe_newton",
    lesson=LESSON,
    stub='''def safe_newton(value, gradient, hessian, theta, tolerance, max_steps):
    """The list of points where the method stands, each (n,), from theta until ‖g‖ ≤ tolerance.

    λ starts at 1. Each of at most max_steps trials takes (Δ, λ) from damped_step and measures ρ;
    ρ > 0: go to θ + Δ; then ρ < ¼: λ becomes 4λ, ρ > ¾: λ becomes λ/4.
    """
    ...''',
    reference=_safe_newton,
    cases=[
        (*_parts, np.array(start), tolerance, most)
        for _parts, start, tolerance, most in (
            (_of(rosenbrock()), TELLING, 1e-6, 60),
            (_of(hills()), (0.5, -0.1), 1e-6, 40),
            (_of(himmelblau()), (-0.5, -1.5), 9e-5, 40),  # tells ‖g‖ from its largest entry
            (_of(rosenbrock()), (-1.2, 1.0), 1e-6, 60),
            (_of(rosenbrock()), (-1.2, 1.0), 1e-6, 11),  # one trial more would be taken
        )
    ],
    tolerance=1e-6,
    slips=[
        Slip("last_alone", _last_alone, before_shape=True),
        Slip("one_array", _one_array, before_shape=True),
        Slip("start_missing", _start_missing, before_shape=True),
        Slip("never_moves", _never_moves, before_shape=True),
        Slip(
            "stale",
            _is(
                _walk(stale=True),
                "Your model never moves: $g$ and $H$ are those of the start. Compute them anew where you have come to.",
            ),
            before_shape=True,
        ),
        Slip("loss_rises", _loss_rises, before_shape=True),
        Slip(
            "backwards",
            _is(
                _walk(lambda lam, rho: lam / 4 if rho < 1 / 4 else 4 * lam if rho > 3 / 4 else lam),
                "Your $\\lambda$ shrinks after failure and grows after success. A model that was wrong deserves *less* trust: more $\\lambda$.",
            ),
            before_shape=True,
        ),
        Slip(
            "forgetful",
            _is(
                _walk(forgets=True),
                "Every trial begins with $\\lambda = 1$ again: what $\\rho$ taught is forgotten.",
            ),
            before_shape=True,
        ),
        Slip(
            "fixed",
            _is(
                _walk(lambda lam, rho: lam),
                "$\\lambda$ never learns: after the trial it is changed by $\\rho$.",
            ),
            before_shape=True,
        ),
        Slip(
            "only_grows",
            _is(
                _walk(lambda lam, rho: 4 * lam if rho < 1 / 4 else lam),
                "$\\lambda$ grows where $\\rho < ¼$ but never shrinks: near the minimum your steps stay short and converge linearly.",
            ),
            before_shape=True,
        ),
        Slip(
            "always_changes",
            _is(
                _walk(lambda lam, rho: 4 * lam if rho < 1 / 4 else lam / 4),
                "Between ¼ and ¾ the rule leaves $\\lambda$ alone; yours shrinks it there.",
            ),
            before_shape=True,
        ),
        Slip(
            "shrinks_on_any_fall",
            _is(
                _walk(lambda lam, rho: lam / 4 if rho > 0 else 4 * lam),
                "Your $\\lambda$ asks only whether the loss fell. The rule asks how well the model foretold it: ¼ and ¾.",
            ),
            before_shape=True,
        ),
        Slip(
            "too_choosy",
            _is(
                _walk(takes=lambda rho: rho >= 1 / 4),
                "You take a step only if $\\rho \\geq ¼$. Any fall of the loss is taken, $\\rho > 0$; ¼ decides on $\\lambda$.",
            ),
            before_shape=True,
        ),
        Slip(
            "logs_rejections",
            _is(
                _walk(logs=True),
                "Your list repeats the point where a step was rejected: append only when you move.",
            ),
            before_shape=True,
        ),
        Slip("never_stops", _never_stops, before_shape=True),
        Slip("cut_short", _cut_short, before_shape=True),
        Slip("too_long", _too_long, before_shape=True),
        Slip("parts_ways", _parts_ways, before_shape=True),
    ],
    mutants=mutants.SAFE_NEWTON,
    hints=[
        "The loop of `newton` in lesson 03, with a trial in place of a step: propose, measure $\\rho$, perhaps move, change $\\lambda$.",
        "`delta, damping = damped_step(g, H, damping)`; after a move compute $L$, $g$ and $H$ anew, after a rejection keep them.",
        "`rho = reduction_ratio(L, value(theta + delta), g, H, delta)`; `if rho > 0:` move and append; then two comparisons for `damping`.",
    ],
    discussion=(
        "The loss never rises, every direction descends, and near a minimum with positive definite $H$ the model proves right, "
        "$\\lambda$ fades away and the steps become Newton's. A rejected trial costs one value of $L$ and no derivative. "
        "The factor 4 is a matter of taste; `sgo_teach.solvers.damping` uses 3/2 and 2/3 and also minds rounding and infinities."
    ),
    namespace={"np": np},
)
