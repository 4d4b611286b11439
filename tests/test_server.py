"""The server extension: installing enables it, widgets are answered at once, nothing breaks."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels import handlers as kernel_handlers
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.websocket import websocket_connect

from sgo_teach import server

TOKEN = "a-token-for-the-test"
EXTENSION = "sgo_teach.server"

# pyzmq's sockets of a stopped server may be closed by the garbage collector, in any order
pytestmark = pytest.mark.filterwarnings("ignore:.*nclosed (socket|context):ResourceWarning")


@pytest.fixture
def private_home(tmp_path, monkeypatch):
    """Jupyter's folders of this test alone; what the environment has installed stays visible."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    return tmp_path


@pytest.fixture
def make_app(private_home):
    """Start Jupyter servers as the environment configures them, without opening a port."""

    def make(base_url="/"):
        app = ServerApp(log_level=logging.CRITICAL)
        app.initialize(
            argv=[
                "--no-browser",
                "--allow-root",
                f"--ServerApp.root_dir={private_home}",
                f"--ServerApp.base_url={base_url}",
                f"--IdentityProvider.token={TOKEN}",
            ],
            new_httpserver=False,
        )
        return app

    yield make
    ServerApp.clear_instance()
    gc.collect()  # now, so that a warning belongs to the test that started the server


async def open_socket(port, base_url, kernel_id, token=TOKEN):
    url = f"ws://127.0.0.1:{port}{base_url}api/kernels/{kernel_id}/channels?session_id=test"
    headers = {"Authorization": f"token {token}"}
    return await websocket_connect(HTTPRequest(url, headers=headers, request_timeout=20))


def served_sockets():
    """Return the handlers of the kernel websockets that are open in this process."""
    handlers = [o for o in gc.get_objects() if issubclass(type(o), KernelWebsocketHandler)]
    return [handler for handler in handlers if handler.ws_connection is not None]


async def at_a_kernel_socket(app, work):
    """Start a kernel, open its websocket, and return what `work` makes of both ends of it."""
    http = HTTPServer(app.web_app)
    (listener,) = bind_sockets(0, "127.0.0.1")
    http.add_sockets([listener])
    port = listener.getsockname()[1]
    try:
        kernel_id = await app.kernel_manager.start_kernel()
        with pytest.raises(HTTPClientError, match="403"):
            await open_socket(port, app.base_url, kernel_id, token="wrong")
        client = await open_socket(port, app.base_url, kernel_id)
        (handler,) = served_sockets()
        found = await work(client, handler)
        client.close()
        async with asyncio.timeout(20):
            while served_sockets():
                await asyncio.sleep(0.02)
        return found
    finally:
        http.stop()
        await app._cleanup()  # as the server does when it is stopped


