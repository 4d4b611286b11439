"""Every notebook, in JupyterLab in Chromium: it runs, and every control of every stage is alive."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests.browser.conftest import BUILD, REPOSITORY
from tests.browser.hands import StageOnPage, centre, label

NOTEBOOKS = sorted(path.name for path in (REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda name: name.removesuffix(".ipynb"))
def lesson(request, lab, report):
    """A notebook that has run from top to bottom."""
    notebook = lab.open(request.param)
    notebook.name = request.param.removesuffix(".ipynb")
    seconds = notebook.run()
    report[notebook.name] = {"cells_seconds": round(seconds, 1), "first_change_ms": {}}
    yield notebook
    notebook.close()


@pytest.fixture
def stages(lesson, report):
    """The stages of the lesson, each brought into view when it is taken; nothing new goes wrong."""
    before = lesson.troubles()

    def walk():
        for i, root in enumerate(lesson.stages()):
            root.scroll_into_view_if_needed()
            times = report[lesson.name]["first_change_ms"].setdefault(f"stage {i + 1}", {})
            yield StageOnPage(lesson.page, root, times)

    yield walk()
    assert lesson.troubles() == before


def test_all_cells_run_and_every_widget_is_shown(lesson):
    assert lesson.troubles() == []


def test_every_stage_draws_and_has_its_picture_taken(stages, lesson):
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for i, stage in enumerate(stages):
        assert stage.words.strip()
        stage.still()
        stage.root.screenshot(path=folder / f"{lesson.name}_{i + 1}.png")


def test_every_slider_changes_the_picture_at_steps_and_ends(stages):
    for stage in stages:
        for slider in stage.find("input[type=range]"):
            slider.focus()
            # left a step above its low end, where the next slider may rightly do nothing (κ = 1)
            presses = [partial(slider.press, key) for key in ("End", "Home", "ArrowRight")]
            alive = [stage.changes(label(slider), press, 2) for press in presses]
            assert any(alive), label(slider)


def test_every_typed_number_is_taken_and_half_a_number_changes_nothing(stages):
    for stage in stages:
        for entry in stage.find("input[type=number]"):
            slider = entry.evaluate_handle("(e) => e.parentElement.querySelector('input')")
            place = "(e) => [Number(e.value), Number(e.max)]"
            stage.type_into(entry, "1e9")
            stage.still()
            at, last = slider.evaluate(place)
            assert at == last, label(entry)
            stage.type_into(entry, "-1e9")
            stage.still()
            assert slider.evaluate(place)[0] == 0, label(entry)
            before = stage.still()
            for half in ("", "-", "1e"):
                stage.type_into(entry, half)
            assert stage.still() == before, label(entry)


def test_every_choice_and_every_check_changes_the_picture(stages):
    for stage in stages:
        for choice in stage.find("select"):
            options = choice.evaluate("(e) => [...e.options].map((o) => o.text)")
            start = choice.evaluate("(e) => e.selectedIndex")
            for option in [*options[start + 1 :], *options[: start + 1]]:
                pick = partial(choice.select_option, label=option)
                assert stage.changes(label(choice), pick), f"{label(choice)}: {option}"
        for check in stage.find("input[type=checkbox]"):
            assert stage.changes(label(check), check.click), label(check)
            assert stage.changes(label(check), check.click), label(check)


def test_every_button_can_be_pressed(stages):
    for stage in stages:
        for button in stage.find(".sgo-controls button"):
            stage.changes(label(button), button.click, 2)


def test_every_handle_moves_by_key_by_mouse_and_by_click(stages):
    for stage in stages:
        for handle in stage.find(".sgo-handle"):
            name = re.sub(r": [^:]*$", "", label(handle))
            handle.focus()
            assert moves(nudge, stage, handle, name), f"{name}: keys"
            assert moves(pull, stage, handle, name), f"{name}: drag"
            if len(stage.find(".sgo-handle")) == 1:
                assert moves(click_about, stage, handle, name), f"{name}: click"


def moves(act, stage, handle, name):
    """Whether `act` changed both the handle's coordinates and what is shown."""
    before = label(handle)
    changed = stage.changes(name, partial(act, stage, handle))
    stage.still()
    return changed and label(handle) != before


def nudge(_stage, handle):
    """Press arrow keys both ways a handle may move."""
    for key in ("ArrowRight", "ArrowUp", "ArrowRight", "ArrowUp"):
        handle.press(key)


def pull(stage, handle):
    """Drag a handle towards the middle of its picture, or away from it if it is there."""
    (x, y), (mx, my) = centre(handle), centre(stage.root.query_selector(".sgo-picture"))
    dx, dy = (60 if x < mx else -60), (40 if y < my else -40)
    stage.drag((x, y), (x + dx / 2, y + dy / 2), (x + dx, y + dy))


def click_about(stage, _handle):
    """Click at a few places; some lie inside the axes of the handle, left or right."""
    box = stage.root.query_selector(".sgo-picture").bounding_box()
    for across, down in [(0.7, 0.4), (0.8, 0.6), (0.3, 0.3), (0.25, 0.6), (0.2, 0.45)]:
        stage.page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
        stage.page.wait_for_timeout(60)


def test_clicks_outside_the_axes_and_wild_drags_are_harmless(stages):
    for stage in stages:
        picture = stage.root.query_selector(".sgo-picture")
        box = picture.bounding_box()
        before = stage.still()
        stage.page.mouse.click(box["x"] + 2, box["y"] + box["height"] - 2)
        assert stage.still() == before
        for handle in stage.find(".sgo-handle"):
            stage.drag(centre(handle), (5, 5), (1390, 990), (5, 990), centre(picture))
            stage.still()
            assert re.search(r": -?[\d.e+-]+, -?[\d.e+-]+$", label(handle)), label(handle)
