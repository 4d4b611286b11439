"""How soon pictures follow the hand: stages beside `interact`, in JupyterLab in Chromium.

    python -m benchmarks.latency [NOTEBOOK ...] [--rounds 2] [--presses 14] [--seconds 2]

Every cell tagged ``explore`` of the notebooks is measured in four ways, in turn within one run:

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
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import nbformat
from playwright.sync_api import ElementHandle, Page

from benchmarks.lab import Mouse, Notebook, Window, chromium, jupyterlab
from benchmarks.proxy import delaying_proxy
from benchmarks.report import Series, table, write_picture
from tools.chromium import find_chromium

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
LESSONS = ("01_taylor_expansion.ipynb", "03_newtons_method.ipynb")
ROUND_TRIP = 0.1  # seconds
TRACK = "input[type=range], .noUi-handle[role=slider]"
OFF = "--ServerApp.jpserver_extensions={'sgo_teach.server': False}"


# -- notebooks ------------------------------------------------------------------------------------


def with_peers(path: Path, folder: Path) -> None:
    """Copy a notebook into `folder`, each explorable followed by its peer under `interact`."""
    notebook = nbformat.read(path, as_version=4)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code" and "explore" in cell.metadata.get("tags", []):
            cells.append(nbformat.v4.new_code_cell(handed_to_peer(cell.source)))
            cell.id, cells[-1].id = f"stage-{len(cells)}", f"peer-{len(cells)}"
    notebook.cells = cells
    nbformat.write(notebook, folder / path.name)


def handed_to_peer(source: str) -> str:
    """Return the source of an explore cell with its last expression handed to the peer."""
    body = "\n".join(ast.unparse(line) for line in ast.parse(source).body[:-1])
    return f"{body}\nfrom peer import under_interact\nunder_interact({last_expression(source)})"


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


def drag(window: Window, root: ElementHandle, control: ElementHandle, series, seconds) -> None:
    """Drag to and fro at sixty moves a second; count the different pictures that were shown."""
    page, mouse = window.page, Mouse(window)
    box = control.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reach, step, slope = track(control)
    mouse.press(x, y)
    page.evaluate("(e) => eye.begin(e)", root)
    begun, at, moves = time.monotonic(), 0.0, 0
    while time.monotonic() - begun < seconds:
        at, moves = at + step, moves + 1
        if not -reach < at < reach:
            step = -step
        mouse.move(x + at, y + slope * at)
        time.sleep(max(0.0, begun + moves / 60 - time.monotonic()))
    shown = page.evaluate("() => eye.end()")["log"]
    series.drag_fps.append((len(shown) - 1) / (time.monotonic() - begun))
    mouse.release(x, y)
    page.wait_for_timeout(400)


def track(control: ElementHandle) -> tuple[float, float, float]:
    """Return how far to drag from the middle, how far each move goes, and how steeply."""
    if control.evaluate("(e) => e.matches('.sgo-handle')"):
        return 90.0, 4.0, 0.4
    width, positions = control.evaluate(
        """(e) => e.matches('input') ? [e.clientWidth, Number(e.max)]
           : [e.closest('.noUi-target').clientWidth, 40]"""
    )
    return 0.35 * width, max(3.0, 1.05 * width / positions), 0.0


# -- the run --------------------------------------------------------------------------------------


def cell_roots(page: Page, kind: str) -> list[tuple[str, ElementHandle]]:
    """Return source and output of every cell whose id begins with `kind`, in order."""
    found = page.evaluate_handle("(kind) => lab.cellsNamed(kind)", kind)
    count = found.evaluate("(cells) => cells.length")
    roots = []
    for i in range(count):
        root = found.evaluate_handle("(cells, i) => cells[i].node", i).as_element()
        assert root is not None
        roots.append((found.evaluate("(cells, i) => cells[i].source", i), root))
    return roots


def first_controls(stage: ElementHandle, root: ElementHandle) -> list[tuple[str, ElementHandle]]:
    """Return the control to move in `root` for the first slider and first handle of `stage`.

    Under `interact` the sliders come in the order of the stage's controls, so a handle's first
    coordinate follows the sliders before it.
    """
    names = [e.get_attribute("aria-label") or "" for e in stage.query_selector_all(TRACK)]
    own = [*stage.query_selector_all(TRACK)[:1], *stage.query_selector_all(".sgo-handle")[:1]]
    kinds = ["slider"] * bool(names) + ["handle"] * (len(own) - bool(names))
    if root.query_selector(".sgo-stage"):
        return list(zip(kinds, own, strict=True))
    tracks = root.query_selector_all(TRACK)
    place = {"slider": 0, "handle": len(names)}
    return [(kind, tracks[place[kind]]) for kind in kinds]


def measure(name: str, notebooks: dict[str, Notebook], found: dict, options) -> None:
    """Go once through all explorables of a notebook, each in every way."""
    stages = {way: cell_roots(n.page, "stage") for way, n in notebooks.items()}
    peers = cell_roots(notebooks["stage"].page, "peer")
    for i, (source, stage) in enumerate(stages["stage"]):
        title = last_expression(source)
        flipbook = notebooks["stage"].ask(f"bool({title}.pages)") == "True"
        roots = {"interact": peers[i][1], **{way: roots[i][1] for way, roots in stages.items()}}
        for way, root in roots.items():
            window = notebooks.get(way, notebooks["stage"]).window
            page = window.page
            page.bring_to_front()
            root.evaluate("(e) => e.scrollIntoView()")
            page.wait_for_timeout(300)
            model = root if way != "interact" else stage
            for kind, control in first_controls(model, root):
                fresh = Series(name, title, kind, way, flipbook)
                series = found.setdefault((title, kind, way), fresh)
                presses(page, root, control, series, options.presses)
                drag(window, root, control, series, options.seconds)


def open_everywhere(stack: ExitStack, name: str, windows: dict[str, Window]) -> dict[str, Notebook]:
    """Open and run a notebook in every window; it is closed with `stack`."""
    notebooks = {}
    for way, window in windows.items():
        window.page.bring_to_front()
        notebooks[way] = window.open(f"{way}/{name}", timeout=300)
        stack.callback(notebooks[way].close)
        notebooks[way].run()
        if troubles := notebooks[way].troubles():
            raise RuntimeError(f"{name} did not run cleanly: {troubles}")
    return notebooks


def run(paths: list[Path], options) -> list[Series]:
    """Start servers, proxy and browser, and measure every notebook."""
    found: dict[tuple[str, str, str], Series] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latency_")))
        windows = enter_windows(stack, folder)
        for way in windows:  # each its own copy, and so its own kernel
            (folder / way).mkdir()
            shutil.copy(HERE / "peer.py", folder / way)
            for path in paths:
                with_peers(path, folder / way)
        for path in paths:
            with ExitStack() as opened:
                notebooks = open_everywhere(opened, path.name, windows)
                for i in range(options.rounds):
                    print(f"{path.name}: round {i + 1} of {options.rounds}", file=sys.stderr)
                    measure(path.stem, notebooks, found, options)
    return list(found.values())


def enter_windows(stack: ExitStack, folder: Path) -> dict[str, Window]:
    """Return a window with JupyterLab for each way of serving a stage."""
    path = find_chromium()
    if path is None:
        raise SystemExit("Chromium is needed: install it, or set CHROMIUM to its path")
    prompt = stack.enter_context(jupyterlab(folder))
    nagle = stack.enter_context(jupyterlab(folder, OFF))
    port = stack.enter_context(delaying_proxy(prompt.port, ROUND_TRIP))
    browser = stack.enter_context(chromium(path))
    windows = {way: Window(browser) for way in ("stage", "nagle", "100 ms")}
    windows["stage"].enter(prompt)
    windows["nagle"].enter(nagle)
    windows["100 ms"].enter(prompt, port)
    for server, expected in ((prompt, True), (nagle, False)):
        if ("sent at once" in server.log.read_text(encoding="utf-8")) is not expected:
            raise RuntimeError(f"the server's log should say that TCP_NODELAY is on: {expected}")
    return windows


def main() -> None:
    """Measure, print the table, and write the numbers and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    default = [HERE.parent / "notebooks" / name for name in LESSONS]
    parser.add_argument("notebooks", nargs="*", type=Path, default=default)
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
