"""`Retry-After` is read as seconds or as a date, and nothing in it is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messagestatus_server.webhooks.retry_after import retry_after_micros

NOW = 784_111_717_000_000  # a minute before the example of RFC 9110, "HTTP-date"
DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("120", 120_000_000),
        (" 120 ", 120_000_000),
        ("0000000000000000000000000000120", DAY),
        ("86401", DAY),
        ("9" * 5_000, DAY),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 60_000_000),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 60_000_000),
        ("Sun Nov  6 08:49:37 1994", 60_000_000),
        ("Sun, 06 Nov 1994 09:49:37 +0100", 60_000_000),
        ("Sun, 06 Nov 1994 08:47:37 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("\u0663", None),
        ("soon", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_seconds_and_dates_are_read(text: str, micros: int | None) -> None:
    assert retry_after_micros(text, NOW, DAY) == micros


WORDS = st.lists(
    st.sampled_from(["Sun,", "06", "Nov", "1994", "08:49:37", "GMT", "+", "-", "9999", "0", ":", "x"]),
    max_size=9,
)


@given(st.one_of(st.text(), WORDS.map(" ".join)))
def test_whatever_it_says_it_is_a_wait_or_nothing(text: str) -> None:
    micros = retry_after_micros(text, NOW, DAY)
    assert micros is None or 0 <= micros <= DAY
