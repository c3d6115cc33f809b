"""Callbacks: verified, read, kept as they came together with what they tell, and only then answered."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog

from messagestatus_server.domain.raw_callback import RawCallback, Verdict
from messagestatus_server.domain.refusals import StoreRefusal, StoreUnavailable
from messagestatus_server.providers.callback import Answer, Callback, Malformed, Unverified
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.reading import Read, read
from messagestatus_server.service.receipts import Receipts, entry
from messagestatus_server.service.reporting import Arrival, Came, Item, is_unknown
from messagestatus_server.service.routes import LiveRoute, Routes
from messagestatus_server.service.sealing import SealBroken
from messagestatus_server.storage.store import Store, Transaction

COUNTED_EVERY = 1.0
"""Callbacks that are refused are counted together, once in so many seconds."""

SAMPLED_EVERY = 60_000_000
"""Of callbacks that are refused, one of each route is kept in so many microseconds."""

_LARGEST_SAMPLE = 64 << 10

log = structlog.get_logger()


class Incoming(NamedTuple):
    """A callback as the gateway brings it; the names of its headers are in lower case."""

    route: str
    path_secret: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    client_address: str


class Callbacks:
    """Takes callbacks. An answer of 2xx is given after the commit, and after nothing less."""

    def __init__(self, store: Store, routes: Routes, receipts: Receipts, clock: Clock) -> None:
        self._store = store
        self._routes = routes
        self._receipts = receipts
        self._clock = clock
        self._refused = _Refused(store)

    async def receive(self, incoming: Incoming) -> Answer:
        """Take a callback, and return what to answer to the carrier.

        Raises:
            StoreRefusal: It is not safe; the carrier must send it again.
        """
        try:
            live = await self._routes.live(incoming.route)
        except SealBroken:
            log.error("secrets cannot be opened", route=incoming.route)  # noqa: TRY400 - the trace tells nothing
            raise StoreUnavailable from None
        if live is None or not live.opens(incoming.path_secret):
            return _said(HTTPStatus.NOT_FOUND, "no such route")
        if live.route.spec.disabled:
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "the route is disabled")
        url = _public(live.route.spec.public_url, incoming.url)
        if not _is_url(url):
            return _said(HTTPStatus.BAD_REQUEST, "the URL cannot be read")
        callback = Callback(incoming.method, url, incoming.headers, incoming.body, self._clock())
        try:
            greeting = await _verified(live, callback, incoming.client_address)
        except Unverified as refused:
            log.info("callback refused", route=live.route.name, reason=refused.text)
            self._refused.note(live, _raw(live, callback, Verdict.UNVERIFIED, refused.text))
            return _said(HTTPStatus(refused.status), refused.text)
        return await self._taken(live, callback) if greeting is None else greeting

    async def close(self) -> None:
        """Store what is counted, if the store takes it: nobody was promised that."""
        await self._refused.flush()

    async def _taken(self, live: LiveRoute, callback: Callback) -> Answer:
        route = live.route
        try:
            told = read(live, callback)
        except Malformed as malformed:
            log.warning("callback malformed", route=route.name, reason=malformed.text)
            raw = _raw(live, callback, Verdict.MALFORMED, malformed.text)
            await self._receipts.take(route.tenant, [Came(raw)])
            return _said(HTTPStatus.BAD_REQUEST, malformed.text)
        items, unknown = arrivals(live, callback, told)
        if unknown or told.faults:
            log.warning(
                "quarantined",
                route=route.name,
                words=sorted(unknown),
                faults=[fault.fault for fault in told.faults],
            )
        await self._receipts.take(route.tenant, items)
        return live.provider.answer


def arrivals(live: LiveRoute, callback: Callback, told: Read) -> tuple[list[Item], set[str]]:
    """Return a callback with its receipts as they are taken, and the words in it that have no mapping."""
    tenant = live.route.tenant
    unknown = [each.receipt.provider.status for each in told.receipts if is_unknown(each.receipt)]
    quarantined = len(unknown) + len(told.faults)
    verdict = Verdict.QUARANTINED if quarantined else Verdict.TAKEN
    came = Came(
        _raw(live, callback, verdict)._replace(items=told.items, quarantined=quarantined), told.faults
    )
    items: list[Item] = [came]
    items += [
        Arrival(entry(tenant, each.receipt, callback.receive_time), came, each.item) for each in told.receipts
    ]
    return items, set(unknown)


class _Refused:
    """Counts refused callbacks, and keeps a sample of them: strangers must not fill the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted: Counter[tuple[int, int]] = Counter()
        self._samples: dict[tuple[int, int], RawCallback] = {}
        self._sampled: dict[tuple[int, int], int] = {}
        self._flushing: asyncio.Task[None] | None = None

    def note(self, live: LiveRoute, raw: RawCallback) -> None:
        place = live.route.tenant, live.route.handle
        self._counted[place] += 1
        self._samples[place] = raw._replace(body=raw.body[:_LARGEST_SAMPLE])
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush_later())

    async def flush(self) -> None:
        """Store what is counted; what the store does not take waits for the next time."""
        for place in list(self._counted):
            times, sample = self._counted.pop(place), self._samples.pop(place)
            sampled = self._sampled.get(place)
            keep = sampled is None or not 0 <= sample.receive_time - sampled < SAMPLED_EVERY
            try:
                await self._store.write(partial(_count, place, times, sample, keep))
            except StoreRefusal as refusal:
                log.warning("refused callbacks were not counted", reason=refusal.text)
                self._counted[place] += times
                self._samples.setdefault(place, sample)
            else:
                if keep:
                    self._sampled[place] = sample.receive_time

    async def _flush_later(self) -> None:
        await asyncio.sleep(COUNTED_EVERY)
        self._flushing = None
        await self.flush()


async def _verified(live: LiveRoute, callback: Callback, client_address: str) -> Answer | None:
    """Make sure that a callback comes from the carrier, and answer it if it only greets.

    Raises:
        Unverified: It does not, as far as can be shown.
    """
    if not live.route.admits(client_address):
        raise Unverified("the address may not call")
    try:
        greeting = await live.provider.greet(callback, live.config)
        if greeting is None:
            await live.provider.verify(callback, live.config)
    except Malformed as malformed:
        # Whoever cannot be verified is a stranger, of whom nothing but a sample is kept.
        raise Unverified(malformed.text, HTTPStatus.BAD_REQUEST) from None
    return greeting


async def _count(
    place: tuple[int, int], times: int, sample: RawCallback, keep: bool, tx: Transaction
) -> None:
    if keep:
        await tx.add_callbacks(place[0], [sample])
    if times > keep:
        await tx.count_callbacks(*place, sample.verdict, times - keep, sample.receive_time)


def _raw(live: LiveRoute, callback: Callback, verdict: Verdict, explanation: str = "") -> RawCallback:
    kept = live.provider.kept_headers
    return RawCallback(
        live.route.handle,
        callback.receive_time,
        verdict,
        callback.method,
        _query(callback.url),
        tuple((name, callback.headers[name]) for name in kept if name in callback.headers),
        callback.body,
        explanation,
    )


def _public(public_url: str, url: str) -> str:
    """Return the URL that the carrier called: as the route says, with the query that came."""
    if not public_url:
        return url
    query = _query(url)
    return f"{public_url}?{query}" if query else public_url


def _query(url: str) -> str:
    return url.partition("?")[2]


def _is_url(url: str) -> bool:
    """Tell whether a URL can be taken apart, whatever a stranger wrote for its host."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def _said(status: HTTPStatus, text: str) -> Answer:
    return Answer(int(status), text.encode())
