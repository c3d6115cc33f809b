"""Bird, simulated: JSON signed over time, URL and body."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import iso_millis, now_seconds

_CHANNEL_ID = "5b1f9e5c-0c2e-4f0b-9a55-7d0d4a5a6a11"


class SimulatedBird(Carrier):
    """Sends the event `sms.outbound`, one message a callback."""

    provider = "bird"
    script = ("accepted", "sent", "delivered")

    def __init__(self) -> None:
        self._signing_key = secrets.token_urlsafe(24)
        self._envelope = "payload"

    @property
    def config(self) -> dict[str, str]:
        """The signing key, and the field around the message."""
        return {"signing_key": self._signing_key, "envelope": self._envelope}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given key, and put the message into a given field."""
        self._signing_key = config.get("signing_key", self._signing_key)
        self._envelope = config.get("envelope", "") or self._envelope

    def new_message_id(self, number: int) -> str:
        """Return a UUID."""
        return f"0f1e2d3c-4b5a-4978-8695-{number:012x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the JSON of one event."""
        (event,) = events
        time = iso_millis(event.occur_time)
        message = {
            "id": event.provider_message_id,
            "channelId": _CHANNEL_ID,
            "sender": {"connector": {"id": _CHANNEL_ID}},
            "receiver": {"contacts": [{"identifierKey": "phonenumber", "identifierValue": event.phone}]},
            "reference": event.reference,
            "parts": [{"platformReference": event.provider_message_id}],
            "status": event.word,
            "reason": event.code,
            "direction": "outgoing",
            "lastStatusAt": time,
            "createdAt": time,
            "updatedAt": time,
        }
        told = {"service": "channels", "event": "sms.outbound", self._envelope: message}
        body = json.dumps(told).encode()
        now = str(now_seconds())
        content = b"\n".join([now.encode(), url.encode(), hashlib.sha256(body).digest()])
        digest = hmac.digest(self._signing_key.encode(), content, hashlib.sha256)
        headers = {
            "content-type": "application/json",
            "messagebird-signature": base64.b64encode(digest).decode(),
            "messagebird-request-timestamp": now,
        }
        return Posting("POST", url, headers, body)
