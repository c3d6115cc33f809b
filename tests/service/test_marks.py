"""Marks of the timer: what they look like, who gets one and who does not, and what takes them back."""

import pytest

from messagestatus_server.domain.awaiting import MARK_PRECEDENCE
from messagestatus_server.domain.message import Channel, Name, Provider, RollUp
from messagestatus_server.domain.receipt import TIMER, Disposition
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import DeliveryState, Finality
from messagestatus_server.service.reporting import Reported
from tests.domain.samples import NOON
from tests.domain.strategies import ACME
from tests.service.agreement import check_agreement, check_feed
from tests.service.arrangements import M
from tests.service.route import settle
from tests.service.waiting import (
    DUE,
    HOUR,
    USUAL,
    awaiting,
    counts,
    line,
    marked,
    marks,
    page,
    receipt,
    registration,
    state_of,
    stuck,
    turn,
    waits,
)
from tests.service.workbench import Workbench

S = DeliveryState
TO_BE_EXPIRED = Deadline(Channel.UNSPECIFIED, 4 * HOUR, S.EXPIRED)
LATE = 20_000
"""Seconds after noon: long after the deadline."""


@pytest.fixture(autouse=True)
def _tenant(bench: Workbench) -> None:
    settle(bench)


def test_a_message_is_marked_when_its_time_has_come_and_not_before(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    turn(bench, DUE - 1)
    assert (state_of(bench), stuck(bench)) == (S.QUEUED, [])
    turn(bench, DUE)
    assert (state_of(bench), stuck(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)])
    assert counts(bench) == {(ACME, Channel.UNSPECIFIED): (0, 1)}
    check_agreement(bench)
    check_feed(bench)


def test_the_mark_is_the_state_that_the_deadline_says(bench: Workbench) -> None:
    marked(bench, TO_BE_EXPIRED)
    assert state_of(bench) is S.EXPIRED


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
    assert (state_of(bench), stuck(bench), awaiting(bench)) == (late, [], [])
    assert counts(bench) == {}
    check_agreement(bench)
    check_feed(bench)


def test_even_a_weaker_receipt_takes_it_back_if_it_is_the_last(bench: Workbench) -> None:
    """A carrier may say that it will never tell more than that it has sent the message."""
    marked(bench, TO_BE_EXPIRED)
    (outcome,) = bench.report(receipt(S.SENT, LATE, finality=Finality.SOFT))
    assert isinstance(outcome, Reported)
    assert (outcome.disposition, outcome.state) == (Disposition.APPLIED, S.SENT)
    assert (state_of(bench), stuck(bench)) == (S.SENT, [])
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
    assert (state_of(bench), bench.message(M).revision) == (S.SENT, 5)
    check_agreement(bench)


def test_a_weaker_receipt_that_is_not_the_last_leaves_the_mark(bench: Workbench) -> None:
    marked(bench)
    bench.report(receipt(S.SENT, LATE))
    assert (state_of(bench), stuck(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)])


def test_a_message_that_arrived_is_not_stuck_though_more_was_to_come(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    bench.report(receipt(S.DELIVERED, finality=Finality.NONE))
    assert waits(bench) == ["m"]
    turn(bench, DUE)
    assert (state_of(bench), marks(bench), waits(bench)) == (S.DELIVERED, 0, [])


def test_a_marked_message_that_arrives_is_stuck_no_more_though_more_is_to_come(bench: Workbench) -> None:
    marked(bench)
    bench.report(receipt(S.DELIVERED, LATE, finality=Finality.NONE))
    assert (state_of(bench), stuck(bench), waits(bench)) == (S.DELIVERED, [], [])


def test_a_carrier_that_gave_up_and_may_tell_more_leaves_the_message_stuck(bench: Workbench) -> None:
    line(bench)
    bench.register(registration())
    bench.report(receipt(S.UNKNOWN, finality=Finality.NONE))
    turn(bench, DUE)
    assert (state_of(bench), stuck(bench), marks(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)], 1)


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
    assert (state_of(bench), stuck(bench)) == (S.UNDELIVERED, [])
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
    assert (state_of(bench), marks(bench), waits(bench)) == (S.DELIVERED, 0, [])


def test_a_completed_message_keeps_its_mark(bench: Workbench) -> None:
    marked(bench)
    bench.register(registration(phone="+4366012345678"))
    assert (state_of(bench), stuck(bench)) == (S.UNKNOWN, [("m", S.UNKNOWN)])
    check_agreement(bench)
