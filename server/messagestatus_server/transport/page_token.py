"""Page tokens: a place in a list, opaque to callers, and of use for its own query alone.

A token gives no authority: it only says where to go on, in what the caller may see anyway.
"""

import base64
import binascii
import hashlib

import orjson

from messagestatus_server.domain.page import Cursor, Query
from messagestatus_server.domain.refusals import PageTokenInvalid

_QUERY_BYTES = 9


def page_token(tenant: int, query: Query, cursor: Cursor | None) -> str:
    """Return the token of a place, or an empty one where the list has ended."""
    if cursor is None:
        return ""
    return base64.urlsafe_b64encode(_mark(tenant, query) + orjson.dumps([*cursor])).decode()


def cursor(tenant: int, query: Query, token: str) -> Cursor | None:
    """Return the place of a token; None for an empty one.

    Raises:
        PageTokenInvalid: It is no token of ours, or one of another query or tenant.
    """
    if not token:
        return None
    try:
        content = base64.b64decode(token, altchars=b"-_", validate=True)
        mark, place = content[:_QUERY_BYTES], content[_QUERY_BYTES:]
        if mark != _mark(tenant, query):
            raise PageTokenInvalid
        accept_time, message_id, instance = orjson.loads(place)
    except (binascii.Error, orjson.JSONDecodeError, ValueError, TypeError):
        raise PageTokenInvalid from None
    if not (isinstance(accept_time, int) and isinstance(message_id, str) and isinstance(instance, str)):
        raise PageTokenInvalid
    if not -(2**63) <= accept_time < 2**63:
        raise PageTokenInvalid
    return Cursor(accept_time, message_id, instance)


def _mark(tenant: int, query: Query) -> bytes:
    """Return bytes that another tenant or query has not."""
    filters = query.filters
    asked = (
        tenant,
        type(query).__name__,
        *query[:2],
        sorted(filters.states),
        sorted(filters.channels),
        *filters[2:],
    )
    return hashlib.sha256(repr(asked).encode()).digest()[:_QUERY_BYTES]
