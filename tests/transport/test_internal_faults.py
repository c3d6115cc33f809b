"""Faults of ours: nothing of an exception reaches a caller or a log, but that there was one."""

import logging

import grpc
import pytest
from structlog.testing import capture_logs

from tests.refused import refused
from tests.transport.scripted import Answer, scripted

SECRET = "no row for +380991234567 with key msk_abcdef"


class SpeakingError(Exception):
    """An exception that says too much, however it is asked."""

    def __str__(self) -> str:
        return SECRET

    __repr__ = __str__


async def _plain() -> bytes:
    raise ValueError(SECRET)


async def _chained() -> bytes:
    raise SpeakingError from KeyError(SECRET)


async def _group() -> bytes:
    raise ExceptionGroup(SECRET, [ValueError(SECRET)])


@pytest.mark.parametrize("fault", [_plain, _chained, _group])
async def test_a_fault_is_internal_error_and_a_request_id(
    fault: Answer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with capture_logs() as lines, caplog.at_level(logging.DEBUG):
        async with scripted({"Fail": fault}) as server:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await server.call("Fail", metadata=(("x-request-id", "request-1"),))
    told = refused(failed.value)
    assert (told.code, told.text, told.reason) == (grpc.StatusCode.INTERNAL, "internal error", "INTERNAL")
    assert (told.info, told.request_id) == ({}, "request-1")
    assert [line["event"] for line in lines] == ["fault", "call"]
    assert {line["request_id"] for line in lines} == {"request-1"}
    assert lines[0]["at"]
    everywhere = repr((failed.value, told, lines, caplog.text, capfd.readouterr()))
    assert "380991234567" not in everywhere
    assert "msk_" not in everywhere


async def test_the_next_call_is_answered_as_if_nothing_had_been() -> None:
    async def fine() -> bytes:
        return b"fine"

    async with scripted({"Fail": _plain, "Do": fine}, most_calls=1) as server:
        for _ in range(3):
            with pytest.raises(grpc.aio.AioRpcError):
                await server.call("Fail")
            assert await server.call("Do") == b"fine"
