"""Delivery receipts: taken in any order and any number of times, and explained."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.change import Change, ChangeKind, change, moved
from messagestatus_server.domain.fold import advance
from messagestatus_server.domain.guards import Guard
from messagestatus_server.domain.history import Record, history, on_arrival, parked
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.receipt import Disposition, Entry, Receipt, receipt_key
from messagestatus_server.domain.refusals import (
    InstanceAmbiguous,
    MessageNotFound,
    ReceiptAlreadyExists,
    Refusal,
    StoreRefusal,
)
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.claiming import Claims, fits, provider_name, taught_name
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.joining import Joining
from messagestatus_server.service.lookup import Lookup
from messagestatus_server.service.naming import check_instance, meant, meant_instance
from messagestatus_server.storage.store import Journalled, ProviderName, Store, Stored, Transaction

MOST_JOINED = 512
"""How many reports are weighed together at most."""

LONGEST_HISTORY = 10_000
"""How many receipts of one message are shown at most."""


class Reported(NamedTuple):
    """The outcome of a receipt, with the state of its message after it (UNSPECIFIED when parked)."""

    disposition: Disposition
    key: bytes
    state: DeliveryState = DeliveryState.UNSPECIFIED
    guard: Guard = Guard.UNSPECIFIED


class Receipts:
    """Takes receipts, and tells what became of them. A report is answered after its commit."""

    def __init__(self, store: Store, lookup: Lookup, clock: Clock, most_joined: int = MOST_JOINED) -> None:
        self._store = store
        self._lookup = lookup
        self._clock = clock
        self._joining = Joining(store, self._take, most_joined)

    async def report(self, caller: Caller, items: Sequence[Receipt | Refusal]) -> list[Reported | Refusal]:
        """Take receipts; an item that was refused before keeps its place and its refusal."""
        now = self._clock()
        return await self._joining.done(caller.tenant, [_received(caller, item, now) for item in items])

    async def _take(
        self, tx: Transaction, tenant: int, entries: Sequence[Entry | Refusal]
    ) -> list[Reported | Refusal]:
        report = _Report(tx, tenant, self._clock())
        await report.look_up(entries)
        outcomes = [await report.take(entry) for entry in entries]
        await report.save()
        return outcomes

    async def history(self, caller: Caller, name: Name) -> list[Record]:
        """Return the receipts of a message by the time they tell of, each explained.

        Raises:
            MessageNotFound: There is no such message, and no parked receipt names it.
            Refusal: As `Lookup.get` does.
        """
        try:
            stored = await self._lookup.find(caller, name)
        except MessageNotFound:
            waiting = await self._store.parked(caller.tenant, meant(caller, name))
            if not waiting or caller.user_id:
                raise
            return [parked(entry) for entry in waiting][:LONGEST_HISTORY]
        journal = await self._store.journal(caller.tenant, stored.handle)
        return history(stored.message, journal)[:LONGEST_HISTORY]


class _Working:
    """A message as the receipts of one report leave it so far."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.message = stored.message


