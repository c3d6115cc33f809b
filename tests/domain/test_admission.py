"""Admission: each refusal names the field at fault, and native words are filled in."""

from typing import Any

import pytest

from messagestatus_server.domain.admission import (
    MOST_RECIPIENTS,
    MOST_SEGMENTS,
    admitted_receipt,
    admitted_registration,
    e164,
)
from messagestatus_server.domain.message import Media, Provider, Reference, Reply
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.refusals import FieldInvalid, FieldRefusal, FieldRequired
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality

S, R, F = DeliveryState, FailureReason, Finality
LONG = "x" * 257
LONGER = "x" * 4097


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("message_id", {"message_id": LONG}),
        ("message_id", {"message_id": "a\0b"}),
        ("conversation_id", {"conversation_id": LONG}),
        ("author_user_id", {"author": LONG}),
        ("phone", {"phone": "4366012345678"}),
        ("reference.service", {"reference": Reference(service=LONG)}),
        ("reference.action", {"reference": Reference(action="\0")}),
        ("reference.key", {"reference": Reference(key=LONG)}),
        ("provider.name", {"provider": Provider(name=LONG)}),
        ("provider.message_id", {"provider": Provider(message_id=LONG)}),
        ("provider.status", {"provider": Provider(status=LONG)}),
        ("provider.code", {"provider": Provider(code="\0")}),
        ("provider.detail", {"provider": Provider(detail=LONGER)}),
        ("segments", {"segments": -1}),
        ("segments", {"segments": MOST_SEGMENTS + 1}),
        ("recipient_user_ids", {"recipients": ("ann",) * (MOST_RECIPIENTS + 1)}),
        ("recipient_user_ids", {"recipients": ("ann", LONG)}),
        ("vocabulary", {"vocabulary": "klingon"}),
    ],
)
def test_a_registration_is_refused_by_the_field_at_fault(field: str, said: dict[str, Any]) -> None:
    with pytest.raises(FieldInvalid) as refused:
        admitted_registration(Registration(**{"message_id": "m", **said}))
    assert refused.value.field == refused.value.metadata["field"] == field


@pytest.mark.parametrize(
    ("field", "said"), [("message_id", {}), ("recipient_user_ids", {"recipients": ("",)})]
)
def test_a_registration_needs_its_names(field: str, said: dict[str, Any]) -> None:
    with pytest.raises(FieldRequired) as refused:
        admitted_registration(Registration(**{"message_id": "m" if said else "", **said}))
    assert refused.value.field == field


def test_a_registration_may_fill_every_field_to_the_brim() -> None:
    full = Registration(
        "x" * 256,
        conversation_id="x" * 256,
        phone="+123456789012345",
        reference=Reference("x" * 256, "y" * 256, "z" * 256),
        provider=Provider("x" * 256, "x" * 256, "", "x" * 256, "x" * 4096),
        segments=MOST_SEGMENTS,
        author="x" * 256,
        recipients=("ann",) * MOST_RECIPIENTS,
    )
    assert admitted_registration(full) == full


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("message_id", {"message_id": LONG}),
        ("event_id", {"event_id": LONG}),
        ("recipient_user_id", {"recipient": "\0"}),
        ("provider.code", {"provider": Provider(code=LONG)}),
        ("provider.detail", {"provider": Provider(detail=LONGER)}),
        ("reply.text", {"reply": Reply(text=LONGER)}),
        ("reply.media.url", {"reply": Reply(media=Media(url="\0"))}),
        ("reply.media.file_name", {"reply": Reply(media=Media(file_name=LONG))}),
        ("reply.media.file_size", {"reply": Reply(media=Media(file_size=-1))}),
        ("vocabulary", {"vocabulary": "klingon"}),
        ("message_id", {"message_id": ""}),
        ("provider.name", {"message_id": "", "provider": Provider(message_id="p1")}),
        ("provider.name", {"event_id": "e1"}),
        ("state", {"state": S.UNSPECIFIED}),
    ],
)
def test_a_receipt_is_refused_by_the_field_at_fault(field: str, said: dict[str, Any]) -> None:
    with pytest.raises(FieldRefusal) as refused:
        admitted_receipt(Receipt(**{"message_id": "m", "state": S.SENT, **said}))
    assert refused.value.field == field


def word(vocabulary: str, status: str, **said: Any) -> Receipt:
    return admitted_receipt(
        Receipt(message_id="m", vocabulary=vocabulary, provider=Provider(status=status), **said)
    )


def test_a_native_word_fills_in_what_it_means() -> None:
    meant = word("alphasms", "sim full")
    assert (meant.state, meant.precedence, meant.reason, meant.finality) == (
        S.UNDELIVERED,
        42,
        R.SIM_FULL,
        F.SOFT,
    )
    assert word("ryze", "read_self").own_side


def test_what_is_told_outright_comes_before_what_the_word_means() -> None:
    told = word("alphasms", "SIM FULL", reason=R.BLOCKED, finality=F.FINAL)
    assert (told.state, told.reason, told.finality) == (S.UNDELIVERED, R.BLOCKED, F.FINAL)
    told = word("alphasms", "SIM FULL", state=S.DELIVERED)
    assert (told.state, told.precedence, told.reason) == (S.DELIVERED, 60, R.UNSPECIFIED)


def test_a_state_that_agrees_with_its_word_keeps_what_the_word_adds() -> None:
    assert word("alphasms", "SIM FULL", state=S.UNDELIVERED).reason is R.SIM_FULL


def test_a_word_without_a_mapping_is_kept_and_decides_nothing() -> None:
    """Whatever finality it claims: that is how a known word is told from it."""
    kept = word("namirial", "TELEPORTED", finality=F.FINAL)
    assert (kept.state, kept.finality, kept.provider.status) == (S.UNSPECIFIED, F.UNSPECIFIED, "TELEPORTED")


def test_a_registration_takes_its_first_state_from_its_native_word() -> None:
    said = admitted_registration(
        Registration("m", vocabulary="alphasms", provider=Provider(status="NO ROUTE"))
    )
    assert (said.state, said.reason) == (S.REJECTED, R.NO_ROUTE)


@pytest.mark.parametrize("said", ["TELEPORTED", "SENDER"])
def test_a_word_that_says_nothing_leaves_the_first_state_open(said: str) -> None:
    registration = Registration("m", vocabulary="ryze", provider=Provider(status=said))
    assert admitted_registration(registration) == registration


@pytest.mark.parametrize("number", ["+1234567", "+123456789012345", "+1234567890", "+436601234567"])
def test_a_phone_number_is_a_plus_and_seven_to_fifteen_digits(number: str) -> None:
    assert e164("phone", number) == number


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "1234567",
        "+123456",
        "+1234567890123456",
        "+0123456789",
        "+12345 6789",
        "+1234567\n",
        "+\N{FULLWIDTH DIGIT ONE}234567",
        "++12345678",
        "+1234567x",
        "00436601234567",
    ],
)
def test_anything_else_is_no_phone_number(number: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        e164("before", number)
    assert refused.value.field == "before"
