"""The message of the Namirial document's examples, and variations of it."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus, Provider, Reference

MESSAGE_ID = "011d9d6e-b5b9-4cb9-be13-2bc336a923ce"
PHONE = "+1234567890"
KEY_WITH_SLASH = "user/12345+a b"

DOCUMENTED_ENTRY = {
    "message": {
        "id": "011d9d6e-b5b9-4cb9-be13-2bc336a923ce",
        "providerAcceptanceAt": "2026-02-04T06:54:35Z",
        "statusChangedAt": "2026-02-04T06:54:55Z",
        "reference": {"service": "DIGITALSIGN", "action": "AUTH", "key": "EXT_KEY"},
        "channel": "SMS",
        "status": "DELIVERED",
        "provider": {
            "name": "PROVIDER1",
            "id": "bbe7a7b4-067b-484e-a55c-318f5716997e",
            "status": "delivered",
            "code": "0",
        },
        "sms": {"segments": 1},
    }
}


def timestamp(text: str) -> Timestamp:
    """Reads an RFC 3339 time."""
    time = Timestamp()
    time.FromJsonString(text)
    return time


def sample(**fields: Any) -> MessageStatus:
    """Makes the documented message, with other values in some fields."""
    documented: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "phone": PHONE,
        "channel": Channel.CHANNEL_SMS,
        "state": DeliveryState.DELIVERY_STATE_DELIVERED,
        "reference": Reference(service="DIGITALSIGN", action="AUTH", key="EXT_KEY"),
        "provider": Provider(
            name="PROVIDER1",
            message_id="bbe7a7b4-067b-484e-a55c-318f5716997e",
            status="delivered",
            code="0",
        ),
        "accept_time": timestamp("2026-02-04T06:54:35Z"),
        "change_time": timestamp("2026-02-04T06:54:55Z"),
        "segments": 1,
    }
    return MessageStatus(**documented | fields)


def numbered(number: int, **fields: Any) -> MessageStatus:
    """Makes one of many: its id ends in the number, and it was accepted that many seconds later."""
    time = timestamp("2026-02-04T06:54:35Z")
    time.seconds += number
    return sample(message_id=f"{MESSAGE_ID[:24]}{number:012}", accept_time=time, **fields)
