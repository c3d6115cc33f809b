"""The timer: what it marks and what not, what takes the mark back, and what the mark looks like."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from messagestatus_server.domain.awaiting import MARK_PRECEDENCE
from messagestatus_server.domain.message import Channel, Name, Provider, RollUp
from messagestatus_server.domain.receipt import TIMER, Disposition
from messagestatus_server.domain.refusals import FieldInvalid, StoreUnavailable
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import DeliveryState, Finality
from messagestatus_server.service.reporting import Reported
from messagestatus_server.storage.store import Transaction
from tests.domain.samples import NOON
from tests.domain.strategies import ACME
from tests.service.agreement import check_agreement, check_feed
from tests.service.route import Line, settle
from tests.service.waiting import (
    DUE,
    HOUR,
    USUAL,
    awaiting,
    counts,
    line,
    page,
    receipt,
    registration,
    stuck,
    turn,
    waits,
)
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
TO_BE_EXPIRED = Deadline(Channel.UNSPECIFIED, 4 * HOUR, S.EXPIRED)
LATE = 20_000
"""Seconds after noon: long after the deadline."""


@pytest.fixture(autouse=True)
def _tenant(bench: Workbench) -> None:
    settle(bench)


def marked(bench: Workbench, *deadlines: Deadline) -> Line:
    """Register a message that no receipt comes for, and let its time pass."""
    route = line(bench, *deadlines)
    bench.register(registration())
    turn(bench, DUE)
    return route


def state(bench: Workbench) -> S:
    return bench.message(M).standing.state


def marks(bench: Workbench) -> int:
    return [each.entry.receipt.source for each in bench.history(M).records].count(TIMER)


def test_a_message_is_marked_when_its_time_has_come_and_not_before(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    turn(bench, DUE - 1)
    assert (state(bench), stuck(bench)) == (S.QUEUED, [])
    turn(bench, DUE)
    assert (state(bench), stuck(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)])
    assert counts(bench) == {(ACME, Channel.UNSPECIFIED): (0, 1)}
    check_agreement(bench)
    check_feed(bench)


def test_the_mark_is_the_state_that_the_deadline_says(bench: Workbench) -> None:
    marked(bench, TO_BE_EXPIRED)
    assert state(bench) is S.EXPIRED


def test_the_mark_stands_in_the_history_as_a_receipt_of_the_timer(bench: Workbench) -> None:
    marked(bench)
    (record,) = bench.history(M).records
    told = record.entry.receipt
    assert (told.source, told.state, told.precedence, told.finality) == (
        TIMER,
        S.UNKNOWN,
        MARK_PRECEDENCE,
        Finality.NONE,
    )
    assert told.provider == Provider(ACME, "p-m", detail="no receipt within 4 h")
    assert (record.entry.occur_time, record.entry.receive_time) == (DUE, DUE)
    assert record.disposition is Disposition.APPLIED
    assert record.explanation.startswith("no receipt came in time: QUEUED to UNKNOWN")


def test_watchers_hear_of_the_mark_and_of_its_end(bench: Workbench) -> None:
    marked(bench)
    bench.report(receipt(S.DELIVERED))
    assert [(kind, before, after) for _, kind, before, after, *_ in bench.changes()] == [
        (1, 0, S.QUEUED),
        (2, S.QUEUED, S.UNKNOWN),
        (2, S.UNKNOWN, S.DELIVERED),
    ]


def test_it_tells_of_the_time_when_a_receipt_was_due_however_late_it_runs(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    turn(bench, DUE + HOUR)
    assert bench.message(M).standing.change_time == DUE
    ((each,), _) = page(bench)
    assert (each.awaited.due_time, each.mark_time) == (DUE, DUE + HOUR)


def test_the_timer_marks_once(bench: Workbench) -> None:
    marked(bench)
    before = bench.rows(), bench.changes(), awaiting(bench)
    turn(bench)
    turn(bench, DUE + HOUR)
    assert (bench.rows(), bench.changes(), awaiting(bench)) == before


def test_a_timer_that_begins_again_after_the_end_of_its_server_marks_what_is_left(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    bench.restart()
    turn(bench, DUE)
    bench.restart()
    turn(bench)
    assert (stuck(bench), marks(bench)) == ([("m", S.UNKNOWN)], 1)


@pytest.mark.parametrize("deadline", [USUAL, TO_BE_EXPIRED], ids=["unknown", "expired"])
@pytest.mark.parametrize("late", [each for each in S if each >= S.UNKNOWN and each is not S.RECEIVED])
def test_late_evidence_of_any_strength_takes_the_place_of_the_mark(
    bench: Workbench, late: S, deadline: Deadline
) -> None:
    marked(bench, deadline)
    (outcome,) = bench.report(receipt(late, LATE, finality=Finality.FINAL))
    assert isinstance(outcome, Reported)
    assert (outcome.disposition, outcome.state) == (Disposition.APPLIED, late)
    assert (state(bench), stuck(bench), awaiting(bench)) == (late, [], [])
    assert counts(bench) == {}
    check_agreement(bench)
    check_feed(bench)


def test_even_a_weaker_receipt_takes_it_back_if_it_is_the_last(bench: Workbench) -> None:
    """A carrier may say that it will never tell more than that it has sent the message."""
    marked(bench, TO_BE_EXPIRED)
    (outcome,) = bench.report(receipt(S.SENT, LATE, finality=Finality.SOFT))
    assert isinstance(outcome, Reported)
    assert (outcome.disposition, outcome.state) == (Disposition.APPLIED, S.SENT)
    assert (state(bench), stuck(bench)) == (S.SENT, [])
    assert [kind for _, kind, *_ in bench.changes()] == [1, 2, 2]
    check_agreement(bench)
    check_feed(bench)


def test_what_is_reported_beside_such_a_receipt_is_not_lost(bench: Workbench) -> None:
    marked(bench, TO_BE_EXPIRED)
    bench.report(
        receipt(S.ACCEPTED, LATE - 1),
        receipt(S.SENT, LATE, finality=Finality.SOFT),
        receipt(S.SENT, LATE + 1),
    )
    assert (state(bench), bench.message(M).revision) == (S.SENT, 5)
    check_agreement(bench)


def test_a_weaker_receipt_that_is_not_the_last_leaves_the_mark(bench: Workbench) -> None:
    marked(bench)
    bench.report(receipt(S.SENT, LATE))
    assert (state(bench), stuck(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)])


def test_a_message_that_arrived_is_not_stuck_though_more_was_to_come(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    bench.report(receipt(S.DELIVERED, finality=Finality.NONE))
    assert waits(bench) == ["m"]
    turn(bench, DUE)
    assert (state(bench), marks(bench), waits(bench)) == (S.DELIVERED, 0, [])


def test_a_marked_message_that_arrives_is_stuck_no_more_though_more_is_to_come(bench: Workbench) -> None:
    marked(bench)
    bench.report(receipt(S.DELIVERED, LATE, finality=Finality.NONE))
    assert (state(bench), stuck(bench), waits(bench)) == (S.DELIVERED, [], [])


def test_a_carrier_that_gave_up_and_may_tell_more_leaves_the_message_stuck(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    bench.report(receipt(S.UNKNOWN, finality=Finality.NONE))
    turn(bench, DUE)
    assert (state(bench), stuck(bench), marks(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)], 1)


def test_a_suppressed_message_is_not_marked_and_a_marked_one_is_stuck_no_more(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(), registration("other"))
    bench.suppress(M, NOON + 1)
    turn(bench, DUE)
    assert (marks(bench), stuck(bench)) == (0, [("other", S.UNKNOWN)])
    bench.suppress(Name("other"), NOON + 1)
    assert stuck(bench) == []


def test_of_a_group_those_are_marked_of_whom_nothing_is_known(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(recipients=("ann", "bob", "eve")))
    bench.report(receipt(S.DELIVERED, recipient="ann"), receipt(S.SENT, recipient="bob"))
    turn(bench, DUE)
    message = bench.message(M)
    assert {user: each.state for user, each in message.recipients.items()} == {
        "ann": S.DELIVERED,
        "bob": S.UNKNOWN,
        "eve": S.UNKNOWN,
    }
    assert (message.standing.state, stuck(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)])
    bench.report(receipt(S.READ, LATE, recipient="bob"))
    assert stuck(bench) == [("m", S.UNKNOWN)]
    bench.report(receipt(S.UNDELIVERED, LATE, recipient="eve"))
    assert (state(bench), stuck(bench)) == (S.UNDELIVERED, [])
    check_agreement(bench)
    check_feed(bench)


def test_a_last_receipt_for_everybody_takes_the_mark_from_every_recipient(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(recipients=("ann", "bob"), roll_up=RollUp.ANY))
    bench.report(receipt(S.ACCEPTED, recipient="ann"))
    turn(bench, DUE)
    bench.report(receipt(S.SENT, LATE, finality=Finality.FINAL))
    message = bench.message(M)
    assert {each.state for each in [message.standing, *message.recipients.values()]} == {S.SENT}
    assert stuck(bench) == []
    check_agreement(bench)


def test_a_group_of_which_one_is_enough_is_not_stuck_once_it_has_arrived(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(recipients=("ann", "bob"), roll_up=RollUp.ANY))
    bench.report(receipt(S.DELIVERED, recipient="ann"))
    turn(bench, DUE)
    assert (state(bench), marks(bench), waits(bench)) == (S.DELIVERED, 0, [])


def test_a_completed_message_keeps_its_mark(bench: Workbench) -> None:
    marked(bench)
    bench.register(registration(phone="+4366012345678"))
    assert (state(bench), stuck(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)])
    check_agreement(bench)


def test_a_deadline_that_became_longer_holds_for_those_that_wait(bench: Workbench) -> None:
    route = line(bench)
    bench.register(registration())
    route.update(provider_name=ACME, deadlines=(Deadline(Channel.UNSPECIFIED, 5 * HOUR),))
    turn(bench, DUE)
    turn(bench, DUE)
    assert state(bench) is S.QUEUED
    turn(bench, DUE + HOUR)
    assert stuck(bench) == [("m", S.UNKNOWN)]


def test_a_deadline_that_is_gone_marks_nobody(bench: Workbench) -> None:
    route = line(bench)
    line(bench, name="betel", provider="betel")
    bench.register(registration())
    route.update(provider_name=ACME)
    turn(bench, DUE)
    assert (state(bench), waits(bench)) == (S.QUEUED, [])


def test_a_tenant_without_deadlines_has_no_stuck_messages(bench: Workbench) -> None:
    route = marked(bench)
    bench.register(registration("n"))
    route.update(provider_name=ACME)
    turn(bench)
    assert (state(bench), waits(bench), counts(bench)) == (S.UNKNOWN, [], {})


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
