"""ReportReceipts: receipts in any order, any number of times, by any name of their message."""

from typing import Any

import pytest

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from tests.builders import (
    disposition,
    error,
    get,
    history,
    message,
    moment,
    receipt,
    register,
    report,
    state,
    state_of,
)
from tests.refused import refusal
from tests.running import Tenant

NAME = status_pb.Provider(name="PROVIDER1", message_id="p-1")


def test_each_outcome_tells_the_disposition_and_the_state_after_it(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    outcomes = report(
        tenant.client,
        receipt("m", "SENT", 2),
        receipt("m", "ACCEPTED", 1),
        receipt("m", "DELIVERED", 3),
        receipt("m", "SENT", 9),
        receipt("m", "DELIVERED", 3),
        receipt("m", "FAILED", 4, finality=state_pb.FINALITY_FINAL),
    )
    assert [(disposition(each), each.state) for each in outcomes] == [
        ("APPLIED", state("SENT")),
        ("FILLED", state("SENT")),
        ("APPLIED", state("DELIVERED")),
        ("STALE", state("DELIVERED")),
        ("DUPLICATE", state("DELIVERED")),
        ("CONFLICT", state("DELIVERED")),
    ]
    assert len({each.receipt_key for each in outcomes}) == 5
    assert all(len(bytes.fromhex(each.receipt_key)) == 16 for each in outcomes)


def test_the_order_of_receipts_does_not_matter(tenant: Tenant) -> None:
    said = [receipt("m", name, seconds) for seconds, name in enumerate(("ACCEPTED", "SENT", "DELIVERED"))]
    register(tenant.client, message("m", accept_time=moment(-1)))
    report(tenant.client, *said)
    forwards = get(tenant.client, "m")
    for each in said:
        each.message_id = "n"
    register(tenant.client, message("n", accept_time=moment(-1)))
    for each in reversed(said):
        report(tenant.client, each)
    backwards = get(tenant.client, "n")
    backwards.message_id = "m"
    assert forwards == backwards


def test_a_duplicate_changes_nothing_however_often_it_comes(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "SENT", 1))
    before = get(tenant.client, "m")
    for _ in range(3):
        (outcome,) = report(tenant.client, receipt("m", "SENT", 1))
        assert (disposition(outcome), outcome.state) == ("DUPLICATE", state("SENT"))
    assert get(tenant.client, "m") == before
    first, again = history(tenant.client, "m")
    assert [disposition(each) for each in (first, again)] == ["APPLIED", "DUPLICATE"]
    assert (again.receipt_key, first.repeats) == (first.receipt_key, 3)


def test_a_receipt_finds_its_message_by_the_providers_name(tenant: Tenant) -> None:
    register(tenant.client, message("m", provider=NAME))
    (outcome,) = report(tenant.client, receipt("", "DELIVERED", provider=NAME))
    assert (disposition(outcome), state_of(tenant.client, "m")) == ("APPLIED", "DELIVERED")


def test_another_providers_like_name_finds_nothing(tenant: Tenant) -> None:
    register(tenant.client, message("m", provider=NAME))
    other = status_pb.Provider(name="PROVIDER2", message_id="p-1")
    (outcome,) = report(tenant.client, receipt("", "DELIVERED", provider=other))
    assert disposition(outcome) == "PARKED"


