"""The part of the store that keeps the feed of changes."""

from collections.abc import Callable
from typing import Protocol

from messagestatus_server.domain.feed import Happening, Span


class FeedReading(Protocol):
    """What can be asked about changes."""

    async def feed_identity(self) -> bytes:
        """Return what tells the feeds of this database from those of any other."""

    async def feed_span(self, tenant: int) -> Span:
        """Return how far the feed of a tenant reaches."""

    async def happenings(self, tenant: int, after: int, limit: int) -> list[Happening]:
        """Return changes in their order, from after a place on."""


class FeedTransaction(FeedReading, Protocol):
    """What can be changed about the feed."""

    async def forget_changes(self, tenant: int, before: int, limit: int) -> int:
        """Forget changes that were committed before a time, so many at most, and return how many."""


class FeedStore(FeedReading, Protocol):
    """A store that tells when there may be more."""

    def on_commit(self, told: Callable[[], None]) -> None:
        """Have something told, from any thread, after each commit of this process.

        Other processes commit as well: whoever must know looks for himself from time to time.
        """
