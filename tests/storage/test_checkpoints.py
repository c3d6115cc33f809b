"""The log is moved into the database after its callers were answered, and cannot grow for ever."""

import asyncio
import contextlib
from collections.abc import Callable

import apsw
import pytest

from messagestatus_server.domain.refusals import StoreUnavailable
from messagestatus_server.storage.sqlite import checkpoints
from messagestatus_server.storage.sqlite.session import Session

from .conftest import OpenedStore


class Moves:
    """The checkpoints that a store makes, by their mode."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.modes: list[str] = []
        checkpoint = Session.checkpoint

        def counted(session: Session, mode: str, patience: int = 0) -> None:
            self.modes.append(mode)
            checkpoint(session, mode, patience)

        monkeypatch.setattr(Session, "checkpoint", counted)


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> Moves:
    return Moves(monkeypatch)


def log_pages(opened: OpenedStore) -> int:
    return opened.store._writer._checkpoints._pages


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the writer's thread tells nobody but the store
            await asyncio.sleep(0.005)


async def test_a_log_worth_it_is_moved_while_nobody_writes(
    opened: OpenedStore, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "IDLE_PAGES", 20)
    await opened.insert("little")
    await asyncio.sleep(0.1)
    assert moves.modes == []
    for number in range(20):
        await opened.insert(str(number))
    await until(lambda: bool(moves.modes) and not opened.store._writer._checkpoints.worthwhile)
    await asyncio.sleep(0.1)
    made = len(moves.modes)
    assert set(moves.modes) == {"PASSIVE"}
    await asyncio.sleep(0.15)
    assert len(moves.modes) == made, "what is moved is not moved again"
    assert len(opened.committed()) == 21


async def test_a_log_under_constant_load_starts_anew(
    opened: OpenedStore, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "BUSY_PAGES", 50)
    longest = 0
    for number in range(200):
        await opened.insert(str(number))
        longest = max(longest, log_pages(opened))
    assert set(moves.modes) == {"PASSIVE"}
    assert 50 <= longest < 150
    assert len(opened.committed()) == 200


async def test_a_read_that_goes_on_does_not_let_the_log_grow_for_ever(
    opened: OpenedStore, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as it ends, the log starts anew, although somebody always writes."""
    monkeypatch.setattr(checkpoints, "BUSY_PAGES", 30)
    monkeypatch.setattr(checkpoints, "MOST_PAGES", 120)
    monkeypatch.setattr(checkpoints, "READS_WAITED_FOR", 5)
    await opened.insert("first")
    reader = apsw.Connection(str(opened.path), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM message").get == 1
    number = 0
    while log_pages(opened) < 150:
        number += 1
        await opened.insert(str(number))
    assert "RESTART" in moves.modes
    assert reader.execute("SELECT count(*) FROM message").get == 1
    reader.execute("COMMIT")
    reader.close()
    for more in range(20):
        await opened.insert(f"after {more}")
    assert log_pages(opened) < 120
    assert len(opened.committed()) == number + 21


async def test_an_answer_does_not_wait_for_the_log_to_be_moved(
    opened: OpenedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "BUSY_PAGES", 1)
    order: list[str] = []
    checkpoint = Session.checkpoint

    def noted(session: Session, mode: str, patience: int = 0) -> None:
        order.append("moving")
        checkpoint(session, mode, patience)

    monkeypatch.setattr(Session, "checkpoint", noted)
    writer = opened.store._writer
    loop = asyncio.get_running_loop()
    told = loop.call_soon_threadsafe

    def answering(callback: Callable[..., object], *arguments: object) -> asyncio.Handle:
        order.append("answer")
        return told(callback, *arguments)

    monkeypatch.setattr(loop, "call_soon_threadsafe", answering)
    await opened.insert("m")
    await until(lambda: writer._waiting.empty() and "moving" in order)
    assert order[:2] == ["answer", "moving"]


async def test_a_disk_that_fails_while_the_log_is_moved_is_noticed(
    opened: OpenedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was acknowledged stays: the database is looked over, and opened again."""
    monkeypatch.setattr(checkpoints, "BUSY_PAGES", 1)

    def failing(session: Session, *_: object) -> None:
        session.broken = True
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(Session, "checkpoint", failing)
        await opened.insert("kept")
        await until(lambda: bool(opened.health))
    monkeypatch.setattr(checkpoints, "BUSY_PAGES", 1000)
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(StoreUnavailable):
                await opened.insert("after")
                break
            await asyncio.sleep(0.02)
    assert opened.health[0] is False
    assert opened.health[-1] is True
    assert opened.committed() == {"kept", "after"}
