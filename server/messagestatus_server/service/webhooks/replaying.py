"""Replay: an endpoint is told of changes once more, from its dead events and from the feed."""

from collections.abc import Collection
from typing import NamedTuple

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.outgoing import Outgoing
from messagestatus_server.domain.refusals import ResumeTokenExpired
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.domain.webhook import Endpoint
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.webhooks.endpoints import Endpoints
from messagestatus_server.storage.store import Store, Transaction

_PAGE = 500
_ALWAYS = 2**63 - 1

_OUT_OF_STEP = 60_000_000
"""By how much commits may be out of the order of their times, in microseconds: they read the clock before."""


class Wanted(NamedTuple):
    """Which changes are told once more: those for which every field holds that is set.

    They were committed from `since` on and before `until` (microseconds, UTC), and come after the place
    `after` in the feed.
    """

    since: int = -_ALWAYS
    until: int = _ALWAYS
    after: int | None = None
    message_ids: frozenset[str] = frozenset()
    states: frozenset[DeliveryState] = frozenset()
    dead_only: bool = False


class _Sieve(NamedTuple):
    """What is wanted, with the messages as the store knows them."""

    wanted: Wanted
    endpoint: Endpoint
    handles: Collection[int]

    def keeps(self, event: Outgoing) -> bool:
        wanted, asked = self.wanted, self.endpoint.spec.event_filter
        return (
            wanted.since <= event.commit_time < wanted.until
            and event.sequence > (wanted.after or 0)
            and (not wanted.states or event.change.state in wanted.states)
            and (not asked.states or event.change.state in asked.states)
            and (not asked.kinds or event.change.kind in asked.kinds)
            and (
                not wanted.message_ids
                or event.message in self.handles
                or event.message_id in wanted.message_ids
            )
        )


class Replaying:
    """Lets events wait again, a page in a transaction. What is cut short can be asked for again."""

    def __init__(self, store: Store, endpoints: Endpoints, clock: Clock) -> None:
        self._store = store
        self._endpoints = endpoints
        self._clock = clock

    async def replay(self, caller: Caller, tenant_name: str, endpoint_id: str, wanted: Wanted) -> int:
        """Let changes be told once more, and return how many begin to wait by that.

        Raises:
            TenantDenied, TenantNotFound, EndpointNotFound: There is no such endpoint.
            ResumeTokenExpired: Some of what follows the place is forgotten, or there is no such place.
        """
        _, endpoint = await self._endpoints.find(caller, tenant_name, endpoint_id)
        span = await self._store.feed_span(endpoint.tenant)
        if wanted.after is not None and not span.forgotten <= wanted.after <= span.last:
            raise ResumeTokenExpired
        handles = await self._store.write(lambda tx: _handles(tx, endpoint.tenant, wanted.message_ids))
        sieve = _Sieve(wanted, endpoint, handles)
        events = await self._revive(sieve)
        if not wanted.dead_only:
            events += await self._repeat(sieve)
        return events

    async def _revive(self, sieve: _Sieve) -> int:
        endpoint, now = sieve.endpoint, self._clock()
        revived = 0
        place: tuple[int, int] | None = (-_ALWAYS, 0)
        while place is not None:

            async def work(
                tx: Transaction, after: tuple[int, int] = place
            ) -> tuple[int, tuple[int, int] | None]:
                dead = await tx.dead(endpoint.tenant, endpoint.endpoint_id, after, _PAGE)
                kept = [event.sequence for _, event in dead if sieve.keeps(event)]
                if kept:
                    await tx.revive(endpoint.tenant, endpoint.endpoint_id, kept, now)
                last = (dead[-1][0], dead[-1][1].sequence) if len(dead) == _PAGE else None
                return len(kept), last

            some, place = await self._store.write(work)
            revived += some
        return revived

    async def _repeat(self, sieve: _Sieve) -> int:
        endpoint, wanted, now = sieve.endpoint, sieve.wanted, self._clock()
        since = wanted.since - _OUT_OF_STEP
        first = 0
        if wanted.since > 0:
            first = await self._store.write(lambda tx: tx.first_change(endpoint.tenant, since))
        place: int | None = max(first, wanted.after or 0)
        repeated = 0
        while place is not None:

            async def work(tx: Transaction, after: int = place) -> tuple[int, int | None]:
                page = await tx.changes(endpoint.tenant, after, _PAGE)
                kept = [event for event in page if sieve.keeps(event)]
                some = await tx.queue(endpoint.tenant, endpoint.endpoint_id, kept, now)
                beyond = len(page) < _PAGE or page[-1].commit_time >= wanted.until + _OUT_OF_STEP
                return some, None if beyond else page[-1].sequence

            some, place = await self._store.write(work)
            repeated += some
        return repeated


async def _handles(tx: Transaction, tenant: int, message_ids: Collection[str]) -> frozenset[int]:
    if not message_ids:
        return frozenset()
    return frozenset(stored.handle for stored in await tx.find_many(tenant, message_ids))
