"""Limits: on the size of requests and metadata, and on the calls under way at once."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from messagestatus_server.transport import limits
from tests.refused import Refused, refusal, refused
from tests.running import RunningServer, Tenant
from tests.transport.raw_http2 import RawConnection
from tests.transport.scripted import Scripted, scripted

GET_STATUS = "/messagestatus.v1.MessageStatusService/GetStatus"
LARGEST = 4 * 1024 * 1024


async def _done() -> bytes:
    return b"done"


async def _failure(call: "grpc.aio.UnaryUnaryCall[bytes, bytes]") -> Refused | None:
    try:
        await call
    except grpc.aio.AioRpcError as failed:
        return refused(failed)
    return None


def test_a_request_of_four_megabytes_is_read_and_one_byte_more_is_not(tenant: Tenant) -> None:
    call: Any = tenant.client.channel.unary_unary(GET_STATUS)
    key = [("x-api-key", tenant.key)]
    assert refusal(call, bytes(LARGEST), metadata=key).reason == "REQUEST_MALFORMED"
    too_large = refusal(call, bytes(LARGEST + 1), metadata=key)
    assert too_large.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert too_large.text == f"SERVER: Received message larger than max ({LARGEST + 1} vs. {LARGEST})"


async def test_the_largest_request_is_a_setting() -> None:
    async with scripted({"Do": _done}, options={"grpc.max_receive_message_length": 65_536}) as server:
        assert await server.call("Do", bytes(65_536)) == b"done"
        failed = await _failure(server.call("Do", bytes(65_537)))
        assert failed is not None
        assert failed.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert failed.text == "SERVER: Received message larger than max (65537 vs. 65536)"


async def test_metadata_of_seven_kilobytes_is_taken_and_of_seventeen_is_not() -> None:
    """Between the soft limit of 8 and the hard one of 16 a call may go either way."""
    async with scripted({"Do": _done}) as server:
        assert await server.call("Do", metadata=(("padding", "x" * 7 * 1024),)) == b"done"
        await _assert_refused(server, 17)
        assert await server.call("Do") == b"done"


async def test_the_hard_limit_of_metadata_is_a_setting() -> None:
    hard = {"grpc.max_metadata_size": 8 * 1024, "grpc.absolute_max_metadata_size": 8 * 1024}
    async with scripted({"Do": _done}, options=hard) as server:
        await _assert_refused(server, 9)


async def _assert_refused(server: Scripted, kilobytes: int) -> None:
    failed = await _failure(server.call("Do", metadata=(("padding", "x" * kilobytes * 1024),)))
    assert failed is not None
    assert failed.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "received metadata size exceeds hard limit" in failed.text


class Gate:
    """A method that waits for the gate to open, and counts who waits."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.waiting = 0
        self.most = 0
        self.changed = asyncio.Condition()

    async def __call__(self) -> bytes:
        await self._count(1)
        await self.open.wait()
        await self._count(-1)
        return b"passed"

    async def _count(self, by: int) -> None:
        async with self.changed:
            self.waiting += by
            self.most = max(self.most, self.waiting)
            self.changed.notify_all()

    async def full(self, count: int) -> None:
        """Wait until so many wait."""
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(lambda: self.waiting == count), 10)


async def test_of_twelve_calls_at_once_a_limit_of_eight_refuses_four_in_every_wave() -> None:
    async with scripted({"Do": (gate := Gate())}, most_calls=8) as server:
        for _ in range(3):
            gate.open.clear()
            admitted = [asyncio.ensure_future(_failure(server.call("Do"))) for _ in range(8)]
            await gate.full(8)
            rejected = await asyncio.gather(*(_failure(server.call("Do")) for _ in range(4)))
            for each in rejected:
                assert each is not None
                assert (each.code, each.text) == (
                    grpc.StatusCode.RESOURCE_EXHAUSTED,
                    "Concurrent RPC limit exceeded!",
                )
                assert each.reason == "CONCURRENCY_LIMIT_REACHED"
                assert (each.trailers["grpc-retry-pushback-ms"], each.retry_delay) == ("100", 0.1)
            gate.open.set()
            assert await asyncio.gather(*admitted) == [None] * 8
        assert gate.most == 8


async def test_health_is_answered_when_every_place_is_taken() -> None:
    async with scripted({"Do": (gate := Gate())}, most_calls=1) as server:
        waiting = server.call("Do")
        await gate.full(1)
        check = await health_pb2_grpc.HealthStub(server.channel).Check(health_pb2.HealthCheckRequest())
        assert check.status == health_pb2.HealthCheckResponse.SERVING
        gate.open.set()
        assert await waiting == b"passed"


def test_the_settings_of_the_connection_announce_the_limits(server: RunningServer) -> None:
    """A hundred streams at once, and 16 KB of headers: what lies between 8 and 16 may be taken."""
    with RawConnection(server.address) as connection:
        settings = connection.settings()
    assert settings[3] == 100
    assert settings[6] == 2 * limits.LARGEST_METADATA


async def test_a_client_that_starts_more_calls_than_streams_has_all_of_them_answered() -> None:
    """What is over the limit waits in the client."""
    async with scripted({"Do": _done}) as server:
        for _ in range(3):
            failures = await asyncio.gather(*(_failure(server.call("Do")) for _ in range(500)))
            assert failures == [None] * 500


async def test_thousands_of_calls_over_many_connections_are_answered_or_refused_with_a_reason() -> None:
    """None is cancelled by gRPC itself, which no client would try again."""
    async with scripted({"Do": _done}, most_calls=100) as server, AsyncExitStack() as open_channels:
        apart = [("grpc.use_local_subchannel_pool", 1)]
        clients = []
        for _ in range(25):
            channel = grpc.aio.insecure_channel(server.address, options=apart)
            await open_channels.enter_async_context(channel)
            clients.append(Scripted(server.address, server.engine, channel))
        calls = (_failure(client.call("Do")) for client in clients for _ in range(100))
        reasons = {"OK" if each is None else each.reason for each in await asyncio.gather(*calls)}
    assert reasons <= {"OK", "CONCURRENCY_LIMIT_REACHED"}
    assert "OK" in reasons


@pytest.mark.parametrize("streams", [1, 20])
async def test_the_streams_of_a_connection_are_a_setting(streams: int) -> None:
    async with scripted({"Do": _done}, options={"grpc.max_concurrent_streams": streams}) as server:
        with await asyncio.to_thread(RawConnection, server.address) as connection:
            settings = await asyncio.to_thread(connection.settings)
        assert settings[3] == streams
