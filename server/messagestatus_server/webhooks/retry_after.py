"""The header `Retry-After`: seconds, or a date.

Source: RFC 9110, "Retry-After" and "HTTP-date".
"""

from datetime import UTC
from email.utils import parsedate_to_datetime

_MICROS = 1_000_000


def retry_after_micros(text: str, now: int, most: int) -> int | None:
    """Return how long to wait, in microseconds; None where the header says nothing that can be read.

    Args:
        text: The value of the header.
        now: The present, in microseconds, UTC, which a date is counted from; one in the past gives 0.
        most: The longest wait that is believed; longer ones become it.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        # Numbers too long to be read are too long to be waited for.
        return most if len(text) > len(str(most)) else min(int(text) * _MICROS, most)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        until = int(moment.timestamp()) * _MICROS
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(until - now, 0), most)
