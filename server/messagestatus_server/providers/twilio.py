"""Twilio: status callbacks of messages, as query, form or JSON, and the batches of Event Streams.

Sources: Twilio, "Track outbound message status" (fields), "Webhooks security" (signature); the enum and the
request validator of the official SDK; "Event Streams: outbound message" and "Webhook quickstart".
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit, urlunsplit

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
from messagestatus_server.providers.json_body import json_value, object_in, required_text, text_in
from messagestatus_server.providers.sent_fields import is_json, sent_fields, texts_of
from messagestatus_server.providers.signatures import SHA1, check_equal, mac, required_header
from messagestatus_server.providers.times import iso_micros

_OUTBOUND_EVENTS = "com.twilio.messaging.message."
_NO_ERROR = "0"
_INBOUND = {"receiving", "received"}
_CHANNELS = {"whatsapp": Channel.WHATSAPP, "rcs": Channel.RCS}
_PORTS = {"http": 80, "https": 443}


class Twilio(Provider):
    """Verifies and reads Twilio's callbacks. Only the events of Event Streams tell their time."""

    name = "twilio"
    settings = (Setting("auth_token", "Auth token of the account", secret=True, required=True),)
    kept_headers = ("content-type", "i-twilio-idempotency-token")

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check `X-Twilio-Signature`; the port may or may not stand in the URL that was signed."""
        said = required_header(callback, "x-twilio-signature").encode()
        parameters = b""
        body_digest = dict(callback.query).get("bodySHA256")
        if body_digest is not None:
            check_equal(body_digest.lower(), hashlib.sha256(callback.body).hexdigest())
        elif callback.method == "POST":
            parameters = _joined(callback.form).encode()
        token = config["auth_token"]
        expected = [
            base64.b64encode(mac(token, url.encode() + parameters, SHA1)) for url in _spellings(callback.url)
        ]
        for signature in expected[:-1]:
            try:
                return check_equal(said, signature)
            except Unverified:
                continue
        return check_equal(said, expected[-1])

    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Return the parameters of one message; or the events of a batch, each of one message."""
        if callback.method == "GET" or not is_json(callback):
            return [sent_fields(callback)]
        body = json_value(callback.body)
        if isinstance(body, list):
            return body
        if not isinstance(body, dict):
            raise Malformed("the body is neither a JSON object nor a list")
        return [body if "specversion" in body else texts_of(body)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the parameters, or the event, tell."""
        if not isinstance(item, dict):
            raise Malformed("the event is not a JSON object")
        if "specversion" in item:
            return _read_event(item)
        word = item.get("MessageStatus") or item.get("SmsStatus", "")
        sid = item.get("MessageSid") or item.get("SmsSid", "")
        if not sid:
            raise Malformed("MessageSid is missing")
        if not word:
            raise Malformed("MessageStatus is missing")
        if word.lower() in _INBOUND:
            return None
        return Told(
            provider_message_id=sid,
            word=word,
            code=item.get("ErrorCode", ""),
            detail=item.get("ErrorMessage", "") or item.get("ChannelStatusMessage", ""),
            event_id=callback.headers.get("i-twilio-idempotency-token", ""),
            channel=_channel(item.get("To", "")),
        )


def _read_event(event: Mapping[str, Any]) -> Told | None:
    """Return what a CloudEvent of Event Streams tells; its words are in upper case."""
    if not text_in(event, "type").startswith(_OUTBOUND_EVENTS):
        return None
    told = object_in(event, "data")
    time = text_in(told, "timestamp", "data.timestamp")
    code = text_in(told, "errorCode", "data.errorCode")
    return Told(
        provider_message_id=required_text(told, "messageSid", "data.messageSid"),
        word=required_text(told, "messageStatus", "data.messageStatus"),
        code="" if code == _NO_ERROR else code,
        occur_time=iso_micros(time),
        event_id=text_in(event, "id"),
        time_text=time,
        channel=_channel(text_in(told, "to", "data.to")),
    )


def _channel(to: str) -> Channel:
    return _CHANNELS.get(to.partition(":")[0].lower(), Channel.UNSPECIFIED)


def _joined(parameters: Sequence[tuple[str, str]]) -> str:
    """Return names and values as they are signed: sorted, each value of a name once."""
    unique = sorted(set(parameters))
    return "".join(
        name + value for name, values in groupby(unique, lambda pair: pair[0]) for _, value in values
    )


def _spellings(url: str) -> list[str]:
    """Return a URL with the port left out, and with it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    bare = f"[{host}]" if ":" in host else host
    port = parts.port or _PORTS.get(parts.scheme, 443)
    spelled = [urlunsplit(parts._replace(netloc=netloc)) for netloc in (bare, f"{bare}:{port}")]
    return list(dict.fromkeys([url, *spelled]))
