"""RegisterMessages: announced once, again, completed, and never contradicted."""

from typing import Any

import pytest

from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from tests.builders import (
    PHONE,
    error,
    get,
    message,
    moment,
    receipt,
    register,
    report,
    result,
    state,
    state_of,
)
from tests.refused import refusal
from tests.running import Tenant

WHOLE: dict[str, Any] = {
    "conversation_id": "room",
    "direction": status_pb.DIRECTION_OUTBOUND,
    "channel": status_pb.CHANNEL_RCS,
    "content_kind": status_pb.CONTENT_KIND_VIDEO,
    "phone": PHONE,
    "reference": status_pb.Reference(service="SIGN", action="AUTH", key="order"),
    "provider": status_pb.Provider(name="P", message_id="p-1", status="x", code="1", detail="d"),
    "state": state("SENT"),
    "reason": 8,
    "accept_time": moment(1),
    "message_time": moment(2),
    "segments": 2,
    "author_user_id": "anna",
    "recipient_user_ids": ["boris", "carl"],
    "roll_up": message_pb.ROLL_UP_ANY,
}

OTHERWISE: list[tuple[str, Any, str]] = [
    ("conversation_id", "other", "conversation_id"),
    ("direction", status_pb.DIRECTION_INBOUND, "direction"),
    ("channel", status_pb.CHANNEL_SMS, "channel"),
    ("content_kind", status_pb.CONTENT_KIND_TEXT, "content_kind"),
    ("phone", "+1234567899", "phone"),
    ("reference", status_pb.Reference(service="OTHER"), "reference.service"),
    ("reference", status_pb.Reference(action="OTHER"), "reference.action"),
    ("reference", status_pb.Reference(key="other"), "reference.key"),
    ("provider", status_pb.Provider(name="OTHER"), "provider.name"),
    ("provider", status_pb.Provider(message_id="p-2"), "provider.message_id"),
    ("provider", status_pb.Provider(status="y"), "provider.status"),
    ("provider", status_pb.Provider(code="2"), "provider.code"),
    ("provider", status_pb.Provider(detail="e"), "provider.detail"),
    ("state", state("ACCEPTED"), "state"),
    ("reason", 9, "reason"),
    ("accept_time", moment(1.000001), "accept_time"),
    ("message_time", moment(3), "message_time"),
    ("segments", 3, "segments"),
    ("author_user_id", "boris", "author_user_id"),
    ("recipient_user_ids", ["boris"], "recipient_user_ids"),
    ("roll_up", message_pb.ROLL_UP_ALL, "roll_up"),
]


def test_a_registration_is_created_then_unchanged(tenant: Tenant) -> None:
    whole = message("m", **WHOLE)
    assert [result(each) for each in register(tenant.client, whole)] == ["CREATED"]
    before = get(tenant.client, "m")
    assert [result(each) for each in register(tenant.client, whole, whole)] == ["UNCHANGED"] * 2
    assert get(tenant.client, "m") == before


def test_one_registration_twice_in_a_request_is_created_once(tenant: Tenant) -> None:
    outcomes = register(tenant.client, message("m"), message("m"), message("m", segments=2))
    assert [result(each) for each in outcomes] == ["CREATED", "UNCHANGED", "COMPLETED"]
    assert (get(tenant.client, "m").segments, get(tenant.client, "m").revision) == (2, 2)


SETTLED = {"accept_time", "direction", "roll_up"}
"""What the first registration settles, even by its silence."""


@pytest.mark.parametrize("field", sorted(WHOLE.keys() - SETTLED))
def test_a_field_that_was_not_said_can_be_said_later(tenant: Tenant, field: str) -> None:
    register(tenant.client, message("m"))
    later = message("m", **{field: WHOLE[field]})
    assert [result(each) for each in register(tenant.client, later, later)] == ["COMPLETED", "UNCHANGED"]
    assert get(tenant.client, "m").revision == 2


