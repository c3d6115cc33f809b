"""RCS for Business, simulated: events of one agent's messages, signed with a client token."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import moment
from messagestatus_server.domain.message import Channel

_AGENT = "acme_agent@rbm.goog"


class SimulatedGoogleRbm(Carrier):
    """Sends one event a callback; what the platform itself tells has another shape than a user's event."""

    provider = "google_rbm"
    channel = Channel.RCS
    script = ("DELIVERED", "READ")

    def __init__(self) -> None:
        self._client_token = secrets.token_urlsafe(18)

    @property
    def config(self) -> dict[str, str]:
        """The client token."""
        return {"client_token": self._client_token}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given client token."""
        self._client_token = config.get("client_token") or self._client_token

    def new_message_id(self, number: int) -> str:
        """Return an identifier as a sender gives it: a UUID."""
        return f"8f4b2f2e-6b1d-4c55-9a10-{number:012x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return one event."""
        (event,) = events
        at = f"{moment(event.occur_time):%Y-%m-%dT%H:%M:%S.%f}Z"
        of_platform = event.word.startswith("TTL_")
        told = {
            "phoneNumber" if of_platform else "senderPhoneNumber": event.phone,
            "messageId": event.provider_message_id,
            "eventType": event.word,
            "eventId": event.event_id,
            "sendTime": at,
            "agentId": _AGENT,
        }
        signed = json.dumps(told).encode()
        envelope = {
            "message": {
                "attributes": {"project_number": "4242", "product": "RBM", "type": "event"},
                "data": base64.b64encode(signed).decode(),
                "messageId": str(int.from_bytes(hashlib.sha256(event.event_id.encode()).digest()[:7])),
                "publishTime": at,
            },
            "subscription": "projects/rbm/subscriptions/acme",
        }
        digest = hmac.digest(self._client_token.encode(), signed, hashlib.sha512)
        headers = {
            "content-type": "application/json",
            "x-goog-webhook-type": "message_callback",
            "x-goog-signature": base64.b64encode(digest).decode(),
        }
        return Posting("POST", url, headers, json.dumps(envelope).encode())
