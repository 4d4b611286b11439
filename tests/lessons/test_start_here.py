"""Lesson 00: the check of the environment where something is missing, one step, the map."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from sgo_teach.checks import Progress
from sgo_teach.lessons.course import COURSE, standings
from sgo_teach.lessons.start_here import compass, environment, explore, requirements
from sgo_teach.lessons.start_here.course_map import CourseMap, course_map
from sgo_teach.lessons.start_here.exercises import curvature, flat_point, slope, walk, warm_up
from sgo_teach.lessons.start_here.report import Report
from sgo_teach.lessons.start_here.round_trip import RoundTrip
from tests.lessons.hands import anywhere, ends, extremes, picture, put
from tests.lessons.prose_numbers import Lesson, each

ROOT = Path(__file__).parents[2]
FOLDER = Path(environment.__file__).parent
STANDARD_LIBRARY_ONLY = ("environment", "report", "requirements")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = [Requirement(line).name for line in PROJECT["dependencies"]]


def part(name: str, report: Report | None = None):
    """Return one part of a report."""
    (found,) = [p for p in (report or environment.check()).parts if p.name == name]
    return found


@pytest.fixture
def without(monkeypatch):
    """Return a function that takes packages away, or leaves another version of them."""
    version, find_spec = environment.version, environment.find_spec

    def take(*names, leaving=""):
        def version_of(name):
            if name in names and not leaving:
                raise PackageNotFoundError(name)
            return leaving if name in names else version(name)

        gone = () if leaving else names
        monkeypatch.setattr(environment, "version", version_of)
        monkeypatch.setattr(environment, "find_spec", lambda m: None if m in gone else find_spec(m))

    return take


# -- versions -----------------------------------------------------------------------------------
numbers = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda n: ".".join(map(str, n)))
signs = st.sampled_from([">=", "<=", "<", ">", "==", "!="])
limits = st.lists(st.tuples(signs, numbers).map("".join), min_size=0, max_size=3).map(", ".join)


@given(found=numbers, asked=limits)
def test_versions_are_compared_as_pip_compares_them(found, asked):
    assert requirements.satisfies(found, asked) == SpecifierSet(asked).contains(found)


def test_what_follows_the_numbers_of_a_version_is_not_looked_at():
    assert requirements.satisfies("2.13.0+cpu", ">=2.13, <3")
    assert not requirements.satisfies("", ">=1")


@pytest.mark.parametrize("asked", ["~=2.0", "2.0", ">=2.0.dev1"])
def test_a_range_that_is_not_understood_is_refused(asked):
    with pytest.raises(ValueError, match=">=2.6, <3"):
        requirements.satisfies("2.0", asked)


# -- what is asked ------------------------------------------------------------------------------
def test_what_is_asked_is_what_the_project_says():
    python, packages = requirements.requirements()
    assert SpecifierSet(python) == SpecifierSet(PROJECT["requires-python"])
    wanted = {
        Requirement(line).name: Requirement(line).specifier for line in PROJECT["dependencies"]
    }
    assert {name: SpecifierSet(limits) for name, limits in packages.items()} == wanted


def test_where_the_course_is_not_installed_its_project_file_says_the_same(monkeypatch):
    installed = requirements.requirements()

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(requirements, "metadata", missing)
    assert requirements.requirements() == installed


def test_every_range_of_the_project_is_understood():
    _, packages = requirements.requirements()
    assert all(
        isinstance(requirements.satisfies("1.0", asked), bool) for asked in packages.values()
    )


def test_every_package_has_a_use():
    assert sorted(environment.USES) == sorted(PACKAGES)


# -- the report ---------------------------------------------------------------------------------
def test_here_everything_is_fine():
    report = environment.check()
    assert report.fine
    assert [p.name for p in report.parts] == ["Python", "sgo-teach", *PACKAGES]
    assert report.verdict.startswith("Everything is here")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_package_is_named_with_the_line_that_installs_it(without, name):
    without(name, environment._MODULES.get(name, name))
    report = environment.check()
    assert [p.name for p in report.parts if not p.fine] == [name]
    assert name in report.verdict
    asked = requirements.requirements()[1][name].replace(" ", "")
    assert f'%pip install "{name}{asked}"' in part(name, report).advice
    assert "missing" in part(name, report).row()


@pytest.mark.parametrize(("name", "version"), [("numpy", "1.26.4"), ("anywidget", "1.0.0")])
def test_a_version_out_of_range_is_named_with_what_was_found(without, name, version):
    without(name, leaving=version)
    assert not part(name).fine
    assert part(name).found == version
    assert "--force-reinstall" not in part(name).advice


def test_a_package_whose_files_are_gone_is_installed_anew(monkeypatch):
    find_spec = environment.find_spec
    monkeypatch.setattr(environment, "find_spec", lambda m: None if m == "sympy" else find_spec(m))
    assert "--force-reinstall" in part("sympy").advice


def test_without_torch_one_can_start(without):
    without("torch")
    assert "start now" in environment.check().verdict


def test_without_the_course_the_way_out_is_another_python(without):
    without("sgo-teach", "numpy")
    report = environment.check()
    assert "make lab" in part("sgo-teach", report).advice
    assert "sgo-teach" in part("numpy", report).advice
    assert "sgo-teach" in report.verdict


def test_a_wrong_python_is_named(monkeypatch):
    old = SimpleNamespace(version_info=(3, 9, 18, "final", 0), platform="linux")
    monkeypatch.setattr(environment, "sys", old)
    found = part("Python")
    assert (found.found, found.fine) == ("3.9.18", False)
    assert "Install Python 3.11 or later" in found.advice


@pytest.mark.parametrize("file", ["numpy.py", "numpy/__init__.py"])
def test_a_file_beside_the_notebook_that_hides_a_package_is_named(monkeypatch, tmp_path, file):
    monkeypatch.chdir(tmp_path)
    find_spec = environment.find_spec
    own = SimpleNamespace(origin=str(tmp_path / file))
    monkeypatch.setattr(environment, "find_spec", lambda m: own if m == "numpy" else find_spec(m))
    assert f"`{file.split('/')[0]}`" in part("numpy").advice
    assert part("scipy").fine


def test_the_table_is_escaped_and_has_a_row_for_every_part(without):
    without("torch")
    html = environment.check()._repr_html_()
    assert html.count("<tr>") == len(PACKAGES) + 3
    assert "<code>%pip install" in html
    assert "&lt;3" in html
    assert "✗" in html


def test_with_nothing_but_the_standard_library_the_check_still_answers():
    code = (
        "from sgo_teach.lessons.start_here import environment as e\n"
        "print(e.check()); print(repr(e.front_end()))"
    )
    command = [sys.executable, "-S", "-c", code]  # -S: no site-packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert all(f"✗ {name} missing" in done.stdout for name in ["sgo-teach", *PACKAGES])


@pytest.mark.parametrize("name", STANDARD_LIBRARY_ONLY)
def test_an_old_python_can_read_the_check(name):
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    assert isinstance(tree.body[1], ast.ImportFrom)  # annotations stay unevaluated
    assert tree.body[1].module == "__future__"


# -- the front end ------------------------------------------------------------------------------
def test_without_anywidget_the_front_end_is_a_report_on_it(without):
    without("anywidget")
    report = environment.front_end()
    assert isinstance(report, Report)
    assert [p.name for p in report.parts] == ["anywidget"]
    assert not report.fine


def test_python_answers_every_call_of_the_browser(monkeypatch):
    widget, sent = RoundTrip(), []
    monkeypatch.setattr(widget, "send", sent.append)
    for call in (5, 4):
        widget._answer(widget, {"call": call}, [])
    assert [message["answer"] for message in sent] == [5, 4]


def test_where_no_widget_can_be_drawn_the_page_says_what_to_do():
    widget = environment.front_end()
    assert isinstance(widget, RoundTrip)
    data, _ = widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "make lab" in data["text/html"]


# -- one step of gradient descent ---------------------------------------------------------------
places = st.floats(-explore.EDGE, explore.EDGE)
step_sizes = st.floats(0, 2.5)
names = st.sampled_from(list(explore.LOSSES))
BOWL = "½ θ²"
TWO_VALLEYS = "⅛ (θ² − 2)²"


@pytest.mark.parametrize("name", explore.LOSSES)
def test_the_slope_is_the_derivative(name):
    theta = sp.symbols("theta", real=True)
    loss, derivative = explore.LOSSES[name]
    assert sp.expand(sp.diff(loss(theta), theta) - derivative(theta)) == 0


@given(name=names, theta=places, step_size=step_sizes)
def test_the_step_is_minus_the_step_size_times_the_slope(name, theta, step_size):
    frame = explore.compute_step(name, theta, step_size)
    assert frame.step == pytest.approx(-step_size * frame.slope, abs=1e-12)
    assert frame.landing_value == pytest.approx(explore.LOSSES[name][0](theta + frame.step))


@given(name=names, theta=places, step_size=step_sizes)
def test_the_triangle_rises_by_the_slope_and_its_level_side_points_uphill(name, theta, step_size):
    frame = explore.compute_step(name, theta, step_size)
    (x0, y0), (x1, y1), (x2, y2) = frame.triangle
    assert (x0, y0, y1, x2) == (theta, frame.value, frame.value, x1)
    assert (y2 - y1) / (x1 - x0) == pytest.approx(frame.slope)
    assert y2 >= y1


@given(theta=places, step_size=step_sizes)
def test_on_the_bowl_the_error_is_multiplied_by_1_minus_alpha(theta, step_size):
    landing = explore.compute_step(BOWL, theta, step_size).landing
    assert landing == pytest.approx((1 - step_size) * theta, abs=1e-12)


@pytest.mark.parametrize(
    ("step_size", "becomes"),
    [
        (0.0, "stays"),
        (0.3, "falls"),
        (1.0, "falls"),
        (1.9, "falls"),
        (2.0, "stays"),
        (2.1, "rises"),
    ],
)
def test_the_words_say_what_becomes_of_the_loss(step_size, becomes):
    frame = explore.compute_step(BOWL, 1.2, step_size)
    assert f"the loss {becomes}" in explore.describe(1.2, step_size, frame)


@given(name=names, theta=places)
def test_a_short_step_falls_by_the_step_size_times_the_slope_squared(name, theta):
    alpha = 1e-6
    frame = explore.compute_step(name, theta, alpha)
    fall = frame.value - frame.landing_value
    assert fall == pytest.approx(alpha * frame.slope**2, rel=1e-3, abs=1e-12)


def settled(theta: float, step_size: float) -> float | None:
    """Where 300 steps on the second loss lead, as the button takes them; None outside."""
    for _ in range(300):
        frame = explore.compute_step(TWO_VALLEYS, theta, step_size)
        if not frame.inside:
            return None
        theta = frame.landing
    return round(theta, 6)


def test_from_2_5_only_step_sizes_from_one_half_to_0_85_lead_to_the_other_valley():
    ends_at = {k: settled(2.5, k / 20) for k in range(1, 51)}
    assert {k for k, end in ends_at.items() if end == round(-np.sqrt(2), 6)} == set(range(10, 18))
    assert all(ends_at[k] == round(np.sqrt(2), 6) for k in range(1, 10))


def test_larger_steps_from_2_5_land_beyond_the_bottom_of_the_other_valley():
    landings = [explore.compute_step(TWO_VALLEYS, 2.5, k / 20).landing for k in range(18, 51)]
    assert max(landings) < -np.sqrt(2)


# -- the gradient on a map -----------------------------------------------------------------------
kappas, angles = st.floats(1, 20), st.floats(0, 90)
spots = st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(np.array)
off_centre = spots.filter(lambda p: np.linalg.norm(p) > 1e-3)


@given(kappa=kappas, angle=angles, at=off_centre)
def test_the_gradient_stands_at_a_right_angle_on_its_level_line(kappa, angle, at):
    problem = compass.bowl(kappa, angle)
    line = compass.level_line(problem.hessian(at), np.array([problem.value(at)]))[:-1]
    np.testing.assert_allclose(problem.value(line), problem.value(at))
    h, Q = np.linalg.eigh(problem.hessian(at))
    x, y = Q.T @ at  # the ellipse's tangent at (x, y) in its own axes
    tangent = Q @ [-h[1] * y, h[0] * x]
    assert abs(tangent @ problem.gradient(at)) <= 1e-9 * np.linalg.norm(tangent) * kappa


@given(kappa=kappas, angle=angles, at=off_centre)
def test_the_miss_is_at_most_what_kappa_allows(kappa, angle, at):
    """Largest where both curvatures pull alike: sin = (κ − 1)/(κ + 1)."""
    miss = compass.compute_compass(compass.bowl(kappa, angle), at).miss
    assert np.sin(np.deg2rad(miss)) <= (kappa - 1) / (kappa + 1) + 1e-9
    assert miss < 90


@given(kappa=kappas, angle=angles, at=off_centre)
def test_along_minus_g_nothing_is_lower_than_the_lowest_point(kappa, angle, at):
    problem = compass.bowl(kappa, angle)
    frame = compass.compute_compass(problem, at)
    along = at + np.linspace(0, 2, 21)[:, None] * (frame.lowest - at)
    assert problem.value(along).min() >= frame.lowest_value * (1 - 1e-9) - 1e-12
    left = ((kappa - 1) / (kappa + 1)) ** 2  # Kantorovich
    assert frame.lowest_value <= (left + 1e-9) * frame.value


@pytest.mark.parametrize("axis", [0, 90, 180, 270])
def test_on_the_axes_of_the_ellipses_minus_g_points_to_the_bottom(axis):
    at = np.array([np.cos(np.deg2rad(axis + 35)), np.sin(np.deg2rad(axis + 35))])
    assert compass.compute_compass(compass.bowl(9.0, 35.0), at).miss == pytest.approx(0, abs=1e-9)


def test_at_the_bottom_the_words_say_so():
    stage = explore.Compass()
    put(stage, {"at": (0.5, 0.5)})
    assert "on the bottom" in stage.words


# -- the pictures --------------------------------------------------------------------------------
each_stage = pytest.mark.parametrize("kind", [explore.DescentStep, explore.Compass])


@each_stage
def test_no_extreme_of_the_controls_raises(kind):
    stage = kind()
    for position in extremes(stage):
        put(stage, position)
        assert stage.words


@each_stage
def test_no_position_of_the_controls_raises(kind):
    stage, rng = kind(), np.random.default_rng(0)
    for _ in range(60):
        put(stage, anywhere(stage, rng))
        assert stage.words


def test_the_ball_stays_in_the_picture():
    stage, rng = explore.DescentStep(), np.random.default_rng(1)
    for _ in range(60):
        put(stage, anywhere(stage, rng))
        assert abs(stage.controls["ball"].value[0]) <= explore.EDGE


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in (explore.DescentStep, explore.Compass) for name in kind().controls],
)
def test_every_control_changes_the_picture(kind, name):
    stage = kind()
    seen = {picture(stage)}
    for place in ends(stage.controls[name]):
        put(stage, {name: place})
        seen.add(picture(stage))
    assert len(seen) > 1


def test_the_button_takes_the_step_that_the_words_promise():
    stage = explore.DescentStep()
    landing = stage.frame_now.landing
    put(stage, {"take": 1})
    assert stage.controls["ball"].value[0] == pytest.approx(landing)


def test_a_step_out_of_the_picture_is_not_taken_and_said():
    stage = explore.DescentStep()
    put(stage, {"step_size": 2.5, "ball": (1.0, 0.0), "take": 3})
    assert stage.controls["ball"].value[0] == explore.EDGE
    assert "outside the picture" in stage.words


def test_the_prediction_is_true_of_the_picture():
    stage = explore.DescentStep()
    put(stage, {"step_size": 2.0})
    assert stage.frame_now.landing == -2
    assert stage.frame_now.landing_value == stage.frame_now.value


# -- the exercise -------------------------------------------------------------------------------
def test_halving_h_makes_the_error_of_the_asked_slope_four_times_smaller():
    errors = [abs(slope.reference(np.exp, 1.0, h) - np.e) for h in (1e-2, 5e-3)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=1e-3)


@pytest.mark.parametrize(
    ("body", "never"),
    [
        ("(f(x + h) - f(x - h)) / (2 * h) ** 2", "divided_by_h"),
        ("abs(f(x + h) - f(x - h)) / (2 * h)", "sign"),
        ("(f(x - h) - f(x + h)) / (2 * h)", "no_sign"),
    ],
)
def test_a_slope_is_not_blamed_for_what_it_did_not_do(body, never):
    outcome = slope.check(slope.compiled(f"def slope(f, x, h):\n    return {body}\n", "<typed>"))
    assert outcome.status == "wrong"
    assert outcome.slip != never


def test_rows_that_are_one_array_are_told_from_rows_after_a_right_start():
    assert "All 4 rows" in walk.check(walk.mutant("one_array")).message
    assert "All rows but the first" in walk.check(walk.mutant("one_array#2")).message


def test_the_asked_curvature_is_exact_for_a_cubic_and_of_order_2_beyond():
    assert curvature.reference(lambda x: x**3 - 4 * x, 2.0, 0.5) == pytest.approx(12)
    errors = [abs(curvature.reference(np.exp, 1.0, h) - np.e) for h in (2e-2, 1e-2)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=1e-3)


@given(theta=st.floats(-5, 5), bottom=st.floats(-5, 5), bend=st.floats(0.1, 10))
def test_from_anywhere_the_flat_point_of_a_parabola_is_its_bottom(theta, bottom, bend):
    assert flat_point.reference(theta, bend * (theta - bottom), bend) == pytest.approx(
        bottom, abs=1e-9
    )


# -- the prose -----------------------------------------------------------------------------------
def _flat_from(start: float) -> list[float]:
    """Where the moves of the lesson lead on its second loss."""
    path = [start]
    for _ in range(5):
        slope_, bend = (explore.LOSSES[TWO_VALLEYS][1](path[-1]), (3 * path[-1] ** 2 - 2) / 2)
        path.append(flat_point.reference(path[-1], slope_, bend))
    return path


# (markdown cell, words in it, the number they name, code cell, its value from result and names)
PROSE_NUMBERS = [
    ("yours", r"$\cos 0 = 1$", "1.00000", "yours-run", lambda out, ns: out),
    ("explore-how", r"the ball is back at $\theta = 2$", "2", "code-moves-run",
     lambda out, ns: ns["explore"].DescentStep().controls["ball"].value[0]),
    ("code-moves-said", r"to and fro for ever with $\alpha = 2$", "-2", "code-moves-run",
     lambda out, ns: ns["stage"].frame_now.landing),
    ("code-moves-said", "climbs with 2.1", "1.1", "code-moves-run",
     lambda out, ns: abs(explore.compute_step(BOWL, 1.0, 2.1).landing)),
    ("code-moves-said", "in a single step with 1", "0", "code-moves-run",
     lambda out, ns: explore.compute_step(BOWL, 1.7, 1.0).landing),
    ("code-moves-said", "about 0.5 to 0.85", "0.5", "code-moves-run",
     lambda out, ns: min(to_the_other_valley())),
    ("code-moves-said", "about 0.5 to 0.85", "0.85", "code-moves-run",
     lambda out, ns: max(to_the_other_valley())),
    ("flat-said", "one move does it", "0.0000", "flat-run", lambda out, ns: out[0, 1]),
    ("flat-said", r"within a thousandth of the bottom of the valley, $\sqrt2$", "1.414", "flat-run",
     lambda out, ns: out[1, 4]),
    ("flat-said", "the fifth has it to four places", "1.4142", "flat-run",
     lambda out, ns: out[1, 5]),
    ("flat-said", "Put 0.5 in place of 2.5, and the second row ends at 0", "0.0000", "flat-run",
     lambda out, ns: _flat_from(0.5)[-1]),
    ("bug-ask", r"Up to 53° at $\kappa = 9$", "53", "compass-run", lambda out, ns: out[1]),
    ("bug-ask", "and 65° at 20", "65", "compass-run", lambda out, ns: out[2]),
    ("compass-ask", "unless they are circles", "0.0", "compass-run", lambda out, ns: out[0]),
    ("bug-mend", "every row half the one before", "0.5", "bug-walk",
     lambda out, ns: walk.reference(np.ones(1), lambda t: 2 * t, 0.25, 1)[1, 0]),
    ("second-order", "Every $s$ from $-1$ to $1$, and no other", "-1.0", "subgradient-run",
     lambda out, ns: min(s for s, passes in out.items() if passes)),
    ("second-order", "Every $s$ from $-1$ to $1$, and no other", "1.0", "subgradient-run",
     lambda out, ns: max(s for s, passes in out.items() if passes)),
    ("second-order", "at the kink it grows without end", "2000", "second-order-run",
     lambda out, ns: out[-1]),
    ("second-order-said", "Ten questions", "10", "map-run",
     lambda out, ns: len(warm_up.questions)),
]  # fmt: skip


def to_the_other_valley() -> list[float]:
    """Step sizes on the slider that lead from 2.5 to the bottom of the other valley."""
    return [k / 20 for k in range(1, 51) if settled(2.5, k / 20) == round(-np.sqrt(2), 6)]


@pytest.fixture(scope="module")
def lesson():
    """The notebook, run; the first picture's cell imports what a later cell needs."""
    return Lesson("00_start_here", explorables=["see-step"])