async def nodelay(_client, handler):
    """Return TCP_NODELAY at the server's end."""
    stream = handler.ws_connection.stream
    return stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def statuses(client, kind, content):
    """Send the kernel a message and return the states that it reports because of it."""
    header = {"msg_id": kind, "msg_type": kind, "session": "test", "username": "", "version": "5.3"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    await client.write_message(json.dumps(message | {"channel": "shell"}))
    found = []
    while "idle" not in found:
        answer = json.loads(await client.read_message())
        if answer["parent_header"].get("msg_id") == kind and answer["msg_type"] == "status":
            found.append(answer["content"]["execution_state"])
    return found


async def statuses_of_a_widget_and_a_cell(client, _handler):
    """Return what the kernel says of a widget's message and of a cell that runs."""
    async with asyncio.timeout(30):
        widget = await statuses(client, "comm_msg", {"comm_id": "nobody", "data": {}})
        return widget, await statuses(client, "execute_request", {"code": "1", "silent": False})


@pytest.mark.parametrize("base_url", ["/", "/user/ada/"])
def test_kernel_messages_leave_at_once_and_strangers_stay_out(make_app, base_url):
    async def scenario():
        return await at_a_kernel_socket(make_app(base_url), nodelay)

    assert asyncio.run(scenario()) != 0


def test_brief_work_for_a_widget_leaves_the_busy_sign_alone_and_a_cell_does_not(make_app):
    async def scenario():
        return await at_a_kernel_socket(make_app(), statuses_of_a_widget_and_a_cell)

    widget, cell = asyncio.run(scenario())
    assert widget == ["idle"]
    assert cell == ["busy", "idle"]


@pytest.mark.parametrize("work", [nodelay, statuses_of_a_widget_and_a_cell])
def test_without_the_extension_the_server_would_wait_and_flicker(make_app, work):
    async def scenario():
        app = make_app()
        rules = app.web_app.default_router.rules
        rules[:] = [rule for rule in rules if not serves_promptly(rule)]
        return await at_a_kernel_socket(app, work)

    without = {nodelay: 0, statuses_of_a_widget_and_a_cell: (["busy", "idle"], ["busy", "idle"])}
    assert asyncio.run(scenario()) == without[work]


def kernel_message(kind, content, parent="comm_msg"):
    header = {"msg_id": "1", "msg_type": kind}
    parts = [header, {"msg_type": parent}, {}, content]
    return [b"kernel", b"<IDS|MSG>", b"signature", *(json.dumps(p).encode() for p in parts)]


BUSY, IDLE = (kernel_message("status", {"execution_state": s}) for s in ("busy", "idle"))
UPDATE = kernel_message("comm_msg", {"data": {"execution_state": "busy"}})


def delivered(*script):
    """Play messages and pauses (in seconds); return the messages in the order they get through."""
    got = []

    async def play():
        brief = server.BriefBusy(lambda stream, message: got.append(message))
        for line in script:
            await asyncio.sleep(line) if isinstance(line, float) else brief("iopub", line)
        return brief

    asyncio.run(play()).forget()
    return got


def test_brief_busy_is_left_out_and_all_else_gets_through_in_order():
    assert delivered(BUSY, UPDATE, IDLE, BUSY, UPDATE, UPDATE, IDLE) == [
        UPDATE, IDLE, UPDATE, UPDATE, IDLE,
    ]  # fmt: skip


def test_work_that_lasts_is_shown_as_busy():
    assert delivered(BUSY, 2 * server.BRIEF, UPDATE, IDLE) == [BUSY, UPDATE, IDLE]


def test_nothing_held_back_comes_after_idle():
    assert delivered(BUSY, IDLE, 2 * server.BRIEF) == [IDLE]


def test_a_running_cell_is_busy_at_once():
    of_a_cell = kernel_message("status", {"execution_state": "busy"}, parent="execute_request")
    assert delivered(of_a_cell) == [of_a_cell]


@pytest.mark.parametrize("message", ["text of a gateway", [b"no delimiter"], []])
def test_what_is_no_kernel_message_gets_through(message):
    assert delivered(message) == [message]


def serves_promptly(rule):
    targets = [inner.target for inner in getattr(rule.target, "rules", [])]
    return any(getattr(target, "__name__", "").startswith("Prompt") for target in targets)


def test_installing_enables_the_extension(make_app):
    async def scenario():
        app = make_app()
        await app._cleanup()
        return app.extension_manager.extensions

    extension = asyncio.run(scenario())[EXTENSION]
    assert extension.enabled
    assert extension.validate()


def test_the_routes_are_the_servers_own_under_the_base_url():
    own = [r[0] for r in kernel_handlers.default_handlers if r[1] is KernelWebsocketHandler]
    routes = server.kernel_routes("/user/ada/")
    assert [pattern for pattern, _ in routes] == ["/user/ada" + pattern for pattern in own]
    assert all(issubclass(handler, KernelWebsocketHandler) for _, handler in routes)


def test_a_server_of_another_make_goes_on_with_a_warning(monkeypatch, caplog):
    monkeypatch.setattr(kernel_handlers, "default_handlers", [])
    app = SimpleNamespace(
        web_app=SimpleNamespace(settings={"base_url": "/"}, add_handlers=pytest.fail),
        log=logging.getLogger("jupyter"),
    )
    server._load_jupyter_server_extension(app)
    assert "KernelWebsocketHandler" in caplog.text
    assert "sent as usual" in caplog.text


def test_loading_the_extension_imports_none_of_the_course():
    program = "import sys, sgo_teach.server; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"torch", "numpy", "matplotlib", "sympy", "ipywidgets", "tornado"}
    assert {name for name in loaded if name.startswith("sgo_teach")} == {"sgo_teach", EXTENSION}
