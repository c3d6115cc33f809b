"""Requests one behind the other on a connection are answered in their order, whatever each takes."""

import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from .gateway_process import GatewayProcess
from .raw_http import RawAnswer, parse, read_all
from .samples import MESSAGE_ID, numbered, sample
from .scripted_upstream import KEY, ScriptedUpstream

HEAD_END = b"\r\n\r\n"
KEYS = b"x-api-key: %b\r\ntoken: %b\r\nsessiontoken: %b\r\n" % ((KEY.encode(),) * 3)
DOCUMENT = json.dumps({"auth": KEY, "data": [{"type": "status", "id": MESSAGE_ID}]}).encode()
POSTED = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(DOCUMENT) + DOCUMENT
ONE = b"/api/messagestatus/" + MESSAGE_ID.encode()


def request(target: bytes, rest: bytes = b"\r\n", *, method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\nhost: gateway\r\n" + KEYS + rest


@pytest.fixture
def connection(gateway: GatewayProcess, upstream: ScriptedUpstream) -> Iterator[socket.socket]:
    upstream.add(sample())
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as connected:
        yield connected


def answers(connection: socket.socket, count: int) -> list[RawAnswer]:
    """Reads so many answers, each as long as its head says."""
    received = b""
    found: list[RawAnswer] = []
    while len(found) < count:
        if HEAD_END in received:
            head, _, rest = received.partition(HEAD_END)
            length = re.search(rb"content-length: (\d+)", head)
            size = int(length[1]) if length else 0
            if len(rest) >= size:
                found.append(parse(head + HEAD_END + rest[:size]))
                received = rest[size:]
                continue
        chunk = connection.recv(65536)
        assert chunk, (found, received)
        received += chunk
    assert received == b""
    return found


def test_a_crowd_of_look_ups_is_answered_in_order(
    connection: socket.socket, upstream: ScriptedUpstream
) -> None:
    messages = [numbered(number) for number in range(300)]
    upstream.add(*messages)
    ids = [message.message_id for message in messages]
    connection.sendall(b"".join(request(b"/api/messagestatus/" + one.encode()) for one in ids))
    assert [answer.json["message"]["id"] for answer in answers(connection, 300)] == ids


MIXED = [
    (request(ONE), 200, "message"),
    (request(b"/healthz"), 200, "status"),
    (request(b"/api/json.php", POSTED, method=b"POST"), 200, "success"),
    (request(b"/nowhere"), 404, "message"),
    (request(b"/v1/message/%b/status" % MESSAGE_ID.encode()), 200, "author"),
    (request(b"/api/chat/status/line?messageId=" + MESSAGE_ID.encode()), 200, "message_id"),
    (request(ONE, method=b"DELETE"), 405, "message"),
    (request(b"/api/chat/status/line"), 400, "error"),
]


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
def test_dialects_and_pages_mix_however_the_bytes_come(size: int, connection: socket.socket) -> None:
    sent = b"".join(one for one, _, _ in MIXED)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start in range(0, len(sent), size):
        connection.sendall(sent[start : start + size])
    found = answers(connection, len(MIXED))
    assert [
        (answer.status, field in answer.json) for answer, (_, _, field) in zip(found, MIXED, strict=True)
    ] == [(status, True) for _, status, _ in MIXED]


@pytest.mark.parametrize("behind", [b"/healthz", b"/api/messagestatus/no-uuid/x", b"/nowhere"])
def test_what_needs_no_look_up_waits_for_the_look_up_before_it(
    behind: bytes, connection: socket.socket, upstream: ScriptedUpstream
) -> None:
    upstream.gate.clear()
    connection.sendall(request(ONE) + request(behind))
    assert upstream.arrived.acquire(timeout=5)
    connection.settimeout(0.1)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    upstream.gate.set()
    connection.settimeout(5)
    first, second = answers(connection, 2)
    assert first.json["message"]["id"] == MESSAGE_ID
    assert second.status == (200 if behind == b"/healthz" else 404)


def test_what_does_not_parse_is_refused_behind_the_answers_before_it(
    connection: socket.socket, upstream: ScriptedUpstream
) -> None:
    upstream.gate.clear()
    connection.sendall(request(ONE) + request(b"/healthz") + b"GET " + ONE + b" HTTP/1.1\r\nno colon\r\n\r\n")
    assert upstream.arrived.acquire(timeout=5)
    upstream.gate.set()
    found = [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", read_all(connection))]
    assert found == [200, 200, 400]


def test_the_last_answer_says_that_it_is_the_last(connection: socket.socket) -> None:
    connection.sendall(request(ONE) + request(ONE, b"connection: close\r\n\r\n") + request(ONE))
    received = read_all(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.count(b"connection: close") == 1


def test_a_body_is_asked_for_where_the_client_waits_to_be_asked(connection: socket.socket) -> None:
    head, _, body = POSTED.partition(HEAD_END)
    expecting = head + b"\r\nexpect: 100-continue" + HEAD_END
    connection.sendall(request(b"/api/json.php", expecting, method=b"POST"))
    assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(body)
    assert answers(connection, 1)[0].json["success"] is True


@pytest.mark.slow
def test_an_idle_connection_is_closed_five_seconds_after_its_last_answer(connection: socket.socket) -> None:
    connection.settimeout(10)
    for pause in (2, 0):
        connection.sendall(request(ONE))
        answers(connection, 1)
        time.sleep(pause)
    answered = time.monotonic()
    assert connection.recv(1) == b""
    assert 4.5 < time.monotonic() - answered < 6
