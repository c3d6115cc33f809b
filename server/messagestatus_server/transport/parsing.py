"""Requests of the contract to values: bytes that do not parse, and numbers that mean nothing, are refused."""

from collections.abc import Callable, Iterable, Sized
from enum import IntEnum
from functools import cache
from typing import Any, TypeVar

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Proto

from messagestatus_server.domain.page import page_size
from messagestatus_server.domain.refusals import (
    BatchTooLarge,
    FieldInvalid,
    Refusal,
    RequestMalformed,
)

LARGEST_BATCH = 1_000
"""How many items a call has at most."""

P = TypeVar("P", bound=Proto)
E = TypeVar("E", bound=IntEnum)
S = TypeVar("S")
T = TypeVar("T")


def parsed(kind: type[P], body: bytes) -> P:
    """Return the request that the bytes of a call hold.

    Raises:
        RequestMalformed: They hold none.
    """
    try:
        return kind.FromString(body)
    except DecodeError:
        raise RequestMalformed from None


def enumerated(field: str, kind: type[E], number: int) -> E:
    """Return the value of an enum.

    Raises:
        FieldInvalid: The number is none of its values.
    """
    try:
        member: E = _members(kind)[number]
    except KeyError:
        raise FieldInvalid(field, f"has no value {number}") from None
    return member


def asked_size(asked: int) -> int:
    """Return how many items a page has at most.

    Raises:
        FieldInvalid: Less than none are asked for.
    """
    if asked < 0:
        raise FieldInvalid("page_size", "must not be negative")
    return page_size(asked)


def check_batch(field: str, items: Sized) -> None:
    """Refuse a call with too many items.

    Raises:
        BatchTooLarge: It has more than it may have.
    """
    if len(items) > LARGEST_BATCH:
        raise BatchTooLarge(field, LARGEST_BATCH, len(items))


def each(convert: Callable[[S], T], items: Iterable[S]) -> list[T | Refusal]:
    """Convert every item of a batch; one that is refused leaves its refusal in its place."""
    return [_converted(convert, item) for item in items]


@cache
def _members(kind: type[IntEnum]) -> dict[int, Any]:
    return {member.value: member for member in kind}


def _converted(convert: Callable[[S], T], item: S) -> T | Refusal:
    try:
        return convert(item)
    except Refusal as refusal:
        return refusal
