"""The history: what became of each receipt, by the cases that users of such systems complain about."""

import pytest

from messagestatus_server.domain.fold import advance, refold
from messagestatus_server.domain.guards import Guard
from messagestatus_server.domain.history import history, on_arrival, parked
from messagestatus_server.domain.message import Channel, Provider, RollUp
from messagestatus_server.domain.receipt import Disposition, Entry
from messagestatus_server.domain.state import DeliveryState, Finality

from .samples import NOON, entry, message

S = DeliveryState
APPLIED, FILLED, STALE = Disposition.APPLIED, Disposition.FILLED, Disposition.STALE
CONFLICT, REFUSED = Disposition.CONFLICT, Disposition.REFUSED


def told(channel: Channel, *entries: Entry, **said: object) -> dict[S, Disposition]:
    """Return the state that is reached, and what became of each receipt, by its state."""
    known = refold(message(channel=channel, **said), entries, revision=1)
    records = history(known, entries)
    assert {record.entry.key for record in records} == {each.key for each in entries}
    return {record.entry.receipt.state: record.disposition for record in records}


def test_delivered_then_sent_is_no_downgrade() -> None:
    """A late `sent` tells of an earlier step."""
    late = [entry(S.DELIVERED, 2, arrived=2), entry(S.SENT, 1, arrived=3)]
    assert told(Channel.WHATSAPP, *late) == {S.DELIVERED: APPLIED, S.SENT: FILLED}


def test_a_sent_that_is_told_to_be_later_is_stale() -> None:
    assert told(Channel.SMS, entry(S.DELIVERED, 2), entry(S.SENT, 5)) == {
        S.DELIVERED: APPLIED,
        S.SENT: STALE,
    }


def test_receipts_in_their_order_are_all_applied() -> None:
    steps = [entry(state, at) for at, state in enumerate((S.SENT, S.DELIVERED, S.READ), 1)]
    assert set(told(Channel.WHATSAPP, *steps).values()) == {APPLIED}


def test_receipts_in_reverse_are_filled_but_for_the_last_step() -> None:
    steps = [entry(state, at, arrived=20 - at) for at, state in enumerate((S.SENT, S.DELIVERED, S.READ), 1)]
    assert told(Channel.WHATSAPP, *steps) == {S.SENT: FILLED, S.DELIVERED: FILLED, S.READ: APPLIED}


@pytest.mark.parametrize("arrivals", [(1, 2), (2, 1)])
def test_a_final_failure_against_delivery_is_a_conflict_in_either_order(arrivals: tuple[int, int]) -> None:
    """Failed, then delivered: it arrived, and the carrier that called its failure final is contradicted."""
    failed = entry(S.UNDELIVERED, 1, arrived=arrivals[0], finality=Finality.FINAL)
    delivered = entry(S.DELIVERED, 2, arrived=arrivals[1])
    assert told(Channel.SMS, failed, delivered) == {S.UNDELIVERED: CONFLICT, S.DELIVERED: APPLIED}


def test_a_soft_failure_before_delivery_was_only_a_step() -> None:
    failed = entry(S.UNDELIVERED, 1, finality=Finality.SOFT)
    assert told(Channel.SMS, failed, entry(S.DELIVERED, 2)) == {S.UNDELIVERED: APPLIED, S.DELIVERED: APPLIED}


def test_a_bounce_after_delivery_is_a_conflict() -> None:
    bounce = entry(S.UNDELIVERED, 9, finality=Finality.FINAL)
    assert told(Channel.EMAIL, entry(S.DELIVERED, 1), bounce) == {
        S.DELIVERED: APPLIED,
        S.UNDELIVERED: CONFLICT,
    }


def test_a_bounce_that_a_route_ranks_above_delivery_is_applied() -> None:
    """Then it is the delivery that is contradicted, if it called itself final."""
    bounce = entry(S.UNDELIVERED, 9, finality=Finality.FINAL, precedence=65)
    delivered = entry(S.DELIVERED, 1, finality=Finality.FINAL)
    assert told(Channel.EMAIL, delivered, bounce) == {S.DELIVERED: CONFLICT, S.UNDELIVERED: APPLIED}


