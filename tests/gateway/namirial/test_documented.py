"""Namirial's own examples: registered over gRPC, asked for as documented, answered byte for byte."""

import orjson
import pytest

from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from tests.builders import message, register, report, state
from tests.gateway.raw_http import RawAnswer, get
from tests.gateway.samples import DOCUMENTED_ENTRY, MESSAGE_ID, PHONE, timestamp
from tests.running import Operator, RunningGateway, Tenant

JSON = b"content-type: application/json"
BY_ID = f"/api/messagestatus/{MESSAGE_ID}"
BY_PHONE = "/api/messagestatus/phonenumber/+1234567890?count=1&sendDate=2026-12-31T23:59:59Z"
BY_REFERENCE = "/api/messagestatus/reference/user-12345-verification?count=2&sendDate=2026-12-31T23:59:59Z"
NONE: dict[str, list[object]] = {"messages": []}


def ask(gateway: RunningGateway, key: str, target: str, *headers: bytes) -> RawAnswer:
    named = [b"X-Api-Key: " + key.encode()] if key else []
    return get(int(gateway.url.rpartition(":")[2]), target.encode(), *named, *headers)


def add_the_example(tenant: Tenant, key: str = "EXT_KEY") -> None:
    """Registers the message of the examples as accepted, and then reports it delivered."""
    provider = status_pb.Provider(
        name="PROVIDER1", message_id="bbe7a7b4-067b-484e-a55c-318f5716997e", status="accepted", code="0"
    )
    register(
        tenant.client,
        message(
            MESSAGE_ID,
            phone=PHONE,
            channel=status_pb.CHANNEL_SMS,
            provider=provider,
            state=state("ACCEPTED"),
            reference=status_pb.Reference(service="DIGITALSIGN", action="AUTH", key=key),
            accept_time=timestamp("2026-02-04T06:54:35Z"),
            segments=1,
        ),
    )
    provider.status = "delivered"
    occurred = timestamp("2026-02-04T06:54:55Z")
    report(tenant.client, DeliveryReceipt(provider=provider, vocabulary="namirial", occur_time=occurred))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Get message status by message ID", BY_ID, DOCUMENTED_ENTRY),
        (
            "Get the latest messages status by phone number",
            BY_PHONE,
            {"messages": [DOCUMENTED_ENTRY]},
        ),
        (
            "Get the latest messages status by phone number, the least that is asked",
            "/api/messagestatus/phonenumber/+1234567890",
            {"messages": [DOCUMENTED_ENTRY]},
        ),
        (
            "Get the latest messages status by the external reference key",
            "/api/messagestatus/reference/EXT_KEY?count=2&sendDate=2026-12-31T23:59:59Z",
            {"messages": [DOCUMENTED_ENTRY]},
        ),
        ("no messages are found, by number", "/api/messagestatus/phonenumber/+1987654321", NONE),
        ("no messages are found, by key", BY_REFERENCE, NONE),
    ],
)
def test_example(
    source: str, target: str, expected: object, tenant: Tenant, live_gateway: RunningGateway
) -> None:
    add_the_example(tenant)
    answer = ask(live_gateway, tenant.key, target, JSON)
    assert (answer.status, answer.body) == (200, orjson.dumps(expected)), source


def test_the_example_by_reference_answers_with_the_key_it_was_asked_for(
    tenant: Tenant, live_gateway: RunningGateway
) -> None:
    """The document's own answer there shows another key than its request names."""
    add_the_example(tenant, "user-12345-verification")
    answer = ask(live_gateway, tenant.key, BY_REFERENCE, JSON)
    expected = orjson.dumps({"messages": [DOCUMENTED_ENTRY]}).replace(b"EXT_KEY", b"user-12345-verification")
    assert (answer.status, answer.body) == (200, expected)


@pytest.mark.parametrize("target", [BY_ID, BY_PHONE, BY_REFERENCE])
@pytest.mark.parametrize("key", ["", "wrong", "wrong-but-long-enough"])
def test_http_errors(key: str, target: str, live_gateway: RunningGateway) -> None:
    answer = ask(live_gateway, key, target)
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("target", [BY_ID, BY_PHONE, BY_REFERENCE])
def test_a_message_of_another_account_looks_exactly_like_none(
    target: str, tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    none = ask(live_gateway, tenant.key, target)
    add_the_example(operator.tenant(), "user-12345-verification")
    theirs = ask(live_gateway, tenant.key, target)
    own = {"x-request-id", "date"}
    assert none.headers.keys() == theirs.headers.keys()
    assert all(none.headers[name] == theirs.headers[name] for name in none.headers.keys() - own)
    assert (none.status, none.body) == (theirs.status, theirs.body)


@pytest.mark.parametrize(
    ("registered", "asked", "status"),
    [
        (MESSAGE_ID, MESSAGE_ID.upper(), 200),
        (MESSAGE_ID.upper(), MESSAGE_ID, 200),
        (MESSAGE_ID.upper(), MESSAGE_ID.upper(), 200),
        (MESSAGE_ID.title(), MESSAGE_ID.title(), 200),
        (MESSAGE_ID.upper(), MESSAGE_ID[:-1] + "0", 404),
    ],
)
def test_the_case_of_an_id_means_nothing(
    registered: str, asked: str, status: int, tenant: Tenant, live_gateway: RunningGateway
) -> None:
    register(tenant.client, message(registered))
    answer = ask(live_gateway, tenant.key, f"/api/messagestatus/{asked}")
    assert answer.status == status
    assert status == 404 or answer.json["message"]["id"] == MESSAGE_ID
