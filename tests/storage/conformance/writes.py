"""Writing: all of a piece of work or nothing, alone or among many, and seen by whoever asks next."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from messagestatus_server.domain.message import Name
from messagestatus_server.storage.codec import draft
from messagestatus_server.storage.store import Store, Transaction

from .samples import CODEC, OURS, message

Work = Callable[[Transaction], Awaitable[int]]


class SpoiltError(Exception):
    """What spoilt work raises."""


def inserting(message_id: str) -> Work:
    async def work(tx: Transaction) -> int:
        (handle,) = await tx.insert_messages(OURS, [draft(CODEC, message(message_id))])
        return handle

    return work


def spoilt(message_id: str) -> Work:
    async def work(tx: Transaction) -> int:
        await inserting(message_id)(tx)
        raise SpoiltError(message_id)

    return work


class WriteConformance:
    """Transactions, and the groups they are committed in."""

    async def test_work_gives_its_result(self, store: Store) -> None:
        async def work(tx: Transaction) -> str:
            assert await tx.find(OURS, Name("m")) == []
            return "done"

        assert await store.write(work) == "done"

    async def test_work_sees_what_it_wrote(self, store: Store) -> None:
        async def work(tx: Transaction) -> int:
            await inserting("m")(tx)
            return len(await tx.find(OURS, Name("m")))

        assert await store.write(work) == 1

    async def test_work_that_raises_leaves_nothing_behind(self, store: Store) -> None:
        with pytest.raises(SpoiltError, match="m"):
            await store.write(spoilt("m"))
        assert await store.find(OURS, Name("m")) == []

    async def test_work_that_raises_does_not_touch_its_neighbours(self, store: Store) -> None:
        names = [f"m{number}" for number in range(120)]
        works = [
            store.write((spoilt if number % 3 else inserting)(name)) for number, name in enumerate(names)
        ]
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        for number, (name, outcome) in enumerate(zip(names, outcomes, strict=True)):
            assert isinstance(outcome, SpoiltError) == bool(number % 3)
            assert len(await store.find(OURS, Name(name))) == int(number % 3 == 0)

    async def test_what_was_answered_is_seen_by_the_next_question(self, store: Store) -> None:
        async def writer(name: str) -> None:
            await store.write(inserting(name))
            assert await store.resources(OURS, Name(name)) == [CODEC.encode_message(message(name))]

        await asyncio.gather(*(writer(f"m{number}") for number in range(200)))

    async def test_work_is_done_in_the_order_it_came_in(self, store: Store) -> None:
        handles = await asyncio.gather(*(store.write(inserting(f"m{number}")) for number in range(700)))
        assert handles == sorted(handles)

    async def test_a_caller_that_gave_up_does_not_disturb_the_others(self, store: Store) -> None:
        """Whether its own work was done is not known to it."""
        gone, stays = (asyncio.ensure_future(store.write(inserting(name))) for name in ("gone", "stays"))
        gone.cancel()
        assert await stays > 0
        assert len(await store.find(OURS, Name("stays"))) == 1
