"""Streams of the express engine: many at once, both ways, and gone when their clients are."""

import asyncio
import time
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.refused import refused
from tests.running import RunningServer
from tests.security.process_memory import resident
from tests.transport.scripted import scripted

SERVING = health_pb2.HealthCheckResponse.SERVING
STREAMS = 400


async def _watch(channel: grpc.aio.Channel) -> Any:
    watch: Any = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
    assert (await watch.read()).status == SERVING
    return watch


def test_each_request_of_a_stream_is_answered_before_the_next_is_sent(server: RunningServer) -> None:
    asked: list[int] = []

    def requests() -> object:
        for number in range(50):
            asked.append(number)
            yield reflection_pb2.ServerReflectionRequest(list_services=str(number))

    with grpc.insecure_channel(server.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        answers = stub.ServerReflectionInfo(requests(), timeout=20)
        told = [answer.original_request.list_services for answer in answers]
    assert told == [str(number) for number in asked]
    assert len(told) == 50


def test_a_request_that_does_not_parse_ends_the_stream_and_no_other(server: RunningServer) -> None:
    with grpc.insecure_channel(server.address) as channel:
        method: Any = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        with pytest.raises(grpc.RpcError) as failed:
            list(method(iter([b"\xff"]), timeout=20))
        assert refused(failed.value).code is grpc.StatusCode.INVALID_ARGUMENT
        check = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    assert check.status == SERVING


async def test_hundreds_of_idle_streams_hear_of_a_change_and_end_with_the_server() -> None:
    async with scripted({}, options={"grpc.max_concurrent_streams": STREAMS}) as server:
        watches = [await _watch(server.channel) for _ in range(STREAMS)]
        await server.engine.set_serving(serving=False)
        heard = [await watch.read() for watch in watches]
        assert {each.status for each in heard} == {health_pb2.HealthCheckResponse.NOT_SERVING}
        stopping = time.monotonic()
        await server.engine.stop(30)
        assert time.monotonic() - stopping < 20
        assert {await watch.code() for watch in watches} == {grpc.StatusCode.UNAVAILABLE}


async def test_streams_whose_clients_left_leave_nothing_behind(server: RunningServer) -> None:
    """Five rounds of streams cut off: after the first, the process grows no more."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        sizes = []
        for _ in range(6):
            watches = [await _watch(channel) for _ in range(90)]
            for watch in watches:
                watch.cancel()
            await asyncio.sleep(0.1)
            sizes.append(resident(server.pid))
        assert (await _watch(channel)).cancel()
    assert sizes[-1] - sizes[1] < 3 * 2**20
