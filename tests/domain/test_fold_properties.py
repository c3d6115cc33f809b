"""A message stands where the set of its receipts puts it: in any order, from any place on."""

from random import Random

from hypothesis import strategies as st

from messagestatus_server.domain.fold import advance, refold
from messagestatus_server.domain.history import history
from messagestatus_server.domain.message import Message, RollUp, Standing
from messagestatus_server.domain.receipt import Disposition, Entry
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.domain.state import DeliveryState

from .effort import effort, hold
from .oracle import Place, expected
from .samples import NOON
from .strategies import TIMES, entries, orders, registrations

EXAMPLES = 700


def _shuffled(journal: list[Entry], chance: Random) -> list[Entry]:
    return chance.sample(journal, len(journal))


def _advanced(message: Message, journal: list[Entry]) -> Message:
    for entry in journal:
        message = advance(message, entry)
    return message


def _place(standing: Standing) -> Place:
    return Place(standing.precedence, standing.change_time, standing.key, standing.state)


@effort
def test_every_order_ends_in_the_same_place(effort: int) -> None:
    def check(registration: Registration, journal: list[Entry], chance: Random) -> None:
        message = announce(registration, NOON)
        folded = refold(message, journal, revision=1)
        for _ in range(3):
            assert _advanced(message, _shuffled(journal, chance)) == folded

    hold(check, EXAMPLES * effort, registration=registrations, journal=entries, chance=orders)


@effort
def test_the_place_is_the_one_the_contract_names(effort: int) -> None:
    def check(registration: Registration, journal: list[Entry], suppress_time: int | None) -> None:
        message = announce(registration, NOON)._replace(suppress_time=suppress_time)
        folded = refold(message, journal, revision=1)
        wanted = expected(message, journal)
        assert _place(folded.standing) == wanted.place
        assert {user: _place(each) for user, each in folded.recipients.items()} == wanted.recipients
        assert set(folded.replies) == wanted.replies
        assert len(folded.replies) == len(wanted.replies)
        assert folded.revision == 1 + len(journal)

    hold(
        check,
        EXAMPLES * effort,
        registration=registrations,
        journal=entries,
        suppress_time=st.sampled_from([None, *TIMES]),
    )


@effort
def test_a_refold_forgets_what_was_folded_before(effort: int) -> None:
    def check(registration: Registration, journal: list[Entry], chance: Random) -> None:
        message = announce(registration, NOON)
        some = chance.sample(journal, chance.randint(0, len(journal)))
        halfway = _advanced(message, some)
        assert refold(halfway, journal, revision=1) == refold(message, journal, revision=1)

    hold(check, EXAMPLES * effort, registration=registrations, journal=entries, chance=orders)


@effort
def test_no_receipt_ever_takes_anybody_backwards(effort: int) -> None:
    def check(registration: Registration, journal: list[Entry]) -> None:
        before = announce(registration, NOON)
        for entry in journal:
            after = advance(before, entry)
            if after.roll_up is RollUp.SINGLE:
                assert after.standing.rank <= before.standing.rank
            for user, standing in before.recipients.items():
                assert after.recipients[user].rank <= standing.rank
            before = after

    hold(check, EXAMPLES * effort, registration=registrations, journal=entries)


@effort
def test_the_history_accounts_for_every_receipt(effort: int) -> None:
    """Refused are those that the contract refuses, and the one that decides is never called stale."""

    def check(registration: Registration, journal: list[Entry]) -> None:
        message = refold(announce(registration, NOON), journal, revision=1)
        records = history(message, journal)
        refused = {record.entry.key for record in records if record.disposition is Disposition.REFUSED}
        assert sorted(record.entry.key for record in records) == sorted(entry.key for entry in journal)
        assert [record.entry.occur_time for record in records] == sorted(
            entry.occur_time for entry in journal
        )
        assert refused == expected(message, journal).refused
        deciding = {message.standing.key, *(each.key for each in message.recipients.values())}
        for record in records:
            assert record.explanation
            assert bool(record.guard) == (record.entry.key in refused and bool(record.entry.receipt.state))
            if record.entry.key in deciding:
                assert record.disposition in {Disposition.APPLIED, Disposition.CONFLICT}
            if record.entry.receipt.state is DeliveryState.UNSPECIFIED:
                assert record.disposition in {Disposition.NOTED, Disposition.QUARANTINED}

    hold(check, EXAMPLES * effort, registration=registrations, journal=entries)
