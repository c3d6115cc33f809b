"""Which messages wait for a receipt: from when, by which deadline, and what ends it."""

from collections.abc import Callable

import pytest

from messagestatus_server.domain.message import Channel, Direction, Name, Provider
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import DeliveryState, Finality
from tests.domain.samples import NOON
from tests.domain.strategies import ACME
from tests.service.route import settle
from tests.service.waiting import (
    DUE,
    HOUR,
    USUAL,
    awaiting,
    counts,
    line,
    receipt,
    registration,
    turn,
    unsent,
    waits,
)
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")


@pytest.fixture(autouse=True)
def _tenant(bench: Workbench) -> None:
    settle(bench)


def test_a_message_waits_from_its_acceptance_on_by_the_deadline_of_its_provider(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(), registration("other", "betel"), Registration("nobody's"))
    assert awaiting(bench) == [("m", ACME, 0, DUE, None)]
    assert counts(bench) == {(ACME, Channel.UNSPECIFIED): (1, 0)}


def test_the_deadline_of_its_channel_goes_before_the_general_one(bench: Workbench) -> None:
    line(bench, USUAL, Deadline(Channel.SMS, HOUR))
    bench.register(registration("a", channel=Channel.SMS), registration("b", channel=Channel.VIBER))
    assert [(name, due) for name, _, _, due, _ in awaiting(bench)] == [("a", NOON + HOUR), ("b", DUE)]
    assert counts(bench) == {(ACME, Channel.SMS): (1, 0), (ACME, Channel.VIBER): (1, 0)}


def test_without_any_deadline_nobody_waits(bench: Workbench) -> None:
    bench.register(registration())
    bench.report(receipt(S.SENT))
    assert awaiting(bench) == []


@pytest.mark.parametrize("state", [state for state in S if state >= S.UNKNOWN and state is not S.RECEIVED])
def test_a_message_that_is_registered_with_its_end_does_not_wait(bench: Workbench, state: S) -> None:
    line(bench)
    bench.register(registration(state=state))
    assert waits(bench) == []


def test_an_inbound_message_does_not_wait(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(direction=Direction.INBOUND))
    assert waits(bench) == []


@pytest.mark.parametrize("finality", [Finality.SOFT, Finality.FINAL])
@pytest.mark.parametrize("state", [S.SENT, S.UNKNOWN, S.UNDELIVERED, S.DELIVERED])
def test_a_receipt_that_says_it_is_the_last_ends_the_waiting(
    bench: Workbench, state: S, finality: Finality
) -> None:
    line(bench)
    bench.register(registration())
    bench.report(receipt(state, finality=finality))
    assert waits(bench) == []
    assert counts(bench) == {}


@pytest.mark.parametrize(
    "said",
    [
        receipt(S.SENT),
        receipt(S.DELIVERED, finality=Finality.NONE),
        receipt(S.READ, finality=Finality.FINAL, channel=Channel.SMS),
        Receipt(message_id="m", provider=Provider(ACME, "", "gibberish"), occur_time=NOON),
    ],
    ids=["not final", "delivered, not final", "refused", "not understood"],
)
def test_other_receipts_leave_it_waiting(bench: Workbench, said: Receipt) -> None:
    line(bench)
    bench.register(registration())
    bench.report(said)
    assert waits(bench) == ["m"]


def test_a_last_receipt_that_came_before_its_message_leaves_nothing_to_wait_for(bench: Workbench) -> None:
    line(bench)
    bench.report(receipt(S.DELIVERED, message_id="a"), receipt(S.SENT, message_id="b"))
    bench.register(registration("a"), registration("b"))
    assert waits(bench) == ["b"]


def test_a_message_whose_registration_is_completed_with_the_provider_waits_from_then_on(
    bench: Workbench,
) -> None:
    line(bench)
    bench.register(unsent(), unsent("done"))
    bench.report(receipt(S.DELIVERED, message_id="done"))
    assert waits(bench) == []
    bench.register(registration(), registration("done"))
    assert awaiting(bench) == [("m", ACME, 0, DUE, None)]


def test_a_channel_that_is_told_later_brings_its_own_deadline(bench: Workbench) -> None:
    line(bench, USUAL, Deadline(Channel.SMS, HOUR))
    bench.register(registration())
    bench.register(registration(channel=Channel.SMS))
    assert awaiting(bench) == [("m", ACME, 1, NOON + HOUR, None)]
    assert counts(bench) == {(ACME, Channel.SMS): (1, 0)}


