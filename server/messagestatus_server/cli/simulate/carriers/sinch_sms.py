"""Sinch SMS, simulated: delivery reports of one recipient, signed with a secret."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting

_NUMBERS = {"DELIVERED": 0, "QUEUED": 400, "DISPATCHED": 401}


class SimulatedSinchSms(Carrier):
    """Sends a report of each recipient; signs at the time of the event."""

    provider = "sinch_sms"
    script = ("Queued", "Dispatched", "Delivered")

    def __init__(self) -> None:
        self._config = {"webhook_secret": secrets.token_urlsafe(24)}

    @property
    def config(self) -> dict[str, str]:
        """The secret, or what the route was given."""
        return dict(self._config)

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given secret, or show a given password."""
        if config.get("webhook_secret") or config.get("basic_password"):
            self._config = dict(config)

    def new_message_id(self, number: int) -> str:
        """Return the identifier of a batch."""
        return f"01FC66621{number:017d}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the report of one event."""
        (event,) = events
        at = datetime.fromtimestamp(event.occur_time / 1_000_000, UTC)
        report: dict[str, Any] = {
            "type": "recipient_delivery_report_sms",
            "batch_id": event.provider_message_id,
            "recipient": event.phone.removeprefix("+"),
            "status": event.word,
            "at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
            "operator_status_at": f"{at:%Y-%m-%dT%H:%M}:00Z",
        }
        code = event.code or _NUMBERS.get(event.word.upper())
        if code is not None:
            report["code"] = int(code)
        if event.reference:
            report["client_reference"] = event.reference
        body = json.dumps(report).encode()
        return Posting("POST", url, {"content-type": "application/json", **self._shown(event, body)}, body)

    def _shown(self, event: Event, body: bytes) -> dict[str, str]:
        """Return the headers that show from whom a report comes."""
        headers = {}
        if self._config.get("basic_password"):
            pair = f"{self._config.get('basic_username', '')}:{self._config['basic_password']}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if self._config.get("webhook_secret"):
            nonce = hashlib.sha256(event.event_id.encode()).hexdigest()[:26].upper()
            timestamp = str(event.occur_time // 1_000_000)
            signed = b".".join((body, nonce.encode(), timestamp.encode()))
            digest = hmac.digest(self._config["webhook_secret"].encode(), signed, hashlib.sha256)
            headers |= {
                "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
                "x-sinch-webhook-signature-nonce": nonce,
                "x-sinch-webhook-signature-timestamp": timestamp,
                "x-sinch-webhook-signature-algorithm": "HmacSHA256",
            }
        return headers
