"""What operators see of the gateway: probes, request ids, and a log without secrets."""

import re
import socket
import subprocess
import sys

import httpx2
import pytest

from .gateway_process import GatewayProcess
from .raw_http import get
from .samples import MESSAGE_ID, PHONE, sample
from .scripted_upstream import KEY, ScriptedUpstream

TARGET = f"/api/messagestatus/{MESSAGE_ID}"


def test_ready_is_what_the_upstream_says(client: httpx2.Client, upstream: ScriptedUpstream) -> None:
    assert client.get("/readyz").status_code == 200
    upstream.set_serving(False)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", [TARGET, "/healthz", "/nowhere"])
def test_a_good_request_id_comes_back(path: str, client: httpx2.Client) -> None:
    response = client.get(path, headers={"X-Request-Id": "order-4711/a"})
    assert response.headers["x-request-id"] == "order-4711/a"


@pytest.mark.parametrize("given", [b"", b"with blank", b"\xc3\xa9", b"x" * 129])
def test_any_other_request_id_is_replaced(given: bytes, gateway: GatewayProcess) -> None:
    made = get(gateway.port, b"/healthz", b"x-request-id: " + given).headers["x-request-id"]
    assert len(made) == 32
    assert made.isalnum()


def test_the_request_id_reaches_the_upstream(client: httpx2.Client, upstream: ScriptedUpstream) -> None:
    client.get(TARGET, headers={"X-Request-Id": "to-the-upstream"})
    assert upstream.calls[0].metadata["x-request-id"] == "to-the-upstream"


@pytest.mark.parametrize(
    ("target", "route", "status"),
    [
        (f"{TARGET}?secret=in-the-query", "/api/messagestatus/{messageid}", 200),
        (f"/api/messagestatus/phonenumber/{PHONE}", "/api/messagestatus/phonenumber/{phonenumber}", 200),
        ("/api/messagestatus/reference/EXT_KEY", "/api/messagestatus/reference/{referencekey}", 200),
        ("/api/messagestatus/one/two/three", "/api/messagestatus/*", 404),
        ("/api/messagestatus/phonenumber/%FF", "/api/messagestatus/*", 400),
        (f"/api/chat/status/{PHONE}?messageId=m&token=t", "/api/chat/status/{instance}", 401),
        ("/docs", "/docs", 200),
        ("/healthz", "/healthz", 200),
        (f"/elsewhere/{PHONE}", "*", 404),
    ],
)
def test_the_log_has_the_route_and_nothing_of_the_caller(
    target: str, route: str, status: int, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    body = b"content-length: 4\r\n\r\nbody"
    answer = get(gateway.port, target.encode(), b"x-api-key: " + KEY.encode(), body)
    line = gateway.await_event("request", request_id=answer.headers["x-request-id"])
    assert (answer.status, line["route"], line["status"], line["method"]) == (status, route, status, "GET")
    assert set(line) == {
        "event",
        "level",
        "timestamp",
        "route",
        "method",
        "status",
        "ms",
        "request_id",
    }


def test_every_request_has_its_line_when_the_process_ends(upstream: ScriptedUpstream) -> None:
    """Lines are written together, and none is lost with the process."""
    upstream.add(sample())
    ids = [f"line-{number}" for number in range(200)]
    head = f"GET {TARGET} HTTP/1.1\r\nx-api-key: {KEY}\r\nx-request-id: "
    options = ("--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{upstream.port}")
    with (
        GatewayProcess(*options) as ending,
        socket.create_connection(("127.0.0.1", ending.port), timeout=5) as connection,
    ):
        connection.sendall("".join(f"{head}{one}\r\n\r\n" for one in ids).encode())
        received = b""
        while received.count(b"HTTP/1.1 200") < len(ids):
            received += connection.recv(65536)
        ending.stop()
        assert ending.await_end() == 0
    lines = [line for line in ending.log if line["event"] == "request"]
    assert [line["request_id"] for line in lines] == ids
    assert {line["level"] for line in lines} == {"info"}
    assert all(re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]+Z", line["timestamp"]) for line in lines)
    assert all(0 < line["ms"] < 60_000 for line in lines)


@pytest.mark.parametrize(("level", "told"), [("info", True), ("warning", False)])
def test_lines_for_people_tell_of_requests_too(level: str, told: bool) -> None:
    command = [sys.executable, "-m", "messagestatus_gateway", "--listen", "127.0.0.1:0", "--log-level", level]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listening = ("--fd", str(listener.fileno()))
        process = subprocess.Popen(
            [*command, *listening], stderr=subprocess.PIPE, text=True, pass_fds=(listener.fileno(),)
        )
        with process:
            port = listener.getsockname()[1]
            assert get(port, b"/healthz", b"x-request-id: by-name").status == 200
            process.terminate()
            assert process.stderr is not None
            assert ("by-name" in process.stderr.read()) is told
