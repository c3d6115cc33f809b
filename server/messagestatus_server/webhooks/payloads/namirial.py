"""Namirial's payload: the event `STATUS_UPDATE` of the Namirial SMS Gateway.

Sources: Namirial, "Webhook: how it works" (the event, which comes for "every change except the initial
PROVIDER_ACCEPTANCE") and "Message status API 1.0.0" (the message in it). Every state has the word that the
look-ups of this dialect have for it; a change that leaves the word as it was is none here.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from messagestatus_server.domain.message import Channel, Message, Provider
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.webhook import Event
from messagestatus_server.webhooks.payloads.instants import to_second

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INITIAL = "PROVIDER_ACCEPTANCE"

# Message status API, "Body Response", `status`.
WORDS: Mapping[S, str] = {
    S.UNSPECIFIED: _INITIAL,
    S.QUEUED: _INITIAL,
    S.ROUTING: _INITIAL,
    S.ACCEPTED: _INITIAL,
    S.SENT: "SENT",
    S.UNKNOWN: "SENT",
    S.FAILED: "REJECTED",
    S.UNDELIVERED: "UNDELIVERED",
    S.EXPIRED: "UNDELIVERED",
    S.REJECTED: "REJECTED",
    S.DELETED: "UNDELIVERED",
    S.PARTIALLY_DELIVERED: "DELIVERED",
    S.DELIVERED: "DELIVERED",
    S.RECEIVED: "DELIVERED",
    S.READ: "READ",
    S.PLAYED: "READ",
    S.REPLIED: "READ",
}


def rendered(event: Event, endpoint_id: str) -> dict[str, Any] | None:
    """Return one event; None where this format does not tell of it."""
    word, message = WORDS[event.change.state], event.message
    if message is None or word in {_INITIAL, WORDS[event.change.previous_state]}:
        return None
    return {
        "id": _uuid(event.event_id),
        "webhookConfigurationId": _uuid(endpoint_id),
        "type": "STATUS_UPDATE",
        "createdAt": to_second(event.commit_time),
        "message": _message(event, message, word),
    }


def _message(event: Event, message: Message, word: str) -> dict[str, Any]:
    """Return the message as the look-ups of this dialect show it, in the order of their examples."""
    message_id, channel = event.message_id, message.standing.channel
    shown: dict[str, Any] = {
        "id": message_id.lower() if _UUID.fullmatch(message_id) else message_id,
        "providerAcceptanceAt": to_second(message.accept_time),
        "statusChangedAt": to_second(event.change.change_time),
        "reference": {name: text for name, text in message.reference._asdict().items() if text},
        "channel": channel.name,
        "status": word,
        "provider": _provider(message.standing.provider),
    }
    if channel is Channel.SMS:
        shown["sms"] = {"segments": message.segments}
    return shown


def _provider(provider: Provider) -> dict[str, str]:
    shown = {
        "name": provider.name,
        "id": provider.message_id,
        "status": provider.status,
        "code": provider.code,
    }
    if provider.detail:
        shown["message"] = provider.detail
    return shown


def _uuid(text: str) -> str:
    """Return an identifier as a UUID, which all of this format are; the same text gives the same one."""
    return text.lower() if _UUID.fullmatch(text) else str(uuid5(NAMESPACE_URL, text))
