"""Group commit: many pieces of work end in few commits, and nobody hears of work before its commit."""

import asyncio
import threading
from pathlib import Path

import apsw
import pytest

from messagestatus_server.domain.refusals import DiskFull, StoreUnavailable
from messagestatus_server.storage.sqlite import writer
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.sqlite.writer import LARGEST_GROUP
from messagestatus_server.storage.store import Transaction

from .conformance.samples import CODEC
from .conftest import OpenedStore


class Commits:
    """Counts the commits of a store, and can hold one back. A context, for one loop."""

    def __init__(self, opened: OpenedStore) -> None:
        self._opened = opened
        self.count = 0
        self.may_go = threading.Event()
        self.may_go.set()
        self.held = threading.Event()

    async def watch(self) -> None:
        await self._opened.with_writer(lambda connection: connection.set_commit_hook(self._on_commit))
        self.count = 0

    def _on_commit(self) -> bool:
        if not self.may_go.is_set():
            self.held.set()
        self.may_go.wait(20)
        self.count += 1
        return False


@pytest.fixture
async def commits(opened: OpenedStore) -> Commits:
    commits = Commits(opened)
    await commits.watch()
    return commits


async def test_work_that_came_during_a_commit_goes_into_the_next_one(
    opened: OpenedStore, commits: Commits
) -> None:
    commits.may_go.clear()
    first = asyncio.ensure_future(opened.insert("first"))
    await asyncio.to_thread(commits.held.wait, 20)
    rest = [asyncio.ensure_future(opened.insert(str(number))) for number in range(100)]
    await asyncio.sleep(0)
    commits.may_go.set()
    await asyncio.gather(first, *rest)
    assert commits.count == 2


async def test_work_that_comes_soon_after_shares_the_commit_and_nobody_who_writes_alone_waits(
    opened: OpenedStore, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering, may_go_on = threading.Event(), threading.Event()

    def pause(seconds: float) -> None:
        assert seconds == writer.SHARING
        gathering.set()
        may_go_on.wait(20)

    monkeypatch.setattr("messagestatus_server.storage.sqlite.writer.time.sleep", pause)
    for number in range(5):
        await opened.insert(f"alone {number}")
    assert (commits.count, gathering.is_set()) == (5, False)
    commits.may_go.clear()
    first = asyncio.ensure_future(opened.insert("first"))
    await asyncio.to_thread(commits.held.wait, 20)
    during = asyncio.ensure_future(opened.insert("during"))
    await asyncio.sleep(0)
    commits.may_go.set()
    await asyncio.to_thread(gathering.wait, 20)
    after = asyncio.ensure_future(opened.insert("soon after"))
    await asyncio.sleep(0)
    may_go_on.set()
    await asyncio.gather(first, during, after)
    assert commits.count == 7


async def test_a_group_has_a_largest_size(opened: OpenedStore, commits: Commits) -> None:
    commits.may_go.clear()
    first = asyncio.ensure_future(opened.insert("first"))
    await asyncio.to_thread(commits.held.wait, 20)
    rest = [asyncio.ensure_future(opened.insert(str(number))) for number in range(LARGEST_GROUP + 1)]
    await asyncio.sleep(0)
    commits.may_go.set()
    await asyncio.gather(first, *rest)
    assert commits.count == 3


async def test_the_largest_size_of_a_group_can_be_chosen(opened: OpenedStore) -> None:
    await opened.store.close()
    opened.store = SqliteStore(opened.path, CODEC, opened.health.append, largest_group=1)
    commits = Commits(opened)
    await commits.watch()
    await asyncio.gather(*(opened.insert(str(number)) for number in range(20)))
    assert commits.count == 20


async def test_nobody_hears_of_work_before_its_commit(opened: OpenedStore, commits: Commits) -> None:
    commits.may_go.clear()
    waiting = asyncio.ensure_future(opened.insert("m"))
    await asyncio.to_thread(commits.held.wait, 20)
    assert not waiting.done()
    assert not await opened.has("m")
    assert opened.committed() == set()
    commits.may_go.set()
    await waiting
    assert opened.committed() == {"m"}


async def test_every_answer_finds_its_work_committed(opened: OpenedStore) -> None:
    """Asked over a connection of its own, that no part of the store shares."""

    async def write(name: str) -> None:
        await opened.insert(name)
        assert name in opened.committed()

    await asyncio.gather(*(write(str(number)) for number in range(100)))


async def test_a_failed_commit_is_told_to_everybody_in_it(opened: OpenedStore) -> None:
    refuse = threading.Event()
    await opened.with_writer(lambda connection: connection.set_commit_hook(refuse.is_set))
    refuse.set()
    failed = await asyncio.gather(*(opened.insert(name) for name in "abc"), return_exceptions=True)
    assert all(isinstance(each, Exception) for each in failed)
    refuse.clear()
    await opened.insert("d")
    assert opened.committed() == {"d"}


async def test_work_that_would_wait_is_refused(opened: OpenedStore) -> None:
    """It would keep everybody else's work waiting too."""

    async def waits(_: Transaction) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waits for nothing"):
        await opened.store.write(waits)
    await opened.insert("m")


async def test_closing_commits_what_is_waiting_and_leaves_no_log(opened: OpenedStore) -> None:
    waiting = [asyncio.ensure_future(opened.insert(str(number))) for number in range(50)]
    await asyncio.sleep(0)
    await opened.store.close()
    await asyncio.gather(*waiting)
    assert sorted(each.name for each in opened.path.parent.iterdir()) == [opened.path.name]
    assert len(opened.committed()) == 50


async def test_a_full_disk_is_told_and_reads_go_on(opened: OpenedStore) -> None:
    """Room for a few pages only: what was acknowledged stays, and writes resume when there is room."""
    await opened.insert("before")
    pages = await opened.with_writer(lambda connection: connection.execute("PRAGMA page_count").get)
    await opened.with_writer(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").get)
    kept, refused = {"before"}, 0
    for number in range(60):
        try:
            await opened.insert(str(number), author="x" * 250, conversation_id="y" * 250)
            kept.add(str(number))
        except DiskFull:
            refused += 1
    assert refused > 5
    assert kept == opened.committed()
    assert await opened.has("before")
    assert opened.health == []
    await opened.with_writer(_make_room)
    await opened.insert("after")
    assert opened.committed() == kept | {"after"}


async def test_a_store_opened_again_has_everything(opened: OpenedStore, tmp_path: Path) -> None:
    await opened.insert("m")
    await opened.store.close()
    again = SqliteStore(tmp_path / "messagestatus.db", CODEC, opened.health.append)
    opened.store = again
    assert await opened.has("m")


def _make_room(connection: apsw.Connection) -> None:
    assert connection.execute("PRAGMA max_page_count = 1000000").get == 1_000_000


async def test_a_write_to_a_store_that_is_closed_is_refused(opened: OpenedStore) -> None:
    await opened.store.close()
    with pytest.raises(StoreUnavailable):
        await opened.insert("late")
