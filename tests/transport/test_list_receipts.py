"""ListReceipts: the history of a message, each receipt with what became of it and why."""

import time

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from tests.builders import disposition, history, message, moment, receipt, register, report, state
from tests.refused import refusal
from tests.running import Operator, Tenant


def test_receipts_stand_in_the_order_they_tell_of_with_the_disposition_that_holds_now(
    tenant: Tenant,
) -> None:
    register(tenant.client, message("m", channel=status_pb.CHANNEL_SMS, accept_time=moment()))
    said = {
        "DELIVERED": receipt("m", "DELIVERED", 3),
        "SENT": receipt("m", "SENT", 2),
        "FAILED": receipt("m", "FAILED", 4, finality=state_pb.FINALITY_FINAL),
        "READ": receipt("m", "READ", 5),
        "SENT again": receipt("m", "SENT", 6),
        "unknown": receipt_pb.DeliveryReceipt(
            message_id="m",
            vocabulary="ryze",
            occur_time=moment(7),
            provider=status_pb.Provider(name="R", status="WHAT"),
        ),
        "empty": receipt_pb.DeliveryReceipt(
            message_id="m",
            vocabulary="ryze",
            occur_time=moment(8),
            provider=status_pb.Provider(name="R", status="RETRY"),
        ),
    }
    report(tenant.client, *said.values())
    shown = [(disposition(record), record.explanation) for record in history(tenant.client, "m")]
    assert shown == [
        ("FILLED", "an earlier step that arrived after DELIVERED"),
        ("APPLIED", "QUEUED to DELIVERED"),
        ("CONFLICT", "final, yet the message is DELIVERED"),
        ("REFUSED", "the channel SMS has no reads"),
        ("STALE", "DELIVERED is stronger"),
        ("QUARANTINED", "`WHAT` has no mapping in the vocabulary `ryze`"),
        ("NOTED", "`RETRY` says nothing of the state"),
    ]


def test_a_receipt_is_shown_as_it_was_reported_with_its_meaning_filled_in(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    words = status_pb.Provider(name="A", message_id="a-1", status="Sim Full", code="7", detail="full")
    said = receipt_pb.DeliveryReceipt(
        message_id="m",
        event_id="e-1",
        vocabulary="alphasms",
        occur_time=moment(1.5),
        provider=words,
        recipient_user_id="anna",
    )
    before = time.time()
    (outcome,) = report(tenant.client, said)
    (record,) = history(tenant.client, "m")
    said.state, said.reason = state("UNDELIVERED"), state_pb.FAILURE_REASON_SIM_FULL
    said.finality = state_pb.FINALITY_SOFT
    assert record.receipt == said
    assert record.receipt_key == outcome.receipt_key
    assert before - 1 <= record.receive_time.seconds <= time.time() + 1


def test_a_receipt_without_a_time_is_shown_without_one(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt_pb.DeliveryReceipt(message_id="m", state=state("SENT")))
    (record,) = history(tenant.client, "m")
    assert not record.receipt.HasField("occur_time")
    assert record.HasField("receive_time")


def test_a_duplicate_is_listed_once(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "SENT"), receipt("m", "SENT"))
    assert [disposition(record) for record in history(tenant.client, "m")] == ["APPLIED"]


def test_a_message_that_is_not_registered_shows_what_is_parked(tenant: Tenant) -> None:
    report(tenant.client, receipt("m", "DELIVERED", 2), receipt("m", "SENT", 1))
    assert [disposition(record) for record in history(tenant.client, "m")] == ["PARKED", "PARKED"]
    register(tenant.client, message("m"))
    assert [disposition(record) for record in history(tenant.client, "m")] == ["FILLED", "APPLIED"]


def test_a_message_without_receipts_has_an_empty_history(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    assert list(history(tenant.client, "m")) == []


def test_without_message_and_without_receipts_nothing_is_found(tenant: Tenant) -> None:
    refused = refusal(
        tenant.client.receipts.ListReceipts, reporting_pb.ListReceiptsRequest(message_id="none")
    )
    assert (refused.code.name, refused.reason) == ("NOT_FOUND", "MESSAGE_NOT_FOUND")


def test_the_histories_of_two_instances_stay_apart(tenant: Tenant, operator: Operator) -> None:
    operator.instance(tenant.name, "red")
    register(tenant.client, message("m"), message("m", instance="red"))
    report(tenant.client, receipt("m", "SENT", instance=""), receipt("m", "READ", instance="red"))
    assert [record.receipt.state for record in history(tenant.client, "m", "")] == [state("SENT")]
    assert [record.receipt.state for record in history(tenant.client, "m", "red")] == [state("READ")]
    ambiguous = refusal(tenant.client.receipts.ListReceipts, reporting_pb.ListReceiptsRequest(message_id="m"))
    assert ambiguous.fields == ["instance"]
