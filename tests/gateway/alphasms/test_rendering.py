"""What the AlphaSMS dialect shows of a message.

AlphaSMS, JSON API, "Message status", "Response parameters"; "Message statuses reference"; and "Viber 2
Way message status".
"""

from itertools import product
from typing import Any

import orjson
import pytest

from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Channel, Media, MessageStatus, Reply
from messagestatus_gateway.dialects.alphasms import rendered
from tests.gateway.samples import timestamp

WORDS = {
    "UNSPECIFIED": "UNKNOWN",
    "QUEUED": "QUEUED",
    "ROUTING": "ROUTING",
    "ACCEPTED": "ACCEPTED",
    "SENT": "ACCEPTED",
    "UNKNOWN": "UNKNOWN",
    "FAILED": "UNDELIVERABLE",
    "UNDELIVERED": "UNDELIVERABLE",
    "EXPIRED": "EXPIRED",
    "REJECTED": "REJECTED",
    "DELETED": "DELETED",
    "PARTIALLY_DELIVERED": "PARTIALLY DELIVERED",
    "DELIVERED": "DELIVERED",
    "RECEIVED": "DELIVERED",
    "READ": "READ",
    "PLAYED": "READ",
    "REPLIED": "REPLIED",
}
BY_REASON = {
    ("UNDELIVERED", "SIM_FULL"): "SIM FULL",
    ("REJECTED", "FILTERED"): "FILTERED",
    ("REJECTED", "INVALID_RECIPIENT"): "INVALID DESTINATION ADDRESS",
    ("REJECTED", "INVALID_SENDER"): "INVALID SOURCE ADDRESS",
    ("REJECTED", "NO_ROUTE"): "NO ROUTE",
}
REASONS = [name.removeprefix("FAILURE_REASON_") for name, _ in FailureReason.items()]


def word(state: str, reason: str = "UNSPECIFIED") -> str:
    status = MessageStatus(
        state=DeliveryState.Value(f"DELIVERY_STATE_{state}"),
        reason=FailureReason.Value(f"FAILURE_REASON_{reason}"),
    )
    return str(rendered(status)["status"])


@pytest.mark.parametrize("state", [name.removeprefix("DELIVERY_STATE_") for name, _ in DeliveryState.items()])
def test_every_state_has_its_word_and_some_failures_one_by_their_reason(state: str) -> None:
    shown = {reason: word(state, reason) for reason in REASONS}
    assert shown == {reason: BY_REASON.get((state, reason), WORDS[state]) for reason in REASONS}


def test_the_words_are_those_of_the_reference_and_no_others() -> None:
    assert sorted({*WORDS.values(), *BY_REASON.values()}) == [
        "ACCEPTED",
        "DELETED",
        "DELIVERED",
        "EXPIRED",
        "FILTERED",
        "INVALID DESTINATION ADDRESS",
        "INVALID SOURCE ADDRESS",
        "NO ROUTE",
        "PARTIALLY DELIVERED",
        "QUEUED",
        "READ",
        "REJECTED",
        "REPLIED",
        "ROUTING",
        "SIM FULL",
        "UNDELIVERABLE",
        "UNKNOWN",
    ]


def test_every_state_reason_and_channel_renders_as_json() -> None:
    for state, reason, channel in product(DeliveryState.values(), FailureReason.values(), Channel.values()):
        assert orjson.dumps(rendered(MessageStatus(state=state, reason=reason, channel=channel)))


def test_states_and_channels_of_a_newer_contract_render_as_not_known() -> None:
    newer = MessageStatus.FromString(b"\x28\x63\x50\x63\x58\x62")
    assert (newer.channel, newer.state, newer.reason) == (99, 99, 98)
    assert rendered(newer) == {"type": "unspecified", "status": "UNKNOWN"}


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("SMS", "sms"),
        ("VIBER", "viber"),
        ("RCS", "rcs"),
        ("WHATSAPP", "whatsapp"),
        ("TELEGRAM", "telegram"),
        ("CHAT", "chat"),
        ("EMAIL", "email"),
        ("VOICE", "voice"),
        ("PUSH", "push"),
        ("UNSPECIFIED", "unspecified"),
    ],
)
def test_type_is_the_channel(channel: str, expected: str) -> None:
    assert rendered(MessageStatus(channel=Channel.Value(f"CHANNEL_{channel}")))["type"] == expected


def test_without_replies_there_is_no_such_key() -> None:
    status = MessageStatus(state=DeliveryState.DELIVERY_STATE_REPLIED)
    assert list(rendered(status)) == ["type", "status"]


@pytest.mark.parametrize(
    ("rule", "fields", "expected"),
    [
        ("a text", {"text": "Yes"}, {"message": "Yes"}),
        ("nothing but its time", {}, {}),
        (
            "a file without a text",
            {"media": Media(url="https://a/b", file_name="c.pdf", file_size=67983)},
            {"media": {"url": "https://a/b", "filename": "c.pdf", "filesize": 67983}},
        ),
        (
            "a file of which nothing is known",
            {"media": Media()},
            {"media": {"url": "", "filename": "", "filesize": 0}},
        ),
        (
            "a file of more than 4 GiB",
            {"text": "Film", "media": Media(file_size=1 << 40)},
            {"message": "Film", "media": {"url": "", "filename": "", "filesize": 1 << 40}},
        ),
    ],
)
def test_reply(rule: str, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    reply = Reply(reply_time=timestamp("2022-05-01T09:01:02.999Z"), **fields)
    shown = {"datetime": "2022-05-01T09:01:02+00:00", **expected}
    assert orjson.dumps(rendered(MessageStatus(replies=[reply]))["replies"]) == orjson.dumps([shown]), rule
