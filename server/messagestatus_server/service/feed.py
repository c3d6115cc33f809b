"""The feed: one reader at its end for each tenant that is watched, however many watch."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

import structlog

from messagestatus_server.domain.feed import Filter, Happening
from messagestatus_server.domain.refusals import (
    InternalFault,
    Refusal,
    ResumeTokenExpired,
    ServerStopping,
    StoreRefusal,
)
from messagestatus_server.logs import described
from messagestatus_server.service.tail import Tail, Watcher
from messagestatus_server.storage.feed_store import FeedStore

MOST_WAITING = 1_000
"""How many changes wait for a watcher at most, before it is taken for too slow."""

LOOKED_EVERY = 1.0
"""How often the end of the feed is looked at, in seconds, though no commit of this process was heard of."""

_PAGE = 500

log = structlog.get_logger()


class Heard(NamedTuple):
    """What a watcher hears: a change, or that there was none; and the place in the feed after it."""

    sequence: int
    happening: Happening | None = None


class Feed:
    """Lets any number of watchers hear of changes. All of them live in one event loop."""

    def __init__(self, store: FeedStore, most_waiting: int = MOST_WAITING) -> None:
        self._store = store
        self._most_waiting = most_waiting
        self._tails: dict[int, Tail] = {}
        self._news = asyncio.Event()
        self._heard_of_news = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading: asyncio.Task[None] | None = None
        self._stopping = False
        store.on_commit(self._on_commit)

    async def watch(
        self, tenant: int, wanted: Filter, after: int | None, heartbeat: float
    ) -> AsyncGenerator[Heard, None]:
        """Hear of changes from after a place on, or from now on, each once and in order.

        Args:
            tenant: Whose changes.
            wanted: Which of them.
            after: The place; None for the end as it is now.
            heartbeat: Seconds without a change after which that is told.

        Raises:
            ResumeTokenExpired: The history after the place is forgotten, or there is no such place.
            WatcherTooSlow: More changes waited than may.
            ServerStopping: The server is about to end.
            StoreRefusal: The store's.
        """
        place = (await self._store.feed_span(tenant)).last if after is None else after
        told = time.monotonic()
        while True:
            page = await self._page(tenant, place)
            for happening in page:
                place = happening.sequence
                if wanted.wants(happening):
                    yield Heard(place, happening)
                    told = time.monotonic()
            tail = self._tails.get(tenant)
            if (not page) if tail is None else tail.position <= place:
                break
            if self._stopping:
                raise ServerStopping
            if time.monotonic() - told >= heartbeat:
                yield Heard(place)
                told = time.monotonic()
            # A store that never suspends would otherwise keep everybody waiting for a long history.
            await asyncio.sleep(0)
        watcher = Watcher(wanted, place, self._most_waiting)
        # From the look at the tail to here nothing may suspend: what it hands on meanwhile would be lost.
        tail = self._join(tenant, watcher)
        try:
            async for heard in self._hear(tail, watcher, heartbeat):
                yield heard
        finally:
            self._leave(tenant, tail, watcher)

    def stop(self) -> None:
        """End every watch; any thread may ask."""
        self._stopping = True
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake_everybody)

    async def _page(self, tenant: int, place: int) -> list[Happening]:
        """Return the changes that follow a place.

        Raises:
            ResumeTokenExpired: Some of them are forgotten, or there is no such place.
        """
        happenings = await self._store.happenings(tenant, place, _PAGE)
        if not happenings or happenings[0].sequence > place + 1:
            # Asked for after they were read: what is not forgotten even now was there then.
            span = await self._store.feed_span(tenant)
            if not span.reaches(place):
                raise ResumeTokenExpired
        return happenings

    async def _hear(self, tail: Tail, watcher: Watcher, heartbeat: float) -> AsyncGenerator[Heard, None]:
        place = watcher.after
        while True:
            while watcher.waiting:
                happening = watcher.waiting.popleft()
                place = happening.sequence
                yield Heard(place, happening)
            if watcher.ended is not None:
                raise watcher.ended()
            if self._stopping:
                raise ServerStopping
            watcher.news.clear()
            try:
                async with asyncio.timeout(heartbeat):
                    await watcher.news.wait()
            except TimeoutError:
                if not watcher.waiting and watcher.ended is None:
                    # All up to where the tail is was looked at, and nothing of it is wanted.
                    place = max(place, tail.position)
                    yield Heard(place)

    def _join(self, tenant: int, watcher: Watcher) -> Tail:
        tail = self._tails.get(tenant)
        if tail is None:
            tail = self._tails[tenant] = Tail(watcher.after)
            # A commit may have come while nobody listened.
            self._news.set()
        tail.add(watcher)
        if self._reading is None or self._reading.done():
            self._loop = asyncio.get_running_loop()
            self._reading = self._loop.create_task(self._read())
        return tail

    def _leave(self, tenant: int, tail: Tail, watcher: Watcher) -> None:
        tail.remove(watcher)
        if not tail.watched and self._tails.get(tenant) is tail:
            del self._tails[tenant]

    async def _read(self) -> None:
        """Hand on what is new, for as long as anybody watches."""
        while self._tails and not self._stopping:
            self._heard_of_news = False
            self._news.clear()
            # Reads of this turn may see a moment before the commit that was heard of.
            await asyncio.sleep(0)
            more = False
            # One page of each in turn, so that a tenant with many does not keep the others waiting.
            for tenant, tail in list(self._tails.items()):
                more |= await self._hand_on(tenant, tail)
            if more:
                continue
            try:
                async with asyncio.timeout(LOOKED_EVERY):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _hand_on(self, tenant: int, tail: Tail) -> bool:
        """Hand on some changes of a tenant, and tell whether there may be more."""
        try:
            happenings = await self._page(tenant, tail.position)
        except StoreRefusal:
            return False  # it is tried again; watchers see heartbeats meanwhile
        except ResumeTokenExpired:
            self._end(tenant, tail, ResumeTokenExpired)
            return False
        except Exception as fault:  # noqa: BLE001 - nobody would hear of anything any more, nor of why
            log.error("fault", **described(fault))  # noqa: TRY400 - the text may hold secrets
            self._end(tenant, tail, InternalFault)
            return False
        for happening in happenings:
            tail.offer(happening)
            if tail.crowded:
                await asyncio.sleep(0)
        return len(happenings) == _PAGE

    def _end(self, tenant: int, tail: Tail, why: Callable[[], Refusal]) -> None:
        """End every watch of a tenant; whoever comes next begins with a tail of his own."""
        if self._tails.get(tenant) is tail:
            del self._tails[tenant]
        for watcher in tail.watched:
            watcher.end(why)

    def _on_commit(self) -> None:
        loop = self._loop
        if self._heard_of_news or loop is None or not self._tails:
            return
        self._heard_of_news = True
        try:
            loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:
            return  # the loop has ended, and everybody in it

    def _wake_everybody(self) -> None:
        self._news.set()
        for tail in self._tails.values():
            for watcher in tail.watched:
                watcher.news.set()
