"""What the history says for people: what each receipt changed, why, and what to do about a failure."""

import pytest

from messagestatus_server.domain.explaining import GUARDED, advised, advised_on
from messagestatus_server.domain.failure import ADVICE, ErrorMeaning
from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.guards import Guard
from messagestatus_server.domain.history import Record, history, waiting
from messagestatus_server.domain.message import (
    Channel,
    ContentKind,
    Direction,
    Message,
    Provider,
    Reply,
    RollUp,
)
from messagestatus_server.domain.receipt import TIMER, Disposition, Entry, Repetition
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import OURS

from .samples import NOON, entry, message

S = DeliveryState
FINAL = Finality.FINAL
SECOND = 1_000_000

LEXICON = OURS._replace(
    errors={
        "twilio": {"30006": ErrorMeaning(FailureReason.LANDLINE, True, False, False, "Call them instead.")}
    }
)


def shown(registered: Message, *entries: Entry) -> list[Record]:
    """Return the history that receipts make."""
    return history(refold(registered, entries, revision=1), entries)


def why(*entries: Entry, **said: object) -> list[str]:
    """Return the explanations, in the order of the times told."""
    return [record.explanation for record in shown(message(**said), *entries)]


@pytest.mark.parametrize(
    ("entries", "explanations"),
    [
        ([entry(S.SENT, 1), entry(S.DELIVERED, 2)], ["QUEUED to SENT", "SENT to DELIVERED"]),
        (
            [entry(S.SENT, 1, arrived=2), entry(S.DELIVERED, 2, arrived=1), entry(S.READ, 3)],
            ["an earlier step that arrived after DELIVERED", "QUEUED to DELIVERED", "DELIVERED to READ"],
        ),
        ([entry(S.DELIVERED, 1), entry(S.SENT, 2)], ["QUEUED to DELIVERED", "DELIVERED is stronger"]),
        ([entry(S.SENT, 1), entry(S.SENT, 2)], ["QUEUED to SENT", "SENT already"]),
        (
            [entry(S.SENT, 1, arrived=9), entry(S.SENT, 2)],
            ["SENT already, but at an earlier time", "QUEUED to SENT"],
        ),
        (
            [entry(S.FAILED, 1, finality=FINAL), entry(S.DELIVERED, 2)],
            ["final, yet the message is DELIVERED", "FAILED to DELIVERED"],
        ),
    ],
)
def test_each_receipt_says_what_it_changed_or_why_it_changed_nothing(
    entries: list[Entry], explanations: list[str]
) -> None:
    assert why(*entries) == explanations


def test_an_explanation_speaks_of_what_was_known_when_the_receipt_arrived() -> None:
    """That READ came later is no reason why SENT changed nothing."""
    records = shown(message(), entry(S.DELIVERED, 1), entry(S.SENT, 2), entry(S.READ, 3))
    assert [record.explanation for record in records][1] == "DELIVERED is stronger"
    assert [record[4:6] for record in records] == [
        (S.QUEUED, S.DELIVERED),
        (S.DELIVERED, S.DELIVERED),
        (S.DELIVERED, S.READ),
    ]


def test_a_conflict_still_tells_what_it_changed_when_it_arrived() -> None:
    first, _ = shown(message(), entry(S.FAILED, 1, finality=FINAL), entry(S.DELIVERED, 2))
    assert (first.disposition, first.previous_state, first.new_state) == (
        Disposition.CONFLICT,
        S.QUEUED,
        S.FAILED,
    )


def test_a_word_that_a_mapping_ranks_otherwise_says_so() -> None:
    bounce = entry(S.UNDELIVERED, 2, precedence=65)
    assert why(entry(S.DELIVERED, 1), bounce, entry(S.DELIVERED, 3)) == [
        "QUEUED to DELIVERED",
        "DELIVERED to UNDELIVERED; it is ranked 65 instead of 42",
        "UNDELIVERED (ranked 65 instead of 42) is stronger",
    ]
    assert why(entry(S.SENT, 1), entry(S.DELIVERED, 2, precedence=5))[1] == (
        "SENT is stronger; it is ranked 5 instead of 60"
    )


def test_of_two_states_of_one_rank_the_earlier_is_said_to_be() -> None:
    bounce = entry(S.UNDELIVERED, 2, precedence=60)
    assert why(entry(S.DELIVERED, 1), bounce)[1] == (
        "DELIVERED ranks as high, and was told of an earlier time; it is ranked 60 instead of 42"
    )


def test_a_receipt_of_the_timer_says_that_none_came() -> None:
    assert why(entry(S.UNKNOWN, 9, source=TIMER)) == ["no receipt came in time: QUEUED to UNKNOWN"]


def test_a_reply_is_mentioned_unless_it_was_refused() -> None:
    replied = entry(S.REPLIED, reply=Reply(NOON, "yes"))
    assert why(replied) == ["QUEUED to REPLIED; it brought a reply"]
    assert why(replied, channel=Channel.SMS) == ["the channel SMS has no replies"]


