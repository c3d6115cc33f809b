"""A simulated carrier: writes what happened to messages as its original would, and signs it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from messagestatus_server.domain.message import Channel


class Event(NamedTuple):
    """One step of one message.

    Attributes:
        provider_message_id: What the carrier calls the message.
        phone: The recipient's number, E.164.
        word: The native status, as the carrier writes it.
        code: The native error code; empty where there is none.
        occur_time: When it happened, in microseconds, UTC.
        step: The place of the event among those of its message, from 1 on.
        reference: What the sender gave along with the message.
    """

    provider_message_id: str
    phone: str
    word: str
    code: str = ""
    occur_time: int = 0
    step: int = 1
    reference: str = ""

    @property
    def event_id(self) -> str:
        """An identifier of the event, the same however often it is told."""
        return f"{self.provider_message_id}-{self.step}"


class Posting(NamedTuple):
    """A callback that is ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Carrier(ABC):
    """A carrier with an account of its own, whose secrets are made with it.

    Attributes:
        provider: The provider that it simulates.
        channel: What it carries.
        most_events: How many events one callback holds at most.
        script: The native words that a message usually goes through, in order.
    """

    provider: ClassVar[str]
    channel: ClassVar[Channel] = Channel.SMS
    most_events: ClassVar[int] = 1
    script: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def config(self) -> dict[str, str]:
        """The settings and secrets of a route that believes this carrier."""

    def believe(self, config: Mapping[str, str]) -> None:  # noqa: B027 - most carriers sign with what they made
        """Sign with the secrets of a given route in place of its own, as far as they are among these."""

    def channel_of(self, word: str) -> Channel:  # noqa: ARG002 - most carriers have one channel
        """Return the channel that an event with this word speaks of."""
        return self.channel

    def new_message_id(self, number: int) -> str:
        """Return what the carrier calls its message of that number; no other one is called so."""
        return f"{self.provider}-{number:08d}"

    @abstractmethod
    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the signed callback that tells of events at the URL of a route."""
