"""How RyzeAPI's dialect shows every state: seven words, each with its own code."""

from itertools import product
from typing import Any

import orjson
import pytest

from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Channel, Direction, MessageStatus
from messagestatus_gateway.dialects.ryze import shown
from tests.gateway.samples import timestamp

from .documented import CHAT, CODES, EXAMPLE_ANSWER, MESSAGE_ID, TRAVELLED

WORDS = {
    "UNSPECIFIED": "pending",
    "QUEUED": "pending",
    "ROUTING": "pending",
    "ACCEPTED": "pending",
    "SENT": "sent",
    "UNKNOWN": "sent",
    "FAILED": "error",
    "UNDELIVERED": "error",
    "EXPIRED": "error",
    "REJECTED": "error",
    "DELETED": "error",
    "PARTIALLY_DELIVERED": "delivered",
    "DELIVERED": "delivered",
    "RECEIVED": "received",
    "READ": "read",
    "PLAYED": "played",
    "REPLIED": "read",
}


def rendered(**fields: Any) -> dict[str, Any]:
    return dict(shown(MessageStatus(message_id=MESSAGE_ID, **fields)))


@pytest.mark.parametrize("state", DeliveryState.keys())
def test_every_state_has_its_word_and_code_whatever_the_reason(state: str) -> None:
    word = WORDS[state.removeprefix("DELIVERY_STATE_")]
    for reason in FailureReason.values():
        answer = rendered(state=DeliveryState.Value(state), reason=reason)
        assert (answer["status"], answer["status_code"]) == (word, CODES[word])


def test_every_combination_renders_as_json() -> None:
    for state, channel, direction in product(DeliveryState.values(), Channel.values(), Direction.values()):
        assert orjson.dumps(rendered(state=state, channel=channel, direction=direction))


def test_a_state_of_a_newer_contract_is_pending() -> None:
    answer = shown(MessageStatus.FromString(b"\x50\x63"))
    assert (answer["status"], answer["status_code"]) == ("pending", 0)


@pytest.mark.parametrize(
    ("direction", "word"),
    [("UNSPECIFIED", "sent"), ("OUTBOUND", "sent"), ("INBOUND", "received")],
)
def test_direction_is_seen_from_the_instance(direction: str, word: str) -> None:
    assert rendered(direction=Direction.Value(f"DIRECTION_{direction}"))["direction"] == word


def test_the_time_is_when_the_message_travelled_whatever_changed_since() -> None:
    """Message delivery status, "Success response"."""
    times = {
        "accept_time": timestamp("2026-04-28T14:29:58Z"),
        "message_time": timestamp("2026-04-28T14:30:00.999999999Z"),
        "change_time": timestamp("2026-04-28T14:31:10Z"),
    }
    assert rendered(**times)["timestamp"] == TRAVELLED
    del times["message_time"]
    assert rendered(**times)["timestamp"] == "2026-04-28T14:29:58Z"


def test_the_documented_example_has_its_keys_in_the_documented_order() -> None:
    answer = rendered(
        state=DeliveryState.DELIVERY_STATE_READ,
        direction=Direction.DIRECTION_OUTBOUND,
        conversation_id=CHAT,
        message_time=timestamp(TRAVELLED),
    )
    assert orjson.dumps(answer) == EXAMPLE_ANSWER
