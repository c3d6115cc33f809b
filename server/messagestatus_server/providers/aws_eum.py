"""AWS End User Messaging (SMS, MMS, RCS): its events, as Amazon SNS delivers them to an HTTPS subscription.

Sources: AWS End User Messaging, "Event types for SMS, MMS, and voice", "Messaging events", "RCS message
events"; Amazon SNS, "Fanout to HTTP/S endpoints".
"""

from collections.abc import Sequence
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
from messagestatus_server.providers.json_body import json_object, object_in, required_text, text_in
from messagestatus_server.providers.small_fetch import FetchFailed, fetch_small
from messagestatus_server.providers.sns_certificates import Certificates, Fetch, is_of_sns
from messagestatus_server.providers.sns_envelope import (
    NOTIFICATION,
    SUBSCRIPTION,
    UNSUBSCRIPTION,
    check_envelope,
    envelope_of,
)

_PREFIXES = {
    "TEXT_": Channel.SMS,
    "MEDIA_FILE_": Channel.SMS,
    "MEDIA_": Channel.SMS,
    "RCS_": Channel.RCS,
}
_REFERENCE_KEY = "ref"
_LONGEST_TIME = 15


class AwsEum(Provider):
    """Verifies SNS's envelopes, confirms subscriptions, and reads events. A word is an event's last part."""

    name = "aws_eum"
    settings = (
        Setting("topic_arns", "ARNs of the topics that may call, separated by commas", required=True),
        Setting("certificate", "Certificate (PEM) that must have signed, in place of the one that is named"),
        Setting(
            "successful_means",
            "What SUCCESSFUL means: the carrier took the message, or, where it tells no more, delivered it",
            default="sent",
            choices=("sent", "delivered"),
        ),
        Setting("reference_key", "Key of the context that holds the reference", default=_REFERENCE_KEY),
    )

    def __init__(self, fetch: Fetch = fetch_small) -> None:
        self._fetch = fetch
        self._certificates = Certificates(fetch)

    def signs(self, config: Config) -> bool:
        """Tell that every callback is signed: SNS signs with keys of its own, and needs no secret."""
        return True

    async def greet(self, callback: Callback, config: Config) -> Answer | None:
        """Confirm a subscription of a topic of the route; take note of the end of one.

        Raises:
            Unverified: It does not come from Amazon SNS, or could not be confirmed.
        """
        if b'Confirmation"' not in callback.body:
            return None
        envelope = envelope_of(callback)
        if envelope["Type"] not in (SUBSCRIPTION, UNSUBSCRIPTION):
            return None
        await check_envelope(envelope, callback, config, self._certificates)
        if envelope["Type"] == SUBSCRIPTION:
            await self._confirm(envelope["SubscribeURL"])
        return Answer()

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the signature of an envelope."""
        envelope = envelope_of(callback)
        if envelope["Type"] != NOTIFICATION:
            raise Unverified("Type is not Notification")
        await check_envelope(envelope, callback, config, self._certificates)

    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Return the event and what SNS calls its delivery; an envelope holds one."""
        envelope = json_object(callback.body)
        if envelope.get("Type") != NOTIFICATION:
            return []
        try:
            event = json_object(required_text(envelope, "Message").encode())
        except Malformed as fault:
            raise Malformed(f"Message: {fault.text}") from None
        # The same event by way of EventBridge has an envelope of its own.
        return [(object_in(event, "detail") or event, required_text(envelope, "MessageId"))]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what an event tells; None for a message that came in by the same topic."""
        event, event_id = item
        if "inboundMessageId" in event:
            return None
        kind = required_text(event, "eventType")
        prefix = next((prefix for prefix in _PREFIXES if kind.startswith(prefix)), "")
        word = kind.removeprefix(prefix) or kind
        if word == "SUCCESSFUL" and config.get("successful_means") == "delivered":
            word = "SUCCESSFUL:DELIVERED"
        time_text = text_in(event, "eventTimestamp")
        return Told(
            provider_message_id=required_text(event, "messageId"),
            word=word,
            detail=text_in(event, "messageStatusDescription"),
            occur_time=_micros(time_text),
            event_id=event_id,
            time_text=time_text,
            reference=text_in(object_in(event, "context"), config.get("reference_key") or _REFERENCE_KEY),
            channel=_PREFIXES.get(prefix, Channel.UNSPECIFIED),
        )

    async def _confirm(self, url: str) -> None:
        if not is_of_sns(url):
            raise Unverified("SubscribeURL is not one of Amazon SNS")
        try:
            await self._fetch(url)
        except FetchFailed as fault:
            raise Unverified(f"the subscription cannot be confirmed: {fault}", 503) from None


def _micros(milliseconds: str) -> int | None:
    is_number = milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) <= _LONGEST_TIME
    return int(milliseconds) * 1000 if is_number else None
