"""Meta's WhatsApp Cloud API, simulated: statuses of several messages in one call, signed by an app."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.domain.message import Channel


class SimulatedMetaWhatsApp(Carrier):
    """Sends up to a hundred statuses a call, in entries and changes of some each."""

    provider = "meta_whatsapp"
    channel = Channel.WHATSAPP
    most_events = 100
    script = ("sent", "delivered", "read")

    def __init__(self) -> None:
        self._app_secret = secrets.token_hex(16)
        self._verify_token = secrets.token_urlsafe(12)

    @property
    def config(self) -> dict[str, str]:
        """The app secret and the verify token."""
        return {"app_secret": self._app_secret, "verify_token": self._verify_token}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given app secret."""
        self._app_secret = config.get("app_secret") or self._app_secret
        self._verify_token = config.get("verify_token") or self._verify_token

    def new_message_id(self, number: int) -> str:
        """Return a wamid."""
        return f"wamid.HBgL{number:022d}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the statuses of some events, two a change."""
        changes = [_change(events[start : start + 2]) for start in range(0, len(events), 2)]
        told = {"object": "whatsapp_business_account", "entry": [{"id": "WABA1", "changes": changes}]}
        body = json.dumps(told).encode()
        digest = hmac.digest(self._app_secret.encode(), body, hashlib.sha256)
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={digest.hex()}"}
        return Posting("POST", url, headers, body)


def _change(events: Sequence[Event]) -> dict[str, Any]:
    return {
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "16505551111", "phone_number_id": "123456123"},
            "statuses": [_status(event) for event in events],
        },
    }


def _status(event: Event) -> dict[str, Any]:
    status: dict[str, Any] = {
        "id": event.provider_message_id,
        "status": event.word,
        "timestamp": str(event.occur_time // 1_000_000),
        "recipient_id": event.phone.removeprefix("+"),
    }
    if event.reference:
        status["biz_opaque_callback_data"] = event.reference
    if event.code:
        status["errors"] = [
            {
                "code": int(event.code) if event.code.isdigit() else event.code,
                "title": f"Error {event.code}",
                "message": f"Error {event.code}",
                "error_data": {"details": "The message could not be delivered."},
                "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
            }
        ]
    return status