@pytest.mark.parametrize(
    ("claimed", "said", "words"),
    [
        (S.READ, {"channel": Channel.SMS}, "the channel SMS has no reads"),
        (S.REPLIED, {"channel": Channel.PUSH}, "the channel PUSH has no replies"),
        (
            S.PLAYED,
            {"content_kind": ContentKind.IMAGE},
            "only audio and video can be played, and this is IMAGE",
        ),
        (S.RECEIVED, {}, "only inbound messages are received, or read by their own side"),
    ],
)
def test_a_guard_is_named_in_words(claimed: S, said: dict[str, object], words: str) -> None:
    assert why(entry(claimed), **said) == [words]


def test_a_suppression_is_named_in_words() -> None:
    suppressed = message()._replace(suppress_time=NOON)
    (record,) = shown(suppressed, entry(S.SENT))
    assert record.explanation == "it tells of a time after the message was suppressed"


def test_every_guard_has_words() -> None:
    assert GUARDED.keys() == set(Guard) - {Guard.UNSPECIFIED}


def test_a_word_without_a_meaning_names_its_vocabulary() -> None:
    def hmm(vocabulary: str) -> Entry:
        return entry(S.UNSPECIFIED, vocabulary=vocabulary, provider=Provider(status="HMM"))

    assert why(hmm("ryze")) == ["`HMM` has no mapping in the vocabulary `ryze`"]
    assert why(hmm("")) == ["`HMM` has no mapping in our own words"]


def test_a_recipient_is_told_from_the_message() -> None:
    group = {"recipients": ("ann", "bob"), "roll_up": RollUp.ALL, "direction": Direction.OUTBOUND}
    steps = [
        entry(S.READ, 1, recipient="ann"),
        entry(S.FAILED, 2, recipient="ann", finality=FINAL),
        entry(S.SENT, 3, recipient="bob"),
    ]
    assert why(*steps, **group) == ["QUEUED to READ", "final, yet the recipient is READ", "QUEUED to SENT"]


def test_a_receipt_that_came_again_is_followed_by_a_duplicate_at_its_last_time() -> None:
    """It names the state that it found then, which the receipt that stands after it had made."""
    sent, delivered = entry(S.SENT, 1), entry(S.DELIVERED, 2)
    again = Repetition(3, NOON + 5 * SECOND)
    registered = refold(message(), [sent, delivered], revision=1)
    first, repeated, last = history(registered, [sent, delivered], {sent.key: again})
    assert (first.disposition, first.repetition, last.repetition) == (Disposition.APPLIED, again, None)
    assert repeated == Record(
        sent._replace(receive_time=again.last_time),
        Disposition.DUPLICATE,
        Guard.UNSPECIFIED,
        "the same receipt came 3 more times; this was the last",
        S.DELIVERED,
        S.DELIVERED,
    )
    _, once, _ = history(registered, [sent, delivered], {sent.key: Repetition(1, NOON + SECOND)})
    assert (once.explanation, once.new_state) == ("the same receipt came once more", S.SENT)


def test_what_waits_is_told_by_its_time_with_its_repetitions() -> None:
    late, early = entry(S.DELIVERED, 2), entry(S.SENT, 1)
    records = waiting([late, early], {late.key: Repetition(1, NOON)})
    assert [(record.entry.key, record.disposition) for record in records] == [
        (early.key, Disposition.PARKED),
        (late.key, Disposition.PARKED),
        (late.key, Disposition.DUPLICATE),
    ]
    assert {record.new_state for record in records} == {S.UNSPECIFIED}


@pytest.mark.parametrize(
    ("state", "reason", "code", "advice"),
    [
        (S.UNDELIVERED, FailureReason.ABSENT, "", ADVICE[FailureReason.ABSENT]),
        (S.UNDELIVERED, FailureReason.ABSENT, "7", ADVICE[FailureReason.ABSENT]),
        (S.UNDELIVERED, FailureReason.LANDLINE, "30006", "Call them instead."),
        (S.UNDELIVERED, FailureReason.UNSPECIFIED, "30006", "Call them instead."),
        (S.UNDELIVERED, FailureReason.BLOCKED, "30006", ADVICE[FailureReason.BLOCKED]),
        (S.UNKNOWN, FailureReason.ABSENT, "", ADVICE[FailureReason.ABSENT]),
        (S.UNDELIVERED, FailureReason.UNSPECIFIED, "", ""),
        (S.DELIVERED, FailureReason.LANDLINE, "30006", ""),
    ],
)
def test_advice_is_that_of_the_code_else_of_the_reason_and_only_about_failures(
    state: S, reason: FailureReason, code: str, advice: str
) -> None:
    failed = entry(state, reason=reason, vocabulary="twilio", provider=Provider("p", "1", "w", code))
    assert advised(failed.receipt, LEXICON) == advice
    folded = refold(message(), [failed], revision=1)
    (record,) = history(folded, [failed], lexicon=LEXICON)
    assert record.advice == advice
    assert advised_on(folded.standing, [failed], LEXICON) == advice


def test_a_message_that_was_registered_as_failed_has_the_advice_of_its_reason() -> None:
    failed = message(state=S.REJECTED, reason=FailureReason.NO_ROUTE)
    assert advised_on(failed.standing, [], OURS) == ADVICE[FailureReason.NO_ROUTE]


def test_every_reason_has_advice() -> None:
    assert ADVICE.keys() == set(FailureReason)
    assert all(text for reason, text in ADVICE.items() if reason)
