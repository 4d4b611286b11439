"""Exercise of lesson 08: Martens' rule, which stops when the model has all but ceased to fall."""

# ruff: noqa: E501 (a sentence is one string)

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.conjugate_gradients import mutants_stopping as mutants

LESSON = "conjugate_gradients"


def _martens_stop(phi):
    """The first step i at which Martens' rule stops, given φ_0, φ_1, …, φ_m; m if it never does.

    With k = max(10, ⌈i/10⌉) it stops if i > k, φ_i < 0 and (φ_i − φ_{i−k})/φ_i < 0.0005·k.
    """
    for i in range(len(phi)):
        k = max(10, int(np.ceil(i / 10)))
        if i > k and phi[i] < 0 and (phi[i] - phi[i - k]) / phi[i] < 0.0005 * k:
            return i
    return len(phi) - 1


def _falling(rate, m, start=0.0, depth=1.0):
    """φ_i = start − depth·(1 − rateⁱ): a model that falls and slackens."""
    return start - depth * (1 - rate ** np.arange(m + 1.0))


def _slow(m):
    """A model that goes on falling like log i, to be judged over a long window."""
    return -1 - np.log1p(np.arange(m + 1.0)) / 10


_CASES = [
    (_falling(0.9, 120),),
    (_slow(400),),
    (_falling(0.8, 60, start=1.3, depth=2.0),),  # positive for a while, as after a warm start
    (np.r_[np.full(15, 0.7), 0.7 - np.arange(1.0, 31.0) / 10],),
    (-np.ones(30),),
    (1000 * _falling(0.9, 120),),
    (_falling(0.97, 30),),
    (_falling(0.97, 200, depth=0.3),),  # stops where ⌈i/10⌉ and ⌊i/10⌋ differ
]


def _stop(test, first=0, k_of=lambda i: max(10, int(np.ceil(i / 10))), warm=lambda i, k: i > k):
    """Another rule: test(φ_i, φ_{i−k}, k, φ_{i−1}) and its window."""

    def stopped(phi):
        for i in range(first, len(phi)):
            k = k_of(i)
            if warm(i, k) and test(phi[i], phi[i - k], k, phi[i - 1]):
                return i
        return len(phi) - 1

    return stopped


def _martens(now, before, k, last):
    return now < 0 and (now - before) / now < 0.0005 * k


def _value(case, got, want):
    phi = case[0]
    if isinstance(got, float) and not float(got).is_integer() and np.isclose(phi, got).any():
        return "That is a value of φ; the number of the step is asked."


def _never(case, got, want):
    if got == len(case[0]) - 1 > want:
        return (
            f"It never stops where it should at step {want}. "
            "Is the sign right? For a falling model $\\varphi_i - \\varphi_{i-k}$ and $\\varphi_i$ are both negative."
        )


def _counted_from_one(case, got, want):
    if got == want + 1:
        return f"You say {got}, one too many: $\\varphi_0$ is the start, so `phi[i]` belongs to step $i$."


martens_stop = Exercise(
    name="martens_stop",
    lesson=LESSON,
    stub='''def martens_stop(phi):
    """The first step i at which Martens' rule stops, given φ_0, φ_1, …, φ_m; m if it never does.

    With k = max(10, ⌈i/10⌉) it stops if i > k, φ_i < 0 and (φ_i − φ_{i−k})/φ_i < 0.0005·k.
    """
    ...''',
    reference=_martens_stop,
    cases=_CASES,
    slips=[
        Slip("value_of_phi", _value, before_shape=True),
        Slip.formula(
            "at_once",
            _stop(lambda now, before, k, last: now < 0 and (before - now) / now < 0.0005 * k),
            "The sign is turned: $(\\varphi_{i-k} - \\varphi_i)/\\varphi_i$ is negative while the model falls, so it stops as soon as it may.",
        ),
        Slip.formula(
            "positive_values",
            _stop(lambda now, before, k, last: (now - before) / now < 0.0005 * k),
            "Where is $\\varphi_i < 0$? While φ is positive the quotient turns its sign, and CG would stop in the middle of its best stretch.",
        ),
        Slip.formula(
            "one_step_back",
            _stop(lambda now, before, k, last: now < 0 and (now - last) / now < 0.0005 * k),
            "You look one step back; the rule looks back over $k$ steps.",
        ),
        Slip.formula(
            "without_k",
            _stop(lambda now, before, k, last: now < 0 and (now - before) / now < 0.0005),
            "The threshold is 0.0005 *per step looked back over*: $0.0005\\,k$.",
        ),
        Slip.formula(
            "absolute",
            _stop(lambda now, before, k, last: now < 0 and before - now < 0.0005 * k),
            "Your progress is absolute: a loss in other units would stop elsewhere. Divide by $\\varphi_i$.",
        ),
        Slip.formula(
            "always_ten",
            _stop(_martens, k_of=lambda i: 10),
            "Your window stays at 10. For $i > 100$ it grows: $k = \\lceil i/10 \\rceil$.",
        ),
        Slip.formula(
            "not_ten",
            _stop(_martens, k_of=lambda i: max(1, int(np.ceil(i / 10)))),
            "The window is never shorter than 10: `max(10, ...)`.",
        ),
        Slip.formula(
            "too_soon",
            _stop(_martens, warm=lambda i, k: i >= k),
            "It stops at $i = k$, where the rule says $i > k$.",
        ),
        Slip.formula(
            "rounded_down",
            _stop(_martens, k_of=lambda i: max(10, i // 10)),
            "$i/10$ is rounded down in your window; ⌈ ⌉ rounds up: `int(np.ceil(i / 10))`.",
        ),
        Slip("counted_from_one", _counted_from_one),
        Slip("never", _never),
    ],
    mutants=mutants.MARTENS_STOP,
    hints=[
        "A loop over $i$; the three conditions joined by `and`; `return i` inside the loop, and the last index after it.",
        "`k = max(10, np.ceil(i / 10))` is a float; as an index it must be an `int`: `int(np.ceil(i / 10))`.",
        "`if i > k and phi[i] < 0 and (phi[i] - phi[i - k]) / phi[i] < 0.0005 * k: return i`",
    ],
    discussion=(
        "$\\varphi_i$ is negative once CG is below its start, so the quotient is the share of the whole gain "
        "that the last $k$ steps brought. "
        "The package has it as `sgo_teach.solvers.cg.martens_rule`, with the numbers as arguments."
    ),
    namespace={"np": np},
)
