"""A request, as endpoints see it: captured segments, query, headers and body."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from random import getrandbits
from urllib.parse import parse_qsl

from starlette.types import Receive

from messagestatus_gateway.refusal import GatewayRefusal, RefusedError

Headers = dict[bytes, bytes]
"""Names in lower case, and of each the first value."""

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")

CLOSE = (b"connection", b"close")


@dataclass(slots=True)
class Request:
    """One request to a dialect. It is filled in as it is read, before any endpoint sees it.

    Attributes:
        request_id: What it is called in logs.
        headers: Names in lower case, and values.
        method: The HTTP method.
        query: What follows the question mark, as it stands on the wire.
        client: The address it came from; empty where that is not known.
        target_size: Bytes of its path and query.
        headers_size: Bytes of its headers' names and values; as long as they are within the limit, or more.
        body: The body, complete.
        is_complete: Whether the body had come, or there was none, when the request began to be answered.
        captured: The segments the route's template names, decoded.
        fields: The header fields as they came, each as often as it was sent; names in lower case.
    """

    request_id: str
    headers: Headers
    method: str = ""
    query: bytes = b""
    client: str = ""
    target_size: int = 0
    headers_size: int = 0
    body: bytes = b""
    is_complete: bool = False
    captured: dict[str, str] = field(default_factory=dict)
    fields: Sequence[tuple[bytes, bytes]] = ()

    def header(self, name: bytes) -> str:
        """Gives the first header of that name without the blanks around it; empty where there is none."""
        return self.headers.get(name, b"").decode("latin-1").strip()

    def query_values(self, name: str) -> list[str]:
        """Gives every value of a query parameter, in order. A plus is a blank here."""
        pairs = parse_qsl(self.query.decode("latin-1"), keep_blank_values=True)
        return [value for key, value in pairs if key == name]


def first_of_each(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Gives the first header of each name."""
    return dict(reversed(headers))


def request_id_of(headers: Headers) -> str:
    """Takes the caller's `x-request-id` where it is short and printable, else makes one."""
    given = headers.get(b"x-request-id")
    if given and _REQUEST_ID.fullmatch(given):
        return given.decode("ascii")
    # It has to differ from others, not to be hard to guess.
    return f"{getrandbits(128):032x}"


def announces_body(headers: Headers) -> bool:
    """Tells whether a body follows the head."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def check_body(body: bytes, limit: int) -> None:
    """Checks a body that has come already.

    Raises:
        RefusedError: 413 when it is above `limit` bytes.
    """
    if len(body) > limit:
        raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


async def read_body(headers: Headers, receive: Receive, limit: int, seconds: float) -> bytes:
    """Reads the whole body.

    Raises:
        RefusedError: 413 when it is, or says it is, above `limit` bytes; 408 when it takes longer than
            `seconds`; 400 when the client left before its end. The connection closes with each, since
            what is left of the body still stands in it.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise _refused(HTTPStatus.BAD_REQUEST)
                body += message["body"]
                if len(body) > limit:
                    raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                more = message["more_body"]
    except TimeoutError:
        raise _refused(HTTPStatus.REQUEST_TIMEOUT) from None
    return bytes(body)


def _refused(status: HTTPStatus) -> RefusedError:
    return RefusedError(GatewayRefusal(status, headers=(CLOSE,)))
