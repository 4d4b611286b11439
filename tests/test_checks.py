"""A check says what is wrong with a learner's function, and nothing a function does stops it."""

from __future__ import annotations

import time

import numpy as np
import pytest
import sympy as sp

from sgo_teach.checks import Exercise, Slip
from sgo_teach.checks.values import same_but_rounding

H = np.array([[2.0, 1.0], [1.0, 3.0]])
CASES = [(np.array([1.0, 2.0]), H), (np.array([3.0, -2.0]), 2 * H)]
STUB = '''def newton_step(gradient, hessian):
    """The Newton step, shape (n,)."""
    ...
'''
RIGHT = "return -np.linalg.solve(hessian, gradient)"


def newton_step_reference(gradient, hessian):
    """The minimiser of the quadratic model."""
    return -np.linalg.solve(hessian, gradient)


def uphill(case, got, want):
    return f"goes uphill: $g^T\\Delta = {case[0] @ got:+.2f}$" if np.allclose(got, -want) else None


def exercise(**changes):
    settings = {
        "name": "newton_step",
        "lesson": "taylor_expansion",
        "stub": STUB,
        "reference": newton_step_reference,
        "cases": CASES,
        "slips": [Slip("uphill", uphill)],
        "hints": ["Solve.", "Mind the sign."],
        "discussion": "Because $\\nabla m(\\Delta) = 0$.",
        "seconds": 0.5,
    }
    return Exercise(**{**settings, **changes})


def check(*body, head="def newton_step(gradient, hessian):", **changes):
    """The outcome for a function with this body."""
    tried = exercise(**changes)
    source = "\n    ".join((head, *body)) + "\n"
    return tried.check(tried.compiled(source, f"<{body[0]}>"))


# -- what the ladder calls each wrong answer ------------------------------------------------------


@pytest.mark.parametrize(
    ("slip", "body"),
    [
        ("raised", ["return np.linalg.sovle(hessian, gradient)"]),
        ("raised", ["return hessian @ np.ones(7)"]),
        ("raised", ["raise KeyboardInterrupt"]),
        ("raised", ["raise SystemExit(3)"]),
        ("raised", ["import sys", "sys.exit()"]),
        ("raised", ["return newton_step(gradient, hessian)"]),
        ("raised", ["raise BaseException"]),
        ("too_slow", ["while True: pass"]),
        ("too_slow", ["while True:", "    print('again')"]),
        ("printed", ["print(-np.linalg.solve(hessian, gradient))"]),
        ("none", ["step = -np.linalg.solve(hessian, gradient)"]),
        ("type", ["return 'downhill'"]),
        ("type", ["return list(-np.linalg.solve(hessian, gradient))"]),
        ("type", ["yield -np.linalg.solve(hessian, gradient)"]),
        ("type", ["return np.array([None, None])"]),
        ("type", ["return newton_step"]),
        ("shape", ["return -np.linalg.solve(hessian, gradient)[:, None]"]),
        ("shape", ["return -gradient @ np.linalg.solve(hessian, gradient)"]),
        ("shape", ["return np.zeros(0)"]),
        ("not_finite", ["return -np.linalg.solve(hessian, gradient) / 0"]),
        ("not_finite", ["return np.full(2, np.nan)"]),
        ("uphill", ["return np.linalg.solve(hessian, gradient)"]),
        ("value", ["return -0.01 * np.linalg.solve(hessian, gradient)"]),
        ("ignores_hessian", ["return -gradient"]),
        ("ignores_gradient", ["return -np.linalg.solve(hessian, np.ones(2))"]),
        ("mutates_gradient", ["gradient *= -1", "return np.linalg.solve(hessian, gradient)"]),
        (
            "mutates_hessian",
            ["s = np.linalg.solve(hessian, gradient)", "hessian[:] = 0", "return -s"],
        ),
    ],
)
def test_each_wrong_answer_is_named(slip, body):
    outcome = check(*body)
    assert (outcome.status, outcome.slip) == ("wrong", slip), outcome
    assert outcome.message


