"""Timestamps of the contract to microseconds, UTC, and back."""

from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus_server.domain.refusals import FieldInvalid

_EARLIEST = -62_135_596_800
_LATEST = 253_402_300_799
_LAST_NANO = 999_999_999


def micros(field: str, timestamp: Timestamp) -> int:
    """Return a timestamp in microseconds; finer parts are cut off.

    Raises:
        FieldInvalid: It is outside the years 1 to 9999, or has no valid fraction.
    """
    seconds, nanos = timestamp.seconds, timestamp.nanos
    if not (_EARLIEST <= seconds <= _LATEST and 0 <= nanos <= _LAST_NANO):
        raise FieldInvalid(field, "must be a time of the years 1 to 9999")
    return seconds * 1_000_000 + nanos // 1_000


def known_micros(timestamp: Timestamp) -> int:
    """Return a timestamp of our own in microseconds."""
    return timestamp.seconds * 1_000_000 + timestamp.nanos // 1_000


def ceiling_micros(field: str, timestamp: Timestamp) -> int:
    """Return a timestamp in microseconds; finer parts are rounded up, as an exclusive bound needs.

    Raises:
        FieldInvalid: As `micros` does.
    """
    return micros(field, timestamp) + bool(timestamp.nanos % 1_000)


def timestamp(micros: int) -> Timestamp:
    """Return the timestamp of a time in microseconds."""
    proto = Timestamp()
    fill_time(proto, micros)
    return proto


def fill_time(proto: Timestamp, micros: int) -> None:
    """Fill in a time in microseconds; even the beginning of 1970 is a time that is set."""
    proto.SetInParent()
    seconds = micros // 1_000_000
    proto.seconds = seconds
    proto.nanos = (micros - seconds * 1_000_000) * 1_000
