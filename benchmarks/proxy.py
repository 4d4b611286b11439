"""A proxy on this machine that delays every byte, as a long line would."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Pass bytes on, each `delay` seconds after it came; however many are on their way."""
    loop, line = asyncio.get_running_loop(), asyncio.Queue()

    async def deliver():
        while (item := await line.get()) is not None:
            due, data = item
            await asyncio.sleep(due - loop.time())
            writer.write(data)
            await writer.drain()
        writer.close()

    task = asyncio.create_task(deliver())
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            line.put_nowait((loop.time() + delay, data))
    line.put_nowait(None)
    with contextlib.suppress(ConnectionError):
        await task


@contextlib.contextmanager
def delaying_proxy(port: int, round_trip: float) -> Iterator[int]:
    """Listen on a free port and pass everything to `port`; yield the free port.

    Parameters
    ----------
    port : int
        Where the server listens on this machine.
    round_trip : float
        Seconds that there and back take together.
    """
    loop = asyncio.new_event_loop()

    async def connect(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _pump(reader, back, round_trip / 2), _pump(there, writer, round_trip / 2)
        )

    server = loop.run_until_complete(asyncio.start_server(connect, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
