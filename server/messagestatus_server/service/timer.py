"""The timer: marks messages that no receipt came for in time, and finds those that got a deadline late."""

from collections.abc import Awaitable
from functools import partial

import structlog

from messagestatus_server.domain.awaiting import Awaited, Sweep, has_outcome, mark
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.refusals import StoreRefusal
from messagestatus_server.service.background import Background
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.expecting import expected
from messagestatus_server.service.policies import Policies, Policy
from messagestatus_server.service.receipts import entry
from messagestatus_server.service.reporting import Arrival, Report
from messagestatus_server.storage.store import Store, Transaction

BATCH = 500
"""How many messages are looked at in one transaction at most: senders and carriers wait for its end."""

MOST_PAGES = 20
"""How many pages of searches are taken in one turn at most."""

_EVER = 2**63 - 1

log = structlog.get_logger()


class Timer(Background):
    """Marks messages in the background, in turns with some seconds between them.

    All that it goes by is in the store, and whatever it does is one transaction: it may be ended at any
    moment, and another server with the same store may do the same at the same time.
    """

    put_off = "messages were not marked"
    failed = "the timer failed"

    def __init__(self, store: Store, policies: Policies, clock: Clock) -> None:
        self._store = store
        self._policies = policies
        self._clock = clock

    async def turn(self) -> None:
        """Mark all messages whose time has come, and go on with the searches.

        Raises:
            Refusal: The store's; the next turn goes on from there.
        """
        await _carefully(self._sweep())
        waiting = await self._store.waiting_tenants()
        while waiting:
            # One batch of each in turn, so that a tenant with many does not keep the others waiting.
            waiting = [tenant for tenant in waiting if await _carefully(self._batch(tenant))]

    async def _batch(self, tenant: int) -> bool:
        """Take some messages of a tenant, and tell whether there may be more."""
        policy = await self._policies.refresh(tenant)
        if not policy.deadlines:
            return await self._store.write(partial(_forget, tenant))
        now = self._clock()
        if not await self._store.due(tenant, now, 1):
            return False
        taken, marked = await self._store.write(partial(_mark, tenant, policy, now))
        if marked:
            log.warning("no receipt came in time", tenant=tenant, messages=marked)
        return taken == BATCH

    async def _sweep(self) -> bool:
        """Take some pages of searches, and tell whether there are more."""
        for _ in range(MOST_PAGES):
            sweep = await self._store.begun_sweep(self._clock())
            if sweep is None:
                return False
            policy = await self._policies.refresh(sweep.tenant)
            await self._store.write(partial(_look_at, sweep, policy))
        return True


async def _carefully(work: Awaitable[bool]) -> bool:
    """Do work whose fault must not keep the timer from what is left, unless it is the store that fails."""
    try:
        return await work
    except StoreRefusal:
        raise
    except Exception:
        log.exception("the timer failed")
        return False


async def _mark(tenant: int, policy: Policy, now: int, tx: Transaction) -> tuple[int, int]:
    """Mark messages whose time has come, and return how many were looked at, and how many marked."""
    arrivals: list[Arrival] = []
    marked: list[int] = []
    changed: list[tuple[int, Awaited]] = []
    settled: list[int] = []
    every = await tx.due(tenant, now, BATCH)
    for due in every:
        journal = await tx.journal(tenant, due.handle)
        # One that arrived or failed is not stuck, whether more is to come or not.
        awaited = None if has_outcome(due.message) else expected(policy, due.message, journal)
        deadline = awaited and policy.deadline(awaited.provider, awaited.channel)
        if awaited is None or deadline is None:
            settled.append(due.handle)
            continue
        if awaited != due.awaited:
            changed.append((due.handle, awaited))
        if awaited.due_time > now:
            continue
        marked.append(due.handle)
        made = entry(tenant, mark(due.message, awaited, deadline), now)
        if all(known.key != made.key for known in journal):
            arrivals.append(Arrival(made))
    await tx.settle(tenant, settled)
    await tx.expect(tenant, changed)
    report = Report(tx, tenant, now, policy)
    await report.look_up(arrivals)
    for arrival in arrivals:
        await report.take(arrival)
    await report.save()
    await tx.mark(tenant, marked, now)
    return len(every), len(marked)


async def _forget(tenant: int, tx: Transaction) -> bool:
    """Let messages of a tenant without deadlines wait no more, and tell whether there may be more."""
    waiting = [due.handle for due in await tx.due(tenant, _EVER, BATCH)]
    stuck = await tx.stuck(tenant, "", Channel.UNSPECIFIED, None, BATCH)
    await tx.settle(tenant, [*waiting, *(each.handle for each in stuck)])
    return bool(waiting or stuck)


async def _look_at(sweep: Sweep, policy: Policy, tx: Transaction) -> None:
    """Let those messages of one page of a search wait that have a deadline by now, and no receipt."""
    found = await tx.sweep(sweep, BATCH)
    if not policy.deadlines:
        return
    awaited = {
        handle: expected(policy, message, await tx.journal(sweep.tenant, handle)) for handle, message in found
    }
    await tx.expect(sweep.tenant, [(handle, each) for handle, each in awaited.items() if each])
