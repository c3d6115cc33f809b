"""Reports that wait together are done together, and each caller sees only its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from messagestatus_server.domain.refusals import DiskFull
from messagestatus_server.service import joining
from messagestatus_server.service.joining import Joining
from messagestatus_server.storage.store import Transaction

OURS = 1
OTHERS = 2


class Fault(Exception):
    pass


class SlowStore:
    """A store that does work when it is told to, and remembers how much it was given at a time."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.done: list[tuple[int, list[str]]] = []

    async def write(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        await self.free.wait()
        return await work(self)

    async def upper(self, _: Transaction, tenant: int, items: Sequence[str]) -> list[str]:
        self.done.append((tenant, list(items)))
        if "full" in items:
            raise DiskFull
        if "fault" in items:
            raise Fault
        return [item.upper() for item in items]

    def joining(self, most_callers: int = 512) -> Joining[str, str]:
        store: Any = self
        return Joining(store, self.upper, most_callers)


def _asked(joined: Joining[str, str], *reports: str, tenant: int = OURS) -> list["asyncio.Task[list[str]]"]:
    return [asyncio.create_task(joined.done(tenant, report.split())) for report in reports]


async def _settled(store: SlowStore, tasks: Sequence["asyncio.Task[list[str]]"]) -> list[Any]:
    for _ in range(3):
        await asyncio.sleep(0)
    store.free.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_reports_that_wait_together_are_one_piece_of_work() -> None:
    store = SlowStore()
    told = await _settled(store, _asked(store.joining(), "a b", "c", "", "d e f"))
    assert told == [["A", "B"], ["C"], [], ["D", "E", "F"]]
    assert store.done == [(OURS, ["a", "b", "c", "d", "e", "f"])]


async def test_what_comes_when_work_has_begun_is_done_after_it() -> None:
    store = SlowStore()
    joined = store.joining()
    assert await _settled(store, _asked(joined, "a")) == [["A"]]
    assert await _settled(store, _asked(joined, "b")) == [["B"]]
    assert [items for _, items in store.done] == [["a"], ["b"]]


async def test_tenants_are_never_joined() -> None:
    store = SlowStore()
    joined = store.joining()
    told = await _settled(store, [*_asked(joined, "a"), *_asked(joined, "b", tenant=OTHERS)])
    assert told == [["A"], ["B"]]
    assert sorted(store.done) == [(OURS, ["a"]), (OTHERS, ["b"])]


@pytest.mark.parametrize(
    ("callers", "items", "works"), [(1, 100, 4), (2, 100, 2), (3, 100, 2), (9, 2, 2), (9, 1, 4)]
)
async def test_not_more_are_joined_than_may_be(
    callers: int, items: int, works: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "MOST_ITEMS", items)
    store = SlowStore()
    told = await _settled(store, _asked(store.joining(callers), "a", "b", "c", "d"))
    assert told == [["A"], ["B"], ["C"], ["D"]]
    assert len(store.done) == works


async def test_a_caller_that_leaves_takes_nobodys_work_away() -> None:
    """Its own is done, too: whoever is not answered does not know, and sends again."""
    store = SlowStore()
    tasks = _asked(store.joining(), "a", "b")
    await asyncio.sleep(0)
    tasks[0].cancel()
    told = await _settled(store, tasks)
    assert isinstance(told[0], asyncio.CancelledError)
    assert told[1] == ["B"]
    assert store.done == [(OURS, ["a", "b"])]


async def test_when_all_have_left_a_fault_is_told_to_nobody() -> None:
    store = SlowStore()
    tasks = _asked(store.joining(), "fault")
    await asyncio.sleep(0)
    tasks[0].cancel()
    assert isinstance((await _settled(store, tasks))[0], asyncio.CancelledError)
    await asyncio.sleep(0)


async def test_a_fault_that_nobody_foresaw_is_its_own_reports_alone() -> None:
    store = SlowStore()
    told = await _settled(store, _asked(store.joining(), "a", "fault b", "c"))
    assert told[0] == ["A"]
    assert isinstance(told[1], Fault)
    assert told[2] == ["C"]


async def test_a_store_that_can_take_nothing_says_so_to_everybody() -> None:
    store = SlowStore()
    told = await _settled(store, _asked(store.joining(), "a", "full"))
    assert [type(each) for each in told] == [DiskFull, DiskFull]
    assert len(store.done) == 1