@pytest.mark.parametrize("nothing", [None, ...])
def test_no_function_is_no_attempt(nothing):
    assert exercise().check(nothing).status == "not attempted"
    assert exercise().check().slip == "missing"


@pytest.mark.parametrize("thing", [3.0, "newton_step", np.ones(2), [], object()])
def test_something_else_than_a_function_is_missing(thing):
    outcome = exercise().check(thing)
    assert (outcome.status, outcome.slip) == ("wrong", "missing")
    assert "check(newton_step)" in outcome.message


@pytest.mark.parametrize("head", ["def newton_step(g):", "def newton_step():"])
def test_too_few_parameters_are_named(head):
    outcome = check("return 1", head=head)
    assert outcome.slip == "parameters"
    assert "(gradient, hessian)" in outcome.message


def test_exchanged_parameters_are_named():
    outcome = check(RIGHT, head="def newton_step(hessian, gradient):")
    assert outcome.slip == "parameters"
    assert "in this order" in outcome.message


@pytest.mark.parametrize("head", ["def newton_step(g, H):", "def newton_step(g, H, scale=1):"])
def test_other_names_and_further_defaults_are_welcome(head):
    assert check("return -np.linalg.solve(H, g)", head=head).right


@pytest.mark.parametrize(
    "body",
    [
        ["..."],
        ["pass"],
        ["return None"],
        ["return"],
        ['"""My own words."""'],
        ["# a thought", "..."],
    ],
)
def test_a_stub_without_new_code_is_not_attempted(body):
    outcome = check(*body)
    assert (outcome.status, outcome.slip) == ("not attempted", "")
    assert "nothing in the function yet" in outcome.message


def test_an_emptied_bug_hunt_is_not_attempted():
    outcome = check("pass", stub="def newton_step(gradient, hessian):\n    return gradient\n")
    assert outcome.status == "not attempted"
    assert "nothing in the function yet" in outcome.message


def test_an_untouched_bug_hunt_is_not_attempted_and_its_mend_is_right():
    wrong = "def newton_step(gradient, hessian):\n    '''Mend me.'''\n    return gradient * 2.0\n"
    hunt = exercise(stub=wrong)
    same = hunt.check(hunt.compiled(wrong.replace("Mend me.", "x"), "<same>"))
    assert (same.status, same.slip) == ("not attempted", "")
    assert "as it came" in same.message
    assert hunt.check(hunt.compiled(wrong.replace("2.0", "3.0"), "<other>")).status == "wrong"
    assert hunt.check(newton_step_reference).right


def test_another_way_to_the_same_step_is_right():
    assert check("return np.linalg.inv(hessian) @ (-gradient)").right


def test_a_right_answer_that_prints_is_right_with_a_note():
    outcome = check("print('hm')", RIGHT)
    assert outcome.right
    assert "prints" in outcome.note


def test_a_right_answer_is_discussed_and_a_wrong_one_is_not():
    right, wrong = check(RIGHT), check("return gradient")
    assert right.discussion in right._repr_markdown_()
    assert "Because $\\nabla m(\\Delta) = 0$." in right.discussion
    assert wrong.discussion == ""
    assert "Because" not in wrong._repr_markdown_()


# -- messages -------------------------------------------------------------------------------------


def test_an_exception_is_shown_with_the_learner_s_own_line():
    outcome = check("step = gradient", "return nowhere + step")
    assert "NameError" in outcome.message
    assert "line 3" in outcome.message
    assert "`return nowhere + step`" in outcome.message


def test_an_exception_inside_numpy_is_blamed_on_the_learner_s_line():
    outcome = check("return -np.linalg.solve(hessian * 0, gradient)")
    assert "LinAlgError" in outcome.message
    assert "line 2" in outcome.message
    assert "eigenvalue is zero" in outcome.message


def test_a_matmul_mismatch_gets_a_hint():
    assert "inner sizes" in check("return hessian @ np.ones(7)").message


