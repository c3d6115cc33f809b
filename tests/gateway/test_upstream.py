"""Calls to the upstream over a real channel: what goes out, and what comes back as a refusal."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from google.rpc import status_pb2

from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus.v1.message_status_service_pb2 import (
    BatchStatusRequest,
    GetStatusRequest,
    ListByPhoneRequest,
    StatusView,
)
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.channel import connect
from messagestatus_gateway.refusal import RefusedError, UpstreamRefusal
from messagestatus_gateway.settings import UpstreamSettings
from messagestatus_gateway.upstream import Upstream

from .samples import MESSAGE_ID, PHONE, numbered, sample
from .scripted_upstream import KEY, ScriptedUpstream, rich_status

CALLER = Caller(KEY, "request-1")


@pytest.fixture
async def asking(upstream: ScriptedUpstream) -> AsyncIterator[Upstream]:
    async with connect(UpstreamSettings(address=f"127.0.0.1:{upstream.port}")) as channel:
        yield Upstream(channel, 2)


async def refused(asking: Upstream) -> UpstreamRefusal:
    with pytest.raises(RefusedError) as caught:
        await asking.get_status(CALLER, GetStatusRequest(message_id=MESSAGE_ID))
    assert isinstance(caught.value.refusal, UpstreamRefusal)
    return caught.value.refusal


async def test_the_credential_and_the_request_id_go_along(
    asking: Upstream, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    assert await asking.look_up(CALLER, MESSAGE_ID) == sample()
    (call,) = upstream.calls
    assert call.request == BatchStatusRequest(message_ids=[MESSAGE_ID])
    assert call.metadata["authorization"] == f"Bearer {KEY}"
    assert call.metadata["x-request-id"] == "request-1"


async def test_an_instance_goes_along_where_one_is_named(
    asking: Upstream, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    await asking.look_up(CALLER, MESSAGE_ID, "line-1")
    assert upstream.calls[0].request == BatchStatusRequest(message_ids=[MESSAGE_ID], instance="line-1")


async def test_a_view_is_asked_for_by_a_call_of_its_own(asking: Upstream, upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    full = GetStatusRequest(message_id=MESSAGE_ID, view=StatusView.STATUS_VIEW_FULL)
    assert await asking.get_status(CALLER, full) == sample()
    assert upstream.calls[0].request == full


async def test_a_crowd_makes_few_calls(asking: Upstream, upstream: ScriptedUpstream) -> None:
    upstream.add(*(numbered(number) for number in range(200)))
    upstream.gate.clear()
    first = asyncio.create_task(asking.look_up(CALLER, numbered(0).message_id))
    assert await asyncio.to_thread(upstream.arrived.acquire, timeout=5)
    crowd = [
        asyncio.create_task(asking.look_up(CALLER, numbered(number).message_id)) for number in range(200)
    ]
    await asyncio.sleep(0)
    upstream.gate.set()
    assert await first == numbered(0)
    assert await asyncio.gather(*crowd) == [numbered(number) for number in range(200)]
    assert len(upstream.calls) == 2


async def test_an_unavailable_upstream_is_asked_again(asking: Upstream, upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    upstream.refusals = [rich_status(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")] * 2
    assert await asking.look_up(CALLER, MESSAGE_ID) == sample()
    assert len(upstream.calls) == 3


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED])
async def test_any_other_refusal_is_final(
    code: grpc.StatusCode, asking: Upstream, upstream: ScriptedUpstream
) -> None:
    upstream.refuse_always = rich_status(code, "INTERNAL")
    assert (await refused(asking)).code is code
    assert len(upstream.calls) == 1


async def test_a_refusal_has_its_reason_and_what_goes_with_it(
    asking: Upstream, upstream: ScriptedUpstream
) -> None:
    upstream.refuse_always = rich_status(
        grpc.StatusCode.RESOURCE_EXHAUSTED, "CONCURRENCY_LIMIT_REACHED", {"limit": "8"}, retry_seconds=0.25
    )
    assert await refused(asking) == UpstreamRefusal(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        ErrorReason.ERROR_REASON_CONCURRENCY_LIMIT_REACHED,
        {"limit": "8"},
        0.25,
    )


@pytest.mark.parametrize(
    "status",
    [
        rich_status(grpc.StatusCode.NOT_FOUND, "OF_A_NEWER_CONTRACT"),
        rich_status(grpc.StatusCode.NOT_FOUND, "MESSAGE_NOT_FOUND", domain="elsewhere"),
        status_pb2.Status(code=grpc.StatusCode.NOT_FOUND.value[0], message="text alone"),
    ],
    ids=["an unknown reason", "a reason of another domain", "no details"],
)
async def test_a_refusal_without_a_known_reason_still_has_its_code(
    status: status_pb2.Status, asking: Upstream, upstream: ScriptedUpstream
) -> None:
    upstream.refuse_always = status
    refusal = await refused(asking)
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.NOT_FOUND,
        ErrorReason.ERROR_REASON_UNSPECIFIED,
    )


async def test_a_slow_upstream_is_given_up_at_the_deadline(upstream: ScriptedUpstream) -> None:
    upstream.gate.clear()
    async with connect(UpstreamSettings(address=f"127.0.0.1:{upstream.port}")) as channel:
        hasty = Upstream(channel, 0.1)
        assert (await refused(hasty)).code is grpc.StatusCode.DEADLINE_EXCEEDED
        with pytest.raises(RefusedError) as caught:
            await hasty.list_by_phone(CALLER, ListByPhoneRequest(phone=PHONE))
    assert caught.value.refusal == UpstreamRefusal(grpc.StatusCode.DEADLINE_EXCEEDED)


async def test_a_reply_that_is_no_protobuf_is_a_fault(asking: Upstream, upstream: ScriptedUpstream) -> None:
    upstream.replies = [b"\xff\xff"]
    assert await refused(asking) == UpstreamRefusal(grpc.StatusCode.INTERNAL)


async def test_the_upstream_judges_a_credential_by_a_batch_of_nothing(
    asking: Upstream, upstream: ScriptedUpstream
) -> None:
    await asking.authenticate(CALLER)
    with pytest.raises(RefusedError) as caught:
        await asking.authenticate(Caller("wrong", "request-2"))
    assert caught.value.refusal == UpstreamRefusal.of_reason(ErrorReason.ERROR_REASON_CREDENTIAL_INVALID)
    assert [call.request for call in upstream.calls] == [BatchStatusRequest()] * 2


async def test_health_is_what_the_upstream_says(asking: Upstream, upstream: ScriptedUpstream) -> None:
    assert await asking.is_serving()
    upstream.set_serving(False)
    assert not await asking.is_serving()


def test_the_reason_of_an_item_has_the_code_that_the_contract_gives_it() -> None:
    of = UpstreamRefusal.of_reason
    assert of(ErrorReason.ERROR_REASON_MESSAGE_NOT_FOUND).code is grpc.StatusCode.NOT_FOUND
    assert of(ErrorReason.ERROR_REASON_INSTANCE_AMBIGUOUS).code is grpc.StatusCode.INVALID_ARGUMENT
    assert of(ErrorReason.ERROR_REASON_UNSPECIFIED).code is grpc.StatusCode.INTERNAL
    assert all(of(reason).reason == reason for reason in ErrorReason.values())
