"""Our own payload: the change, and the message as far as it is known, in the structure of Standard Webhooks.

Source: Standard Webhooks 1.0.0, "Payload structure". The fields are those of `MessageStatus` and of a change
of the feed; states and other words are written without the prefix that enumerations have there. Every field
is there, null or empty where there is nothing to say; of a deleted message, those of the change alone.
"""

from collections.abc import Sequence
from typing import Any

from messagestatus_server.domain.message import Message, Reply
from messagestatus_server.domain.webhook import Event
from messagestatus_server.webhooks.payloads.instants import to_micros

CHANGED = "message.status.changed"
"""The type of an event: a message changed."""

CHANGED_BATCH = "message.status.changed_batch"
"""The type of several events in one."""

TEST = "test"
"""The type of an event that never happened, and was asked for to try the endpoint."""

# Payloads should stay below 20 kB ("Payload size"), and a message may be answered any number of times.
_MOST_REPLIES = 3


def rendered(event: Event) -> dict[str, Any]:
    """Return one event."""
    return {
        "type": TEST if event.test else CHANGED,
        "timestamp": to_micros(event.commit_time),
        "id": event.event_id,
        "data": _changed(event) | _known(event.message),
    }


def rendered_batch(events: Sequence[Event]) -> dict[str, Any]:
    """Return several events in one, each as it is alone; the time is that of the last."""
    return {
        "type": CHANGED_BATCH,
        "timestamp": to_micros(events[-1].commit_time),
        "data": {"events": [rendered(event) for event in events]},
    }


def _changed(event: Event) -> dict[str, Any]:
    change = event.change
    return {
        "message_id": event.message_id,
        "instance": event.instance,
        "kind": change.kind.name,
        "previous_state": change.previous_state.name,
        "state": change.state.name,
        "reason": change.reason.name,
        "change_time": to_micros(change.change_time),
        "sequence": event.sequence,
        "resume_token": event.token,
        "skipped": event.skipped,
    }


def _known(message: Message | None) -> dict[str, Any]:
    """Return what is known of the message itself; nothing of one that is deleted."""
    if message is None:
        return {}
    return {
        "conversation_id": message.conversation_id,
        "direction": message.direction.name,
        "channel": message.standing.channel.name,
        "content_kind": message.content_kind.name,
        "phone": message.phone,
        "reference": message.reference._asdict(),
        "provider": message.standing.provider._asdict(),
        "accept_time": to_micros(message.accept_time),
        "message_time": to_micros(message.message_time),
        "suppress_time": None if message.suppress_time is None else to_micros(message.suppress_time),
        "segments": message.segments,
        "author": message.author,
        "replies": [_reply(reply) for reply in message.replies[-_MOST_REPLIES:]],
        "reply_count": len(message.replies),
        "revision": message.revision,
    }


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "reply_time": to_micros(reply.reply_time),
        "text": reply.text,
        "media": None if reply.media is None else reply.media._asdict(),
    }
