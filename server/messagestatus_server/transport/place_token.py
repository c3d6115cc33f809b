"""Place tokens: page tokens of lists whose places are numbers, each of use for its own list alone.

A token gives no authority: it only says where to go on, in what the caller may see anyway.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence

import orjson

from messagestatus_server.domain.refusals import PageTokenInvalid

_LIST_BYTES = 9


def place_token(asked: tuple[object, ...], place: Sequence[int] | None) -> str:
    """Return the token of a place, or an empty one where the list has ended.

    Args:
        asked: What tells the list from all others: its name, the tenant, and the filters.
        place: The place where the next page begins.
    """
    if place is None:
        return ""
    return base64.urlsafe_b64encode(_mark(asked) + orjson.dumps([*place])).decode()


def place_of(asked: tuple[object, ...], token: str, size: int) -> tuple[int, ...] | None:
    """Return the place of a token, which has so many numbers; None for an empty one.

    Raises:
        PageTokenInvalid: It is no token of ours, or one of another list.
    """
    if not token:
        return None
    try:
        content = base64.b64decode(token, altchars=b"-_", validate=True)
        place = orjson.loads(content[_LIST_BYTES:])
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        raise PageTokenInvalid from None
    if content[:_LIST_BYTES] != _mark(asked) or not isinstance(place, list) or len(place) != size:
        raise PageTokenInvalid
    if not all(isinstance(number, int) and -(2**63) <= number < 2**63 for number in place):
        raise PageTokenInvalid
    return tuple(place)


def _mark(asked: tuple[object, ...]) -> bytes:
    """Return bytes that another list has not."""
    return hashlib.sha256(repr(asked).encode()).digest()[:_LIST_BYTES]
