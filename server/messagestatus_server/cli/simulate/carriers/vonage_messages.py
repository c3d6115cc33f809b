"""Vonage Messages API, simulated: JSON with a web token under the signature secret."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import iso_millis, now_seconds


class SimulatedVonageMessages(Carrier):
    """Sends the JSON of version 1, one message a callback."""

    provider = "vonage_messages"
    script = ("submitted", "delivered", "read")

    def __init__(self) -> None:
        self._signature_secret = secrets.token_urlsafe(36)
        self._api_key = secrets.token_hex(4)

    @property
    def config(self) -> dict[str, str]:
        """The signature secret and the API key."""
        return {"signature_secret": self._signature_secret, "api_key": self._api_key}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given signature secret, as a given account."""
        self._signature_secret = config.get("signature_secret", self._signature_secret)
        self._api_key = config.get("api_key", "") or self._api_key

    def new_message_id(self, number: int) -> str:
        """Return a UUID."""
        return f"aaaaaaaa-bbbb-4ccc-8ddd-{number:012d}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the JSON of one event."""
        (event,) = events
        told: dict[str, object] = {
            "message_uuid": event.provider_message_id,
            "to": event.phone.removeprefix("+"),
            "from": "447700900001",
            "timestamp": iso_millis(event.occur_time),
            "status": event.word,
            "channel": "sms",
        }
        if event.reference:
            told["client_ref"] = event.reference
        if event.code:
            told["error"] = {
                "type": f"https://developer.vonage.com/api-errors/messages#{event.code}",
                "title": event.code,
                "detail": "The message could not be delivered.",
                "instance": f"{event.event_id}-error",
            }
        body = json.dumps(told, separators=(",", ":")).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token(body)}"}
        return Posting("POST", url, headers, body)

    def _token(self, body: bytes) -> str:
        claims = {
            "iat": now_seconds(),
            "jti": secrets.token_hex(16),
            "iss": "Vonage",
            "payload_hash": hashlib.sha256(body).hexdigest(),
            "api_key": self._api_key,
            "application_id": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
        }
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        digest = hmac.digest(self._signature_secret.encode(), signed.encode(), hashlib.sha256)
        return f"{signed}.{_unpadded(digest)}"


def _part(content: Mapping[str, object]) -> str:
    return _unpadded(json.dumps(content).encode())


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
