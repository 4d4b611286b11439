"""A Jupyter server extension under which widgets answer at once.

The server leaves Nagle's algorithm on for the kernel's websocket.  A slider then waits: after the
small "busy" message every further one is held back until the browser's delayed acknowledgement,
about 40 ms on Linux.  This extension serves the same address with the server's own handler and
switches ``TCP_NODELAY`` on when the socket opens.

With every movement of a slider the kernel also turns busy and idle again.  JupyterLab then draws
its toolbar anew and fetches another icon for the page, twice a movement, which takes longer than
the answer itself.  Here "busy" waits for a moment when a widget caused it, and is left out where
"idle" follows soon; work that lasts, and all running of cells, is shown as ever.

It is enabled by ``etc/jupyter/jupyter_server_config.d/sgo_teach.json``, which is installed with the
package, and it imports none of the course.

References
----------
J. Nagle, *Congestion Control in IP/TCP Internetworks*, RFC 896, 1984.
*Messaging in Jupyter*, jupyter_client's documentation: the wire protocol, kernel status, comms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Route = tuple[str, type]

BRIEF = 0.1  # seconds for which a widget may keep the kernel busy unseen
DELIMITER = b"<IDS|MSG>"  # identities before it; signature, header, parent, metadata, content after


class BriefBusy:
    """Passes a kernel's messages on, less the "busy" of widget messages that are soon done with.

    Parameters
    ----------
    deliver : callable
        Where messages go; the message is its last argument.
    """

    def __init__(self, deliver: Callable[..., None]) -> None:
        self._deliver = deliver
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self, *delivery: Any) -> None:
        """Deliver a message, the last argument, now, later or, as brief "busy", never."""
        status = widget_status(delivery[-1])
        if status:
            self.forget()
        if status == "busy":
            self._timer = asyncio.get_running_loop().call_later(BRIEF, self._deliver, *delivery)
        else:
            self._deliver(*delivery)

    def forget(self) -> None:
        """Leave out what is being held back."""
        if self._timer:
            self._timer.cancel()


def widget_status(message: Any) -> str:
    """Return "busy" or "idle" if a kernel says so because of a widget's message, else ""."""
    if not isinstance(message, list) or DELIMITER not in message:
        return ""  # what a remote kernel's gateway passes on is text
    _, header, parent, _, content = message[message.index(DELIMITER) + 1 :][:5]
    if b'"status"' not in header or b'"comm_msg"' not in parent:
        return ""
    return next((status for status in ("busy", "idle") if f'"{status}"'.encode() in content), "")


def prompt_handler(handler: type) -> type:
    """Subclass a websocket handler so that widgets are answered at once.

    Parameters
    ----------
    handler : type
        A tornado ``WebSocketHandler`` whose ``open`` is a coroutine and whose ``connection``
        passes kernel messages on by ``handle_outgoing_message(stream, message)``.

    Returns
    -------
    type
        The subclass; authentication and everything else is inherited.
    """

    class Prompt(handler):
        async def open(self, *args: Any, **kwargs: Any) -> None:
            self.set_nodelay(True)  # both before the first message leaves
            self.brief = BriefBusy(self.connection.handle_outgoing_message)
            self.connection.handle_outgoing_message = self.brief
            await super().open(*args, **kwargs)

        def on_close(self) -> None:
            self.brief.forget()
            super().on_close()

    Prompt.__name__ = Prompt.__qualname__ = f"Prompt{handler.__name__}"
    return Prompt


def kernel_routes(base_url: str) -> list[Route]:
    """Return the server's own kernel websocket routes, each with its handler made prompt.

    The patterns are read from jupyter_server rather than written here, so a change there is
    followed.

    Parameters
    ----------
    base_url : str
        The server's prefix, such as ``"/"`` or ``"/user/ada/"``.

    Returns
    -------
    list of (pattern, handler)
        Ready for ``tornado.web.Application.add_handlers``.

    Raises
    ------
    LookupError
        If jupyter_server has no such route.
    """
    from jupyter_server.services.kernels.handlers import default_handlers
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
    from jupyter_server.utils import url_path_join

    handler = prompt_handler(KernelWebsocketHandler)
    own = [route for route in default_handlers if route[1] is KernelWebsocketHandler]
    if not own:
        raise LookupError("jupyter_server lists no route to its KernelWebsocketHandler")
    return [(url_path_join(base_url, route[0]), handler) for route in own]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "sgo_teach.server"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    # Handlers added later are matched before the server's own, so these take precedence.
    try:
        serverapp.web_app.add_handlers(".*$", kernel_routes(serverapp.web_app.settings["base_url"]))
    except Exception as error:  # the course must open even where jupyter_server has changed
        serverapp.log.warning(
            "sgo_teach: kernel messages are sent as usual, sliders may lag a little; this "
            "jupyter_server could not be extended (%s: %s)",
            type(error).__name__,
            error,
        )
    else:
        serverapp.log.info("sgo_teach: kernel messages are sent at once (TCP_NODELAY)")