def test_a_soft_server_error_after_read_is_stale() -> None:
    error = entry(S.FAILED, 9, finality=Finality.SOFT)
    assert told(Channel.WHATSAPP, entry(S.READ, 1), error) == {S.READ: APPLIED, S.FAILED: STALE}


def test_what_a_guard_refuses_is_kept_with_the_guard() -> None:
    read = entry(S.READ)
    sms = message(channel=Channel.SMS)
    (record,) = history(advance(sms, read), [read])
    assert record[1:4] == (REFUSED, Guard.CHANNEL_HAS_NO_READS, "the channel SMS has no reads")
    assert (record.previous_state, record.new_state) == (S.QUEUED, S.QUEUED)


@pytest.mark.parametrize(
    ("finality", "disposition"),
    [(Finality.NONE, Disposition.NOTED), (Finality.UNSPECIFIED, Disposition.QUARANTINED)],
)
def test_a_word_without_a_state_is_noted_when_known_and_quarantined_when_not(
    finality: Finality, disposition: Disposition
) -> None:
    word = entry(S.UNSPECIFIED, finality=finality, provider=Provider(status="HMM"))
    (record,) = history(advance(message(), word), [word])
    assert (record.disposition, record.guard) == (disposition, Guard.UNSPECIFIED)
    assert "HMM" in record.explanation
    assert on_arrival(message(), advance(message(), word), word) == (disposition, Guard.UNSPECIFIED)


def test_the_history_goes_by_the_times_told() -> None:
    late = [entry(S.DELIVERED, 2, arrived=1), entry(S.SENT, 1, arrived=9)]
    records = history(refold(message(), late, revision=1), late)
    assert [record.entry.receipt.state for record in records] == [S.SENT, S.DELIVERED]


def test_each_recipient_has_a_history_of_its_own() -> None:
    """What one has read is not stale because another has read it."""
    group = message(recipients=("ann", "bob"), roll_up=RollUp.ALL)
    steps = [
        entry(S.READ, 1, recipient="ann"),
        entry(S.DELIVERED, 2, recipient="bob"),
        entry(S.DELIVERED, 3, recipient="ann"),
    ]
    records = history(refold(group, steps, revision=1), steps)
    assert [record.disposition for record in records] == [APPLIED, APPLIED, STALE]


def test_a_receipt_about_everybody_counts_for_each() -> None:
    group = message(recipients=("ann",), roll_up=RollUp.ALL)
    steps = [entry(S.DELIVERED, 1), entry(S.SENT, 2, recipient="ann")]
    records = history(refold(group, steps, revision=1), steps)
    assert [record.disposition for record in records] == [APPLIED, STALE]


def test_a_parked_receipt_waits() -> None:
    record = parked(entry(S.SENT))
    assert (record.disposition, record.guard) == (Disposition.PARKED, Guard.UNSPECIFIED)


@pytest.mark.parametrize(
    ("first", "then", "wanted"),
    [
        (entry(S.SENT, 1), entry(S.DELIVERED, 2), APPLIED),
        (entry(S.DELIVERED, 2), entry(S.SENT, 1), FILLED),
        (entry(S.DELIVERED, 2), entry(S.SENT, 3), STALE),
        (entry(S.DELIVERED, 2), entry(S.FAILED, 3, finality=Finality.FINAL), CONFLICT),
        (entry(S.DELIVERED, 2), entry(S.FAILED, 3, finality=Finality.SOFT), STALE),
        (entry(S.DELIVERED, 2), entry(S.RECEIVED, 3), REFUSED),
    ],
)
def test_on_arrival_a_receipt_is_weighed_against_what_stands(
    first: Entry, then: Entry, wanted: Disposition
) -> None:
    before = advance(message(), first)
    assert on_arrival(before, advance(before, then), then)[0] is wanted


def test_a_failure_that_delivery_overtakes_was_applied_when_it_arrived() -> None:
    failed = entry(S.FAILED, 1, finality=Finality.FINAL)
    assert on_arrival(message(), advance(message(), failed), failed) == (APPLIED, Guard.UNSPECIFIED)


def test_times_of_the_sample_are_seconds_after_noon() -> None:
    assert entry(S.SENT, 2, arrived=3)[2:] == (NOON + 2_000_000, NOON + 3_000_000)
