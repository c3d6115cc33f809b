"""Whatever a receiver does, an attempt ends in time, in little memory, with an answer or a fault."""

import asyncio
import gzip
import socket
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from messagestatus_server.domain.webhook import Fault
from messagestatus_server.webhooks.addresses import Allowance, allowance
from messagestatus_server.webhooks.ladder import Verdict, verdict
from messagestatus_server.webhooks.sender import Sender
from tests.webhooks.names import Names
from tests.webhooks.receiver import Answer, hang, receiving, saying
from tests.webhooks.sending import BODY, HEADERS, HERE, NAME, NOW, sent_to


async def test_a_request_is_posted_as_it_was_signed_and_names_its_host(sender: Sender, names: Names) -> None:
    async with receiving(saying("204 No Content")) as receiver:
        attempt = await sender.send(f"http://{NAME}:{receiver.port}/in?a=%20b&c=d+e", HEADERS, BODY)
    assert (attempt.status, attempt.fault, attempt.start_time) == (204, Fault.NONE, NOW)
    assert 0 < attempt.duration < 5_000_000
    (heard,) = receiver.heard
    assert heard.head.startswith("POST /in?a=%20b&c=d+e HTTP/1.1\r\n")
    assert heard.body == BODY
    assert heard.header("host") == f"{NAME}:{receiver.port}"
    assert heard.header("content-type") == "application/json"
    assert {name: heard.header(name) for name in HEADERS} == HEADERS
    assert names.asked == [(NAME, receiver.port)]


@pytest.mark.parametrize("head", ["200 OK", "201 Created", "202 Accepted", "299 Odd"])
async def test_two_hundred_and_what_is_like_it_is_told(sender: Sender, head: str) -> None:
    attempt = await sent_to(sender, saying(head, b"thanks"))
    assert (verdict(attempt), attempt.answer) == (Verdict.TOLD, "thanks")


@pytest.mark.parametrize("status", [400, 401, 404, 408, 429, 500, 502, 503, 504, 999])
async def test_any_other_status_fails_and_is_told_as_it_is(sender: Sender, status: int) -> None:
    attempt = await sent_to(sender, saying(f"{status} Oh", b"no"))
    assert (attempt.status, attempt.fault, attempt.answer) == (status, Fault.NONE, "no")
    assert verdict(attempt) is Verdict.FAILED


async def test_gone_is_gone(sender: Sender) -> None:
    assert verdict(await sent_to(sender, saying("410 Gone"))) is Verdict.GONE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_that_nobody_follows(sender: Sender, status: int) -> None:
    async with receiving(saying("200 OK")) as elsewhere:
        head = f"{status} Elsewhere\r\nlocation: http://{NAME}:{elsewhere.port}/"
        attempt = await sent_to(sender, saying(head))
    assert (attempt.status, verdict(attempt)) == (status, Verdict.FAILED)
    assert elsewhere.heard == []


@pytest.mark.parametrize(
    ("value", "micros"),
    [
        ("120", 120_000_000),
        ("Tue, 14 Nov 2023 22:15:20 GMT", 120_000_000),  # two minutes after the time told
        ("99999999", 86_400_000_000),
        ("soon", None),
    ],
)
async def test_how_long_to_wait_is_read_in_both_forms(sender: Sender, value: str, micros: int | None) -> None:
    attempt = await sent_to(sender, saying(f"429 Too Many Requests\r\nretry-after: {value}"))
    assert (attempt.status, attempt.retry_after) == (429, micros)


