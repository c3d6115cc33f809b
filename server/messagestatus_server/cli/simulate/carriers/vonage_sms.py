"""Vonage SMS API, simulated: receipts as query parameters, signed by HMAC-SHA256."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import moment, now_seconds, spaced


class SimulatedVonageSms(Carrier):
    """Sends a GET, one message a callback."""

    provider = "vonage_sms"
    script = ("accepted", "buffered", "delivered")

    def __init__(self) -> None:
        self._secret = secrets.token_hex(24)
        self._method = "sha256"

    @property
    def config(self) -> dict[str, str]:
        """The signature secret and how it signs."""
        return {"signature_secret": self._secret, "signature_method": self._method}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given secret, by a given method."""
        self._secret = config.get("signature_secret", "") or self._secret
        self._method = config.get("signature_method", "") or self._method

    def new_message_id(self, number: int) -> str:
        """Return sixteen hexadecimal digits."""
        return f"0A{number:014X}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the receipt of one event."""
        (event,) = events
        told = {
            "msisdn": event.phone.removeprefix("+"),
            "to": "Acme",
            "network-code": "23410",
            "messageId": event.provider_message_id,
            "price": "0.03330000",
            "status": event.word,
            "scts": moment(event.occur_time).strftime("%y%m%d%H%M"),
            "err-code": event.code or "0",
            "api-key": "abcd1234",
            "message-timestamp": spaced(event.occur_time),
            "timestamp": str(now_seconds()),
            "nonce": secrets.token_hex(16),
        }
        if event.reference:
            told["client-ref"] = event.reference
        told["sig"] = self._signature(dict(parse_qsl(urlsplit(url).query)) | told)
        joint = "&" if "?" in url else "?"
        return Posting("GET", f"{url}{joint}{urlencode(told)}", {}, b"")

    def _signature(self, told: Mapping[str, str]) -> str:
        text = ""
        for name in sorted(told):
            text += "&" + name + "=" + told[name].translate(str.maketrans("&=", "__"))
        if self._method == "md5hash":
            return hashlib.md5((text + self._secret).encode(), usedforsecurity=False).hexdigest()
        return hmac.new(self._secret.encode(), text.encode(), self._method).hexdigest()
