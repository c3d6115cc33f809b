"""How an answer travels: not again to whom has it, and small where the client can unpack it."""

import gzip
from hashlib import blake2b
from http import HTTPStatus

from starlette.types import Send

from messagestatus_gateway.dialect import Answer
from messagestatus_gateway.request import Headers

_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
_JSON = (b"content-type", b"application/json")
_NOT_KEPT = (b"cache-control", b"no-store")

_OK = HTTPStatus.OK
# Below this an answer fits one packet either way.
_WORTH_PACKING = 1400
# The fast end: higher levels cost several times as much for a few percent.
_LEVEL = 3


def head_of(answer: Answer, request_id: str) -> list[tuple[bytes, bytes]]:
    """Gives the header fields of an answer."""
    head = [(b"x-request-id", request_id.encode()), *answer.headers]
    named = {name for name, _ in answer.headers}
    if answer.status not in _BODILESS:
        head.append((b"content-length", b"%d" % len(answer.body)))
        if b"content-type" not in named:
            head.append(_JSON)
    if b"cache-control" not in named:
        head.append(_NOT_KEPT)
    return head


async def send_answer(send: Send, answer: Answer, request_id: str) -> None:
    """Sends a whole answer as an ASGI application does."""
    head = head_of(answer, request_id)
    await send({"type": "http.response.start", "status": int(answer.status), "headers": head})
    await send({"type": "http.response.body", "body": answer.body})


def revalidated(answer: Answer, method: str, headers: Headers) -> Answer:
    """Names the state of what a look-up found, and answers 304 to a client that has just that state."""
    if answer.status != _OK or method not in {"GET", "HEAD"}:
        return answer
    # Weak: the same state may travel packed or not.
    tag = f'W/"{blake2b(answer.body, digest_size=12).hexdigest()}"'.encode()
    # The client may keep it if it asks again each time; proxies may not, since it is for one caller.
    kept = ((b"etag", tag), (b"cache-control", b"private, no-cache"), *answer.headers)
    if b"if-none-match" in headers and _names(headers[b"if-none-match"], tag):
        return Answer(HTTPStatus.NOT_MODIFIED, b"", kept)
    return Answer(answer.status, answer.body, kept)


def packed(answer: Answer, headers: Headers) -> Answer:
    """Compresses a large answer for a client that accepts gzip."""
    if len(answer.body) < _WORTH_PACKING:
        return answer
    varying = (*answer.headers, (b"vary", b"Accept-Encoding"))
    if not _accepts_gzip(headers.get(b"accept-encoding", b"")):
        return Answer(answer.status, answer.body, varying)
    body = gzip.compress(answer.body, _LEVEL, mtime=0)
    return Answer(answer.status, body, (*varying, (b"content-encoding", b"gzip")))


def _names(wanted: bytes, tag: bytes) -> bool:
    """Compares weakly, as RFC 9110 has it for `If-None-Match`."""
    opaque = tag.removeprefix(b"W/")
    return wanted.strip() == b"*" or any(
        one.strip().removeprefix(b"W/") == opaque for one in wanted.split(b",")
    )


def _accepts_gzip(accepted: bytes) -> bool:
    """Reads `Accept-Encoding`; what stands for gzip by name counts before what stands for all."""
    weights = {}
    for item in accepted.lower().split(b","):
        coding, _, parameter = item.partition(b";")
        weights[coding.strip()] = parameter.replace(b" ", b"").removeprefix(b"q=") or b"1"
    weight = weights.get(b"gzip", weights.get(b"*", b"0"))
    try:
        return float(weight) > 0
    except ValueError:
        return False
