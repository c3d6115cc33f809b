"""RyzeAPI's payload: the event `message.status` in its envelope.

Sources: RyzeAPI, "Event catalog" (the envelope, and the nine words of `data.status`); the fields of `data`
are those that a public client reads. There is no word for what comes before delivery, nor for the arrival
of an inbound message; a change that leaves the word as it was is none here. `instanceData.token` is always
empty: it is a credential, and nothing that this service would send to anybody.
"""

from collections.abc import Mapping
from typing import Any

from messagestatus_server.domain.message import Direction, Message
from messagestatus_server.domain.state import FAILURES
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.webhook import Event
from messagestatus_server.webhooks.payloads.instants import to_second

_OUTBOUND: Mapping[S, str] = {
    **dict.fromkeys(FAILURES, "server_error"),
    S.PARTIALLY_DELIVERED: "delivered",
    S.DELIVERED: "delivered",
    S.READ: "read",
    S.PLAYED: "played",
    S.REPLIED: "read",
}

# On a message that came in, reading and playing are the acts of the own side.
_INBOUND: Mapping[S, str] = {
    S.READ: "read_self",
    S.PLAYED: "played_self",
    S.REPLIED: "read_self",
}

_TYPES = {"g.us": "group", "newsletter": "newsletter"}


def rendered(event: Event) -> dict[str, Any] | None:
    """Return one event; None where this format has no word for it."""
    change, message = event.change, event.message
    if message is None:
        return None
    words = _INBOUND if message.direction is Direction.INBOUND else _OUTBOUND
    word = words.get(change.state)
    if word is None or word == words.get(change.previous_state):
        return None
    return {
        "event": "message.status",
        "data": {
            "timestamp": to_second(change.change_time),
            "status": word,
            "messageIds": [event.message_id],
            **_place(message),
        },
        "instanceData": {"baseUrl": "", "instance": event.instance, "token": ""},
    }


def _place(message: Message) -> dict[str, Any]:
    """Return the chat of a message, and in a private one who its other side is."""
    person = f"{message.phone.lstrip('+')}@s.whatsapp.net" if message.phone else ""
    jid = message.conversation_id or person
    kind = _TYPES.get(jid.rpartition("@")[2], "private")
    place: dict[str, Any] = {"chat": {"jid": jid, "type": kind}}
    if kind == "private":
        place["recipient"] = person or jid
    elif message.author:
        place["messageSender"] = message.author
    return place
