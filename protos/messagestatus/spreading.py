"""Over which channels watches are spread: a server takes so many streams on one connection, the rest wait."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

MOST_STREAMS = 64
"""How many streams one connection has. The server takes 100, and those that just ended count for a moment."""

_Channel = TypeVar("_Channel")


class Stream(Protocol):
    """A stream that tells when its watch has left it."""

    left: bool


class Group(Generic[_Channel]):
    """A channel, and the streams on it."""

    def __init__(self, channel: _Channel) -> None:
        self.channel = channel
        self.streams: list[Stream] = []


class Spreading(Generic[_Channel]):
    """Finds a channel for each stream, and opens one where all are full."""

    def __init__(self, opened: Callable[[], _Channel]) -> None:
        self._opened = opened
        self._groups: list[Group[_Channel]] = []

    def group(self) -> Group[_Channel]:
        """Return where the next stream goes: among the oldest, so that later ones may run empty."""
        for group in self._groups:
            group.streams = [stream for stream in group.streams if not stream.left]
            if len(group.streams) < MOST_STREAMS:
                return group
        self._groups.append(Group(self._opened()))
        return self._groups[-1]

    def forget(self, dead: _Channel) -> None:
        """Put no more streams on a channel."""
        self._groups = [group for group in self._groups if group.channel is not dead]

    def channels(self) -> list[_Channel]:
        """Return all channels."""
        return [group.channel for group in self._groups]
