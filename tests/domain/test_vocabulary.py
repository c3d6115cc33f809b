"""The vocabularies: every word means what the contract's table says, and reads back as itself."""

import pytest

from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.domain.state import Finality
from messagestatus_server.domain.vocabulary import NOTHING, OURS, VOCABULARIES

TABLE = {
    # The contract's table: Symphony, RyzeAPI, Namirial, AlphaSMS.
    S.QUEUED: ("SENT", "PENDING", "PROVIDER_ACCEPTANCE", "QUEUED"),
    S.ROUTING: ("SENT", "PENDING", "PROVIDER_ACCEPTANCE", "ROUTING"),
    S.ACCEPTED: ("SENT", "PENDING", "PROVIDER_ACCEPTANCE", "ACCEPTED"),
    S.SENT: ("SENT", "SENT", "SENT", "ACCEPTED"),
    S.UNKNOWN: ("SENT", "SENT", "SENT", "UNKNOWN"),
    S.FAILED: ("SENT", "ERROR", "REJECTED", "UNDELIVERABLE"),
    S.UNDELIVERED: ("SENT", "ERROR", "UNDELIVERED", "UNDELIVERABLE"),
    S.EXPIRED: ("SENT", "ERROR", "UNDELIVERED", "EXPIRED"),
    S.REJECTED: ("SENT", "ERROR", "REJECTED", "REJECTED"),
    S.DELETED: ("SENT", "ERROR", "UNDELIVERED", "DELETED"),
    S.PARTIALLY_DELIVERED: ("DELIVERED", "DELIVERED", "DELIVERED", "PARTIALLY DELIVERED"),
    S.DELIVERED: ("DELIVERED", "DELIVERED", "DELIVERED", "DELIVERED"),
    S.RECEIVED: ("DELIVERED", "RECEIVED", "DELIVERED", "DELIVERED"),
    S.READ: ("READ", "READ", "READ", "READ"),
    S.PLAYED: ("READ", "PLAYED", "READ", "READ"),
    S.REPLIED: ("READ", "READ", "READ", "REPLIED"),
}
DIALECTS = ("symphony", "ryze", "namirial", "alphasms")
BY_REASON = {
    (S.UNDELIVERED, R.SIM_FULL): "SIM FULL",
    (S.REJECTED, R.FILTERED): "FILTERED",
    (S.REJECTED, R.INVALID_RECIPIENT): "INVALID DESTINATION ADDRESS",
    (S.REJECTED, R.INVALID_SENDER): "INVALID SOURCE ADDRESS",
    (S.REJECTED, R.NO_ROUTE): "NO ROUTE",
}
"""What AlphaSMS says for a state with a reason."""

EVENT_WORDS = {"READ_SELF", "PLAYED_SELF", "SERVER_ERROR", "SENDER", "RETRY", "INACTIVE"}
"""Words of RyzeAPI's events, which none of its statuses is."""


def test_the_table_has_every_state() -> None:
    assert set(TABLE) == set(S) - {S.UNSPECIFIED}


def test_there_is_a_vocabulary_for_each_dialect_and_our_own() -> None:
    assert set(VOCABULARIES) == {"", *DIALECTS}


@pytest.mark.parametrize(
    ("dialect", "word"),
    [
        (dialect, word)
        for dialect in DIALECTS
        for word in VOCABULARIES[dialect]
        if dialect != "ryze" or word not in EVENT_WORDS
    ],
)
def test_a_word_reads_back_as_itself(dialect: str, word: str) -> None:
    meant = VOCABULARIES[dialect][word]
    shown = TABLE[meant.state][DIALECTS.index(dialect)]
    if dialect == "alphasms":
        shown = BY_REASON.get((meant.state, meant.reason), shown)
    assert shown == word


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_word_a_dialect_shows_is_in_its_vocabulary(dialect: str) -> None:
    shown = {row[DIALECTS.index(dialect)] for row in TABLE.values()}
    if dialect == "alphasms":
        shown |= set(BY_REASON.values())
    assert shown <= set(VOCABULARIES[dialect])


def test_no_two_words_of_alphasms_mean_the_same() -> None:
    words = VOCABULARIES["alphasms"].values()
    assert len({(meant.state, meant.reason) for meant in words}) == len(words) == 17


@pytest.mark.parametrize(
    ("word", "state", "own_side"),
    [
        ("READ_SELF", S.READ, True),
        ("PLAYED_SELF", S.PLAYED, True),
        ("SERVER_ERROR", S.FAILED, False),
        ("READ", S.READ, False),
        ("PLAYED", S.PLAYED, False),
    ],
)
def test_ryze_events_tell_whose_act_it_was(word: str, state: S, own_side: bool) -> None:
    meant = VOCABULARIES["ryze"][word]
    assert (meant.state, meant.own_side) == (state, own_side)


@pytest.mark.parametrize("word", ["SENDER", "RETRY", "INACTIVE"])
def test_some_words_are_known_to_say_nothing(word: str) -> None:
    assert OURS.meaning("ryze", word) is NOTHING
    assert NOTHING.finality is not Finality.UNSPECIFIED


@pytest.mark.parametrize("state", [state for state in S if state])
def test_our_own_word_for_a_state_is_its_name(state: S) -> None:
    meant = OURS.meaning("", state.name)
    assert meant is not None
    assert (meant.state, meant.reason, meant.own_side, meant.precedence) == (
        state,
        R.UNSPECIFIED,
        False,
        None,
    )


def test_every_meaning_tells_whether_more_is_awaited() -> None:
    """Or else a known word could not be told from one without a mapping."""
    for words in VOCABULARIES.values():
        assert all(meant.finality is not Finality.UNSPECIFIED for meant in words.values())


def test_a_word_is_known_in_any_case() -> None:
    assert OURS.meaning("alphasms", "sim full") == OURS.meaning("alphasms", "SIM FULL")
    assert all(word == word.upper() for words in VOCABULARIES.values() for word in words)


def test_a_word_without_a_mapping_means_nothing_yet() -> None:
    assert OURS.meaning("namirial", "TELEPORTED") is None


def test_the_precedence_is_the_contract_s() -> None:
    assert [state.value for state in S] == [0, 10, 15, 20, 30, 35, 41, 42, 43, 44, 45, 50, 60, 62, 70, 80, 85]
