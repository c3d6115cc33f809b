"""How watches end: too slow, left, cut off, at a fault or with the server; and that nothing of them stays."""

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from messagestatus_server.domain.feed import Filter
from messagestatus_server.domain.refusals import (
    InternalFault,
    ServerStopping,
    StoreUnavailable,
    WatcherTooSlow,
)
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service import feed as feed_module
from tests.service.feeding import Feeding, failing, feeding

PHONE = "+4366012345678"
LONG = 1_200
"""More changes than the feed reads at once."""


@pytest.fixture
async def fed(tmp_path: Path) -> AsyncIterator[Feeding]:
    async with feeding(tmp_path / "messagestatus.db") as fed:
        await fed.register("a", instance="red", phone=PHONE)
        await fed.register("b")
        yield fed


async def test_whoever_is_too_slow_is_ended_and_can_go_on_from_where_he_was(tmp_path: Path) -> None:
    async with feeding(tmp_path / "messagestatus.db", most_waiting=5) as fed:
        await fed.register("a")
        slow, quick = await fed.watch().begin(), await fed.watch().begin()
        for _ in range(20):
            await fed.change("a")
            await quick.catch_up()
        assert isinstance(await slow.end(), WatcherTooSlow)
        assert slow.seen == []
        assert quick.seen == await fed.watch(after=slow.place).catch_up() == list(range(1, 21))


async def test_what_waits_for_whoever_is_too_slow_is_let_go_at_once(tmp_path: Path) -> None:
    async with feeding(tmp_path / "messagestatus.db", most_waiting=5) as fed:
        await fed.register("a")
        slow, quick = await fed.watch().begin(), await fed.watch().begin()
        (tail,) = fed.feed._tails.values()
        waiting = [0]
        for _ in range(20):
            await fed.change("a")
            await quick.catch_up()
            waiting.append(max(len(watcher.waiting) for watcher in tail.watched))
        assert max(waiting) == 5
        assert waiting[-1] == 0
        await slow.close()


async def test_two_hundred_watchers_have_one_reader(fed: Feeding, monkeypatch: pytest.MonkeyPatch) -> None:
    watches = [await fed.watch(heartbeat=60).begin_quietly() for _ in range(200)]
    reads = 0
    happenings = fed.store.happenings

    async def counted(*asked: int) -> Any:
        nonlocal reads
        reads += 1
        return await happenings(*asked)

    monkeypatch.setattr(fed.store, "happenings", counted)
    for _ in range(10):
        await fed.change("a")
        for watch in watches:
            assert await watch.take()
    assert reads <= 2 * 10 + 2
    for watch in watches:
        await watch.close()


async def test_those_who_leave_leave_nothing(fed: Feeding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "LOOKED_EVERY", 0.02)
    wanted = [Filter(), Filter(message_ids=frozenset({"a", "b"})), Filter(phone=PHONE)]
    watches = [await fed.watch(each).begin() for each in wanted * 20]
    for watch in watches:
        await watch.close()
    assert fed.feed._tails == {}
    await fed.change("a")
    await asyncio.sleep(0.05)
    assert fed.feed._reading is not None
    assert fed.feed._reading.done()


async def test_whoever_leaves_while_history_is_read_leaves_nothing_either(fed: Feeding) -> None:
    await fed.change("a", *[DeliveryState.SENT] * LONG)
    for _ in range(20):
        watch = fed.watch()
        await watch.take()
        await watch.close()
    assert fed.feed._tails == {}


async def test_a_watcher_that_is_cancelled_leaves_nothing(fed: Feeding) -> None:
    watch = await fed.watch(heartbeat=60).begin_quietly()
    waiting = asyncio.create_task(watch.take())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    del watch
    gc.collect()
    assert fed.feed._tails == {}


async def test_a_store_that_is_down_for_a_while_costs_nobody_a_change(
    fed: Feeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "LOOKED_EVERY", 0.02)
    watch = await fed.watch().begin()
    with monkeypatch.context() as patched:
        patched.setattr(fed.store, "happenings", failing(StoreUnavailable()))
        await fed.change("a", *[DeliveryState.SENT] * 3)
        await asyncio.sleep(0.05)
        assert not await watch.take()
        assert watch.place == 0
    assert await watch.catch_up() == [1, 2, 3]


async def test_a_watch_begun_while_the_store_is_down_is_told(
    fed: Feeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fed.store, "happenings", failing(StoreUnavailable()))
    assert isinstance(await fed.watch().end(), StoreUnavailable)
    assert fed.feed._tails == {}


async def test_a_fault_of_the_reader_is_no_silence(fed: Feeding, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every watch ends, one line says why, and whoever comes afterwards goes on."""
    watches = [await fed.watch().begin() for _ in range(3)]
    with monkeypatch.context() as patched, structlog.testing.capture_logs() as lines:
        patched.setattr(fed.store, "happenings", failing(ZeroDivisionError()))
        await fed.change("a")
        assert [type(await watch.end()) for watch in watches] == [InternalFault] * 3
    assert [line["event"] for line in lines] == ["fault"]
    assert await fed.watch(after=watches[0].place).catch_up() == [1]


async def test_a_server_that_stops_ends_every_watch_from_any_thread(fed: Feeding) -> None:
    """Also those that read history, and those that come afterwards."""
    await fed.change("a", *[DeliveryState.SENT] * LONG)
    idle = await fed.watch(after=None, heartbeat=60).begin_quietly()
    reading = fed.watch(Filter(message_ids=frozenset({"b"})), heartbeat=0)
    await reading.take()
    ending = asyncio.create_task(idle.end())
    await asyncio.sleep(0)
    await asyncio.to_thread(fed.feed.stop)
    late = fed.watch()
    for end in (await ending, await reading.end(), await late.end()):
        assert isinstance(end, ServerStopping)
    assert reading.place < LONG


async def test_what_waits_is_heard_before_the_server_stops(fed: Feeding) -> None:
    watch = await fed.watch().begin()
    other = await fed.watch().begin()
    await fed.change("a", *[DeliveryState.SENT] * 5)
    await other.catch_up()
    fed.feed.stop()
    assert isinstance(await watch.end(), ServerStopping)
    assert watch.seen == [1, 2, 3, 4, 5]
