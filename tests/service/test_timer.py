"""The timer: its turns, deadlines that change meanwhile, and the messages that it leaves stuck."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.receipt import TIMER
from messagestatus_server.domain.refusals import FieldInvalid, StoreUnavailable
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.storage.store import Transaction
from tests.domain.samples import NOON
from tests.domain.strategies import ACME
from tests.service.route import settle
from tests.service.waiting import (
    DUE,
    HOUR,
    USUAL,
    counts,
    line,
    marked,
    page,
    registration,
    state_of,
    stuck,
    turn,
    waits,
)
from tests.service.workbench import Workbench

S = DeliveryState


@pytest.fixture(autouse=True)
def _tenant(bench: Workbench) -> None:
    settle(bench)


def test_a_deadline_that_became_longer_holds_for_those_that_wait(bench: Workbench) -> None:
    route = line(bench)
    bench.register(registration())
    route.update(provider_name=ACME, deadlines=(Deadline(Channel.UNSPECIFIED, 5 * HOUR),))
    turn(bench, DUE)
    turn(bench, DUE)
    assert state_of(bench) is S.QUEUED
    turn(bench, DUE + HOUR)
    assert stuck(bench) == [("m", S.UNKNOWN)]


def test_a_deadline_that_is_gone_marks_nobody(bench: Workbench) -> None:
    route = line(bench)
    line(bench, name="betel", provider="betel")
    bench.register(registration())
    route.update(provider_name=ACME)
    turn(bench, DUE)
    assert (state_of(bench), waits(bench)) == (S.QUEUED, [])


def test_a_tenant_without_deadlines_has_no_stuck_messages(bench: Workbench) -> None:
    route = marked(bench)
    bench.register(registration("n"))
    route.update(provider_name=ACME)
    turn(bench)
    assert (state_of(bench), waits(bench), counts(bench)) == (S.UNKNOWN, [], {})


def test_deadlines_that_come_back_need_no_second_mark(bench: Workbench) -> None:
    route = marked(bench)
    route.update(provider_name=ACME)
    turn(bench)
    before = bench.rows()
    route.update(provider_name=ACME, deadlines=(USUAL,))
    bench.now += 3_000_000
    turn(bench)
    assert (stuck(bench), bench.rows()) == ([("m", S.UNKNOWN)], before)
    assert bench.select("SELECT * FROM repetition") == []


def test_many_messages_are_marked_in_batches(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messagestatus_server.service.timer.BATCH", 4)
    line(bench)
    bench.register(*(registration(f"m{number}") for number in range(10)))
    turn(bench, DUE)
    assert len(stuck(bench)) == 10


def test_each_tenant_has_its_own(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    first = bench.caller
    settle(bench, "second")
    line(bench, name="second")
    bench.register(registration("n"))
    turn(bench, DUE)
    assert stuck(bench) == [("n", S.UNKNOWN)]
    bench.caller = first
    assert stuck(bench) == [("m", S.UNKNOWN)]


def test_stuck_messages_come_in_pages_and_by_provider_and_channel(bench: Workbench) -> None:
    line(bench)
    line(bench, name="betel", provider="betel")
    bench.register(
        registration("a", accept_time=NOON + 2),
        registration("b", "betel", accept_time=NOON + 1),
        registration("c", channel=Channel.SMS),
    )
    turn(bench, DUE + 2)
    assert [name for name, _ in stuck(bench)] == ["c", "b", "a"]
    assert [name for name, _ in stuck(bench, provider=ACME)] == ["c", "a"]
    assert [name for name, _ in stuck(bench, channel=Channel.SMS)] == ["c"]
    first, place = page(bench, size=2)
    assert [each.message_id for each in first] == ["c", "b"]
    second, end = page(bench, place, size=2)
    assert ([each.message_id for each in second], end) == (["a"], None)


def test_no_route_may_have_the_name_of_the_timer(bench: Workbench) -> None:
    with pytest.raises(FieldInvalid, match="route"):
        line(bench, name=TIMER)


def test_a_store_that_cannot_write_ends_a_turn_and_not_the_timer(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    line(bench)
    bench.register(registration())
    bench.now = DUE
    write = bench.store.write
    failures: list[Exception] = [StoreUnavailable(), ZeroDivisionError("what nobody foresaw")]
    marked = asyncio.Event()

    async def failing(work: Callable[[Transaction], Awaitable[object]]) -> object:
        if failures:
            raise failures.pop()
        result = await write(work)
        if bench.select("SELECT 1 FROM awaiting WHERE mark_time IS NOT NULL"):
            marked.set()
        return result

    async def some_turns() -> None:
        bench.timer.start(0.001)
        await asyncio.wait_for(marked.wait(), timeout=20)
        await bench.timer.close()

    monkeypatch.setattr(bench.store, "write", failing)
    bench.run(some_turns())
    assert (failures, stuck(bench)) == ([], [("m", S.UNKNOWN)])
