"""How events are named: alike in every attempt and every replay, and like no other event."""

import struct
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from messagestatus_server.domain.message import Message
from messagestatus_server.domain.outgoing import Outgoing
from messagestatus_server.domain.webhook import Event

ResumeToken = Callable[[bytes, int, int], str]
"""Returns the token of a place in the feed of a tenant, in the database of an identity."""

_PLACE = struct.Struct(">8sqq")
_SIZE = 16


class Naming(NamedTuple):
    """Names the changes of one database. `identity` tells it from every other one."""

    identity: bytes
    resume_token: ResumeToken

    def event(self, tenant: int, outgoing: Outgoing, message: Message | None) -> Event:
        """Return an event as endpoints are told of it, of a message as it stands."""
        return Event(
            event_id(self.identity, tenant, outgoing.sequence),
            outgoing.message_id if message is None else message.message_id,
            outgoing.instance if message is None else message.instance,
            outgoing.change,
            outgoing.commit_time,
            message,
            outgoing.sequence,
            self.resume_token(self.identity, tenant, outgoing.sequence),
            outgoing.skipped,
        )


def event_id(identity: bytes, tenant: int, sequence: int) -> str:
    """Return the identifier of the event of a change, in the database of an identity."""
    return f"evt_{_digest(_PLACE.pack(identity, tenant, sequence))}"


def request_id(events: Sequence[Event]) -> str:
    """Return what a request with some events is named: as its only event, or after all of them."""
    if len(events) == 1:
        return events[0].event_id
    return f"bat_{_digest(' '.join(event.event_id for event in events).encode())}"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=_SIZE).hexdigest()
