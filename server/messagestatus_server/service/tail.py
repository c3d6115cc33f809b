"""The end of one tenant's feed: who hears of what comes, and what waits for each of them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

from messagestatus_server.domain.feed import Filter, Happening
from messagestatus_server.domain.refusals import Refusal, WatcherTooSlow

_CROWD = 500
"""How many may hear of every change before it takes long to tell them all."""


class Watcher:
    """Somebody who watches from after a place on, and what waits for him.

    Args:
        wanted: Which changes he wants.
        after: The place.
        most: How many changes wait for him at most, before he is taken for too slow.
    """

    __slots__ = ("after", "ended", "most", "news", "waiting", "wanted")

    def __init__(self, wanted: Filter, after: int, most: int) -> None:
        self.wanted = wanted
        self.after = after
        self.most = most
        self.waiting: deque[Happening] = deque()
        self.news = asyncio.Event()
        self.ended: Callable[[], Refusal] | None = None

    def offer(self, happening: Happening) -> None:
        """Let a change wait, if it is wanted and not known yet."""
        if self.ended is not None or happening.sequence <= self.after or not self.wanted.wants(happening):
            return
        if len(self.waiting) >= self.most:
            # He resumes from the last one he took; what waits is of no use to him.
            self.waiting.clear()
            self.end(WatcherTooSlow)
        else:
            self.waiting.append(happening)
            self.news.set()

    def end(self, why: Callable[[], Refusal]) -> None:
        """End the watch, once what waits is taken, with a refusal of its own."""
        self.ended = why
        self.news.set()


class Tail:
    """Up to where a feed is read, and who watches there.

    Watchers are found by what they watch for: most want few of all messages.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        self.watched: set[Watcher] = set()
        self._by_key: dict[tuple[str, str], set[Watcher]] = {}
        self._others: set[Watcher] = set()

    @property
    def crowded(self) -> bool:
        """Whether so many hear of every change that this takes long."""
        return len(self._others) > _CROWD

    def add(self, watcher: Watcher) -> None:
        """Let somebody hear of what comes."""
        self.watched.add(watcher)
        keys = list(_keys_of(watcher.wanted))
        for key in keys:
            self._by_key.setdefault(key, set()).add(watcher)
        if not keys:
            self._others.add(watcher)

    def remove(self, watcher: Watcher) -> None:
        """Let him hear no more."""
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
