"""The fold, case by case: who decides, what a group makes of its people, and what a reply adds."""

import pytest

from messagestatus_server.domain.change import ChangeKind, change, moved
from messagestatus_server.domain.fold import advance, refold, roll_up
from messagestatus_server.domain.message import Channel, Media, Message, Provider, Reply, RollUp, Standing
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.state import FAILURES, DeliveryState, FailureReason

from .samples import NOON, entry, message

S = DeliveryState


def folded(start: Message, *entries: Entry) -> Message:
    for each in entries:
        start = advance(start, each)
    return start


@pytest.mark.parametrize("state", [state for state in S if state])
def test_the_number_of_a_state_is_its_precedence(state: S) -> None:
    after = advance(message(), entry(state, -1))
    assert after.standing.state is (S.QUEUED if state is S.RECEIVED else state)
    assert after.standing.precedence == after.standing.state.value


def test_the_higher_precedence_decides_whenever_it_was() -> None:
    assert folded(message(), entry(S.DELIVERED, 9), entry(S.SENT, 1)).standing.state is S.DELIVERED
    assert folded(message(), entry(S.SENT, 9), entry(S.DELIVERED, 1)).standing.state is S.DELIVERED


def test_of_equal_precedence_the_earlier_decides() -> None:
    after = folded(message(), entry(S.DELIVERED, 5), entry(S.DELIVERED, 3), entry(S.DELIVERED, 7))
    assert after.standing.change_time == NOON + 3_000_000


def test_of_equal_times_the_smaller_key_decides() -> None:
    one, other = (
        entry(S.FAILED, 5, reason=reason) for reason in (FailureReason.ABSENT, FailureReason.BLOCKED)
    )
    one, other = one._replace(key=b"a"), other._replace(key=b"b")
    for order in ((one, other), (other, one)):
        assert folded(message(), *order).standing.reason is FailureReason.ABSENT


def test_a_mapping_may_rank_a_word_above_its_state() -> None:
    """A bounce after delivery, as a route's settings say."""
    bounce = entry(S.UNDELIVERED, 9, precedence=65)
    assert folded(message(), entry(S.DELIVERED), bounce).standing.state is S.UNDELIVERED
    assert folded(message(), bounce, entry(S.READ)).standing.state is S.READ


def test_a_mapping_may_rank_a_word_below_its_state() -> None:
    hasty = entry(S.DELIVERED, 1, precedence=25)
    assert folded(message(), hasty, entry(S.SENT, 9)).standing.state is S.SENT


def test_the_time_of_a_change_is_the_one_told_not_that_of_arrival() -> None:
    assert advance(message(), entry(S.SENT, 3, arrived=60)).standing.change_time == NOON + 3_000_000


def test_a_receipt_that_decides_nothing_still_counts_in_the_revision() -> None:
    after = folded(message(), entry(S.UNSPECIFIED), entry(S.RECEIVED), entry(S.DELIVERED), entry(S.SENT))
    assert (after.standing.state, after.revision) == (S.DELIVERED, 5)


def test_the_words_shown_are_those_of_the_deciding_receipt() -> None:
    """What it leaves out comes from the registration; a name of its own stays its own."""
    registered = message(channel=Channel.RCS, provider=Provider("acme", "p1", "OK", "0", "fine"))
    told = Provider("", "", "NOPE", "42", "went wrong")
    after = advance(registered, entry(S.REJECTED, provider=told, channel=Channel.SMS))
    assert after.standing.provider == Provider("acme", "p1", "NOPE", "42", "went wrong")
    assert after.standing.channel is Channel.SMS
    assert folded(after, entry(S.READ, provider=Provider("beta", "b2"))).standing.provider[:2] == (
        "beta",
        "b2",
    )


def test_replies_are_gathered_by_their_time_each_once() -> None:
    early, late = Reply(NOON, "yes"), Reply(NOON + 1, "no", Media("u"))
    after = folded(
        message(channel=Channel.CHAT),
        entry(S.REPLIED, 3, reply=late),
        entry(S.REPLIED, 1, reply=early),
        entry(S.REPLIED, 2, reply=late),
    )
    assert after.replies == (early, late)


def test_a_refused_receipt_brings_no_reply() -> None:
    assert advance(message(channel=Channel.SMS), entry(S.REPLIED, reply=Reply(NOON, "yes"))).replies == ()


