"""What a dialect gets from the seam: routes on the raw path, and every refusal to render."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import structlog

from messagestatus_gateway.app import Gateway
from messagestatus_gateway.dialect import Answer, Dialect, Route
from messagestatus_gateway.dialects import DIALECTS
from messagestatus_gateway.pages import pages
from messagestatus_gateway.refusal import Refusal, RefusedError, UpstreamRefusal
from messagestatus_gateway.request import Request
from messagestatus_gateway.settings import Limits
from messagestatus_gateway.upstream import Upstream


class Shouting(Dialect):
    """A dialect that shouts what it was asked."""

    prefixes = ("/shout", "/pod/v1/shout")

    @property
    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "/pod/v1/shout/{what}/status", self._shout),
            Route("POST", "/shout", self._read),
            Route("GET", "/shout/", self._fail),
            Route("GET", "/shout/busy", self._refuse_busy),
        )

    def refuse(self, request: Request | None, refusal: Refusal) -> Answer:
        del request
        return Answer(429 if isinstance(refusal, UpstreamRefusal) else refusal.status, b"NO!")

    async def _shout(self, request: Request) -> Answer:
        return Answer(200, request.captured["what"].upper().encode())

    async def _read(self, request: Request) -> Answer:
        return Answer(200, request.body)

    async def _fail(self, request: Request) -> Answer:
        del request
        raise ZeroDivisionError("a phone number")

    async def _refuse_busy(self, request: Request) -> Answer:
        del request
        raise RefusedError(UpstreamRefusal(grpc.StatusCode.RESOURCE_EXHAUSTED))


@pytest.fixture
async def shouting() -> AsyncIterator[Gateway]:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        upstream = Upstream(channel, 1)
        yield Gateway([Shouting(upstream)], pages(upstream), Limits(body=8))


async def ask(
    gateway: Gateway, method: str, target: bytes, *chunks: bytes
) -> tuple[int, dict[bytes, bytes], bytes]:
    raw_path, _, query = target.partition(b"?")
    headers = [(b"transfer-encoding", b"chunked")] if chunks else []
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": raw_path.decode("latin-1"),
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
        "client": None,
    }
    incoming = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await gateway(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        pytest.param("GET", b"/pod/v1/shout/me/status", (200, b"ME"), id="a segment is captured"),
        pytest.param("GET", b"/pod/v1/shout/a%2Fb/status", (200, b"A/B"), id="an escaped slash is data"),
        pytest.param("GET", b"/pod/v1/shout/a+b%2B/status", (200, b"A+B+"), id="a plus is a plus"),
        pytest.param("GET", b"/pod/v1/sh%6Fut/x/status", (200, b"X"), id="fixed segments may be escaped"),
        pytest.param("GET", b"/pod/v1/shout/%zz/status", (200, b"%ZZ"), id="a broken escape is itself"),
        pytest.param("GET", b"/pod/v1/shout/%C3%A9/status", (200, "É".encode()), id="UTF-8 is text"),
        pytest.param("GET", b"/pod/v1/shout//status", (404, b"NO!"), id="an empty segment is not captured"),
        pytest.param("GET", b"/pod/v1/shout/x/Status", (404, b"NO!"), id="case matters"),
        pytest.param("GET", b"/shout/", (500, b"NO!"), id="a fixed trailing slash is a route of its own"),
        pytest.param(
            "GET", b"/shouting", (404, b'{"message":"Not Found"}'), id="a prefix ends with its segment"
        ),
    ],
)
async def test_routing(method: str, target: bytes, expected: tuple[int, bytes], shouting: Gateway) -> None:
    assert (await ask(shouting, method, target))[::2] == expected


async def test_a_body_is_complete_before_the_endpoint_runs(shouting: Gateway) -> None:
    assert (await ask(shouting, "POST", b"/shout", b"1234", b"5678"))[::2] == (200, b"12345678")
    assert (await ask(shouting, "POST", b"/shout", b"1234", b"56789"))[::2] == (413, b"NO!")


async def test_what_is_allowed_is_added_to_the_dialects_refusal(shouting: Gateway) -> None:
    status, headers, body = await ask(shouting, "GET", b"/shout")
    assert (status, headers[b"allow"], body) == (405, b"POST", b"NO!")
    assert (await ask(shouting, "HEAD", b"/shout/busy"))[0] == 429


async def test_every_429_says_when_to_try_again(shouting: Gateway) -> None:
    status, headers, _ = await ask(shouting, "GET", b"/shout/busy")
    assert (status, headers[b"retry-after"]) == (429, b"1")


async def test_an_unexpected_exception_is_logged_without_its_text(shouting: Gateway) -> None:
    with structlog.testing.capture_logs() as lines:
        await ask(shouting, "GET", b"/shout/")
    logged = next(line for line in lines if line["event"] == "unexpected exception")
    assert logged["error"] == "ZeroDivisionError"
    assert logged["frames"][-1].startswith(__file__)
    assert "a phone number" not in str(lines)


async def test_dialects_share_no_path() -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        made = [dialect(Upstream(channel, 1)) for dialect in DIALECTS]
    prefixes = [prefix for dialect in made for prefix in dialect.prefixes]
    assert len(prefixes) == len(set(prefixes))
    for dialect in made:
        for route in dialect.routes:
            owners = [
                one for one in prefixes if route.template == one or route.template.startswith(f"{one}/")
            ]
            assert set(owners) & set(dialect.prefixes) == set(owners) != set()
