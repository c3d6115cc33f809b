"""A request, as endpoints see it: captured segments, query, headers and body."""

import asyncio
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.types import Receive

from messagestatus_gateway.refusal import GatewayRefusal, RefusedError

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")

CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a dialect.

    Attributes:
        request_id: What it is called in logs.
        headers: Names in lower case, and values.
        query: What follows the question mark, as it stands on the wire.
        body: The body, complete.
        client: The address it came from; empty where that is not known.
        captured: The segments the route's template names, decoded.
    """

    request_id: str
    headers: list[tuple[bytes, bytes]]
    query: bytes = b""
    body: bytes = b""
    client: str = ""
    captured: dict[str, str] = field(default_factory=dict)

    def header(self, name: bytes) -> str:
        """Gives the first header of that name without the blanks around it; empty where there is none."""
        return first_header(self.headers, name).decode("latin-1").strip()

    def query_values(self, name: str) -> list[str]:
        """Gives every value of a query parameter, in order. A plus is a blank here."""
        pairs = parse_qsl(self.query.decode("latin-1"), keep_blank_values=True)
        return [value for key, value in pairs if key == name]


def first_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """Gives the first header of a lower-case name; empty where there is none."""
    for key, value in headers:
        if key == name:
            return value
    return b""


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Takes the caller's `x-request-id` where it is short and printable, else makes one."""
    given = first_header(headers, b"x-request-id")
    return given.decode("ascii") if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


def announces_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tells whether a body follows the head."""
    return any(
        key == b"transfer-encoding" or (key == b"content-length" and value != b"0") for key, value in headers
    )


async def read_body(
    headers: list[tuple[bytes, bytes]], receive: Receive, limit: int, seconds: float
) -> bytes:
    """Reads the whole body.

    Raises:
        RefusedError: 413 when it is, or says it is, above `limit` bytes; 408 when it takes longer than
            `seconds`; 400 when the client left before its end. The connection closes with each, since
            what is left of the body still stands in it.
    """
    announced = first_header(headers, b"content-length")
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