async def drip_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-a: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def interim_answers(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("answer", [hang, drip_head, drip_body, interim_answers])
async def test_an_answer_that_does_not_end_in_time_fails(sender: Sender, answer: Answer) -> None:
    started = time.monotonic()
    attempt = await sent_to(sender, answer, 0.4)
    assert time.monotonic() - started < 3
    assert (attempt.fault, verdict(attempt)) == (Fault.TIMEOUT, Verdict.FAILED)
    assert attempt.duration >= 400_000
    assert attempt.status == (200 if answer is drip_body else 0)


async def test_a_name_server_that_hangs_takes_no_longer_either() -> None:
    async def resolve(name: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return [name, str(port)]

    attempt = await Sender(HERE, resolve=resolve).send(f"https://{NAME}/", HEADERS, BODY, 0.2)
    assert attempt.fault is Fault.TIMEOUT


@contextmanager
def little_memory() -> Iterator[None]:
    """Fail where more than 4 MB more is used at any time."""
    tracemalloc.start()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - before < 4_000_000


async def test_an_endless_answer_is_cut_off_in_little_memory(sender: Sender) -> None:
    written = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    async with receiving(endless) as receiver:
        with little_memory():
            attempt = await sender.send(f"http://{NAME}:{receiver.port}/", HEADERS, BODY)
        async with asyncio.timeout(5):
            await receiver.closed.wait()
    # What the buffers of both sockets take may be written, though nobody reads it.
    assert written < 20_000_000
    assert (attempt.status, attempt.fault, verdict(attempt)) == (200, Fault.TOO_LONG, Verdict.TOLD)
    assert attempt.answer == "x" * 1_024


async def test_endless_headers_are_cut_off(sender: Sender) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-a: " + b"b" * 65_536 + b"\r\n")
            await writer.drain()

    attempt = await sent_to(sender, answer)
    assert (attempt.status, attempt.fault) == (0, Fault.MALFORMED)


async def test_an_answer_that_unpacks_to_a_large_one_is_not_unpacked(sender: Sender) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 65_536
    with little_memory():
        attempt = await sent_to(sender, saying("200 OK\r\ncontent-encoding: gzip", bomb))
    assert (attempt.status, attempt.fault) == (200, Fault.NONE)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def hang_up_in_the_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 O")
    writer.close()


async def hang_up_in_the_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nten bytes.")
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.mark.parametrize("answer", [hang_up, hang_up_in_the_head, hang_up_in_the_body, reset])
async def test_an_answer_that_breaks_off_fails(sender: Sender, answer: Answer) -> None:
    attempt = await sent_to(sender, answer)
    assert (attempt.fault, verdict(attempt)) == (Fault.CLOSED, Verdict.FAILED)
    assert attempt.status == (200 if answer is hang_up_in_the_body else 0)


@pytest.mark.parametrize(
    "said",
    [
        b"hello\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\0" * 100 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_fails(sender: Sender, said: bytes) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        writer.close()

    attempt = await sent_to(sender, answer)
    assert attempt.fault in {Fault.MALFORMED, Fault.CLOSED}
    assert verdict(attempt) is Verdict.FAILED


async def test_the_beginning_of_an_answer_is_kept_as_text_that_can_be_stored(sender: Sender) -> None:
    attempt = await sent_to(sender, saying("500 Oh", b"a\0b\xff" + b"c" * 5_000))
    assert attempt.answer == "a\ufffdb\ufffd" + "c" * 1_020


async def test_nobody_listening_is_told_as_such(sender: Sender) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        attempt = await sender.send(f"http://{NAME}:{port}/", HEADERS, BODY)
    assert (attempt.status, attempt.fault) == (0, Fault.CONNECT)


async def test_another_address_is_tried_where_one_cannot_be_connected_to() -> None:
    sender = Sender(HERE, resolve=Names(["127.0.0.2", "127.0.0.1"]))
    attempt = await sent_to(sender, saying("200 OK"))
    assert attempt.status == 200
    await sender.aclose()


@pytest.mark.parametrize("allowed", [HERE, allowance()])
async def test_a_url_that_may_not_be_an_endpoint_is_sent_nothing(allowed: Allowance) -> None:
    names = Names(["127.0.0.1"])
    attempt = await Sender(allowed, resolve=names).send(f"https://user@{NAME}/", HEADERS, BODY)
    assert (attempt.status, attempt.fault, names.asked) == (0, Fault.REFUSED_URL, [])
