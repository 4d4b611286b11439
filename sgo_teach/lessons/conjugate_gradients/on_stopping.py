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
    (_falling(0.97, 300, depth=0.3),),  # stops where ⌈i/10⌉ and ⌊i/10⌋ differ
    (_falling(0.9, 120),),
    (_slow(400),),
    (_falling(0.8, 60, start=1.3, depth=2.0),),  # positive for a while, as after a warm start
    (np.r_[np.full(15, 0.7), 0.7 - np.arange(1.0, 31.0) / 10],),
    (-np.ones(30),),
    (1000 * _falling(0.9, 120),),
    (_falling(0.97, 30),),
]


def _martens(now, before, k, last):
    return now < 0 and (now - before) / now < 0.0005 * k


def _window(i):
    return max(10, int(np.ceil(i / 10)))


def _stop(test=_martens, k_of=_window, warm=lambda i, k: i > k, further=0):
    """Another rule: test(φ_i, φ_{i−k}, k, φ_{i−1}), its window, and whether it may stop yet."""

    @np.errstate(all="ignore")  # φ_i may be 0
    def stopped(phi):
        for i in range(len(phi)):
            k = k_of(i)
            if warm(i, k) and test(phi[i], phi[i - k - further], k, phi[i - 1]):
                return i
        return len(phi) - 1

    return stopped


def _value(case, got, want):
    phi = case[0]
    if isinstance(got, float) and not float(got).is_integer() and np.isclose(phi, got).any():
        return "That is a value of φ; the number of the step is asked."


def _never(case, got, want):
    if got == len(case[0]) - 1 > want:
        return (
            f"It goes on to the end where it should stop at step {want}. "
            "Does `return` (not a print, not a number kept for later) end the loop there? "
            "And the sign: for a falling model $\\varphi_i - \\varphi_{i-k}$ and $\\varphi_i$ are both negative."
        )


def _window_returned(case, got, want):
    if got == _window(want) < want - 1:
        return f"{got} is the window $k$; the step $i$ at which it stops is asked."


def _beyond_the_end(case, got, want):
    if want == len(case[0]) - 1 and got in (len(case[0]), -1):
        return "Where it never stops, $m$ is asked, the last index: `len(phi) - 1`, since the first is 0."


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
            "another_start",
            _stop(lambda now, before, k, last: now < 0 and (now - before) / before < 0.0005 * k),
            "You divide by the earlier value $\\varphi_{i-k}$. All that was gained so far is $\\varphi_i$.",
        ),
        Slip.formula(
            "at_once",
            _stop(lambda now, before, k, last: now < 0 and (before - now) / now < 0.0005 * k),
            "It stops as soon as it may, while the model still falls. "
            "There $(\\varphi_i - \\varphi_{i-k})/\\varphi_i$ is positive, and small only at the end: "
            "look at the sign, at the direction of <, and at which values you take.",
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
            _stop(k_of=lambda i: 10),
            "Your window stays at 10. For $i > 100$ it grows: $k = \\lceil i/10 \\rceil$.",
        ),
        Slip.formula(
            "not_ten",
            _stop(k_of=lambda i: max(1, int(np.ceil(i / 10)))),
            "The window is never shorter than 10: `max(10, ...)`.",
        ),
        Slip.formula(
            "too_soon",
            _stop(warm=lambda i, k: i >= k),
            "It stops at $i = k$, where the rule says $i > k$.",
        ),
        Slip.formula(
            "before_the_window",
            _stop(warm=lambda i, k: True),
            "Where is $i > k$? Before that there is no $\\varphi_{i-k}$, and Python counts `phi[-3]` from the end.",
        ),
        Slip.formula(
            "zero_too",
            _stop(lambda now, before, k, last: now <= 0 and (now - before) / now < 0.0005 * k),
            "Where $\\varphi_i$ is 0 the quotient divides by it: the condition is $\\varphi_i < 0$.",
        ),
        Slip.formula(
            "too_far_back",
            _stop(further=1),
            "You look back over $k + 1$ steps: $\\varphi_{i-k}$ is `phi[i - k]`.",
        ),
        Slip.formula(
            "rounded_down",
            _stop(k_of=lambda i: max(10, i // 10)),
            "Your window is too short where $i/10$ is no whole number: ⌈ ⌉ rounds up, `int(np.ceil(i / 10))`.",
        ),
        Slip.formula(
            "rounded_too_far",
            _stop(k_of=lambda i: max(10, i // 10 + 1)),
            "Your window is one too long where $i/10$ is a whole number: ⌈ ⌉ leaves it alone, `int(np.ceil(i / 10))`.",
        ),
        Slip("window_returned", _window_returned),
        Slip("beyond_the_end", _beyond_the_end),
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
