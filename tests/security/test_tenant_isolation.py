"""Nothing of one tenant is seen or changed by another: its messages are like ones that do not exist."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from messagestatus.v1 import delivery_receipt_service_pb2 as receipt_pb
from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import (
    PHONE,
    disposition,
    get,
    history,
    message,
    moment,
    receipt,
    register,
    report,
    state_of,
)
from tests.refused import refused
from tests.running import Client, Operator, Tenant

NAME = {"name": "P", "message_id": "p-1"}


def _get(**fields: Any) -> lookup_pb.GetStatusRequest:
    return lookup_pb.GetStatusRequest(message_id="theirs", **fields)


ATTEMPTS: dict[str, Callable[[Client], tuple[Any, Any]]] = {
    "get": lambda client: (client.status.GetStatus, _get()),
    "get in full": lambda client: (client.status.GetStatus, _get(view=2)),
    "get of an instance": lambda client: (client.status.GetStatus, _get(instance="red")),
    "batch": lambda client: (
        client.status.BatchStatus,
        lookup_pb.BatchStatusRequest(message_ids=["theirs", "nobodys", "theirs"]),
    ),
    "list by phone": lambda client: (
        client.status.ListByPhone,
        lookup_pb.ListByPhoneRequest(phone=PHONE, page_size=1),
    ),
    "list by reference": lambda client: (
        client.status.ListByReference,
        lookup_pb.ListByReferenceRequest(key="order", page_size=1),
    ),
    "list receipts": lambda client: (
        client.receipts.ListReceipts,
        receipt_pb.ListReceiptsRequest(message_id="theirs"),
    ),
    "suppress": lambda client: (
        client.messages.SuppressMessages,
        message_pb.SuppressMessagesRequest(
            suppressions=[message_pb.MessageSuppression(message_id="theirs", suppress_time=moment(-9))]
        ),
    ),
    "delete": lambda client: (
        client.messages.DeleteMessages,
        message_pb.DeleteMessagesRequest(messages=[message_pb.MessageName(message_id="theirs")]),
    ),
    "report": lambda client: (
        client.receipts.ReportReceipts,
        receipt_pb.ReportReceiptsRequest(receipts=[receipt("theirs", "REJECTED", 9)]),
    ),
    "report by the provider's name": lambda client: (
        client.receipts.ReportReceipts,
        receipt_pb.ReportReceiptsRequest(receipts=[receipt("", "REJECTED", 9, provider=NAME)]),
    ),
    "report an event": lambda client: (
        client.receipts.ReportReceipts,
        receipt_pb.ReportReceiptsRequest(
            receipts=[receipt("theirs", "REJECTED", event_id="e", provider=NAME)]
        ),
    ),
}


def _answer(stranger: Tenant, attempt: Callable[[Client], tuple[Any, Any]]) -> tuple[object, ...]:
    """Return all that a stranger learns: the reply, or code, text and every trailer but its own name."""
    call, request = attempt(stranger.client)
    try:
        reply = call(request, metadata=[("x-request-id", "same")])
    except grpc.RpcError as failed:
        told = refused(failed)
        assert told.trailers.pop("x-tenant") == stranger.name
        return told.code, told.text, sorted(told.trailers.items())
    for outcome in getattr(reply, "outcomes", ()):
        if isinstance(outcome, receipt_pb.ReceiptOutcome):
            # The key is a hash with the tenant in it; it differs from tenant to tenant, and tells nothing.
            outcome.ClearField("receipt_key")
    return (reply.SerializeToString(deterministic=True),)


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_foreign_message_is_answered_byte_for_byte_like_none(
    tenant: Tenant, operator: Operator, attempt: Callable[[Client], tuple[Any, Any]]
) -> None:
    """One stranger asks before the message is there, and another one after."""
    before = _answer(operator.tenant(), attempt)
    operator.instance(tenant.name, "red")
    register(
        tenant.client,
        message("theirs", phone=PHONE, reference={"key": "order"}, provider=NAME, accept_time=moment()),
        message("also", instance="red", phone=PHONE, reference={"key": "order"}),
        message("theirs", instance="red", phone=PHONE),
    )
    event = receipt("theirs", "SENT", event_id="e", provider=NAME, instance="")
    report(tenant.client, receipt("theirs", "DELIVERED", 1, instance=""), event)
    known = get(tenant.client, "theirs", "")
    receipts = list(history(tenant.client, "theirs", ""))
    assert _answer(operator.tenant(), attempt) == before
    assert get(tenant.client, "theirs", "") == known
    assert list(history(tenant.client, "theirs", "")) == receipts


def test_a_batch_tells_foreign_and_missing_messages_apart_from_own_ones_alone(
    tenant: Tenant, operator: Operator
) -> None:
    other = operator.tenant()
    register(tenant.client, message("own"))
    register(other.client, message("foreign"))
    asked = ["own", "foreign", "missing", "foreign", "own"]
    request = lookup_pb.BatchStatusRequest(message_ids=asked)
    outcomes = tenant.client.status.BatchStatus(request).outcomes
    missing = lookup_pb.StatusOutcome(error_reason=reason_pb.ERROR_REASON_MESSAGE_NOT_FOUND)
    assert [outcome == missing for outcome in outcomes] == [False, True, True, True, False]
    assert [outcomes[0].message_status.message_id, outcomes[4].message_status.message_id] == ["own"] * 2


def test_one_identifier_in_several_tenants_never_crosses(operator: Operator) -> None:
    tenants = [operator.tenant() for _ in range(3)]
    for number, tenant in enumerate(tenants):
        register(tenant.client, message("same", phone=PHONE, segments=number + 1, provider=NAME))
    report(tenants[0].client, receipt("same", "SENT", 1))
    report(tenants[1].client, receipt("", "DELIVERED", 1, provider=NAME))
    tenants[2].client.messages.DeleteMessages(
        message_pb.DeleteMessagesRequest(messages=[message_pb.MessageName(message_id="same")])
    )
    first, second = tenants[0].client, tenants[1].client
    assert (state_of(first, "same"), get(first, "same").segments) == ("SENT", 1)
    assert (state_of(second, "same"), get(second, "same").segments) == ("DELIVERED", 2)
    for client, count in ((first, 1), (second, 1)):
        listed = client.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=PHONE)).message_statuses
        assert (len(listed), len(history(client, "same"))) == (count, 1)


@pytest.mark.parametrize("named", [{"message_id": "m"}, {"message_id": "", "provider": NAME}])
def test_a_strangers_parked_receipt_is_not_claimed(
    tenant: Tenant, operator: Operator, named: dict[str, Any]
) -> None:
    stranger = operator.tenant()
    (parked,) = report(stranger.client, receipt(claimed="DELIVERED", **named))
    assert disposition(parked) == "PARKED"
    register(tenant.client, message("m", provider=NAME))
    assert state_of(tenant.client, "m") == "QUEUED"


def test_one_event_identifier_of_two_tenants_is_two_receipts(tenant: Tenant, operator: Operator) -> None:
    """The keys differ as well: of equal ones a stranger could tell that another has the like."""
    keys = set()
    for each in (tenant, operator.tenant()):
        register(each.client, message("m"))
        (outcome,) = report(each.client, receipt("m", "SENT", event_id="e", provider=NAME))
        assert disposition(outcome) == "APPLIED"
        keys.add(outcome.receipt_key)
    assert len(keys) == 2
