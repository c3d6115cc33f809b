"""Telnyx: webhooks of messages that were sent or came to an end, as JSON, each with all its recipients.

Sources: Telnyx, "Receiving webhooks for messaging" (fields), "Webhook fundamentals" (signature, retries),
"Messaging error codes"; the enum and the signature code of the official SDK.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

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
from messagestatus_server.providers.json_body import (
    json_object,
    list_in,
    object_in,
    required_text,
    text_in,
)
from messagestatus_server.providers.numbers import with_plus
from messagestatus_server.providers.signatures import required_header
from messagestatus_server.providers.times import iso_micros

_WINDOW_SECONDS = 300
_OUR_FAULT = 503
_STATUS_EVENTS = ("message.sent", "message.finalized")
_MESSAGE_EVENTS, _RECEIVED = "message.", "message.received"
_WELL = {"scheduled", "queued", "sending", "sent", "delivered", "read"}
_CHANNELS = {"SMS": Channel.SMS, "MMS": Channel.SMS, "RCS": Channel.RCS, "WHATSAPP": Channel.WHATSAPP}


class _Entry(NamedTuple):
    """One recipient of an event; nobody in an event that tells nothing of an outbound message."""

    event: Mapping[str, Any]
    payload: Mapping[str, Any]
    recipient: Any
    alone: bool


def _wrong_key(text: str) -> str:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return "is not base64 of 32 bytes"
    return ""


class Telnyx(Provider):
    """Verifies and reads the webhooks of Telnyx's messaging."""

    name = "telnyx"
    settings = (
        Setting(
            "public_key",
            "Public key of the account, base64 of 32 bytes",
            required=True,
            check=_wrong_key,
        ),
    )

    def signs(self, config: Config) -> bool:
        """Tell whether the route has the key by which callbacks are verified; it is no secret."""
        return bool(config.get("public_key"))

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the Ed25519 signature over time and body, and that the time is recent."""
        said = required_header(callback, "telnyx-signature-ed25519")
        signed_time = required_header(callback, "telnyx-timestamp")
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(config["public_key"], validate=True))
        except (binascii.Error, ValueError):
            raise Unverified("the public key of the route is not base64 of 32 bytes", _OUR_FAULT) from None
        content = signed_time.encode("utf-8", "surrogateescape") + b"|" + callback.body
        try:
            key.verify(base64.b64decode(said, validate=True), content)
        except (InvalidSignature, binascii.Error, ValueError):
            raise Unverified("the signature is wrong") from None
        check_fresh(callback, signed_time, _WINDOW_SECONDS)

    def split(self, callback: Callback, config: Config) -> Sequence[_Entry]:
        """Return the recipients of the event, those of copies included."""
        event = object_in(json_object(callback.body), "data")
        payload = object_in(event, "payload", "data.payload")
        kind = text_in(event, "event_type", "data.event_type")
        if not kind:
            raise Malformed("data.event_type is missing")
        inbound = kind == _RECEIVED or payload.get("direction") == "inbound"
        if inbound or not kind.startswith(_MESSAGE_EVENTS):
            return [_Entry(event, payload, None, alone=True)]
        recipients = [*_recipients(payload, "to"), *_recipients(payload, "cc")]
        if not recipients and kind in _STATUS_EVENTS:
            raise Malformed("data.payload.to is empty")
        return [_Entry(event, payload, one, alone=len(recipients) == 1) for one in recipients]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the event tells of one recipient.

        The recipient is named where there are several: they share the identifiers of message and event.
        """
        event, payload, recipient, alone = item
        if recipient is None:
            return None
        if not isinstance(recipient, dict):
            raise Malformed("an entry of data.payload.to is not an object")
        if "status" not in recipient and event["event_type"] not in _STATUS_EVENTS:
            return None
        number = text_in(recipient, "phone_number", "data.payload.to.phone_number")
        if not alone and not number:
            raise Malformed("data.payload.to.phone_number is missing")
        word = required_text(recipient, "status", "data.payload.to.status")
        code, detail = ("", "") if word.lower() in _WELL else _error(payload)
        time = text_in(event, "occurred_at", "data.occurred_at")
        tags = list_in(payload, "tags", "data.payload.tags")
        return Told(
            provider_message_id=required_text(payload, "id", "data.payload.id"),
            word=word,
            code=code,
            detail=detail,
            occur_time=iso_micros(time),
            event_id=text_in(event, "id", "data.id"),
            time_text=time,
            recipient="" if alone else with_plus(number),
            reference=tags[0] if tags and isinstance(tags[0], str) else "",
            channel=_CHANNELS.get(text_in(payload, "type", "data.payload.type"), Channel.UNSPECIFIED),
        )


def _recipients(payload: Mapping[str, Any], field: str) -> Sequence[Any]:
    """Return the entries of a field; null among them stands for an entry that is no object."""
    return [{} if entry is None else entry for entry in list_in(payload, field, f"data.payload.{field}")]


def _error(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code and the explanation of the first error."""
    for error in list_in(payload, "errors", "data.payload.errors"):
        if isinstance(error, dict):
            code = text_in(error, "code", "data.payload.errors.code")
            detail = text_in(error, "detail", "data.payload.errors.detail")
            return code, detail or text_in(error, "title", "data.payload.errors.title")
    return "", ""
