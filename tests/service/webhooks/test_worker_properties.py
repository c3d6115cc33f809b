"""Whatever fails, and whenever a worker dies: each change is told, in the order of its message."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

from hypothesis import strategies as st

from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.service.webhooks.claiming import LEASE
from tests.domain.effort import effort, hold

from .office import DAY, HANG, SECOND, Office, Post, opened

MESSAGES = st.sampled_from(["a", "b", "c"])
STATES = [S.QUEUED, S.ACCEPTED, S.SENT, S.DELIVERED, S.READ]

STEPS = st.one_of(
    st.tuples(st.just("change"), MESSAGES, st.integers(1, 3)),
    st.tuples(st.just("answer"), st.sampled_from([200, 200, 500, 429, HANG])),
    st.tuples(st.just("turn")),
    st.tuples(st.just("let"), st.sampled_from([200, 500])),
    st.tuples(st.just("crash"), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([SECOND, 6 * SECOND, 400 * SECOND, LEASE])),
)


class Ledger:
    """What receivers took, and whether it came in order."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.made: dict[str, int] = dict.fromkeys("abc", 0)
        self.said: int | None = 200
        self.taken: dict[str, dict[int, int]] = {name: {} for name in "abc"}
        self.hanging: list[Post] = []
        office.receivers.answer = self.answer

    def answer(self, post: Post) -> int | None:
        for event in post.events:
            told = event["data"]
            taken = self.taken[told["message_id"]]
            later = [sequence for sequence in taken if sequence > told["sequence"]]
            assert not later, "an earlier change came after a later one was taken"
            covered = sum(number for sequence, number in taken.items() if sequence < told["sequence"])
            before = [event for event in self.order[told["message_id"]] if event < told["sequence"]]
            assert len(before) == covered + told["skipped"], "a change came before one that it follows"
        if self.said == 200:
            self.take(post)
        elif self.said is HANG:
            self.hanging.append(post)
        return self.said

    def take(self, post: Post) -> None:
        for event in post.events:
            told = event["data"]
            self.taken[told["message_id"]][told["sequence"]] = 1 + told["skipped"]

    order: dict[str, list[int]]


async def played(path: Path, steps: list[tuple[object, ...]], window: int, batch_size: int) -> None:
    async with opened(path, disabled_after=0) as office:
        await office.endpoint(coalesce_window=window, batch_size=batch_size, concurrency=2)
        ledger = Ledger(office)
        ledger.order = {name: [] for name in "abc"}
        sequences = count(1)
        for name in "abc":
            await office.register(name)
        for step in steps:
            match step:
                case ("change", str(name), int(number)):
                    ledger.order[name] += [next(sequences) for _ in range(number)]
                    await office.change(name, *STATES[:number])
                case ("answer", said):
                    ledger.said = said  # type: ignore[assignment]
                case ("turn",):
                    await office.run()
                case ("let", int(said)):
                    _let(ledger, office, said, taken=said == 200)
                    await office.run()
                case ("crash", bool(taken)):
                    # The receiver may have taken what nobody was left to hear of.
                    _let(ledger, office, 0, taken=taken, answered=False)
                    office.crash()
                case ("wait", int(micros)):
                    office.now += micros
        ledger.said = 200
        _let(ledger, office, 500, taken=False)
        await office.run_until(office.now + 5 * DAY)
        for name, order in ledger.order.items():
            told = ledger.taken[name]
            assert sum(told.values()) == len(order), (name, order, told)
            assert max(told, default=None) == max(order, default=None)


def _let(ledger: Ledger, office: Office, said: int, *, taken: bool, answered: bool = True) -> None:
    hanging, ledger.hanging = ledger.hanging, []
    if taken:
        for post in hanging:
            ledger.take(post)
    if answered:
        office.receivers.let(said)


@effort
def test_nothing_is_lost_and_nothing_overtakes(effort: int, tmp_path: Path) -> None:
    numbers = count()

    def check(steps: list[tuple[object, ...]], window: int, batch_size: int) -> None:
        asyncio.run(played(tmp_path / f"{next(numbers)}.db", steps, window, batch_size))

    checked: Callable[..., None] = check
    hold(
        checked,
        40 * effort,
        steps=st.lists(STEPS, min_size=3, max_size=40),
        window=st.sampled_from([0, 0, 2 * SECOND]),
        batch_size=st.sampled_from([1, 1, 3]),
    )
