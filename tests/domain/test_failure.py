"""The error dictionary: every reason has an advice, and every code of the tables a meaning that holds."""

import pytest

from messagestatus_server.domain.failure import ADVICE, ErrorMeaning
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.domain.vocabulary import OURS
from messagestatus_server.providers.tables import lexicon

LEXICON = lexicon()
CODES = [
    pytest.param(meaning, id=f"{provider} {code}")
    for provider, codes in LEXICON.errors.items()
    for code, meaning in codes.items()
]


def test_every_reason_has_an_advice() -> None:
    assert set(ADVICE) == set(R)
    assert [reason for reason, advice in ADVICE.items() if not advice] == [R.UNSPECIFIED]


@pytest.mark.parametrize("meaning", CODES)
def test_a_code_means_something_that_can_be(meaning: ErrorMeaning) -> None:
    """What fails again is not worth another try, and a code that tells a reason tells what to do."""
    assert not (meaning.permanent and meaning.retryable)
    assert bool(meaning.advice) is (meaning.reason is not R.UNSPECIFIED)


@pytest.mark.parametrize("code", ["ESME_RTHROTTLED", "esme_rthrottled", "Esme_RThrottled"])
def test_the_case_of_a_code_does_not_matter(code: str) -> None:
    meaning = LEXICON.error("jasmin", code)
    assert meaning is not None
    assert meaning.reason is R.RATE_LIMITED


@pytest.mark.parametrize(("vocabulary", "code"), [("jasmin", "no such"), ("nobody", "1"), ("", "1")])
def test_what_stands_in_no_table_means_nothing(vocabulary: str, code: str) -> None:
    assert LEXICON.error(vocabulary, code) is None
    assert OURS.error(vocabulary, code) is None
