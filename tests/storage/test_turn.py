"""Reads of one turn of the loop share a snapshot, and nobody misses what was acknowledged before it asked."""

import asyncio

from messagestatus_server.domain.message import Name

from .conformance.samples import OURS
from .conftest import OpenedStore

A = Name("a")


def _held(opened: OpenedStore) -> bool:
    return opened.store._session.in_transaction


async def test_the_second_read_of_a_turn_opens_a_snapshot_and_the_turn_ends_it(opened: OpenedStore) -> None:
    held = []
    for _ in range(3):
        await opened.store.resources(OURS, A)
        held.append(_held(opened))
    assert held == [False, True, True]
    await asyncio.sleep(0)
    assert not _held(opened)


async def test_a_batch_joins_the_snapshot_and_leaves_it_open(opened: OpenedStore) -> None:
    await opened.insert("a")
    for _ in range(2):
        await opened.store.resources(OURS, A)
    assert len(await opened.store.batch(OURS, [A, Name("b")])) == 2
    assert _held(opened)
    await asyncio.sleep(0)
    assert not _held(opened)


async def test_whoever_was_answered_sees_what_it_wrote_however_many_read_beside_it(
    opened: OpenedStore,
) -> None:
    done = asyncio.Event()

    async def reads() -> None:
        while not done.is_set():
            await opened.store.resources(OURS, A)
            await opened.store.resources(OURS, A)
            await asyncio.sleep(0)

    async def writes(writer: int) -> None:
        for number in range(20):
            name = f"{writer}-{number}"
            await opened.insert(name)
            assert await opened.has(name)

    reading = [asyncio.create_task(reads()) for _ in range(4)]
    await asyncio.gather(*map(writes, range(8)))
    done.set()
    await asyncio.gather(*reading)


async def test_a_store_may_be_closed_in_the_turn_of_a_snapshot(opened: OpenedStore) -> None:
    for _ in range(2):
        await opened.store.resources(OURS, A)
    await opened.store.close()
    await asyncio.sleep(0)