def test_a_result_that_a_changed_argument_moves_does_not_ignore_it():
    """A rule of thumb may agree by chance on two cases and still look at its argument."""
    outcome = check(
        "return 'saddle' if hessian[0, 0] > 2 else 'minimum'",
        head="def newton_step(hessian):",
        stub="def newton_step(hessian):\n    ...\n",
        reference=lambda h: "minimum" if np.linalg.eigvalsh(h).min() > 0 else "saddle",
        cases=[(H,), (np.diag([1.0, -1.0]),), (np.diag([3.0, -1.0]),), (np.diag([5.0, 1.0]),)],
        slips=[],
    )
    assert outcome.slip == "value"


def test_an_ignored_argument_is_told_as_what_was_seen():
    message = check("return -gradient").message
    assert message.startswith("Changing `hessian` does not change your result")


def test_a_size_that_was_built_in_is_told_when_another_one_comes():
    cases = [CASES[0], (np.ones(3), np.eye(3))]
    message = check("return -hessian @ (np.eye(2) @ gradient)", cases=cases).message
    assert "`gradient` has shape (3,), `hessian` has shape (3, 3)" in message
    assert "do not rely on n = 2" in message


def test_sizes_that_never_fitted_are_shown_without_suspicion():
    message = check("return hessian @ np.ones(7)").message
    assert "`hessian` has shape (2, 2)" in message
    assert "do not rely" not in message


def test_a_shape_message_says_both_shapes_and_the_classic_cause():
    column = [(np.ones((4, 1)), np.ones(4)), (np.ones((4, 1)), np.arange(4.0))]
    outcome = check(
        "return Xtheta - y",
        head="def newton_step(Xtheta, y):",
        stub="def newton_step(Xtheta, y):\n    '''Residuals.'''\n",
        reference=lambda Xtheta, y: Xtheta.ravel() - y,
        cases=column,
        slips=[],
    )
    assert outcome.slip == "shape"
    assert "(4,)" in outcome.message
    assert "(4, 1) with (4,) broadcasts to (4, 4)" in outcome.message


def test_a_wrong_value_is_shown_with_its_case():
    message = check("return -2 * np.linalg.solve(hessian, gradient)").message
    assert "`gradient` = `[1., 2.]`" in message
    assert "`[-0.4, -1.2]`" in message
    assert "`[-0.2, -0.6]` is right" in message


def test_a_value_that_prints_alike_says_how_far_it_is_off():
    message = check("return -np.linalg.solve(hessian, gradient) * (1 + 1e-7)").message
    assert "is right" not in message
    assert "off by 6.0e-08" in message


def test_beside_infinity_nothing_is_the_same():
    assert not same_but_rounding(np.array([1.0, 2.0]), np.array([np.inf, 5.0]))


def test_of_a_wrong_matrix_the_first_wrong_row_is_shown():
    message = check(
        "return hessian + np.diag([gradient[0], 0.0])",
        reference=lambda gradient, hessian: hessian + np.diag(gradient),
        slips=[],
    ).message
    assert "row 1 of your result (the first is row 0) is `[1., 3.]`; `[1., 5.]`" in message


def test_a_changed_input_comes_with_the_way_out_for_both_operators():
    message = check("gradient *= -1", "return np.linalg.solve(hessian, gradient)").message
    assert "in place of `+=` or `-=`" in message


def test_an_outcome_shows_a_word_a_symbol_and_its_message_in_markdown():
    outcome = check("return np.linalg.solve(hessian, gradient)")
    shown = outcome._repr_markdown_()
    assert "✗ Not yet" in shown
    assert "$g^T\\Delta = +1.40$" in shown
    assert repr(outcome).startswith("newton_step: wrong [uphill]")


# -- slips ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("strange", ["1 / 0", "got.nothing", "3", "True", "''"])
def test_a_slip_that_raises_or_answers_strangely_is_passed_over(strange):
    when = eval(f"lambda case, got, want: {strange}")
    wrong = "return -2 * np.linalg.solve(hessian, gradient)"
    assert check(wrong, slips=[Slip("odd", when)]).slip == "value"


