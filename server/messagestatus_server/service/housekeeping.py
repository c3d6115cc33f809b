"""Housekeeping: what is kept for a time only is forgotten in the background, a little at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

import structlog

from messagestatus_server.service.background import Background
from messagestatus_server.service.clock import Clock
from messagestatus_server.storage.store import Store, Transaction

DAY = 86_400_000_000
"""A day in microseconds."""

LEAST_ORPHAN_DAYS = 4
"""How many days parked receipts are kept at least: 96 hours, as the contract says."""

_CALLBACKS = 500
_RECEIPTS = 160
"""How many are forgotten in one transaction: with what else is known of a receipt, up to three times as many
rows."""

_PAUSE = 0.02
"""Seconds between two transactions, in which others come first."""

log = structlog.get_logger()

_Forget = Callable[[Transaction], Awaitable[int]]


class Retention(NamedTuple):
    """For how many days callbacks are kept as they came, and receipts whose message is not registered."""

    callbacks: int = 30
    orphans: int = 30


class Forgotten(NamedTuple):
    """How much was forgotten."""

    callbacks: int
    orphans: int


class Forgets(Protocol):
    """Forgets something else that is kept for a time only."""

    async def forget(self, now: int) -> bool:
        """Forget some of it, and tell whether there was any; now is in microseconds, UTC."""


class Housekeeping(Background):
    """Forgets what is past its time, in turns with a pause between them.

    It may be ended at any moment: whatever it does is one transaction, and the next turn goes on from there.
    """

    put_off = "nothing was forgotten"
    failed = "the housekeeping failed"

    def __init__(
        self, store: Store, clock: Clock, retention: Retention, others: Sequence[Forgets] = ()
    ) -> None:
        self._store = store
        self._clock = clock
        self._retention = retention
        self._others = others

    async def turn(self) -> Forgotten:
        """Forget all that is past its time, and return how much that was.

        Raises:
            Refusal: The store's; the next turn goes on from there.
        """
        now = self._clock()
        callbacks = orphans = 0
        for tenant in await self._store.tenants():
            callbacks += await self._forget(
                tenant.tenant, now - self._retention.callbacks * DAY, _forget_callbacks
            )
            orphans += await self._forget(tenant.tenant, now - self._retention.orphans * DAY, _forget_orphans)
        for other in self._others:
            await _all(other, now)
        if callbacks or orphans:
            log.info("forgotten", callbacks=callbacks, orphans=orphans)
        return Forgotten(callbacks, orphans)

    async def _forget(
        self, tenant: int, before: int, forgetting: Callable[[int, int], tuple[_Forget, int]]
    ) -> int:
        work, most = forgetting(tenant, before)
        forgotten = 0
        while True:
            some = await self._store.write(work)
            forgotten += some
            if some < most:
                return forgotten
            await asyncio.sleep(_PAUSE)


async def _all(other: Forgets, now: int) -> None:
    while await other.forget(now):  # noqa: ASYNC110 - there is no event to wait for: whoever writes goes first
        await asyncio.sleep(_PAUSE)


def _forget_callbacks(tenant: int, before: int) -> tuple[_Forget, int]:
    return lambda tx: tx.forget_callbacks(tenant, before, _CALLBACKS), _CALLBACKS


def _forget_orphans(tenant: int, before: int) -> tuple[_Forget, int]:
    return lambda tx: tx.forget_parked(tenant, before, _RECEIPTS), _RECEIPTS
