"""Whatever is told of a message, whenever the timer runs: real evidence ends where it would without it."""

from random import Random

from messagestatus_server.domain.awaiting import ends_waiting, for_everybody, has_outcome
from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.receipt import TIMER, Entry, Receipt
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import DeliveryState, Finality
from tests.domain.effort import effort, hold
from tests.domain.samples import NOON
from tests.domain.strategies import ACME, orders, registrations, sets_of_receipts
from tests.service.agreement import check_agreement, check_feed
from tests.service.arrangements import M
from tests.service.route import settle
from tests.service.waiting import DUE, HOUR, awaiting, counts, line, receipt, turn
from tests.service.workbench import Workbench

STORIES = 300
STATES = [state for state in DeliveryState if state]


def tell(
    bench: Workbench, registration: Registration, receipts: list[Receipt], chance: Random, deadline: Deadline
) -> None:
    """Say everything in some order and in batches of any size, while the timer runs now and then."""
    bench.clear()
    bench.now = NOON
    line(bench, deadline)
    line(bench, deadline, name="other", provider="other")
    early = chance.randint(0, len(receipts))
    for each in receipts[:early]:
        bench.report(each)
    bench.register(registration)
    if chance.random() < 0.2:
        turn(bench, NOON + 3_000_000)
    rest, bench.now = receipts[early:], DUE
    while rest:
        if chance.random() < 0.5:
            turn(bench)
        size = chance.choice([1, 1, 2, 3])
        bench.report(*rest[:size])
        rest = rest[size:]
    turn(bench)


def journal(bench: Workbench) -> list[Entry]:
    (stored,) = bench.run(bench.store.find(bench.caller.tenant, M))
    return bench.run(bench.store.journal(bench.caller.tenant, stored.handle))


@effort
def test_the_timer_leaves_no_trace_once_a_carrier_has_ended_the_waiting(
    bench: Workbench, effort: int
) -> None:
    settle(bench)

    def check(registration: Registration, receipts: dict[bytes, Receipt], chance: Random) -> None:
        last = receipt(chance.choice(STATES), chance.randint(0, 3), finality=Finality.FINAL)
        told = [*receipts.values(), last]
        chance.shuffle(told)
        marked_as = chance.choice([DeliveryState.UNKNOWN, DeliveryState.EXPIRED])
        tell(bench, registration, told, chance, Deadline(Channel.UNSPECIFIED, 4 * HOUR, marked_as))
        message, entries = bench.message(M), journal(bench)
        assert message == refold(message, entries, revision=message.revision - len(entries))
        assert [each.receipt.source for each in entries].count(TIMER) <= 1
        ended = [each for each in entries if ends_waiting(message, each)]
        if any(for_everybody(message, each.receipt) for each in ended):
            real = [each for each in entries if each.receipt.source != TIMER]
            assert message == refold(message, real, revision=message.revision - len(real))
        if ended:
            assert awaiting(bench) == []
            assert counts(bench) == {}
        check_agreement(bench)
        check_feed(bench)

    hold(check, STORIES * effort, registration=registrations, receipts=sets_of_receipts, chance=orders)


@effort
def test_who_waits_is_what_all_that_is_known_says_however_it_was_told(bench: Workbench, effort: int) -> None:
    """Nobody waits for ever, and the counts are those of the messages."""
    settle(bench)

    def check(registration: Registration, receipts: dict[bytes, Receipt], chance: Random) -> None:
        told = [*receipts.values()]
        tell(bench, registration, told, chance, Deadline(Channel.UNSPECIFIED, 4 * HOUR))
        waits = awaiting(bench)
        assert all(mark_time is not None for *_, mark_time in waits), "their time has come"
        assert sum(stuck for _, stuck in counts(bench).values()) == len(waits)
        assert sum(awaited for awaited, _ in counts(bench).values()) == 0
        message, entries = bench.message(M), journal(bench)
        marked = any(each.receipt.source == TIMER for each in entries)
        assert not waits or (marked and not has_outcome(message))
        by_names = {message.origin.provider.name, *(each.receipt.provider.name for each in entries)}
        if not by_names & {ACME, "other"}:
            assert not marked

    hold(check, STORIES * effort // 2, registration=registrations, receipts=sets_of_receipts, chance=orders)
