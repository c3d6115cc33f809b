"""The SQLite engine behind the interface: reads on the spot, writes through the writer."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from messagestatus_server.domain.message import Name
from messagestatus_server.domain.refusals import StoreCorrupt, StoreUnavailable
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.sqlite.connection import USUAL, Memory, open_reader, open_writer
from messagestatus_server.storage.sqlite.reading import SqliteReading
from messagestatus_server.storage.sqlite.session import Session
from messagestatus_server.storage.sqlite.transaction import SqliteTransaction
from messagestatus_server.storage.sqlite.turn import Turn
from messagestatus_server.storage.sqlite.writer import LARGEST_GROUP, Unit, Writer
from messagestatus_server.storage.store import Transaction

T = TypeVar("T")


class SqliteStore(SqliteReading):
    """Implements `store.Store` on a database file that has the newest schema.

    Its reads never suspend. It is used from one thread, whichever that is.

    Args:
        path: The database file.
        codec: Encodes what is stored.
        on_health: Told, from any thread, when the database breaks and when it is sound again.
        largest_group: How many pieces of work are committed together at most.
        memory: What is kept of the database for reads.
    """

    def __init__(
        self,
        path: Path,
        codec: Codec,
        on_health: Callable[[bool], None],
        largest_group: int = LARGEST_GROUP,
        memory: Memory = USUAL,
    ) -> None:
        self._path = path
        self._on_health = on_health
        self._opened = False
        self._closed = False
        self._more_waits = False
        self._writer = Writer(
            self._open_writer,
            lambda session: SqliteTransaction(session, codec, self._on_queued),
            on_health,
            largest_group,
        )
        super().__init__(Session(open_reader(path, memory), self._doubt), codec)
        self._turn = Turn(self._session)

    async def resources(self, tenant: int, name: Name) -> list[bytes]:
        self._turn.read()
        return self._resources(tenant, name)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        if self._closed:
            raise StoreUnavailable
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.submit(Unit(work, future))
        return await future

    def on_commit(self, told: Callable[[], None]) -> None:
        self._writer.on_commit(told)

    def on_outgoing(self, told: Callable[[], None]) -> None:
        def on_commit() -> None:
            # Work that was undone may have said so in vain, which does no harm.
            if self._more_waits:
                self._more_waits = False
                told()

        self._writer.on_commit(on_commit)

    async def close(self) -> None:
        self._closed = True
        self._session.close()
        await asyncio.to_thread(self._writer.stop)

    def _open_writer(self) -> Session:
        session = Session(open_writer(self._path))
        if self._opened and session.damage():
            session.close()
            raise StoreCorrupt
        self._opened = True
        return session

    def _on_queued(self) -> None:
        self._more_waits = True

    def _doubt(self) -> None:
        self._on_health(False)
        self._writer.doubt()
