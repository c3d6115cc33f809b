"""Coalescing as clients see it: not at all, but for the neighbours that nobody pays for."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from messagestatus.v1.message_status_service_pb2 import BatchStatusRequest

from .gateway_process import GatewayProcess
from .raw_http import exchange, get, parse, read_all
from .samples import MESSAGE_ID, numbered, sample
from .scripted_upstream import KEY, ScriptedUpstream, rich_status

KEY_HEADER = b"x-api-key: " + KEY.encode()


def target(number: int) -> bytes:
    return b"/api/messagestatus/" + numbered(number).message_id.encode()


@pytest.fixture(scope="module")
def apart(_scripted_upstream: ScriptedUpstream) -> Iterator[GatewayProcess]:
    """A gateway that makes a call for each look-up."""
    options = ("--listen", "127.0.0.1:0", "--deadline", "1", "--arrival", "0.5", "--max-body", "1000")
    upstream = ("--upstream", f"127.0.0.1:{_scripted_upstream.port}", "--rate-limit", "ryze=none")
    with GatewayProcess(*options, *upstream, "--no-coalesce") as running:
        yield running


@pytest.fixture
def both(gateway: GatewayProcess, apart: GatewayProcess) -> tuple[GatewayProcess, ...]:
    return gateway, apart


def asked_in_every_dialect(key: str, message_id: str) -> list[bytes]:
    """Gives the look-ups of a message, as bytes."""
    paths = (
        f"GET /api/messagestatus/{message_id} HTTP/1.1\r\nx-api-key: {key}\r\n",
        f"GET /api/chat/status/line?messageId={message_id} HTTP/1.1\r\ntoken: {key}\r\n",
        f"GET /v1/message/{message_id}/status HTTP/1.1\r\nsessiontoken: {key}\r\n",
    )
    document = json.dumps({"auth": key, "data": [{"type": "status", "id": message_id}] * 2})
    posted = "POST /api/json.php HTTP/1.1\r\ncontent-type: application/json\r\n"
    heads = [*((path, "") for path in paths), (f"{posted}content-length: {len(document)}\r\n", document)]
    common = "host: gateway\r\nx-request-id: same\r\nconnection: close\r\n\r\n"
    return [f"{head}{common}{body}".encode() for head, body in heads]


@pytest.mark.parametrize("message_id", [MESSAGE_ID, MESSAGE_ID.upper(), "nobody", "not*an*id"])
@pytest.mark.parametrize(
    ("key", "failing"), [(KEY, ""), ("wrong", ""), ("", ""), (KEY, "INTERNAL"), (KEY, "SCOPE")]
)
def test_both_ways_answer_alike_to_the_byte(
    message_id: str, key: str, failing: str, both: tuple[GatewayProcess, ...], upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    faults = {
        "INTERNAL": rich_status(grpc.StatusCode.INTERNAL, "INTERNAL"),
        "SCOPE": rich_status(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
    }
    upstream.refuse_always = faults.get(failing)
    for asked in asked_in_every_dialect(key, message_id):
        one, other = (exchange(gateway.port, asked) for gateway in both)
        assert one.headers.pop("date")
        assert other.headers.pop("date")
        assert one == other


def test_apart_means_a_call_for_each_look_up(apart: GatewayProcess, upstream: ScriptedUpstream) -> None:
    upstream.add(*(numbered(number) for number in range(5)))
    upstream.gate.clear()
    with ThreadPoolExecutor(5) as clients:
        asking = [clients.submit(get, apart.port, target(number), KEY_HEADER) for number in range(5)]
        arrived = [upstream.arrived.acquire(timeout=5) for _ in range(5)]
        upstream.gate.set()
        assert [one.result().status for one in asking] == [200] * 5
    assert arrived == [True] * 5
    asked = [call.request for call in upstream.calls]
    assert all(isinstance(request, BatchStatusRequest) for request in asked)
    assert [len(request.message_ids) for request in asked if isinstance(request, BatchStatusRequest)] == [
        1
    ] * 5


def connect(gateway: GatewayProcess, number: int) -> socket.socket:
    """Asks, and does not wait for the answer."""
    connection = socket.create_connection(("127.0.0.1", gateway.port), timeout=5)
    connection.sendall(
        b"GET " + target(number) + b" HTTP/1.1\r\nconnection: close\r\n" + KEY_HEADER + b"\r\n\r\n"
    )
    return connection


def test_a_client_that_vanishes_leaves_its_batch_to_the_others(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.add(*(numbered(number) for number in range(4)))
    upstream.gate.clear()
    with connect(gateway, 0) as first:
        assert upstream.arrived.acquire(timeout=5)
        vanishing, staying = connect(gateway, 1), connect(gateway, 2)
        vanishing.close()
        first.close()
        time.sleep(0.1)
        upstream.gate.set()
        with staying:
            answer = parse(read_all(staying))
    assert (answer.status, answer.json["message"]["id"]) == (200, numbered(2).message_id)
    assert get(gateway.port, target(3), KEY_HEADER).status == 200


def test_a_deadline_holds_behind_a_slow_batch(gateway: GatewayProcess, upstream: ScriptedUpstream) -> None:
    upstream.add(numbered(0), numbered(1))
    upstream.gate.clear()
    with connect(gateway, 0) as slow:
        assert upstream.arrived.acquire(timeout=5)
        time.sleep(0.4)
        began = time.monotonic()
        with connect(gateway, 1) as behind:
            assert parse(read_all(slow)).status == 503
            assert parse(read_all(behind)).status == 503
        assert 0.95 < time.monotonic() - began < 1.3


def test_a_batch_that_fails_is_the_matter_of_those_in_it(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.add(*(numbered(number) for number in range(3)))
    upstream.refusals = [rich_status(grpc.StatusCode.INTERNAL, "INTERNAL")]
    upstream.gate.clear()
    with connect(gateway, 0) as failing:
        assert upstream.arrived.acquire(timeout=5)
        with connect(gateway, 1) as one, connect(gateway, 2) as other:
            time.sleep(0.1)
            upstream.gate.set()
            found = [parse(read_all(each)).status for each in (failing, one, other)]
    assert found == [500, 200, 200]
    assert len(upstream.calls) == 2
