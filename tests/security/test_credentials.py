"""Credentials: what opens, what does not, and that nobody learns why."""

import hashlib
import time
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.callback_service_pb2 import ReceiveCallbackResponse
from tests.builders import message, register
from tests.refused import Refused, refusal
from tests.running import Operator, RunningServer, Tenant
from tests.security.methods import KEYLESS, METHODS, Method, scope_of
from tests.transport.access import create_key, revoke

GET_STATUS = "/messagestatus.v1.MessageStatusService/GetStatus"
BODY = b"\x0a\x01m"

Headers = list[tuple[str, str | bytes]]


def _call(tenant: Tenant, path: str = GET_STATUS) -> Any:
    return tenant.client.channel.unary_unary(path)


def _refused(tenant: Tenant, headers: Headers, path: str = GET_STATUS, body: bytes = BODY) -> Refused:
    return refusal(_call(tenant, path), body, metadata=[("x-request-id", "same"), *headers])


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("x-api-key", ""),
        ("authorization", "Bearer "),
        ("authorization", "bearer "),
        ("authorization", "BEARER  "),
    ],
)
def test_a_key_opens_in_either_header(tenant: Tenant, name: str, before: str) -> None:
    register(tenant.client, message("m"))
    answer = _call(tenant)(BODY, metadata=[(name, before + tenant.key)], timeout=20)
    assert b"m" in answer


def test_every_key_that_does_not_open_is_answered_byte_for_byte_alike(
    tenant: Tenant, operator: Operator
) -> None:
    revoked = create_key(operator.client, tenant.name, "revoked")
    revoke(operator.client, tenant.name, revoked.key.key_id)
    soon = Timestamp()
    soon.FromNanoseconds(time.time_ns() + 100_000_000)
    expired = create_key(operator.client, tenant.name, "expired", expire_time=soon).secret
    time.sleep(max(0, soon.ToNanoseconds() - time.time_ns()) / 1e9)
    fits = tenant.key
    presented: dict[str, Headers] = {
        "missing": [],
        "empty": [("x-api-key", "")],
        "short": [("x-api-key", "short")],
        "unknown": [("x-api-key", "msk_" + "A" * 43)],
        "one letter off": [("x-api-key", fits[:-1] + ("A" if fits[-1] != "A" else "B"))],
        "a part of it": [("x-api-key", fits[:-1])],
        "longer": [("x-api-key", fits + "A")],
        "too long": [("x-api-key", fits * 11)],
        "other case": [("x-api-key", fits.swapcase())],
        "a space in it": [("x-api-key", f"{fits[:20]} {fits[20:]}")],
        "its digest": [("x-api-key", hashlib.sha256(fits.encode()).hexdigest())],
        "revoked": [("x-api-key", revoked.secret)],
        "expired": [("x-api-key", expired)],
        "no scheme": [("authorization", fits)],
        "another scheme": [("authorization", f"Basic {fits}")],
        "an empty bearer": [("authorization", "Bearer")],
        "a wrong bearer": [("authorization", "Bearer " + "A" * 43)],
        "another header": [("api-key", fits)],
        "bytes": [("x-api-key-bin", fits.encode())],
    }
    answers = {name: _refused(tenant, headers) for name, headers in presented.items()}
    assert {name for name, answer in answers.items() if answer != answers["missing"]} == set()
    told = answers["missing"]
    assert (told.code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")
    assert (told.text, told.info, told.fields) == ("the API key is missing or not valid", {}, [])
    assert set(told.trailers) == {"grpc-status-details-bin", "x-request-id"}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path)
def test_no_method_answers_without_a_key_not_even_what_is_malformed(tenant: Tenant, method: Method) -> None:
    for body in (b"", b"\x0a\xff"):
        told = _refused(tenant, [("x-api-key", "wrong-wrong-wrong-wrong")], method.path, body)
        assert (told.code, told.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")


@pytest.mark.parametrize("path", sorted(KEYLESS))
@pytest.mark.parametrize("key", ["none", "wrong", "good"])
def test_a_method_that_needs_no_key_does_not_look_at_one(tenant: Tenant, path: str, key: str) -> None:
    """Carriers have none: what they sign is looked at in its place, and here there is nothing."""
    shown = {
        "none": [],
        "wrong": [("x-api-key", "wrong-wrong-wrong-wrong")],
        "good": [("x-api-key", tenant.key)],
    }
    answer = ReceiveCallbackResponse.FromString(_call(tenant, path)(b"", metadata=shown[key], timeout=20))
    assert (answer.status, answer.body) == (404, b"no such route")


@pytest.fixture(scope="module")
def keys(operator: Operator) -> dict[str, str]:
    """Create a key of each scope."""
    tenant = operator.tenant()
    return {
        scope: operator.key(tenant.name, [scope], client=scope.lower())
        for scope in ("READ", "INGEST", "ADMIN")
    }


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path)
def test_a_key_without_the_scope_of_a_method_is_denied_before_the_request_is_read(
    keys: dict[str, str], server: RunningServer, method: Method
) -> None:
    needed = scope_of(method)
    with grpc.insecure_channel(server.address) as channel:
        call: Any = channel.unary_unary(method.path)
        for scope, key in keys.items():
            told = refusal(call, b"\x0a\xff", metadata=[("x-api-key", key)])
            if scope == needed:
                assert told.reason == "REQUEST_MALFORMED"
            else:
                assert (told.code, told.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
                assert told.info == {"scope": needed}
