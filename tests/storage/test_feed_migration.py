"""A database from before the feed could be read gives the name of every deleted message after step `feed`."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.feed import Span
from messagestatus_server.storage import migrations
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.store import Store

from .conformance.samples import CODEC, OTHER, OURS

OLD = Path(__file__).parent / "databases" / "001_messages.sql"
"""Written by the program of step 001; messages of both tenants were deleted in it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "messagestatus.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"PRAGMA journal_mode = wal; BEGIN; {OLD.read_text()} COMMIT;")
    return path


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.execute(sql))


def _up_to_the_feed(path: Path) -> None:
    """Take every step but that of the feed, and what came after it."""
    steps = [each.name for each in migrations.migrations.pending(Database(memory=True))]
    feed = next(name for name in steps if name.endswith("_feed"))
    database = Database(path)
    migrations.migrations.apply(database, stop_before=feed)
    database.close()


def test_each_removal_has_the_message_of_its_change(path: Path) -> None:
    _up_to_the_feed(path)
    wanted = rows(
        path,
        "SELECT removal.tenant, removal.sequence, change.message, removal.message_id FROM removal"
        " JOIN change USING (tenant, sequence) ORDER BY 1, 2",
    )
    assert wanted
    migrate(path)
    assert rows(path, "SELECT tenant, sequence, message, message_id FROM removal ORDER BY 1, 2") == wanted


async def _names(store: Store, tenant: int) -> list[str]:
    span = await store.feed_span(tenant)
    assert span == Span(0, span.last)
    happenings = await store.happenings(tenant, 0, 10_000)
    assert [each.sequence for each in happenings][-1:] == [span.last][: len(happenings)]
    deleted = [each for each in happenings if each.change.kind is ChangeKind.DELETED]
    assert all(not each.resource for each in deleted)
    return [each.message_id for each in happenings]


async def test_every_change_of_the_old_database_names_its_message(path: Path) -> None:
    migrate(path)
    store = SqliteStore(path, CODEC, lambda _: None)
    names = [name for tenant in (OURS, OTHER, 3) for name in await _names(store, tenant)]
    await store.close()
    ((changes,),) = rows(path, "SELECT count(*) FROM change")
    assert len(names) == changes > 0
    assert all(names)


def test_two_databases_are_never_taken_for_one(tmp_path: Path) -> None:
    identities = set()
    for number in range(3):
        migrate(tmp_path / f"{number}.db")
        identities.add(rows(tmp_path / f"{number}.db", "SELECT feed FROM identity")[0])
    assert len(identities) == 3
