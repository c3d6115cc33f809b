"""How a watch ends, and what it costs others while it lasts."""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from messagestatus_gateway import watch as watch_module
from messagestatus_gateway.upstream_watch import WatchEnded
from tests.builders import message, register
from tests.running import RunningGateway, RunningServer, Tenant

from .conftest import Start
from .event_stream import watching
from .samples import MESSAGE_ID
from .scripted_watch import SIZE, ScriptedWatches
from .test_process import certify

# What lies in sockets and in HTTP/2 windows before anybody has to wait.
BUFFERED = 1_500_000


@pytest.fixture
def flood() -> Iterator[ScriptedWatches]:
    """An upstream that has far more to tell than fits in any buffer."""
    with ScriptedWatches(changes=100 * BUFFERED // SIZE) as upstream:
        yield upstream


@pytest.fixture
def silence() -> Iterator[ScriptedWatches]:
    """An upstream whose watches have nothing to tell."""
    with ScriptedWatches() as upstream:
        yield upstream


def ask(gateway: RunningGateway) -> socket.socket:
    """Ask for a watch, and read nothing."""
    connection = socket.create_connection(("127.0.0.1", int(gateway.url.rpartition(":")[2])), timeout=10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    connection.sendall(b"GET /v1/watch HTTP/1.1\r\nhost: gateway\r\nx-api-key: a-key-of-somebody\r\n\r\n")
    return connection


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    received = b""
    while wanted not in received:
        received += (piece := connection.recv(65536))
        assert piece, received
    return received


def settled(upstream: ScriptedWatches) -> int:
    """Wait until no more is taken from an upstream, and return how many changes were."""
    while True:
        before = upstream.sent
        time.sleep(0.5)
        if before == upstream.sent and before:
            return before


def test_a_client_that_does_not_read_stops_the_reading_of_the_upstream(
    start: Start, flood: ScriptedWatches
) -> None:
    gateway = start(flood.address)
    memory = resident(gateway.pid)
    with ask(gateway) as connection:
        taken = settled(flood)
        assert taken * SIZE < BUFFERED
        assert resident(gateway.pid) - memory < 10 * BUFFERED
        received = 0
        while received < 2 * BUFFERED:
            received += len(connection.recv(1 << 20))
        assert settled(flood) > taken
    assert flood.ended.acquire(timeout=5)
    gateway.terminate()


def test_over_tls_a_watch_is_the_same(start: Start, silence: ScriptedWatches, tmp_path: Path) -> None:
    certificate, key = certify(tmp_path)
    gateway = start(silence.address, "--tls-cert", str(certificate), "--tls-key", str(key))
    url = gateway.url.replace("http:", "https:") + "/v1/watch"
    trusted = ssl.create_default_context(cafile=str(certificate))
    with httpx2.stream("GET", url, headers={"X-Api-Key": "a-key"}, verify=trusted) as response:
        pieces = response.iter_raw()
        assert b"id: after-0" in next(pieces)
        assert gateway.terminate() == 0
        assert b"SERVER_STOPPING" in next(pieces)


def test_a_watch_outlasts_the_patience_with_idle_connections_and_leaves_its_own_open(
    start: Start,
    silence: ScriptedWatches,
) -> None:
    gateway = start(silence.address, "--arrival", "0.5")
    port = int(gateway.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n")
        read_until(connection, b'"alive"}')
        connection.sendall(b"GET /v1/watch HTTP/1.1\r\nhost: gateway\r\nx-api-key: a-key\r\n\r\n")
        read_until(connection, b"id: after-0")
        time.sleep(5.5)
        silence._server.stop(None).wait()
        read_until(connection, b"\r\n0\r\n\r\n")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: gateway\r\n\r\n")
        read_until(connection, b'"alive"}')
    gateway.terminate()


def resident(pid: int) -> int:
    """Return the bytes that a process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def test_a_client_that_leaves_ends_the_call_to_the_upstream_at_once(
    start: Start, silence: ScriptedWatches, flood: ScriptedWatches
) -> None:
    for upstream in (silence, flood):
        gateway = start(upstream.address)
        with ask(gateway) as connection:
            read_until(connection, b"id: after-0")
        assert upstream.ended.acquire(timeout=2)
        gateway.terminate()
        line = gateway.logged("request")
        assert (line["route"], line["status"]) == ("/v1/watch", 200)


def test_a_signal_ends_watches_with_a_word(start: Start, silence: ScriptedWatches) -> None:
    gateway = start(silence.address, "--drain", "30")
    with ask(gateway) as connection:
        read_until(connection, b"id: after-0")
        began = time.monotonic()
        assert gateway.terminate() == 0
        assert time.monotonic() - began < 3
        received = read_until(connection, b"\r\n0\r\n\r\n")
        assert b"event: error" in received
        told = json.loads(received[received.index(b"{") : received.rindex(b"}") + 1])
    assert (told["reason"], told["resume_token"]) == ("SERVER_STOPPING", "after-0")


def test_a_client_that_does_not_read_holds_up_no_drain(start: Start, flood: ScriptedWatches) -> None:
    gateway = start(flood.address, "--drain", "30")
    with ask(gateway):
        settled(flood)
        began = time.monotonic()
        assert gateway.terminate() == 0
        assert time.monotonic() - began < 6


def test_the_end_of_the_upstream_is_told_with_the_token_to_go_on_from(
    start: Start, silence: ScriptedWatches
) -> None:
    gateway = start(silence.address)
    with watching(gateway.url, "a-key-of-somebody") as watch:
        watch.until_opened()
        silence._server.stop(None).wait()
        end = next(watch)
    gateway.terminate()
    assert (end.name, end.body["resume_token"]) == ("error", "after-0")
    assert end.body["reason"] in {"UNAVAILABLE", "CANCELLED"}


def test_an_upstream_that_falls_silent_is_taken_for_dead(start: Start, silence: ScriptedWatches) -> None:
    gateway = start(silence.address, "--deadline", "0.5")
    with watching(gateway.url, "a-key-of-somebody", "heartbeat=1") as watch:
        end = next(watch)
    gateway.terminate()
    assert (end.name, end.body["reason"]) == ("error", "UNAVAILABLE")


def test_beyond_the_limit_a_watch_is_503_until_another_ends(
    start: Start, server: RunningServer, tenant: Tenant
) -> None:
    gateway = start(server.address, "--max-watches", "1")
    headers = {"X-Api-Key": tenant.key}
    try:
        with watching(gateway.url, tenant.key):
            answer = httpx2.get(f"{gateway.url}/v1/watch", headers=headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        for _ in range(50):
            with httpx2.stream("GET", f"{gateway.url}/v1/watch", headers=headers) as again:
                if again.status_code == 200:
                    break
            time.sleep(0.05)
        assert again.status_code == 200
    finally:
        gateway.terminate()


def test_watches_do_not_count_as_requests_under_way(
    start: Start, server: RunningServer, tenant: Tenant
) -> None:
    gateway = start(server.address, "--max-concurrency", "1")
    register(tenant.client, message(MESSAGE_ID))
    with watching(gateway.url, tenant.key) as first, watching(gateway.url, tenant.key) as second:
        first.until_opened()
        second.until_opened()
        found = httpx2.get(f"{gateway.url}/api/messagestatus/{MESSAGE_ID}", headers={"X-Api-Key": tenant.key})
        assert found.status_code == 200
    gateway.terminate()


async def test_more_watch_than_one_connection_carries(
    start: Start, server: RunningServer, tenant: Tenant
) -> None:
    """The server lets a hundred streams on a connection; the next would wait without a word."""
    gateway = start(server.address)
    headers = {"X-Api-Key": tenant.key}
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(base_url=gateway.url, headers=headers, limits=limits, timeout=20) as client:
        all_open = asyncio.Barrier(231)

        async def hear() -> bytes:
            async with client.stream("GET", "/v1/watch") as response:
                pieces = response.aiter_raw()
                await anext(pieces)
                await all_open.wait()
                return await anext(pieces)

        hearing = [asyncio.create_task(hear()) for _ in range(230)]
        await all_open.wait()
        register(tenant.client, message(MESSAGE_ID))
        assert (await client.get(f"/api/messagestatus/{MESSAGE_ID}")).status_code == 200
        heard = await asyncio.gather(*hearing)
    gateway.terminate()
    assert all(MESSAGE_ID.encode() in each for each in heard)


async def test_a_client_that_takes_nothing_for_a_while_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_PATIENCE", 0.01)
    dropped = asyncio.Event()

    async def take(_message: object) -> None:
        await asyncio.Event().wait()

    class Connection(asyncio.Transport):
        def abort(self) -> None:
            dropped.set()

    client = watch_module._Client("request", take, Connection())
    with pytest.raises(WatchEnded):
        await client.write(b"event")
    assert dropped.is_set()
