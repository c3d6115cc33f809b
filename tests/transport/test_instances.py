"""Instances: two lines of one tenant may know one identifier, and a key may be bound to one line."""

from collections.abc import Callable

import pytest

from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import PHONE, get, message, receipt, register, report, state_of
from tests.refused import Refused, refusal
from tests.running import Client, Operator, Tenant


@pytest.fixture
def lines(tenant: Tenant, operator: Operator) -> Tenant:
    """Give the tenant the instances `red` and `blue`, which both know the message `same`."""
    operator.instance(tenant.name, "red")
    operator.instance(tenant.name, "blue")
    register(
        tenant.client,
        message("same", instance="red", phone=PHONE),
        message("same", instance="blue", phone=PHONE),
        message("only", instance="blue", phone=PHONE),
    )
    return tenant


@pytest.fixture
def bound(lines: Tenant, operator: Operator) -> Client:
    """Connect with a key that is bound to `red`."""
    return operator.connect(operator.key(lines.name, instance="red"))


def _get(client: Client, message_id: str, instance: str | None = None) -> Refused:
    request = lookup_pb.GetStatusRequest(message_id=message_id, instance=instance)
    return refusal(client.status.GetStatus, request)


def test_an_identifier_of_one_instance_needs_no_instance(lines: Tenant) -> None:
    assert get(lines.client, "only").instance == "blue"


def test_an_identifier_of_two_instances_is_ambiguous_without_one(lines: Tenant) -> None:
    refused = _get(lines.client, "same")
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "INSTANCE_AMBIGUOUS")
    assert (refused.fields, refused.info) == (["instance"], {"field": "instance", "message_id": "same"})


def test_an_instance_tells_messages_with_one_identifier_apart(lines: Tenant) -> None:
    report(lines.client, receipt("same", "DELIVERED", instance="blue"))
    assert state_of(lines.client, "same", "red") == "QUEUED"
    assert state_of(lines.client, "same", "blue") == "DELIVERED"


def test_the_empty_instance_is_one_like_any_other(lines: Tenant) -> None:
    register(lines.client, message("same"))
    assert get(lines.client, "same", "").instance == ""
    assert _get(lines.client, "only", "").reason == "MESSAGE_NOT_FOUND"


def test_an_unknown_instance_is_not_found(lines: Tenant) -> None:
    refused = _get(lines.client, "same", "green")
    assert (refused.code.name, refused.reason) == ("NOT_FOUND", "INSTANCE_NOT_FOUND")
    assert refused.info == {"instance": "green"}


def test_an_unknown_instance_is_told_before_a_fault_of_the_identifier(lines: Tenant) -> None:
    assert _get(lines.client, "", "green").reason == "INSTANCE_NOT_FOUND"


def test_a_batch_names_one_instance_for_all(lines: Tenant) -> None:
    request = lookup_pb.BatchStatusRequest(message_ids=["same", "only"])
    ambiguous = lines.client.status.BatchStatus(request).outcomes
    assert ambiguous[0].error_reason == reason_pb.ERROR_REASON_INSTANCE_AMBIGUOUS
    assert ambiguous[1].message_status.instance == "blue"
    request.instance = "red"
    named = lines.client.status.BatchStatus(request).outcomes
    assert named[0].message_status.instance == "red"
    assert named[1].error_reason == reason_pb.ERROR_REASON_MESSAGE_NOT_FOUND
    request.instance = "green"
    assert refusal(lines.client.status.BatchStatus, request).reason == "INSTANCE_NOT_FOUND"


def test_an_item_with_an_unknown_instance_is_refused_alone(lines: Tenant) -> None:
    registered = register(lines.client, message("x", instance="green"), message("x", instance="red"))
    assert registered[0].error.reason == reason_pb.ERROR_REASON_INSTANCE_NOT_FOUND
    assert registered[1].result == message_pb.REGISTRATION_RESULT_CREATED
    reported = report(
        lines.client,
        receipt("same", "SENT", instance="green"),
        receipt("same", "SENT"),
        receipt("same", "SENT", instance="red"),
    )
    assert [outcome.error.reason for outcome in reported] == [
        reason_pb.ERROR_REASON_INSTANCE_NOT_FOUND,
        reason_pb.ERROR_REASON_INSTANCE_AMBIGUOUS,
        reason_pb.ERROR_REASON_UNSPECIFIED,
    ]
    assert reported[1].error.field == "instance"


def test_a_bound_key_means_its_own_instance(bound: Client) -> None:
    assert get(bound, "same").instance == "red"
    assert get(bound, "same", "red").instance == "red"
    assert _get(bound, "only").reason == "MESSAGE_NOT_FOUND"


@pytest.mark.parametrize("other", ["blue", "green", ""])
def test_a_bound_key_is_denied_every_other_instance_alike(bound: Client, other: str) -> None:
    """Whether the other one exists is not told."""
    refused = _get(bound, "only", other)
    assert (refused.code.name, refused.reason) == ("PERMISSION_DENIED", "INSTANCE_DENIED")
    assert refused.info == {"instance": other}


def test_a_bound_key_lists_its_own_instance_alone(bound: Client) -> None:
    listed = bound.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=PHONE)).message_statuses
    assert [(found.message_id, found.instance) for found in listed] == [("same", "red")]
    other = lookup_pb.ListByPhoneRequest(phone=PHONE, instance="blue")
    assert refusal(bound.status.ListByPhone, other).reason == "INSTANCE_DENIED"


def test_a_bound_key_writes_to_its_own_instance_alone(bound: Client, lines: Tenant) -> None:
    created, denied = register(bound, message("new"), message("new", instance="blue"))
    assert created.result == message_pb.REGISTRATION_RESULT_CREATED
    assert denied.error.reason == reason_pb.ERROR_REASON_INSTANCE_DENIED
    assert get(lines.client, "new").instance == "red"


def test_a_bound_key_does_not_reach_another_instance_by_the_providers_name(
    bound: Client, lines: Tenant
) -> None:
    name = {"name": "p", "message_id": "p-1"}
    register(lines.client, message("theirs", instance="blue", provider=name))
    (outcome,) = report(bound, receipt("", "DELIVERED", provider=name))
    assert outcome.state == 0
    assert state_of(lines.client, "theirs") == "QUEUED"


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.messages.SuppressMessages(
            message_pb.SuppressMessagesRequest(
                suppressions=[message_pb.MessageSuppression(message_id="only")]
            )
        ),
        lambda client: client.messages.DeleteMessages(
            message_pb.DeleteMessagesRequest(messages=[message_pb.MessageName(message_id="only")])
        ),
        lambda client: report(client, receipt("only", "REJECTED")),
    ],
    ids=["suppress", "delete", "report"],
)
def test_a_bound_key_changes_nothing_of_another_instance(
    bound: Client, lines: Tenant, write: Callable[[Client], object]
) -> None:
    before = get(lines.client, "only")
    write(bound)
    assert get(lines.client, "only") == before


def test_a_bound_key_does_not_see_receipts_of_another_instance(bound: Client, lines: Tenant) -> None:
    report(lines.client, receipt("only", "SENT"), receipt("early", "SENT", instance="blue"))
    for message_id in ("only", "early"):
        request = reporting_pb.ListReceiptsRequest(message_id=message_id)
        assert refusal(bound.receipts.ListReceipts, request).reason == "MESSAGE_NOT_FOUND"
