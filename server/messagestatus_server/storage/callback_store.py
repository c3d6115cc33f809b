"""The part of the store that keeps routes, and the callbacks that came in by them."""

from collections.abc import Collection, Sequence
from typing import Protocol

from messagestatus_server.domain.raw_callback import Quarantined, RawCallback, Verdict
from messagestatus_server.domain.receipt import Repetition
from messagestatus_server.domain.route import Route


class CallbackReading(Protocol):
    """What can be asked about routes and callbacks."""

    async def find_route(self, name: str) -> Route | None:
        """Return the route with a name, whichever tenant's it is."""

    async def routes(self, tenant: int) -> list[Route]:
        """Return the routes of a tenant, by name."""

    async def callbacks(
        self, tenant: int, route: int | None, verdicts: Collection[Verdict], before: int | None, limit: int
    ) -> list[RawCallback]:
        """Return callbacks with any of the verdicts, or all, the newest first, from before a number on.

        Nothing comes before one that is kept no more.
        """

    async def callbacks_since(
        self, tenant: int, route: int | None, since: int, after: int, limit: int
    ) -> list[RawCallback]:
        """Return callbacks that were verified, in order of time, from after a time and a number on."""

    async def repetitions(self, tenant: int, receipt_keys: Collection[bytes]) -> dict[bytes, Repetition]:
        """Return how often receipts came again, by key; one that did not is left out."""


class CallbackTransaction(CallbackReading, Protocol):
    """What can be changed about routes and callbacks."""

    async def add_route(self, route: Route) -> None:
        """Store a new route; its handle is given by the store."""

    async def replace_route(self, route: Route) -> None:
        """Store what was decided anew about a route."""

    async def delete_route(self, route: Route) -> None:
        """Remove a route with its callbacks and its counts."""

    async def add_callbacks(self, tenant: int, callbacks: Sequence[RawCallback]) -> list[int]:
        """Keep callbacks, count them, and return their numbers."""

    async def count_callbacks(self, tenant: int, route: int, verdict: Verdict, times: int, now: int) -> None:
        """Count callbacks that are not kept."""

    async def add_quarantined(self, tenant: int, items: Sequence[Quarantined]) -> None:
        """Keep what could not be understood; what is known to be in quarantine stays as it is."""

    async def release(self, tenant: int, receipt_keys: Collection[bytes]) -> None:
        """Take receipts out of quarantine."""

    async def release_items(self, tenant: int, callback: int) -> None:
        """Take the items of a callback out of quarantine that could not be read."""

    async def add_repetitions(self, tenant: int, receipt_keys: Sequence[bytes], now: int) -> None:
        """Remember that receipts came again."""

    async def forget_callbacks(self, tenant: int, before: int, limit: int) -> int:
        """Remove callbacks that came before a time, so many at most, and return how many there were."""
