"""A message: what its sender registered, and where it stands."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from messagestatus_server.domain.state import DeliveryState, FailureReason


class Direction(IntEnum):
    """Which way a message travels, seen from the tenant."""

    UNSPECIFIED = 0
    OUTBOUND = 1
    INBOUND = 2


class Channel(IntEnum):
    """What carries a message."""

    UNSPECIFIED = 0
    SMS = 1
    RCS = 2
    VIBER = 3
    WHATSAPP = 4
    CHAT = 5
    TELEGRAM = 6
    EMAIL = 7
    VOICE = 8
    PUSH = 9


class ContentKind(IntEnum):
    """What a message contains."""

    UNSPECIFIED = 0
    TEXT = 1
    IMAGE = 2
    AUDIO = 3
    VIDEO = 4
    DOCUMENT = 5
    OTHER = 6


class RollUp(IntEnum):
    """How the states of a group message's recipients make its own; a single message has none."""

    SINGLE = 0
    ALL = 1
    ANY = 2


class Reference(NamedTuple):
    """The sender's own reference; many messages may share one."""

    service: str = ""
    action: str = ""
    key: str = ""


class Provider(NamedTuple):
    """What the provider calls a message and says of it, verbatim."""

    name: str = ""
    message_id: str = ""
    status: str = ""
    code: str = ""
    detail: str = ""


class Media(NamedTuple):
    """A file attached to a reply; its size is in bytes."""

    url: str = ""
    file_name: str = ""
    file_size: int = 0


class Reply(NamedTuple):
    """An answer to a message; its time is in microseconds, UTC."""

    reply_time: int = 0
    text: str = ""
    media: Media | None = None


class Name(NamedTuple):
    """Names a message; any instance when `instance` is None."""

    message_id: str
    instance: str | None = None


class Standing(NamedTuple):
    """Where a message, or one recipient of it, stands: what the strongest receipt says.

    `change_time` is the time that receipt tells of, in microseconds, UTC. `key` tells the receipt
    from others; the registration's own claim has the empty key.
    """

    state: DeliveryState
    precedence: int
    change_time: int
    key: bytes = b""
    reason: FailureReason = FailureReason.UNSPECIFIED
    channel: Channel = Channel.UNSPECIFIED
    provider: Provider = Provider()

    @property
    def rank(self) -> tuple[int, int, bytes]:
        """The order of strength, the strongest first: precedence, then the earlier, then the smaller key."""
        return -self.precedence, self.change_time, self.key


NOBODY: Mapping[str, Standing] = MappingProxyType({})
"""The recipients of a message that has none."""


class Message(NamedTuple):
    """A message of one tenant.

    Times are microseconds, UTC. `origin` is what the registration itself claims, `standing` what the
    fold makes of it and of the receipts. A group message (`roll_up` is not SINGLE) also has `general`,
    the standing that receipts about nobody in particular give to everybody, `named`, the recipients that
    its registration names, and `recipients`, where each of these and of those in receipts stands.
    """

    message_id: str
    instance: str
    origin: Standing
    standing: Standing
    general: Standing
    accept_time: int
    message_time: int
    conversation_id: str = ""
    direction: Direction = Direction.OUTBOUND
    content_kind: ContentKind = ContentKind.UNSPECIFIED
    phone: str = ""
    reference: Reference = Reference()
    suppress_time: int | None = None
    segments: int = 0
    author: str = ""
    roll_up: RollUp = RollUp.SINGLE
    named: tuple[str, ...] = ()
    recipients: Mapping[str, Standing] = NOBODY
    replies: tuple[Reply, ...] = ()
    revision: int = 1

    @property
    def channel(self) -> Channel:
        """The channel the message was registered on."""
        return self.origin.channel
