"""Any order, repetition and batching of what is said of a message leaves the same rows, byte for byte."""

from random import Random

from messagestatus_server.domain.message import RollUp
from messagestatus_server.domain.receipt import Disposition, Receipt
from messagestatus_server.domain.registration import Registration
from tests.domain.effort import effort, hold
from tests.domain.oracle import expected
from tests.domain.strategies import orders, registrations, sets_of_receipts
from tests.service.agreement import check_agreement, check_feed
from tests.service.arrangements import M, Story, ending, stories, tell
from tests.service.workbench import CODEC, Workbench

STORIES = 400


@effort
def test_every_telling_ends_in_the_same_rows(bench: Workbench, effort: int) -> None:
    """They are the rows that the rules of the domain name, and their columns say what their bytes say."""

    def check(story: Story, chance: Random) -> None:
        tellings = []
        for _ in range(2):
            bench.clear()
            tell(bench, story, chance)
            tellings.append(bench.rows())
            check_feed(bench)
        assert tellings[0] == tellings[1]
        check_agreement(bench)
        wanted = ending(story)
        ((*_, resource),) = tellings[0].messages
        assert resource == CODEC.encode_message(wanted.message)
        assert bench.message(M) == wanted.message
        assert {row[0] for row in tellings[0].receipts if row[1]} == wanted.own
        assert {row[0] for row in tellings[0].receipts if not row[1]} == wanted.parked

    hold(check, STORIES * effort, story=stories, chance=orders)


@effort
def test_the_feed_has_one_row_for_each_step_that_callers_can_see(bench: Workbench, effort: int) -> None:
    """Of receipts by the message's own name, since only they come one at a time."""

    def check(registration: Registration, receipts: dict[bytes, Receipt]) -> None:
        bench.clear()
        bench.register(registration)
        for receipt in filter(_by_own_name, receipts.values()):
            before, heard = _visible(bench), len(bench.changes())
            bench.report(receipt)
            assert (len(bench.changes()) - heard) == int(_visible(bench) != before)
        check_feed(bench)

    hold(check, STORIES * effort // 2, registration=registrations, receipts=sets_of_receipts)


@effort
def test_the_history_has_every_receipt_once(bench: Workbench, effort: int) -> None:
    def check(story: Story, chance: Random) -> None:
        bench.clear()
        tell(bench, story, chance)
        wanted = ending(story)
        told = [each for each in bench.history(M).records if each.disposition is not Disposition.DUPLICATE]
        assert sorted(record.entry.key for record in told) == sorted(wanted.own)
        refused = {record.entry.key for record in told if record.disposition is Disposition.REFUSED}
        assert refused == expected(wanted.message, [record.entry for record in told]).refused

    hold(check, STORIES * effort // 4, story=stories, chance=orders)


def _by_own_name(receipt: Receipt) -> bool:
    return bool(receipt.message_id)


def _visible(bench: Workbench) -> object:
    """Return all that callers see of the message, but for its revision."""
    message = bench.message(M)
    people = {
        user: (standing.state, standing.reason, standing.change_time)
        for user, standing in message.recipients.items()
    }
    assert bool(people) <= (message.roll_up is not RollUp.SINGLE)
    return CODEC.encode_message(message._replace(revision=0)), people
