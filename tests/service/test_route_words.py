"""What native words mean: by the provider's table, unless a route says otherwise."""

from collections.abc import Iterator

import pytest

from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Override
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.service.reporting import Reported
from tests.domain.samples import NOON
from tests.service.agreement import check_agreement
from tests.service.route import Line, event, settle
from tests.service.workbench import Workbench

S, F = DeliveryState, Finality
M = Name("m")
P1 = Registration("m", provider=Provider("twilio", "p1"))


@pytest.fixture
def inbox(bench: Workbench) -> Iterator[Workbench]:
    caller = bench.caller
    settle(bench)
    bench.register(P1)
    yield bench
    bench.caller = caller


def means(word: str, state: DeliveryState, code: str = "", **said: int) -> Override:
    """Return an override without a finality."""
    return Override(word, code, Meaning(state, F.NONE, precedence=said.get("precedence")))


def line(bench: Workbench, *overrides: Override) -> Line:
    return Line(bench, overrides=overrides)


def told(line: Line, *words: str, code: str = "") -> DeliveryState:
    """Let a carrier tell of words, one after the other, and return where the message stands."""
    for step, word in enumerate(words, 1):
        assert line.post(event("p1", word, step=step, code=code)).status == 200
        line.bench.now += 1_000_000
    check_agreement(line.bench)
    return line.bench.message(M).standing.state


@pytest.mark.parametrize("word", ["sent", "SENT", "Sent"])
def test_a_route_says_what_a_word_means_whatever_its_case(inbox: Workbench, word: str) -> None:
    assert told(line(inbox, means("sEnT", S.DELIVERED)), word) is S.DELIVERED


def test_a_route_gives_an_unknown_word_a_meaning(inbox: Workbench) -> None:
    """It need not be in quarantine for ever."""
    assert told(line(inbox, means("gone-out", S.SENT)), "gone-out") is S.SENT
    assert inbox.select("SELECT count(*) FROM quarantine") == [(0,)]


def test_a_word_may_mean_something_else_with_a_code(inbox: Workbench) -> None:
    route = line(inbox, means("failed", S.EXPIRED, "30003"))
    assert told(route, "failed", code="30003") is S.EXPIRED


def test_without_the_code_it_means_what_it_meant(inbox: Workbench) -> None:
    route = line(inbox, means("failed", S.EXPIRED, "30003"))
    assert told(route, "failed", code="30005") is S.FAILED


def test_a_word_may_be_only_noted(inbox: Workbench) -> None:
    assert told(line(inbox, means("sent", S.UNSPECIFIED)), "sent") is S.QUEUED
    assert inbox.message(M).revision == 2
    assert inbox.select("SELECT count(*) FROM quarantine") == [(0,)]


def test_a_lower_precedence_lets_a_weaker_word_decide(inbox: Workbench) -> None:
    """Some operators say delivered when they mean taken."""
    assert told(line(inbox, means("delivered", S.DELIVERED, precedence=20)), "sent", "delivered") is S.SENT


def test_a_higher_precedence_lets_a_word_hold_against_stronger_ones(inbox: Workbench) -> None:
    route = line(inbox, means("canceled", S.FAILED, precedence=99))
    assert told(route, "canceled", "delivered", "read") is S.FAILED


def test_the_words_of_one_route_mean_nothing_on_another(inbox: Workbench) -> None:
    line(inbox, means("sent", S.REJECTED))
    assert told(Line(inbox, name="other"), "sent") is S.SENT


def test_what_is_decided_anew_holds_for_what_comes_then(inbox: Workbench) -> None:
    route = line(inbox)
    assert told(route, "baffled") is S.QUEUED
    route.update(overrides=(means("baffled", S.DELIVERED),))
    assert route.post(event("p1", "baffled", step=2)).status == 200
    assert inbox.message(M).standing.state is S.DELIVERED


def test_what_came_before_is_the_same_event_whatever_its_word_means_by_now(inbox: Workbench) -> None:
    """A carrier that missed our answer comes again; nothing new has happened, and nothing is at fault."""
    route = line(inbox)
    assert told(route, "sent") is S.SENT
    route.update(overrides=(means("sent", S.REJECTED),))
    assert told(route, "sent") is S.SENT
    assert inbox.select("SELECT count(*) FROM quarantine") == [(0,)]
    assert inbox.select("SELECT times FROM repetition") == [(1,)]


def reported(inbox: Workbench, word: str, code: str = "") -> Receipt:
    """Let a caller report a native word of Twilio, and return the receipt as it is kept."""
    provider = Provider("twilio", "p1", word, code)
    (outcome,) = inbox.report(Receipt(provider=provider, vocabulary="twilio", occur_time=NOON + 1))
    assert isinstance(outcome, Reported)
    (record,) = inbox.history(M).records
    return record.entry.receipt


def test_a_caller_s_receipt_gets_state_reason_and_finality_from_the_table(inbox: Workbench) -> None:
    kept = reported(inbox, "undelivered", "30005")
    assert (kept.state, kept.finality) == (S.UNDELIVERED, F.SOFT)
    assert kept.reason is FailureReason.INVALID_RECIPIENT
    assert inbox.message(M).standing.reason is FailureReason.INVALID_RECIPIENT


@pytest.mark.parametrize(
    ("word", "state", "finality"),
    [("queued", S.QUEUED, F.NONE), ("DELIVERED", S.DELIVERED, F.SOFT), ("read", S.READ, F.FINAL)],
)
def test_the_words_of_a_caller_mean_what_the_carrier_s_own_mean(
    inbox: Workbench, word: str, state: DeliveryState, finality: Finality
) -> None:
    kept = reported(inbox, word)
    assert (kept.state, kept.finality) == (state, finality)


def test_a_caller_s_unknown_word_waits_in_quarantine_with_its_receipt(inbox: Workbench) -> None:
    reported(inbox, "baffled")
    (row,) = inbox.select("SELECT provider, word, code, fault, route, callback, item FROM quarantine")
    assert row == ("twilio", "baffled", "", "", None, None, None)
    assert inbox.message(M).standing.state is S.QUEUED


def test_a_route_s_own_words_are_not_the_callers(inbox: Workbench) -> None:
    """A caller names no route; its words are those of the table."""
    line(inbox, means("sent", S.REJECTED))
    assert reported(inbox, "sent").state is S.SENT
