"""Namirial SMS Gateway: the event `STATUS_UPDATE` of a message's webhook.

Sources: Namirial, "Webhook: how it works" (event) and "Webhook configuration": `authentication.type` is NONE,
so nothing in it shows where it comes from. The message is the object of the "Message status API".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import Callback, Config, Provider, Told
from messagestatus_server.providers.json_body import json_object, object_in, required_text, text_in
from messagestatus_server.providers.times import iso_micros

_EVENT = "STATUS_UPDATE"
_CHANNELS = {"SMS": Channel.SMS, "RCS": Channel.RCS}


class Namirial(Provider):
    """Reads Namirial's status updates, which nothing verifies."""

    name = "namirial"

    async def verify(self, callback: Callback, config: Config) -> None:
        """Let everything pass: the route is what protects it."""

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, Any]]:
        """Return the event; it tells of one message."""
        return [json_object(callback.body)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the event tells; None where it is no update of a status."""
        if required_text(item, "type") != _EVENT:
            return None
        message = object_in(item, "message")
        carrier = object_in(message, "provider", "message.provider")
        time_text = text_in(message, "statusChangedAt", "message.statusChangedAt")
        return Told(
            provider_message_id=required_text(message, "id", "message.id"),
            word=required_text(message, "status", "message.status"),
            code=text_in(carrier, "code", "message.provider.code"),
            detail=text_in(carrier, "message", "message.provider.message")
            or text_in(carrier, "status", "message.provider.status"),
            occur_time=iso_micros(time_text),
            event_id=text_in(item, "id"),
            time_text=time_text,
            reference=text_in(object_in(message, "reference", "message.reference"), "key"),
            channel=_CHANNELS.get(
                text_in(message, "channel", "message.channel").upper(), Channel.UNSPECIFIED
            ),
        )
