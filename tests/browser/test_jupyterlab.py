"""What only JupyterLab can show: the server's setting, reloads, restarts, busy kernels, HTML."""

from __future__ import annotations

import subprocess
import sys
import time

import nbformat
import pytest

from benchmarks.lab import Window
from tests.browser.hands import StageOnPage

LIVE = """
import numpy as np
from sgo_teach import draw
from sgo_teach.stage import Stage

class Live(Stage):
    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(0, 10), ylim=(-2, 2))
        super().__init__(fig, alt="live")
        self.order = self.slider("order", "order n", 0, 8, 1, 2)
        self.at = self.handle("at", "point a", ax, (5, 0), step=(0.5, 0.1))
        self.curve = self.line(ax, draw.NEWTON)
        self.start(self.update)
    def update(self):
        if self.order.value == 7:
            raise ArithmeticError("seven is too many")
        x = np.linspace(0, 10, 200)
        self.curve.set(x, np.sin(self.order.value * x + self.at.value[0]))
        self.say(f"order {self.order.value} at {self.at.value[0]:.2f}")

live = Live()
live
"""
PAGES = """
class Pages(Stage):
    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(0, 10), ylim=(-2, 2))
        super().__init__(fig, alt="pages")
        self.order = self.slider("order", "order n", 0, 8, 1, 2)
        self.curve = self.line(ax, draw.NEWTON)
        self.start(self.update)
        self.flipbook()
    def update(self):
        x = np.linspace(0, 10, 200)
        self.curve.set(x, np.sin(self.order.value * x))
        self.say(f"order {self.order.value}")

pages = Pages()
pages
"""


@pytest.fixture(scope="module")
def written(folder):
    """A notebook with a live stage and a flipbook."""
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (LIVE, PAGES)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    path = folder / "stages_for_tests.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def notebook(lab, written):
    """That notebook, after it has run."""
    opened = lab.open(written.name)
    opened.run()
    yield opened
    opened.close()


def stage_of(notebook, i=0):
    root = notebook.stages()[i]
    root.scroll_into_view_if_needed()
    return StageOnPage(notebook.page, root, {})


def wait_for(question, seconds=20.0):
    """Whether `question()` becomes true in time."""
    end = time.monotonic() + seconds
    while not question() and time.monotonic() < end:
        time.sleep(0.05)
    return question()


def test_the_server_sends_kernel_messages_at_once(notebook, server):
    assert "kernel messages are sent at once (TCP_NODELAY)" in server.log.read_text()


def test_stages_are_shown_by_the_widget_and_not_by_their_stills(notebook):
    assert len(notebook.stages()) == 2
    assert notebook.page.locator(".jp-OutputArea-output > img").count() == 0


def test_what_a_hand_does_is_known_in_python_and_back(notebook):
    stage = stage_of(notebook)
    stage.find("input[type=range]")[0].press("ArrowRight")
    assert wait_for(lambda: notebook.ask("live.state['order']") == "3")
    notebook.ask("setattr(live.order, 'value', 5)")
    assert wait_for(lambda: stage.words.startswith("order 5"))
    assert stage.find("input[type=range]")[0].evaluate("(e) => e.value") == "5"


def test_python_hears_where_a_flipbook_came_to_rest(notebook):
    stage = stage_of(notebook, 1)
    for _ in range(3):
        stage.find("input[type=range]")[0].press("ArrowRight")
    assert stage.words == "order 5"
    assert wait_for(lambda: notebook.ask("pages.state, pages.words") == "({'order': 5}, 'order 5')")


def test_arrow_keys_do_not_move_jupyterlab(notebook):
    active = "() => lab.panel().content.activeCellIndex"
    handle = stage_of(notebook).find(".sgo-handle")[0]
    handle.focus()
    before = notebook.page.evaluate(active)
    for key in ("ArrowDown", "ArrowDown", "b", "x"):
        handle.press(key)
    assert notebook.page.evaluate(active) == before
    assert notebook.page.evaluate("() => lab.panel().content.widgets.length") == 2


