"""RyzeAPI: the event `message.status` of an instance's webhook.

Sources: RyzeAPI, "Event catalog" (envelope, words) and "Webhook configuration" (the `Authorization` value);
the fields of `data` are those that a public client reads. Nothing is signed: the value of the header, the
instance's token in the body, or both show where it comes from.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
from messagestatus_server.providers.json_body import json_object, list_in, object_in, required_text, text_in
from messagestatus_server.providers.signatures import check_equal, required_header
from messagestatus_server.providers.times import iso_micros

_EVENT = "message.status"
_GROUP = "@g.us"


class _Item(NamedTuple):
    """One message of an event, and what the event says of all its messages."""

    message_id: Any
    told: Mapping[str, Any]


class Ryze(Provider):
    """Reads RyzeAPI's status events, one item a message; other events are none of ours."""

    name = "ryze"
    settings = (
        Setting("authorization", "Value of the header Authorization that the webhook sends", secret=True),
        Setting("instance_token", "Token of the instance, as the event carries it", secret=True),
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the header, the token of the instance, or both, as far as the route has them."""
        authorization, token = config.get("authorization", ""), config.get("instance_token", "")
        if authorization:
            check_equal(required_header(callback, "authorization"), authorization.strip())
        if token:
            check_equal(_said_token(callback), token)

    def split(self, callback: Callback, config: Config) -> Sequence[_Item]:
        """Return the messages that the event speaks of; none where it is another event."""
        event = json_object(callback.body)
        if required_text(event, "event") != _EVENT:
            return []
        told = object_in(event, "data")
        message_ids = list_in(told, "messageIds", "data.messageIds")
        if not message_ids:
            raise Malformed("data.messageIds is missing")
        return [_Item(message_id, told) for message_id in message_ids]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the event tells of one message."""
        if not isinstance(item.message_id, str) or not item.message_id:
            raise Malformed("data.messageIds has an element that is no text")
        time_text = text_in(item.told, "timestamp", "data.timestamp")
        return Told(
            provider_message_id=item.message_id,
            word=required_text(item.told, "status", "data.status"),
            occur_time=iso_micros(time_text),
            time_text=time_text,
            recipient=_member(item.told),
            channel=Channel.WHATSAPP,
        )


def _said_token(callback: Callback) -> str:
    try:
        instance = object_in(json_object(callback.body), "instanceData")
        return required_text(instance, "token", "instanceData.token")
    except Malformed as fault:
        raise Unverified(fault.text, 401) from None


def _member(told: Mapping[str, Any]) -> str:
    """Return whose status of a group message it is; a private message has the one recipient anyway."""
    chat = object_in(told, "chat", "data.chat")
    if chat.get("type") != "group" and not text_in(chat, "jid", "data.chat.jid").endswith(_GROUP):
        return ""
    return text_in(told, "recipient", "data.recipient")
