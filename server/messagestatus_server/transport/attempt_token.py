"""Page tokens of attempts: a place in their list, opaque to callers, and of use for its own query alone.

A token gives no authority: it only says where to go on, in what the caller may see anyway.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Collection

from messagestatus_server.domain.outgoing import Result
from messagestatus_server.domain.refusals import PageTokenInvalid

_PLACE = struct.Struct(">9sq")


def attempt_token(endpoint_id: str, message_id: str, results: Collection[Result], last: int) -> str:
    """Return the token of the place after an attempt with a number, in a list of some of an endpoint."""
    return base64.urlsafe_b64encode(_PLACE.pack(_mark(endpoint_id, message_id, results), last)).decode()


def attempt_place(endpoint_id: str, message_id: str, results: Collection[Result], token: str) -> int | None:
    """Return the number of the attempt that a page begins after; None for an empty token.

    Raises:
        PageTokenInvalid: It is no token of ours, or one of another list.
    """
    if not token:
        return None
    try:
        mark, last = _PLACE.unpack(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, struct.error, ValueError):
        raise PageTokenInvalid from None
    if mark != _mark(endpoint_id, message_id, results):
        raise PageTokenInvalid
    return int(last)


def _mark(endpoint_id: str, message_id: str, results: Collection[Result]) -> bytes:
    """Return bytes that another list has not; no two endpoints of any tenants have one identifier."""
    asked = repr((endpoint_id, message_id, sorted(results)))
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).digest()[:9]
