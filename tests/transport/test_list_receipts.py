"""ListReceipts: the history of a message, each receipt with what became of it and why."""

import time

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus_server.providers.tables import lexicon
from messagestatus_server.transport.instants import known_micros as micros
from tests.builders import (
    disposition,
    history,
    message,
    moment,
    receipt,
    register,
    report,
    state,
    whole_history,
)
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


def test_a_receipt_that_came_again_is_followed_by_a_duplicate(tenant: Tenant) -> None:
    """The one record stands for every repetition, and says what the last of them found."""
    register(tenant.client, message("m"))
    sent = receipt("m", "SENT")
    report(tenant.client, sent, receipt("m", "DELIVERED", 1))
    for _ in range(3):
        report(tenant.client, sent)
    first, again, last = history(tenant.client, "m")
    assert [disposition(record) for record in (first, again, last)] == ["APPLIED", "DUPLICATE", "APPLIED"]
    assert (first.repeats, again.repeats, last.repeats) == (3, 0, 0)
    assert again.receive_time == first.last_repeat_time
    assert not last.HasField("last_repeat_time")
    assert (again.receipt, again.receipt_key) == (first.receipt, first.receipt_key)
    assert again.explanation == "the same receipt came 3 more times; this was the last"
    assert again.previous_state == again.new_state == state("DELIVERED")
    assert micros(first.receive_time) <= micros(again.receive_time)


def test_a_parked_receipt_that_came_again_is_followed_by_a_duplicate(tenant: Tenant) -> None:
    report(tenant.client, receipt("m", "SENT"), receipt("m", "SENT"))
    assert [disposition(record) for record in history(tenant.client, "m")] == ["PARKED", "DUPLICATE"]


def test_each_receipt_tells_the_state_before_and_after_it(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "DELIVERED", 2), receipt("m", "SENT", 1), receipt("m", "READ", 3))
    steps = [(record.previous_state, record.new_state) for record in history(tenant.client, "m")]
    assert steps == [
        (state("DELIVERED"), state("DELIVERED")),
        (state("QUEUED"), state("DELIVERED")),
        (state("DELIVERED"), state("READ")),
    ]


def test_a_failure_is_shown_with_its_reason_and_what_to_do(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(
        tenant.client,
        receipt("m", "SENT", 1),
        receipt("m", "UNDELIVERED", 2, reason=state_pb.FAILURE_REASON_SIM_FULL),
    )
    told = whole_history(tenant.client, "m")
    assert (told.state, told.reason) == (state("UNDELIVERED"), state_pb.FAILURE_REASON_SIM_FULL)
    assert told.advice == told.records[1].advice == "Try again later; the device has no room."
    assert not told.records[0].advice


def test_the_advice_is_that_of_the_provider_s_code_where_it_has_one(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    words = status_pb.Provider(name="twilio", message_id="SM1", status="undelivered", code="30006")
    report(
        tenant.client,
        receipt_pb.DeliveryReceipt(message_id="m", vocabulary="twilio", provider=words),
    )
    error = lexicon().error("twilio", "30006")
    assert error is not None
    told = whole_history(tenant.client, "m")
    assert told.advice == told.records[0].advice == error.advice
    assert told.reason == error.reason.value


def test_a_registration_that_failed_at_once_has_a_reason_and_advice_without_receipts(tenant: Tenant) -> None:
    register(
        tenant.client,
        message("m", state=state("REJECTED"), reason=state_pb.FAILURE_REASON_NO_ROUTE),
    )
    told = whole_history(tenant.client, "m")
    assert (told.state, told.reason, len(told.records)) == (
        state("REJECTED"),
        state_pb.FAILURE_REASON_NO_ROUTE,
        0,
    )
    assert told.advice


def test_what_is_parked_has_no_state(tenant: Tenant) -> None:
    report(tenant.client, receipt("m", "SENT"))
    told = whole_history(tenant.client, "m")
    assert told.state == state_pb.DELIVERY_STATE_UNSPECIFIED
    assert told.records[0].new_state == state_pb.DELIVERY_STATE_UNSPECIFIED


def test_a_time_shows_what_was_known_then(tenant: Tenant) -> None:
    """Between the arrivals; what a receipt tells of does not matter."""
    register(tenant.client, message("m", accept_time=moment()))
    late, early = receipt("m", "DELIVERED", 2), receipt("m", "SENT", 1)
    report(tenant.client, late)
    report(tenant.client, early)
    whole = whole_history(tenant.client, "m")
    assert [record.receipt.state for record in whole.records] == [state("SENT"), state("DELIVERED")]
    arrival = whole.records[1].receive_time
    then = whole_history(tenant.client, "m", as_of_time=arrival)
    assert [record.receipt for record in then.records] == [whole.records[1].receipt]
    assert then.state == state("DELIVERED")
    before = whole_history(tenant.client, "m", as_of_time=moment(3))
    assert (before.state, len(before.records)) == (state("QUEUED"), 0)
    assert whole_history(tenant.client, "m", as_of_time=whole.records[0].receive_time) == whole


def test_before_it_was_accepted_a_message_shows_what_was_parked_or_is_not_found(tenant: Tenant) -> None:
    report(tenant.client, receipt("m", "SENT"))
    (waiting,) = history(tenant.client, "m")
    register(tenant.client, message("m"))
    then = whole_history(tenant.client, "m", as_of_time=waiting.receive_time)
    assert list(then.records) == [waiting]
    assert then.state == state_pb.DELIVERY_STATE_UNSPECIFIED
    refused = refusal(
        tenant.client.receipts.ListReceipts,
        reporting_pb.ListReceiptsRequest(message_id="m", as_of_time=moment()),
    )
    assert (refused.code.name, refused.reason) == ("NOT_FOUND", "MESSAGE_NOT_FOUND")


def test_a_time_before_any_parked_receipt_finds_nothing(tenant: Tenant) -> None:
    report(tenant.client, receipt("m", "SENT"))
    refused = refusal(
        tenant.client.receipts.ListReceipts,
        reporting_pb.ListReceiptsRequest(message_id="m", as_of_time=moment()),
    )
    assert (refused.code.name, refused.reason) == ("NOT_FOUND", "MESSAGE_NOT_FOUND")


@pytest.mark.parametrize(("seconds", "nanos"), [(10**12, 0), (0, -1), (0, 10**9)])
def test_a_time_that_is_none_is_refused_by_name(tenant: Tenant, seconds: int, nanos: int) -> None:
    register(tenant.client, message("m"))
    refused = refusal(
        tenant.client.receipts.ListReceipts,
        reporting_pb.ListReceiptsRequest(message_id="m", as_of_time=Timestamp(seconds=seconds, nanos=nanos)),
    )
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", ["as_of_time"])


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
