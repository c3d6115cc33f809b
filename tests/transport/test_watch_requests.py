"""What a watch may ask for: everything else is refused at once, by the name of the field at fault."""

import random
import time
from typing import Any

import grpc
import pytest

from messagestatus.v1 import status_watch_service_pb2 as pb
from tests.builders import PHONE, message, register, state
from tests.refused import refused
from tests.running import Operator, RunningServer, Tenant
from tests.transport.watching import LONGEST, SHORTEST, SNAPSHOT, Stream, seconds

WATCH = "/messagestatus.v1.StatusWatchService/Watch"

FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a phone that is none": ({"wanted": {"phone": "0664"}}, "FIELD_INVALID", "filter.phone"),
    "an empty identifier": ({"wanted": {"message_ids": [""]}}, "FIELD_REQUIRED", "filter.message_ids"),
    "a long identifier": ({"wanted": {"message_ids": ["x" * 257]}}, "FIELD_INVALID", "filter.message_ids"),
    "too many identifiers": (
        {"wanted": {"message_ids": [f"m{number}" for number in range(1_001)]}},
        "BATCH_TOO_LARGE",
        "filter.message_ids",
    ),
    "a long key": ({"wanted": {"reference_key": "x" * 1_000}}, "FIELD_INVALID", "filter.reference_key"),
    "a long instance": ({"wanted": {"instance": "x" * 1_000}}, "FIELD_INVALID", "instance"),
    "a state that is none": ({"wanted": {"states": [999]}}, "FIELD_INVALID", "filter.states"),
    "a channel that is none": ({"wanted": {"channels": [999]}}, "FIELD_INVALID", "filter.channels"),
    "a start that is none": ({"start": 9}, "FIELD_INVALID", "start"),
    "a heartbeat too short": ({"heartbeat_interval": seconds(0.5)}, "FIELD_INVALID", "heartbeat_interval"),
    "no heartbeat": ({"heartbeat_interval": seconds(0)}, "FIELD_INVALID", "heartbeat_interval"),
    "a heartbeat too long": ({"heartbeat_interval": seconds(301)}, "FIELD_INVALID", "heartbeat_interval"),
    "a heartbeat before": ({"heartbeat_interval": seconds(-5)}, "FIELD_INVALID", "heartbeat_interval"),
    "a snapshot of everything": (
        {"start": SNAPSHOT},
        "FIELD_REQUIRED",
        "filter.message_ids, filter.phone or filter.reference_key",
    ),
    "a snapshot by phone and reference": (
        {"start": SNAPSHOT, "wanted": {"phone": PHONE, "reference_key": "order"}},
        "FIELD_INVALID",
        "filter.reference_key",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_field_at_fault_is_named_and_nothing_is_sent(tenant: Tenant, name: str) -> None:
    asked, reason, field = FAULTS[name]
    stream = Stream(tenant.client, **asked)
    told = stream.end()
    assert (told.code, told.reason, told.fields) == (grpc.StatusCode.INVALID_ARGUMENT, reason, [field])
    assert not stream.token


@pytest.mark.parametrize("interval", [SHORTEST, LONGEST])
def test_the_shortest_and_the_longest_heartbeat_are_good(tenant: Tenant, interval: int) -> None:
    Stream(tenant.client, heartbeat_interval=seconds(interval)).begin().cancel()


def test_heartbeats_come_when_they_were_asked_for_and_not_between_changes(tenant: Tenant) -> None:
    watch = Stream(tenant.client, heartbeat_interval=seconds(1.2)).begin()
    started = time.monotonic()
    for number in range(4):
        time.sleep(0.4)
        register(tenant.client, message(f"m{number}"))
        assert watch.next().HasField("change")
    assert watch.next().WhichOneof("event") is None
    assert watch.next().WhichOneof("event") is None
    assert 4 * 0.4 + 2 * 1.2 - 0.1 < time.monotonic() - started < 4 * 0.4 + 2 * 1.2 + 5
    watch.cancel()


def test_an_instance_that_is_not_there_is_told(tenant: Tenant) -> None:
    told = Stream(tenant.client, {"instance": "nowhere"}).end()
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "INSTANCE_NOT_FOUND")


def test_another_instance_than_its_own_is_denied_to_a_bound_key(tenant: Tenant, operator: Operator) -> None:
    operator.instance(tenant.name, "red")
    bound = operator.connect(operator.key(tenant.name, instance="red"))
    told = Stream(bound, {"instance": ""}).end()
    assert (told.code, told.reason) == (grpc.StatusCode.PERMISSION_DENIED, "INSTANCE_DENIED")


@pytest.mark.parametrize(
    ("requests", "reason"), [([], "REQUEST_MALFORMED"), ([b"\x0a\xff"], "REQUEST_MALFORMED")]
)
def test_no_request_and_one_that_does_not_parse_are_refused(
    tenant: Tenant, requests: list[bytes], reason: str
) -> None:
    call: Any = tenant.client.channel.stream_stream(WATCH)
    with pytest.raises(grpc.RpcError) as failed:
        list(call(iter(requests), metadata=[("x-api-key", tenant.key)], timeout=20))
    told = refused(failed.value)
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)


def test_a_second_request_changes_nothing(tenant: Tenant) -> None:
    call: Any = tenant.client.channel.stream_stream(WATCH)
    stream = call(iter([b"", b"\x0a\xff"]), metadata=[("x-api-key", tenant.key)], timeout=20)
    next(stream)
    register(tenant.client, message("m"))
    assert b"\x01m" in next(stream)
    stream.cancel()


def test_without_a_key_nothing_is_watched(server: RunningServer) -> None:
    with grpc.insecure_channel(server.address) as channel:
        call: Any = channel.unary_stream(WATCH)
        with pytest.raises(grpc.RpcError) as failed:
            next(call(b"", timeout=20))
    told = refused(failed.value)
    assert (told.code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")


def test_a_refusal_tells_whose_key_it_was_and_how_the_call_is_named(tenant: Tenant) -> None:
    call: Any = tenant.client.channel.unary_stream(WATCH)
    metadata = [("x-api-key", tenant.key), ("x-request-id", "mine")]
    with pytest.raises(grpc.RpcError) as failed:
        next(call(b"\x0a\xff", metadata=metadata, timeout=20))
    told = refused(failed.value)
    assert (told.trailers["x-tenant"], told.trailers["x-request-id"]) == (tenant.name, "mine")
    assert told.request_id == "mine"


def test_mutilated_requests_never_end_in_internal(tenant: Tenant) -> None:
    """Valid bytes, cut and flipped; the seed is fixed."""
    chance = random.Random(20_260_103)
    wanted = pb.WatchFilter(message_ids=["m", "n"], phone=PHONE, states=[state("SENT")], instance="")
    whole = pb.WatchRequest(
        filter=wanted, start=SNAPSHOT, heartbeat_interval=seconds(20), resume_token="A" * 32
    ).SerializeToString()
    call: Any = tenant.client.channel.unary_stream(WATCH)
    codes = set()
    for _ in range(400):
        body = bytearray(whole[: chance.randrange(len(whole) + 1)])
        for _ in range(chance.randrange(4)):
            if body:
                body[chance.randrange(len(body))] = chance.randrange(256)
        stream = call(bytes(body), metadata=[("x-api-key", tenant.key)], timeout=20)
        try:
            next(stream)
        except grpc.RpcError as failed:
            codes.add(refused(failed).code.name)
        stream.cancel()
    assert codes <= {"INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE"}
    assert "OUT_OF_RANGE" in codes
