"""Fetches a small document that a carrier names, such as its certificate, and nothing larger or elsewhere."""

import asyncio
import time

import httpx2

_SECONDS = 5.0
_MOST_BYTES = 65_536


class FetchFailed(Exception):
    """The document could not be fetched."""


async def fetch_small(url: str) -> bytes:
    """Return the document at a URL, within some seconds and without following redirects.

    It is fetched in a thread: the loop that serves may have no use for sockets.

    Raises:
        FetchFailed: It cannot be fetched, is elsewhere, or is too large.
    """
    return await asyncio.to_thread(_fetched, url)


def _fetched(url: str) -> bytes:
    content = bytearray()
    until = time.monotonic() + _SECONDS
    try:
        with (
            httpx2.Client(follow_redirects=False, timeout=_SECONDS) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise FetchFailed("too large")
                if time.monotonic() > until:
                    raise FetchFailed("too slow")
    except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
        raise FetchFailed(type(fault).__name__) from None
    return bytes(content)
