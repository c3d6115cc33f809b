"""Every error on a dialect's path has that dialect's shape, whoever raised it.

For the Namirial dialect that shape is `{"message": "<text>"}`.
"""

import socket

import grpc
import httpx2
import pytest

from .gateway_process import GatewayProcess
from .raw_http import RawAnswer, exchange, get, parse, read_all
from .samples import MESSAGE_ID, sample
from .scripted_upstream import KEY, ScriptedUpstream, rich_status

TARGET = b"/api/messagestatus/" + MESSAGE_ID.encode()
LIST_TARGET = b"/api/messagestatus/phonenumber/"
KEY_HEADER = b"x-api-key: " + KEY.encode()


def assert_refused(answer: RawAnswer, status: int, text: str) -> None:
    assert (answer.status, answer.json) == (status, {"message": text})
    assert answer.headers["content-type"] == "application/json"
    assert "x-request-id" in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE"])
def test_another_method_is_405_and_told_what_is_allowed(method: bytes, gateway: GatewayProcess) -> None:
    answer = get(gateway.port, TARGET, method=method)
    assert_refused(answer, 405, "Method Not Allowed")
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("end", [b"", b"/", b"/x/", b"/x/y", b"/phonenumber/x/y"])
def test_a_path_of_the_dialect_that_it_does_not_know_is_404(end: bytes, gateway: GatewayProcess) -> None:
    assert_refused(get(gateway.port, b"/api/messagestatus" + end, KEY_HEADER), 404, "Not Found")


@pytest.mark.parametrize("segment", [b"%FF", b"%C3", b"a%ED%A0%80", b"\xff", b"\xc3\xa9"])
def test_bytes_in_a_path_that_are_not_utf8_are_400(segment: bytes, gateway: GatewayProcess) -> None:
    """A byte above 127 that is not escaped may not stand in a path at all."""
    assert_refused(get(gateway.port, LIST_TARGET + segment, KEY_HEADER), 400, "Bad Request")


def test_a_head_that_does_not_parse_is_400(gateway: GatewayProcess) -> None:
    answer = exchange(gateway.port, b"GET " + TARGET + b" HTTP/1.1\r\nno colon\r\n\r\n")
    assert_refused(answer, 400, "Bad Request")


@pytest.mark.parametrize("beginning", [b"GET " + TARGET + b" HTTP/1.1\r\nhost:", b"GET " + TARGET])
def test_a_head_that_does_not_end_is_408(beginning: bytes, gateway: GatewayProcess) -> None:
    assert_refused(exchange(gateway.port, beginning), 408, "Request Timeout")


def test_a_second_head_that_does_not_end_is_408(gateway: GatewayProcess) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n")
        received = b""
        while b"alive" not in received:
            received += connection.recv(65536)
        connection.sendall(b"GET " + TARGET + b" HTTP/1.1\r\n")
        assert_refused(parse(read_all(connection)), 408, "Request Timeout")


def test_a_connection_without_a_request_is_closed(gateway: GatewayProcess) -> None:
    address = ("127.0.0.1", gateway.port)
    with socket.create_connection(address, 5) as silent, socket.create_connection(address, 5) as blank:
        blank.sendall(b"\r\n")
        assert read_all(silent) == read_all(blank) == b""


def test_a_body_that_does_not_end_is_408(gateway: GatewayProcess) -> None:
    answer = exchange(gateway.port, b"POST " + TARGET + b" HTTP/1.1\r\ncontent-length: 10\r\n\r\nx")
    assert_refused(answer, 408, "Request Timeout")


@pytest.mark.parametrize(
    "request_end",
    [
        b"content-length: 1001\r\n\r\n",
        b"content-length: 99999999999999\r\nexpect: 100-continue\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
    ],
)
def test_a_body_above_the_limit_is_413(request_end: bytes, gateway: GatewayProcess) -> None:
    answer = exchange(gateway.port, b"GET " + TARGET + b" HTTP/1.1\r\n" + request_end)
    assert_refused(answer, 413, "Request Entity Too Large")
    assert answer.headers["connection"] == "close"


