"""How soon pictures follow the hand: stages beside `interact`, in JupyterLab in Chromium.

    python -m benchmarks.latency [NOTEBOOK ...] [--rounds 2] [--presses 14] [--seconds 2]
                                 [--ways interact stage nagle "100 ms"]

Every cell tagged ``explore`` of the notebooks is measured in four ways, in turn within one run.
One window is open at a time, as a learner has it; others would go on asking their servers things:

- *interact*: the same picture under `ipywidgets.interact` with inline figures (see `peer`);
- *stage*: as the course ships it, with kernel messages sent at once (TCP_NODELAY);
- *nagle*: the stage on a server without that setting;
- *100 ms*: the stage through a proxy that adds a round trip of 100 ms.

A key press is timed from its event to the first screen frame that shows another picture; a drag of
the mouse is counted in different pictures a second.  Writes ``build/latency.json`` and
``build/latency.png`` and prints the table.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import nbformat
from playwright.sync_api import ElementHandle, Page

from benchmarks.lab import Chromium, Mouse, Notebook, Window, chromium, jupyterlab
from benchmarks.proxy import delaying_proxy
from benchmarks.report import WAYS, Series, table, write_picture
from tools.chromium import find_chromium

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
LESSONS = ("01_taylor_expansion.ipynb", "03_newtons_method.ipynb")
PREFIX = "to-measure-"  # of the ids of explore cells
ROUND_TRIP = 0.1  # seconds
TRACK = "input[type=range], .noUi-handle[role=slider]"
OFF = "--ServerApp.jpserver_extensions={'sgo_teach.server': False}"


# -- notebooks ------------------------------------------------------------------------------------


def copy_notebook(path: Path, folder: Path, to_peers: bool) -> list[str]:
    """Copy a notebook, its explorables as they are or handed to their peers under `interact`.

    Returns the expressions that make the explorables.
    """
    notebook = nbformat.read(path, as_version=4)
    titles = []
    for i, cell in enumerate(notebook.cells):
        if "explore" in cell.metadata.get("tags", []) and "await" not in cell.source:  # no training
            cell.id = f"{PREFIX}{i}"
            titles.append(last_expression(cell.source))
            if to_peers:
                cell.source = handed_to_peer(cell.source)
    nbformat.write(notebook, folder / path.name)
    return titles


def handed_to_peer(source: str) -> str:
    """Return the source of an explore cell with its last expression handed to the peer."""
    body = "\n".join(ast.unparse(line) for line in ast.parse(source).body[:-1])
    imported = "from peer import facts, under_interact"
    return f"{body}\n{imported}\nstage = {last_expression(source)}\nunder_interact(stage)"


def last_expression(source: str) -> str:
    """Return the expression that a cell ends in.

    Raises
    ------
    ValueError
        If it ends in something else.
    """
    last = ast.parse(source).body[-1]
    if not isinstance(last, ast.Expr):
        raise ValueError(f"an explore cell must end in its stage, not in: {ast.unparse(last)}")
    return ast.unparse(last.value)


# -- hands ----------------------------------------------------------------------------------------


def presses(page: Page, root: ElementHandle, control: ElementHandle, series, count: int) -> None:
    """Press arrow keys, seven to and seven fro, and time each until the picture changes."""
    control.focus()
    page.evaluate("(e) => eye.begin(e)", root)
    for i in range(count):
        page.evaluate("() => eye.forget()")
        page.keyboard.press("ArrowRight" if i // 7 % 2 == 0 else "ArrowLeft")
        soon = page.evaluate("() => eye.answer(1500)")
        if soon is None:
            series.unchanged += 1
        else:
            series.press_ms.append(soon)
        page.wait_for_timeout(60 + 7 * (i % 5))  # at any phase of the screen's own frames
    page.evaluate("() => eye.end()")


def drag(window: Window, root: ElementHandle, control: ElementHandle, series, seconds, span=None):
    """Drag to and fro at sixty moves a second; count the different pictures that were shown.

    `span` is where a handle can go from left to right, as shares of the picture's width.
    """
    page, mouse = window.page, Mouse(window)
    x, y = middle(control)
    centre, reach, step = track(control, span)
    mouse.press(x, y)
    page.evaluate("(e) => eye.begin(e)", root)
    begun, at, moves = time.monotonic(), 0.0, 0
    while time.monotonic() - begun < seconds:
        at, moves = at + step, moves + 1
        if not -reach < at < reach:
            step = -step
        mouse.move(centre + at, y + (0.4 * at if span else 0.0))
        time.sleep(max(0.0, begun + moves / 60 - time.monotonic()))
    shown = page.evaluate("() => eye.end()")["log"]
    series.drag_fps.append((len(shown) - 1) / (time.monotonic() - begun))
    mouse.release(x, y)
    page.wait_for_timeout(400)


def middle(element: ElementHandle) -> tuple[float, float]:
    """Return the middle of an element in pixels of the window."""
    box = element.bounding_box()
    assert box is not None, "the element is not shown"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def track(control: ElementHandle, span) -> tuple[float, float, float]:
    """Return where to drag about, how far to each side, and how far at each move."""
    if span:
        box = control.evaluate("(e) => e.closest('.sgo-picture').getBoundingClientRect().toJSON()")
        left, right = (box["left"] + share * box["width"] for share in span)
        return (left + right) / 2, 0.3 * (right - left), 4.0
    left, width, positions = control.evaluate(
        """(e) => { const box = (e.closest('.noUi-target') ?? e).getBoundingClientRect();
                    return [box.left, box.width, Number(e.max) || 40]; }"""
    )
    return left + width / 2, 0.35 * width, max(3.0, 1.05 * width / positions)


# -- the run --------------------------------------------------------------------------------------


def explore_cells(page: Page) -> list[ElementHandle]:
    """Return the element of every explore cell, in order."""
    found = page.evaluate_handle("(kind) => lab.cellsNamed(kind)", PREFIX)
    roots = []
    for i in range(found.evaluate("(cells) => cells.length")):
        root = found.evaluate_handle("(cells, i) => cells[i].node", i).as_element()
        assert root is not None
        roots.append(root)
    return roots


def first_controls(root: ElementHandle, facts: dict) -> dict[str, ElementHandle]:
    """Return the first slider and the first handle of a stage, or what stands for them.

    Under `interact` sliders come in the order of the stage's controls, so that a handle's first
    coordinate follows the sliders that the stage has.
    """
    tracks = root.query_selector_all(TRACK)
    found = {"slider": tracks[0]} if facts["sliders"] else {}
    if facts["handles"]:
        found["handle"] = root.query_selector(".sgo-handle") or tracks[facts["sliders"]]
    return found


def measure(notebook: Notebook, titles: list[str], way: str, found: dict, options) -> None:
    """Go once through all explorables of a notebook that is open in one way."""
    for title, root in zip(titles, explore_cells(notebook.page), strict=True):
        facts = json.loads(ast.literal_eval(notebook.ask(f"__import__('peer').facts({title})")))
        root.evaluate("(e) => e.scrollIntoView()")
        notebook.page.wait_for_timeout(300)
        for kind, control in first_controls(root, facts).items():
            fresh = Series(title, kind, way, facts["flipbook"])
            series = found.setdefault((title, kind, way), fresh)
            presses(notebook.page, root, control, series, options.presses)
            span = facts["span"] if kind == "handle" and way != "interact" else None
            drag(notebook.window, root, control, series, options.seconds, span)


@contextmanager
def opened(browser: Chromium, address: str, path: str) -> Iterator[Notebook]:
    """Open a window with JupyterLab, run a notebook in it, and close both in the end."""
    window = Window(browser)
    window.enter(address)
    notebook = window.open(path, timeout=300)
    notebook.run()
    if troubles := notebook.troubles():
        raise RuntimeError(f"{path} did not run cleanly: {troubles}")
    yield notebook
    notebook.close()
    window.close()


def run(paths: list[Path], options) -> list[Series]:
    """Start servers, proxy and browser, and measure every notebook in every way."""
    found: dict[tuple[str, str, str], Series] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latency_")))
        shutil.copy(HERE / "peer.py", folder)
        addresses = serve(stack, folder)
        browser = stack.enter_context(chromium(browser_path()))
        for path in paths:
            for i in range(options.rounds):
                print(f"{path.name}: round {i + 1} of {options.rounds}", file=sys.stderr)
                for way in options.ways:
                    titles = copy_notebook(path, folder, to_peers=way == "interact")
                    with opened(browser, addresses[way], path.name) as notebook:
                        measure(notebook, titles, way, found, options)
    return list(found.values())


def browser_path() -> str:
    """Return Chromium's path, or stop and say what is needed."""
    path = find_chromium()
    if path is None:
        raise SystemExit("Chromium is needed: install it, or set CHROMIUM to its path")
    return path


