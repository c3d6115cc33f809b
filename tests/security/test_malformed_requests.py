"""Bytes that are no request: refused on every method, and the server is none the worse for it."""

import random
from typing import Any

import grpc
import pytest

from messagestatus.v1 import message_service_pb2 as message_pb
from tests.builders import PHONE, message, moment, register, state_of
from tests.refused import refusal
from tests.running import RunningServer, Tenant
from tests.security.methods import EVERY, Method
from tests.security.process_memory import MEGABYTE, resident

GET_STATUS = "/messagestatus.v1.MessageStatusService/GetStatus"

MALFORMED = {
    "a length beyond the end": b"\x0a\xff\x01x",
    "a tag without a value": b"\x0a",
    "field number nought": b"\x00\x01",
    "a wire type that is none": b"\x0f",
    "a varint that never ends": b"\x08" + b"\xff" * 11,
    "a group that never ends": b"\x0b",
    "text that is no UTF-8": b"\x0a\x02\xc3\x28",
    "a surrogate in text": b"\x0a\x03\xed\xa0\x80",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_bytes_that_are_no_request_are_an_invalid_argument(tenant: Tenant, body: bytes) -> None:
    call: Any = tenant.client.channel.unary_unary(GET_STATUS)
    told = refusal(call, body, metadata=[("x-api-key", tenant.key)])
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_MALFORMED")
    assert told.text == "the request is malformed: its bytes are not a message of the expected type"
    assert (told.fields, told.info) == ([], {})


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.path)
def test_every_method_refuses_them_alike(server: RunningServer, method: Method) -> None:
    with grpc.insecure_channel(server.address) as channel:
        call: Any = channel.unary_unary(method.path)
        told = refusal(call, b"\x0a\xff", metadata=[("x-api-key", server.admin_key)])
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_MALFORMED")


def test_five_thousand_on_one_connection_leave_nothing_behind(tenant: Tenant, server: RunningServer) -> None:
    register(tenant.client, message("m"))
    call: Any = tenant.client.channel.unary_unary(GET_STATUS)
    metadata = [("x-api-key", tenant.key)]

    def send(count: int) -> None:
        futures = [call.future(b"\x0a\xff\x01x", metadata=metadata, timeout=20) for _ in range(count)]
        codes = {future.code() for future in futures}
        assert codes == {grpc.StatusCode.INVALID_ARGUMENT}

    for _ in range(10):
        send(100)
    before = resident(server.pid)
    for _ in range(50):
        send(100)
    assert resident(server.pid) - before < 5 * MEGABYTE
    assert state_of(tenant.client, "m") == "QUEUED"


def test_mutilated_requests_never_end_in_internal(tenant: Tenant) -> None:
    """Valid bytes, cut, flipped and spliced; the seed is fixed, and the last call is a good one."""
    chance = random.Random(20_260_101)
    whole = message_pb.RegisterMessagesRequest(
        messages=[
            message("m", phone=PHONE, accept_time=moment(1), recipient_user_ids=["a", "b"], state=30),
            message("n", provider={"name": "P", "message_id": "p"}, reference={"key": "order"}),
        ]
    ).SerializeToString()
    metadata = [("x-api-key", tenant.key)]
    # A stream that is well begun does not end.
    paths = [method.path for method in EVERY if not method.streams]
    futures = []
    for _ in range(1_500):
        path = chance.choice(paths)
        call: Any = tenant.client.channel.unary_unary(path)
        futures.append(call.future(_mutilated(chance, whole), metadata=metadata, timeout=20))
    codes = {future.code() for future in futures}
    assert codes <= {
        grpc.StatusCode.OK,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.PERMISSION_DENIED,
    }
    assert {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT} <= codes
    register(tenant.client, message("good"))
    assert state_of(tenant.client, "good") == "QUEUED"


def _mutilated(chance: random.Random, whole: bytes) -> bytes:
    body = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(body))
        match chance.randrange(4):
            case 0:
                del body[max(place, 1) :]
            case 1:
                body[place] ^= 1 << chance.randrange(8)
            case 2:
                body[place:place] = chance.randbytes(chance.randint(1, 8))
            case _:
                body[place : place + 2] = body[-2:]
    return bytes(body)
