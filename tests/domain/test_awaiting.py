"""The mark of the timer: what it says, and how it counts among receipts in any order."""

from random import Random

import pytest

from messagestatus_server.domain.awaiting import MARK_PRECEDENCE, Awaited, ends_waiting, for_everybody, mark
from messagestatus_server.domain.fold import advance, refold, stronger
from messagestatus_server.domain.message import Channel, Message, Provider
from messagestatus_server.domain.receipt import TIMER, Entry, receipt_key
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import DeliveryState, Finality
from tests.domain.effort import effort, hold
from tests.domain.samples import NOON, entry, message
from tests.domain.strategies import entries, orders, registrations

S = DeliveryState
AWAITED = Awaited("acme", Channel.SMS, NOON + 5_000_000)
EXAMPLES = 400


def marked(of: Message, state: S = S.UNKNOWN) -> Entry:
    """Return the mark of a message."""
    receipt = mark(of, AWAITED, Deadline(Channel.SMS, 5_000_000, state))
    return Entry(receipt_key(1, receipt), receipt, AWAITED.due_time, AWAITED.due_time)


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (1_000_000, "1 s"),
        (90_000_000, "90 s"),
        (120_000_000, "2 min"),
        (4 * 3_600_000_000, "4 h"),
        (36 * 3_600_000_000, "36 h"),
        (2 * 86_400_000_000, "2 d"),
        (1_500_000, "1.5 s"),
    ],
)
def test_the_mark_says_in_words_how_long_it_was_waited(after: int, text: str) -> None:
    receipt = mark(message(), AWAITED, Deadline(Channel.SMS, after))
    assert receipt.provider.detail == f"no receipt within {text}"


def test_the_mark_is_a_claim_of_nobody_in_particular_with_no_word_of_the_provider() -> None:
    receipt = mark(message(provider=Provider("acme", "p1", "sent", "7")), AWAITED, Deadline(Channel.SMS, 1))
    assert receipt.provider._replace(detail="") == Provider("acme", "p1")
    assert (receipt.recipient, receipt.finality, receipt.source) == ("", Finality.NONE, TIMER)


def test_the_mark_of_a_message_that_another_provider_told_of_has_no_identifier_of_that_one() -> None:
    receipt = mark(message(provider=Provider("betel", "b1")), AWAITED, Deadline(Channel.SMS, 1))
    assert (receipt.provider.name, receipt.provider.message_id) == ("acme", "")


def test_the_mark_is_the_same_whenever_it_is_made_and_another_for_another_message_or_time() -> None:
    one = message()
    later = one._replace(revision=7, standing=one.standing._replace(state=S.SENT))
    others = [one._replace(message_id="n"), one._replace(instance="line")]
    keys = {marked(each).key for each in (one, later)}
    assert len(keys) == 1
    assert len(keys | {marked(each).key for each in others}) == 3
    moved = mark(one, AWAITED._replace(due_time=NOON), Deadline(Channel.SMS, 1))
    assert receipt_key(1, moved) not in keys


def test_the_name_of_the_event_fits_whatever_the_message_is_called() -> None:
    longest = message()._replace(message_id="m" * 256, instance="i" * 100)
    assert len(marked(longest).receipt.event_id) < 60


@pytest.mark.parametrize("state", [S.QUEUED, S.ROUTING, S.ACCEPTED, S.SENT])
def test_the_mark_is_stronger_than_any_state_of_a_message_under_way(state: S) -> None:
    before = advance(message(), entry(state))
    assert advance(before, marked(before, S.EXPIRED)).standing.state is S.EXPIRED


@pytest.mark.parametrize("state", [state for state in S if state >= S.UNKNOWN and state is not S.RECEIVED])
def test_the_mark_is_weaker_than_whatever_a_carrier_tells_from_unknown_on(state: S) -> None:
    assert state > MARK_PRECEDENCE
    before = message()
    evidence = entry(state, 9, finality=Finality.NONE)
    for mark_state in (S.UNKNOWN, S.EXPIRED):
        late = advance(advance(before, marked(before, mark_state)), evidence)
        early = advance(advance(before, evidence), marked(before, mark_state))
        assert late.standing.state is early.standing.state is state
        assert late == early


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        (entry(S.DELIVERED, finality=Finality.SOFT), True),
        (entry(S.SENT, finality=Finality.FINAL), True),
        (entry(S.DELIVERED, finality=Finality.NONE), False),
        (entry(S.UNSPECIFIED, finality=Finality.FINAL), False),
        (entry(S.UNSPECIFIED, finality=Finality.UNSPECIFIED), False),
        (entry(S.RECEIVED, finality=Finality.FINAL), False),
        (entry(S.UNKNOWN, finality=Finality.FINAL, source=TIMER), False),
    ],
    ids=["soft", "final", "none", "noted", "not understood", "refused", "the timer's"],
)
def test_what_ends_the_waiting(told: Entry, *, ends: bool) -> None:
    assert ends_waiting(advance(message(), told), told) is ends


@effort
def test_a_mark_counts_for_everybody_until_a_receipt_for_everybody_ends_the_waiting(effort: int) -> None:
    """In whatever order they are folded."""

    def check(registration: Registration, told: list[Entry], chance: Random) -> None:
        registered = announce(registration, NOON)
        timer = marked(registered, chance.choice([S.UNKNOWN, S.EXPIRED]))
        without = refold(registered, told, revision=1)
        shuffled = [*told, timer]
        chance.shuffle(shuffled)
        folded = refold(registered, shuffled, revision=1)
        assert folded == refold(registered, [*told, timer], revision=1)
        assert folded.revision == without.revision + 1
        if any(ends_waiting(without, each) and for_everybody(without, each.receipt) for each in told):
            assert folded._replace(revision=0) == without._replace(revision=0)
        else:
            claimed = timer.standing(registered.channel, registered.origin.provider)
            assert folded.recipients == {
                user: stronger(standing, claimed) for user, standing in without.recipients.items()
            }
            assert folded == advance(without, timer)

    hold(check, EXAMPLES * effort, registration=registrations, told=entries, chance=orders)
