"""A SQLite store that tests may look behind, and break."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from messagestatus_server.domain.message import Name
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite.connection import open_reader
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.sqlite.transaction import SqliteTransaction
from messagestatus_server.storage.store import Transaction

from .conformance.samples import CODEC, OURS, inserted, message

T = TypeVar("T")


class OpenedStore:
    """A store on a file of its own, and what it told of its health."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.health: list[bool] = []
        self.store = SqliteStore(path, CODEC, self.health.append)

    async def insert(self, message_id: str, **said: object) -> None:
        """Store one message, in a transaction of its own."""
        await inserted(self.store, message(message_id, **said))

    async def has(self, message_id: str) -> bool:
        """Tell whether the store knows a message."""
        return bool(await self.store.resources(OURS, Name(message_id)))

    async def with_writer(self, work: Callable[[apsw.Connection], T]) -> T:
        """Do something with the writer's connection, on its thread."""

        async def unit(tx: Transaction) -> T:
            assert isinstance(tx, SqliteTransaction)
            return work(tx._session._connection)

        return await self.store.write(unit)

    def committed(self) -> set[str]:
        """Return the messages that another connection sees."""
        reader = open_reader(self.path)
        try:
            return {name for (name,) in reader.execute("SELECT message_id FROM message")}
        finally:
            reader.close()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[OpenedStore]:
    """Open a store; the test may close it."""
    path = tmp_path / "messagestatus.db"
    migrate(path)
    opened = OpenedStore(path)
    yield opened
    if opened.store._writer._thread.is_alive():
        await opened.store.close()
