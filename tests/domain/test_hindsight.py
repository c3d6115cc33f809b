"""What was known at a time: the message as the receipts make it that had arrived by then."""

from random import Random

from hypothesis import strategies as st

from messagestatus_server.domain.fold import advance, refold
from messagestatus_server.domain.hindsight import known_by, message_by, repeated_by
from messagestatus_server.domain.history import history
from messagestatus_server.domain.message import Channel, Message
from messagestatus_server.domain.receipt import Disposition, Entry, Repetition
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.domain.state import DeliveryState, Finality

from .effort import effort, hold
from .samples import NOON, entry, message
from .strategies import TIMES, entries, orders, registrations

EXAMPLES = 400

S = DeliveryState
SECOND = 1_000_000


def _known(registered: Message, journal: list[Entry], as_of: int) -> Message:
    known = message_by(registered, known_by(journal, as_of), as_of)
    assert known is not None
    return known


@effort
def test_as_of_the_arrival_of_a_receipt_a_message_stands_where_those_until_then_put_it(effort: int) -> None:
    """Whatever arrived later, and in whatever order the journal is read."""

    def check(registration: Registration, journal: list[Entry], chance: Random) -> None:
        arrived = sorted(journal, key=lambda each: each.receive_time)
        registered = announce(registration, NOON)
        now = refold(registered, journal, revision=1)
        folded = registered
        for place, each in enumerate(arrived, 1):
            folded = advance(folded, each)
            if place < len(arrived) and arrived[place].receive_time == each.receive_time:
                continue
            shuffled = chance.sample(journal, len(journal))
            known = known_by(shuffled, each.receive_time)
            assert _known(now, shuffled, each.receive_time) == folded
            assert {other.key for other in known} == {other.key for other in arrived[:place]}
            assert len(history(folded, known)) == place

    hold(check, EXAMPLES * effort, registration=registrations, journal=entries, chance=orders)


@effort
def test_what_a_receipt_changed_is_the_step_that_the_fold_took_when_it_arrived(effort: int) -> None:
    """For a message of one: the states follow each other from the registration to where it stands."""

    def check(registration: Registration, journal: list[Entry], suppress_time: int | None) -> None:
        registered = announce(registration, NOON)._replace(suppress_time=suppress_time)
        arrived = sorted(journal, key=lambda each: each.receive_time)
        records = {record.entry.key: record for record in history(registered, journal)}
        folded = registered
        for each in arrived:
            before, folded = folded, advance(folded, each)
            if registered.roll_up:
                continue
            record = records[each.key]
            assert (record.previous_state, record.new_state) == (before.standing.state, folded.standing.state)

    hold(
        check,
        EXAMPLES * effort,
        registration=registrations,
        journal=entries,
        suppress_time=st.sampled_from([None, *TIMES]),
    )


def test_what_was_final_then_is_contradicted_only_once_the_other_has_arrived() -> None:
    failed = entry(S.FAILED, 1, finality=Finality.FINAL)
    journal = [failed, entry(S.DELIVERED, 2)]
    now = refold(message(channel=Channel.SMS), journal, revision=1)
    then = _known(now, journal, NOON + SECOND)
    assert then.standing.state is S.FAILED
    (record,) = history(then, known_by(journal, NOON + SECOND))
    assert record.disposition is Disposition.APPLIED


def test_a_message_is_known_from_the_time_when_it_was_accepted() -> None:
    assert message_by(message(), [], NOON - 1) is None
    assert _known(message(), [], NOON) == message()


def test_a_suppression_counts_from_its_time_on() -> None:
    """A carrier may tell of a time to come."""
    ahead = entry(S.DELIVERED, 9, arrived=1)
    suppressed = refold(message()._replace(suppress_time=NOON + 5 * SECOND), [ahead], revision=1)
    assert suppressed.standing.state is S.QUEUED
    assert _known(suppressed, [ahead], NOON + 4 * SECOND).standing.state is S.DELIVERED
    assert _known(suppressed, [ahead], NOON + 5 * SECOND).standing.state is S.QUEUED


def test_repetitions_are_known_once_the_last_was_over() -> None:
    repetitions = {b"1": Repetition(4, NOON), b"2": Repetition(1, NOON + 1)}
    assert repeated_by(repetitions, NOON) == {b"1": Repetition(4, NOON)}
    assert repeated_by(repetitions, NOON + 1) == repetitions
