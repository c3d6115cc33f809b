"""SuppressMessages and DeleteMessages: what stops counting, and what is forgotten."""

from typing import Any

import pytest

from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import (
    PHONE,
    disposition,
    error,
    get,
    history,
    message,
    moment,
    receipt,
    register,
    report,
    result,
    state_of,
)
from tests.refused import refusal
from tests.running import Operator, Tenant


def _suppress(tenant: Tenant, *items: message_pb.MessageSuppression) -> list[bool]:
    """Suppress messages, none of which is refused, and tell of each whether it changed."""
    outcomes = tenant.client.messages.SuppressMessages(
        message_pb.SuppressMessagesRequest(suppressions=items)
    ).outcomes
    assert not any(outcome.HasField("error") for outcome in outcomes)
    return [outcome.changed for outcome in outcomes]


def _suppression(message_id: str, seconds: float, **fields: Any) -> message_pb.MessageSuppression:
    return message_pb.MessageSuppression(message_id=message_id, suppress_time=moment(seconds), **fields)


def _delete(tenant: Tenant, *message_ids: str) -> list[bool]:
    request = message_pb.DeleteMessagesRequest(
        messages=[message_pb.MessageName(message_id=message_id) for message_id in message_ids]
    )
    return [outcome.deleted for outcome in tenant.client.messages.DeleteMessages(request).outcomes]


def test_receipts_of_the_suppression_and_later_count_for_nothing(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "SENT", 1), receipt("m", "DELIVERED", 5), receipt("m", "READ", 6))
    assert _suppress(tenant, _suppression("m", 5)) == [True]
    found = get(tenant.client, "m")
    assert (state_of(tenant.client, "m"), found.suppress_time) == ("SENT", moment(5))
    late, early = report(
        tenant.client, receipt("m", "REPLIED", 5), receipt("m", "PARTIALLY_DELIVERED", 4.999999)
    )
    assert (disposition(late), late.guard) == ("REFUSED", 5)
    assert disposition(early) == "APPLIED"
    assert state_of(tenant.client, "m") == "PARTIALLY_DELIVERED"


def test_of_several_suppressions_the_earliest_counts(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    items = [_suppression("m", seconds) for seconds in (5, 7, 5, 3)]
    assert _suppress(tenant, *items) == [True, False, False, True]
    assert get(tenant.client, "m").suppress_time == moment(3)
    assert get(tenant.client, "m").revision == 3


def test_a_suppression_without_a_time_is_of_now(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "DELIVERED", 1))
    assert _suppress(tenant, message_pb.MessageSuppression(message_id="m")) == [True]
    found = get(tenant.client, "m")
    assert found.suppress_time.seconds >= found.accept_time.seconds > 0
    assert state_of(tenant.client, "m") == "DELIVERED"


def test_an_item_of_suppressions_is_refused_alone(tenant: Tenant, operator: Operator) -> None:
    operator.instance(tenant.name, "red")
    register(tenant.client, message("m"), message("two"), message("two", instance="red"))
    bad_time = message_pb.MessageSuppression(message_id="m")
    bad_time.suppress_time.nanos = -1
    request = message_pb.SuppressMessagesRequest(
        suppressions=[
            _suppression("none", 1),
            _suppression("", 1),
            _suppression("m", 1, instance="green"),
            _suppression("two", 1),
            bad_time,
            _suppression("m", 1),
        ]
    )
    outcomes = tenant.client.messages.SuppressMessages(request).outcomes
    assert [error(outcome) for outcome in outcomes] == [
        ("MESSAGE_NOT_FOUND", ""),
        ("FIELD_REQUIRED", "message_id"),
        ("INSTANCE_NOT_FOUND", ""),
        ("INSTANCE_AMBIGUOUS", "instance"),
        ("FIELD_INVALID", "suppress_time"),
        ("UNSPECIFIED", ""),
    ]
    assert [outcome.changed for outcome in outcomes] == [False] * 5 + [True]