def test_a_receipt_that_names_both_teaches_the_providers_name(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    waiting = receipt("", "DELIVERED", 3, provider=NAME)
    (parked,) = report(tenant.client, waiting)
    assert disposition(parked) == "PARKED"
    (taught,) = report(tenant.client, receipt("m", "SENT", 2, provider=NAME))
    assert (disposition(taught), taught.state) == ("APPLIED", state("DELIVERED"))
    (after,) = report(tenant.client, receipt("", "READ", 4, provider=NAME))
    assert (disposition(after), after.state) == ("APPLIED", state("READ"))


def test_what_is_parked_and_taught_in_one_report_comes_together(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    outcomes = report(
        tenant.client, receipt("", "DELIVERED", 3, provider=NAME), receipt("m", "SENT", 2, provider=NAME)
    )
    assert [disposition(each) for each in outcomes] == ["PARKED", "APPLIED"]
    assert state_of(tenant.client, "m") == "DELIVERED"
    assert len(history(tenant.client, "m")) == 2


@pytest.mark.parametrize("by_provider", [False, True])
def test_a_parked_receipt_is_claimed_by_the_registration(tenant: Tenant, by_provider: bool) -> None:
    early = receipt("" if by_provider else "m", "DELIVERED", 3, provider=NAME if by_provider else None)
    (parked,) = report(tenant.client, early)
    assert (disposition(parked), parked.state) == ("PARKED", 0)
    (again,) = report(tenant.client, early)
    assert (disposition(again), again.state) == ("DUPLICATE", 0)
    (outcome,) = register(tenant.client, message("m", provider=NAME))
    assert outcome.state == state("DELIVERED")
    assert get(tenant.client, "m").change_time == moment(3)
    (after,) = report(tenant.client, early)
    assert (disposition(after), after.state) == ("DUPLICATE", state("DELIVERED"))


def test_a_completion_that_tells_the_providers_name_claims_what_is_parked_under_it(tenant: Tenant) -> None:
    report(tenant.client, receipt("", "DELIVERED", provider=NAME))
    (before,) = register(tenant.client, message("m"))
    (after,) = register(tenant.client, message("m", provider=NAME))
    assert (before.state, after.state) == (state("QUEUED"), state("DELIVERED"))


@pytest.mark.parametrize("registered", [True, False])
def test_the_same_event_with_another_content_is_refused(tenant: Tenant, registered: bool) -> None:
    if registered:
        register(tenant.client, message("m"))
    first = receipt("m", "SENT", 1, event_id="e-1", provider=NAME)
    (taken,) = report(tenant.client, first)
    (differs, same) = report(
        tenant.client, receipt("m", "DELIVERED", 1, event_id="e-1", provider=NAME), first
    )
    assert error(differs) == ("RECEIPT_ALREADY_EXISTS", "")
    assert (disposition(same), same.receipt_key) == ("DUPLICATE", taken.receipt_key)
    assert len({each.receipt_key for each in history(tenant.client, "m")}) == 1


def test_events_of_two_providers_may_have_one_identifier(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    outcomes = report(
        tenant.client,
        receipt("m", "SENT", event_id="e", provider=status_pb.Provider(name="A")),
        receipt("m", "DELIVERED", event_id="e", provider=status_pb.Provider(name="B")),
    )
    assert [disposition(each) for each in outcomes] == ["APPLIED", "APPLIED"]


@pytest.mark.parametrize(
    ("word", "expected", "after"),
    [
        ("DELIVERED", "APPLIED", "DELIVERED"),
        ("delivered", "APPLIED", "DELIVERED"),
        ("ANNIHILATED", "QUARANTINED", "QUEUED"),
        ("RETRY", "NOTED", "QUEUED"),
    ],
)
def test_a_native_word_means_what_its_vocabulary_says(
    tenant: Tenant, word: str, expected: str, after: str
) -> None:
    register(tenant.client, message("m"))
    said = receipt_pb.DeliveryReceipt(
        message_id="m", vocabulary="ryze", provider=status_pb.Provider(name="R", status=word)
    )
    (outcome,) = report(tenant.client, said)
    assert (disposition(outcome), state_of(tenant.client, "m")) == (expected, after)


@pytest.mark.parametrize(
    ("claimed", "registration", "guard"),
    [
        ("READ", {"channel": status_pb.CHANNEL_SMS}, "CHANNEL_HAS_NO_READS"),
        ("PLAYED", {"content_kind": status_pb.CONTENT_KIND_TEXT}, "CONTENT_NOT_PLAYABLE"),
        ("REPLIED", {"channel": status_pb.CHANNEL_VOICE}, "CHANNEL_HAS_NO_REPLIES"),
        ("RECEIVED", {}, "NOT_INBOUND"),
    ],
)
def test_a_receipt_that_cannot_be_true_is_refused_by_a_guard(
    tenant: Tenant, claimed: str, registration: dict[str, Any], guard: str
) -> None:
    register(tenant.client, message("m", **registration))
    (outcome,) = report(tenant.client, receipt("m", claimed))
    assert disposition(outcome) == "REFUSED"
    assert outcome.guard == receipt_pb.ReceiptGuard.Value(f"RECEIPT_GUARD_{guard}")
    assert state_of(tenant.client, "m") == "QUEUED"


@pytest.mark.parametrize(
    ("fields", "reason", "named"),
    [
        ({"message_id": ""}, "FIELD_REQUIRED", "message_id"),
        ({"message_id": "", "provider": {"message_id": "p"}}, "FIELD_REQUIRED", "provider.name"),
        ({"event_id": "e"}, "FIELD_REQUIRED", "provider.name"),
        ({"state": 0}, "FIELD_REQUIRED", "state"),
        ({"state": 11}, "FIELD_INVALID", "state"),
        ({"reason": 98}, "FIELD_INVALID", "reason"),
        ({"finality": 4}, "FIELD_INVALID", "finality"),
        ({"channel": 99}, "FIELD_INVALID", "channel"),
        ({"vocabulary": "klingon"}, "FIELD_INVALID", "vocabulary"),
        ({"message_id": "x" * 257}, "FIELD_INVALID", "message_id"),
        ({"event_id": "x" * 257}, "FIELD_INVALID", "event_id"),
        ({"recipient_user_id": "n\0l"}, "FIELD_INVALID", "recipient_user_id"),
        ({"provider": {"code": "n\0l"}}, "FIELD_INVALID", "provider.code"),
        ({"reply": {"text": "x" * 4097}}, "FIELD_INVALID", "reply.text"),
        ({"reply": {"media": {"file_size": -1}}}, "FIELD_INVALID", "reply.media.file_size"),
        ({"reply": {"reply_time": {"nanos": -1}}}, "FIELD_INVALID", "reply.reply_time"),
        ({"occur_time": {"seconds": -62_135_596_801}}, "FIELD_INVALID", "occur_time"),
    ],
)
def test_a_receipt_at_fault_is_refused_alone_naming_its_field(
    tenant: Tenant, fields: dict[str, Any], reason: str, named: str
) -> None:
    register(tenant.client, message("m"))
    bad = receipt_pb.DeliveryReceipt(**{"message_id": "m", "state": state("READ"), **fields})
    outcomes = report(tenant.client, receipt("m", "SENT"), bad, receipt("m", "DELIVERED"))
    assert [disposition(each) for each in outcomes] == ["APPLIED", "UNSPECIFIED", "APPLIED"]
    assert error(outcomes[1]) == (reason, named)
    assert len(history(tenant.client, "m")) == 2


def test_more_than_a_thousand_receipts_are_refused_naming_the_field(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    many = [receipt("m", "SENT", seconds) for seconds in range(1_001)]
    assert len(report(tenant.client, *many[:1_000])) == 1_000
    request = reporting_pb.ReportReceiptsRequest(receipts=many)
    refused = refusal(tenant.client.receipts.ReportReceipts, request)
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "BATCH_TOO_LARGE")
    assert (refused.fields, len(history(tenant.client, "m"))) == (["receipts"], 1_000)
