"""CORS: pages of other origins may call the dialects and read what they answer."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus

from messagestatus_gateway.dialect import Answer
from messagestatus_gateway.request import Headers

Fields = tuple[tuple[bytes, bytes], ...]

_ANY = "*"
_HEADER_NAMES = re.compile(rb"[A-Za-z0-9_\-, ]{1,1024}")
_READABLE = (
    b"access-control-expose-headers",
    b"X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Retry-After, ETag",
)
# Two hours, the longest that browsers remember a permission for.
_REMEMBERED = (b"access-control-max-age", b"7200")


class Cors:
    """Whom browsers let read the answers. No cookie opens anything here, so anybody may be."""

    def __init__(self, origins: Sequence[str] = (_ANY,)) -> None:
        """Takes the origins admitted: `*` admits every one, none admits nobody."""
        self._origins = {origin.encode() for origin in origins}

    def headers_for(self, headers: Headers) -> Fields:
        """Gives what goes with every answer to a request with these headers."""
        if b"origin" not in headers:
            return ()
        allowed = self._allowed(headers[b"origin"])
        return (*allowed, _READABLE) if allowed else ()

    def preflight(self, headers: Headers, methods: Iterable[str]) -> Answer | None:
        """Answers a browser that asks with OPTIONS before it sends a request; None where none asks."""
        if not headers.get(b"access-control-request-method", b""):
            return None
        allowed = self._allowed(headers.get(b"origin", b""))
        if not allowed:
            return None
        granted = [(b"access-control-allow-methods", ", ".join(methods).encode()), _REMEMBERED]
        asked = headers.get(b"access-control-request-headers", b"")
        if _HEADER_NAMES.fullmatch(asked):
            # Whatever header a client wants to send does no harm: each dialect reads its own.
            granted += [
                (b"access-control-allow-headers", asked),
                (b"vary", b"Access-Control-Request-Headers"),
            ]
        return Answer(HTTPStatus.NO_CONTENT, b"", tuple(granted))

    def _allowed(self, origin: bytes) -> Fields:
        if not origin:
            return ()
        if _ANY.encode() in self._origins:
            return ((b"access-control-allow-origin", b"*"),)
        if origin in self._origins:
            return ((b"access-control-allow-origin", origin), (b"vary", b"Origin"))
        return ()
