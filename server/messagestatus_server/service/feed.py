"""The feed: one reader at its end for each tenant that is watched, however many watch."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from typing import NamedTuple

from messagestatus_server.domain.feed import Filter, Happening, Span
from messagestatus_server.domain.refusals import (
    ResumeTokenExpired,
    ServerStopping,
    StoreRefusal,
    WatcherTooSlow,
)
from messagestatus_server.storage.feed_store import FeedStore

MOST_WAITING = 1_000
"""How many changes wait for a watcher at most, before it is taken for too slow."""

LOOKED_EVERY = 1.0
"""How often the end of the feed is looked at, in seconds, though no commit of this process was heard of."""

_PAGE = 500


class Heard(NamedTuple):
    """What a watcher hears: a change, or that there was none; and the place in the feed after it."""

    sequence: int
    happening: Happening | None = None


class Feed:
    """Lets any number of watchers hear of changes. All of them live in one event loop."""

    def __init__(self, store: FeedStore, most_waiting: int = MOST_WAITING) -> None:
        self._store = store
        self._most_waiting = most_waiting
        self._tails: dict[int, _Tail] = {}
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
        span = await self._span(tenant, after)
        place = span.last if after is None else after
        tail = self._tail(tenant, span.last)
        while place < tail.position and not self._stopping:
            happenings = await self._store.happenings(tenant, place, _PAGE)
            if not happenings:
                break
            for happening in happenings:
                if wanted.wants(happening):
                    yield Heard(happening.sequence, happening)
            place = happenings[-1].sequence
            await self._span(tenant, place)
            # The tail may have ended meanwhile, and another one begun.
            tail = self._tail(tenant, place)
        watcher = _Watcher(wanted, place, self._most_waiting)
        tail.add(watcher)
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

    async def _span(self, tenant: int, after: int | None) -> Span:
        """Return how far the feed reaches, if it still reaches back to a place."""
        span = await self._store.feed_span(tenant)
        if after is not None and not span.forgotten <= after <= span.last:
            raise ResumeTokenExpired
        return span

    async def _hear(
        self, tail: "_Tail", watcher: "_Watcher", heartbeat: float
    ) -> AsyncGenerator[Heard, None]:
        place = watcher.after
        while True:
            while watcher.waiting:
                happening = watcher.waiting.popleft()
                place = happening.sequence
                yield Heard(place, happening)
            if watcher.overrun:
                raise WatcherTooSlow
            if self._stopping:
                raise ServerStopping
            watcher.news.clear()
            # All up to here was looked at, and nothing of it is wanted.
            place = max(place, tail.position)
            try:
                async with asyncio.timeout(heartbeat):
                    await watcher.news.wait()
            except TimeoutError:
                yield Heard(max(place, tail.position) if not watcher.waiting else place)

    def _tail(self, tenant: int, position: int) -> "_Tail":
        tail = self._tails.get(tenant)
        if tail is None:
            tail = self._tails[tenant] = _Tail(position)
        if self._reading is None or self._reading.done():
            self._loop = asyncio.get_running_loop()
            self._reading = self._loop.create_task(self._read())
        return tail

    def _leave(self, tenant: int, tail: "_Tail", watcher: "_Watcher") -> None:
        tail.remove(watcher)
        if not tail.watched and self._tails.get(tenant) is tail:
            del self._tails[tenant]

    async def _read(self) -> None:
        """Hand on what is new, for as long as anybody watches."""
        while self._tails and not self._stopping:
            self._heard_of_news = False
            self._news.clear()
            for tenant, tail in list(self._tails.items()):
                await self._hand_on(tenant, tail)
            try:
                async with asyncio.timeout(LOOKED_EVERY):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _hand_on(self, tenant: int, tail: "_Tail") -> None:
        while True:
            try:
                happenings = await self._store.happenings(tenant, tail.position, _PAGE)
            except StoreRefusal:
                return  # it is tried again; watchers see heartbeats meanwhile
            for happening in happenings:
                tail.offer(happening)
            if len(happenings) < _PAGE:
                return
            await asyncio.sleep(0)

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


class _Watcher:
    """Somebody who watches, and what waits for him."""

    __slots__ = ("after", "most", "news", "overrun", "waiting", "wanted")

    def __init__(self, wanted: Filter, after: int, most: int) -> None:
        self.wanted = wanted
        self.after = after
        self.most = most
        self.waiting: deque[Happening] = deque()
        self.news = asyncio.Event()
        self.overrun = False

    def offer(self, happening: Happening) -> None:
        if self.overrun or happening.sequence <= self.after or not self.wanted.wants(happening):
            return
        if len(self.waiting) >= self.most:
            # He resumes from the last one he took; what waits is of no use to him.
            self.overrun = True
            self.waiting.clear()
        else:
            self.waiting.append(happening)
        self.news.set()


class _Tail:
    """The end of one tenant's feed: up to where it is read, and who hears of what comes.

    Watchers are found by what they watch for: most want few of all messages.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        self.watched: set[_Watcher] = set()
        self._by_key: dict[tuple[str, str], set[_Watcher]] = {}
        self._others: set[_Watcher] = set()

    def add(self, watcher: _Watcher) -> None:
        self.watched.add(watcher)
        keys = list(_keys_of(watcher.wanted))
        for key in keys:
            self._by_key.setdefault(key, set()).add(watcher)
        if not keys:
            self._others.add(watcher)

    def remove(self, watcher: _Watcher) -> None:
        self.watched.discard(watcher)
        self._others.discard(watcher)
        for key in _keys_of(watcher.wanted):
            watching = self._by_key.get(key)
            if watching is not None:
                watching.discard(watcher)
                if not watching:
                    del self._by_key[key]

    def offer(self, happening: Happening) -> None:
        """Let those hear of a change who may want it, and go on behind it."""
        self.position = happening.sequence
        for watcher in self._others:
            watcher.offer(happening)
        if self._by_key:
            keys = ("id", happening.message_id), ("phone", happening.phone), ("key", happening.reference_key)
            for key in keys:
                for watcher in self._by_key.get(key, ()):
                    watcher.offer(happening)


def _keys_of(wanted: Filter) -> Iterator[tuple[str, str]]:
    """Return what a watcher is found by: the narrowest thing that its filter names."""
    if wanted.message_ids:
        yield from (("id", message_id) for message_id in wanted.message_ids)
    elif wanted.phone:
        yield "phone", wanted.phone
    elif wanted.reference_key:
        yield "key", wanted.reference_key
