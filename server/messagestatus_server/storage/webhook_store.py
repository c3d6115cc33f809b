"""The part of the store that keeps webhook endpoints, what waits for them, and what was tried."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from messagestatus_server.domain.message import Message
from messagestatus_server.domain.outgoing import LoggedAttempt, Outgoing, Result, Waiting
from messagestatus_server.domain.webhook import Endpoint


class WebhookReading(Protocol):
    """What can be asked about endpoints."""

    async def endpoints(self, tenant: int) -> list[Endpoint]:
        """Return the endpoints of a tenant, the oldest first."""

    async def find_endpoint(self, tenant: int, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint with an identifier."""

    async def attempts(
        self,
        tenant: int,
        endpoint_id: str,
        *,
        message_id: str,
        results: Collection[Result],
        before: int | None,
        limit: int,
    ) -> list[LoggedAttempt]:
        """Return attempts, the newest first, from before the one with a number on.

        They are of one message unless that is empty, and ended in one of the ways unless there is none.
        """


class WebhookTransaction(WebhookReading, Protocol):
    """What can be changed about endpoints.

    What is committed by `append_changes` waits for every enabled endpoint that may want it.
    """

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        """Store a new endpoint."""

    async def replace_endpoint(self, endpoint: Endpoint) -> None:
        """Store an endpoint that is known, as it is now."""

    async def delete_endpoint(self, tenant: int, endpoint_id: str, limit: int) -> int:
        """Remove what waits for an endpoint and its attempts, so many of each at most; return how many.

        The endpoint itself goes with the last of them.
        """

    async def waiting_endpoints(self) -> list[Waiting]:
        """Return every endpoint for which something waits for its time, of whichever tenant."""

    async def leased(self, tenant: int, endpoint_id: str, now: int) -> int:
        """Return how many requests to an endpoint are under way, whoever makes them."""

    async def lease(
        self, endpoint: Endpoint, leases: Sequence[int], *, now: int, until: int
    ) -> list[list[Outgoing]]:
        """Claim what is due, the longest due first, as many events for each lease as a request may hold.

        Nothing of a message is claimed while something earlier of it waits. What is claimed comes due again
        when the lease ends. Changes of one message that wait to be told as one become one.
        """

    async def known(self, tenant: int, handles: Collection[int]) -> dict[int, Message]:
        """Return messages by their handles, without their recipients; those that are deleted are left out."""

    async def finish(self, tenant: int, endpoint_id: str, events: Sequence[Outgoing], now: int) -> None:
        """Forget events that were told, or are not to be, and let what comes behind them go on.

        Here and below, an event whose lease has passed to somebody else stays as it is.
        """

    async def defer(self, tenant: int, endpoint_id: str, event: Outgoing, due_time: int) -> None:
        """Let an event wait for its next attempt, with as many behind it as it says."""

    async def bury(self, tenant: int, endpoint_id: str, event: Outgoing, now: int) -> None:
        """Keep an event as dead, and let what comes behind it go on."""

    async def add_attempts(self, tenant: int, endpoint_id: str, attempts: Sequence[LoggedAttempt]) -> None:
        """Keep attempts."""

    async def dead(
        self, tenant: int, endpoint_id: str, after: tuple[int, int], limit: int
    ) -> list[tuple[int, Outgoing]]:
        """Return dead events with the times of their deaths, in the order of these and their sequences."""

    async def revive(self, tenant: int, endpoint_id: str, sequences: Collection[int], now: int) -> None:
        """Let dead events wait as if they had never been tried."""

    async def first_change(self, tenant: int, since: int) -> int:
        """Return a place in the feed before which nothing was committed from a time on."""

    async def changes(self, tenant: int, after: int, limit: int) -> list[Outgoing]:
        """Return changes from the feed in their order, from after a place on."""

    async def queue(self, tenant: int, endpoint_id: str, events: Sequence[Outgoing], now: int) -> int:
        """Let events wait for an endpoint, but for those that are known there, and return how many do."""

    async def forget_events(self, tenant: int, before: int, limit: int) -> int:
        """Forget events that died before a time, so many at most for each endpoint; return how many.

        So are those forgotten that wait for a disabled endpoint since then.
        """

    async def forget_attempts(self, tenant: int, before: int, limit: int) -> int:
        """Forget attempts that were made before a time, so many at most for each endpoint and result."""


class WebhookStore(WebhookReading, Protocol):
    """A store that tells when there may be something to be told."""

    def on_outgoing(self, told: Callable[[], None]) -> None:
        """Have something told, from any thread, after each commit of this process by which more waits.

        Other processes commit as well: whoever must know looks for himself from time to time.
        """
