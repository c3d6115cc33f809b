"""A receiver that does next to nothing with what comes, so that what is measured is the sender."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Arrived(NamedTuple):
    """The body of a request, and when it was whole, in seconds of the clock on the wall."""

    body: bytes
    time: float


class QuickHooks:
    """What came, and where it is sent."""

    def __init__(self) -> None:
        self.came: list[Arrived] = []
        self.url = ""
        self.connections: list[asyncio.Transport] = []


class _Connection(asyncio.Protocol):
    def __init__(self, hooks: QuickHooks) -> None:
        self._hooks = hooks
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._hooks.connections.append(transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, rest = self._read.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(rest) >= length:
            self._hooks.came.append(Arrived(rest[:length], time.time()))
            self._read = rest[length:]
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


@contextmanager
def receiving_quickly() -> Iterator[QuickHooks]:
    """Run a receiver in a loop and a thread of its own."""
    hooks = QuickHooks()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: _Connection(hooks), "127.0.0.1", 0, backlog=128)
    )
    hooks.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield hooks
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    for connection in hooks.connections:
        connection.abort()
    server.close()
    loop.run_until_complete(server.wait_closed())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
