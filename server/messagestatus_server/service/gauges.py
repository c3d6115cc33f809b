"""Gauges: how much came in by each route, and how much waits."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.raw_callback import Verdict
from messagestatus_server.service.access import Access
from messagestatus_server.service.stuck import StuckMessages
from messagestatus_server.storage.store import Store


class RouteGauge(NamedTuple):
    """How many callbacks came in by a route, by verdict; the last one's time in microseconds, UTC, if any."""

    route: str
    callbacks: Mapping[Verdict, int]
    last_time: int | None


class ProviderGauge(NamedTuple):
    """What waits of a provider: orphans, with when the oldest came (microseconds, UTC), and messages.

    Its name is empty for receipts that name their message by its own identifier.
    """

    provider: str
    orphans: int = 0
    oldest_orphan_time: int | None = None
    awaited: int = 0
    stuck: int = 0


class Gauges(NamedTuple):
    """What came in, and what waits; the time of the oldest in quarantine in microseconds, UTC, if any."""

    routes: Sequence[RouteGauge]
    providers: Sequence[ProviderGauge]
    quarantined: int
    oldest_quarantined_time: int | None


class Gauging:
    """Counts what came in, and what waits."""

    def __init__(self, store: Store, access: Access, stuck: StuckMessages) -> None:
        self._store = store
        self._access = access
        self._stuck = stuck

    async def gauges(self, caller: Caller, tenant_name: str) -> Gauges:
        """Return the gauges of a tenant: routes and providers by their names.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        tallies = await self._store.tallies(tenant)
        routes = []
        for route in await self._store.routes(tenant):
            own = [tally for tally in tallies if tally.route == route.handle]
            callbacks = {tally.verdict: tally.callbacks for tally in own}
            routes.append(
                RouteGauge(route.name, callbacks, max((tally.last_time for tally in own), default=None))
            )
        oldest = await self._store.quarantined(tenant, 0, 1)
        return Gauges(
            routes,
            await self._providers(tenant),
            await self._store.quarantined_count(tenant),
            oldest[0].receive_time if oldest else None,
        )

    async def _providers(self, tenant: int) -> list[ProviderGauge]:
        gauges = {
            provider: ProviderGauge(provider, receipts, oldest_time)
            for provider, receipts, oldest_time in await self._store.orphan_counts(tenant)
        }
        for each in await self._stuck.counts(tenant):
            known = gauges.get(each.provider, ProviderGauge(each.provider))
            gauges[each.provider] = known._replace(
                awaited=known.awaited + each.awaited, stuck=known.stuck + each.stuck
            )
        return [gauges[provider] for provider in sorted(gauges)]
