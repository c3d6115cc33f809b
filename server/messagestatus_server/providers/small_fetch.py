"""Fetches a small document that a carrier names, such as its certificate, and nothing larger or elsewhere."""

import asyncio

import httpx2

_SECONDS = 5
_MOST_BYTES = 65_536


class FetchFailed(Exception):
    """The document could not be fetched."""


async def fetch_small(url: str) -> bytes:
    """Return the document at a URL, within five seconds and without following redirects.

    Raises:
        FetchFailed: It cannot be fetched, is elsewhere, or is too large.
    """
    content = bytearray()
    try:
        async with (
            asyncio.timeout(_SECONDS),
            httpx2.AsyncClient(follow_redirects=False, timeout=_SECONDS) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise FetchFailed("too large")
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as fault:
        raise FetchFailed(type(fault).__name__) from None
    return bytes(content)