def test_a_slip_may_speak_before_the_shape_is_looked_at():
    column = Slip("column", lambda case, got, want: f"{got.shape}", before_shape=True)
    outcome = check("return gradient[:, None]", slips=[column])
    assert (outcome.slip, outcome.message) == ("column", "(2, 1)")


def test_slips_are_asked_only_about_cases_that_went_wrong():
    seen = []
    slip = Slip("spy", lambda case, got, want: seen.append(case[0][0]))
    body = ["s = np.linalg.solve(hessian, gradient)", "return -s if s[0] < 0.5 else s"]
    assert check(*body, slips=[slip]).status == "wrong"
    assert seen == [3.0]


def doubled(*arguments):
    return 2 * newton_step_reference(*arguments)


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_a_slip_may_be_another_formula(scale):
    slip = Slip.formula("doubled", doubled, "Twice as far.")
    case = CASES[0]
    want = scale * newton_step_reference(*case)
    formula = Slip.formula("scaled", lambda *case: scale * doubled(*case), "Scaled.")
    assert formula.when(case, 2 * want * (1 + 1e-12), want) == "Scaled."
    assert formula.when(case, 2 * want * (1 + 1e-6), want) is None
    outcome = check("return -2 * np.linalg.inv(hessian) @ gradient", slips=[slip])
    assert (outcome.slip, outcome.message) == ("doubled", "Twice as far.")


def test_another_formula_is_one_of_shape_too():
    slip = Slip.formula("mean", lambda g: np.mean(g), "One number.")
    assert slip.when((np.ones(2),), 1.0, np.ones(2)) == "One number."
    assert slip.when((np.ones(2),), np.float32(1), np.ones(2)) == "One number."
    assert slip.when((np.ones(2),), np.ones(2), np.ones(2)) is None
    assert slip.when((np.ones(2),), None, np.ones(2)) is None


def test_another_formula_may_be_asked_before_the_shape_is_looked_at():
    outer = Slip.formula("outer", lambda g, h: np.outer(g, g), "A table.", before_shape=True)
    assert check("return np.outer(gradient, gradient)", slips=[outer]).slip == "outer"


def test_another_formula_may_be_symbolic():
    x = sp.Symbol("x")
    slip = Slip.formula("square", lambda f: f**2, "Squared.")
    assert slip.when((x + 1,), x**2 + 2 * x + 1, x) == "Squared."
    assert slip.when((x + 1,), x**2 + 1, x) is None


def test_slips_of_one_name_are_refused():
    with pytest.raises(ValueError, match="different names"):
        exercise(slips=[Slip("uphill", uphill), Slip("uphill", uphill)])


def test_a_stub_that_defines_another_function_is_refused():
    with pytest.raises(ValueError, match="must define a function 'newton_step'"):
        exercise(stub="def step(g):\n    ...\n")


# -- cases ----------------------------------------------------------------------------------------


def test_no_call_sees_what_another_one_did_to_the_arguments():
    spoiled = exercise()
    body = "def newton_step(gradient, hessian):\n    gradient[:] = 0\n    return gradient\n"
    spoiled.check(spoiled.compiled(body, "<spoil>"))
    assert spoiled.check(newton_step_reference).right
    assert CASES[0][0].tolist() == [1.0, 2.0]


def test_cases_may_be_made_by_a_function():
    assert check(RIGHT, cases=lambda: CASES).right


def test_an_argument_that_every_case_shares_is_varied_too():
    one_case = [(np.array([1.0, 2.0]), H)]
    frozen = "return -np.linalg.solve(np.array([[2.0, 1.0], [1.0, 3.0]]), gradient)"
    assert check(frozen, cases=one_case).slip == "ignores_hessian"
    assert check(RIGHT, cases=one_case).right


def test_what_the_reference_changes_in_place_the_learner_may_change_too():
    def reference(gradient, hessian):
        gradient -= hessian @ gradient
        return gradient

    body = ["gradient -= hessian @ gradient", "return gradient"]
    assert check(*body, reference=reference).right


