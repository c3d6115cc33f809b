"""A receiver of webhooks on this machine that answers as its test wants, over HTTP or HTTPS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Answers a request that was read whole; the connection stays open until it closes it."""


class Heard(NamedTuple):
    """A request that arrived, and which connection it arrived on."""

    head: str
    body: bytes
    connection: int

    def header(self, name: str) -> str:
        """Return the one header of a name."""
        (value,) = [
            line.partition(":")[2].strip()
            for line in self.head.splitlines()
            if line.lower().startswith(f"{name}:")
        ]
        return value


class Receiver:
    """What a receiver heard, where it listens, and how many connections it has had."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.heard: list[Heard] = []
        self.connections = 0
        self.called = asyncio.Event()
        self.closed = asyncio.Event()
        self.port = 0
        self._attending: set[asyncio.Task[None] | None] = set()

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests of one connection, and answer them."""
        self.connections += 1
        number = self.connections
        self._attending.add(asyncio.current_task())
        try:
            await self._answer_all(reader, writer, number)
        finally:
            writer.close()
            self.closed.set()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def leave(self) -> None:
        """Hang up on everybody."""
        tasks = [task for task in self._attending if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer_all(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                request = Heard(head, b"", number)
                body = await reader.readexactly(int(request.header("content-length")))
                self.heard.append(request._replace(body=body))
                self.called.set()
                await self._answer(writer)
                await writer.drain()


@asynccontextmanager
async def receiving(
    answer: Answer, context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Receiver]:
    """Run a receiver on this machine, on any port for 0."""
    receiver = Receiver(answer)
    server = await asyncio.start_server(receiver.attend, host, port, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.leave()


def saying(head: str, body: bytes = b"") -> Answer:
    """Answer with a status line and headers, and a body of known length."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        said = f"HTTP/1.1 {head}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        writer.write(said + body)
        await writer.drain()

    return answer


async def hang(writer: asyncio.StreamWriter) -> None:
    """Answer nothing, for longer than any test waits."""
    await writer.drain()
    await asyncio.sleep(60)
