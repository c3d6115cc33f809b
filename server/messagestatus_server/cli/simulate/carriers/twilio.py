"""Twilio, simulated: forms signed with an auth token."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting


class SimulatedTwilio(Carrier):
    """Sends `application/x-www-form-urlencoded`, one message a callback."""

    provider = "twilio"
    script = ("queued", "sent", "delivered")

    def __init__(self) -> None:
        self._auth_token = secrets.token_hex(16)

    @property
    def config(self) -> dict[str, str]:
        """The auth token."""
        return {"auth_token": self._auth_token}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given auth token."""
        self._auth_token = config.get("auth_token", self._auth_token)

    def new_message_id(self, number: int) -> str:
        """Return a SID."""
        return f"SM{number:032x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the form of one event."""
        (event,) = events
        form = {
            "MessageSid": event.provider_message_id,
            "SmsSid": event.provider_message_id,
            "MessageStatus": event.word,
            "SmsStatus": event.word,
            "AccountSid": "AC00000000000000000000000000000001",
            "From": "+15005550006",
            "To": event.phone,
            "ApiVersion": "2010-04-01",
        }
        if event.code:
            form["ErrorCode"] = event.code
        content = url + "".join(name + form[name] for name in sorted(form))
        digest = hmac.digest(self._auth_token.encode(), content.encode(), hashlib.sha1)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "i-twilio-idempotency-token": event.event_id,
            "x-twilio-signature": base64.b64encode(digest).decode(),
        }
        return Posting("POST", url, headers, urlencode(form).encode())
