"""Messages and receipts for tests: each call says only what its test is about."""

from typing import Any

from messagestatus_server.domain.message import Message
from messagestatus_server.domain.receipt import Entry, Receipt, receipt_key
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.domain.state import DeliveryState

NOON = 1_700_000_000_000_000
"""When every sample message is accepted, in microseconds, UTC."""


def message(**said: Any) -> Message:
    """Return a message that was registered at noon."""
    return announce(Registration("m", **said), NOON)


def entry(state: DeliveryState, at: int = 1, *, arrived: int | None = None, **said: Any) -> Entry:
    """Return a receipt that tells of a time, in seconds after noon, and arrived then unless told."""
    occur_time = NOON + at * 1_000_000
    said = {"precedence": int(state), "message_id": "m", **said}
    receipt = Receipt(state=state, occur_time=occur_time, **said)
    arrival = occur_time if arrived is None else NOON + arrived * 1_000_000
    return Entry(receipt_key(1, receipt), receipt, occur_time, arrival)