def test_the_time_of_acceptance_is_settled_by_the_first_registration(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    (outcome,) = register(tenant.client, message("m", accept_time=moment(1)))
    assert error(outcome) == ("MESSAGE_ALREADY_EXISTS", "accept_time")


def test_a_message_that_is_completed_is_like_one_that_was_whole_at_once(tenant: Tenant) -> None:
    register(tenant.client, message("late", accept_time=moment(1)))
    whole = {field: value for field, value in WHOLE.items() if field != "provider"}
    register(tenant.client, message("late", **whole), message("once", **whole))
    late, once = get(tenant.client, "late"), get(tenant.client, "once")
    late.message_id, late.revision = once.message_id, once.revision
    assert late == once


@pytest.mark.parametrize(("field", "value", "named"), OTHERWISE, ids=[named for *_, named in OTHERWISE])
def test_a_field_that_was_said_cannot_be_said_otherwise(
    tenant: Tenant, field: str, value: Any, named: str
) -> None:
    register(tenant.client, message("m", **WHOLE))
    before = get(tenant.client, "m")
    (outcome,) = register(tenant.client, message("m", **{field: value}))
    assert error(outcome) == ("MESSAGE_ALREADY_EXISTS", named)
    assert get(tenant.client, "m") == before


def test_a_refused_item_does_not_touch_its_neighbours(tenant: Tenant) -> None:
    outcomes = register(
        tenant.client,
        message("a"),
        message("b", phone="12"),
        message(""),
        message("a", phone=PHONE),
        message("c"),
    )
    assert [result(each) for each in outcomes] == [
        "CREATED",
        "UNSPECIFIED",
        "UNSPECIFIED",
        "COMPLETED",
        "CREATED",
    ]
    assert [error(each) for each in outcomes[1:3]] == [
        ("FIELD_INVALID", "phone"),
        ("FIELD_REQUIRED", "message_id"),
    ]
    assert get(tenant.client, "c").message_id == "c"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"message_id": "x" * 257}, "message_id"),
        ({"conversation_id": "n\0l"}, "conversation_id"),
        ({"author_user_id": "x" * 257}, "author_user_id"),
        ({"reference": {"key": "n\0l"}}, "reference.key"),
        ({"reference": {"service": "x" * 257}}, "reference.service"),
        ({"provider": {"name": "x" * 257}}, "provider.name"),
        ({"provider": {"detail": "x" * 4097}}, "provider.detail"),
        ({"segments": -1}, "segments"),
        ({"segments": 1_001}, "segments"),
        ({"recipient_user_ids": ["a", ""]}, "recipient_user_ids"),
        ({"recipient_user_ids": [f"u{number}" for number in range(10_001)]}, "recipient_user_ids"),
        ({"vocabulary": "klingon"}, "vocabulary"),
        ({"direction": 9}, "direction"),
        ({"channel": 99}, "channel"),
        ({"content_kind": 99}, "content_kind"),
        ({"state": 11}, "state"),
        ({"reason": 98}, "reason"),
        ({"roll_up": 3}, "roll_up"),
        ({"accept_time": {"seconds": 253_402_300_800}}, "accept_time"),
        ({"message_time": {"nanos": 1_000_000_000}}, "message_time"),
        ({"state": state("READ"), "channel": status_pb.CHANNEL_SMS}, "state"),
        ({"state": state("RECEIVED")}, "state"),
        ({"state": state("PLAYED"), "content_kind": status_pb.CONTENT_KIND_TEXT}, "state"),
    ],
)
def test_a_field_with_a_value_it_may_not_have_is_named(
    tenant: Tenant, fields: dict[str, Any], named: str
) -> None:
    (outcome,) = register(tenant.client, message_pb.MessageRegistration(**{"message_id": "m", **fields}))
    assert error(outcome) in {("FIELD_INVALID", named), ("FIELD_REQUIRED", named)}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "QUEUED"),
        ({"state": state("SENT")}, "SENT"),
        ({"vocabulary": "alphasms", "provider": {"status": "Sim Full"}}, "UNDELIVERED"),
        ({"vocabulary": "namirial", "provider": {"status": "PROVIDER_ACCEPTANCE"}}, "ACCEPTED"),
        ({"vocabulary": "namirial", "provider": {"status": "never heard"}}, "QUEUED"),
        ({"state": state("SENT"), "vocabulary": "namirial", "provider": {"status": "DELIVERED"}}, "SENT"),
    ],
)
def test_the_first_state_is_the_one_said_or_the_one_the_native_word_means(
    tenant: Tenant, fields: dict[str, Any], expected: str
) -> None:
    (outcome,) = register(tenant.client, message("m", **fields))
    assert outcome.state == state(expected)
    assert state_of(tenant.client, "m") == expected


def test_times_are_kept_to_the_microsecond(tenant: Tenant) -> None:
    register(tenant.client, message("m", accept_time=moment(0.123456), message_time=moment(0.000001)))
    found = get(tenant.client, "m")
    assert (found.accept_time, found.message_time) == (moment(0.123456), moment(0.000001))


def test_completing_folds_the_receipts_anew(tenant: Tenant) -> None:
    """A read was possible while the channel was not known; on SMS it never was."""
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "DELIVERED", 1), receipt("m", "READ", 2))
    assert state_of(tenant.client, "m") == "READ"
    (outcome,) = register(tenant.client, message("m", channel=status_pb.CHANNEL_SMS))
    assert (result(outcome), outcome.state) == ("COMPLETED", state("DELIVERED"))
    assert get(tenant.client, "m").revision == 4


def test_a_thousand_messages_are_taken_and_one_more_is_refused(tenant: Tenant) -> None:
    many = [message(f"m{number}") for number in range(1_001)]
    assert {result(each) for each in register(tenant.client, *many[:1_000])} == {"CREATED"}
    refused = refusal(
        tenant.client.messages.RegisterMessages, message_pb.RegisterMessagesRequest(messages=many)
    )
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "BATCH_TOO_LARGE")
    assert (refused.fields, refused.info["count"]) == (["messages"], "1001")
