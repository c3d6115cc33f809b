"""Plivo, simulated: forms whose address and nonce are signed."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import moment


class SimulatedPlivo(Carrier):
    """Sends `application/x-www-form-urlencoded`, one message a callback."""

    provider = "plivo"
    script = ("queued", "sent", "delivered")

    def __init__(self) -> None:
        self._auth_token = secrets.token_urlsafe(30)

    @property
    def config(self) -> dict[str, str]:
        """The auth token."""
        return {"auth_token": self._auth_token}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given auth token."""
        self._auth_token = config.get("auth_token", self._auth_token)

    def new_message_id(self, number: int) -> str:
        """Return a UUID."""
        return f"0c3b5a90-1111-4222-8333-{number:012x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the form of one event."""
        (event,) = events
        time = moment(event.occur_time).strftime("%Y-%m-%d %H:%M:%S.%f")
        form = {
            "To": event.phone.removeprefix("+"),
            "From": "12025550000",
            "Type": "sms",
            "Status": event.word,
            "MessageUUID": event.provider_message_id,
            "ParentMessageUUID": event.provider_message_id,
            "PartInfo": "1 of 1",
            "Sequence": str(event.step),
            "Units": "1",
            "MCC": "310",
            "MNC": "410",
            "QueuedTime": time,
            "SentTime": time,
            "DeliveryReportTime": time,
        }
        if event.code:
            form["ErrorCode"] = event.code
        nonce = str(secrets.randbelow(10**20))
        signed = url.partition("?")[0] + nonce
        digest = hmac.digest(self._auth_token.encode(), signed.encode(), hashlib.sha256)
        signature = base64.b64encode(digest).decode()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-plivo-signature-v2": signature,
            "x-plivo-signature-ma-v2": signature,
            "x-plivo-signature-v2-nonce": nonce,
        }
        return Posting("POST", url, headers, urlencode(form).encode())
