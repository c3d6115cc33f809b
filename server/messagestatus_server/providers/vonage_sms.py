"""Vonage SMS API: delivery receipts, as query, form or JSON.

Sources: Vonage, "SMS API: delivery receipts" (fields, error codes), "Signing messages" (signature); the
signature code of the official SDKs.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import (
    Callback,
    Config,
    Malformed,
    Provider,
    Setting,
    Told,
    Unverified,
)
from messagestatus_server.providers.freshness import check_fresh
from messagestatus_server.providers.sent_fields import sent_fields
from messagestatus_server.providers.signatures import check_equal
from messagestatus_server.providers.times import iso_micros

_PLAIN_MD5 = "md5hash"
_SEVENTY_TWO_HOURS = "259200"


class VonageSms(Provider):
    """Verifies and reads the delivery receipts of Vonage's SMS API.

    Vonage signs only where the account asks for it. `to` is our own sender, and `scts` is in no certain zone.
    """

    name = "vonage_sms"
    settings = (
        Setting("signature_secret", "Signature secret of the account, where it signs", secret=True),
        Setting(
            "signature_method",
            "How the account signs: an HMAC, or the MD5 of text and secret (md5hash)",
            default="sha256",
            choices=(_PLAIN_MD5, "md5", "sha1", "sha256", "sha512"),
        ),
        Setting(
            "replay_window",
            "How many seconds a signed time may be away; 0 for any time. Vonage tries again for 72 hours",
            default=_SEVENTY_TWO_HOURS,
            choices=("0", "300", "3600", "86400", _SEVENTY_TWO_HOURS),
        ),
        Setting(
            "time_zone",
            "The zone of message-timestamp, which Vonage does not tell",
            default="utc",
            choices=("utc", "unknown"),
        ),
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check `sig` over the other parameters, and `timestamp`; nothing where the route has no secret."""
        secret = config.get("signature_secret", "")
        if not secret:
            return
        try:
            fields = sent_fields(callback)
        except Malformed as malformed:
            raise Unverified(malformed.text, 401) from None
        signature = fields.pop("sig", "")
        if not signature:
            raise Unverified("the parameter sig is missing", 401)
        method = config.get("signature_method") or "sha256"
        check_equal(signature.lower(), _signature(fields, secret, method))
        window = int(config.get("replay_window") or _SEVENTY_TWO_HOURS)
        if window:
            check_fresh(callback, fields.get("timestamp", ""), window)

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, str]]:
        """Return the parameters; a receipt tells of one message."""
        return [sent_fields(callback)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the parameters tell; None for an inbound message, which has a text and no status."""
        word = item.get("status", "")
        message_id = item.get("messageId", "")
        if not word and ("text" in item or "data" in item):
            return None
        if not message_id:
            raise Malformed("messageId is missing")
        if not word:
            raise Malformed("status is missing")
        time = item.get("message-timestamp", "")
        zone_known = (config.get("time_zone") or "utc") == "utc"
        return Told(
            provider_message_id=message_id,
            word=word,
            code=item.get("err-code", ""),
            occur_time=iso_micros(time) if zone_known else None,
            time_text=time or item.get("scts", ""),
            reference=item.get("client-ref", ""),
            channel=Channel.SMS,
        )


def _signature(fields: Mapping[str, str], secret: str, method: str) -> str:
    """Return the hexadecimal signature of parameters: sorted by name, `&` and `=` in values replaced."""
    content = "".join(
        f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(fields.items())
    ).encode("utf-8", "surrogatepass")
    if method == _PLAIN_MD5:
        return hashlib.md5(content + secret.encode(), usedforsecurity=False).hexdigest()
    return hmac.digest(secret.encode(), content, method).hex()
