"""The SQLite engine, held to the interface."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.store import Store

from .conformance import StoreConformance
from .conformance.samples import CODEC


class TestSqliteStore(StoreConformance):
    """Every promise of the interface, with no exception."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        path = tmp_path / "messagestatus.db"
        migrate(path)
        store = SqliteStore(path, CODEC, lambda _: None)
        yield store
        await store.close()