def serve(stack: ExitStack, folder: Path) -> dict[str, str]:
    """Start both servers and the proxy; return the address of JupyterLab in each way."""
    prompt = stack.enter_context(jupyterlab(folder))
    nagle = stack.enter_context(jupyterlab(folder, OFF))
    port = stack.enter_context(delaying_proxy(prompt.port, ROUND_TRIP))
    for server, expected in ((prompt, True), (nagle, False)):
        if ("sent at once" in server.log.read_text(encoding="utf-8")) is not expected:
            raise RuntimeError(f"the server's log should say that TCP_NODELAY is on: {expected}")
    urls = prompt.url(), prompt.url(), nagle.url(), prompt.url(port)
    return dict(zip(WAYS, urls, strict=True))


def main() -> None:
    """Measure, print the table, and write the numbers and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    default = [HERE.parent / "notebooks" / name for name in LESSONS]
    parser.add_argument("notebooks", nargs="*", type=Path, default=default)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--presses", type=int, default=14)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    before = os.getloadavg()[0]
    series = run(options.notebooks, options)
    BUILD.mkdir(exist_ok=True)
    numbers = json.dumps([asdict(s) for s in series], indent=1, ensure_ascii=False)
    (BUILD / "latency.json").write_text(numbers, encoding="utf-8")
    write_picture(series, BUILD / "latency.png")
    print(table(series))
    print(f"- load of the machine before and after: {before:.1f}, {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
