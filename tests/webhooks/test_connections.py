"""Connections are used again while they are open, for the one name, and for so many names."""

import asyncio
import ssl

import pytest

from messagestatus_server.domain.webhook import Fault
from messagestatus_server.webhooks.connections import Connections
from messagestatus_server.webhooks.sender import Sender
from tests.webhooks.receiver import hang, receiving, saying
from tests.webhooks.sending import BODY, HEADERS, NAME, sent_to


async def test_the_names_used_longest_ago_are_forgotten_first() -> None:
    connections = Connections(ssl.create_default_context(), most=2)
    lent = {}
    for name in ("a", "b", "a", "c"):
        async with connections.to(name) as transport:
            lent[name] = transport
    async with connections.to("a") as again:
        assert again is lent["a"]
    async with connections.to("b") as again:
        assert again is not lent["b"]
    await connections.aclose()


async def test_a_name_in_use_is_not_forgotten() -> None:
    connections = Connections(ssl.create_default_context(), most=1)
    async with connections.to("a") as transport:
        for name in ("b", "c"):
            async with connections.to(name):
                pass
        async with connections.to("a") as again:
            assert again is transport
    await connections.aclose()


async def test_connections_are_used_again(sender: Sender) -> None:
    async with receiving(saying("200 OK", b"thanks")) as receiver:
        for _ in range(3):
            await sender.send(f"http://{NAME}:{receiver.port}/", HEADERS, BODY)
    assert [heard.connection for heard in receiver.heard] == [1, 1, 1]


async def test_many_attempts_at_once_end_each_for_itself(sender: Sender) -> None:
    """A receiver that hangs takes nothing from one that answers."""
    async with receiving(hang) as slow, receiving(saying("200 OK")) as quick:
        ports = [slow.port, quick.port] * 50
        attempts = await asyncio.gather(
            *(sender.send(f"http://{NAME}:{port}/", HEADERS, BODY, 1.0) for port in ports)
        )
    assert [attempt.fault for attempt in attempts] == [Fault.TIMEOUT, Fault.NONE] * 50


async def test_an_attempt_that_is_given_up_leaves_nothing_open(sender: Sender) -> None:
    async with receiving(hang) as receiver:
        attempt = asyncio.create_task(sender.send(f"http://{NAME}:{receiver.port}/", HEADERS, BODY))
        await receiver.called.wait()
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt


async def test_a_connection_that_the_receiver_closed_is_not_used_again(sender: Sender) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        await saying("200 OK")(writer)
        writer.close()

    async with receiving(answer) as receiver:
        for _ in range(2):
            attempt = await sender.send(f"http://{NAME}:{receiver.port}/", HEADERS, BODY)
            assert attempt.status == 200
            await receiver.closed.wait()


async def test_a_receiver_gets_no_cookie_back(sender: Sender) -> None:
    async with receiving(saying("200 OK\r\nset-cookie: a=b")) as receiver:
        for _ in range(2):
            await sender.send(f"http://{NAME}:{receiver.port}/", HEADERS, BODY)
    assert all("cookie" not in heard.head.lower() for heard in receiver.heard)


async def test_the_proxy_of_the_environment_is_not_asked(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await sent_to(sender, saying("200 OK"))).status == 200
