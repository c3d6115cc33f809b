"""A callback as it came: kept so that it can be read again when it is understood better."""

from enum import IntEnum
from typing import NamedTuple


class Verdict(IntEnum):
    """What was made of a callback when it came."""

    TAKEN = 1
    QUARANTINED = 2
    MALFORMED = 3
    UNVERIFIED = 4


class RawCallback(NamedTuple):
    """A callback with what was made of it.

    `route` is the handle of its route; the time is in microseconds, UTC; `callback_id` is 0 until it is kept.
    """

    route: int
    receive_time: int
    verdict: Verdict
    method: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    explanation: str = ""
    items: int = 0
    quarantined: int = 0
    callback_id: int = 0


class Quarantined(NamedTuple):
    """Something that came in and could not be understood.

    Either it has a receipt, by its key, whose word has no mapping; or `fault` tells why it could not be read.
    `item` is its place in the callback, from 1 on. `quarantine_id` is 0 until it is kept.
    """

    provider: str
    receive_time: int
    route: int | None = None
    callback: int | None = None
    item: int | None = None
    receipt_key: bytes | None = None
    word: str = ""
    code: str = ""
    fault: str = ""
    quarantine_id: int = 0
