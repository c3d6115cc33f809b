"""Times as the payloads write them, from microseconds in UTC."""

from datetime import datetime, timedelta

# Without a zone: everything here is UTC already.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


def to_micros(micros: int) -> str:
    """Write a time in full: `2026-02-12T14:51:00.250000Z`, or `2026-02-12T14:51:00Z`."""
    return f"{(_EPOCH + timedelta(microseconds=micros)).isoformat()}Z"


def to_second(micros: int) -> str:
    """Write a time cut to the second: `2026-02-12T14:51:00Z`."""
    return to_micros(micros // 1_000_000 * 1_000_000)
