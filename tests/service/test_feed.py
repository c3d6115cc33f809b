"""The feed: each change once and in order, from any place on, and one reader however many watch."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from messagestatus_server.domain.feed import Filter
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.refusals import (
    ResumeTokenExpired,
    StoreUnavailable,
)
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service import feed as feed_module
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.transport.codec import ProtobufCodec
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


async def test_a_watch_from_now_hears_of_what_comes_and_of_nothing_before(fed: Feeding) -> None:
    await fed.change("a", DeliveryState.SENT)
    watch = await fed.watch(after=None).begin()
    await fed.change("a", DeliveryState.DELIVERED)
    await fed.change("b", DeliveryState.SENT, DeliveryState.DELIVERED)
    assert await watch.catch_up() == [2, 3, 4]


async def test_a_watch_from_a_place_hears_of_all_that_follows_it(fed: Feeding) -> None:
    await fed.change("a", *[DeliveryState.SENT] * LONG)
    watch = fed.watch(after=7)
    assert await watch.catch_up() == list(range(8, LONG + 1))
    await fed.change("a")
    assert await watch.catch_up() == list(range(8, LONG + 2))


async def test_whoever_joins_late_or_early_hears_the_same(fed: Feeding) -> None:
    ahead = await fed.watch().begin()
    await fed.change("a", *[DeliveryState.SENT] * 700)
    behind = fed.watch()
    await behind.take()
    await fed.change("b", *[DeliveryState.SENT] * 10)
    assert await ahead.catch_up() == await behind.catch_up() == list(range(1, 711))


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        (Filter(message_ids=frozenset({"a", "nobodys"})), [1, 3]),
        (Filter(phone=PHONE), [1, 3]),
        (Filter(instance=""), [2, 4]),
        (Filter(instance="red"), [1, 3]),
        (Filter(states=frozenset({DeliveryState.DELIVERED})), [3, 4]),
        (Filter(states=frozenset({DeliveryState.READ})), []),
        (Filter(channels=frozenset({Channel.SMS})), []),
        (Filter(channels=frozenset({Channel.UNSPECIFIED})), [1, 2, 3, 4]),
        (Filter(reference_key="none"), []),
        (Filter(message_ids=frozenset({"a"}), phone="+1"), []),
        (Filter(message_ids=frozenset({"a", "b"}), states=frozenset({DeliveryState.DELIVERED})), [3, 4]),
    ],
)
async def test_a_filter_chooses_the_same_from_the_past_and_the_present(
    fed: Feeding, wanted: Filter, heard: list[int]
) -> None:
    present = await fed.watch(wanted).begin()
    for name, state in (("a", "SENT"), ("b", "SENT"), ("a", "DELIVERED"), ("b", "DELIVERED")):
        await fed.change(name, DeliveryState[state])
    past = fed.watch(wanted)
    assert await present.catch_up() == await past.catch_up() == heard


async def test_a_deletion_is_heard_of_by_name_and_by_nothing_that_is_gone_with_the_message(
    fed: Feeding,
) -> None:
    by_name = await fed.watch(Filter(message_ids=frozenset({"a"}), instance="red")).begin()
    by_phone = await fed.watch(Filter(phone=PHONE)).begin()
    await fed.delete("a")
    assert await by_name.catch_up() == [1]
    assert await by_phone.catch_up() == []


async def test_a_watch_of_one_tenant_hears_of_no_other(fed: Feeding) -> None:
    other = Feeding(fed.store, tenant=fed.tenant + 1)
    await other.register("a")
    ours = await fed.watch().begin()
    await other.change("a", *[DeliveryState.SENT] * 5)
    await fed.change("a")
    assert await ours.catch_up() == [1]


@pytest.mark.parametrize("place", [-1, 0, 4, 11, 2**62])
async def test_a_place_that_is_not_there_any_more_or_not_yet_is_refused(fed: Feeding, place: int) -> None:
    await fed.change("a", *[DeliveryState.SENT] * 10)
    await fed.forget(5)
    assert isinstance(await fed.watch(after=place).end(), ResumeTokenExpired)


@pytest.mark.parametrize("place", [5, 9, 10])
async def test_the_place_right_before_what_is_kept_is_good(fed: Feeding, place: int) -> None:
    await fed.change("a", *[DeliveryState.SENT] * 10)
    await fed.forget(5)
    watch = fed.watch(after=place)
    assert await watch.catch_up() == list(range(place + 1, 11))
    assert watch.ended is None


async def test_history_that_is_forgotten_while_it_is_read_ends_the_watch_and_leaves_no_gap(
    fed: Feeding,
) -> None:
    await fed.change("a", *[DeliveryState.SENT] * LONG)
    watch = fed.watch()
    await watch.take()
    await fed.forget(LONG - 10)
    assert isinstance(await watch.end(), ResumeTokenExpired)
    assert watch.seen == list(range(1, watch.place + 1))


async def test_what_is_forgotten_before_the_reader_saw_it_ends_every_watch(
    fed: Feeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a clock that was set forward by weeks."""
    watches = [await fed.watch().begin() for _ in range(3)]
    with monkeypatch.context() as patched:
        patched.setattr(fed.store, "happenings", failing(StoreUnavailable()))
        await fed.change("a", *[DeliveryState.SENT] * 4)
        await fed.forget(2)
        await asyncio.sleep(0.05)
    await fed.change("a")
    assert [type(await watch.end()) for watch in watches] == [ResumeTokenExpired] * 3
    assert await fed.watch(after=2).catch_up() == [3, 4, 5]


