"""Changes are forgotten after some days, of every tenant, and watchers are told when it is their history."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from messagestatus_server.domain.refusals import ResumeTokenExpired
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.feed_retention import AT_ONCE, DAY, FeedRetention
from messagestatus_server.storage.store import Transaction
from tests.domain.samples import NOON
from tests.service.feeding import Feeding, feeding

DAYS = 30
DUE = NOON + DAYS * DAY + 1
"""When a change that was committed at noon is past its time."""


@pytest.fixture
async def fed(tmp_path: Path) -> AsyncIterator[Feeding]:
    async with feeding(tmp_path / "messagestatus.db") as fed:

        async def two_tenants(tx: Transaction) -> list[int]:
            return [(await tx.add_tenant(name, NOON, operator=False)).tenant for name in ("ours", "theirs")]

        fed.tenant, _ = await fed.store.write(two_tenants)
        await fed.register("a")
        yield fed


async def test_a_change_is_kept_for_its_days_and_not_longer(fed: Feeding) -> None:
    retention = FeedRetention(fed.store, DAYS)
    await fed.change("a", at=NOON)
    await fed.change("a", at=NOON + 1)
    assert not await retention.forget(DUE - 1)
    assert await retention.forget(DUE)
    assert [each.sequence for each in await fed.table()] == [2]
    assert not await retention.forget(DUE)


async def test_the_changes_of_every_tenant_are_forgotten(fed: Feeding) -> None:
    other = Feeding(fed.store, tenant=fed.tenant + 1)
    await other.register("b")
    for each, name in ((fed, "a"), (other, "b")):
        await each.change(name)
    assert await FeedRetention(fed.store, DAYS).forget(DUE)
    assert await fed.table() == await other.table() == []


async def test_a_long_history_is_forgotten_a_little_at_once(fed: Feeding) -> None:
    await fed.change("a", *[DeliveryState.SENT] * (2 * AT_ONCE + 1))
    retention = FeedRetention(fed.store, DAYS)
    left = []
    while await retention.forget(DUE):
        left.append(len(await fed.table()))
    assert left == [AT_ONCE + 1, 1, 0]


async def test_another_thread_may_do_it(fed: Feeding) -> None:
    await fed.change("a")
    assert await asyncio.to_thread(asyncio.run, FeedRetention(fed.store, DAYS).forget(DUE))


async def test_whoever_resumes_from_what_was_forgotten_is_told(fed: Feeding) -> None:
    await fed.change("a", at=NOON)
    await fed.change("a", at=NOON + 1)
    await FeedRetention(fed.store, DAYS).forget(DUE)
    assert isinstance(await fed.watch(after=0).end(), ResumeTokenExpired)
    assert await fed.watch(after=1).catch_up() == [2]


async def test_a_watch_at_the_end_of_the_feed_does_not_notice(fed: Feeding) -> None:
    watch = await fed.watch().begin()
    await fed.change("a")
    assert await watch.catch_up() == [1]
    await FeedRetention(fed.store, DAYS).forget(DUE)
    await fed.change("a")
    assert await watch.catch_up() == [1, 2]