def test_a_deleted_message_is_gone_with_its_receipts(tenant: Tenant) -> None:
    register(tenant.client, message("m", phone=PHONE, reference={"key": "order"}), message("kept"))
    report(tenant.client, receipt("m", "DELIVERED"))
    assert _delete(tenant, "m", "m", "none") == [True, False, False]
    client = tenant.client
    assert refusal(client.status.GetStatus, lookup_pb.GetStatusRequest(message_id="m")).reason == (
        "MESSAGE_NOT_FOUND"
    )
    assert not client.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=PHONE)).message_statuses
    assert not client.status.ListByReference(lookup_pb.ListByReferenceRequest(key="order")).message_statuses
    listing = reporting_pb.ListReceiptsRequest(message_id="m")
    assert refusal(client.receipts.ListReceipts, listing).reason == "MESSAGE_NOT_FOUND"
    assert state_of(client, "kept") == "QUEUED"


def test_a_deleted_message_can_be_registered_anew_without_its_past(tenant: Tenant) -> None:
    register(tenant.client, message("m", provider={"name": "P", "message_id": "p-1"}))
    delivered = receipt("m", "DELIVERED", 1)
    report(tenant.client, delivered)
    _delete(tenant, "m")
    (outcome,) = register(tenant.client, message("m"))
    assert (result(outcome), state_of(tenant.client, "m")) == ("CREATED", "QUEUED")
    (taken,) = report(tenant.client, delivered)
    assert disposition(taken) == "APPLIED"
    (parked,) = report(tenant.client, receipt("", "READ", provider={"name": "P", "message_id": "p-1"}))
    assert disposition(parked) == "PARKED"


def test_a_group_message_is_deleted_with_its_recipients(tenant: Tenant) -> None:
    group = message("g", recipient_user_ids=["a", "b"])
    register(tenant.client, group)
    report(tenant.client, receipt("g", "READ", recipient_user_id="a"))
    assert _delete(tenant, "g") == [True]
    register(tenant.client, message("g", recipient_user_ids=["b"]))
    request = lookup_pb.GetStatusRequest(message_id="g", view=lookup_pb.STATUS_VIEW_FULL)
    full = tenant.client.status.GetStatus(request).message_status
    assert [recipient.user.user_id for recipient in full.recipients] == ["b"]
    assert [(record.receipt.message_id) for record in _receipts(tenant, "g")] == []


def _receipts(tenant: Tenant, message_id: str) -> list[reporting_pb.ReceiptRecord]:
    return list(history(tenant.client, message_id))


def test_an_item_of_deletions_is_refused_alone(tenant: Tenant, operator: Operator) -> None:
    operator.instance(tenant.name, "red")
    register(tenant.client, message("m"), message("two"), message("two", instance="red"))
    names = [
        message_pb.MessageName(message_id=""),
        message_pb.MessageName(message_id="m", instance="green"),
        message_pb.MessageName(message_id="two"),
        message_pb.MessageName(message_id="two", instance="red"),
        message_pb.MessageName(message_id="m"),
    ]
    outcomes = tenant.client.messages.DeleteMessages(
        message_pb.DeleteMessagesRequest(messages=names)
    ).outcomes
    assert [error(outcome) for outcome in outcomes] == [
        ("FIELD_REQUIRED", "message_id"),
        ("INSTANCE_NOT_FOUND", ""),
        ("INSTANCE_AMBIGUOUS", "instance"),
        ("UNSPECIFIED", ""),
        ("UNSPECIFIED", ""),
    ]
    assert [outcome.deleted for outcome in outcomes] == [False, False, False, True, True]
    assert get(tenant.client, "two").instance == ""


@pytest.mark.parametrize(
    ("call", "field", "request_type", "item"),
    [
        (
            "SuppressMessages",
            "suppressions",
            message_pb.SuppressMessagesRequest,
            message_pb.MessageSuppression,
        ),
        ("DeleteMessages", "messages", message_pb.DeleteMessagesRequest, message_pb.MessageName),
    ],
)
def test_more_than_a_thousand_items_are_refused_naming_the_field(
    tenant: Tenant, call: str, field: str, request_type: Any, item: Any
) -> None:
    request = request_type(**{field: [item(message_id="m")] * 1_001})
    refused = refusal(getattr(tenant.client.messages, call), request)
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "BATCH_TOO_LARGE")
    assert refused.fields == [field]
