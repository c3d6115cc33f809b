"""How watches end: each end says what it is, and gives the token to go on from."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import status_watch_service_pb2 as pb
from messagestatus.v1.status_watch_service_pb2_grpc import StatusWatchServiceStub
from messagestatus_server import compose
from messagestatus_server.compose import Server
from messagestatus_server.domain.refusals import StoreUnavailable
from messagestatus_server.settings import Settings
from messagestatus_server.transport.streams import Streams
from tests.builders import message, register
from tests.engines import ENGINE_VARIABLE
from tests.refused import refused
from tests.running import Client, Operator, RunningServer, Tenant
from tests.security.process_memory import MEGABYTE, resident
from tests.transport.access import create_key, keys, revoke
from tests.transport.watching import LONGEST, OLDEST, Stream, registered, seconds

IDLE: dict[str, Any] = {"heartbeat_interval": seconds(LONGEST)}


def test_a_revoked_key_ends_its_watches_within_seconds_though_nothing_is_sent(
    tenant: Tenant, operator: Operator
) -> None:
    doomed = operator.connect(create_key(operator.client, tenant.name, "doomed").secret)
    watches = [Stream(doomed, **IDLE).begin() for _ in range(3)]
    kept = Stream(tenant.client, **IDLE).begin()
    (key,) = [key for key in keys(operator.client, tenant.name) if key.client == "doomed"]
    revoke(operator.client, tenant.name, key.key_id)
    revoked = time.monotonic()
    for watch in watches:
        told = watch.end()
        assert (told.code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")
    assert time.monotonic() - revoked < 10
    register(tenant.client, message("m"))
    assert kept.changes(1) == registered("m")
    kept.cancel()


def test_a_key_that_expires_ends_its_watch(tenant: Tenant, operator: Operator) -> None:
    until = Timestamp()
    until.FromMilliseconds(int((time.time() + 2) * 1_000))
    brief = operator.connect(create_key(operator.client, tenant.name, expire_time=until).secret)
    told = Stream(brief, **IDLE).begin().end()
    assert (told.code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")
    assert time.time() < until.ToSeconds() + 10


MANY = 20_000


def _register_many(client: Client, prefix: str) -> list[str]:
    """Register messages with much to tell, and return their names."""
    names = [f"{prefix}{number}" for number in range(MANY)]
    for start in range(0, MANY, 1_000):
        said = [
            message(name, reference={"key": "k" * 200, "action": "a" * 200})
            for name in names[start : start + 1_000]
        ]
        register(client, *said)
    return names


def test_a_reader_that_is_too_slow_is_told_so_with_its_token_and_misses_nothing(
    tenant: Tenant, server: RunningServer
) -> None:
    """It reads nothing while many changes come; the server grows no more by them than without it."""
    sizes = [resident(server.pid)]
    _register_many(tenant.client, "unwatched")
    sizes.append(resident(server.pid))
    slow = Stream(tenant.client, timeout=110).begin()
    names = _register_many(tenant.client, "m")
    sizes.append(resident(server.pid))
    assert sizes[2] - sizes[1] < sizes[1] - sizes[0] + 15 * MEGABYTE
    heard: list[str] = []
    told = slow.end(heard)
    assert (told.code, told.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "WATCHER_TOO_SLOW")
    assert told.info == {"resume_token": slow.token}
    assert told.retry_delay
    assert 0 < len(heard) < MANY
    again = Stream(tenant.client, resume_token=slow.token, timeout=110).begin()
    heard += [again.change().message_id for _ in range(MANY - len(heard))]
    assert heard == names
    again.cancel()


def test_a_server_that_stops_ends_watches_at_once_with_their_tokens(tmp_path: Path) -> None:
    """The grace is for calls: it is longer than this test would wait."""
    server = RunningServer(tmp_path, "--drain-grace", "600")
    operator = Operator(server)
    client = operator.tenant("t").client
    watches = [Stream(client, **IDLE).begin() for _ in range(50)]
    register(client, message("m"))
    assert [watch.changes(1) for watch in watches] == [registered("m")] * 50
    assert server.terminate() == 0
    for watch in watches:
        told = watch.end()
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING")
        assert told.info == {"resume_token": watch.token}
    operator.close()
    assert all(line.startswith("{") for line in server.text)


def test_one_watch_more_than_there_may_be_is_refused_until_one_ends(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, "--most-watches", "2")
    operator = Operator(server)
    client = operator.tenant("t").client
    first, second = Stream(client).begin(), Stream(client).begin()
    told = Stream(client).end()
    assert (told.code, told.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "CONCURRENCY_LIMIT_REACHED")
    register(client, message("calls are not counted with them"))
    first.cancel()
    _eventually(lambda: _begins(client))
    second.cancel()
    operator.close()
    assert server.terminate() == 0


def _begins(client: Client) -> bool:
    stream = Stream(client)
    try:
        stream.begin()
    except grpc.RpcError:
        return False
    stream.cancel()
    return True


def _eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


_streams: list[Streams] = []


class _Remembered(Streams):
    """What streams of a server in this process go through, so that tests can look into it."""

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        _streams.append(self)


@pytest.fixture
async def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Server, str]]:
    """Run a server in this process, to look into it."""
    monkeypatch.setattr(compose, "Streams", _Remembered)
    server = Server(Settings(tmp_path, "127.0.0.1:0", engine=os.environ[ENGINE_VARIABLE]))
    address = await server.start()
    yield server, address
    await server.stop()


def _watch(channel: grpc.aio.Channel, server: Server, **fields: Any) -> Any:
    key = server._settings.admin_key.read_text().strip()
    stub: Any = StatusWatchServiceStub(channel)
    return stub.Watch(pb.WatchRequest(**fields), metadata=(("x-api-key", key),), timeout=60)


async def _soon(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("begun", [True, False], ids=["begun", "just asked for"])
async def test_clients_that_leave_leave_nothing(inside: tuple[Server, str], begun: bool) -> None:
    server, address = inside
    streams = _streams[-1]
    feed = server._services.feed
    async with grpc.aio.insecure_channel(address) as channel:
        for _ in range(5):
            watches = [_watch(channel, server) for _ in range(40)]
            if begun:
                for watch in watches:
                    await watch.read()
                await _soon(lambda: sum(len(tail.watched) for tail in feed._tails.values()) == 40)
            for watch in watches:
                watch.cancel()
            await _soon(lambda: not feed._tails and not streams._by_key)
    assert streams._under_way == 0


async def test_a_watch_begun_while_the_store_is_down_is_told_and_may_come_again(
    inside: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, address = inside

    async def fails(*_: object) -> None:
        raise StoreUnavailable

    async with grpc.aio.insecure_channel(address) as channel:
        with monkeypatch.context() as patched:
            patched.setattr(server._store, "feed_span", fails)
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await _watch(channel, server).read()
        told = refused(failed.value)
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        again = _watch(channel, server, start=OLDEST)
        assert (await again.read()).resume_token
        again.cancel()


async def test_a_fault_of_ours_tells_nothing_of_itself(
    inside: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, address = inside

    async def fails(*_: object) -> None:
        raise ZeroDivisionError("secret")

    async with grpc.aio.insecure_channel(address) as channel:
        monkeypatch.setattr(server._store, "feed_span", fails)
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await _watch(channel, server).read()
    told = refused(failed.value)
    assert (told.code, told.reason, told.text) == (grpc.StatusCode.INTERNAL, "INTERNAL", "internal error")


async def test_whoever_never_says_what_it_wants_is_not_waited_for_for_ever(
    inside: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messagestatus_server.transport.streams.DEFAULT_DEADLINE", 0.2)
    server, address = inside
    key = server._settings.admin_key.read_text().strip()
    async with grpc.aio.insecure_channel(address) as channel:
        call: Any = channel.stream_stream("/messagestatus.v1.StatusWatchService/Watch")
        silent = call(metadata=(("x-api-key", key),), timeout=60)
        assert await silent.code() is grpc.StatusCode.DEADLINE_EXCEEDED
