"""What a carrier names is fetched whole when it is small and there, and not at all when it is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from messagestatus_server.providers.small_fetch import FetchFailed, fetch_small


@asynccontextmanager
async def answering(head: bytes, body: bytes = b"") -> AsyncIterator[str]:
    """Serve one answer to whoever asks, and yield its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + head + f"\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x.pem"


async def test_a_small_document_is_returned() -> None:
    async with answering(b"200 OK", b"certificate") as url:
        assert await fetch_small(url) == b"certificate"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"302 Found\r\nlocation: http://127.0.0.1/", b""),
        (b"404 Not Found", b"none"),
        (b"500 Oh", b""),
        (b"200 OK", b"x" * 65_537),
    ],
    ids=["elsewhere", "missing", "broken", "too large"],
)
async def test_anything_else_is_not_fetched(head: bytes, body: bytes) -> None:
    async with answering(head, body) as url:
        with pytest.raises(FetchFailed):
            await fetch_small(url)


async def test_nobody_there_is_told_as_such() -> None:
    async with answering(b"200 OK") as url:
        pass
    with pytest.raises(FetchFailed):
        await fetch_small(url)
    with pytest.raises(FetchFailed):
        await fetch_small("https://[nonsense/x.pem")
