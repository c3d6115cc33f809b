"""Whatever is committed, whoever joins, leaves and resumes: each hears what the table of changes holds."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from messagestatus_server.domain.feed import Filter, Happening
from messagestatus_server.domain.refusals import WatcherTooSlow
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.storage.sqlite.store import SqliteStore
from tests.domain.effort import effort, hold
from tests.service.feeding import Feeding, Watch, opened

PHONE = "+4366012345678"
NAMES = ["a", "b", "c"]
STATES = [DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ]
MOST_WAITING = 4
SOON = 0.001
FILTERS = [
    Filter(),
    Filter(message_ids=frozenset({"a", "b"})),
    Filter(message_ids=frozenset({"c"}), states=frozenset({DeliveryState.SENT})),
    Filter(states=frozenset({DeliveryState.DELIVERED, DeliveryState.READ})),
    Filter(instance="red"),
]
"""Filters by what is known of a message for ever. (A phone number is not: it is gone with the message.)"""


class Step(NamedTuple):
    """What happens next, with numbers that say to what and how often."""

    kind: str
    which: int
    times: int


KINDS = [
    "commit",
    "commit",
    "commit at the same time",
    "delete",
    "hear everything",
    "join",
    "leave",
    "resume",
    "take",
    "take",
    "turn",
]

steps = st.lists(
    st.builds(Step, st.sampled_from(KINDS), st.integers(0, 11), st.integers(1, 8)), min_size=20, max_size=80
)


class Interleaving:
    """One run: the steps as they are drawn, and every watch that ever was."""

    def __init__(self, fed: Feeding) -> None:
        self.fed = fed
        self.watches: list[Watch] = []
        self.left: list[Watch] = []
        self._committing: list[asyncio.Task[None]] = []
        self._places = [0]

    async def begin(self) -> None:
        """Know the messages."""
        for name in NAMES:
            await self.fed.register(name, instance="red" if name == "b" else "", phone=PHONE)

    async def take(self, step: Step) -> None:
        """Do what a step says."""
        does: dict[str, Callable[[Step], Awaitable[None]]] = {
            "commit": self._commit,
            "commit at the same time": self._commit_at_the_same_time,
            "join": self._join,
            "resume": self._resume,
            "take": self._hear,
            "hear everything": self._hear_everything,
            "leave": self._leave,
            "delete": self._delete,
            "turn": self._turn,
        }
        await does[step.kind](step)

    async def end(self) -> None:
        """Let everybody who is left hear of everything, and hold each to the table."""
        await asyncio.gather(*self._committing)
        for watch in self.watches:
            await watch.catch_up()
            await watch.close()
        table = await self.fed.table()
        for watch in [*self.watches, *self.left]:
            check(watch, table)
        assert self.fed.feed._tails == {}

    async def _commit(self, step: Step) -> None:
        name = NAMES[step.which % len(NAMES)]
        if name in self.fed.stored:
            await self.fed.change(name, *(STATES[(step.which + each) % 3] for each in range(step.times)))

    async def _commit_at_the_same_time(self, step: Step) -> None:
        self._committing.append(asyncio.create_task(self._commit(step)))

    async def _join(self, step: Step) -> None:
        self.watches.append(self.fed.watch(FILTERS[step.which % len(FILTERS)], heartbeat=SOON))

    async def _resume(self, step: Step) -> None:
        place = self._places[step.which * step.times % len(self._places)]
        self.watches.append(self.fed.watch(FILTERS[step.which % len(FILTERS)], place, SOON))

    async def _hear(self, step: Step) -> None:
        if not self.watches:
            return
        watch = self.watches[step.which % len(self.watches)]
        for _ in range(step.times):
            if watch.ended is None:
                await watch.take()
                self._places.append(watch.place)

    async def _hear_everything(self, step: Step) -> None:
        for watch in self.watches[: step.times]:
            await watch.catch_up()
            if watch.ended is None:
                await watch.take()

    async def _leave(self, step: Step) -> None:
        if self.watches:
            watch = self.watches.pop(step.which % len(self.watches))
            await watch.close()
            self.left.append(watch)

    async def _delete(self, step: Step) -> None:
        await asyncio.gather(*self._committing)
        name = NAMES[step.which % len(NAMES)]
        if step.times == 1 and name in self.fed.stored:
            await self.fed.delete(name)

    async def _turn(self, step: Step) -> None:
        for _ in range(step.times):
            await asyncio.sleep(0)


def check(watch: Watch, table: list[Happening]) -> None:
    """Hold that a watch heard of all that it wants from where it began to where it is, once and in order."""
    assert watch.ended is None or isinstance(watch.ended, WatcherTooSlow)
    assert watch.seen == [
        happening.sequence
        for happening in table
        if watch.after < happening.sequence <= watch.place and watch.wanted.wants(happening)
    ]


@effort
def test_each_watch_hears_the_changes_of_the_table_that_it_wants(effort: int, tmp_path: Path) -> None:
    tenants = count(1)

    async def run(store: SqliteStore, taken: list[Step]) -> None:
        interleaving = Interleaving(Feeding(store, MOST_WAITING, next(tenants)))
        await interleaving.begin()
        for step in taken:
            await interleaving.take(step)
        await interleaving.end()
        interleaving.fed.feed.stop()

    with asyncio.Runner() as runner:

        async def open_store() -> SqliteStore:
            return opened(tmp_path / "messagestatus.db")

        store = runner.run(open_store())
        hold(lambda taken: runner.run(run(store, taken)), 60 * effort, taken=steps)
        runner.run(store.close())
