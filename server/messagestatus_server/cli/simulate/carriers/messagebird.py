"""MessageBird, simulated: reports as query parameters, signed by a web token."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import moment, now_seconds

_VALID_SECONDS = 60


class SimulatedMessageBird(Carrier):
    """Sends a GET, one recipient a callback."""

    provider = "messagebird"
    script = ("scheduled", "sent", "delivered")

    def __init__(self) -> None:
        self._signing_key = secrets.token_hex(32)

    @property
    def config(self) -> dict[str, str]:
        """The signing key."""
        return {"signing_key": self._signing_key}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given key."""
        self._signing_key = config.get("signing_key", self._signing_key)

    def new_message_id(self, number: int) -> str:
        """Return 32 hexadecimal digits."""
        return f"e8077d80{number:024x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the report of one event."""
        (event,) = events
        told = {
            "id": event.provider_message_id,
            "reference": event.reference or event.provider_message_id,
            "recipient": event.phone.removeprefix("+"),
            "status": event.word,
            "statusReason": "successfully delivered" if event.word == "delivered" else event.word,
            "statusDatetime": moment(event.occur_time).isoformat(timespec="seconds"),
        }
        if event.code:
            told["statusErrorCode"] = event.code
        joint = "&" if "?" in url else "?"
        called = f"{url}{joint}{urlencode(told)}"
        return Posting("GET", called, {"messagebird-signature-jwt": self._token(called)}, b"")

    def _token(self, url: str) -> str:
        now = now_seconds()
        claims = {
            "iss": "MessageBird",
            "nbf": now,
            "exp": now + _VALID_SECONDS,
            "jti": secrets.token_hex(16),
            "url_hash": hashlib.sha256(url.encode()).hexdigest(),
        }
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        digest = hmac.digest(self._signing_key.encode(), signed.encode(), hashlib.sha256)
        return f"{signed}.{_unpadded(digest)}"


def _part(content: Mapping[str, object]) -> str:
    return _unpadded(json.dumps(content).encode())


def _unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