class _Report:
    """The receipts of some calls: all is looked up together, each is weighed, and all are stored together."""

    def __init__(self, tx: Transaction, tenant: int, now: int) -> None:
        self._tx = tx
        self._tenant = tenant
        self._now = now
        self._known: dict[bytes, Entry] = {}
        self._by_id: defaultdict[str, list[Stored]] = defaultdict(list)
        self._by_provider: defaultdict[ProviderName, list[Stored]] = defaultdict(list)
        self._working: dict[int, _Working] = {}
        self._journalled: list[Journalled] = []
        self._parked: defaultdict[ProviderName, list[int]] = defaultdict(list)
        self._changes: list[tuple[int, Change]] = []
        self._instances: set[str] = set()

    async def look_up(self, entries: Sequence[Entry | Refusal]) -> None:
        """Look up what is known of the receipts, and the messages that they may be about."""
        keys, named, providers = [], set(), defaultdict(set)
        for entry in entries:
            if isinstance(entry, Refusal):
                continue
            keys.append(entry.key)
            receipt = entry.receipt
            if receipt.message_id:
                named.add(receipt.message_id)
            else:
                providers[receipt.provider.name].add(receipt.provider.message_id)
        self._known = await self._tx.receipts(self._tenant, keys)
        for stored in await self._tx.find_many(self._tenant, named):
            self._by_id[stored.message.message_id].append(stored)
        for provider, message_ids in providers.items():
            for name, stored in await self._tx.find_by_provider(self._tenant, provider, message_ids):
                self._by_provider[ProviderName(provider, name)].append(stored)

    async def take(self, entry: Entry | Refusal) -> Reported | Refusal:
        if isinstance(entry, Refusal):
            return entry
        try:
            instance = entry.receipt.instance
            if instance and instance not in self._instances:
                await check_instance(self._tx, self._tenant, instance)
                self._instances.add(instance)
            known = self._known.get(entry.key)
            if known is not None:
                return self._repeated(entry, known)
            working = self._resolved(entry.receipt)
            return self._park(entry) if working is None else await self._weighed(entry, working)
        except StoreRefusal:
            raise
        except Refusal as refusal:
            return refusal

    async def save(self) -> None:
        """Store the receipts, and where they leave their messages."""
        await self._tx.add_receipts(self._tenant, self._journalled)
        saved = [
            (working.stored, working.message)
            for working in self._working.values()
            if working.message is not working.stored.message
        ]
        await self._tx.save_messages(self._tenant, saved)
        await self._tx.append_changes(self._tenant, self._changes, self._now)

    def _repeated(self, entry: Entry, known: Entry) -> Reported:
        if known.receipt != entry.receipt:
            raise ReceiptAlreadyExists(entry.key)
        try:
            working = self._resolved(entry.receipt)
        except InstanceAmbiguous:
            working = None  # it fitted one message when it came, and fits several now
        state = working.message.standing.state if working else DeliveryState.UNSPECIFIED
        return Reported(Disposition.DUPLICATE, entry.key, state)

    def _park(self, entry: Entry) -> Reported:
        self._known[entry.key] = entry
        receipt = entry.receipt
        name = None if receipt.message_id else provider_name(receipt.provider)
        if name is not None:
            self._parked[name].append(len(self._journalled))
        self._journalled.append(Journalled(entry, None))
        return Reported(Disposition.PARKED, entry.key)

    async def _weighed(self, entry: Entry, working: _Working) -> Reported:
        self._known[entry.key] = entry
        self._journalled.append(Journalled(entry, working.stored.handle))
        disposition, guard = self._advance(working, entry)
        taught = taught_name(entry.receipt)
        # The name that came with the registration was learnt then.
        if taught is not None and taught != provider_name(working.message.origin.provider):
            await self._learn(working, taught)
        return Reported(disposition, entry.key, working.message.standing.state, guard)

    def _advance(self, working: _Working, entry: Entry) -> tuple[Disposition, Guard]:
        before, after = working.message, advance(working.message, entry)
        working.message = after
        if moved(before, after):
            self._changes.append((working.stored.handle, change(ChangeKind.ADVANCED, before, after)))
        return on_arrival(before, after, entry)

    async def _learn(self, working: _Working, name: ProviderName) -> None:
        """Remember a provider's name for the message, and claim what is parked under it."""
        stored = working.stored
        await self._tx.add_provider_names(self._tenant, [(name, stored.handle)])
        if all(known.handle != stored.handle for known in self._by_provider[name]):
            self._by_provider[name].append(stored)
        claims = Claims(working.message)
        await claims.gather_by_provider(self._tx, self._tenant, [name])
        self._claim_own(working, name)
        for entry in claims.entries:
            self._advance(working, entry)
        await self._tx.claim(self._tenant, [entry.key for entry in claims.entries], stored.handle)

    def _claim_own(self, working: _Working, name: ProviderName) -> None:
        """Claim what this very report has parked under a provider's name."""
        waiting = []
        for place in self._parked.pop(name, ()):
            entry = self._journalled[place].entry
            if fits(entry.receipt, working.message.instance):
                self._journalled[place] = Journalled(entry, working.stored.handle)
                self._advance(working, entry)
            else:
                waiting.append(place)
        self._parked[name] = waiting

    def _resolved(self, receipt: Receipt) -> _Working | None:
        found = (
            self._by_id.get(receipt.message_id)
            if receipt.message_id
            else self._by_provider.get(ProviderName(*receipt.provider[:2]))
        )
        if found and receipt.instance is not None:
            found = [stored for stored in found if fits(receipt, stored.message.instance)]
        if not found:
            return None
        if len(found) > 1:
            raise InstanceAmbiguous(receipt.message_id)
        stored = found[0]
        working = self._working.get(stored.handle)
        if working is None:
            working = self._working[stored.handle] = _Working(stored)
        return working


def _received(caller: Caller, item: Receipt | Refusal, now: int) -> Entry | Refusal:
    if isinstance(item, Refusal):
        return item
    try:
        instance = meant_instance(caller, item.instance)
        receipt = admitted_receipt(item if instance == item.instance else item._replace(instance=instance))
    except Refusal as refusal:
        return refusal
    occur_time = now if receipt.occur_time is None else receipt.occur_time
    return Entry(receipt_key(caller.tenant, receipt), receipt, occur_time, now)