@each(PROSE_NUMBERS)
def test_a_number_of_the_prose_is_what_its_cell_computes(lesson, stated):
    lesson.holds(stated)


def test_the_ledger_on_subgradients_is_settled(lesson):
    """15: 次梯度 is no word for second-order: at a kink there are many, and no f″."""
    assert sum(lesson.results["subgradient-run"].values()) > 1
    assert np.all(np.diff(lesson.results["second-order-run"]) > 100)
    assert "second-order is 二阶" in lesson.cells["subgradient"].source


def test_every_wrong_answer_of_the_warm_up_names_a_refresher(lesson):
    assert all("Refresher: " in question.because for question in warm_up.questions)
    text = (ROOT / "notebooks" / "01_taylor_expansion.ipynb").read_text(encoding="utf-8")
    assert "## How fast does the error vanish?" in text


# -- the map ------------------------------------------------------------------------------------
def test_the_map_has_every_lesson_and_links_those_that_are_here():
    html = course_map()._repr_html_()
    for lesson in COURSE:
        assert f"{lesson.number:02d} · " in html
        assert (f'href="{lesson.notebook}"' in html) == lesson.exists


def test_the_map_shows_what_was_done_and_where_to_go_on(tmp_path):
    kept = Progress(tmp_path / "progress.json")
    here = {s.lesson.slug: s for s in standings(kept)}
    for item in here["start_here"].lesson.items():
        kept.record("start_here", item, kind="exercise", status="right")
    shown = CourseMap(tuple(standings(kept)))
    assert f"00 Start here: all {here['start_here'].total} done" in repr(shown)
    assert f"01 Taylor expansion: 0 of {here['taylor_expansion'].total} done" in repr(shown)
    assert repr(shown).startswith("Next: 01")
    for item in here["taylor_expansion"].lesson.items():
        kept.record("taylor_expansion", item, kind="exercise", status="right")
    assert not repr(CourseMap(tuple(standings(kept)))).startswith("Next: 01")


def test_a_map_where_all_is_done_says_so():
    done = tuple(s for s in standings() if not s.lesson.exists)
    assert CourseMap(done).next is None
    assert "is done" in CourseMap(done)._repr_html_()


def test_trouble_with_the_progress_file_is_told_on_the_map(monkeypatch, tmp_path):
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{", encoding="utf-8")
    monkeypatch.setenv("SGO_TEACH_PROGRESS", str(damaged))
    assert "was damaged" in course_map()._repr_html_()