def test_two_runs_of_one_check_say_the_same():
    outcomes = {repr(check("return -2 * np.linalg.solve(hessian, gradient)")) for _ in range(3)}
    assert len(outcomes) == 1


# -- nothing stops it -----------------------------------------------------------------------------


def test_a_function_that_refuses_to_stop_is_left_behind():
    outcome = check(
        "end = time.monotonic() + 2.5",
        "while time.monotonic() < end:",
        "    try:",
        "        while time.monotonic() < end: pass",
        "    except BaseException:",
        "        continue",
        seconds=0.1,
        namespace={"time": time},
    )
    assert outcome.slip == "too_slow"
    assert "restart the kernel" in outcome.message


def test_a_sleeping_function_costs_little_more_than_its_time():
    outcome = check("time.sleep(2)", seconds=0.05, namespace={"time": time})
    assert outcome.slip == "too_slow"


class Contrary:
    """Nothing can be asked of it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __eq__(self, other):
        raise RuntimeError("incomparable")

    def __repr__(self):
        raise RuntimeError("unspeakable")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "strange",
    [
        Contrary(),
        [Contrary(), 1.0],
        np.array([object(), 1.0], dtype=object),
        {"step": 1},
        b"bytes",
        np.array(["a", "b"]),
        np.array([1 + 1j, 2]),
        np.ma.masked_array([1.0, 2.0], [True, False]),
        sp.Symbol("x"),
        sp.Matrix([1, 2]),
        np.float32(1.0),
        10**400,
        range(2),
        lambda: 0,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_no_result_is_too_strange(strange):
    outcome = check("return strange", namespace={"strange": strange})
    assert outcome.status == "wrong"
    assert outcome.slip not in ("check_failed", "")
    assert outcome._repr_markdown_()


@pytest.mark.parametrize(
    "strange",
    [Contrary(), 2.0, "x", np.array([1, 2]), {"a": [1]}, None],
    ids=lambda thing: type(thing).__name__,
)
def test_the_reference_s_result_may_be_of_any_kind(strange):
    def reference(gradient, hessian):
        return [1.0, np.arange(2)]

    outcome = check("return strange", reference=reference, namespace={"strange": strange})
    assert outcome.status == "wrong"
    assert outcome.slip != "check_failed"


class Callable:
    """A learner's class instead of a function."""

    def __call__(self, gradient, hessian):
        return -np.linalg.solve(hessian, gradient)


def test_anything_that_can_be_called_may_answer():
    assert exercise().check(Callable()).right
    assert exercise().check(lambda g, h: -np.linalg.solve(h, g)).right
    assert exercise().check(max).status == "wrong"
    assert exercise().check(np.linalg.solve).slip in ("raised", "uphill", "parameters")


def test_a_reference_that_fails_is_reported_and_not_raised():
    def reference(gradient, hessian):
        raise ArithmeticError

    assert check(RIGHT, reference=reference).slip == "check_failed"


# -- hint, solution, yours ------------------------------------------------------------------------


def test_hints_climb_one_rung_a_call_and_stay_at_the_last():
    ladder = exercise()
    texts = [ladder.hint().text for _ in range(3)]
    assert texts[0] == "Solve."
    assert texts[1].startswith("Mind the sign.")
    assert texts[1] == texts[2]


def test_the_solution_shows_the_reference_under_the_exercise_s_name():
    shown = exercise().solution()._repr_markdown_()
    assert "```python\ndef newton_step(gradient, hessian):" in shown
    assert "newton_step_reference" not in shown
    assert "Because $\\nabla m(\\Delta) = 0$." in shown


def test_yours_is_the_reference_until_an_answer_passes():
    tried = exercise()
    assert tried.yours is newton_step_reference
    wrong = tried.compiled("def newton_step(g, H):\n    return g\n", "<wrong>")
    right = tried.compiled("def newton_step(g, H):\n    return -np.linalg.inv(H) @ g\n", "<right>")
    for answer, expected in ((wrong, newton_step_reference), (right, right), (wrong, right)):
        tried.check(answer)
        assert tried.yours is expected
