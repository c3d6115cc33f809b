"""The part of the store for review: what waits for people, and what is understood better by now."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from messagestatus_server.domain.page import Place
from messagestatus_server.domain.raw_callback import Quarantined, RawCallback, Verdict
from messagestatus_server.domain.receipt import Entry


class Orphan(NamedTuple):
    """A parked receipt, with its place among all that are parked."""

    place: Place
    entry: Entry


class Orphans(NamedTuple):
    """How many receipts are parked by one provider's name for their messages.

    `provider` is empty for those that name their message by its own identifier. `oldest_time` is when the one
    came that was kept first, in microseconds, UTC.
    """

    provider: str
    receipts: int
    oldest_time: int


class Tally(NamedTuple):
    """How many callbacks of a verdict came in by a route, and when the last did (microseconds, UTC)."""

    route: int
    verdict: Verdict
    callbacks: int
    last_time: int


class ReviewReading(Protocol):
    """What can be asked about what waits."""

    async def orphans(self, tenant: int, after: Place | None, limit: int) -> list[Orphan]:
        """Return parked receipts, the oldest first, from after a place on."""

    async def quarantined(self, tenant: int, after: int, limit: int) -> list[Quarantined]:
        """Return what is in quarantine, in the order in which it was put there, from after a number on."""

    async def orphan_counts(self, tenant: int) -> list[Orphans]:
        """Return how many receipts are parked, by the provider's name."""

    async def quarantined_count(self, tenant: int) -> int:
        """Return how much is in quarantine."""

    async def tallies(self, tenant: int) -> list[Tally]:
        """Return how many callbacks came in by each route, of each verdict that there were any of."""


class ReviewTransaction(ReviewReading, Protocol):
    """What can be changed by review."""

    async def receipt_handles(self, tenant: int, keys: Collection[bytes]) -> dict[bytes, int | None]:
        """Return the handles of the messages that receipts belong to, None for a parked one, by key."""

    async def replace_receipts(self, tenant: int, entries: Sequence[Entry]) -> None:
        """Store what receipts are read as now, wherever they belong; their times of arrival stay."""

    async def remove_parked(self, tenant: int, keys: Collection[bytes]) -> int:
        """Remove receipts that are parked with all that is known of them, and return how many there were."""

    async def forget_parked(self, tenant: int, before: int, limit: int) -> int:
        """Remove parked receipts that came before a time, so many at most, and return how many there were."""

    async def find_quarantined(self, tenant: int, quarantine_id: int) -> Quarantined | None:
        """Return what is in quarantine under a number."""

    async def faults(self, tenant: int, callbacks: Collection[int]) -> list[Quarantined]:
        """Return the items of callbacks that are in quarantine because they could not be read."""

    async def put_faults(self, tenant: int, faults: Sequence[Quarantined]) -> None:
        """Keep items of callbacks that cannot be read; what is known of them is told anew."""

    async def retell_quarantined(self, tenant: int, items: Sequence[Quarantined]) -> None:
        """Tell anew what is known of receipts, by their keys, as far as they are in quarantine."""

    async def drop_quarantined(self, tenant: int, quarantine_ids: Collection[int]) -> int:
        """Take items out of quarantine by their numbers, and return how many there were."""

    async def update_callback(self, tenant: int, callback: RawCallback) -> None:
        """Store what is made of a callback now: its verdict and explanation, and how many items it has."""
