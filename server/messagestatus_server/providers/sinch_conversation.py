"""Sinch Conversation API: delivery reports of messages on every channel.

Source: Sinch, "Conversation API: callbacks", sections "Message delivery receipt" and "Reason".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import Callback, Config, Provider, Told
from messagestatus_server.providers.json_body import json_object, object_in, required_text, text_in
from messagestatus_server.providers.sinch_signature import SINCH_SETTINGS, check_sinch
from messagestatus_server.providers.times import iso_micros

_CHANNELS = {
    "SMS": Channel.SMS,
    "MMS": Channel.SMS,
    "RCS": Channel.RCS,
    "WHATSAPP": Channel.WHATSAPP,
    "VIBER": Channel.VIBER,
    "VIBERBM": Channel.VIBER,
    "TELEGRAM": Channel.TELEGRAM,
    "APPLEBC": Channel.CHAT,
    "INSTAGRAM": Channel.CHAT,
    "KAKAOTALK": Channel.CHAT,
    "KAKAOTALKCHAT": Channel.CHAT,
    "LINE": Channel.CHAT,
    "MESSENGER": Channel.CHAT,
    "WECHAT": Channel.CHAT,
}
_REPORT = "message_delivery_report"


class SinchConversation(Provider):
    """Verifies and reads the delivery reports among the callbacks of the Conversation API."""

    name = "sinch_conversation"
    settings = SINCH_SETTINGS

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the signature, or Basic, as far as the route has secrets for them."""
        check_sinch(callback, config)

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, Any]]:
        """Return the callback; it tells of one message."""
        return [json_object(callback.body)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what a delivery report tells; None where the callback is of another kind."""
        if _REPORT not in item:
            return None
        report = object_in(item, _REPORT)
        reason = object_in(report, "reason", f"{_REPORT}.reason")
        identity = object_in(report, "channel_identity", f"{_REPORT}.channel_identity")
        time_text = text_in(item, "event_time") or text_in(item, "accepted_time")
        told_texts = (text_in(reason, "description"), text_in(reason, "channel_code"))
        return Told(
            provider_message_id=required_text(report, "message_id", f"{_REPORT}.message_id"),
            word=required_text(report, "status", f"{_REPORT}.status"),
            code=text_in(reason, "code", f"{_REPORT}.reason.code"),
            detail=" / ".join(text for text in told_texts if text),
            occur_time=iso_micros(time_text),
            time_text=time_text,
            reference=text_in(item, "correlation_id")
            or text_in(item, "message_metadata")
            or text_in(report, "metadata", f"{_REPORT}.metadata"),
            channel=_CHANNELS.get(text_in(identity, "channel").upper(), Channel.UNSPECIFIED),
        )
