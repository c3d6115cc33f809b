"""Messages of the contract as JSON: complete, and in words that outlast the contract's numbers."""

from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus, Reply
from messagestatus.v1.status_change_pb2 import StatusChange
from messagestatus_gateway.contract_json import as_json, enum_numbers

from .samples import sample, timestamp

FRACTIONS = [0, 1, 250_000_000, 123_456_789]


def test_only_the_names_of_enums_and_the_types_of_numbers_differ_from_the_usual_json() -> None:
    replies = [Reply(reply_time=timestamp("2026-02-04T07:00:00.5Z"), text="\u2028\n")]
    change = StatusChange(message_status=sample(replies=replies, revision=2**40), sequence=7)
    written = as_json(change)
    usual = json_format.MessageToDict(change, preserving_proto_field_name=True)
    usual["sequence"] = 7
    usual["message_status"] |= {"state": "DELIVERED", "channel": "SMS", "revision": 2**40}
    usual["message_status"]["replies"][0]["reply_time"] = "2026-02-04T07:00:00.5Z"
    assert written == usual


def test_a_time_is_written_to_the_nanosecond() -> None:
    for nanos in FRACTIONS:
        written = as_json(MessageStatus(accept_time=Timestamp(seconds=1_770_188_075, nanos=nanos)))
        again = Timestamp()
        again.FromJsonString(written["accept_time"])
        assert (again.seconds, again.nanos) == (1_770_188_075, nanos)


def test_a_value_that_only_a_newer_upstream_knows_is_its_number_in_words() -> None:
    newer = MessageStatus.FromString(MessageStatus(segments=1).SerializeToString() + b"\x50\x47")
    assert as_json(newer) == {"segments": 1, "state": "71"}


def test_every_value_of_an_enum_but_the_empty_one_has_a_name() -> None:
    for enum in (DeliveryState, Channel):
        numbers = enum_numbers(enum.DESCRIPTOR)
        assert sorted(numbers.values()) == sorted(set(enum.values()) - {0})
        assert not [name for name in numbers if "_STATE_" in name or "CHANNEL" in name]
