"""Times as carriers write them, to microseconds in UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = 253_402_300_799


def iso_micros(text: str) -> int | None:
    """Return a time of ISO 8601, UTC where it names no zone; None where it is none, or before 1970."""
    try:
        return zoned_micros(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def unix_micros(text: str) -> int | None:
    """Return a time in whole seconds since 1970, written in digits; None where it is none."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_LATEST))):
        return None
    seconds = int(digits)
    return seconds * 1_000_000 if seconds <= _LATEST else None


def zoned_micros(moment: datetime) -> int | None:
    """Return a moment, UTC where it has no zone; None where it is before 1970."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _not_before_1970((moment - _EPOCH) // _MICROSECOND)


def _not_before_1970(micros: int) -> int | None:
    return micros if micros >= 0 else None
