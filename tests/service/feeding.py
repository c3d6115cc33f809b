"""A feed over a real store, what is committed to it, and watchers that remember what they heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.feed import Filter, Happening
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.service.feed import Feed, Heard
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite import connection
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.store import Stored, Transaction
from messagestatus_server.transport.codec import ProtobufCodec
from tests.domain.samples import NOON
from tests.domain.strategies import TENANT
from tests.storage.conformance.samples import inserted, message

EVERYTHING = Filter()

SOON = 0.01
"""A heartbeat so short that a watcher hears of something at once, in seconds."""

_WITHOUT_FSYNC = tuple(
    (name, 0 if name == "synchronous" else wanted) for name, wanted in connection._WRITER_SETTINGS
)


def opened(path: Path) -> SqliteStore:
    """Open a store that does not wait for the disk."""
    migrate(path)
    with mock.patch.object(connection, "_WRITER_SETTINGS", _WITHOUT_FSYNC):
        return SqliteStore(path, ProtobufCodec(), lambda _: None)


def advanced(state: DeliveryState) -> Change:
    """Return a change to a state."""
    return Change(ChangeKind.ADVANCED, DeliveryState.QUEUED, state, FailureReason.UNSPECIFIED, NOON)


class Feeding:
    """A feed, and the messages of one tenant that change in it."""

    def __init__(self, store: SqliteStore, most_waiting: int = 1_000, tenant: int = TENANT) -> None:
        self.store = store
        self.tenant = tenant
        self.feed = Feed(store, most_waiting)
        self.stored: dict[str, Stored] = {}

    async def register(self, name: str, instance: str = "", phone: str = "") -> None:
        """Store a message, without a change."""
        said = message(name, instance=instance, phone=phone)
        (self.stored[name],) = await inserted(self.store, said, tenant=self.tenant)

    async def change(
        self, name: str, *states: DeliveryState, at: int = NOON, store: SqliteStore | None = None
    ) -> None:
        """Commit changes of a message, all at once."""
        handle = self.stored[name].handle
        changes = [(handle, advanced(state)) for state in states or [DeliveryState.SENT]]

        async def work(tx: Transaction) -> None:
            await tx.append_changes(self.tenant, changes, at)

        await (store or self.store).write(work)

    async def delete(self, name: str) -> None:
        """Delete a message."""
        gone = self.stored.pop(name)

        async def work(tx: Transaction) -> None:
            await tx.delete_message(self.tenant, gone, NOON)

        await self.store.write(work)

    async def forget(self, limit: int, before: int = NOON + 1) -> None:
        """Forget so many changes that were committed before a time."""

        async def work(tx: Transaction) -> None:
            await tx.forget_changes(self.tenant, before, limit)

        await self.store.write(work)

    async def table(self) -> list[Happening]:
        """Return every change, as the table of changes has them."""
        return await self.store.happenings(self.tenant, 0, 1_000_000)

    def watch(self, wanted: Filter = EVERYTHING, after: int | None = 0, heartbeat: float = SOON) -> "Watch":
        """Begin a watch."""
        return Watch(self, wanted, after, heartbeat)


class Watch:
    """A watch, and what was heard by it."""

    def __init__(self, feeding: Feeding, wanted: Filter, after: int | None, heartbeat: float) -> None:
        self.wanted = wanted
        self.after = after or 0
        self.place = self.after
        self.seen: list[int] = []
        self.ended: Refusal | None = None
        self._feeding = feeding
        self._next: asyncio.Future[Heard] | None = None
        self._heard = feeding.feed.watch(feeding.tenant, wanted, after, heartbeat)

    async def take(self) -> bool:
        """Hear of one thing, and tell whether it was a change; remember how the watch ends."""
        try:
            beginning, self._next = self._next, None
            heard = await (beginning or anext(self._heard))
        except Refusal as refusal:
            self.ended = refusal
            return False
        assert heard.sequence >= self.place
        self.place = heard.sequence
        if heard.happening is not None:
            assert heard.happening.sequence == heard.sequence
            self.seen.append(heard.sequence)
        return heard.happening is not None

    async def begin(self) -> "Watch":
        """Hear that there is nothing: from here on it is at the end of the feed."""
        assert not await self.take()
        assert self.ended is None
        return self

    async def begin_quietly(self) -> "Watch":
        """Be at the end of the feed, though the heartbeat is far away: another turn of the loop is enough."""
        self._next = asyncio.ensure_future(anext(self._heard))
        for _ in range(3):
            await asyncio.sleep(0)
        return self

    async def catch_up(self) -> list[int]:
        """Hear of everything that there is, and return all that was ever heard."""
        last = (await self._feeding.store.feed_span(self._feeding.tenant)).last
        while self.place < last and self.ended is None:
            await self.take()
        return self.seen

    async def end(self) -> Refusal:
        """Hear of everything until the end, and return that."""
        while self.ended is None:
            await self.take()
        return self.ended

    async def close(self) -> None:
        """Leave."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait([self._next])
        await self._heard.aclose()


@asynccontextmanager
async def feeding(path: Path, most_waiting: int = 1_000) -> AsyncIterator[Feeding]:
    """Open a store with a feed over it."""
    store = opened(path)
    fed = Feeding(store, most_waiting)
    yield fed
    fed.feed.stop()
    await store.close()


def failing(fault: Exception) -> Any:
    """Return a method of a store that fails."""

    async def fails(*_: object) -> None:
        raise fault

    return fails
