"""The certificate must be the name's, though an address is what is connected to."""

import asyncio
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from messagestatus_server.domain.webhook import Attempt, Fault
from messagestatus_server.webhooks.addresses import allowance
from messagestatus_server.webhooks.sender import Sender
from tests.webhooks.authority import Authority
from tests.webhooks.names import Names
from tests.webhooks.receiver import receiving, saying

HERE = allowance(["127.0.0.0/8"])
NAME = "hooks.example.com"
OK = saying("200 OK")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def posted(
    authority: Authority, context: ssl.SSLContext | None, host: str = NAME, seconds: float = 15.0
) -> Attempt:
    """Post once to a receiver with a context, by the name or address of a URL."""
    sender = Sender(HERE, resolve=Names(["127.0.0.1"]), context=authority.client())
    async with receiving(OK, context) as receiver:
        attempt = await sender.send(f"https://{host}:{receiver.port}/", {}, b"{}", seconds)
        await sender.aclose()
    return attempt


async def test_the_name_is_asked_for_and_its_certificate_taken(authority: Authority) -> None:
    context, asked = authority.server([NAME]), []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    attempt = await posted(authority, context)
    assert (attempt.status, attempt.fault, asked) == (200, Fault.NONE, [NAME])


async def test_an_address_in_the_url_needs_a_certificate_of_the_address(authority: Authority) -> None:
    assert (await posted(authority, authority.server(["127.0.0.1"]), "127.0.0.1")).status == 200
    assert (await posted(authority, authority.server([NAME]), "127.0.0.1")).fault is Fault.TLS


@pytest.mark.parametrize(
    "names", [["other.example.com"], ["127.0.0.1"], ["example.com"], ["*.hooks.example.com"]]
)
async def test_a_certificate_of_another_name_is_a_fault(authority: Authority, names: Sequence[str]) -> None:
    attempt = await posted(authority, authority.server(names))
    assert (attempt.status, attempt.fault) == (0, Fault.TLS)


async def test_an_expired_certificate_is_a_fault(authority: Authority) -> None:
    assert (await posted(authority, authority.server([NAME], days=-1))).fault is Fault.TLS


async def test_a_stranger_s_certificate_is_a_fault(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    assert (await posted(authority, stranger.server([NAME]))).fault is Fault.TLS


async def test_a_certificate_that_only_a_test_trusts_is_a_fault_to_this_machine(authority: Authority) -> None:
    sender = Sender(HERE, resolve=Names(["127.0.0.1"]))
    async with receiving(OK, authority.server([NAME])) as receiver:
        attempt = await sender.send(f"https://{NAME}:{receiver.port}/", {}, b"{}")
    assert attempt.fault is Fault.TLS


async def test_a_receiver_that_speaks_no_tls_is_a_fault(authority: Authority) -> None:
    async def attend(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(attend, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sender = Sender(HERE, resolve=Names(["127.0.0.1"]), context=authority.client())
        attempt = await sender.send(f"https://{NAME}:{port}/", {}, b"{}")
    assert attempt.fault is Fault.TLS


async def test_a_receiver_that_never_shakes_hands_ends_in_time(authority: Authority) -> None:
    """And leaves no socket open, which a test would warn of."""
    attempt = await posted(authority, None, seconds=0.4)
    assert attempt.fault is Fault.TIMEOUT
    assert attempt.duration < 2_000_000


async def test_a_connection_verified_for_one_name_is_not_used_for_another(authority: Authority) -> None:
    """Both names lead to one address, and its certificate is of the first alone."""
    sender = Sender(HERE, resolve=Names(["127.0.0.1"]), context=authority.client())
    async with receiving(OK, authority.server([NAME])) as receiver:
        for host, status, fault in (
            (NAME, 200, Fault.NONE),
            ("other.example.com", 0, Fault.TLS),
            (NAME, 200, Fault.NONE),
        ):
            attempt = await sender.send(f"https://{host}:{receiver.port}/", {}, b"{}")
            assert (attempt.status, attempt.fault) == (status, fault)
        await sender.aclose()
    assert [heard.connection for heard in receiver.heard] == [1, 1]