def test_a_suppression_takes_back_what_came_after_it() -> None:
    after = folded(message(), entry(S.SENT, 1), entry(S.DELIVERED, 5))
    journal = [entry(S.SENT, 1), entry(S.DELIVERED, 5)]
    suppressed = refold(after._replace(suppress_time=NOON + 5_000_000), journal, revision=2)
    assert (suppressed.standing.state, suppressed.revision) == (S.SENT, 4)


GROUP = {"recipients": ("ann", "bob")}


@pytest.mark.parametrize(
    ("rule", "ann", "bob", "whole"),
    [
        (RollUp.ALL, S.DELIVERED, S.READ, S.DELIVERED),
        (RollUp.ALL, S.READ, S.QUEUED, S.QUEUED),
        (RollUp.ALL, S.DELIVERED, S.FAILED, S.FAILED),
        (RollUp.ANY, S.DELIVERED, S.READ, S.READ),
        (RollUp.ANY, S.QUEUED, S.FAILED, S.QUEUED),
        (RollUp.ANY, S.SENT, S.REJECTED, S.SENT),
        (RollUp.ANY, S.FAILED, S.REJECTED, S.REJECTED),
    ],
)
def test_a_group_stands_where_its_rule_puts_it(rule: RollUp, ann: S, bob: S, whole: S) -> None:
    group = message(**GROUP, roll_up=rule)
    for order in (1, -1):
        told = [entry(state, recipient=user) for user, state in (("ann", ann), ("bob", bob))][::order]
        assert folded(group, *told).standing.state is whole


def test_all_takes_of_equals_the_last_to_get_there() -> None:
    group = message(**GROUP, roll_up=RollUp.ALL)
    after = folded(group, entry(S.READ, 3, recipient="ann"), entry(S.READ, 8, recipient="bob"))
    assert after.standing.change_time == NOON + 8_000_000


def test_any_takes_of_equals_the_first_to_get_there() -> None:
    group = message(**GROUP, roll_up=RollUp.ANY)
    after = folded(group, entry(S.READ, 3, recipient="ann"), entry(S.READ, 8, recipient="bob"))
    assert after.standing.change_time == NOON + 3_000_000


def test_a_receipt_about_nobody_is_about_everybody_even_those_who_come_later() -> None:
    group = message(**GROUP, roll_up=RollUp.ALL)
    sent, weaker = entry(S.SENT, 1), entry(S.ACCEPTED, 2, recipient="eve")
    for order in ((sent, weaker), (weaker, sent)):
        after = folded(group, *order)
        assert {user: each.state for user, each in after.recipients.items()} == {
            "ann": S.SENT,
            "bob": S.SENT,
            "eve": S.SENT,
        }


def test_a_group_of_nobody_stands_where_its_general_receipts_put_it() -> None:
    for rule in (RollUp.ALL, RollUp.ANY):
        assert advance(message(roll_up=rule), entry(S.SENT)).standing.state is S.SENT


def test_a_roll_up_of_nobody_is_the_general_standing() -> None:
    general = Standing(S.SENT, 30, NOON)
    assert roll_up(RollUp.ALL, general, {}) is general


def test_the_failures_are_the_states_that_end_without_arrival() -> None:
    assert {state.name for state in FAILURES} == {"FAILED", "UNDELIVERED", "EXPIRED", "REJECTED", "DELETED"}


def test_a_change_tells_the_state_before_and_after() -> None:
    before = message()
    after = advance(before, entry(S.REJECTED, 2, reason=FailureReason.NO_ROUTE))
    told = change(ChangeKind.ADVANCED, before, after)
    assert told == (ChangeKind.ADVANCED, S.QUEUED, S.REJECTED, FailureReason.NO_ROUTE, NOON + 2_000_000)
    assert change(ChangeKind.REGISTERED, None, before).previous_state is S.UNSPECIFIED


def test_a_receipt_that_shows_nowhere_moves_nothing() -> None:
    delivered = advance(message(), entry(S.DELIVERED, 1))
    assert not moved(delivered, advance(delivered, entry(S.SENT, 9)))
    assert moved(delivered, advance(delivered, entry(S.DELIVERED, 0)))


def test_another_key_for_the_same_claim_moves_nothing() -> None:
    """Which of two equal receipts decides is no news to anybody."""
    one, other = entry(S.DELIVERED)._replace(key=b"b"), entry(S.DELIVERED)._replace(key=b"a")
    before = advance(message(), one)
    assert not moved(before, advance(before, other))
    group = message(**GROUP)
    before = advance(group, one)
    assert not moved(before, advance(before, other))
