"""A Jupyter server extension that sends kernel messages at once.

The server leaves Nagle's algorithm on for the kernel's websocket.  A slider then waits: after the
small "busy" message every further one is held back until the browser's delayed acknowledgement,
about 40 ms on Linux.  This extension serves the same address with the server's own handler and
switches ``TCP_NODELAY`` on when the socket opens; nothing else changes.

It is enabled by ``etc/jupyter/jupyter_server_config.d/sgo_teach.json``, which is installed with the
package, and it imports none of the course.

References
----------
J. Nagle, *Congestion Control in IP/TCP Internetworks*, RFC 896, 1984.
"""

from __future__ import annotations

from typing import Any

Route = tuple[str, type]


def nodelay_handler(handler: type) -> type:
    """Subclass a websocket handler so that its socket sends small messages at once.

    Parameters
    ----------
    handler : type
        A tornado ``WebSocketHandler`` whose ``open`` is a coroutine.

    Returns
    -------
    type
        The subclass; authentication and everything else is inherited.
    """

    class NoDelay(handler):
        async def open(self, *args: Any, **kwargs: Any) -> None:
            self.set_nodelay(True)  # before the first message leaves
            await super().open(*args, **kwargs)

    NoDelay.__name__ = NoDelay.__qualname__ = f"NoDelay{handler.__name__}"
    return NoDelay


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

    handler = nodelay_handler(KernelWebsocketHandler)
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
