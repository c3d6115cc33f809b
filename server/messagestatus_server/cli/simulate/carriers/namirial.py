"""Namirial SMS Gateway, simulated: status updates that nothing signs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

import orjson

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting

_WEBHOOK = UUID("2dab9410-d2c8-4b60-bcb0-c5eeb073e71d")


class SimulatedNamirial(Carrier):
    """Sends `STATUS_UPDATE`, one message a callback."""

    provider = "namirial"
    script = ("SENT", "DELIVERED")

    @property
    def config(self) -> dict[str, str]:
        """Nothing: `authentication.type` is NONE."""
        return {}

    def new_message_id(self, number: int) -> str:
        """Return a UUID."""
        return str(UUID(int=number))

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the update of one message."""
        (event,) = events
        happened = f"{datetime.fromtimestamp(event.occur_time // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
        message = {
            "id": event.provider_message_id,
            "providerAcceptanceAt": happened,
            "statusChangedAt": happened,
            "reference": {"service": "DIGITALSIGN", "key": event.reference} if event.reference else {},
            "channel": "SMS",
            "status": event.word,
            "provider": {
                "name": "carrier",
                "id": event.provider_message_id,
                "status": event.word.lower(),
                "code": event.code or "0",
            },
            "sms": {"segments": 1},
        }
        body = {
            "id": str(uuid5(_WEBHOOK, event.event_id)),
            "webhookConfigurationId": str(_WEBHOOK),
            "type": "STATUS_UPDATE",
            "createdAt": happened,
            "message": message,
        }
        return Posting("POST", url, {"content-type": "application/json"}, orjson.dumps(body))
