"""SMPP receipt texts: what a carrier writes of a message's way, read as tolerantly as carriers write.

Sources: SMPP 3.4, appendix B (the form, "vendor specific" by its own words) and 5.2.28 (`message_state`);
the variants are those of public issues: jsmpp 62 and 67, cloudhopper-smpp 105, gosmpp 124, php-smpp 29 and
70, vumi 873 and 897, jasmin 70 and 514.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from messagestatus_server.providers.callback import Setting
from messagestatus_server.providers.times import unix_micros, zoned_micros

_KEY = re.compile(r"\b(id|sub|dlvrd|submit ?date|done ?date|stat|err|text):\s*", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?")
_TEXT = "text"
_UNIX_DIGITS = 10
_DAY = 24 * 3_600_000_000
_FORMATS = {10: ("%y%m%d%H%M",), 12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"), 14: ("%Y%m%d%H%M%S",)}
_NO_ERROR = {"", "null", "nul", "nil", "none", "nd"}

STATES = {
    "1": "ENROUTE",
    "2": "DELIVRD",
    "3": "EXPIRED",
    "4": "DELETED",
    "5": "UNDELIV",
    "6": "ACCEPTD",
    "7": "UNKNOWN",
    "8": "REJECTD",
}
"""The words of `message_state`, a TLV of the same receipt."""


def wrong_zone(zone: str) -> str:
    """Return what is wrong with a zone, as it is told to administrators; nothing where it is one."""
    return "" if _zone(zone) is not None else "is neither an offset such as +02:00 nor the name of a zone"


ZONE = Setting(
    "zone",
    "Zone of the carrier's dates: UTC, an offset such as +02:00, or a name such as Europe/Rome; "
    "where it is unknown they are taken as UTC, and left out when that puts them in the future",
    check=wrong_zone,
)
"""The setting of a route whose carrier writes dates without a zone."""


class Receipt(NamedTuple):
    """What a receipt text says; what it does not say is empty.

    `occur_time` is None where the text has no date, or one that cannot be.
    """

    message_id: str
    stat: str = ""
    error: str = ""
    done_date: str = ""
    submit_date: str = ""
    submitted: str = ""
    delivered: str = ""
    text: str = ""
    occur_time: int | None = None


def read_receipt(written: str, receive_time: int, zone: str = "") -> Receipt | None:
    """Return what a receipt text says; None where it names no message and so is none.

    Fields may be missing, and stand in any order. `zone` is a value of the setting of that name.
    """
    fields = _fields(written)
    if not fields.get("id"):
        return None
    return Receipt(
        message_id=fields["id"],
        stat=stat_word(fields.get("stat", "")),
        error=error_code(fields.get("err", "")),
        done_date=fields.get("donedate", ""),
        submit_date=fields.get("submitdate", ""),
        submitted=fields.get("sub", ""),
        delivered=fields.get("dlvrd", ""),
        text=fields.get(_TEXT, ""),
        occur_time=read_date(fields.get("donedate", ""), receive_time, zone),
    )


def stat_word(stat: str) -> str:
    """Return the word of a status, which may be written as the number of a `message_state`."""
    word = stat.strip()
    return STATES.get(word.lstrip("0"), word)


def error_code(error: str) -> str:
    """Return an error code as it is written; empty where what is written says that there is none."""
    code = error.strip()
    return "" if code.lower() in _NO_ERROR else code


def read_date(written: str, receive_time: int, zone: str = "") -> int | None:
    """Return a date of a receipt in microseconds; None where there is none, or it cannot be.

    Ten digits are a date and an hour, or the seconds since 1970: the reading nearer to the receipt's own
    arrival counts. A date more than a day ahead of that tells of a wrong zone, and is none.
    """
    digits = written.strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    readings = [_dated(digits, pattern, read_zone(zone)) for pattern in _FORMATS.get(len(digits), ())]
    readings.append(unix_micros(digits) if len(digits) == _UNIX_DIGITS else None)
    told = [reading for reading in readings if reading is not None]
    nearest = min(told, key=lambda reading: abs(reading - receive_time), default=None)
    return None if nearest is None or nearest - receive_time > _DAY else nearest


def read_zone(zone: str) -> tzinfo:
    """Return a zone by its offset or its name; an unknown one is UTC."""
    return _zone(zone) or UTC


def _zone(written: str) -> tzinfo | None:
    zone = written.strip()
    offset = _OFFSET.fullmatch(zone)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if span < timedelta(days=1):
            return timezone(-span if sign == "-" else span)
    try:
        return ZoneInfo(zone) if zone else UTC
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def _fields(written: str) -> dict[str, str]:
    """Return the fields by their names in lower case and without a space; the first of a name counts.

    The text goes on to the end, whatever it holds; only one that comes before the id ends at the next field.
    """
    keys = list(_KEY.finditer(written))
    fields: dict[str, str] = {}
    ends = [key.start() for key in keys[1:]] + [len(written)]
    for key, end in zip(keys, ends, strict=False):
        name = key[1].lower().replace(" ", "")
        if name == _TEXT and "id" in fields:
            fields[name] = written[key.end() :].strip(" \0")
            break
        fields.setdefault(name, written[key.end() : end].strip(" \t\r\n\0,;"))
    return fields


def _dated(digits: str, pattern: str, zone: tzinfo) -> int | None:
    try:
        moment = datetime.strptime(digits, pattern).replace(tzinfo=zone)
    except ValueError:
        return None
    return zoned_micros(moment)
