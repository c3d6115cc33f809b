"""Telnyx, simulated: JSON signed by an Ed25519 key."""

import base64
import json
import uuid
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import iso_offset, now_seconds

_UNDER_WAY = {"queued", "sending", "sent"}
_NAMESPACE = uuid.UUID("4ee8c3a6-4995-4309-a3c6-38e3db9ea4be")


class SimulatedTelnyx(Carrier):
    """Sends one recipient a callback. It signs with its own key: a route holds the public one alone."""

    provider = "telnyx"
    script = ("queued", "sent", "delivered")

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    @property
    def config(self) -> dict[str, str]:
        """The public key."""
        return {"public_key": base64.b64encode(self._key.public_key().public_bytes_raw()).decode()}

    def new_message_id(self, number: int) -> str:
        """Return a UUID."""
        return f"403172a0-5555-4666-8777-{number:012x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the JSON of one event."""
        (event,) = events
        time = iso_offset(event.occur_time)
        under_way = event.word in _UNDER_WAY
        payload = {
            "record_type": "message",
            "id": event.provider_message_id,
            "direction": "outbound",
            "type": "SMS",
            "from": {"phone_number": "+13125550001", "carrier": "Telnyx", "line_type": "Wireless"},
            "to": [
                {"phone_number": event.phone, "status": event.word, "carrier": "T", "line_type": "Wireless"}
            ],
            "cc": [],
            "sent_at": time,
            "completed_at": None if under_way else time,
            "parts": 1,
            "tags": [event.reference] if event.reference else [],
            "errors": [{"code": event.code, "title": "Not delivered", "detail": ""}] if event.code else [],
        }
        told = {
            "data": {
                "record_type": "event",
                "id": str(uuid.uuid5(_NAMESPACE, event.event_id)),
                "event_type": "message.sent" if under_way else "message.finalized",
                "occurred_at": time,
                "payload": payload,
            },
            "meta": {"attempt": 1, "delivered_to": url},
        }
        body = json.dumps(told).encode()
        now = str(now_seconds())
        headers = {
            "content-type": "application/json",
            "telnyx-signature-ed25519": base64.b64encode(self._key.sign(now.encode() + b"|" + body)).decode(),
            "telnyx-timestamp": now,
        }
        return Posting("POST", url, headers, body)