def test_a_body_within_the_limit_of_a_get_is_ignored(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    answer = get(gateway.port, TARGET, KEY_HEADER, b"content-length: 1000\r\n\r\n" + b"x" * 996)
    assert answer.status == 200


def test_a_target_above_the_limit_is_414(gateway: GatewayProcess) -> None:
    assert_refused(get(gateway.port, TARGET + b"?" + b"x" * 8192), 414, "Request-URI Too Long")


def test_headers_above_the_limit_are_431(gateway: GatewayProcess) -> None:
    answer = get(gateway.port, TARGET, b"cookie: " + b"x" * 32768)
    assert_refused(answer, 431, "Request Header Fields Too Large")


def test_a_head_that_only_grows_is_431(gateway: GatewayProcess) -> None:
    """The refusal comes in the middle of the head: nothing of it is kept for long."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as connection:
        connection.sendall(b"GET " + TARGET + b" HTTP/1.1\r\n")
        connection.settimeout(0.001)
        received = b""
        while not received:
            connection.sendall(b"cookie: " + b"x" * 8000 + b"\r\n")
            try:
                received = connection.recv(65536)
            except TimeoutError:
                continue
    assert_refused(parse(received), 431, "Request Header Fields Too Large")


def test_too_many_calls_are_429_and_told_when_to_try_again(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.refuse_always = rich_status(
        grpc.StatusCode.RESOURCE_EXHAUSTED, "CONCURRENCY_LIMIT_REACHED", retry_seconds=1.5
    )
    answer = get(gateway.port, TARGET, KEY_HEADER)
    assert_refused(answer, 429, "Too Many Requests")
    assert answer.headers["retry-after"] == "2"


def assert_unavailable(answer: RawAnswer) -> None:
    assert_refused(answer, 503, "Service Unavailable")
    assert answer.headers["retry-after"] == "1"


def test_an_upstream_that_stays_unavailable_is_503(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.refuse_always = rich_status(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    assert_unavailable(get(gateway.port, TARGET, KEY_HEADER))


def test_an_upstream_that_is_not_there_is_503(upstream: ScriptedUpstream) -> None:
    del upstream
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with GatewayProcess("--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{port}") as alone:
        assert_unavailable(get(alone.port, TARGET, KEY_HEADER))
        assert get(alone.port, b"/readyz").status == 503
        assert get(alone.port, b"/healthz").status == 200


@pytest.mark.parametrize("target", [TARGET, LIST_TARGET + b"+1234567890"])
def test_an_upstream_that_does_not_answer_in_time_is_503(
    target: bytes, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.gate.clear()
    assert_unavailable(get(gateway.port, target, KEY_HEADER))


@pytest.mark.parametrize(
    "reply",
    [b"\xff\xff", b"", b"\x0a\x00\x0a\x00"],
    ids=["no protobuf", "no outcome", "an outcome too many"],
)
def test_an_upstream_that_breaks_the_contract_is_500(
    reply: bytes, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.replies = [reply]
    assert_refused(get(gateway.port, TARGET, KEY_HEADER), 500, "Internal Server Error")


def test_more_requests_than_the_limit_are_503(upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    upstream.gate.clear()
    options = (
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        f"127.0.0.1:{upstream.port}",
        "--max-concurrency",
        "1",
    )
    with GatewayProcess(*options) as small, socket.create_connection(("127.0.0.1", small.port)) as first:
        first.sendall(b"GET " + TARGET + b" HTTP/1.1\r\nconnection: close\r\n" + KEY_HEADER + b"\r\n\r\n")
        assert upstream.arrived.acquire(timeout=5)
        answer = get(small.port, TARGET, KEY_HEADER)
        assert_refused(answer, 503, "Service Unavailable")
        assert answer.headers["retry-after"] == "1"
        upstream.gate.set()
        assert parse(read_all(first)).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/message", "//api/messagestatus/x", "/healthz/", "/a%2Fb", "/%FF"]
)
def test_a_path_of_no_dialect_is_a_plain_404(path: str, gateway: GatewayProcess) -> None:
    assert_refused(get(gateway.port, path.encode()), 404, "Not Found")


def test_what_is_not_http_is_400(gateway: GatewayProcess) -> None:
    assert_refused(exchange(gateway.port, b"\x16\x03\x01\x02\x00\x01\x00"), 400, "Bad Request")


def test_the_gateway_survives_all_of_this(gateway: GatewayProcess) -> None:
    assert httpx2.get(f"{gateway.url}/healthz").json() == {"status": "alive"}
