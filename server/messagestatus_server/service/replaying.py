"""Replaying: callbacks that are kept are read again, and what they tell now is folded again."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlunsplit

from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.raw_callback import RawCallback
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.refusals import Refusal, RouteNotFound
from messagestatus_server.domain.route import Route
from messagestatus_server.domain.vocabulary import Lexicon
from messagestatus_server.providers.callback import Callback, Malformed
from messagestatus_server.service.access import Access
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.policies import Policies, Policy
from messagestatus_server.service.reading import read
from messagestatus_server.service.reporting import is_unknown
from messagestatus_server.service.rereading import Mended, Reread, Rereading, replaced
from messagestatus_server.service.routes import LiveRoute, Routes
from messagestatus_server.storage.store import Store, Transaction

PART = 200
"""How many callbacks are read again in one transaction at most."""

MOST_RECEIPTS = 1_000
"""After how many receipts no more callbacks are read in the same transaction."""

QUARANTINED_PART = 500
"""How much of what is in quarantine is looked at in one transaction at most."""


class Replay(NamedTuple):
    """What is read again: the callbacks of a route (of all where empty) since a time (microseconds, UTC)."""

    route: str
    since: int


class Progress(NamedTuple):
    """How far a replay has come: first through the callbacks, then through what else is in quarantine.

    `time` and `number` are those of the last callback; the number is that of the last item in quarantine
    where `past_callbacks` is set.
    """

    past_callbacks: bool
    time: int
    number: int


class Replayed(NamedTuple):
    """What became of a part, and where to go on; None where all is done."""

    callbacks: int
    receipts: int
    added: int
    mended: int
    moved: int
    quarantined: int
    following: Progress | None


class _Scope(NamedTuple):
    """What a replay goes over: the routes of a tenant, or only one of them, and what they decide."""

    tenant: int
    routes: Sequence[Route]
    only: Route | None
    policy: Policy


class _Part(NamedTuple):
    """A part of a replay that is done."""

    callbacks: int
    receipts: int
    mended: Mended
    following: Progress | None


class Replaying:
    """Reads again what is kept. It verifies nothing: what is read was verified when it came."""

    def __init__(
        self,
        store: Store,
        access: Access,
        routes: Routes,
        policies: Policies,
        *,
        lexicon: Lexicon,
        clock: Clock,
    ) -> None:
        self._store = store
        self._access = access
        self._routes = routes
        self._policies = policies
        self._lexicon = lexicon
        self._clock = clock

    async def replay(
        self, caller: Caller, tenant_name: str, asked: Replay, begin: Progress | None
    ) -> Replayed:
        """Read a part again, the oldest first, and return what became of it once that is committed.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            RouteNotFound: There is no such route.
            Refusal: The store's.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        routes = await self._store.routes(tenant)
        scope = _Scope(tenant, routes, _named(routes, asked.route), await self._policies.refresh(tenant))
        begin = begin or Progress(past_callbacks=False, time=asked.since, number=0)
        parts = [] if begin.past_callbacks else [await self._callbacks(scope, begin)]
        following = parts[-1].following if parts else begin
        if following is not None and following.past_callbacks:
            parts.append(await self._quarantined(scope, asked.since, following.number))
        mended = [part.mended for part in parts]
        return Replayed(
            sum(part.callbacks for part in parts),
            sum(part.receipts for part in parts),
            sum(each.added for each in mended),
            sum(each.mended for each in mended),
            len({handle for each in mended for handle in each.moved}),
            sum(each.quarantined for each in mended),
            parts[-1].following,
        )

    async def _callbacks(self, scope: _Scope, begin: Progress) -> _Part:
        """Read callbacks again, from after a place on."""
        handle = None if scope.only is None else scope.only.handle
        raws = await self._store.callbacks_since(scope.tenant, handle, begin.time, begin.number, PART)
        live = {route.handle: self._routes.ready(route) for route in scope.routes}
        rereads: list[Reread] = []
        callbacks = receipts = 0
        for raw in raws:
            callbacks += 1
            reread = _reread(live[raw.route], raw) if raw.route in live else None
            if reread is not None:
                rereads.append(reread)
                receipts += len(reread.read.receipts)
            if receipts >= MOST_RECEIPTS:
                break
            await asyncio.sleep(0)  # reading takes its time, and other callers wait

        async def work(tx: Transaction) -> Mended:
            return await Rereading(tx, scope.tenant, self._clock(), scope.policy).take(rereads)

        mended = await self._store.write(work) if rereads else Mended()
        if callbacks < PART and callbacks == len(raws):
            return _Part(callbacks, receipts, mended, Progress(past_callbacks=True, time=0, number=0))
        last = raws[callbacks - 1]
        following = Progress(past_callbacks=False, time=last.receive_time, number=last.callback_id)
        return _Part(callbacks, receipts, mended, following)

    async def _quarantined(self, scope: _Scope, since: int, after: int) -> _Part:
        """Look again at receipts in quarantine, from after a number on: those that no callback has.

        Those of callbacks that are kept were read with them, and would not be understood here either.
        """
        waiting = await self._store.quarantined(scope.tenant, after, QUARANTINED_PART)
        only = scope.only
        asked = [
            item
            for item in waiting
            if item.receipt_key is not None
            and item.receive_time >= since
            and (only is None or item.route == only.handle)
        ]
        lexicons = {route.name: self._routes.ready(route).lexicon for route in scope.routes}
        reported = {item.receipt_key for item in asked if item.callback is None}

        async def work(tx: Transaction) -> Mended:
            keys = [item.receipt_key for item in asked if item.receipt_key is not None]
            known = [each for each in (await tx.receipts(scope.tenant, keys)).values() if _waits(each)]
            mended = [
                understood
                for each in known
                if (understood := _understood(each, lexicons.get(each.receipt.source, self._lexicon)))
            ]
            moved = await replaced(tx, scope.tenant, mended, self._clock(), scope.policy)
            left = reported - {each.key for each in mended}
            return Mended(0, len(mended), frozenset(moved), len(left))

        mended = await self._store.write(work) if asked else Mended()
        following = None
        if len(waiting) == QUARANTINED_PART:
            following = Progress(past_callbacks=True, time=0, number=waiting[-1].quarantine_id)
        return _Part(0, len(reported), mended, following)


def _named(routes: Sequence[Route], name: str) -> Route | None:
    """Return the route with a name, None for all of them.

    Raises:
        RouteNotFound: There is none.
    """
    if not name:
        return None
    for route in routes:
        if route.name == name:
            return route
    raise RouteNotFound(name)


def _reread(live: LiveRoute, raw: RawCallback) -> Reread | None:
    """Return what a callback tells now, or None where it still cannot be read."""
    url = urlunsplit(("", "", "", raw.query, ""))
    try:
        told = read(live, Callback(raw.method, url, dict(raw.headers), raw.body, raw.receive_time))
    except Malformed:
        return None
    return Reread(live.route.name, raw, told)


def _waits(entry: Entry) -> bool:
    return is_unknown(entry.receipt)


def _understood(entry: Entry, lexicon: Lexicon) -> Entry | None:
    """Return a receipt with what its word means now; None where that has no mapping still."""
    try:
        receipt = admitted_receipt(entry.receipt, lexicon)
    except Refusal:
        return None  # the vocabulary itself is known no more
    return None if is_unknown(receipt) else entry._replace(receipt=receipt)
