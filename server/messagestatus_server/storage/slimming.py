"""What the step `002_slim` needs beyond SQL: it takes out of stored bytes what their row says as well.

The bytes are protobuf, fields in order of their numbers, as the programs wrote them that had only step 001.
They are read here field by field, because a step must go on working when the contract has long moved on.
"""

import sqlite3
from collections.abc import Iterator

from messagestatus_server.storage.sqlite.packing import Packed
from messagestatus_server.storage.sqlite.packing import packed as packed_text

# `DeliveryReceipt`
_MESSAGE_ID = 2
_PROVIDER = 4
_OCCUR_TIME = 11

# `GetStatusResponse`, and the `MessageStatus` in it
_STATUS = 1
_STATUS_PROVIDER = 9

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_NO_PROVIDER = bytes([_PROVIDER << 3 | _BYTES, 0])


def register(connection: sqlite3.Connection) -> None:
    """Teach a connection the functions of the step."""
    for function, parameters in (
        (packed, 1),
        (slim_origin, 2),
        (slim_receipt, 1),
        (is_named, 1),
        (is_timed, 1),
    ):
        connection.create_function(function.__name__, parameters, function, deterministic=True)


def packed(text: str | None) -> Packed | None:
    """Return an identifier as it is kept from this step on."""
    return None if text is None else packed_text(text)


def slim_origin(origin: bytes, resource: bytes) -> bytes:
    """Return what a registration said, without its time, and without the provider that the resource shows."""
    status = content_of(resource, _STATUS)
    kept = {number: field for number, field, _ in fields(origin) if number != _OCCUR_TIME}
    if content_of(origin, _PROVIDER) == content_of(status, _STATUS_PROVIDER):
        kept.pop(_PROVIDER, None)
    else:
        kept.setdefault(_PROVIDER, _NO_PROVIDER)
    return b"".join(kept[number] for number in sorted(kept))


def slim_receipt(content: bytes) -> bytes:
    """Return a receipt without the message_id and the time that it told."""
    return b"".join(field for number, field, _ in fields(content) if number not in {_MESSAGE_ID, _OCCUR_TIME})


def is_named(content: bytes) -> bool:
    """Tell whether a receipt names its message by the message's own identifier."""
    return any(number == _MESSAGE_ID for number, _, _ in fields(content))


def is_timed(content: bytes) -> bool:
    """Tell whether a receipt tells a time."""
    return any(number == _OCCUR_TIME for number, _, _ in fields(content))


def content_of(message: bytes, wanted: int) -> bytes:
    """Return what is in the first field of a number; nothing when there is none."""
    return next((content for number, _, content in fields(message) if number == wanted), b"")


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the fields of a message: the number, the whole field, and what is in it."""
    place = 0
    while place < len(message):
        tag, start = _varint(message, place)
        kind = tag & 7
        if kind == _BYTES:
            length, start = _varint(message, start)
            end = start + length
        elif kind == _VARINT:
            _, end = _varint(message, start)
        else:
            end = start + {_FIXED64: 8, _FIXED32: 4}[kind]
        yield tag >> 3, message[place:end], message[start:end]
        place = end


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return the number at a place, seven bits a byte, and the place after it."""
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follow
            return value, place
