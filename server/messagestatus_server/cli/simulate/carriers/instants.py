"""Times as the simulated carriers write them."""

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: int) -> datetime:
    """Return a time given in microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def iso_millis(micros: int) -> str:
    """Return a time such as `2026-02-04T06:54:55.000Z`."""
    return moment(micros).strftime("%Y-%m-%dT%H:%M:%S.") + f"{micros // 1000 % 1000:03d}Z"


def iso_offset(micros: int) -> str:
    """Return a time such as `2026-02-04T06:54:55.148000+00:00`."""
    return moment(micros).isoformat(timespec="microseconds")


def spaced(micros: int) -> str:
    """Return a time such as `2026-02-04 06:54:55`."""
    return moment(micros).strftime("%Y-%m-%d %H:%M:%S")


def now_seconds() -> int:
    """Return the time that a signature is given now, in seconds since 1970."""
    return int(time.time())
