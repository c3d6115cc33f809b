"""The part of the store that knows which messages wait for a receipt, and which waited in vain."""

from collections.abc import Collection, Sequence
from typing import Protocol

from messagestatus_server.domain.awaiting import Awaited, Due, Stuck, StuckPlace, Sweep, Waiting
from messagestatus_server.domain.message import Channel, Message


class StuckReading(Protocol):
    """What can be asked about waiting."""

    async def waiting_tenants(self) -> list[int]:
        """Return the tenants that have messages which wait, or are marked."""

    async def due(self, tenant: int, now: int, limit: int) -> list[Due]:
        """Return messages that are not marked and whose time has come, the longest waiting first."""

    async def stuck(
        self, tenant: int, provider: str, channel: Channel, after: StuckPlace | None, limit: int
    ) -> list[Stuck]:
        """Return marked messages, the longest waiting first; of any provider or channel that is not named."""

    async def waiting(self, tenant: int) -> list[Waiting]:
        """Return how many messages wait of each provider on each channel, in the order of their names."""

    async def begun_sweep(self, now: int) -> Sweep | None:
        """Return the search that has been waiting longest of those whose time has come."""


class StuckTransaction(StuckReading, Protocol):
    """What can be changed about waiting."""

    async def expect(self, tenant: int, awaited: Sequence[tuple[int, Awaited]]) -> None:
        """Let messages wait, each told by its handle; anew, if they wait already and are not marked."""

    async def settle(self, tenant: int, handles: Collection[int]) -> None:
        """Let messages wait no more, and mark them no more."""

    async def settle_marked(self, tenant: int, handles: Collection[int]) -> None:
        """Mark messages no more; those that are not marked go on waiting."""

    async def mark(self, tenant: int, handles: Collection[int], now: int) -> None:
        """Remember that messages were marked, unless they are."""

    async def request_sweep(self, sweep: Sweep) -> None:
        """Have the messages of a provider searched from the first one on."""

    async def sweep(self, sweep: Sweep, limit: int) -> list[tuple[int, Message]]:
        """Go on with a search over so many names, and return the messages by their handles.

        Those that arrived or failed are left out. A search that has come to its end is forgotten, and one
        that was requested anew meanwhile is left alone.
        """