def test_a_failing_update_is_shown_and_heard_and_the_next_one_works(notebook):
    stage = stage_of(notebook)
    slider = stage.find("input[type=range]")[0]
    slider.press("End")
    slider.press("ArrowLeft")
    assert wait_for(lambda: "seven is too many" in stage.words)
    heard = "ArithmeticError: seven is too many"
    assert wait_for(lambda: any(heard in trouble for trouble in notebook.troubles()))
    slider.press("ArrowLeft")
    assert wait_for(lambda: stage.words.startswith("order 6"))


def test_a_stage_moves_while_a_cell_is_running(notebook):
    stage = stage_of(notebook)
    execute = "(code) => { lab.panel().sessionContext.session.kernel.requestExecute({code}); }"
    notebook.page.evaluate(execute, "import time\nwhile live.order.value: time.sleep(0.01)")
    stage.find("input[type=range]")[0].press("Home")  # only this ends the running cell
    assert wait_for(lambda: stage.words.startswith("order 0"))
    assert notebook.ask("live.state['order']") == "0"


def test_a_second_view_follows_the_first(notebook):
    page = notebook.page
    page.evaluate(
        """async () => {
          lab.panel().content.activeCellIndex = 0;
          await jupyterapp.commands.execute("notebook:create-output-view");
        }"""
    )
    assert wait_for(lambda: len(notebook.stages()) == 3)
    views = [StageOnPage(page, root, {}) for root in notebook.stages()]
    same = [v for v in views if v.find(".sgo-handle")]
    same[0].find("input[type=range]")[0].press("End")
    assert wait_for(lambda: all(v.words.startswith("order 8") for v in same))
    ends = [v.find("input[type=range]")[0].evaluate("(e) => e.value") for v in same]
    assert ends == ["8", "8"]


def test_after_a_restart_the_stage_says_so_and_running_again_revives_it(notebook):
    stage = stage_of(notebook)
    notebook.page.evaluate("() => lab.panel().sessionContext.restartKernel()")
    slider = stage.find("input[type=range]")[0]
    slider.press("ArrowRight")
    assert wait_for(lambda: "No answer from the kernel" in stage.words)
    notebook.run()
    fresh = stage_of(notebook)
    fresh.find("input[type=range]")[0].press("ArrowRight")
    assert wait_for(lambda: fresh.words.startswith("order 3"))


def test_a_reloaded_page_shows_the_present_state(browser, server, written):
    window = Window(browser)
    window.enter(server.url())
    notebook = window.open(written.name)
    notebook.run()
    stage_of(notebook).find("input[type=range]")[0].press("ArrowRight")
    assert wait_for(lambda: notebook.ask("live.state['order']") == "3")
    notebook.page.evaluate("() => lab.panel().context.save()")
    notebook.page.reload()
    window.ready()
    again = window.open(written.name)
    assert wait_for(lambda: len(again.stages()) == 2)
    stage = stage_of(again)
    assert wait_for(lambda: stage.words.startswith("order 3"))
    stage.find("input[type=range]")[0].press("ArrowRight")
    assert wait_for(lambda: stage.words.startswith("order 4"))
    again.close()
    window.close()


@pytest.fixture(scope="module")
def exported(written):
    """The notebook as a page of HTML."""
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute"]
    command += ["--ExecutePreprocessor.store_widget_state=False", written.name]
    subprocess.run(command, cwd=written.parent, check=True, capture_output=True)
    return written.with_suffix(".html")


@pytest.fixture
def offline(browser, exported):
    """That page, opened as a file in a browser without a network."""
    context = browser.browser.new_context(offline=True)
    page = context.new_page()
    page.goto(exported.as_uri())
    yield page
    context.close()


def test_exported_html_turns_pages_without_kernel_and_network(offline):
    offline.wait_for_selector(".sgo-stage input[type=range]")
    canvas = offline.locator(".sgo-stage canvas")
    before = canvas.evaluate("(e) => e.toDataURL()")
    offline.locator(".sgo-stage input[type=range]").press("ArrowRight")
    assert offline.locator(".sgo-say").inner_text() == "order 3"
    assert canvas.evaluate("(e) => e.toDataURL()") != before


def test_exported_html_keeps_a_still_of_a_live_stage(offline):
    still = offline.locator(".jp-RenderedImage img").first
    assert still.evaluate("(e) => e.naturalWidth") == 946
    assert offline.locator(".sgo-stage").count() == 1
