"""The sender: posts one request to an endpoint, and tells what came of it.

Whatever a receiver does is an answer or a fault, never an error of ours: it may be slow, silent, endless or
broken, or a name that leads into our own network. The name is resolved once an attempt, what it resolves to
is judged, and that very address is connected to; the certificate must be the name's.

Sources: Standard Webhooks 1.0.0, "Operational considerations"; RFC 9110.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from typing import NamedTuple

import httpx2

from messagestatus_server.domain.webhook import Attempt, Fault
from messagestatus_server.webhooks.addresses import (
    Address,
    AddressRefused,
    Allowance,
    Target,
    UrlRefused,
    read_url,
)
from messagestatus_server.webhooks.connections import Connections
from messagestatus_server.webhooks.ladder import LONGEST_PAUSE
from messagestatus_server.webhooks.resolving import Resolve, Unresolved, open_addresses, system_resolve
from messagestatus_server.webhooks.retry_after import retry_after_micros

SECONDS = 15.0
"""How long an attempt may take, from the look-up of the name to the end of the answer."""

_CONNECT_SECONDS = 5.0
_SHARE_OF_REST = 0.4
_MOST_TRIED = 3
_MOST_READ = 65_536
_MOST_SHOWN = 1_024
_OWN_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "messagestatus",
}


class _Request(NamedTuple):
    """A request, but for the address that it goes to."""

    target: Target
    headers: Mapping[str, str]
    body: bytes

    def to(self, address: Address, connect_seconds: float) -> httpx2.Request:
        """Return the request to an address, which speaks of the name."""
        target = self.target
        where = f"[{address}]" if ":" in str(address) else str(address)
        timeouts = {"connect": connect_seconds, "read": None, "write": None, "pool": None}
        extensions: dict[str, object] = {"timeout": timeouts}
        if target.address is None:
            # Whose certificate it must be; without it, the address's.
            extensions["sni_hostname"] = target.host
        return httpx2.Request(
            "POST",
            f"{target.scheme}://{where}:{target.port}{target.target}",
            headers={**self.headers, "host": target.authority},
            content=self.body,
            extensions=extensions,
        )


class _Answer(NamedTuple):
    """What a receiver said, as far as it was read."""

    status: int = 0
    fault: Fault = Fault.NONE
    retry_after: int | None = None
    body: bytes = b""


class _Progress:
    """What is known of an answer so far, should it break off."""

    def __init__(self) -> None:
        self.answer = _Answer()


class Sender:
    """Posts to endpoints.

    Args:
        allowed: What the operator allows beyond the public internet.
        resolve: Makes names addresses.
        context: How certificates are verified; as this machine does when None.
        now: Tells the present in microseconds, UTC.
    """

    def __init__(
        self,
        allowed: Allowance,
        *,
        resolve: Resolve = system_resolve,
        context: ssl.SSLContext | None = None,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._connections = Connections(httpx2.create_ssl_context() if context is None else context)
        self._now = now

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float = SECONDS
    ) -> Attempt:
        """Post a body to a URL, and return what came of it within the time.

        Args:
            url: Where to.
            headers: The headers of the signature, and others that the endpoint asks for.
            body: The body, JSON.
            seconds: How long it may take in all.

        Raises:
            ValueError: A header of ours is not ASCII.
        """
        start_time, started = self._now(), time.perf_counter_ns()
        progress = _Progress()
        fault = Fault.NONE
        try:
            async with asyncio.timeout(seconds) as deadline:
                target = read_url(url, self._allowed)
                addresses = await open_addresses(target, self._allowed, self._resolve)
                request = _Request(target, {**_OWN_HEADERS, **headers}, body)
                await self._post(request, addresses, deadline, progress)
        except UrlRefused:
            fault = Fault.REFUSED_URL
        except AddressRefused:
            fault = Fault.REFUSED_ADDRESS
        except Unresolved:
            fault = Fault.UNRESOLVED
        except TimeoutError:
            fault = Fault.TIMEOUT
        except httpx2.TransportError as error:
            fault = _fault_of(error)
        answer = progress.answer
        return Attempt(
            start_time,
            (time.perf_counter_ns() - started) // 1_000,
            answer.status,
            fault or answer.fault,
            answer.retry_after,
            _shown(answer.body),
        )

    async def aclose(self) -> None:
        """Close every connection that is kept."""
        await self._connections.aclose()

    async def _post(
        self, request: _Request, addresses: Iterable[Address], deadline: asyncio.Timeout, progress: _Progress
    ) -> None:
        """Post to the first address that can be connected to.

        Raises:
            httpx2.TransportError: None can, or the connection fails.
        """
        failed: httpx2.TransportError | None = None
        async with self._connections.to(request.target.origin) as transport:
            for address in list(addresses)[:_MOST_TRIED]:
                try:
                    response = await transport.handle_async_request(
                        request.to(address, _connect_seconds(deadline))
                    )
                except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                    failed = error  # nothing was sent, so that another address may be tried
                else:
                    await self._read(response, progress)
                    return
        assert failed is not None
        raise failed

    async def _read(self, response: httpx2.Response, progress: _Progress) -> None:
        """Read an answer, as much of it as is worth it."""
        async with aclosing(response):
            now = self._now()
            asked = response.headers.get("retry-after")
            pause = None if asked is None else retry_after_micros(asked, now, LONGEST_PAUSE)
            answer = _Answer(response.status_code, Fault.NONE, pause)
            progress.answer = answer
            read, shown = 0, b""
            # Raw, as it travels: a small body that unpacks to a large one must not.
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if len(shown) < _MOST_SHOWN:
                    shown += chunk[: _MOST_SHOWN - len(shown)]
                    progress.answer = answer = answer._replace(body=shown)
                if read > _MOST_READ:
                    progress.answer = answer._replace(fault=Fault.TOO_LONG)
                    return


def _connect_seconds(deadline: asyncio.Timeout) -> float:
    """Return how long each of the two parts of connecting may take: TCP, and TLS.

    Both must fail by themselves before the deadline: a handshake that is cancelled leaves its socket open.
    """
    when = deadline.when()
    assert when is not None
    left = when - asyncio.get_running_loop().time()
    return max(min(_CONNECT_SECONDS, left * _SHARE_OF_REST), 0.001)


def _fault_of(error: httpx2.TransportError) -> Fault:
    if isinstance(error, httpx2.TimeoutException):
        return Fault.TIMEOUT
    if _is_of_tls(error):
        return Fault.TLS
    if isinstance(error, httpx2.ConnectError):
        return Fault.CONNECT
    # That a receiver hangs up before it answers is told as one of its words being missing.
    hung_up = isinstance(error, httpx2.NetworkError) or "disconnected" in str(error) or "closed" in str(error)
    return Fault.CLOSED if hung_up else Fault.MALFORMED


def _is_of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _shown(body: bytes) -> str:
    """Return the beginning of an answer as text that every store can keep."""
    return body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
