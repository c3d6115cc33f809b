"""Forgetting: attempts and dead events are kept for some days."""

from messagestatus_server.storage.store import Store, Transaction

DAY = 86_400_000_000
"""A day in microseconds."""

_AT_ONCE = 500


class Forgetting:
    """Forgets what is past its time, a little in each transaction.

    Args:
        store: Keeps it.
        days: For how many days attempts and dead events are kept, and what waits for a disabled endpoint.
    """

    def __init__(self, store: Store, days: int) -> None:
        self._store = store
        self._days = days

    async def forget(self, now: int) -> bool:
        """Forget some of what is past its time, and tell whether there may be more of it.

        Args:
            now: The present in microseconds, UTC.

        Raises:
            Refusal: The store's.
        """
        before = now - self._days * DAY
        forgotten = 0
        for tenant in await self._store.tenants():

            async def work(tx: Transaction, number: int = tenant.tenant) -> int:
                events = await tx.forget_events(number, before, _AT_ONCE)
                return events + await tx.forget_attempts(number, before, _AT_ONCE)

            forgotten += await self._store.write(work)
        return forgotten > 0