def test_a_receipt_that_teaches_the_provider_begins_the_waiting(bench: Workbench) -> None:
    line(bench)
    bench.register(unsent())
    bench.report(receipt(S.SENT, provider=Provider(ACME, "p1")))
    assert awaiting(bench) == [("m", ACME, 0, DUE, None)]


def test_a_receipt_that_teaches_the_provider_and_is_the_last_begins_none(bench: Workbench) -> None:
    line(bench)
    bench.register(unsent())
    bench.report(receipt(S.DELIVERED, provider=Provider(ACME, "p1")))
    bench.report(receipt(S.SENT, 2, provider=Provider(ACME, "p2")))
    assert waits(bench) == []


def test_a_message_waits_by_the_provider_it_was_given_to_whoever_else_tells_of_it(bench: Workbench) -> None:
    line(bench)
    line(bench, Deadline(Channel.UNSPECIFIED, HOUR), name="betel", provider="betel")
    bench.register(registration())
    bench.report(receipt(S.SENT, provider=Provider("betel", "b1")))
    assert awaiting(bench) == [("m", ACME, 0, DUE, None)]


def test_parked_receipts_that_a_learnt_name_brings_end_the_waiting(bench: Workbench) -> None:
    line(bench)
    bench.register(unsent())
    bench.report(receipt(S.DELIVERED, message_id="", provider=Provider(ACME, "p1")))
    bench.report(receipt(S.SENT, provider=Provider(ACME, "p1")))
    assert waits(bench) == []


def test_a_group_waits_until_all_of_its_recipients_are_told_of(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(recipients=("ann", "bob")))
    bench.report(receipt(S.DELIVERED, recipient="ann"))
    assert waits(bench) == ["m"]
    bench.report(receipt(S.UNDELIVERED, recipient="bob"))
    assert waits(bench) == []


def test_one_last_receipt_for_everybody_ends_the_waiting_of_a_group(bench: Workbench) -> None:
    line(bench)
    bench.register(registration(recipients=("ann", "bob")))
    bench.report(receipt(S.DELIVERED))
    assert waits(bench) == []


@pytest.mark.parametrize(
    "gone",
    [lambda bench: bench.suppress(M, NOON + 1), lambda bench: bench.delete(M)],
    ids=["suppressed", "deleted"],
)
def test_a_message_that_is_suppressed_or_deleted_waits_no_more(
    bench: Workbench, gone: Callable[[Workbench], object]
) -> None:
    line(bench)
    bench.register(registration(), registration("other"))
    gone(bench)
    assert waits(bench) == ["other"]


def test_messages_that_are_registered_already_get_a_deadline_that_is_added_later(bench: Workbench) -> None:
    route = line(bench, provider="betel")
    bench.register(
        *(registration(f"m{number}") for number in range(3)),
        registration("other", "other"),
        registration("sent-for-good"),
        registration("read"),
    )
    bench.report(
        receipt(S.SENT, message_id="m1"),
        receipt(S.SENT, message_id="sent-for-good", finality=Finality.FINAL),
        receipt(S.READ, message_id="read", finality=Finality.NONE),
    )
    route.update(provider_name=ACME, deadlines=(USUAL,))
    turn(bench)
    assert waits(bench) == [], "another server may not know of the deadline yet"
    turn(bench, NOON + 3_000_000)
    assert awaiting(bench) == [(f"m{number}", ACME, 0, DUE, None) for number in range(3)]
    assert bench.select("SELECT * FROM deadline_sweep") == []


def test_a_deadline_that_is_changed_holds_for_those_that_wait_already(bench: Workbench) -> None:
    route = line(bench)
    bench.register(registration())
    route.update(provider_name=ACME, deadlines=(Deadline(Channel.UNSPECIFIED, 2 * HOUR),))
    turn(bench, NOON + 3_000_000)
    assert awaiting(bench) == [("m", ACME, 0, NOON + 2 * HOUR, None)]


def test_a_search_goes_over_many_messages_in_pages(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messagestatus_server.service.timer.BATCH", 4)
    monkeypatch.setattr("messagestatus_server.service.timer.MOST_PAGES", 2)
    names = [f"m{number:02}" for number in range(19)]
    bench.register(*map(registration, names))
    line(bench)
    reached = []
    bench.now += 3_000_000
    for _ in range(3):
        turn(bench)
        reached.append(len(waits(bench)))
    assert reached == [8, 16, 19]
    assert waits(bench) == names