async def test_nothing_to_hear_is_told_at_each_heartbeat_and_moves_past_what_is_not_wanted(
    fed: Feeding,
) -> None:
    watch = await fed.watch(Filter(message_ids=frozenset({"b"}))).begin()
    await fed.change("a", *[DeliveryState.SENT] * 7)
    assert await watch.catch_up() == []
    assert watch.place == 7


async def test_a_long_history_of_what_is_not_wanted_is_no_reason_to_be_silent(fed: Feeding) -> None:
    await fed.change("a", *[DeliveryState.SENT] * (3 * LONG))
    watch = fed.watch(Filter(message_ids=frozenset({"b"})), heartbeat=0)
    assert not await watch.take()
    assert 0 < watch.place < 3 * LONG


async def test_others_have_their_turn_while_a_long_history_is_read(fed: Feeding) -> None:
    await fed.change("a", *[DeliveryState.SENT] * (3 * LONG))
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(take_turns())
    watch = fed.watch(Filter(message_ids=frozenset({"b"})), heartbeat=60)
    beginning = asyncio.create_task(watch.take())
    await asyncio.sleep(0.2)
    assert turns > 3 * LONG // 500
    other.cancel()
    beginning.cancel()


async def test_what_another_process_commits_is_heard_of_too(
    fed: Feeding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "LOOKED_EVERY", 0.02)
    watch = await fed.watch().begin()
    other = SqliteStore(tmp_path / "messagestatus.db", ProtobufCodec(), lambda _: None)
    await fed.change("a", DeliveryState.SENT, DeliveryState.DELIVERED, store=other)
    assert await watch.catch_up() == [1, 2]
    await other.close()


async def test_whoever_joins_before_the_reader_heard_of_a_commit_hears_nothing_twice(fed: Feeding) -> None:
    other = await fed.watch().begin()
    late = fed.watch()
    await fed.change("a", DeliveryState.SENT, DeliveryState.DELIVERED)
    assert [await late.take() for _ in range(3)] == [True, True, False]
    await fed.change("a")
    assert await late.catch_up() == await other.catch_up() == [1, 2, 3]


async def test_a_crowd_that_hears_of_everything_leaves_others_their_turn_and_hears_it_once(
    fed: Feeding,
) -> None:
    watches = [await fed.watch(heartbeat=60).begin_quietly() for _ in range(600)]
    await fed.change("a", *[DeliveryState.SENT] * 5)
    late = await fed.watch(after=None).begin()
    await fed.change("b")
    for watch in watches:
        assert await watch.catch_up() == [1, 2, 3, 4, 5, 6]
        await watch.close()
    assert await late.catch_up() == [6]
