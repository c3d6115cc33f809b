"""The contract of messagestatus for its callers: messages and stubs, typed, and a client.

The names below are loaded when they are first used: whoever wants the contract alone pays for nothing else.
The client for asyncio is `messagestatus.aio.Client`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from messagestatus.asking import Found
    from messagestatus.call_error import CallError
    from messagestatus.client import Client
    from messagestatus.resuming import Interrupted, Resumed, SnapshotComplete
    from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
    from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
    from messagestatus.v1.message_service_pb2 import MessageRegistration
    from messagestatus.v1.message_status_pb2 import Channel, MessageStatus
    from messagestatus.v1.status_change_pb2 import ChangeKind, StatusChange
    from messagestatus.watching import Watch

__all__ = [
    "CallError",
    "ChangeKind",
    "Channel",
    "Client",
    "DeliveryReceipt",
    "DeliveryState",
    "FailureReason",
    "Found",
    "Interrupted",
    "MessageRegistration",
    "MessageStatus",
    "Resumed",
    "SnapshotComplete",
    "StatusChange",
    "Watch",
]

_PLACES = {
    "CallError": "call_error",
    "ChangeKind": "v1.status_change_pb2",
    "Channel": "v1.message_status_pb2",
    "Client": "client",
    "DeliveryReceipt": "v1.delivery_receipt_pb2",
    "DeliveryState": "v1.delivery_state_pb2",
    "FailureReason": "v1.delivery_state_pb2",
    "Found": "asking",
    "Interrupted": "resuming",
    "MessageRegistration": "v1.message_service_pb2",
    "MessageStatus": "v1.message_status_pb2",
    "Resumed": "resuming",
    "SnapshotComplete": "resuming",
    "StatusChange": "v1.status_change_pb2",
    "Watch": "watching",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
