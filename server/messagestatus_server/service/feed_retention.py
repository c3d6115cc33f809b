"""The retention of the feed: changes are forgotten from the old end, a little at once."""

from messagestatus_server.storage.store import Store, Transaction

DAY = 86_400_000_000
"""A day in microseconds."""

AT_ONCE = 1_000
"""How many changes of a tenant are forgotten in one transaction at most: writers wait for its end."""


class FeedRetention:
    """Forgets changes that are older than some days.

    It touches the store within transactions only, so that it may run in any thread.
    """

    def __init__(self, store: Store, days: int) -> None:
        self._store = store
        self._days = days

    async def forget(self, now: int) -> bool:
        """Forget some changes of each tenant, and tell whether there was anything to forget.

        Args:
            now: The time, in microseconds, UTC.

        Raises:
            StoreRefusal: The store's; what was forgotten until then stays so.
        """
        before = now - self._days * DAY
        forgotten = 0
        for tenant in await self._store.write(_tenants):
            forgotten += await self._forget(tenant, before)
        return forgotten > 0

    async def _forget(self, tenant: int, before: int) -> int:
        async def work(tx: Transaction) -> int:
            return await tx.forget_changes(tenant, before, AT_ONCE)

        return await self._store.write(work)


async def _tenants(tx: Transaction) -> list[int]:
    return [tenant.tenant for tenant in await tx.tenants()]
