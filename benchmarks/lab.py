"""Real JupyterLab in real Chromium: start both, open notebooks and work them with mouse and keys.

The browser tests and the latency benchmark both drive the page through this one module.
Needs playwright (the Python package only) and a Chromium; everything that is started is stopped.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, ElementHandle, ViewportSize, sync_playwright
from websocket import create_connection

PAGE_SCRIPT = Path(__file__).with_name("lab.js")
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
SETTINGS = {  # of a JupyterLab that asks nothing, looks nothing up and never writes the notebook
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
}


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: its port, its token and the file it logs to."""

    port: int
    token: str
    log: Path

    def url(self, port: int | None = None) -> str:
        """Return the address of the empty workspace, perhaps through another port."""
        return f"http://127.0.0.1:{port or self.port}/lab?token={self.token}&reset"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _environment(home: Path) -> dict[str, str]:
    for name, value in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    return {**os.environ, **{key: str(home / name) for key, name in own.items()}}


def _await_answer(process: subprocess.Popen, server: Server, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            address = f"http://127.0.0.1:{server.port}/api/status?token={server.token}"
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start; its log ends: {server.log.read_text()[-2000:]}")


@contextmanager
def jupyterlab(root: Path, *options: str) -> Iterator[Server]:
    """Run JupyterLab on the folder `root` with private settings; stop it and its kernels after.

    Parameters
    ----------
    root : Path
        Folder that is served.
    *options : str
        Further command-line options of the server.

    Raises
    ------
    RuntimeError
        If the server does not answer within a minute.
    """
    with tempfile.TemporaryDirectory(prefix="lab_", ignore_cleanup_errors=True) as folder:
        server = Server(free_port(), secrets.token_hex(16), Path(folder) / "server.log")
        command = [sys.executable, "-P", "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--port={server.port}", "--ip=127.0.0.1", "--ServerApp.port_retries=0"]
        command += [f"--IdentityProvider.token={server.token}", f"--ServerApp.root_dir={root}"]
        command += ["--LabApp.expose_app_in_browser=True", *options]
        with server.log.open("w") as log:
            process = subprocess.Popen(
                command,
                env=_environment(Path(folder)),
                cwd=root,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            _await_answer(process, server)
            yield server
        finally:
            _stop(process)


def _stop(process: subprocess.Popen) -> None:
    """Ask the server to end its kernels and itself; then end what is left of its group."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # nothing was left, as it should be


@contextmanager
def chromium(path: str) -> Iterator[Chromium]:
    """Start a headless Chromium or Chrome; close it at the end."""
    port = free_port()
    options = [*CHROMIUM_OPTIONS, f"--remote-debugging-port={port}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield Chromium(browser, port)
        finally:
            browser.close()


@dataclass(frozen=True)
class Chromium:
    """A running browser and the port of its developer tools."""

    browser: Browser
    port: int


class Mouse:
    """A mouse with its left button held; it moves on time and, like a real one, waits for nobody.

    Parameters
    ----------
    window : Window
        Where it moves.
    """

    def __init__(self, window: Window):
        session = window.page.context.new_cdp_session(window.page)
        target = session.send("Target.getTargetInfo")["targetInfo"]["targetId"]
        session.detach()
        address = f"ws://127.0.0.1:{window.chromium.port}/devtools/page/{target}"
        self._socket = create_connection(address, suppress_origin=True)
        self._count = 0

    def _send(self, kind: str, x: float, y: float, **more) -> None:
        self._count += 1
        place = {"type": kind, "x": x, "y": y, "button": "left", **more}
        message = {"id": self._count, "method": "Input.dispatchMouseEvent", "params": place}
        self._socket.send(json.dumps(message))

    def press(self, x: float, y: float) -> None:
        """Press the button at (x, y), pixels of the window."""
        self._send("mousePressed", x, y, buttons=1, clickCount=1)

    def move(self, x: float, y: float) -> None:
        """Move to (x, y)."""
        self._send("mouseMoved", x, y, buttons=1)

    def release(self, x: float, y: float) -> None:
        """Let go at (x, y), once the page has taken all movements."""
        self._send("mouseReleased", x, y, buttons=0, clickCount=1)
        while json.loads(self._socket.recv()).get("id") != self._count:
            continue
        self._socket.close()


class Window:
    """A browser window of its own, with the helpers of ``lab.js``.

    Parameters
    ----------
    chromium : Chromium
        From the function of that name.
    size : (int, int)
        Pixels.
    **options
        Of playwright's ``new_context``, for instance ``color_scheme="dark"``.

    Attributes
    ----------
    page : Page
        What playwright drives.
    complaints : list of str
        Errors of the console so far.
    """

    def __init__(self, chromium: Chromium, size=(1400, 1000), **options):
        self.chromium = chromium
        viewport: ViewportSize = {"width": size[0], "height": size[1]}
        self.page = chromium.browser.new_context(viewport=viewport, **options).new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.add_init_script(PAGE_SCRIPT.read_text(encoding="utf-8"))

    def _console(self, message) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} [{message.location.get('url', '')}]")

    def enter(self, address: str) -> None:
        """Show a server's empty workspace; `Server.url` gives the address."""
        self.page.set_default_timeout(90_000)
        self.page.goto(address)
        self.ready()

    def ready(self) -> None:
        """Wait until JupyterLab has loaded."""
        self.page.wait_for_function("() => window.jupyterapp?.shell")
        self.page.evaluate("() => window.jupyterapp.restored.then(() => null)")

    def open(self, path: str, timeout: float = 180) -> Notebook:
        """Open a notebook below the server's folder; steps in it may take `timeout` seconds."""
        self.page.set_default_timeout(1000 * timeout)
        self.complaints.clear()
        self.page.evaluate("(path) => lab.open(path)", path)
        return Notebook(self)

    def close(self) -> None:
        """Close the window."""
        self.page.context.close()


class Notebook:
    """The notebook that is open in a `Window`."""

    def __init__(self, window: Window):
        self.window, self.page = window, window.page

    def run(self) -> float:
        """Run all cells, wait until every widget has drawn, and return the cells' seconds."""
        begun = time.monotonic()
        self.page.evaluate("() => lab.runAll()")
        seconds = time.monotonic() - begun
        self.page.evaluate("() => lab.settled()")
        return seconds

    def ask(self, expression: str) -> str:
        """Evaluate a Python expression in the kernel, beside the cells, and return its repr."""
        return self.page.evaluate("(code) => lab.ask(code)", expression)

    def troubles(self) -> list[str]:
        """List all that went wrong so far.

        Cells that failed, callbacks that failed (which JupyterLab hides in its log), complaints of
        the console, dialogs, and widgets that could not be shown.
        """
        return [*self.page.evaluate("() => lab.troubles()"), *self.window.complaints]

    def stages(self) -> list[ElementHandle]:
        """Return the root elements of all stages, in their order on the page."""
        return self.page.query_selector_all(".sgo-stage")

    def close(self) -> None:
        """End the kernel and close the notebook without saving it."""
        self.page.evaluate("() => lab.close()")
