"""Plain values become fields of the contract, and a value that cannot is named."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.message_service_pb2 import MessageRegistration
from messagestatus_server.cli.shape import FieldFault, Shape

_REGISTRATION = {
    "message_id": "m1",
    "channel": "CHANNEL_SMS",
    "phone": "+1234567890",
    "reference": {"service": "S", "key": "K"},
    "provider": {"name": "P", "status": "delivered", "code": "0"},
    "state": "DELIVERY_STATE_DELIVERED",
    "accept_time": "2026-02-04T06:54:35.123456Z",
    "message_time": "2026-02-04T08:54:35+02:00",
    "segments": 2,
    "recipient_user_ids": ["a", "b"],
    "roll_up": "ROLL_UP_ANY",
}


def _message(source: Any) -> MessageRegistration:
    return MessageRegistration(**Shape(MessageRegistration).fields(source))


def test_it_reads_what_the_standard_json_form_means() -> None:
    assert _message(_REGISTRATION) == ParseDict(_REGISTRATION, MessageRegistration())


def test_enum_words_need_no_prefix() -> None:
    short = _REGISTRATION | {"channel": "SMS", "state": "DELIVERED", "roll_up": "ANY"}
    assert _message(short) == _message(_REGISTRATION)


def test_cells_of_csv_are_converted_from_their_text() -> None:
    assert _message({"segments": "2", "recipient_user_ids": "a;b"}) == _message(
        {"segments": 2, "recipient_user_ids": ["a", "b"]}
    )
    receipt = DeliveryReceipt(**Shape(DeliveryReceipt).fields({"own_side": "true"}))
    assert receipt.own_side


def test_null_is_a_field_left_out() -> None:
    assert _message({"message_id": "m1", "phone": None, "reference": None}) == _message({"message_id": "m1"})


@given(
    st.datetimes(
        min_value=datetime(1950, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
def test_any_time_with_a_zone_keeps_its_moment(moment: datetime) -> None:
    registration = _message({"accept_time": moment.isoformat()})
    nanoseconds = registration.accept_time.seconds * 10**9 + registration.accept_time.nanos
    exact = ParseDict({"accept_time": moment.isoformat()}, MessageRegistration()).accept_time
    assert nanoseconds == exact.ToNanoseconds()


@pytest.mark.parametrize(
    ("source", "field", "reason"),
    [
        ([], "", "must be an object"),
        ({"fone": "+1"}, "fone", "there is no such field"),
        ({"phone": 5}, "phone", "must be a text"),
        ({"reference": "K"}, "reference", "must be an object"),
        ({"reference": {"key": True}}, "reference.key", "must be a text"),
        ({"state": "ARRIVED"}, "state", "must be one of QUEUED, ROUTING"),
        ({"state": ["READ"]}, "state", "must be one of"),
        ({"segments": True}, "segments", "must be a whole number"),
        ({"segments": 1.0}, "segments", "must be a whole number"),
        ({"segments": "9" * 5000}, "segments", "does not fit"),
        ({"segments": 1 << 31}, "segments", "does not fit into 32 bits"),
        ({"recipient_user_ids": 7}, "recipient_user_ids", "must be a list"),
        ({"accept_time": "yesterday"}, "accept_time", "must be a time"),
        ({"accept_time": 0}, "accept_time", "must be a time"),
        ({"accept_time": "2026-02-04T06:54:35"}, "accept_time", "must name its zone"),
    ],
)
def test_a_value_that_a_field_cannot_have_is_named(source: Any, field: str, reason: str) -> None:
    with pytest.raises(FieldFault) as fault:
        _message(source)
    assert fault.value.field == field
    assert reason in fault.value.reason
