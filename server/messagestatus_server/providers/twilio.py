"""Twilio: status callbacks of messages, as form or JSON.

Sources: Twilio, "Track outbound message status" (fields), "Webhooks security" (signature); the enum and the
request validator of the official SDK.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

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
from messagestatus_server.providers.signatures import SHA1, check_equal, mac, required_header

_INBOUND = {"receiving", "received"}
_CHANNELS = {"whatsapp": Channel.WHATSAPP, "rcs": Channel.RCS}
_PORTS = {"http": 80, "https": 443}


class Twilio(Provider):
    """Verifies and reads Twilio's callbacks. They tell no time of the event."""

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

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, str]]:
        """Return the parameters; a callback tells of one message."""
        if callback.method == "GET":
            return [dict(callback.query)]
        if callback.content_type != "application/json":
            return [dict(callback.form)]
        try:
            told = orjson.loads(callback.body)
        except ValueError:
            raise Malformed("the body is not JSON") from None
        if not isinstance(told, dict):
            raise Malformed("the body is not a JSON object")
        return [{name: value for name, value in told.items() if isinstance(value, str)}]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the parameters tell."""
        word = item.get("MessageStatus") or item.get("SmsStatus", "")
        sid = item.get("MessageSid") or item.get("SmsSid", "")
        if not sid:
            raise Malformed("MessageSid is missing")
        if not word:
            raise Malformed("MessageStatus is missing")
        if word.lower() in _INBOUND:
            return None
        scheme = item.get("To", "").partition(":")[0].lower()
        return Told(
            provider_message_id=sid,
            word=word,
            code=item.get("ErrorCode", ""),
            detail=item.get("ErrorMessage", "") or item.get("ChannelStatusMessage", ""),
            event_id=callback.headers.get("i-twilio-idempotency-token", ""),
            channel=_CHANNELS.get(scheme, Channel.UNSPECIFIED),
        )


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
