"""Drain: told to stop, a server says so first, ends what it has begun, and loses nothing."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from messagestatus.v1 import access_service_pb2 as access_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import message, register
from tests.refused import refused
from tests.running import Client, Operator, RunningServer
from tests.transport.scripted import Scripted, scripted

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

EVERY_TENANT = access_pb.ListTenantsRequest()


class Watch:
    """Follows the health of a server, and remembers what it heard."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.heard: list[int] = []
        self.ended_with: grpc.StatusCode | None = None
        self.changed = threading.Condition()
        stream = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
        self.thread = threading.Thread(target=self._follow, args=[stream])
        self.thread.start()

    def await_status(self, status: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: status in self.heard, 20), self.heard

    def _follow(self, stream: "Iterator[health_pb2.HealthCheckResponse]") -> None:
        try:
            for answer in stream:
                with self.changed:
                    self.heard.append(answer.status)
                    self.changed.notify_all()
        except grpc.RpcError as failed:
            self.ended_with = refused(failed).code


@contextmanager
def _watched(server: RunningServer) -> Iterator[Watch]:
    with grpc.insecure_channel(server.address) as channel:
        watch = Watch(channel)
        watch.await_status(SERVING)
        yield watch
        watch.thread.join(20)
        assert not watch.thread.is_alive()


def test_health_says_so_first_and_calls_are_answered_until_the_server_closes(tmp_path: Path) -> None:
    """A drain delay is for balancers to hear of it; the streams that listen end with the server."""
    server = RunningServer(tmp_path, "--drain-delay", "0.5", "--drain-grace", "0.5")
    client = Client(server.address, server.admin_key)
    with _watched(server) as watch:
        client.access.ListTenants(EVERY_TENANT)
        os.kill(server.pid, signal.SIGTERM)
        watch.await_status(NOT_SERVING)
        client.access.ListTenants(EVERY_TENANT)
        assert server.terminate() == 0
    assert watch.heard == [SERVING, NOT_SERVING]
    assert watch.ended_with is grpc.StatusCode.UNAVAILABLE
    client.close()


def test_a_watch_of_health_does_not_hold_a_server_that_stops(tmp_path: Path) -> None:
    """The grace is for calls: it is longer than this test would wait."""
    server = RunningServer(tmp_path, "--drain-grace", "600")
    with _watched(server) as watch:
        assert server.terminate() == 0
    assert watch.heard == [SERVING, NOT_SERVING]


def test_what_was_acknowledged_while_it_stopped_is_there_after_a_restart(tmp_path: Path) -> None:
    """The call that meets the closing server is UNAVAILABLE, or CANCELLED if gRPC held it already."""
    server = RunningServer(tmp_path)
    operator = Operator(server)
    tenant = operator.tenant("t")
    acknowledged: list[str] = []
    codes: list[grpc.StatusCode] = []
    enough = threading.Event()

    def announce() -> None:
        while not codes:
            name = f"m{len(acknowledged)}"
            try:
                register(tenant.client, message(name))
            except grpc.RpcError as failed:
                codes.append(refused(failed).code)
            else:
                acknowledged.append(name)
            if len(acknowledged) == 50:
                enough.set()

    announcing = threading.Thread(target=announce)
    announcing.start()
    assert enough.wait(20)
    assert server.terminate() == 0
    announcing.join(20)
    operator.close()
    assert codes[0] in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}

    again = RunningServer(tmp_path)
    client = Client(again.address, tenant.key)
    for start in range(0, len(acknowledged), 1_000):
        asked = lookup_pb.BatchStatusRequest(message_ids=acknowledged[start : start + 1_000])
        outcomes = client.status.BatchStatus(asked).outcomes
        assert all(outcome.HasField("message_status") for outcome in outcomes)
    client.close()
    assert again.terminate() == 0


async def _stopped_under_a_call(grace: float, takes: float) -> object:
    """Stop a server while a call is under way, and return its reply or how it failed."""
    started = asyncio.Event()

    async def slow() -> bytes:
        started.set()
        await asyncio.sleep(takes)
        return b"done"

    async with scripted({"Slow": slow}) as server:
        call = asyncio.ensure_future(_ended(server))
        await asyncio.wait_for(started.wait(), 10)
        await server.engine.stop(grace)
        return await call


async def _ended(server: Scripted) -> bytes | grpc.StatusCode:
    try:
        return await server.call("Slow")
    except grpc.aio.AioRpcError as failed:
        return failed.code()


async def test_a_call_under_way_ends_within_the_grace() -> None:
    assert await _stopped_under_a_call(grace=10, takes=0.3) == b"done"


async def test_a_call_that_takes_longer_than_the_grace_is_cut_off() -> None:
    assert await _stopped_under_a_call(grace=0.1, takes=30) is grpc.StatusCode.UNAVAILABLE


async def test_a_server_that_stops_takes_no_new_calls() -> None:
    async def done() -> bytes:
        return b"done"

    async with scripted({"Slow": done}) as server:
        assert await _ended(server) == b"done"
        await server.engine.stop(1)
        assert await _ended(server) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once_with_exit_code_zero(tmp_path: Path, number: signal.Signals) -> None:
    server = RunningServer(tmp_path)
    os.kill(server.pid, number)
    assert server.terminate() == 0
    assert [line["event"] for line in server.lines][-2:] == ["draining", "stopped"]
    assert all(line.startswith("{") for line in server.text)
