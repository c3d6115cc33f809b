"""Vonage Messages API: status callbacks of versions 1 and 0.1, signed by a web token.

Sources: Vonage, "Messages API status callbacks" and "Messages API reference" (fields), "Webhooks: validate
signed webhooks" (web token), "API errors: Messages API" (codes).
"""

import hashlib
import re
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
from messagestatus_server.providers.json_body import json_object, object_in, required_text, text_in
from messagestatus_server.providers.signatures import check_equal
from messagestatus_server.providers.times import iso_micros
from messagestatus_server.providers.web_tokens import claimed_second, claimed_text, claims_of

_WINDOW_SECONDS = 300
_RETRY = 503
_ZONE_APART = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_CHANNELS = {
    "sms": Channel.SMS,
    "mms": Channel.SMS,
    "rcs": Channel.RCS,
    "whatsapp": Channel.WHATSAPP,
    "viber_service": Channel.VIBER,
    "viber_service_msg": Channel.VIBER,
    "messenger": Channel.CHAT,
}


class VonageMessages(Provider):
    """Verifies and reads the status callbacks of Vonage's Messages API.

    The identifier of the web token differs from one attempt to the next, so that it does not name the event:
    message, word and time do.
    """

    name = "vonage_messages"
    settings = (
        Setting("signature_secret", "Signature secret of the account", secret=True, required=True),
        Setting("api_key", "API key of the account; where it is given, only its callbacks are taken"),
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the web token, that it is of the last minutes, and that it was made for this body.

        Vonage documents that a callback comes unsigned after a rare fault of its own, and signed once that
        was answered with a server error: so a missing token is answered 503.
        """
        header = callback.headers.get("authorization", "").strip()
        if not header:
            raise Unverified("the header authorization is missing", _RETRY)
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unverified("the header authorization holds no web token")
        claims = claims_of(token.strip(), config["signature_secret"], ["HS256"])
        check_fresh(callback, claimed_second(claims, "iat"), _WINDOW_SECONDS)
        digest = hashlib.sha256(callback.body).hexdigest()
        check_equal(claimed_text(claims, "payload_hash").lower(), digest)
        api_key = config.get("api_key", "")
        if api_key:
            check_equal(claimed_text(claims, "api_key"), api_key)

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, Any]]:
        """Return the body; a callback tells of one message."""
        return [json_object(callback.body)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the body tells; None for an inbound message, which has a type and no status."""
        word = text_in(item, "status")
        if not word and "message_type" in item:
            return None
        if not word:
            raise Malformed("status is missing")
        error = object_in(item, "error")
        time = text_in(item, "timestamp")
        return Told(
            provider_message_id=required_text(item, "message_uuid"),
            word=word,
            code=_code(error),
            detail=text_in(error, "detail", "error.detail") or text_in(error, "reason", "error.reason"),
            occur_time=iso_micros(_ZONE_APART.sub("", time.strip())),
            time_text=time,
            reference=text_in(item, "client_ref"),
            channel=_CHANNELS.get(_channel(item).lower(), Channel.UNSPECIFIED),
        )


def _code(error: Mapping[str, Any]) -> str:
    """Return the number of an error: the title, else what its type ends with, else the code of version 0.1.

    The title may be words; then the type ends with the number.
    """
    title = text_in(error, "title", "error.title")
    if title.isdigit():
        return title
    number = text_in(error, "type", "error.type").rpartition("#")
    return (number[2] if number[1] else "") or text_in(error, "code", "error.code") or title


def _channel(item: Mapping[str, Any]) -> str:
    """Return the name of the channel: a field of its own, or in version 0.1 the type of the recipient."""
    to = item.get("to")
    return text_in(item, "channel") or (text_in(to, "type", "to.type") if isinstance(to, dict) else "")
