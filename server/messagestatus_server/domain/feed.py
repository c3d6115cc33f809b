"""The feed: what happened to the messages of a tenant, in the order of commits, and which of it is wanted."""

from typing import NamedTuple

from messagestatus_server.domain.change import Change
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState

ANY_STATE: frozenset[DeliveryState] = frozenset()
ANY_CHANNEL: frozenset[Channel] = frozenset()


class Happening(NamedTuple):
    """A change with the message that it is about, as that stands now.

    `resource` holds the bytes of the message's answer, and is empty when the message is deleted; then nothing
    but its name is known. `commit_time` is in microseconds, UTC.
    """

    sequence: int
    change: Change
    commit_time: int
    message_id: str
    instance: str
    resource: bytes = b""
    phone: str = ""
    reference_key: str = ""
    channel: Channel = Channel.UNSPECIFIED


class Filter(NamedTuple):
    """Which changes are wanted: those for which every field holds that is set."""

    message_ids: frozenset[str] = frozenset()
    phone: str = ""
    reference_key: str = ""
    instance: str | None = None
    states: frozenset[DeliveryState] = ANY_STATE
    channels: frozenset[Channel] = ANY_CHANNEL

    def wants(self, happening: Happening) -> bool:
        """Tell whether a change is wanted.

        Of a deleted message only the name is known: no filter by anything else wants it.
        """
        return (
            (not self.message_ids or happening.message_id in self.message_ids)
            and (not self.phone or happening.phone == self.phone)
            and (not self.reference_key or happening.reference_key == self.reference_key)
            and (self.instance is None or happening.instance == self.instance)
            and (not self.states or happening.change.state in self.states)
            and (not self.channels or happening.channel in self.channels)
        )


class Span(NamedTuple):
    """What there is of a feed: the changes after `forgotten`, up to `last`."""

    forgotten: int
    last: int

    def reaches(self, place: int) -> bool:
        """Tell whether all that followed a place is there still."""
        return self.forgotten <= place <= self.last
