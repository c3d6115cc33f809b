"""RCS for Business (Google RBM): events of users and of the platform.

Sources: Google, "Webhooks" (set-up, X-Goog-Signature), "UserEvent", "ServerEvent", "Receive events".
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import (
    Answer,
    Callback,
    Config,
    Malformed,
    Provider,
    Setting,
    Told,
    Unverified,
)
from messagestatus_server.providers.json_body import (
    json_object,
    object_in,
    required_text,
    text_in,
)
from messagestatus_server.providers.signatures import SHA512, check_equal, mac, required_header
from messagestatus_server.providers.times import iso_micros

# These cannot do without a message. Others, such as UNSUBSCRIBE, are of the conversation.
_OF_A_MESSAGE = {"DELIVERED", "READ", "TTL_EXPIRATION_REVOKED", "TTL_EXPIRATION_REVOKE_FAILED"}


class GoogleRbm(Provider):
    """Verifies and reads the events of RCS agents; answers the request by which Google checks a webhook."""

    name = "google_rbm"
    settings = (Setting("client_token", "Client token of the webhook", secret=True, required=True),)

    async def greet(self, callback: Callback, config: Config) -> Answer | None:
        """Answer the secret of a set-up request, which carries the client token in place of a signature.

        Raises:
            Unverified: It carries another token.
        """
        # A body that holds an event holds it in base64, in which no quotation mark can stand.
        if b'"clientToken"' not in callback.body:
            return None
        try:
            asked = json_object(callback.body)
            token, secret = text_in(asked, "clientToken"), text_in(asked, "secret")
        except Malformed:
            return None
        if "message" in asked or not token or not secret:
            return None
        check_equal(token, config["client_token"])
        return Answer(body=secret.encode())

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check `X-Goog-Signature` over the event, decoded."""
        said = required_header(callback, "x-goog-signature")
        try:
            event = _event_bytes(callback)
        except Malformed:
            raise Unverified("there is no message.data that could be signed") from None
        check_equal(said, base64.b64encode(mac(config["client_token"], event, SHA512)))

    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Return the event; a callback holds one."""
        message = object_in(json_object(callback.body), "message")
        return [(json_object(_event_bytes(callback)), text_in(message, "publishTime", "message.publishTime"))]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what an event tells; None where it is a message of the user, or of no message."""
        event, publish_time = item
        word, message_id = text_in(event, "eventType"), text_in(event, "messageId")
        if not message_id and word.upper() in _OF_A_MESSAGE:
            raise Malformed("messageId is missing")
        if not message_id or not word or word.upper() == "IS_TYPING":
            return None
        time_text = text_in(event, "sendTime") or publish_time
        return Told(
            provider_message_id=message_id,
            word=word,
            occur_time=iso_micros(time_text),
            event_id=text_in(event, "eventId"),
            time_text=time_text,
            channel=Channel.RCS,
        )


def _event_bytes(callback: Callback) -> bytes:
    """Return the event as it was signed.

    Raises:
        Malformed: There is none in the body.
    """
    message: Mapping[str, Any] = object_in(json_object(callback.body), "message")
    try:
        return base64.b64decode(required_text(message, "data", "message.data"), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("message.data is not base64") from None
