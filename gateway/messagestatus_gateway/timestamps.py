"""Times as REST clients write them, and as they read them."""

import re
from datetime import datetime, timedelta
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp

# Without a zone: everything here is UTC already, and a zone doubles the price of writing a time.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_FIRST_SECOND = -62135596800  # 0001-01-01T00:00:00Z, the first that a Timestamp can hold.
_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z, the last.
_NANOS = 1_000_000_000

_SECONDS = [f"{second:02}Z" for second in range(60)]

_RFC_3339 = re.compile(
    r"""(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})
        (?: [Tt ] (?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})
            (?: \. (?P<fraction>[0-9]+) )?
            (?P<zone> [Zz] | [+\- ] (?:[01][0-9]|2[0-3]) : [0-5][0-9] )?
        )?""",
    re.VERBOSE,
)


def parse_timestamp(text: str) -> Timestamp:
    """Reads an RFC 3339 time that may lack its zone (then UTC) or its time of day (then midnight).

    `T` and `Z` may be small, `T` a blank. A blank stands for the plus of an offset too: that is what a
    plus becomes in a query. A fraction finer than a nanosecond is rounded up, so that "before" this
    time includes exactly what it should. Times beyond the years 1 to 9999 become the nearest within.

    Raises:
        ValueError: It is no such time.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time")
    local = datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00:00'}")
    seconds = round((local - _EPOCH).total_seconds()) - _offset_of(match["zone"])
    fraction = match["fraction"] or "0"
    nanos = int(fraction[:9].ljust(9, "0")) + bool(fraction[9:].strip("0"))
    seconds, nanos = seconds + nanos // _NANOS, nanos % _NANOS
    if seconds > _LAST_SECOND:
        return Timestamp(seconds=_LAST_SECOND, nanos=_NANOS - 1)
    if seconds < _FIRST_SECOND:
        return Timestamp(seconds=_FIRST_SECOND)
    return Timestamp(seconds=seconds, nanos=nanos)


def to_second(time: Timestamp) -> str:
    """Writes a time in UTC, cut to the second: `2026-02-12T14:51:00Z`."""
    minute, second = divmod(time.seconds, 60)
    return f"{_minute(minute)}{_SECONDS[second]}"


def to_nanosecond(time: Timestamp) -> str:
    """Writes a time in UTC with as much of its second as there is: `2026-02-12T14:51:00.25Z`."""
    text = to_second(time)
    return f"{text[:-1]}.{time.nanos:09}".rstrip("0") + "Z" if time.nanos else text


# Those who ask, ask mostly for what was sent within the same few hours.
@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    return (_EPOCH + timedelta(minutes=minutes)).isoformat()[: -len("00")]


def _offset_of(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -offset if zone[0] == "-" else offset
