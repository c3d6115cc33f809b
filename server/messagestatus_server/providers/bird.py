"""Bird, the platform after MessageBird: status webhooks of channels' outbound messages, as JSON.

Sources: Bird, "Verifying a webhook subscription" (signature), "Supported webhook events", "Message object".
The field around the message object is not documented, and so is a setting.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import Callback, Config, Provider, Setting, Told, Unverified
from messagestatus_server.providers.freshness import check_fresh
from messagestatus_server.providers.json_body import json_object, object_in, required_text, text_in
from messagestatus_server.providers.signatures import check_equal, mac, required_header
from messagestatus_server.providers.times import iso_micros

_DEFAULT_WINDOW = "300"
_DEFAULT_ENVELOPE = "payload"
_INBOUND_EVENT, _INBOUND_DIRECTION = "inbound", "incoming"
_CHANNELS = {
    "sms": Channel.SMS,
    "rcs": Channel.RCS,
    "whatsapp": Channel.WHATSAPP,
    "viber": Channel.VIBER,
    "telegram": Channel.TELEGRAM,
    "email": Channel.EMAIL,
}


class Bird(Provider):
    """Verifies and reads the webhooks of Bird's events `<channel>.outbound`."""

    name = "bird"
    settings = (
        Setting("signing_key", "Signing key of the webhook subscription", secret=True, required=True),
        Setting(
            "envelope",
            "The field of the body that holds the message, unless the body is the message itself",
            default=_DEFAULT_ENVELOPE,
        ),
        Setting(
            "replay_window",
            "How many seconds the signed time may be away; 0 for any time",
            default=_DEFAULT_WINDOW,
            choices=("0", _DEFAULT_WINDOW, "3600", "86400"),
        ),
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the signature over time, URL and the digest of the body, and that the time is recent."""
        said = required_header(callback, "messagebird-signature")
        signed_time = required_header(callback, "messagebird-request-timestamp")
        try:
            signature = base64.b64decode(said, validate=True)
        except (binascii.Error, ValueError):
            raise Unverified("the header messagebird-signature is not base64") from None
        head = f"{signed_time}\n{callback.url}\n".encode("utf-8", "surrogateescape")
        check_equal(signature, mac(config["signing_key"], head + hashlib.sha256(callback.body).digest()))
        window = int(config.get("replay_window") or _DEFAULT_WINDOW)
        if window:
            check_fresh(callback, signed_time, window)

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, Any]]:
        """Return the body; a callback tells of one message."""
        return [json_object(callback.body)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the message object tells; None for an inbound one."""
        channel, _, event = text_in(item, "event").partition(".")
        if event == _INBOUND_EVENT:
            return None
        envelope = config.get("envelope") or _DEFAULT_ENVELOPE
        message, place = (item, "") if "status" in item else (object_in(item, envelope), f"{envelope}.")
        if text_in(message, "direction", f"{place}direction") == _INBOUND_DIRECTION:
            return None
        time = text_in(message, "lastStatusAt", f"{place}lastStatusAt")
        return Told(
            provider_message_id=required_text(message, "id", f"{place}id"),
            word=required_text(message, "status", f"{place}status"),
            detail=text_in(message, "reason", f"{place}reason"),
            occur_time=iso_micros(time),
            time_text=time,
            reference=text_in(message, "reference", f"{place}reference"),
            channel=_CHANNELS.get(channel.lower(), Channel.UNSPECIFIED),
        )
