"""Injection: text that means something to SQL, to templates or to shells is text."""

from collections.abc import Callable
from typing import Any

import pytest

from messagestatus.v1 import delivery_receipt_service_pb2 as receipt_pb
from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import PHONE, error, get, message, receipt, register, report, state_of
from tests.refused import refusal
from tests.running import Client, Operator, Tenant

HOSTILE = [
    "' OR 1=1--",
    '" OR ""="',
    "'; DROP TABLE message; --",
    "%",
    "_",
    "m%",
    "*",
    "m' UNION SELECT resource FROM message --",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "$(id)",
    "?1",
    ":tenant",
    "\\",
    "../../etc/passwd",
    "1e309",
    "NULL",
]


@pytest.fixture
def known(tenant: Tenant) -> Tenant:
    """Register a message that a pattern or a condition that is always true would find."""
    register(tenant.client, message("m", phone=PHONE, reference={"key": "m", "service": "m", "action": "m"}))
    return tenant


@pytest.mark.parametrize("text", HOSTILE)
def test_it_finds_nothing(known: Tenant, text: str) -> None:
    status = known.client.status
    assert refusal(status.GetStatus, lookup_pb.GetStatusRequest(message_id=text)).reason == (
        "MESSAGE_NOT_FOUND"
    )
    named = lookup_pb.GetStatusRequest(message_id="m", instance=text)
    assert refusal(status.GetStatus, named).reason == "INSTANCE_NOT_FOUND"
    (outcome,) = status.BatchStatus(lookup_pb.BatchStatusRequest(message_ids=[text])).outcomes
    assert outcome.error_reason == reason_pb.ERROR_REASON_MESSAGE_NOT_FOUND
    refused = refusal(status.ListByPhone, lookup_pb.ListByPhoneRequest(phone=text))
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", ["phone"])
    for request in (
        lookup_pb.ListByReferenceRequest(key=text),
        lookup_pb.ListByReferenceRequest(key="m", service=text),
        lookup_pb.ListByReferenceRequest(key="m", action=text),
    ):
        assert not status.ListByReference(request).message_statuses
    listing = receipt_pb.ListReceiptsRequest(message_id=text)
    assert refusal(known.client.receipts.ListReceipts, listing).reason == "MESSAGE_NOT_FOUND"


@pytest.mark.parametrize("text", HOSTILE)
def test_it_changes_nothing_but_what_bears_its_name(known: Tenant, text: str) -> None:
    client = known.client
    before = get(client, "m")
    client.messages.DeleteMessages(
        message_pb.DeleteMessagesRequest(messages=[message_pb.MessageName(message_id=text)])
    )
    client.messages.SuppressMessages(
        message_pb.SuppressMessagesRequest(suppressions=[message_pb.MessageSuppression(message_id=text)])
    )
    register(client, message(text, conversation_id=text, author_user_id=text, reference={"key": text}))
    named = {"name": text, "message_id": text, "status": text, "code": text, "detail": text}
    report(client, receipt(text, "DELIVERED", event_id=text, provider=named))
    assert get(client, "m") == before
    found = get(client, text)
    assert (found.message_id, found.conversation_id, found.reference.key) == (text, text, text)
    assert (found.provider.status, state_of(client, text)) == (text, "DELIVERED")
    listed = client.status.ListByReference(lookup_pb.ListByReferenceRequest(key=text))
    assert [each.message_id for each in listed.message_statuses] == [text]


def test_a_tenant_and_an_instance_are_not_found_by_a_pattern(known: Tenant, operator: Operator) -> None:
    operator.instance(known.name, "red")
    for text in HOSTILE:
        (outcome,) = register(known.client, message("x", instance=text))
        assert error(outcome) == ("INSTANCE_NOT_FOUND", "")


NUL = "n\0l"

WITH_NUL: dict[str, tuple[Callable[[Client], Any], Any, str]] = {
    "GetStatus": (lambda c: c.status.GetStatus, lookup_pb.GetStatusRequest(message_id=NUL), "message_id"),
    "GetStatus, instance": (
        lambda c: c.status.GetStatus,
        lookup_pb.GetStatusRequest(message_id="m", instance=NUL),
        "instance",
    ),
    "BatchStatus, instance": (
        lambda c: c.status.BatchStatus,
        lookup_pb.BatchStatusRequest(message_ids=["m"], instance=NUL),
        "instance",
    ),
    "ListByPhone": (lambda c: c.status.ListByPhone, lookup_pb.ListByPhoneRequest(phone=NUL), "phone"),
    "ListByPhone, instance": (
        lambda c: c.status.ListByPhone,
        lookup_pb.ListByPhoneRequest(phone=PHONE, instance=NUL),
        "instance",
    ),
    "ListByReference": (
        lambda c: c.status.ListByReference,
        lookup_pb.ListByReferenceRequest(key=NUL),
        "key",
    ),
    "ListReceipts": (
        lambda c: c.receipts.ListReceipts,
        receipt_pb.ListReceiptsRequest(message_id=NUL),
        "message_id",
    ),
}


@pytest.mark.parametrize(("call", "request_with_nul", "field"), WITH_NUL.values(), ids=WITH_NUL)
def test_a_nul_is_refused_naming_the_field(
    known: Tenant, call: Callable[[Client], Any], request_with_nul: Any, field: str
) -> None:
    refused = refusal(call(known.client), request_with_nul)
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refused.fields == [field]


def test_a_nul_in_an_item_is_refused_naming_the_field(known: Tenant) -> None:
    client = known.client
    batch = client.status.BatchStatus(lookup_pb.BatchStatusRequest(message_ids=[NUL]))
    assert batch.outcomes[0].error_reason == reason_pb.ERROR_REASON_FIELD_INVALID
    suppressed = client.messages.SuppressMessages(
        message_pb.SuppressMessagesRequest(suppressions=[message_pb.MessageSuppression(message_id=NUL)])
    )
    deleted = client.messages.DeleteMessages(
        message_pb.DeleteMessagesRequest(messages=[message_pb.MessageName(message_id="m", instance=NUL)])
    )
    outcomes: list[tuple[Any, str]] = [
        (suppressed.outcomes[0], "message_id"),
        (deleted.outcomes[0], "instance"),
        (register(client, message(NUL))[0], "message_id"),
        (register(client, message("x", instance=NUL))[0], "instance"),
        (report(client, receipt(NUL, "SENT"))[0], "message_id"),
        (report(client, receipt("m", "SENT", instance=NUL))[0], "instance"),
        (report(client, receipt("m", "SENT", event_id=NUL, provider={"name": "P"}))[0], "event_id"),
    ]
    for outcome, field in outcomes:
        assert error(outcome) == ("FIELD_INVALID", field)
