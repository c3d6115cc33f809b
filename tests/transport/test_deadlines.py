"""Deadlines: what was given up by its caller is given up by the server."""

import asyncio

import grpc
import pytest

from messagestatus_server.transport import calls
from tests.refused import Refused, refused
from tests.transport.raw_http2 import RawConnection
from tests.transport.scripted import KEY, SERVICE, Scripted, method, scripted
from tests.transport.scripted import calls as scripted_calls

PATIENCE = 10


class Slow:
    """A method that never ends by itself, and tells what happens to it."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.runs = 0
        self.cancellations = 0

    async def __call__(self) -> bytes:
        self.runs += 1
        self.started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancellations += 1
            self.cancelled.set()
            raise
        raise AssertionError


async def _failed(call: "grpc.aio.UnaryUnaryCall[bytes, bytes]") -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return refused(failed.value)


async def _fast() -> bytes:
    return b"done"


async def test_a_deadline_that_passes_ends_the_call_and_cancels_the_handler() -> None:
    slow = Slow()
    async with scripted({"Slow": slow}) as server:
        failed = await _failed(server.call("Slow", timeout=0.2))
        assert failed.code is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(slow.cancelled.wait(), PATIENCE)
        assert slow.runs == 1


async def test_a_call_without_a_deadline_gets_the_servers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by the server: the caller itself would wait for ever."""
    assert calls.DEFAULT_DEADLINE == 10
    monkeypatch.setattr(calls, "DEFAULT_DEADLINE", 0.1)
    slow = Slow()
    async with scripted({"Slow": slow}) as server:
        failed = await _failed(server.call("Slow", timeout=None))
        assert (failed.code, failed.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        assert slow.cancelled.is_set()


@pytest.mark.parametrize("remaining", [0.0, -1.0])
async def test_a_call_that_came_too_late_is_refused_before_anything_else(remaining: float) -> None:
    slow = Slow()
    reply = await scripted_calls().answer(method("Slow", slow), [("x-api-key", KEY)], b"", remaining)
    assert reply.failure is not None
    assert (reply.failure.code, slow.runs) == (grpc.StatusCode.DEADLINE_EXCEEDED, 0)


async def test_no_call_on_the_wire_that_came_too_late_is_worked_on() -> None:
    """A call has a millisecond at least, by gRPC: what begins within it is cancelled, all else is refused.

    The last call has time, and proves that the connection works and the others were read.
    """
    slow = Slow()
    async with scripted({"Slow": slow, "Fast": _fast}) as server:
        with await asyncio.to_thread(RawConnection, server.address) as connection:
            late = [connection.call(f"/{SERVICE}/Slow", KEY, timeout="1n") for _ in range(50)]
            good = connection.call(f"/{SERVICE}/Fast", KEY, timeout="10S")
            ended = await asyncio.to_thread(connection.read_until_ended, {good, *late})
        async with asyncio.timeout(PATIENCE):
            while slow.cancellations < slow.runs:
                slow.cancelled.clear()
                await slow.cancelled.wait()
    assert ended[good].get("grpc-status") == "0"
    assert {ended[stream].get("grpc-status", "4") for stream in late} == {"4"}


async def test_a_client_that_leaves_cancels_its_handler_and_frees_its_place() -> None:
    slow = Slow()
    async with scripted({"Slow": slow, "Fast": _fast}, most_calls=1) as server:
        call = server.call("Slow")
        await asyncio.wait_for(slow.started.wait(), PATIENCE)
        call.cancel()
        await asyncio.wait_for(slow.cancelled.wait(), PATIENCE)
        assert await server.call("Fast") == b"done"


async def test_clients_that_break_off_their_connection_do_not_hurt_the_others() -> None:
    slow = Slow()
    async with scripted({"Slow": slow, "Fast": _fast}, most_calls=4) as server:
        for _ in range(5):
            await _break_off(server, slow)
        assert await server.call("Fast") == b"done"


async def _break_off(server: Scripted, slow: Slow) -> None:
    slow.started.clear()
    slow.cancelled.clear()
    with await asyncio.to_thread(RawConnection, server.address) as connection:
        connection.call(f"/{SERVICE}/Slow", KEY)
        await asyncio.wait_for(slow.started.wait(), PATIENCE)
    await asyncio.wait_for(slow.cancelled.wait(), PATIENCE)
