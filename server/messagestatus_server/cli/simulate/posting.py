"""Posts callbacks at a steady pace, several at once, and takes note of every answer."""

import asyncio
import signal
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
import httpx2

from messagestatus_server.cli.settings import Settings
from messagestatus_server.cli.simulate.carriers.carrier import Carrier
from messagestatus_server.cli.simulate.expectation import Expectation
from messagestatus_server.cli.simulate.schedule import Callback

NO_ANSWER = "no answer"
"""The answer of a callback that was not answered in time, or at all."""

_AT_ONCE = 64


class Address:
    """The URL that callbacks are posted to, and the one that the carrier believes to call, and signs."""

    def __init__(self, url: str, signed_url: str = "") -> None:
        self._url = url
        self._signed_url = signed_url or url

    def called(self, carrier: Carrier, callback: Callback) -> tuple[str, str, dict[str, str], bytes]:
        """Return the method, the URL, the headers and the body of a callback."""
        events = [happening.event for happening in callback.happenings]
        posting = carrier.post(self._signed_url, events)
        url = self._url + posting.url.removeprefix(self._signed_url)
        return posting.method, url, dict(posting.headers), posting.body


class Poster:
    """Posts callbacks.

    Attributes:
        answers: How often each status was answered.
        latencies: How long each answer took, in seconds.
        repeated: How many callbacks were posted that had been posted before.
        seconds: How long all of it took.
        interrupted: Whether it was stopped before its end.
    """

    def __init__(self, carrier: Carrier, address: Address, expectation: Expectation) -> None:
        self._carrier = carrier
        self._address = address
        self._expectation = expectation
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._stop = asyncio.Event()
        self.answers: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.repeated = 0
        self.seconds = 0.0
        self.interrupted = False

    async def post(self, callbacks: Sequence[Callback], rate: float, settings: Settings) -> None:
        """Post callbacks in their order, so many a second at most; stop early at Ctrl-C."""
        trusted = ssl.create_default_context(cafile=settings.tls_ca) if settings.tls_ca else True
        client = httpx2.AsyncClient(
            limits=httpx2.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE),
            timeout=settings.timeout,
            verify=trusted,
            trust_env=False,  # a carrier does not go through the proxy of this machine
        )
        began = time.monotonic()
        bar = click.progressbar(
            length=len(callbacks), label="Posting", file=sys.stderr, hidden=not sys.stderr.isatty()
        )
        with bar, _interrupts(self._stop.set):
            async with client, asyncio.TaskGroup() as under_way:
                for place, callback in enumerate(callbacks):
                    if await self._stopped_until(began + place / rate):
                        self.interrupted = True
                        break
                    under_way.create_task(self._post_one(client, callback, bar.update))
        self.seconds = time.monotonic() - began

    async def _stopped_until(self, due: float) -> bool:
        """Wait until a time has come and there is room for one more; tell whether all has to stop."""
        delay = due - time.monotonic()
        if delay > 0:
            try:
                async with asyncio.timeout(delay):
                    await self._stop.wait()
            except TimeoutError:
                pass
        await self._room.acquire()
        return self._stop.is_set()

    async def _post_one(
        self, client: httpx2.AsyncClient, callback: Callback, advance: Callable[[int], None]
    ) -> None:
        """Post one callback, and take note of its answer."""
        method, url, headers, body = self._address.called(self._carrier, callback)
        began = time.perf_counter()
        try:
            response = await client.request(method, url, headers=headers, content=body)
        except httpx2.RequestError:
            self.answers[NO_ANSWER] += 1
            self._expectation.doubt(callback)
        else:
            self.latencies.append(time.perf_counter() - began)
            self.answers[str(response.status_code)] += 1
            if response.is_success:
                self._expectation.take(callback)
            elif response.is_server_error:
                self._expectation.doubt(callback)
        finally:
            self._room.release()
        self.repeated += callback.repeated
        advance(1)


@contextmanager
def _interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at Ctrl-C, for as long as this lasts; only a main thread hears of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
