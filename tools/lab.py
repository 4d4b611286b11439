"""Start JupyterLab from an environment and run a notebook in it as a learner's browser does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PANEL = "window.jupyterapp.shell.currentWidget"
KERNEL = f"{PANEL}.sessionContext.session?.kernel"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell has its place in the page
}
LISTEN = """(panel) => {
  window.kernelErrors = [];
  panel.sessionContext.iopubMessage.connect((_, message) => {
    if (message.header.msg_type === 'error')
      window.kernelErrors.push(message.content.ename + ': ' + message.content.evalue);
  });
}"""
VIEW = "application/vnd.jupyter.widget-view+json"
LOOK = """([panel, view]) => {
  const cells = panel.content.widgets.filter((c) => c.model.type === 'code');
  const outputs = cells.flatMap((c) => c.model.outputs.toJSON());
  const places = [...document.querySelectorAll('.jp-OutputArea-output.lm-Panel')];  // widgets' own
  const broken = /Loading widget|Error (displaying|creating|rendering) widget|Could not render/;
  return {
    cells: cells.filter((c) => c.model.executionCount !== null).length,
    pending: cells.filter((c) => c.model.sharedModel.source.trim() &&
                                 c.model.executionCount === null).length,
    expected: outputs.filter((o) => o.data && view in o.data).length,
    drawn: places.filter((p) => p.clientHeight > 10 && !broken.test(p.innerText)).length,
    failed: outputs.filter((o) => o.output_type === 'error').map((o) => o.ename + ': ' + o.evalue),
  };
}"""


@dataclass(frozen=True)
class Found:
    """What a notebook showed once it had run: cells executed, widgets drawn, errors."""

    cells: int
    widgets: int
    errors: tuple[str, ...]


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def private_environment(home: Path) -> dict[str, str]:
    """Return environment variables that keep JupyterLab away from the user's own settings."""
    for name, value in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    return {**os.environ, **{name: str(home / folder) for name, folder in folders.items()}}


def wait_for_server(server: subprocess.Popen, port: int, token: str, log: Path) -> None:
    """Return when the server answers; raise RuntimeError with its log if it does not."""
    address = f"http://127.0.0.1:{port}/api/status?token={token}"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


@contextmanager
def jupyterlab(python: Path, root: Path, token: str) -> Iterator[tuple[int, Path]]:
    """Serve a folder with an environment's JupyterLab; yield its port and its log file."""
    with tempfile.TemporaryDirectory(prefix="lab_", ignore_cleanup_errors=True) as home:
        port, log = free_port(), Path(home) / "server.log"
        command = [str(python), "-P", "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
        command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
        command += ["--LabApp.expose_app_in_browser=True"]
        with log.open("wb") as sink:
            server = subprocess.Popen(
                command,
                cwd=root,
                env=private_environment(Path(home)),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        try:
            wait_for_server(server, port, token, log)
            yield port, log
        finally:
            stop(server)


def stop(server: subprocess.Popen) -> None:
    """End a server and whatever it left running."""
    server.terminate()  # lets it shut its kernels down
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
    try:
        os.killpg(server.pid, signal.SIGKILL)  # its own session, see jupyterlab()
    except ProcessLookupError:
        return


def run_notebook(chromium: str, port: int, token: str, notebook: str) -> Found:
    """Open a notebook in Chromium, run all its cells and look at what it shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(180_000)
        try:
            open_notebook(page, f"http://127.0.0.1:{port}/lab/tree/{notebook}?token={token}&reset")
            page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
            page.wait_for_function(f"{KERNEL}.status === 'idle'")
            return settled(page)
        finally:
            browser.close()


def open_notebook(page: Page, address: str) -> None:
    """Load JupyterLab on a notebook and wait until its kernel is idle."""
    page.goto(address)
    page.wait_for_function(f"{PANEL.replace('jupyterapp.', 'jupyterapp?.')}?.content?.model")
    page.evaluate(f"async () => {{ await {PANEL}.sessionContext.ready; }}")
    page.wait_for_function(f"{KERNEL}?.status === 'idle'")
    page.evaluate(f"({LISTEN})({PANEL})")


def settled(page: Page, seconds: float = 20.0) -> Found:
    """Wait until every widget is drawn, at most so long, and report."""
    deadline = time.monotonic() + seconds
    while True:
        seen = page.evaluate(f"({LOOK})([{PANEL}, '{VIEW}'])")
        if seen["drawn"] == seen["expected"] and not seen["pending"]:
            break
        if time.monotonic() > deadline:
            break
        time.sleep(0.25)
    both = [*seen["failed"], *page.evaluate("window.kernelErrors")]  # an error may be in both
    errors = list(dict.fromkeys(both))
    if seen["pending"]:
        errors.append(f"{seen['pending']} code cells did not run")
    if seen["drawn"] != seen["expected"]:
        errors.append(f"{seen['drawn']} of {seen['expected']} widgets were drawn")
    return Found(seen["cells"], seen["drawn"], tuple(errors))
