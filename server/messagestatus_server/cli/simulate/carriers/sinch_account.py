"""The account of a simulated Sinch: its secret, and the headers that show from whom a callback comes."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.instants import now_seconds


class SinchAccount:
    """Signs with a secret, or shows a password, as the route has been told.

    Attributes:
        config: The settings and secrets of a route that believes the account.
    """

    def __init__(self) -> None:
        self.config = {"webhook_secret": secrets.token_urlsafe(24)}

    def believe(self, config: Mapping[str, str]) -> None:
        """Use the secrets of a given route, where it has any."""
        if config.get("webhook_secret") or config.get("basic_password"):
            self.config = dict(config)

    def headers(self, event: Event, body: bytes) -> dict[str, str]:
        """Return the headers of a callback that tells of an event."""
        headers = {"content-type": "application/json"}
        if self.config.get("basic_password"):
            pair = f"{self.config.get('basic_username', '')}:{self.config['basic_password']}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if self.config.get("webhook_secret"):
            nonce = hashlib.sha256(event.event_id.encode()).hexdigest()[:26].upper()
            timestamp = str(now_seconds())
            signed = b".".join((body, nonce.encode(), timestamp.encode()))
            digest = hmac.digest(self.config["webhook_secret"].encode(), signed, hashlib.sha256)
            headers |= {
                "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
                "x-sinch-webhook-signature-nonce": nonce,
                "x-sinch-webhook-signature-timestamp": timestamp,
                "x-sinch-webhook-signature-algorithm": "HmacSHA256",
            }
        return headers
