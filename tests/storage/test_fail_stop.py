"""Fail-stop: after an I/O error or a damaged page nothing is served from doubt, and health says so."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.page import PhoneQuery
from messagestatus_server.domain.refusals import StoreCorrupt, StoreUnavailable
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite import writer
from messagestatus_server.storage.sqlite.session import Session

from .conformance.samples import CODEC, OURS, inserted, message
from .conftest import OpenedStore

PAGE = 4096
PHONE = "+4366012345678"


class FailingCursor:
    """Stands in front of a cursor, and fails the first statement with a certain word in it."""

    def __init__(self, session: Session, word: str, fault: apsw.Error) -> None:
        self._session = session
        self._cursor = session._cursor
        self._word = word
        self._fault = fault
        session._cursor = self  # type: ignore[assignment]

    def execute(self, sql: str, bindings: Any = ()) -> Any:
        return self._trusted(sql).execute(sql, bindings)

    def executemany(self, sql: str, bindings: Any) -> Any:
        return self._trusted(sql).executemany(sql, bindings)

    def _trusted(self, sql: str) -> apsw.Cursor:
        if self._word in sql:
            self._session._cursor = self._cursor
            raise self._fault
        return self._cursor


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "REOPEN_AFTER", 0.02)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the writer's thread tells nobody but the store
            await asyncio.sleep(0.005)


def writing(opened: OpenedStore) -> Session:
    session = opened.store._writer._session
    assert session is not None
    return session


@pytest.mark.parametrize("word", ["BEGIN", "INSERT INTO message", "COMMIT"])
async def test_a_write_that_meets_an_io_error_is_not_acknowledged(opened: OpenedStore, word: str) -> None:
    """The connection is given up and the database looked over, whether anybody asks or not."""
    await opened.insert("before")
    broken = writing(opened)
    FailingCursor(broken, word, apsw.IOError("disk I/O error"))
    with pytest.raises(StoreUnavailable):
        await opened.insert("m")
    await until(lambda: opened.health == [False, True])
    assert opened.store._writer._session is not broken
    assert opened.committed() == {"before"}
    await opened.insert("m")
    assert await opened.has("m")


async def test_neighbours_of_a_write_that_meets_an_io_error_are_not_acknowledged_either(
    opened: OpenedStore,
) -> None:
    FailingCursor(writing(opened), "COMMIT", apsw.IOError("disk I/O error"))
    outcomes = await asyncio.gather(*(opened.insert(name) for name in "abc"), return_exceptions=True)
    acknowledged = {name for name, outcome in zip("abc", outcomes, strict=True) if outcome is None}
    assert any(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert acknowledged <= opened.committed()


async def test_a_read_that_meets_an_io_error_is_no_answer(opened: OpenedStore) -> None:
    """Afterwards the database is looked over at once, although nobody writes."""
    await opened.insert("m")
    FailingCursor(opened.store._session, "SELECT", apsw.IOError("disk I/O error"))
    with pytest.raises(StoreUnavailable):
        await opened.has("m")
    await until(lambda: opened.health[-1])
    assert opened.health[0] is False
    assert await opened.has("m")


async def test_a_busy_database_breaks_nothing(opened: OpenedStore) -> None:
    FailingCursor(writing(opened), "BEGIN", apsw.BusyError("database is locked"))
    with pytest.raises(StoreUnavailable):
        await opened.insert("m")
    await opened.insert("m")
    assert opened.health == []


async def test_a_database_that_cannot_be_opened_again_stays_unhealthy(
    opened: OpenedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def failing() -> Session:
        tries.append(1)
        raise apsw.CantOpenError

    with monkeypatch.context() as patched:
        patched.setattr(opened.store._writer, "_open_session", failing)
        FailingCursor(writing(opened), "COMMIT", apsw.IOError("disk I/O error"))
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await opened.insert("m")
        await until(lambda: len(tries) > 3)
        assert opened.health == [False]
    await until(lambda: opened.health == [False, True])
    await opened.insert("m")


async def test_a_damaged_page_is_never_a_silent_not_found(tmp_path: Path) -> None:
    """Whichever page of the messages it is, a read either finds its message or says that it cannot."""
    path = tmp_path / "messagestatus.db"
    migrate(path)
    opened = OpenedStore(path)
    names = [str(number) for number in range(60)]
    await inserted(opened.store, *(long_message(name) for name in names))
    await opened.store.close()
    sound, noticed = path.read_bytes(), 0
    pages = pages_of_messages(path)
    for page in pages:
        start = (page - 1) * PAGE
        path.write_bytes(sound[:start] + b"\xff" * (PAGE // 2) + sound[start + PAGE // 2 :])
        opened = OpenedStore(path)
        if await notices_damage(opened, names):
            noticed += 1
            await until(lambda opened=opened: False in opened.health and gave_up(opened))  # type: ignore[misc]
            assert True not in opened.health
            with pytest.raises(StoreUnavailable):
                await opened.insert("new")
        await opened.store.close()
    assert len(pages) > 5
    assert noticed == len(pages)


def long_message(name: str) -> Message:
    return message(name, phone=PHONE, author=name * 100)


def pages_of_messages(path: Path) -> list[int]:
    """Return the pages of the messages, and of the indexes that reads go by."""
    reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    tables = ("message", "message_by_id", "message_by_phone")
    pages = [page for (page,) in reader.execute("SELECT pageno FROM dbstat WHERE name IN (?, ?, ?)", tables)]
    reader.close()
    return pages


def gave_up(opened: OpenedStore) -> bool:
    return opened.store._writer._session is None


async def notices_damage(opened: OpenedStore, names: list[str]) -> bool:
    """Read everything in every way; tell whether a read said that it cannot."""
    for name in names:
        try:
            assert await opened.store.resources(OURS, Name(name)) == [
                CODEC.encode_message(long_message(name))
            ]
        except StoreCorrupt:
            return True
    try:
        assert len(await opened.store.page(OURS, PhoneQuery(PHONE), None, 1000)) == len(names)
    except StoreCorrupt:
        return True
    return False
